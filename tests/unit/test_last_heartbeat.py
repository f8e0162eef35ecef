"""The last heartbeat and the end of a run: stored at once where that loses nothing."""

from __future__ import annotations

import json
import os

import pytest

from sacred import Experiment
from sacred.observers import FileStorageObserver, RunObserver
from sacred.stores.files.blobs import LocalBlobs


class Witness(RunObserver):
    """Notes what it is told, and what the record of the run looks like then."""

    def __init__(self, record, priority):
        self.priority = priority
        self.told = []
        self._record = record

    def heartbeat_event(self, info, captured_out, beat_time, result):
        self._note("beat", captured_out)

    def completed_event(self, stop_time, result):
        self._note("end", result)

    def _note(self, kind, value):
        self.told.append((kind, value, json.loads(self._record.read_text())["heartbeat"]))


def _around_writes(monkeypatch, before):
    """Call something before each file that is written."""

    def patched(write):
        def call(blobs, name, content):
            before(name, content)
            write(blobs, name, content)

        return call

    for method in ("write", "write_last"):
        monkeypatch.setattr(LocalBlobs, method, patched(getattr(LocalBlobs, method)))


@pytest.fixture
def written(monkeypatch):
    """The files of records, as often as each was written."""
    names = []
    _around_writes(monkeypatch, lambda name, content: names.append(os.path.basename(name)))
    return names


def run(*observers):
    ex = Experiment("ends", interactive=True, save_git_info=False)
    ex.observers.extend(observers)

    @ex.main
    def main(_run):
        print("hello")
        _run.info["seen"] = True
        return 5

    ex.run(options={"--loglevel": "ERROR", "--capture": "sys"})


def test_a_short_run_writes_its_record_at_the_start_and_at_the_end(tmp_path, written):
    run(FileStorageObserver(tmp_path))
    assert written.count("run.json") == 2
    record = json.loads((tmp_path / "1" / "run.json").read_text())
    assert record["heartbeat"] is not None
    assert (record["status"], record["result"]) == ("COMPLETED", 5)
    assert "hello" in (tmp_path / "1" / "cout.txt").read_text()
    assert json.loads((tmp_path / "1" / "info.json").read_text()) == {"seen": True}


def test_observers_of_the_classic_interface_are_told_the_beat_and_then_the_end(tmp_path):
    witness = Witness(tmp_path / "1" / "run.json", priority=100)
    run(FileStorageObserver(tmp_path), witness)
    assert [kind for kind, *_ in witness.told] == ["beat", "end"]
    assert "hello" in witness.told[0][1]


def test_before_others_are_told_of_the_end_the_beat_is_stored(tmp_path):
    """They may wait for their server, and the process may be killed meanwhile."""
    first = Witness(tmp_path / "1" / "run.json", priority=100)
    run(FileStorageObserver(tmp_path), first)
    [_, (_, _, heartbeat)] = first.told
    assert heartbeat is not None


def test_a_subclass_with_a_heartbeat_of_its_own_is_told_of_the_last_one(tmp_path):
    told = []

    class Own(FileStorageObserver):
        def heartbeat_event(self, info, captured_out, beat_time, result):
            told.append(captured_out)
            super().heartbeat_event(info, captured_out, beat_time, result)

    run(Own(tmp_path))
    assert "hello" in told[-1]


def test_an_end_that_cannot_be_stored_takes_the_last_beat_along_to_the_spool(
    tmp_path, monkeypatch, capsys
):
    observer = FileStorageObserver(tmp_path)
    observer.failure_dir = str(tmp_path / "spool")
    observer.pause = 0

    def refuse_the_end(name, content):
        if name.endswith("run.json") and b"RUNNING" not in content:
            raise OSError(28, "No space left on device")

    _around_writes(monkeypatch, refuse_the_end)
    run(observer)
    [spool] = (tmp_path / "spool").iterdir()
    kept = (spool / "record.jsonl").read_text()
    assert '"COMPLETED"' in kept
    assert '"heartbeat"' in kept
    assert "It was saved in" in capsys.readouterr().err
