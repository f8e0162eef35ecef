"""What no run refers to is found and removed, and nothing else is, in all stores."""

import datetime
import os
import time
from pathlib import Path

import pytest

from sacred._base.clock import utcnow
from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.stores.local_files import mark_used, md5_of_file, remove_unused
from sacred.testing import drive
from sacred.upkeep import discard, find_garbage, recover, remove_garbage
from tests.integration.test_annotations import store as store
from tests.integration.test_readers import KINDS, new_place
from tests.integration.test_trash import numbers

NO_GRACE = {"grace": datetime.timedelta(0)}
#: Of these all contents that runs share are files, whose age is known.
AGED = [kind for kind in KINDS if kind not in ("memory", "sqlite", "postgres")]


@pytest.fixture
def place(request, tmp_path):
    with new_place(request.param, request, tmp_path) as found:
        yield found


all_places = pytest.mark.parametrize("place", KINDS, indirect=True)
aged_places = pytest.mark.parametrize("place", AGED, indirect=True)
files = pytest.mark.parametrize("place", ["file"], indirect=True)


def record(store, directory, n, *resources):
    """A run with a source and an artifact of its own, a source and resources that it shares."""
    sources = []
    for name, text in (("shared.py", "shared"), (f"own{n}.py", f"own {n}"), ("made", f"by {n}")):
        (directory / name).write_text(text)
        sources.append((name, md5_of_file(str(directory / name))))
    observer = StoreObserver(store.backend)
    experiment = {"sources": sources[:2], "base_dir": str(directory), "dependencies": [f"a=={n}"]}
    run_id = drive.start(observer, config={"n": n}, ex_info=experiment)
    for name in resources:
        (directory / name).write_text(f"content of {name}")
        observer.resource_event(filename=str(directory / name))
    observer.artifact_event(name="made", filename=str(directory / "made"))
    drive.log(observer, {"loss": [n]})
    drive.complete(observer, n)
    return store[run_id].id


def whole(run):
    """All files of a run, which must be there."""
    files = {**run.sources, **run.resources, **run.artifacts}
    return {os.path.basename(name): file.read().decode() for name, file in files.items()}


def pause(place):
    """Until what is stored counts as older; some stores know no more of it than the second."""
    time.sleep(1.1 if place.url.startswith(("s3:", "gs:", "mongodb:")) else 0.05)


@pytest.fixture
def later(monkeypatch):
    """Who looks for garbage does so two seconds later than it is, which needs no `pause`."""
    seconds = datetime.timedelta(seconds=2)
    monkeypatch.setattr("sacred.upkeep.collecting.utcnow", lambda: utcnow() + seconds)


@all_places
def test_what_only_removed_runs_had_goes_and_all_else_stays(later, place, store, tmp_path):
    first, second = (record(store, tmp_path, n, "both.csv", f"{n}.csv") for n in range(2))
    assert not find_garbage(store, **NO_GRACE)
    discard(store, [first])
    waste = find_garbage(store, **NO_GRACE)
    assert list(waste.runs) == [first]
    assert remove_garbage(store, waste).problems == []
    assert not find_garbage(store, **NO_GRACE)
    other = store if place.url == "memory:" else open_store(place.url)
    assert list(other.ids()) == [second]
    assert len(other.runs(in_trash=True)) == 0
    assert whole(other[second]) == {
        "shared.py": "shared",
        "own1.py": "own 1",
        "both.csv": "content of both.csv",
        "1.csv": "content of 1.csv",
        "made": "by 1",
    }
    if place.url != "memory:":
        names = {os.path.basename(item.name) for item in waste.garbage}
        # Each store has its own names; what both have is in none.
        assert {"0.csv", "own0.py"} <= names or len(waste.garbage) in (2, 3)
        assert not {"both.csv", "shared.py", "1.csv", "own1.py"} & names


@all_places
def test_a_run_that_is_recorded_anew_has_all_its_files_again(later, place, store, tmp_path):
    """Its process may remember what it has stored."""
    run_id = record(store, tmp_path, 0, "both.csv")
    discard(store, [run_id])
    remove_garbage(store, find_garbage(store, **NO_GRACE))
    again = record(store, tmp_path, 0, "both.csv")
    assert len(whole(store[again])) == 4


@aged_places
def test_what_was_stored_within_a_day_stays(later, place, store, tmp_path):
    run_id = record(store, tmp_path, 0, "both.csv")
    discard(store, [run_id])
    waste = find_garbage(store)
    assert (list(waste.runs), waste.garbage) == ([run_id], ())
    remove_garbage(store, waste)
    unused = find_garbage(store, **NO_GRACE).garbage
    assert len(unused) >= 3
    assert all(item.size > 0 for item in unused)


