"""The same questions to all stores: they give the same answers."""

import contextlib
import gc
import uuid

import pytest

from sacred.runs import open_store
from sacred.stores.store import StoreError, StoreNotFoundError
from tests.sample_runs import GOLDEN, annotate, record
from tests.services import places

KINDS = ["memory", "file", "tinydb", "sqlite", "postgres", "mongo", "s3", "google"]


class _Memory:
    url = "memory:"


@contextlib.contextmanager
def new_place(kind, request, directory):
    """A place without runs."""
    if kind == "memory":
        yield _Memory()
    elif kind == "file":
        yield places.Files(directory / "runs")
    elif kind == "tinydb":
        yield places.TinyDb(directory / "runs")
    elif kind == "sqlite":
        pytest.importorskip("sqlalchemy")
        yield places.Sql(f"sqlite:///{directory / 'runs.db'}")
    elif kind == "postgres":
        with request.getfixturevalue("postgres").database() as url:
            yield places.Sql(url)
    elif kind == "mongo":
        import pymongo

        server = request.getfixturevalue("mongo_server")
        name = f"sacred_test_{uuid.uuid4().hex[:12]}"
        yield places.Mongo(server, name)
        with pymongo.MongoClient(server.url) as client:
            client.drop_database(name)
    else:
        server = request.getfixturevalue("s3_server" if kind == "s3" else "gcs_server")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in server.environment.items():
                patch.setenv(name, value)
            scheme = "s3" if kind == "s3" else "gs"
            url = f"{scheme}://place-{uuid.uuid4().hex}/runs"
            make = {"s3": places.S3, "google": places.Google}[kind]
            yield make(url, directory, server)


@pytest.fixture(scope="module")
def store(request, tmp_path_factory):
    """The runs of `tests.sample_runs` in a place of the kind that is asked for."""
    directory = tmp_path_factory.mktemp("place")
    with new_place(request.param, request, directory) as place, open_store(place.url) as opened:
        record(opened.backend, tmp_path_factory.mktemp("files"))
        yield opened


all_places = pytest.mark.parametrize("store", KINDS, indirect=True)


def numbers(runs):
    return [run.config["n"] for run in runs]


@all_places
def test_golden_queries(store):
    found = {query: set(numbers(store.runs(query))) for query, _ in GOLDEN}
    assert found == dict(GOLDEN)


@all_places
def test_orders(store):
    assert numbers(store.runs("n < 9", sort="result"))[:5] == [8, 1, 0, 2, 5]
    assert numbers(store.runs("n < 9", sort="-result"))[:5] == [5, 2, 0, 1, 8]
    assert numbers(store.runs("n < 4", sort=["command", "-n"])) == [2, 0, 3, 1]
    assert numbers(store.runs(sort="-metrics.loss.last", limit=2)) == [2, 0]
    assert numbers(store.runs("missing(queue_time)", sort="-start_time,n", limit=2)) == [9, 10]
    assert numbers(store.runs("n < 5", sort="opt.lr, n")) == [1, 0, 2, 3, 4]


@all_places
@pytest.mark.parametrize("field", ["start_time", "stop_time", "heartbeat", "queue_time"])
def test_the_first_ones_are_those_of_the_whole_order(store, field, monkeypatch):
    for kind in ("sql", "mongo"):
        monkeypatch.setattr(f"sacred.stores.{kind}.reader.PAGE_SIZE", 2)
    for sort in (field, f"-{field}"):
        whole = numbers(store.runs("n != 4", sort=sort))
        assert len(whole) == 11
        for limit in (1, 5, 100):
            assert numbers(store.runs("n != 4", sort=sort, limit=limit)) == whole[:limit]


@all_places
def test_the_newest_runs_come_first_if_that_is_wanted(store):
    everything = numbers(store.runs("n != 4"))
    for limit in (None, 0, 1, 5):
        newest = numbers(store.runs("n != 4", newest_first=True, limit=limit))
        assert newest == everything[::-1][:limit]


@all_places
def test_records_have_it_all(store):
    run = store.runs("n = 0").first()
    assert (run.status, run.name, run.command, run.result) == ("COMPLETED", "ex0", "main", 0.5)
    assert (run.tags, run.group, run.starred) == (("base", "good one"), "A", False)
    assert (run.config.layers, run.info, run.output) == ([8, 8], {"n": 0}, "run 0\n")
    assert run.host == {"hostname": "host-0", "os": ["Linux", "6"], "python_version": "3.11"}
    assert run.experiment == {"name": "ex0", "base_dir": "/", "dependencies": ["a==1"]}
    assert run.artifacts["model.pt"].read() == b"model"
    assert list(run.metrics) == ["loss"]
    assert run.metrics["loss"].steps.tolist() == [0, 10, 20]
    assert run.metrics["loss"].values.tolist() == [0.9, 0.5, 0.7]
    assert [str(t)[:19] for t in run.metrics["loss"].timestamps] == ["2026-01-02T03:04:05"] * 3
    assert store[run.id] == run
    assert run.id in store
    failed = store.runs("n = 3").first()
    assert failed.fail_trace == "Traceback\nValueError: no\n"
    assert store.runs("n = 5").first().config.size == (1, 2)
    assert store.runs("n = 8").first().config[3] == "three"
    assert [run.problems for run in store.runs()] == [[]] * 12


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mongo"])
def test_records_outlive_the_stores_that_they_come_from(kind, request, tmp_path):
    """Whose end lets go of the connections."""
    with new_place(kind, request, tmp_path) as place:
        record(open_store(place.url).backend, tmp_path)
        run = open_store(place.url).runs("n = 0").first()
        gc.collect()
        assert run.metrics["loss"].values.tolist() == [0.9, 0.5, 0.7]
        assert run.artifacts["model.pt"].read() == b"model"
        del run
        gc.collect()


@all_places
def test_annotations_can_be_changed(store):
    run = store.runs("n = 11").first()
    annotate(store.backend, run.id, {"comment": "", "tags": ["late"], "starred": True})
    assert numbers(store.runs("late in tags and starred")) == [11]
    annotate(store.backend, run.id, {"comment": ""})
    assert numbers(store.runs("late in tags")) == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "memory"])
def test_a_store_that_is_not_there_is_not_made_by_reading(kind, request, tmp_path):
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as empty:
        for _ in range(2):
            for how in ({}, {"newest_first": True, "limit": 3}, {"sort": "start_time", "limit": 3}):
                with pytest.raises(StoreNotFoundError):
                    list(empty.runs(**how))
        with pytest.raises(StoreError):
            empty[1]
    # A server for a bucket keeps things in there.
    assert kind in ("s3", "google") or list(tmp_path.iterdir()) == []


@all_places
def test_a_run_shows_itself_in_a_notebook(store):
    html = store.runs("n = 0").first()._repr_html_()
    for part in ("ex0, COMPLETED</b>", "<td", "config.opt.lr", "model.pt", ">loss<", "0.5"):
        assert part in html
    failed = store.runs("n = 3").first()._repr_html_()
    assert "ValueError: no" in failed
    loss = store.runs("n = 0").first().metrics["loss"]
    html = loss._repr_html_()
    assert "<th>mean</th>" in html
    assert f"<td>loss</td><td>{loss.last}</td>" in html
