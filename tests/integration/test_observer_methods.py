"""Methods that scripts and subclasses call during a run, and observers as projects extend them."""

import hashlib
import json
from pathlib import Path

import pytest

from sacred import Experiment
from sacred.observers.file_storage import FileStorageObserver
from sacred.observers.mongo import MongoObserver
from sacred.observers.queue import QueueObserver
from sacred.observers.store_observer import StoreObserver
from sacred.observers.tinydb_hashfs import TinyDbObserver
from sacred.runs import open_store
from sacred.stores.document import RunChangeTracker
from sacred.stores.files.store import RECORD_FILES
from sacred.stores.store import RunExistsError, StoreError
from sacred.testing import drive
from tests.integration.test_readers import new_place
from tests.unit.stores.observer_calls import T0, beat, complete, start


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(StoreObserver, "pause", 0.01)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "f.txt"
    path.write_text("hello")
    return str(path)


MD5 = "5d41402abc4b2a76b9719d911017c592"


def run_with(observer, main):
    """A run whose main function is called with that observer."""
    ex = Experiment("methods", save_git_info=False)
    ex.observers.append(observer)
    ex.main(lambda _run: main(_run.observers[0]))
    return ex.run()


# ------------------------------------------------------------------ files


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


class TestFiles:
    def test_save_file_copies_into_the_directory_of_the_run(self, runs, file):
        def main(observer):
            assert observer.save_file(file) is None
            observer.save_file(file, "deep/er.txt")
            assert observer.dir == str(runs / "1")

        run_with(FileStorageObserver(runs), main)
        assert (runs / "1/f.txt").read_text() == "hello"
        assert (runs / "1/deep/er.txt").read_text() == "hello"
        assert json.loads((runs / "1/run.json").read_text())["artifacts"] == []

    @pytest.mark.parametrize("name", RECORD_FILES)
    def test_files_of_the_record_are_not_overwritten(self, runs, file, name):
        observer = FileStorageObserver(runs)
        start(observer)
        before = {path.name: path.read_bytes() for path in (runs / "1").iterdir()}
        with pytest.raises(FileExistsError, match=r"cout\.txt"):
            observer.save_file(file, name)
        assert {path.name: path.read_bytes() for path in (runs / "1").iterdir()} == before

    @pytest.mark.parametrize("name", ["../up.txt", "/tmp/elsewhere.txt"])
    def test_save_file_stays_in_the_directory(self, runs, file, name):
        observer = FileStorageObserver(runs)
        start(observer)
        with pytest.raises(ValueError, match="outside"):
            observer.save_file(file, name)

    def test_save_json_writes_any_value(self, runs):
        np = pytest.importorskip("numpy")
        observer = FileStorageObserver(runs)
        start(observer)
        assert observer.save_json({"a": 1, "n": np.arange(2)}, "my.json") is None
        stored = json.loads((runs / "1/my.json").read_text())
        assert stored["a"] == 1
        assert stored["n"]["py/object"] == "numpy.ndarray"

    def test_save_json_of_the_record_outlives_later_events(self, runs):
        observer = FileStorageObserver(runs)
        start(observer)
        observer.save_json({**observer.run_entry, "slurm": 7}, "run.json")
        observer.save_json({"lr": 1}, "config.json")
        beat(observer)
        complete(observer)
        entry = json.loads((runs / "1/run.json").read_text())
        assert (entry["slurm"], entry["status"]) == (7, "COMPLETED")
        assert observer.config == {"lr": 1}

    @pytest.mark.parametrize("name", ["cout.txt", "metrics.json"])
    def test_save_json_leaves_the_other_files_of_the_record(self, runs, name):
        observer = FileStorageObserver(runs)
        start(observer)
        with pytest.raises(FileExistsError):
            observer.save_json({}, name)

    def test_find_or_save_stores_a_content_once(self, runs, file, tmp_path):
        observer = FileStorageObserver(runs)
        copy = runs / f"_resources/f_{MD5}.txt"
        assert observer.find_or_save(file, observer.resource_dir) == copy
        assert observer.find_or_save(file, Path(observer.resource_dir)) == copy
        assert [path.name for path in copy.parent.iterdir()] == [copy.name]
        assert copy.read_text() == "hello"

    def test_find_or_save_leaves_what_is_below_basedir(self, runs):
        runs.mkdir()
        (runs / "data.csv").write_text("1")
        observer = FileStorageObserver(runs, copy_artifacts=False)
        assert observer.find_or_save(str(runs / "data.csv"), "other") == runs / "data.csv"

    def test_save_sources(self, runs, tmp_path, file):
        observer = FileStorageObserver(runs)
        ex_info = {"base_dir": str(tmp_path), "sources": [("f.txt", MD5)]}
        assert observer.save_sources(ex_info) == [["f.txt", f"_sources/f_{MD5}.txt"]]

    def test_a_directory_that_is_assigned_later_is_used(self, tmp_path):
        observer = FileStorageObserver(tmp_path / "first")
        observer.basedir = tmp_path / "second"
        start(observer)
        assert (tmp_path / "second/1/run.json").exists()
        assert not (tmp_path / "first").exists()

    def test_metrics_json_is_there_from_the_start(self, runs):
        seen = []
        run_with(
            FileStorageObserver(runs),
            lambda observer: seen.append((runs / "1/metrics.json").read_text()),
        )
        assert seen == ["{}"]
        assert json.loads((runs / "1/metrics.json").read_text()) == {}


