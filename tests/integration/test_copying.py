"""Copies between stores of all kinds are the runs themselves."""

import contextlib
import datetime
import itertools
import math
import shutil
import sqlite3
from pathlib import Path

import pytest

from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.stores.changes import SetFields
from sacred.stores.claims import Lease, claims_of
from sacred.stores.store import StoreUnavailableError
from sacred.testing import drive
from sacred.upkeep import annotate, content_hash, copy_runs
from sacred.upkeep.queued_copies import QueuedRuns
from tests.integration.test_readers import KINDS, new_place
from tests.sample_runs import record

REFERENCE = Path(__file__).parents[1] / "reference"
CIRCLE = ["file", "mongo", "sqlite", "tinydb", "file"]


def telling_run(store, directory):
    """A run with something of everything."""
    directory.mkdir()
    (directory / "train.py").write_text("print(1)\n")
    (directory / "data.csv").write_bytes(b"\0\xff1,2")
    (directory / "plot.png").write_bytes(b"png")
    observer = StoreObserver(store.backend)
    now = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901)
    run_id = observer.started_event(
        ex_info={
            "name": "all",
            "base_dir": str(directory),
            "sources": [("train.py", "0" * 32), ("gone.py", "1" * 32)],
            "dependencies": ["b==2", "a==1"],
            "repositories": [{"url": "git@x:y", "commit": "c" * 40, "dirty": True}],
            "mainfile": "train.py",
        },
        command="main",
        host_info={"hostname": "here", "os": ["Linux", "6"], "gpus": {"n": 2}},
        start_time=now,
        config={"lr": 0.1, "size": (1, 2), 3: "three", "x": math.nan, "seed": 2**40},
        meta_info={"comment": "c", "tags": ["a"], "options": {"--force": False}},
        _id=None,
    )
    observer.resource_event(filename=str(directory / "data.csv"))
    observer.artifact_event(
        name="d/plot.png",
        filename=str(directory / "plot.png"),
        metadata={"dpi": 3},
        content_type="image/x",
    )
    observer.artifact_event(name="empty.txt", filename="/dev/null")
    drive.log(observer, {"loss": [1, 0.5, math.nan, math.inf], "one": [2**40]})
    beat = now + datetime.timedelta(seconds=3)
    observer.heartbeat_event(
        info={"a": {"b": [1, None]}},
        captured_out="ünï\r\n\U0001f600\n",
        beat_time=beat,
        result=None,
    )
    observer.failed_event(fail_time=beat, fail_trace=["Traceback\n", "E: two\nlines\n"])
    return run_id


def hashes(store):
    # A copy of a queued run is cancelled.
    return sorted(
        content_hash(run, status="CANCELLED" if run.status == "QUEUED" else None) for run in store
    )


@contextlib.contextmanager
def opened(kinds, request, tmp_path):
    """Stores of these kinds, without runs."""
    with contextlib.ExitStack() as stack:
        stores = []
        for number, kind in enumerate(kinds):
            directory = tmp_path / f"{number}-{kind}"
            directory.mkdir()
            place = stack.enter_context(new_place(kind, request, directory))
            stores.append(stack.enter_context(open_store(place.url)))
        yield stores


def around(stores):
    """Copy from each store to the next, twice; what the second time did."""
    for source, target in itertools.pairwise(stores):
        found = copy_runs(source, target)
        assert found.problems == [], target
        assert hashes(target) == hashes(source)
        again = copy_runs(source, target)
        assert (again.copied, again.problems) == ({}, [])


def test_around_the_circle(request, tmp_path):
    with opened(CIRCLE, request, tmp_path) as stores:
        record(stores[0].backend, tmp_path)
        run_id = telling_run(stores[0], tmp_path / "files")
        around(stores)
        assert len(set(hashes(stores[0]))) == len(list(stores[0].ids())) == 13
        assert list(stores[-1].ids()) == list(stores[0].ids())
        first, last = (store[run_id] for store in (stores[0], stores[-1]))
        assert last.config == first.config or repr(last.config) == repr(first.config)
        assert (last.output, last.fail_trace) == (first.output, first.fail_trace)
        assert last.artifacts["d/plot.png"].metadata == {"dpi": 3}
        assert last.artifacts["d/plot.png"].content_type == "image/x"
        assert last.sources["train.py"].text() == "print(1)\n"
        assert list(last.sources) == ["train.py", "gone.py"]
        [resource] = last.resources.values()
        assert (resource.name, resource.read()) == (str(tmp_path / "files/data.csv"), b"\0\xff1,2")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in CIRCLE])
