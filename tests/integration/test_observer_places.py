"""Runs with several observers: one for each destination, and an id that is free in all of them."""

import threading

import pytest

from sacred import Experiment
from sacred.observers.base import RunObserver
from sacred.observers.file_storage import FileStorageObserver
from sacred.observers.mongo import MongoObserver
from sacred.observers.queue import QueueObserver
from sacred.observers.tinydb_hashfs import TinyDbObserver
from sacred.stores.store import RunExistsError
from tests.unit.stores.observer_calls import start


def run_with(*observers, **options):
    ex = Experiment("places", save_git_info=False)
    ex.observers.extend(observers)
    ex.main(lambda: None)
    return ex.run(**options)


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def mongo(mongo_db):
    return MongoObserver(client=mongo_db.client, db_name=mongo_db.name)


def ids_in(runs):
    return sorted(path.name for path in runs.iterdir() if path.name.isdecimal())


# ------------------------------------------------------------------ one destination


def test_the_same_directory_in_the_script_and_as_an_option(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = run_with(FileStorageObserver(runs), options={"--file_storage": "runs"})
    assert ids_in(runs) == ["1"]
    assert len(run.observers) == 1


def test_the_cell_of_a_notebook_that_is_run_again(runs):
    ex = Experiment("cell", save_git_info=False)
    ex.main(lambda: None)
    for _ in range(3):
        ex.observers.append(FileStorageObserver(runs))
        ex.run()
    assert ids_in(runs) == ["1", "2", "3"]


def test_a_directory_behind_a_link(runs, tmp_path):
    runs.mkdir()
    (tmp_path / "link").symlink_to(runs)
    run_with(FileStorageObserver(runs), FileStorageObserver(tmp_path / "link"))
    assert ids_in(runs) == ["1"]


def test_the_same_collection_twice(mongo, mongo_server, mongo_db):
    url = f"mongodb://{mongo_server.host}:{mongo_server.port}/{mongo_db.name}"
    other_name = url.replace(mongo_server.host, "localhost")
    run_with(
        MongoObserver(url),
        MongoObserver(other_name),
        MongoObserver(url),
        QueueObserver(MongoObserver(url)),
    )
    assert mongo_db.runs.count_documents({}) == 1


def test_the_observer_that_overwrites_is_preferred(mongo, mongo_db):
    start(mongo)
    again = MongoObserver(client=mongo_db.client, db_name=mongo_db.name, overwrite=1)
    assert run_with(mongo, again)._id == 1
    assert mongo_db.runs.count_documents({}) == 1


def test_databases_of_sqlite(tmp_path, monkeypatch):
    pytest.importorskip("sqlalchemy")
    from sacred.observers.sql import SqlObserver

    monkeypatch.chdir(tmp_path)
    same = SqlObserver(f"sqlite:///{tmp_path}/a.db"), SqlObserver("sqlite:///a.db")
    assert len(run_with(*same).observers) == 1
    assert len(run_with(SqlObserver("sqlite://"), SqlObserver("sqlite://")).observers) == 2


def test_different_destinations_are_all_used(runs, tmp_path):
    others = [FileStorageObserver(tmp_path / "b"), TinyDbObserver(tmp_path / "c")]
    plain = [RunObserver(), RunObserver()]
    assert len(run_with(FileStorageObserver(runs), *others, *plain).observers) == 5


# ------------------------------------------------------------------ one id


def test_an_id_that_is_free_in_all_stores(runs, mongo):
    for _ in range(5):
        start(FileStorageObserver(runs))
    assert run_with(FileStorageObserver(runs), mongo)._id == 6
    assert mongo.runs.find_one()["_id"] == 6
    assert ids_in(runs)[-1] == "6"
    for _ in range(3):
        start(mongo)
    assert run_with(FileStorageObserver(runs), QueueObserver(mongo))._id == 10


def test_an_id_of_a_run_in_the_trash_is_not_free(runs, mongo):
    observer = FileStorageObserver(runs)
    observer.store.discard(start(observer))
    assert run_with(FileStorageObserver(runs), mongo)._id == 2


def test_on_a_collision_nothing_stays_behind(runs, tmp_path, monkeypatch):
    """Another run takes the id in the second store between the question and the claim."""
    first, second = FileStorageObserver(runs), FileStorageObserver(tmp_path / "other")
    answers = iter([0])
    monkeypatch.setattr(second, "highest_id", lambda: next(answers, 3), raising=False)
    for _ in range(3):
        start(FileStorageObserver(tmp_path / "other"))
    run = run_with(first, second)
    assert run._id == "4"  # ids of files are texts
    assert ids_in(runs) == ["4"]
    assert ids_in(tmp_path / "other") == ["1", "2", "3", "4"]


def test_an_id_that_the_user_wants_and_one_store_has(runs, tmp_path, mongo):
    start(FileStorageObserver(runs), "7")
    with pytest.raises(RunExistsError, match="7"):
        run_with(mongo, FileStorageObserver(runs), options={"--id": "7"})
    assert mongo.runs.count_documents({}) == 0


def test_a_queued_run_is_withdrawn_likewise(runs, mongo):
    start(FileStorageObserver(runs), "7")
    with pytest.raises(RunExistsError, match="7"):
        run_with(mongo, FileStorageObserver(runs), options={"--id": "7", "--queue": True})
    assert mongo.runs.count_documents({}) == 0


def test_a_subclass_that_names_runs_goes_on_doing_so(runs, tmp_path):
    class Named(FileStorageObserver):
        priority = 99

        def started_event(self, *args, _id, **kwargs):
            return super().started_event(*args, _id=_id or "mine", **kwargs)

    run = run_with(Named(runs, priority=99), FileStorageObserver(tmp_path / "other"))
    assert run._id == "mine"
    assert (tmp_path / "other/mine/run.json").exists()


def test_many_runs_at_once(runs, tmp_path):
    """Runs of two stores that start at the same time have the same id in both."""
    found = []

    def work():
        found.append(run_with(FileStorageObserver(runs), FileStorageObserver(tmp_path / "b"))._id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 4
    assert ids_in(runs) == ids_in(tmp_path / "b") == sorted(map(str, found))