# ------------------------------------------------------------------ MongoDB


@pytest.fixture
def mongo(mongo_db):
    return MongoObserver(client=mongo_db.client, db_name=mongo_db.name)


class TestMongo:
    def test_save_stores_what_was_edited(self, mongo):
        def main(observer):
            observer.run_entry["slurm"] = {"job": 1}
            assert observer.save() is None
            assert observer.runs.find_one()["slurm"] == {"job": 1}
            observer.run_entry["late"] = T0

        run_with(mongo, main)
        stored = mongo.runs.find_one()
        assert (stored["slurm"], stored["late"]) == ({"job": 1}, T0)
        assert stored["status"] == "COMPLETED"

    def test_insert_of_a_run_that_is_stored(self, mongo):
        start(mongo)
        with pytest.raises(RunExistsError, match="1"):
            mongo.insert()
        assert mongo.runs.count_documents({}) == 1

    def test_final_save_leaves_the_run_going(self, mongo):
        start(mongo)
        mongo.run_entry["late"] = 5
        mongo.final_save(attempts=2)
        assert mongo.runs.find_one()["late"] == 5
        complete(mongo)
        assert mongo.runs.find_one()["status"] == "COMPLETED"

    def test_save_sources(self, mongo, file, tmp_path):
        ex_info = {"base_dir": str(tmp_path), "sources": [("f.txt", MD5)]}
        [[name, file_id]] = mongo.save_sources(ex_info)
        assert name == "f.txt"
        assert mongo.fs.get(file_id).read() == b"hello"

    def test_a_subclass_may_insert_a_document_of_its_own(self, mongo_db):
        class Own(MongoObserver):
            def started_event(
                self, ex_info, command, host_info, start_time, config, meta_info, _id
            ):
                self.run_entry = {"experiment": dict(ex_info), "status": "RUNNING", "mine": 1}
                if _id is not None:
                    self.run_entry["_id"] = _id
                self.insert()
                return self.run_entry["_id"]

        observer = Own(client=mongo_db.client, db_name=mongo_db.name)
        assert start(observer, _id=41) == 41
        complete(observer)
        assert start(observer) == 42
        complete(observer)
        assert observer.runs.find_one({"_id": 42})["status"] == "COMPLETED"
        assert observer.runs.find_one({"_id": 42})["mine"] == 1

    def test_the_same_content_type_as_the_file(self, mongo, tmp_path):
        (tmp_path / "pred.csv").write_text("1,2")
        start(mongo)
        mongo.artifact_event(name="predictions", filename=str(tmp_path / "pred.csv"))
        mongo.artifact_event(name="shown.html", filename=str(tmp_path / "pred.csv"))
        types = {f["filename"].rpartition("/")[2]: f["contentType"] for f in files_of(mongo)}
        assert types["predictions"] == "text/csv"
        assert types["shown.html"] == "text/html"

    @pytest.mark.parametrize("field", ["seml", "slurm", "batch_id"])
    def test_overwriting_keeps_the_fields_of_others(self, mongo, mongo_db, field):
        start(mongo)
        complete(mongo, result=5)
        mongo.runs.update_one({"_id": 1}, {"$set": {field: {"x": 1}}})
        again = MongoObserver(client=mongo_db.client, db_name=mongo_db.name, overwrite=1)
        assert start(again) == 1
        stored = mongo.runs.find_one({"_id": 1})
        assert stored[field] == {"x": 1}
        assert stored["status"] == "RUNNING"
        assert not stored.keys() & {"result", "stop_time"}

    def test_the_database_of_a_url(self, mongo_server, mongo_db):
        name = f"{mongo_db.name}"
        url = f"mongodb://{mongo_server.host}:{mongo_server.port}/{name}?appName=x"
        observer = MongoObserver(url=url)
        start(observer)
        assert observer.runs.database.name == name
        assert mongo_db.runs.count_documents({}) == 1

    def test_a_database_that_is_named_beside_the_url(self, mongo_server, mongo_db):
        url = f"mongodb://{mongo_server.host}:{mongo_server.port}/admin"
        assert MongoObserver(url=url, db_name="mine").runs.database.name == "mine"
        bare = f"{mongo_server.host}:{mongo_server.port}"
        assert MongoObserver(url=bare).runs.database.name == "sacred"