def test_there_and_back(kind, request, tmp_path):
    with opened(["memory", kind, "memory"], request, tmp_path) as stores:
        telling_run(stores[0], tmp_path / "files")
        around(stores)


def test_runs_of_the_old_library_around_the_circle(request, tmp_path):
    shutil.copytree(REFERENCE / "tinydb_0.8", tmp_path / "tinydb")
    old = open_store(f"tinydb:{tmp_path / 'tinydb'}")
    with opened(["file", "mongo", "sqlite", "tinydb"], request, tmp_path) as stores:
        around([old, *stores])


@pytest.mark.parametrize("kind", ["files", "mongo"])
def test_records_of_0_8_around_the_circle(kind, request, tmp_path):
    if kind == "files":
        place = str(shutil.copytree(REFERENCE / "files_0.8", tmp_path / "old"))
    else:
        from bson import json_util

        database, server = (request.getfixturevalue(f"mongo_{n}") for n in ("db", "server"))
        dump = json_util.loads((REFERENCE / "mongo_0.8.json").read_text(encoding="utf-8"))
        for name, documents in dump.items():
            if documents:
                database[name].insert_many(documents)
        place = f"mongodb://{server.host}:{server.port}/{database.name}"
    with open_store(place) as old, opened(["sqlite", "tinydb"], request, tmp_path) as stores:
        found = copy_runs(old, stores[0])
        # The old library has never stored resources in MongoDB.
        missing = [problem for problem in found.problems if "is not stored in" not in problem]
        assert missing == []
        assert hashes(stores[0]) == hashes(old)
        assert list(stores[0].ids()) == [1, 2]
        around(stores)


def test_databases_of_the_old_library_are_copied(request, tmp_path):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    path = tmp_path / "old.db"
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        script = (REFERENCE / "old_sqlite.sql").read_text()
        connection.connection.dbapi_connection.executescript(script)
    engine.dispose()
    with (
        open_store(f"sqlite:///{path}") as old,
        opened(["file", "mongo", "tinydb", "sqlite"], request, tmp_path) as stores,
    ):
        assert len(list(old.ids())) > 0
        around([old, *stores])


@pytest.mark.parametrize("kind", ["memory", "file", "tinydb", "sqlite", "mongo"])
@pytest.mark.parametrize("calls", range(1, 6))
def test_an_interrupted_copy_is_completed_by_copying_again(kind, calls, request, tmp_path):
    with opened(["memory", kind], request, tmp_path) as (source, target):
        run_id = telling_run(source, tmp_path / "files")
        apply, done = target.backend.apply, []

        def interrupted(*args):
            done.append(apply(*args))
            if len(done) == calls:
                raise KeyboardInterrupt

        target.backend.apply = interrupted
        with contextlib.suppress(KeyboardInterrupt):
            copy_runs(source, target)
        target.backend.apply = apply
        found = copy_runs(source, target)
        assert found.problems == []
        assert [run.status for run in target] == ["FAILED"]
        assert hashes(target) == hashes(source)
        target.backend.close()
        [run] = target
        assert len(run.stored("artifacts")) == 2
        assert copy_runs(source, target).copied == {}
        assert run_id in source


def test_other_runs_of_the_target_stay(tmp_path):
    source, target = open_store("memory:"), open_store(tmp_path / "runs")
    own = telling_run(target, tmp_path / "own")
    for n in range(2):
        telling_run(source, tmp_path / f"{n}")
    before = content_hash(target[own])
    found = copy_runs(source, target)
    # Of its own id 1, the first has got the next one, which the second would have kept.
    assert found.copied == {1: "2", 2: "3"}
    assert content_hash(target[own]) == before
    assert target[2].meta.copied_from["id"] == "1"
    assert copy_runs(source, target).present == 2