@aged_places
def test_what_a_run_uses_again_counts_as_new(place, store, tmp_path, monkeypatch):
    """Also as long as the record of that run is not written yet."""
    monkeypatch.setattr("sacred.stores.collector.COUNTS", datetime.timedelta(0))
    discard(store, [record(store, tmp_path, 0, "both.csv")])
    pause(place)
    waste = find_garbage(store, **NO_GRACE)
    number = len(waste.garbage)
    assert number >= 3
    pause(place)
    # A run that is killed as soon as it has stored its sources.
    path = tmp_path / "shared.py"

    class Killed(Exception):
        pass

    def killed(*args, **kwargs):
        raise Killed

    for method in ("insert_next", "writing"):
        if hasattr(store.backend, method):
            monkeypatch.setattr(store.backend, method, killed)
    if hasattr(store.backend, "blobs"):
        monkeypatch.setattr(store.backend.blobs, "claim", killed)
    source = {"sources": [("shared.py", md5_of_file(str(path)))], "base_dir": str(tmp_path)}
    with pytest.raises(Killed):
        drive.start(StoreObserver(store.backend), ex_info=source)
    monkeypatch.undo()
    removed = remove_garbage(store, waste).garbage
    assert len(removed) == number - 1
    pause(place)
    [left] = find_garbage(store, **NO_GRACE).garbage
    assert left not in removed


@all_places
def test_the_time_in_the_trash_counts(place, store, tmp_path):
    first, second = (record(store, tmp_path, n) for n in range(2))
    discard(store, [first])
    time.sleep(0.1)
    between = utcnow()
    time.sleep(0.1)
    discard(store, [second])
    discard(store, [first])  # again, which is no news
    found = find_garbage(store, older_than=utcnow() - between).runs
    # The memory keeps no times.
    assert list(found) == ([] if place.url == "memory:" else [first])
    assert list(find_garbage(store, older_than=datetime.timedelta(days=1)).runs) == []
    recover(store, [first])
    discard(store, [first])
    assert first not in find_garbage(store, older_than=utcnow() - between).runs


@all_places
def test_a_run_taken_out_of_the_trash_meanwhile_stays(later, place, store, tmp_path):
    run_id = record(store, tmp_path, 0, "both.csv")
    discard(store, [run_id])
    waste = find_garbage(store, **NO_GRACE)
    recover(store, [run_id])
    removed = remove_garbage(store, waste)
    assert not removed
    assert len(removed.problems) == 1
    assert len(whole(store[run_id])) == 4


@all_places
def test_a_run_that_is_under_way_stays(place, store, tmp_path):
    observer = StoreObserver(store.backend)
    run_id = drive.start(observer)
    observer.heartbeat_event(info={}, captured_out="", beat_time=store.runs().now, result=None)
    discard(store, [run_id], force=True)
    waste = find_garbage(store, **NO_GRACE)
    assert not waste.runs
    assert waste.problems == [f"run {run_id} is in the trash, and still under way"]


@files
def test_remains_of_killed_writers_go(place, store, tmp_path):
    run_id = record(store, tmp_path, 0)
    runs = tmp_path / "runs"
    remains = ["1/.0123456789ab.tmp", "_sources/.0123456789ab.tmp", "1/plots/.ba9876543210.tmp"]
    kept = ["1/.hidden.tmp", "_sources/mine.py", ".index.db", "notes/1", "7/mine", "_sources/.x"]
    for name in (*remains, *kept, "5/config.json", "6/config.json", "6/cout.txt"):
        (runs / name).parent.mkdir(parents=True, exist_ok=True)
        (runs / name).write_text("12345")
    (runs / "8").mkdir()
    waste = find_garbage(store, **NO_GRACE)
    found = {(item.kind, item.name): item.size for item in waste.garbage}
    assert found == {
        **{("temporary file", name): 5 for name in remains},
        ("unfinished run", "5"): 5,
        ("unfinished run", "6"): 10,
    }
    assert waste.size == 30
    assert len(remove_garbage(store, waste).garbage) == 5
    assert all((runs / name).exists() for name in kept)
    assert not any((runs / name).exists() for name in (*remains, "5", "6"))
    assert len(whole(store[run_id])) == 3


@files
def test_nothing_shared_goes_if_a_record_cannot_be_read(place, store, tmp_path):
    first, second = (record(store, tmp_path, n, f"{n}.csv") for n in range(2))
    (tmp_path / "runs" / str(second) / "run.json").write_text('{"experiment": {"sou')
    discard(store, [first])
    waste = find_garbage(store, **NO_GRACE)
    assert (list(waste.runs), waste.garbage) == ([first], ())
    [problem] = waste.problems
    assert problem.startswith(f"{tmp_path}/runs/2/run.json is damaged")


