"""Tables of runs, over the stores that need no service."""

import datetime
import itertools
import json

import pytest

import sacred
from sacred.query import QueryError
from sacred.runs import RunStore, open_store
from sacred.stores.memory.store import MemoryStore
from sacred.stores.store import DamagedRunError, RunNotFoundError, StoreNotFoundError
from tests.sample_runs import GOLDEN, RUNS, annotate, record


@pytest.fixture(scope="module", params=["memory", "file"])
def store(request, tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs")
    url = {"memory": "memory:", "file": str(directory / "runs")}[request.param]
    with open_store(url) as opened:
        record(opened.backend, directory)
        yield opened


def numbers(runs):
    return [run.config["n"] for run in runs]


@pytest.mark.parametrize(("query", "expected"), GOLDEN, ids=[query for query, _ in GOLDEN])
def test_golden_queries(store, query, expected):
    table = store.runs(query)
    assert set(numbers(table)) == expected
    assert table.problems == []


def test_the_face_of_the_package_opens_stores(tmp_path):
    assert sacred.open_store(tmp_path / "a:b").url == f"file:{tmp_path}/a:b"
    assert sacred.open_store("memory:").url == "memory:"
    assert sacred.open_store(MemoryStore()).url == "memory:"


def test_sorting_puts_numbers_first_and_what_is_missing_last(store):
    assert numbers(store.runs("n < 9", sort="result"))[:5] == [8, 1, 0, 2, 5]
    assert numbers(store.runs("n < 9", sort="-result"))[:5] == [5, 2, 0, 1, 8]
    assert numbers(store.runs("n < 4", sort=["command", "-n"])) == [2, 0, 3, 1]
    assert numbers(store.runs(sort="-metrics.loss.last", limit=2)) == [2, 0]
    assert numbers(store.runs(sort="-id", limit=3)) == [11, 10, 9]
    with pytest.raises(QueryError, match="tags is a list"):
        store.runs(sort="tags")
    with pytest.raises(QueryError, match="one field to sort by"):
        store.runs(sort="- ")


def test_a_table_is_a_list_that_is_read_when_looked_at(store):
    table = store.runs("n < 5", sort="n")
    assert len(table) == 5
    assert bool(table)
    assert table[0].config.n == 0
    assert numbers(table[1:3]) == [1, 2]
    assert table[-1].config.n == 4
    assert table.first().config.n == 0
    assert list(table) == list(table)
    assert store.runs("n = 77").first() is None
    assert not store.runs("n = 77")
    assert len(store.runs(limit=3)) == 3
    assert numbers(store.runs(limit=0)) == []
    with pytest.raises(QueryError):
        store.runs(limit=-1)


def test_records_have_it_all(store):
    run = store.runs("n = 0").first()
    assert (run.status, run.name, run.command, run.result) == ("COMPLETED", "ex0", "main", 0.5)
    assert run.config.opt.lr == 0.1
    assert run.tags == ("base", "good one")
    assert (run.group, run.starred, run.comment, run.notes) == ("A", False, "the first", None)
    assert run.duration == datetime.timedelta(0)
    assert run.output == "run 0\n"
    assert run.info == {"n": 0}
    assert run.host.hostname == "host-0"
    assert run.experiment.dependencies == ["a==1"]
    assert "sources" not in run.experiment
    assert run.artifacts["model.pt"].read() == b"model"
    assert list(run.metrics) == ["loss"]
    loss = run.metrics["loss"]
    assert loss.values.tolist() == [0.9, 0.5, 0.7]
    assert loss.steps.tolist() == [0, 10, 20]
    assert (loss.min, loss.max, loss.last, loss.step, loss.count) == (0.5, 0.9, 0.7, 20, 3)
    assert str(loss.timestamps[0]) == "2026-01-02T03:04:05.000000"
    assert loss.to_series()[20] == 0.7
    with pytest.raises(KeyError, match=r"Did you mean \\\"loss\\\"|Did you mean \"loss\""):
        run.metrics["los"]
    failed = store.runs("n = 3").first()
    assert failed.fail_trace == "Traceback\nValueError: no\n"
    special = store.runs("n = 5").first()
    assert special.config.size == (1, 2)
    assert store.runs("n = 8").first().config[3] == "three"


def test_a_run_by_its_id(store):
    run_id = next(store.ids())
    assert run_id == 1
    assert store[1].config.n == store["1"].config.n == 0
    assert store[1] == store.runs("n = 0").first()
    assert 1 in store
    assert "nobody" not in store
    with pytest.raises(RunNotFoundError, match="no run 'nobody'"):
        store["nobody"]


def test_filters_of_mongodb(store):
    def found(filter):
        return set(numbers(store.runs(filter)))

    assert found({}) == set(range(12))
    assert found({"status": "COMPLETED", "config.opt.lr": {"$gt": 0.01, "$lt": 0.5}}) == {0}
    assert found({"config.opt.name": {"$regex": "^s", "$options": "i"}}) == {2, 3}
    assert found({"$or": [{"config.n": 1}, {"meta.tags": "good one"}]}) == {0, 1}
    assert found({"result": None, "status": {"$nin": ["RUNNING", "QUEUED", "DEAD"]}}) == {3, 7}
    assert found({"config.layers": 16}) == {1}
    assert found({"$nor": [{"config.n": {"$lt": 10}}]}) == {10, 11}
    assert found({"start_time": {"$lt": datetime.datetime(2026, 1, 3)}}) == {0}
    assert found({"config.opt": {"$exists": True}, "config.n": {"$ne": 0}}) == {1, 2, 3}
    with pytest.raises(QueryError, match="Did you mean"):
        store.runs({"config.n": {"$gth": 3}})


def test_annotations_can_be_changed_later(tmp_path):
    for url in ("memory:", str(tmp_path / "runs")):
        store = open_store(url)
        record(store.backend, tmp_path)
        annotate(store.backend, 3, {"tags": ["late"], "starred": True})
        run = store.runs("late in tags").first()
        assert (run.config.n, run.starred) == (2, True)


def test_reading_a_place_where_nothing_is_makes_nothing(tmp_path):
    store = open_store(tmp_path / "none")
    with pytest.raises(StoreNotFoundError, match="no directory of runs at"):
        list(store.runs())
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_run_is_reported_and_the_rest_is_read(tmp_path):
    store = open_store(tmp_path / "runs")
    record(store.backend, tmp_path)
    root = tmp_path / "runs"
    (root / "2" / "run.json").write_text('{"status": "COMP')
    (root / "3" / "config.json").write_bytes(b"\xff")
    (root / "4" / "run.json").write_text("[]")
    (root / "5" / "run.json").unlink()
    (root / "6" / "run.json").write_text("{}")
    (root / "not a run").mkdir()
    table = store.runs()
    assert numbers(table) == [0, 6, 7, 8, 9, 10, 11]
    assert [problem.split()[1] for problem in table.problems] == ["2", "3", "4", "5"]
    assert "has no run.json" in table.problems[3]
    assert str(root / "2" / "run.json") in table.problems[0]
    with pytest.raises(DamagedRunError, match="Run 2 is damaged"):
        store[2]
    assert numbers(store.runs("n = 0")) == [0]


def test_ids_of_all_kinds_are_in_a_sensible_order(tmp_path):
    for name in ("10", "9", "b", "a1", "007"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text('{"status": "QUEUED"}')
    store = open_store(tmp_path)
    assert list(store.ids()) == [9, 10, "007", "a1", "b"]
    assert [run.id for run in store.runs(sort="-id")] == ["b", "a1", "007", 10, 9]
    assert [run.id for run in store.runs("id > 9")] == [10]
    assert [run.id for run in store.runs("id in (9, b)")] == [9, "b"]


def test_nothing_that_is_read_is_executed(tmp_path):
    bad = {"py/reduce": [{"py/type": "os.mkdir"}, {"py/tuple": [str(tmp_path / "made")]}]}
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "run.json").write_text(json.dumps({"status": "COMPLETED", "result": bad}))
    (tmp_path / "1" / "config.json").write_text(json.dumps({"a": bad, "b": {"py/tuple": [1]}}))
    run = open_store(tmp_path).runs("not missing(result)").first()
    assert run.result == bad
    assert run.config == {"a": bad, "b": (1,)}
    assert not (tmp_path / "made").exists()
    assert len(run.problems) == 2
    assert "config: a is shown as it is stored" in run.problems[1]


def test_artifacts_do_not_lead_out_of_the_store(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "runs" / "1").mkdir(parents=True)
    record = {"status": "COMPLETED", "artifacts": ["../../secret", str(tmp_path / "secret")]}
    (tmp_path / "runs" / "1" / "run.json").write_text(json.dumps(record))
    run = open_store(tmp_path / "runs")[1]
    assert dict(run.artifacts) == {}


def test_a_store_that_cannot_be_read_says_so():
    class WriteOnly(MemoryStore.__mro__[2]):
        url = "write:"

        def create(self, run_id, document, files):
            return run_id

        def apply(self, run_id, changes):
            pass

    with pytest.raises(sacred.utils.SacredError, match="can be written only"):
        RunStore(WriteOnly()).runs()


def test_large_stores_are_read_page_by_page():
    memory = MemoryStore()
    for n in range(200):
        memory.create(None, {"config": {"n": n}}, [])
    store = RunStore(memory)
    seen = []
    reader = store.reader
    read = reader.document
    reader.document = lambda run_id, fields=None: seen.append(run_id) or read(run_id, fields)
    assert numbers(itertools.islice(store.runs(), 3)) == [0, 1, 2]
    assert len(seen) <= 3
    assert len(RUNS) == 12


def test_to_count_runs_is_not_to_sort_them():
    memory = MemoryStore()
    for n in range(20):
        memory.create(None, {"config": {"n": -n}, "result": n}, [])
    store = RunStore(memory)
    seen = []
    reader = store.reader
    read = reader.document
    reader.document = lambda run_id, fields=None: seen.append(run_id) or read(run_id, fields)
    table = store.runs(sort="-result")
    assert len(table) == 20
    assert seen == []
    assert numbers(table) == [-n for n in reversed(range(20))]
    assert len(table) == 20