def test_a_run_that_comes_back_to_its_store_is_the_same(tmp_path):
    first, second = open_store(tmp_path / "a"), open_store(tmp_path / "b")
    telling_run(first, tmp_path / "files")
    copy_runs(first, second)
    assert copy_runs(second, first).present == 1
    assert list(first.ids()) == [1]


def test_a_run_that_has_gone_on_is_brought_up_to_date(tmp_path):
    source, target = open_store("memory:"), open_store(tmp_path / "runs")
    observer = StoreObserver(source.backend)
    run_id = drive.start(observer)
    drive.log(observer, {"loss": [1]})
    drive.beat(observer, "one\n")
    copy_runs(source, target)
    assert target[run_id].status in ("RUNNING", "DEAD")
    annotate(target, run_id, add_tags=["mine"])
    drive.log(observer, {"loss": [2]})
    drive.beat(observer, "one\ntwo\n")
    drive.complete(observer, 5)
    assert copy_runs(source, target).copied == {run_id: 1}
    run = target[run_id]
    assert (run.status, run.result, run.output) == ("COMPLETED", 5, "one\ntwo\n")
    assert list(run.metrics["loss"].values) == [1, 2]
    assert run.tags == ("mine",)


def test_ids_that_the_target_cannot_have_are_mapped(tmp_path):
    source, target = open_store("memory:"), open_store(tmp_path / "runs")
    for run_id in ("a/b", "_resources", "mine"):
        observer = StoreObserver(source.backend)
        drive.start(observer, run_id)
        drive.complete(observer, 1)
    assert copy_runs(source, target).problems == []
    assert sorted(map(str, target.ids())) == ["1", "2", "mine"]
    assert copy_runs(source, target).present == 3


def test_only_runs_of_a_query_and_what_cannot_be_kept_is_told(mongo_db, mongo_server, tmp_path):
    source = open_store("memory:")
    for n, key in enumerate(("plain", "with.dot")):
        observer = StoreObserver(source.backend)
        drive.start(observer, config={"n": n, "d": {key: 1}})
        drive.complete(observer, 1)
    with open_store(f"mongodb://{mongo_server.host}:{mongo_server.port}/{mongo_db.name}") as target:
        assert copy_runs(source, target, "n = 0").problems == []
        assert list(target.ids()) == [1]
        seen = []
        found = copy_runs(source, target, progress=lambda done, of: seen.append((done, of)))
        [problem] = found.problems
        assert problem.startswith("run 2: ")
        assert "cannot keep all of it" in problem
        assert seen == [(0, 2), (1, 2), (2, 2)]


def test_the_hash_sees_every_part():
    def changed(change):
        store = open_store("memory:")
        observer = StoreObserver(store.backend)
        run_id = drive.start(observer, config={"a": 1})
        drive.log(observer, {"loss": [1]})
        drive.beat(observer, "out", {"b": 1})
        drive.complete(observer, 1)
        change(store.backend.runs[run_id])
        return content_hash(store[run_id])

    parts = [
        lambda run: None,
        lambda run: run["document"]["config"].update(a=1.0),
        lambda run: run["document"].update(result=2),
        lambda run: run["document"]["meta"].update(tags=["x"]),
        lambda run: run.update(output="other"),
        lambda run: run["metrics"]["loss"].append((1, 2, drive.T0)),
        lambda run: run["sources"].update({"a.py": b"1"}),
        lambda run: run["sources"].update({"a.py": None}),
    ]
    assert len({changed(part) for part in parts}) == len(parts)
    assert changed(lambda run: run["document"]["meta"].update(copied_from={})) == changed(parts[0])


def test_a_store_that_cannot_be_reached_is_an_error():
    source = open_store("memory:")
    observer = StoreObserver(source.backend)
    drive.start(observer)
    drive.complete(observer, 1)
    target = open_store("mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200")
    with target, pytest.raises(StoreUnavailableError):
        copy_runs(source, target)