@files
def test_stores_within_a_store_and_linked_runs_keep_what_they_share(place, store, tmp_path):
    first = record(store, tmp_path, 0, "a.csv")
    second = record(store, tmp_path, 1, "b.csv")
    runs = tmp_path / "runs"
    (runs / "old" / "deep").mkdir(parents=True)
    (runs / str(first)).rename(runs / "old" / "deep" / "1")
    (runs / str(second)).rename(tmp_path / "elsewhere")
    (runs / str(second)).symlink_to(tmp_path / "elsewhere")
    assert not find_garbage(store, **NO_GRACE)


@files
def test_copies_that_are_somebody_elses_are_used_or_stored_again(place, store, tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    assert mark_used(str(path))
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert not remove_unused(str(path), now - datetime.timedelta(seconds=10))
    assert remove_unused(str(path), now + datetime.timedelta(seconds=10))
    assert not mark_used(str(path))
    assert not remove_unused(str(path), now)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("place", ["mongo"], indirect=True)
def test_what_others_have_in_the_database_stays(later, place, store, tmp_path):
    import gridfs
    import pymongo
    from bson import ObjectId

    run_id = record(store, tmp_path, 0, "a.csv")
    with pymongo.MongoClient(place.url) as client:
        database = client.get_default_database()
        fs = gridfs.GridFS(database)
        mine = fs.put(b"mine", filename="mine.bin", md5="0" * 32)
        path = fs.put(b"mine", filename="/a/path")
        named = fs.put(b"mine", filename="/a/used/path", md5="0" * 32)
        unused = fs.put(b"unused", filename="/a/source.py", md5="1" * 32)
        database["models"].insert_one({"_id": 1, "weights": {"all": [str(named)]}})
        database["p_runs"].insert_one({"_id": 99, "artifacts": []})
        for owner in (99, 77):
            database["metrics"].insert_one({"run_id": owner, "name": "loss", "values": [1]})
        database["fs.chunks"].insert_one({"files_id": ObjectId(), "n": 0, "data": b"piece"})
        waste = find_garbage(store, **NO_GRACE)
        assert [(item.kind, item.name) for item in waste.garbage if item.ref != unused] == [
            ("chunk of a file", waste.garbage[1].name),
            ("metric", "loss of run 77"),
        ]
        assert len(remove_garbage(store, waste).garbage) == 3
        assert all(fs.exists(file) for file in (mine, path, named))
        assert not fs.exists(unused)
        assert database["fs.chunks"].count_documents({"files_id": unused}) == 0
        assert {d["run_id"] for d in database["metrics"].find()} == {run_id, 99}
    assert len(whole(store[run_id])) == 4


@pytest.mark.parametrize("place", ["mongo"], indirect=True)
def test_large_fields_of_one_run_are_not_those_of_another(later, place, store, tmp_path):
    """They are files; one that had the same content lost it when the other went on."""
    large = {"text": "x" * 3_000_000}
    ids = []
    for _ in range(2):
        observer = StoreObserver(store.backend)
        ids.append(drive.start(observer))
        observer.heartbeat_event(
            info=large, captured_out="", beat_time=store.runs().now, result=None
        )
    observer.heartbeat_event(
        info={"text": "short"}, captured_out="", beat_time=store.runs().now, result=None
    )
    assert store[ids[0]].info == large
    assert store[ids[1]].info == {"text": "short"}
    assert not find_garbage(store, **NO_GRACE)


@pytest.mark.parametrize("place", ["sqlite", "postgres"], indirect=True)
def test_rows_of_runs_that_somebody_has_deleted_go(place, store, tmp_path):
    import sqlalchemy as sa

    run_id = record(store, tmp_path, 0, "a.csv")
    record(store, tmp_path, 1, "b.csv")
    engine = sa.create_engine(place.url)
    with engine.begin() as connection:
        for table in ("runs_resources", "artifact"):
            connection.execute(sa.text(f"delete from {table} where run_id = '{run_id}'"))
        connection.execute(sa.text(f"delete from run where run_id = '{run_id}'"))
    kinds = {(item.kind, os.path.basename(item.name)) for item in find_garbage(store).garbage}
    assert kinds == {
        ("experiment", "ex"),
        ("source", "own0.py"),
        ("dependency", "a"),
        ("resource", "a.csv"),
        ("metric", f"loss of run {run_id}"),
    } | {kind for kind in kinds if kind[0] == "host"}
    remove_garbage(store, find_garbage(store))
    assert not find_garbage(store)
    with engine.connect() as connection:
        count = connection.execute(sa.text("select count(*) from experiments_sources")).scalar()
    engine.dispose()
    assert count == 2
    assert numbers(store.runs()) == [1]


def test_a_store_of_the_old_library_has_no_garbage(tmp_path):
    import shutil

    reference = Path(__file__).parents[1] / "reference" / "files_0.8"
    shutil.copytree(reference, tmp_path / "runs")
    with open_store(tmp_path / "runs") as store:
        assert find_garbage(store, **NO_GRACE).garbage == ()