def files_of(observer):
    return list(observer.runs.database.fs.files.find({"filename": {"$regex": "^artifact"}}))


# ------------------------------------------------------------------ TinyDB


class TestTinyDb:
    def test_save_stores_what_was_edited(self, tmp_path):
        def main(observer):
            observer.run_entry["slurm"] = {"job": 1}
            observer.save()
            assert observer.run_entry["slurm"] == {"job": 1}
            observer.run_entry["late"] = 5

        observer = TinyDbObserver(tmp_path / "db")
        run_with(observer, main)
        entry = observer.run_entry
        assert (entry["slurm"], entry["late"], entry["status"]) == ({"job": 1}, 5, "COMPLETED")

    def test_save_sources(self, tmp_path, file):
        observer = TinyDbObserver(tmp_path / "db")
        ex_info = {"base_dir": str(tmp_path), "sources": [("f.txt", MD5)]}
        [[name, digest, handle]] = observer.save_sources(ex_info)
        assert (name, digest, handle.read()) == ("f.txt", MD5, b"hello")

    def test_overwriting_keeps_the_fields_of_others(self, tmp_path):
        observer = TinyDbObserver(tmp_path / "db")
        run_id = start(observer)
        observer.run_entry["slurm"] = 7
        complete(observer, result=5)
        start(TinyDbObserver(tmp_path / "db", overwrite=run_id))
        entry = observer.run_entry
        assert (entry["slurm"], entry["status"]) == (7, "RUNNING")
        assert "result" not in entry

    def test_db_run_id_is_settable(self, tmp_path):
        observer = TinyDbObserver(tmp_path / "db")
        observer.db_run_id = 5
        assert observer.db_run_id == 5
        start(observer)
        assert observer.db_run_id == 1

    def test_stored_files_are_found_by_their_paths(self, tmp_path, file, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "other.txt").write_text("another")
        observer = TinyDbObserver("db")
        start(observer)
        observer.artifact_event("a", "f.txt")
        assert observer.fs.exists("f.txt")
        assert observer.fs.exists(file)
        assert observer.fs.exists(MD5)
        assert observer.fs.get("f.txt").id == MD5
        assert "f.txt" in observer.fs
        assert not observer.fs.exists("other.txt")
        assert not observer.fs.exists("nothing")

    def test_the_path_of_an_artifact_is_as_given(self, tmp_path, file, monkeypatch):
        monkeypatch.chdir(tmp_path)
        observer = TinyDbObserver("db")
        start(observer)
        observer.artifact_event("a", "f.txt")
        assert observer.run_entry["artifacts"][0][:3] == ["a", "f.txt", MD5]

    def test_equal_if_they_write_to_the_same_directory(self, tmp_path, monkeypatch):
        from sacred.observers.tinydb_hashfs.bases import get_db_file_manager

        monkeypatch.chdir(tmp_path)
        observer = TinyDbObserver("db")
        assert observer == TinyDbObserver(tmp_path / "db")
        assert observer == TinyDbObserver.create_from(*get_db_file_manager("db"))
        assert observer == TinyDbObserver.create_from(*get_db_file_manager("db"), root="db")
        assert observer != TinyDbObserver("db2")
        assert hash(observer) == hash(TinyDbObserver.create_from(*get_db_file_manager("db")))


# ------------------------------------------------------------------ subclasses


def with_a_name(base, **arguments):
    """An observer that gives the run a name as its id, as many projects have it."""

    class Named(base):
        def started_event(self, ex_info, command, host_info, start_time, config, meta_info, _id):
            if _id is None:
                _id = f"{start_time:%Y%m%d}_{config.get('seed')}"
            return super().started_event(
                ex_info, command, host_info, start_time, config, meta_info, _id
            )

    return Named(**arguments)


