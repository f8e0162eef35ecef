"""Who writes a record does not choose which files of its readers are opened."""

import json
import os

import pytest

from sacred.observers import FileStorageObserver, TinyDbObserver
from sacred.runs import open_store
from sacred.stores import DamagedRunError, RunNotFoundError
from sacred.testing import drive
from sacred.upkeep import copy_runs

SECRET = "only the reader may see this"


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "home" / "secret.txt"
    path.parent.mkdir()
    path.write_text(SECRET)
    return path


def edited(path, change):
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def finished(observer):
    drive.start(observer)
    drive.complete(observer, 1)


@pytest.fixture
def runs(tmp_path):
    pytest.importorskip("tinydb")
    finished(FileStorageObserver(tmp_path / "runs"))
    return tmp_path / "runs"


def contents(run):
    """All that can be read of the files of a run."""
    for file in (*run.sources.values(), *run.resources.values(), *run.artifacts.values()):
        yield None if file.path is None else file.path.read_text()
        try:
            yield file.text()
        except FileNotFoundError:
            yield None


@pytest.mark.parametrize("form", ["absolute", "to the store", "to the working directory"])
@pytest.mark.parametrize("kind", ["resources", "sources"])
def test_a_listed_path_does_not_lead_out_of_the_store(runs, secret, kind, form, monkeypatch):
    monkeypatch.chdir(secret.parent)
    stored = {"absolute": str(secret), "to the store": f"../home/{secret.name}"}
    entry = ["x", stored.get(form, secret.name)]

    def change(record):
        place = record if kind == "resources" else record["experiment"]
        place[kind] = [entry, ["y", os.path.join("_sources", "..", "..", "home", secret.name)]]

    edited(runs / "1" / "run.json", change)
    with open_store(runs) as store:
        assert list(getattr(store[1], kind)) == ["x", "y"]
        assert set(contents(store[1])) == {None}


def test_copying_does_not_upload_other_files(runs, secret):
    edited(runs / "1" / "run.json", lambda record: record.update(resources=[["x", str(secret)]]))
    with open_store(runs) as store, open_store("memory:") as target:
        report = copy_runs(store, target)
        assert SECRET not in repr(vars(target.backend))
        assert "x" in str(report)


@pytest.mark.parametrize(
    "name", ["cout.txt", "info.json", "config.json", "run.json", "metrics.json"]
)
def test_a_link_in_a_run_does_not_lead_out_of_the_store(runs, secret, name):
    secret.write_text(json.dumps({"status": SECRET, "loss": {"values": [SECRET]}}))
    (runs / "1" / name).unlink(missing_ok=True)
    (runs / "1" / name).symlink_to(secret)

    def read(store):
        run = store[1]
        return run.output, run.info, run.config, [metric.values for metric in run.metrics.values()]

    with open_store(runs) as store, pytest.raises(DamagedRunError, match="leads out of"):
        read(store)


@pytest.mark.parametrize("name", ["a", "d/a"])
def test_links_to_artifacts_stay_in_the_store(runs, secret, name):
    edited(runs / "1" / "run.json", lambda record: record.update(artifacts=[name, "inside"]))
    (runs / "1" / "d").symlink_to(secret.parent)
    (runs / "1" / "a").symlink_to(secret)
    secret.rename(secret.parent / "a")
    (runs / "1" / "inside").symlink_to("cout.txt")
    with open_store(runs) as store:
        found = store[1].artifacts
        assert found[name].path is None
        with pytest.raises(FileNotFoundError, match=r"leads out of|No such file"):
            found[name].read()
        assert found["inside"].read() == b""


@pytest.mark.parametrize("run_id", ["../home", "..", ".", "/home", "1/../../home", ""])
def test_an_id_does_not_lead_out_of_the_store(runs, secret, run_id):
    (secret.parent / "run.json").write_text(json.dumps({"status": SECRET}))
    (runs / "_trash").mkdir()
    with open_store(runs) as store:
        with pytest.raises(RunNotFoundError):
            store[run_id]
        for change in (store.backend.discard, store.backend.recover, store.backend.remove):
            with pytest.raises(Exception, match=r"no run|trash"):
                change(run_id)
    assert sorted(os.listdir(secret.parent)) == ["run.json", "secret.txt"]


def test_the_directory_of_a_run_may_lie_on_another_disk(runs, tmp_path):
    edited(runs / "1" / "run.json", lambda record: record.update(artifacts=["d/a"]))
    (runs / "1" / "d").mkdir()
    (runs / "1" / "d" / "a").write_text("a")
    (runs / "1").rename(tmp_path / "disk")
    (runs / "1").symlink_to(tmp_path / "disk")
    with open_store(runs) as store:
        assert store[1].result == 1
        assert store[1].artifacts["d/a"].text() == "a"


@pytest.mark.parametrize("digest", ["../../home/secret.txt", "/etc/hostname", "", "....//home"])
def test_digests_of_a_database_are_digests(tmp_path, secret, digest):
    pytest.importorskip("tinydb")
    observer = TinyDbObserver(tmp_path / "tiny")
    finished(observer)

    def change(tables):
        (entry,) = tables["runs"].values()
        entry["resources"] = [["x", digest]]
        entry["artifacts"] = [["x", "x", digest]]
        entry["experiment"]["sources"] = [["x", digest]]

    edited(tmp_path / "tiny" / "metadata.json", change)
    with open_store(f"tinydb:{tmp_path / 'tiny'}") as store:
        assert set(contents(store.runs().first())) == {None}
