"""Tables of runs in other forms."""

import datetime
import sys

import pytest

from sacred._base.errors import MissingExtraError
from sacred.query import QueryError
from sacred.runs import RunStore
from sacred.stores.memory.store import MemoryStore
from tests.sample_runs import record


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    memory = MemoryStore()
    record(memory, tmp_path_factory.mktemp("runs"))
    return RunStore(memory)


def test_columns_of_what_is_asked_for(store):
    table = store.runs("n < 3", sort="n")
    assert table.to_dict("id", "lr", "opt.lr", "metrics.loss.min", "tags") == {
        "id": [1, 2, 3],
        "lr": [None, None, None],
        "opt.lr": [0.1, 0.01, 1],
        "metrics.loss.min": [0.5, 0.9, 1],
        "tags": [("base", "good one"), ("base",), ()],
    }
    with pytest.raises(QueryError):
        table.to_dict("a b")


def test_by_default_there_are_the_usual_fields_and_the_config(store):
    columns = store.runs("n < 2").to_dict()
    assert list(columns)[:6] == ["id", "name", "status", "start_time", "duration", "result"]
    assert columns["config.opt.name"] == ["adam", "adam"]
    assert columns["config.layers"] == [[8, 8], [16]]
    assert columns["duration"] == [datetime.timedelta(0), datetime.timedelta(hours=1)]


def test_varying_entries_are_those_that_differ(store):
    same = store.runs("n in (0, 3)")
    assert {"config.n", "config.layers", "config.opt.lr", "config.debug"} <= set(same.varying())
    assert store.runs("n = 1").varying() == []
    # Of other experiments.
    assert store.runs("n in (0, 1)").varying() == []
    assert set(store.runs("n in (0, 1, 3)").varying()) == set(same.varying())
    assert store.runs("n = 77").varying() == []


def test_pandas(store):
    frame = store.runs("n < 4", sort="n").to_pandas("n", "result", "start_time", "duration", "lr")
    assert list(frame["n"]) == [0, 1, 2, 3]
    assert str(frame["result"].dtype) == "float64"
    assert frame["start_time"].dtype.kind == "M"
    assert frame["duration"].dtype.kind == "m"
    assert list(frame["lr"]) == [None] * 4
    mixed = store.runs("n < 9", sort="n").to_pandas("result")["result"]
    assert mixed[5] == "good"
    assert mixed[2] == 3
    assert len(store.runs("n = 77").to_pandas()) == 0


def test_arrow(store):
    pytest.importorskip("pyarrow")
    table = store.runs("n < 9", sort="n").to_arrow("n", "result", "opt.lr", "start_time", "tags")
    assert table["n"].to_pylist() == list(range(9))
    assert table["result"].to_pylist()[5:7] == ["good", '{"f1": 0.9, "per": [1, 2.5]}']
    assert table["opt.lr"].to_pylist()[:4] == ["0.1", "0.01", "1", "0.1"]


def test_packages_that_are_missing_are_named(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="pyarrow"):
        store.runs().to_arrow()


def test_notebooks_show_a_table_without_markup_of_the_user():
    memory = MemoryStore()
    for n in range(70):
        memory.create(None, {"config": {"n": n, "same": 1}, "result": "<script>"}, [])
    table = RunStore(memory).runs()
    html = table._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<th>n</th>" in html
    assert "<th>same</th>" not in html
    assert "50 of 70 runs" in html
    assert repr(table) == "<table of 70 runs of memory:>"


def test_fields_that_no_run_has_are_named_with_their_neighbours(store):
    assert store.runs("optt.lr > 0 and n < 3").hints() == [
        'No run has config.optt.lr. Did you mean "opt.lr"?'
    ]
    assert store.runs("metrics.los.min < 3").hints() == [
        'No run has metrics.los.min. Did you mean "metrics.loss"?'
    ]
    assert store.runs("stauts = COMPLETED").hints() == [
        'No run has config.stauts. Did you mean "status"?'
    ]
    assert store.runs("n = 77").hints() == []
    assert store.runs("n = 1 or nothing = 1").hints() == []
    assert store.runs("missing(nothing) and n = 77").hints() == []
    assert RunStore(MemoryStore()).runs("nothing = 1").hints() == []
