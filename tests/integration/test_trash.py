"""The trash, in all stores."""

import shutil
from pathlib import Path

import pytest

from sacred.app import main
from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.stores.store import RunExistsError, RunNotFoundError, StoreError
from sacred.testing import drive
from sacred.upkeep import discard, empty_trash, recover
from tests.integration.test_annotations import other
from tests.integration.test_annotations import place as place
from tests.integration.test_annotations import store as store
from tests.integration.test_readers import new_place

REFERENCE = Path(__file__).parents[1] / "reference"


def runs(store, directory, count):
    """Runs that share a resource, and have an artifact each; their ids."""
    (directory / "shared.csv").write_text("1,2")
    ids = []
    for n in range(count):
        (directory / "own").write_text(f"of run {n}")
        observer = StoreObserver(store.backend)
        ids.append(drive.start(observer, config={"n": n}))
        observer.resource_event(filename=str(directory / "shared.csv"))
        observer.artifact_event(name="own", filename=str(directory / "own"))
        drive.log(observer, {"loss": [n]})
        drive.complete(observer, n)
    return [store[run_id].id for run_id in ids]


def numbers(table):
    return sorted(run.config["n"] for run in table)


def test_what_is_thrown_away_is_in_no_list_and_can_be_taken_back(place, store, tmp_path):
    ids = runs(store, tmp_path, 3)
    assert discard(store, ids[1:2]) == [ids[1]]
    for found in (store, other(place, store)):
        assert ids[1] not in list(found.ids())
        assert numbers(found.runs()) == numbers(found.runs(sort="result")) == [0, 2]
        assert numbers(found.runs("n < 2")) == [0]
        assert len(found.runs(limit=2)) == 2
        assert numbers(found.runs(in_trash=True)) == [1]
        assert numbers(found.runs("n = 0", in_trash=True)) == []
    record = store[ids[1]]
    assert (record.result, record.artifacts["own"].read()) == (1, b"of run 1")
    assert discard(store, ids[1:2]) == [ids[1]]
    assert recover(store, ids[1:2]) == [ids[1]]
    assert recover(store, ids[1:2]) == [ids[1]]
    assert numbers(other(place, store).runs()) == [0, 1, 2]


def test_what_is_removed_is_gone_and_leaves_the_others_what_they_share(place, store, tmp_path):
    ids = runs(store, tmp_path, 3)
    discard(store, ids[:2])
    assert set(empty_trash(store)) == set(ids[:2])
    assert empty_trash(store) == []
    found = other(place, store)
    assert list(found.ids()) == [ids[2]]
    assert len(found.runs(in_trash=True)) == 0
    for run_id in ids[:2]:
        with pytest.raises(RunNotFoundError):
            found[run_id]
    run = found[ids[2]]
    [resource] = run.resources.values()
    assert (resource.read(), run.artifacts["own"].read()) == (b"1,2", b"of run 2")
    assert list(run.metrics["loss"].values) == [2]


def test_the_id_of_a_discarded_run_stays_taken(place, store, tmp_path):
    ids = runs(store, tmp_path, 2)
    discard(store, ids)
    observer = StoreObserver(other(place, store).backend)
    with pytest.raises(RunExistsError):
        drive.start(observer, ids[1])
    new = drive.start(observer, config={"n": 5})
    drive.complete(observer)
    assert str(new) not in map(str, ids)
    assert numbers(store.runs()) == [5]


def test_only_what_is_in_the_trash_is_removed(store, tmp_path):
    ids = runs(store, tmp_path, 1)
    with pytest.raises(StoreError, match="not in the trash"):
        empty_trash(store, ids)
    with pytest.raises(RunNotFoundError):
        discard(store, [*ids, "nobody"])
    assert numbers(store.runs()) == [0]


def test_a_run_that_is_under_way_is_not_thrown_away_by_mistake():
    store = open_store("memory:")
    observer = StoreObserver(store.backend)
    run_id = drive.start(observer)
    assert store[run_id].status == "DEAD"
    discard(store, [run_id])
    recover(store, [run_id])
    store.backend.runs[run_id]["document"]["heartbeat"] = store.runs().now
    with pytest.raises(StoreError, match=f"still running, and so not thrown away: {run_id}"):
        discard(store, [run_id])
    assert len(store.runs()) == 1
    assert discard(store, [run_id], force=True) == [run_id]


@pytest.mark.parametrize("kind", ["file", "mongo"])
def test_a_removal_that_is_interrupted_goes_on(kind, request, tmp_path, monkeypatch):
    """Each of its steps may be the last one; the run stays in the trash and its id taken."""
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        [run_id] = runs(store, tmp_path, 1)
        discard(store, [run_id])

        def killed(*args, **kwargs):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            if kind == "file":
                # All of the run is removed; its mark is not.
                remove = shutil.rmtree
                patch.setattr(shutil, "rmtree", lambda p: killed() if "_trash" in p else remove(p))
            else:
                patch.setattr(type(store.backend.runs), "delete_one", killed)
            with pytest.raises(KeyboardInterrupt):
                empty_trash(store)
        observer = StoreObserver(open_store(place.url).backend)
        with pytest.raises(RunExistsError):
            drive.start(observer, run_id)
        assert str(drive.start(observer, config={"n": 7})) == "2"
        drive.complete(observer)
        assert empty_trash(store) == [run_id]
        assert numbers(store.runs()) == [7]


def test_runs_of_the_old_library_can_be_thrown_away(tmp_path):
    shutil.copytree(REFERENCE / "tinydb_0.8", tmp_path / "tinydb")
    with open_store(f"tinydb:{tmp_path / 'tinydb'}") as store:
        first, *others = store.ids()
        discard(store, [first])
        assert list(store.ids()) == others
        assert empty_trash(store) == [first]
        assert list(store.ids()) == others


def no_record(path):
    path.unlink()


def cut_short(path):
    path.write_text('{"status": "COMP')


def of_another_shape(path):
    path.write_text("[]")


@pytest.mark.parametrize("damage", [no_record, cut_short, of_another_shape])
def test_a_damaged_run_can_be_thrown_away_when_it_is_forced(damage, tmp_path, capsys):
    store = open_store(tmp_path / "runs")
    runs(store, tmp_path, 2)
    damage(tmp_path / "runs" / "2" / "run.json")
    with pytest.raises(StoreError, match=r"damaged, and may be still running.*: 2"):
        discard(store, [1, 2])
    assert len(store.runs(in_trash=True)) == 0
    call = ["-s", str(tmp_path / "runs"), "rm", "2"]
    assert main(call) == 1
    assert "sacred rm --force" in capsys.readouterr().err
    assert main([*call, "--force"]) == 0
    assert (len(store.runs()), store.runs().problems) == (1, [])
    assert main([*call, "--undo"]) == 0
    assert [run.id for run in store] == [1]
    assert discard(store, ["2"], force=True) == ["2"]
    assert empty_trash(store) == [2]
    assert not (tmp_path / "runs" / "2").exists()
    with pytest.raises(RunNotFoundError):
        discard(store, [2], force=True)
