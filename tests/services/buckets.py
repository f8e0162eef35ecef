"""What the observers of all bucket stores must do; each of them has a test class of this."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pickle
import sqlite3
import threading
from types import SimpleNamespace

import pytest
from hypothesis import given, settings

from sacred.observers.file_storage import FileStorageObserver
from sacred.observers.store_observer import StoreObserver
from sacred.stores.buckets.store import bucket_store
from sacred.stores.cache_dir import VARIABLE
from sacred.stores.changes import Annotate, SetFields
from sacred.stores.files.store import FileStore
from sacred.stores.store import StoreError
from tests.unit.stores.comparison import play, scenarios
from tests.unit.stores.observer_calls import beat, complete, log, start

SCRIPT = """
from sacred import Experiment
ex = Experiment("script", save_git_info=False)
@ex.automain
def main():
    print("hello from the script")
    return 7
"""


def md5(data):
    return hashlib.md5(data).hexdigest()


class BucketContract:
    """Subclasses have fixtures `server` (module), `place`, and say how to make things."""

    observer_class: type[StoreObserver]
    option: tuple[object, str]
    flag: str

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch, server):
        monkeypatch.setattr(StoreObserver, "pause", 0.01)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)

    @pytest.fixture
    def observer(self, place, tmp_path):
        return self.observer_class(place, "base", failure_dir=str(tmp_path / "spool"))

    def everything(self, observer):
        """All objects below ``base/``: name to content."""
        raise NotImplementedError

    def record(self, observer, run_id="1"):
        return json.loads(self.everything(observer)[f"{run_id}/run.json"])

    def test_a_whole_run(self, observer, tmp_path):
        files = {"a.py": b"x = 1\n", "r.csv": b"\0\xff" * 999, "m.bin": bytes(range(256)) * 40_000}
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        assert start(observer, base_dir=tmp_path, sources=[("a.py", "?")]) == 1
        observer.resource_event(filename=str(tmp_path / "r.csv"))
        observer.artifact_event(name="./d//m.bin", filename=str(tmp_path / "m.bin"))
        for text in ("10%\r", "é100%", "é100%\ndone"):
            beat(observer, text)
            assert self.everything(observer)["1/cout.txt"].decode() == text
        log(observer, {"loss": [0.5, 0.25]})
        complete(observer, 42)
        stored = self.everything(observer)
        source = f"_sources/a_{md5(files['a.py'])}.py"
        resource = f"_resources/r_{md5(files['r.csv'])}.csv"
        names = {"run.json", "config.json", "cout.txt", "metrics.json", "d/m.bin"}
        assert stored.keys() == {source, resource} | {f"1/{name}" for name in names}
        assert stored[source] == files["a.py"]
        assert stored[resource] == files["r.csv"]
        assert stored["1/d/m.bin"] == files["m.bin"]
        record = self.record(observer)
        assert record["experiment"]["sources"] == [["a.py", source]]
        where = f"{observer.store.url}/{resource}"
        assert record["resources"] == [[str(tmp_path / "r.csv"), where]]
        assert (record["status"], record["result"]) == ("COMPLETED", 42)
        assert json.loads(stored["1/metrics.json"])["loss"]["values"] == [0.5, 0.25]

    def test_any_life_is_stored_as_in_files(self, server, place, tmp_path_factory):
        numbers = iter(range(10**6))

        @given(scenarios)
        @settings(max_examples=6)
        def check(scenario):
            directory = tmp_path_factory.mktemp("scenario")
            files = FileStorageObserver(directory / "runs")
            play(files, scenario, directory)
            bucket = self.observer_class(place, f"base{next(numbers)}")
            play(bucket, scenario, directory)
            root = directory / "runs"
            wanted = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*.*")}
            wanted |= {str(p.relative_to(root)): p.read_bytes() for p in root.glob("1/d/b")}
            wanted |= {str(p.relative_to(root)): p.read_bytes() for p in root.glob("_resources/*")}
            found = self.everything(bucket)
            url = bucket.store.url.encode()
            found["1/run.json"] = found["1/run.json"].replace(url, str(root).encode())
            assert found == wanted

        check()

    def test_long_output_is_whole_at_every_beat(self, observer, monkeypatch):
        bucket = observer.store.blobs.bucket
        sent = []
        extend = bucket.extend
        monkeypatch.setattr(bucket, "extend", lambda *a: (sent.append(len(a[2])), extend(*a)))
        start(observer)
        text = "x" * (6 << 20)
        for number in range(4):
            text += f"line {number} é\n"
            beat(observer, text)
            assert self.everything(observer)["1/cout.txt"].decode() == text
        assert len(sent) == 3
        assert max(sent) < 20
        text = text[:-3] + "rewritten"
        beat(observer, text)
        complete(observer)
        assert self.everything(observer)["1/cout.txt"].decode() == text
        assert observer.store.blobs.growing == {}

    def test_twelve_starts_at_once(self, place):
        ids = []
        barrier = threading.Barrier(12)

        def run():
            observer = self.observer_class(place, "base")
            barrier.wait()
            ids.append(int(start(observer)))
            complete(observer)

        threads = [threading.Thread(target=run) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(ids) == list(range(1, 13))

    def documents(self, observer, fields=None):
        """What a new reader finds, and which objects it has asked for."""
        bucket = self.observer_class(observer.bucket, "base").store.blobs.bucket
        asked = []
        get = type(bucket).get

        def counted(bucket, key, *args):
            asked.append(key.removeprefix("base/"))
            return get(bucket, key, *args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(bucket), "get", counted)
            reader = bucket_store(bucket, "base").reader()
            found = {document["_id"]: document for document in reader.documents(fields=fields)}
        return found, sorted(asked)

    @pytest.fixture
    def kept(self, monkeypatch, tmp_path):
        monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
        return tmp_path / "cache" / "objects"

    def test_readers_fetch_only_what_has_changed(self, observer, kept):
        for number in range(3):
            start(observer, config={"n": number})
            complete(observer, number)
        first, asked = self.documents(observer)
        assert {run_id: found["config"] for run_id, found in first.items()} == {
            1: {"n": 0}, 2: {"n": 1}, 3: {"n": 2},
        }  # fmt: skip
        files = ("config.json", "run.json")
        assert asked == [f"{n}/{name}" for n in (1, 2, 3) for name in files]
        assert self.documents(observer) == (first, [])
        observer.store.apply("2", [Annotate(fields={"notes": "odd"})])
        observer.store.apply("3", [SetFields(fields={"result": 99})])
        second, asked = self.documents(observer)
        assert asked == ["2/_annotations.json", "3/run.json"]
        assert (second[2]["meta"]["notes"], second[3]["result"]) == ("odd", 99)
        observer.store.blobs.remove_folder("2")
        assert self.documents(observer) == ({n: second[n] for n in (1, 3)}, [])
        (database,) = kept.iterdir()
        with contextlib.closing(sqlite3.connect(database)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM object")}
        assert names == {f"{n}/{name}" for n in (1, 3) for name in files}

    def test_what_is_kept_is_not_believed_if_it_is_damaged(self, observer, kept):
        start(observer, config={"n": 1})
        complete(observer, 1)
        whole, asked = self.documents(observer)
        (database,) = kept.iterdir()
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("UPDATE object SET content = x'7b7d'")
        assert self.documents(observer) == (whole, asked)
        database.write_bytes(b"no database at all " * 99)
        assert self.documents(observer) == (whole, asked)
        assert self.documents(observer) == (whole, [])
        kept.rename(kept.with_name("elsewhere"))
        kept.write_text("no directory")
        assert self.documents(observer) == (whole, asked)

    def test_what_is_replaced_after_it_was_listed_is_read_as_it_is_now(
        self, observer, kept, monkeypatch
    ):
        start(observer, config={"n": 1})
        start(observer, config={"n": 2})
        bucket, change = type(observer.store.blobs.bucket), observer.store.apply
        objects = bucket.objects

        def listed(*args):
            blobs = list(objects(*args))
            if not any("_trash" in str(arg) for arg in args):
                change("1", [SetFields(fields={"result": 7})])
                monkeypatch.setattr(bucket, "objects", objects)
            return iter(blobs)

        monkeypatch.setattr(bucket, "objects", listed)
        found, _ = self.documents(observer)
        assert found[1]["result"] == 7
        again, asked = self.documents(observer)
        assert (again, asked) == (found, ["1/run.json"])
        assert self.documents(observer) == (found, [])

    def test_lists_of_too_many_objects_are_given_up(self, observer, kept, monkeypatch):
        monkeypatch.setattr("sacred.stores.buckets.reader.MIN_LISTED_OBJECTS", 2)
        monkeypatch.setattr("sacred.stores.buckets.reader.LISTED_OBJECTS_PER_RUN", 0)
        start(observer, config={"n": 1})
        complete(observer, 1)
        found, asked = self.documents(observer, ["config", "result"])
        assert (found[1]["config"], found[1]["result"]) == ({"n": 1}, 1)
        assert asked == ["1/config.json", "1/run.json"]
        assert not kept.exists()

    def test_nothing_is_kept_if_that_is_not_wanted(self, observer, monkeypatch, tmp_path):
        monkeypatch.setenv(VARIABLE, "off")
        start(observer)
        assert self.documents(observer) == self.documents(observer)
        assert self.documents(observer)[1] == ["1/config.json", "1/run.json"]

    def test_ids(self, observer):
        assert start(observer, "my run") == "my run"
        assert start(observer, 12) == 12
        assert start(observer) == 13
        with pytest.raises(FileExistsError, match="There is a run '12' already"):
            start(observer, "12")
        for wrong in ("", ".", "a/b", "_trash", ".x"):
            with pytest.raises(StoreError, match="cannot have the id"):
                start(observer, wrong)

    def test_methods_for_scripts(self, observer, tmp_path):
        file = tmp_path / "f.txt"
        file.write_text("hello")
        md5 = hashlib.md5(b"hello").hexdigest()
        assert observer.dir is None
        assert start(observer) == 1
        assert observer.dir == "base/1"
        observer.save_file(str(file))
        observer.save_file(str(file), "deep/er.txt")
        observer.save_json({"a": 1}, "my.json")
        with pytest.raises(FileExistsError, match=r"cout\.txt"):
            observer.save_file(str(file), "cout.txt")
        key = f"base/_resources/f_{md5}.txt"
        assert observer.find_or_save(str(file), "base/_resources") == (key, md5)
        ex_info = {"base_dir": str(tmp_path), "sources": [("f.txt", md5)]}
        assert observer.save_sources(ex_info) == [["f.txt", f"_sources/f_{md5}.txt"]]
        observer.run_entry["slurm"] = 7
        complete(observer)
        found = self.everything(observer)
        assert found["1/f.txt"] == found["1/deep/er.txt"] == b"hello"
        assert json.loads(found["1/my.json"]) == {"a": 1}
        assert found["1/metrics.json"] == b"{}"
        assert found[f"_resources/f_{md5}.txt"] == found[f"_sources/f_{md5}.txt"] == b"hello"
        assert self.record(observer)["slurm"] == 7
        assert observer.run_entry["status"] == "COMPLETED"

    def test_damaged_copies_are_stored_again(self, observer, tmp_path):
        file = tmp_path / "f.txt"
        file.write_text("hello")
        name = f"_resources/f_{hashlib.md5(b'hello').hexdigest()}.txt"
        start(observer)
        observer.resource_event(str(file))
        observer.put_data(f"base/{name}", b"hel")
        observer.resource_event(str(file))
        assert self.everything(observer)[name] == b"hello"

    def test_copies_and_equality(self, observer, place):
        start(observer)
        assert pickle.loads(pickle.dumps(observer)) == observer
        assert self.observer_class(place, "base/") == observer
        assert self.observer_class(place, "other") != observer
        assert isinstance(observer.store, FileStore)
        for old in (self.observer_class.create, self.observer_class.create_from):
            with pytest.warns(DeprecationWarning, match="is deprecated"):
                assert old(place, basedir="base") == observer

    def test_the_option(self, place):
        function, scheme = self.option
        run = SimpleNamespace(observers=[])
        function(f"{scheme}://{place}/some/runs", run)
        assert run.observers == [self.observer_class(place, "some/runs")]
        for wrong in (place, f"{scheme}://", f"{scheme}:///x", f"http://{place}/x"):
            with pytest.raises(ValueError, match="is not an address of the form"):
                function(wrong, run)

    def test_a_script(self, run_script, server, place):
        scheme = self.option[1]
        done = run_script(SCRIPT, self.flag, f"{scheme}://{place}/base", **server.environment)
        assert done.returncode == 0, done.stderr
        stored = self.everything(self.observer_class(place, "base"))
        assert json.loads(stored["1/run.json"])["result"] == 7
        assert b"hello from the script" in stored["1/cout.txt"]
