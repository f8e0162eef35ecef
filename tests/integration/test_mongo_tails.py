"""Metrics that grow in MongoDB: new points are in tails, and at the end nothing shows of that."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.errors import AutoReconnect

from sacred import open_store
from sacred.observers.mongo import MongoObserver
from sacred.stores.changes import AddPoints, SetFields
from sacred.stores.mongo.points import MongoMetrics
from sacred.stores.mongo.tails import GROWTH
from sacred.upkeep import rebuild_copies
from tests.crash_safety.effort import examples
from tests.services.mongo import watched_client
from tests.unit.stores.observer_calls import beat, complete, log, start

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """As if documents had few points."""
    monkeypatch.setattr("sacred.stores.mongo.points.POINTS_PER_DOCUMENT", 45)
    monkeypatch.setattr("sacred.stores.mongo.points.POINTS_PER_PART", 15)
    monkeypatch.setattr("sacred.stores.mongo.points.MAX_PUSHED_POINTS", 3)
    monkeypatch.setattr("sacred.stores.mongo.points_reader.POINTS_PER_DOCUMENT", 45)
    monkeypatch.setattr("sacred.stores.mongo.search.metrics.POINTS_PER_DOCUMENT", 45)


@pytest.fixture
def observer(mongo_db, tmp_path):
    return MongoObserver(
        client=mongo_db.client, db_name=mongo_db.name, failure_dir=tmp_path / "spool"
    )


def points(start, count, name="loss"):
    indices = range(start, start + count)
    return AddPoints(
        name=name,
        start=start,
        steps=list(indices),
        values=[n + 0.5 for n in indices],
        timestamps=[NOW + datetime.timedelta(seconds=n) for n in indices],
    )


def opened(mongo_db):
    host, port = mongo_db.client.address
    return open_store(f"mongodb://{host}:{port}/{mongo_db.name}")


def values(mongo_db, name="loss"):
    with opened(mongo_db) as store:
        return list(store[1].metrics[name].values)


def stay(mongo_db):
    """The documents of metrics, without their ids."""
    found = mongo_db.metrics.find({}, {"_id": 0}).sort([("name", 1), ("part", 1)])
    return list(found)


# ------------------------------------------------------------------- while a run goes on


def test_a_reader_sees_all_points_and_a_dashboard_a_third_of_them(observer, mongo_db):
    start(observer)
    for stop in range(2, 140, 2):
        log(observer, {"loss": [stop - 1.5, stop - 0.5]})
        assert values(mongo_db) == [n + 0.5 for n in range(stop)]
        first = mongo_db.metrics.find_one({"part": {"$exists": False}})
        assert len(first["values"]) * GROWTH >= min(stop, 45) - 2
    complete(observer)
    assert values(mongo_db) == [n + 0.5 for n in range(138)]
    assert [d.get("part", 0) for d in stay(mongo_db)] == list(range(8))
    assert not mongo_db.metrics.count_documents({"$or": [{"growing": {}}, {"tail": {"$gte": 0}}]})


@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 12)), max_size=25))
def test_the_finished_record_is_that_of_a_writer_without_tails(mongo_db, sizes):
    found = []
    for is_new in (True, False):
        mongo_db.metrics.delete_many({})
        metrics, lengths = MongoMetrics(mongo_db.metrics, 1, is_new), {"a": 0, "b": 0}
        for name, size in sizes:
            metrics.add(points(lengths[name], size, name))
            lengths[name] += size
        metrics.close()
        found.append(stay(mongo_db))
    assert found[0] == found[1]
    assert [list(d) for d in found[0]] == [list(d) for d in found[1]]


def test_a_document_is_written_again_only_at_few_of_its_lengths(mongo_db):
    writes = []

    def watch(event):
        if event.command_name == "update":
            writes.extend(u["q"]["_id"] for u in event.command["updates"] if "_id" in u["q"])

    with watched_client(mongo_db, watch) as client:
        metrics = MongoMetrics(client[mongo_db.name].metrics, 1, True)
        for start_index in range(36):
            metrics.add(points(start_index, 1))
        # The first three points are pushed; then there is the mark, and 6 and 15 points.
        assert writes.count(metrics.id_of("loss")) == 2 + 1 + 2


QUERIES = [
    ("metrics.loss.last = 12.5", True),
    ("metrics.loss.last < 12", False),
    ("metrics.loss.max > 12", True),
    ("metrics.loss.max > 13", False),
    ("metrics.loss.min < 1", True),
    ("metrics.loss.count = 13", True),
    ("metrics.loss.count < 13", False),
    ("metrics.loss.mean = 6.5", True),
]


@pytest.mark.parametrize(("query", "holds"), QUERIES, ids=[query for query, _ in QUERIES])
def test_queries_see_what_is_in_tails(observer, mongo_db, query, holds):
    start(observer)
    for n in range(13):
        log(observer, {"loss": [n + 0.5]})
    assert mongo_db.metrics.count_documents({"tail": {"$gte": 0}})
    with opened(mongo_db) as store:
        assert [run.id for run in store.runs(query)] == ([1] if holds else [])


def test_orders_see_what_is_in_tails(observer, mongo_db):
    for length in (13, 2, 7, 20):
        start(observer)
        for n in range(length):
            log(observer, {"loss": [n + 0.5]})
    with opened(mongo_db) as store:
        for key in ("last", "max", "count", "mean"):
            found = store.runs(sort=f"-metrics.loss.{key}", limit=3)
            assert [run.id for run in found] == [4, 1, 3]
            assert [run.metrics["loss"].values[-1] for run in found] == [19.5, 12.5, 6.5]


def test_points_that_move_while_they_are_read_are_not_missed(mongo_db, observer):
    start(observer)
    store = observer.store
    for n in range(8):
        store.apply(1, [points(n, 1)])
    reader = store.reader()
    moved = []

    def watch(event):
        wanted = event.command.get("filter", {}).get("_id")
        if event.command_name == "find" and isinstance(wanted, dict) and not moved:
            moved.append(True)
            store.apply(1, [points(8, 20)])

    with watched_client(mongo_db, watch) as client:
        other = MongoObserver(client=client, db_name=mongo_db.name)
        found = other.store.reader().points(1, "loss")
    assert moved
    assert list(found.values) == [n + 0.5 for n in range(28)]
    assert list(reader.points(1, "loss").values) == [n + 0.5 for n in range(28)]


# ------------------------------------------------------------------- when something fails


@pytest.mark.parametrize("method", ["update_one", "insert_one", "delete_many", "find"])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("every", [3, 4, 5])
def test_a_connection_that_is_lost_at_any_moment(mongo_db, monkeypatch, method, done, every):
    """Whether or not the server has done it; what failed comes again, with more behind it."""
    collection = mongo_db.metrics
    original, calls = getattr(type(collection), method), []

    def lossy(self, *args, **kwargs):
        calls.append(method)
        if len(calls) % every == 0:
            if done:
                original(self, *args, **kwargs)
            raise AutoReconnect("connection closed")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(type(collection), method, lossy)
    metrics = MongoMetrics(collection, 1, True)
    stored = 0
    for stop in range(2, 120, 2):
        try:
            metrics.add(points(stored, stop - stored))
        except AutoReconnect:
            continue
        stored = stop
    while True:
        try:
            metrics.add(points(stored, 120 - stored))
            metrics.close()
        except AutoReconnect:
            continue
        break
    monkeypatch.undo()
    documents = stay(mongo_db)
    assert [n for d in documents for n in d["steps"]] == list(range(120))
    assert not any("tail" in d or "growing" in d for d in documents)
    assert calls


def test_a_killed_run_is_read_whole_and_tidied_up(observer, mongo_db):
    start(observer)
    for n in range(8):
        log(observer, {"loss": [n + 0.5]})
    beat(observer, "")
    with opened(mongo_db) as store:
        mongo_db.runs.update_one({}, {"$set": {"heartbeat": datetime.datetime.now(datetime.UTC)}})
        assert rebuild_copies(store) == []  # it may be alive
        mongo_db.runs.update_one({}, {"$set": {"heartbeat": NOW}})
        assert values(mongo_db) == [n + 0.5 for n in range(8)]
        assert rebuild_copies(store) == ["metric loss of run 1"]
        assert rebuild_copies(store) == []
    [document] = stay(mongo_db)
    assert document["values"] == [n + 0.5 for n in range(8)]
    assert "growing" not in document


def test_another_process_goes_on_with_a_run(observer, mongo_db):
    start(observer)
    for n in range(8):
        observer.store.apply(1, [points(n, 1)])
    other = MongoObserver(client=mongo_db.client, db_name=mongo_db.name).store
    other.apply(1, [points(8, 2)])
    assert values(mongo_db) == [n + 0.5 for n in range(10)]
    assert not any("tail" in document for document in stay(mongo_db))


def test_another_process_ends_a_run(observer, mongo_db):
    """As `sacred sync` does with what is in a spool."""
    start(observer)
    info = {}
    for n in range(8):
        log(observer, {"loss": [n + 0.5]}, info)
    beat(observer, "", info)
    other = MongoObserver(client=mongo_db.client, db_name=mongo_db.name).store
    other.apply(1, [SetFields(fields={"status": "FAILED", "stop_time": NOW})])
    [document] = stay(mongo_db)
    assert document["values"] == [n + 0.5 for n in range(8)]
    assert "growing" not in document


@pytest.mark.parametrize("number", [1, 12])
def test_who_ends_a_run_of_another_process_asks_once_for_all_metrics(observer, mongo_db, number):
    start(observer)
    info = {}
    log(observer, {f"metric {n}": [0.5] for n in range(number)}, info)
    beat(observer, "", info)
    asked = []

    def watch(event):
        if event.command_name == "find" and event.command["find"] == "metrics":
            asked.append(event.command["filter"])

    with watched_client(mongo_db, watch) as client:
        other = MongoObserver(client=client, db_name=mongo_db.name).store
        other.apply(1, [SetFields(fields={"status": "FAILED", "stop_time": NOW})])
    assert len(asked) == 1
    assert len(asked[0]["_id"]["$in"]) == number


def test_runs_are_removed_with_their_tails(observer, mongo_db):
    start(observer)
    for n in range(8):
        observer.store.apply(1, [points(n, 1)])
    observer.store.discard(1)
    observer.store.remove(1)
    assert stay(mongo_db) == []
