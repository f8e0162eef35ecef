"""Clocks that are set back, and power that fails: times in order, and nothing claims to be whole
that is not on the disk."""

from __future__ import annotations

import datetime
import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred.events import DETAIL_FIELDS
from sacred.observers import FileStorageObserver
from sacred.observers.base import RunObserver
from sacred.run import Run
from sacred.runs import open_store

BEGIN = datetime.datetime(2026, 1, 2, 12)


class Times(RunObserver):
    """What an observer is told of times, in order."""

    def __init__(self) -> None:
        self.times: list[datetime.datetime] = []

    def started_event(self, *, start_time: datetime.datetime, **_: Any) -> None:
        self.times.append(start_time)

    def heartbeat_event(self, *, beat_time: datetime.datetime, **_: Any) -> None:
        self.times.append(beat_time)

    def completed_event(self, *, stop_time: datetime.datetime, **_: Any) -> None:
        self.times.append(stop_time)


def experiment(*observers: Any) -> Experiment:
    made = Experiment("times", interactive=True, save_git_info=False)
    made.observers.extend(observers)
    return made


def test_a_clock_that_goes_backwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = itertools.count()
    times = Times()
    ex = experiment(times, FileStorageObserver(tmp_path / "runs"))

    @ex.main
    def main(_run: Run) -> None:
        for step in range(3):
            _run.log_scalar("loss", step)
            _run.heartbeat.beat()  # type: ignore[union-attr]

    def utcnow() -> datetime.datetime:
        return BEGIN - datetime.timedelta(hours=next(hours))

    monkeypatch.setattr("sacred.run.utcnow", utcnow)
    monkeypatch.setattr("sacred.lifecycle.heartbeat.utcnow", utcnow)
    monkeypatch.setattr("sacred.metrics_logger.time", lambda: BEGIN.timestamp() - next(hours))
    ex.run(options={"--beat-interval": 1000, "--loglevel": "ERROR"})
    assert len(times.times) == 6
    assert times.times == sorted(times.times)
    [run] = open_store(tmp_path / "runs").runs()
    assert run.duration == datetime.timedelta(0)
    assert list(run.metrics["loss"].steps) == [0, 1, 2]


def test_the_end_is_on_the_disk_after_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[tuple[str, Any]] = []
    fsync, replace = os.fsync, os.replace

    def seen_fsync(fd: int) -> None:
        events.append(("sync", os.fstat(fd).st_ino))
        fsync(fd)

    def seen_replace(source: Any, target: Any) -> None:
        inode = os.stat(source).st_ino
        is_end = Path(target).name == "run.json" and b"COMPLETED" in Path(source).read_bytes()
        events.append(("end" if is_end else "replace", inode))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(os, "replace", seen_replace)
    ex = experiment(FileStorageObserver(tmp_path / "runs"))

    @ex.main
    def main(_run: Run) -> int:
        print("output")
        _run.log_scalar("loss", 1)
        _run.info["a"] = 1
        (tmp_path / "artifact").write_text("content")
        _run.add_artifact(tmp_path / "artifact", name="deep/artifact")
        _run.open_resource(str(tmp_path / "artifact")).close()
        return 1

    ex.run(options={"--loglevel": "ERROR"})
    folder = tmp_path / "runs" / "1"
    assert json.loads((folder / "run.json").read_text())["status"] == "COMPLETED"
    [end] = [place for place, (what, _) in enumerate(events) if what == "end"]
    synced_before = {inode for what, inode in events[:end] if what == "sync"}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"cout.txt", "metrics.json", "info.json", "artifact"}
    for path in files:
        assert path.stat().st_ino in synced_before, path
    assert ("sync", folder.stat().st_ino) in events[end:], "the new name, too"
    for shared in (tmp_path / "runs" / "_sources", tmp_path / "runs" / "_resources"):
        copies = list(shared.iterdir())
        assert copies
        assert {path.stat().st_ino for path in (shared, *copies)} <= synced_before, shared


def test_a_run_that_goes_on_does_not_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    ex = experiment(FileStorageObserver(tmp_path / "runs"))

    @ex.main
    def main(_run: Run) -> int:
        for step in range(3):
            _run.log_scalar("loss", step)
            _run.heartbeat.beat()  # type: ignore[union-attr]
        return len(synced)

    assert ex.run(options={"--loglevel": "ERROR"}).result == 0
    assert synced


def test_a_run_waits_for_the_disk_no_more_often_than_it_must(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for each file that has a content, and once for their names.

    Sources that are stored already are on the disk.
    """
    fsync, synced = os.fsync, []

    def seen_fsync(fd: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{fd}")).name)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    ex = experiment(FileStorageObserver(tmp_path / "runs"))

    @ex.main
    def main() -> int:
        return 1

    ex.run(options={"--loglevel": "ERROR", "--capture": "sys"})
    shared = ["_sources", *(path.name for path in (tmp_path / "runs" / "_sources").iterdir())]
    assert set(shared) <= set(synced)
    synced.clear()
    ex.run(options={"--loglevel": "ERROR", "--capture": "sys"})
    assert not set(shared) & set(synced)
    assert (tmp_path / "runs" / "2" / "cout.txt").read_text() == ""
    details = [f"_{name}.json" for name in DETAIL_FIELDS]
    *files, end, names = synced
    assert sorted(files) == [*sorted(details), "config.json", "metrics.json"]
    assert end != "run.json"  # it gets that name afterwards
    assert names == "2"