def with_fields(base, **arguments):
    """An observer that adds fields when the run starts, beats and ends."""

    class WithFields(base):
        def started_event(self, *args, **kwargs):
            _id = super().started_event(*args, **kwargs)
            self.run_entry["job"] = {"array": [1, 2]}
            return _id

        def heartbeat_event(self, info, captured_out, beat_time, result):
            super().heartbeat_event(info, captured_out, beat_time, result)
            self.run_entry["beats"] = self.run_entry.get("beats", 0) + 1

        def completed_event(self, stop_time, result):
            self.run_entry["exit_code"] = 0
            super().completed_event(stop_time, result)

    return WithFields(**arguments)


@pytest.fixture(params=["file", "mongo", "tinydb"])
def place(request, tmp_path):
    """A class of observers and its arguments."""
    if request.param == "mongo":
        database = request.getfixturevalue("mongo_db")
        return MongoObserver, {"client": database.client, "db_name": database.name}
    if request.param == "file":
        return FileStorageObserver, {"basedir": tmp_path / "runs"}
    return TinyDbObserver, {"path": tmp_path / "db"}


def test_observers_that_name_runs(place):
    base, arguments = place
    observer = with_a_name(base, **arguments)
    run = run_with(observer, lambda observer: print("seen"))
    assert run._id == f"{run.start_time:%Y%m%d}_{run.config['seed']}"
    assert observer.run_entry["status"] == "COMPLETED"


def test_observers_that_add_fields(place):
    base, arguments = place
    observer = with_fields(base, **arguments)
    run_with(observer, lambda observer: print("seen"))
    entry = observer.run_entry
    assert entry["job"] == {"array": [1, 2]}
    assert entry["beats"] >= 1
    assert (entry["exit_code"], entry["status"]) == (0, "COMPLETED")


def test_observers_that_look_at_the_output(place):
    base, arguments = place
    seen = []

    class Watching(base):
        def heartbeat_event(self, info, captured_out, beat_time, result):
            seen.append(captured_out)
            return super().heartbeat_event(info, captured_out, beat_time, result)

    run_with(Watching(**arguments), lambda observer: print("seen"))
    assert "seen" in seen[-1]


@pytest.mark.parametrize("place", ["mongo", "tinydb"], indirect=True)
def test_observers_with_a_save_of_their_own(place):
    base, arguments = place
    statuses = []

    class Saving(base):
        def save(self):
            self.run_entry["saved"] = len(statuses)
            super().save()
            statuses.append(self.run_entry["status"])

    observer = Saving(**arguments)
    run_with(observer, lambda observer: observer.save())
    assert statuses
    assert set(statuses) == {"RUNNING"}
    assert observer.run_entry["saved"] >= 1


def test_observers_that_extend_the_inserted_document(mongo_db):
    class Inserting(MongoObserver):
        def insert(self):
            self.run_entry["user"] = "me"
            super().insert()

    observer = Inserting(client=mongo_db.client, db_name=mongo_db.name)
    run_with(observer, lambda observer: None)
    assert observer.runs.find_one()["user"] == "me"


def test_observers_that_assign_what_the_library_computes(tmp_path):
    class Assigning(FileStorageObserver):
        def started_event(self, *args, **kwargs):
            _id = super().started_event(*args, **kwargs)
            self.config = {"mine": 1}
            self.info = {"mine": 2}
            self.cout = ""
            self.save_json(self.config, "mine.json")
            return _id

    observer = Assigning(tmp_path / "runs")
    run_with(observer, lambda observer: None)
    assert observer.config == {"mine": 1}
    assert json.loads((tmp_path / "runs/1/mine.json").read_text()) == {"mine": 1}
    assert "seed" in json.loads((tmp_path / "runs/1/config.json").read_text())


# ------------------------------------------------------------------ what all stores have in common


def test_a_traceback_in_one_text_is_stored_as_given(place):
    base, arguments = place
    observer = base(**arguments)
    start(observer)
    observer.failed_event(fail_time=T0, fail_trace="Traceback\nE: x")
    assert observer.run_entry["fail_trace"] == "Traceback\nE: x"


def test_a_traceback_in_one_text_in_sql():
    pytest.importorskip("sqlalchemy")
    from sacred.observers.sql import SqlObserver

    observer = SqlObserver("sqlite://")
    start(observer)
    observer.failed_event(fail_time=T0, fail_trace="Traceback\nE: x")
    assert observer.query("1")["fail_trace"] == "Traceback\nE: x"