def queue_of(place, number):
    """A store of files with a run that waits, and its queue."""
    store = open_store(place)
    document = {"status": "QUEUED", "config": {"lr": 0.1}, "meta": {"priority": 2.0}}
    document |= {"queue_time": datetime.datetime(2026, 1, 2), "experiment": {"name": "ex"}}
    run_id = store.backend.create(number, document, [])
    claims = claims_of(store.backend)
    claims.enqueue(run_id, 2.0, "2026-01-02T00:00:00")
    return store, claims


LEASE = Lease(worker="w", host="h", process=None, seconds=60)


@pytest.mark.parametrize("kind", ["file", "sqlite"])
def test_copies_of_queued_and_leased_runs_are_cancelled(tmp_path, kind):
    source, claims = queue_of(tmp_path / "a", 1)
    queue_of(tmp_path / "a", 2)
    entry = claims.claim(LEASE)
    claims.apply(entry.run_id, 1, [SetFields(fields={"status": "RUNNING"})])
    address = tmp_path / "b" if kind == "file" else f"sqlite:///{tmp_path}/b.db"
    target = open_store(address)
    for copied in ({1: 1, 2: 2}, {}):  # a second time, nothing is left to do
        report = copy_runs(source, target)
        assert {int(a): int(b) for a, b in report.copied.items()} == copied
        assert report.problems == []
        assert [target[n].status for n in (1, 2)] == ["CANCELLED", "CANCELLED"]
        assert claims_of(target.backend).claim(LEASE) is None
        assert [source[n].stored("status") for n in (1, 2)] == ["RUNNING", "QUEUED"]


def test_a_queued_run_is_moved_and_its_copy_goes_on(tmp_path):
    source, claims = queue_of(tmp_path / "a", 1)
    queue_of(tmp_path / "a", 2)
    leased = claims.claim(LEASE)
    target = open_store(tmp_path / "b")
    copy_runs(source, target)  # cancelled before: it waits now
    report = copy_runs(source, target, move=True)
    assert report.problems == [f"run {leased.run_id} is not moved: a worker is running it"]
    [moved] = {"1", "2"} - {leased.run_id}
    assert (source[moved].status, target[moved].status) == ("CANCELLED", "QUEUED")
    assert source[moved].meta["moved_to"]["id"] == moved
    entry = claims_of(target.backend).claim(LEASE)
    assert entry.run_id == moved
    claims_of(target.backend).finish(
        entry, "COMPLETED", [SetFields(fields={"status": "COMPLETED"})]
    )
    for move in (False, True):
        copy_runs(source, target, move=move)
        assert target[moved].status == "COMPLETED"
    assert claims.claim(LEASE) is None


def test_a_move_that_is_interrupted_goes_on_and_is_done_once(tmp_path, monkeypatch):
    source, claims = queue_of(tmp_path / "a", 1)
    target = open_store(tmp_path / "b")
    with monkeypatch.context() as patch:
        patch.setattr(QueuedRuns, "move", lambda *_: 1 / 0)
        copy_runs(source, target, move=True)
    assert claims.claim(LEASE) is None  # held, until it is known where it waits
    assert claims_of(target.backend).claim(LEASE) is None
    copy_runs(source, target, move=True)
    entry = claims_of(target.backend).claim(LEASE)
    assert (entry.run_id, entry.priority) == ("1", 2.0)
    assert source[1].status == "CANCELLED"


def test_a_copy_from_a_database_makes_no_table_there(tmp_path):
    source = open_store(f"sqlite:///{tmp_path}/a.db")
    document = {"status": "RUNNING", "config": {}, "experiment": {"name": "ex"}}
    document |= {"host": {}, "meta": {}, "command": "main"}
    document["start_time"] = datetime.datetime(2026, 1, 2)
    source.backend.create(1, document, [])
    copy_runs(source, open_store(tmp_path / "b"))
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as database:
        names = [name for (name,) in database.execute("select name from sqlite_master")]
    assert "run" in names
    assert "queue_entry" not in names