@pytest.mark.parametrize("run_id", ["_trash", ".x", "_sources"])
def test_ids_that_are_no_names_of_runs_are_refused(runs, run_id):
    observer = FileStorageObserver(runs)
    with pytest.raises(StoreError, match="cannot have the id"):
        start(observer, run_id)
    assert not list(runs.glob("*/run.json"))


def test_damaged_copies_are_stored_again(runs, file, tmp_path):
    observer = FileStorageObserver(runs)
    start(observer, base_dir=tmp_path, sources=[("f.txt", MD5)])
    observer.resource_event(file)
    for copy in (runs / f"_sources/f_{MD5}.txt", runs / f"_resources/f_{MD5}.txt"):
        copy.write_text("hel")
    complete(observer)
    start(observer, base_dir=tmp_path, sources=[("f.txt", MD5)])
    observer.resource_event(file)
    assert (runs / f"_sources/f_{MD5}.txt").read_text() == "hello"
    assert (runs / f"_resources/f_{MD5}.txt").read_text() == "hello"


def test_damaged_files_in_gridfs_are_stored_again(mongo, file, tmp_path):
    start(mongo, base_dir=tmp_path, sources=[("f.txt", MD5)])
    mongo.resource_event(file)
    mongo.runs.database.fs.chunks.delete_many({})
    complete(mongo)
    start(mongo, base_dir=tmp_path, sources=[("f.txt", MD5)])
    [[_, source]] = mongo.run_entry["experiment"]["sources"]
    assert mongo.fs.get(source).read() == b"hello"
    complete(mongo)
    before = mongo.runs.database.fs.files.count_documents({})
    start(mongo, base_dir=tmp_path, sources=[("f.txt", MD5)])
    assert mongo.runs.database.fs.files.count_documents({}) == before


def test_damaged_files_of_tinydb_are_stored_again(tmp_path, file):
    observer = TinyDbObserver(tmp_path / "db")
    start(observer)
    observer.resource_event(file)
    Path(observer.fs.get(MD5).abspath).write_text("hel")
    observer.artifact_event("a", file)
    assert Path(observer.fs.get(MD5).abspath).read_text() == "hello"


def test_a_row_of_sql_as_json():
    pytest.importorskip("sqlalchemy")
    from sacred.observers.sql import SqlObserver

    observer = SqlObserver("sqlite://")
    start(observer)
    row = observer.run.to_json()
    assert " ".join(row) == (
        "_id command start_time heartbeat stop_time queue_time status result meta resources "
        "artifacts host experiment config captured_out fail_trace"
    )
    assert row["captured_out"] is None
    beat(observer)
    assert observer.run.to_json()["captured_out"] == ""
    beat(observer, "out", info={"a": 1})
    assert observer.run.to_json()["captured_out"] == "out"
    assert observer.query("1")["info"] == {"a": 1}


@pytest.mark.parametrize("kind", ["file", "tinydb", "mongo"])
def test_a_file_is_listed_as_often_as_it_is_added(kind, request, tmp_path):
    """And no more often, should the same change be applied again."""
    path = tmp_path / "data.txt"
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        observer = StoreObserver(store.backend)
        run_id = drive.start(observer)
        changes, tracker = [], RunChangeTracker()
        for content in ("a", "a", "b", "a"):
            path.write_text(content)
            again = [
                *tracker.resource(str(path)),
                *tracker.artifact("out.txt", str(path)),
            ]
            for _ in range(2):
                store.apply(run_id, again)
            changes += again
        document = store.reader.document(run_id)
        md5 = [hashlib.md5(content.encode()).hexdigest() for content in "aaba"]
        assert [entry.name for entry in document["resources"]] == [str(path)] * 4
        assert [entry.name for entry in document["artifacts"]] == ["out.txt"] * 4
        if kind != "file":  # where the path of the copy says it
            assert [entry.md5 for entry in document["resources"]] == md5
        with store[run_id].artifacts["out.txt"].open() as file:
            assert file.read() == b"a"


def test_behind_a_queue_the_path_of_an_artifact_is_the_users(tmp_path, file):
    observer = QueueObserver(TinyDbObserver(str(tmp_path / "db")))
    run_with(observer, lambda covered: covered.artifact_event("a", file))
    stored = json.loads((tmp_path / "db" / "metadata.json").read_text())["runs"]["1"]
    assert [item[:3] for item in stored["artifacts"]] == [["a", file, MD5]]
