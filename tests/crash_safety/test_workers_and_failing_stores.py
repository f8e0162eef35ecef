"""Workers whose store goes away, or whose disk is full, in the middle of a run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sacred import open_store
from sacred.stores.claims import DONE, claims_of
from tests.conftest import ROOT
from tests.crash_safety.test_full_disks import fill, small_disk

__all__ = ["small_disk"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SCRIPT = """
import os, time
from sacred import Experiment, open_store
from sacred.observers import StoreObserver

ex = Experiment("failing", save_git_info=False)
ex.observers.append(StoreObserver(open_store(os.environ["QUEUED_STORE"]).backend))

@ex.automain
def main(_run):
    for step in range(200):
        _run.log_scalar("loss", float(step), step)
        if step == 3:
            open(os.environ["SIGN"] + "/started", "w").close()
        if os.path.exists(os.environ["SIGN"] + "/go-on"):
            return step
        print("step", step)
        time.sleep(0.5)
"""


@pytest.fixture
def queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Queues a run in a store."""
    (tmp_path / "train.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("SIGN", str(tmp_path))

    def queue(url: str) -> None:
        monkeypatch.setenv("QUEUED_STORE", url)
        words = [sys.executable, "train.py", "-q", "-b", "0.5"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    return queue


def start_worker(directory: Path, url: str) -> subprocess.Popen[str]:
    log = open(directory / "worker.log", "w")  # noqa: SIM115
    with log:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sacred",
                "worker",
                "-s",
                url,
                "--until-empty",
                "--lease",
                "12s",
            ],
            cwd=directory,
            env={**os.environ, "TMPDIR": str(directory)},
            stdout=log,
            stderr=log,
            text=True,
        )


def wait_for(condition: Callable[[], Any], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def check(url: str, worker: subprocess.Popen[str], directory: Path) -> None:
    """The run has ended once, by its first attempt, with all of its points and output."""
    worker.wait(180)
    printed = (directory / "worker.log").read_text()
    assert worker.returncode == 0, printed
    with open_store(url) as store:
        [run] = store.runs()
        assert (run.status, len(run.meta["attempts"])) == ("COMPLETED", 1), printed
        steps = list(run.metrics["loss"].steps)
        assert steps == list(range(run.result + 1))
        printed_steps = [line for line in run.output.splitlines() if line.startswith("step ")]
        assert printed_steps == [f"step {step}" for step in range(run.result)]
        [entry] = claims_of(store.backend).entries(DONE)
        assert str(entry.run_id) == str(run.id)


def test_a_server_that_is_away_in_the_middle_costs_no_attempt(
    own_mongo: Any, tmp_path: Path, queued: Callable[[str], None]
) -> None:
    url = f"{own_mongo.url.rstrip('/')}/failing"
    queued(url)
    worker = start_worker(tmp_path, url)
    wait_for((tmp_path / "started").exists)
    own_mongo.stop()
    time.sleep(6)
    assert worker.poll() is None
    own_mongo.start()
    time.sleep(2)
    (tmp_path / "go-on").touch()
    check(url, worker, tmp_path)
    assert "unavailable" in (tmp_path / "worker.log").read_text()


@pytest.mark.parametrize("kind", ["file", "sqlite"])
def test_a_disk_that_is_full_for_a_while_costs_no_attempt(
    small_disk: Path, tmp_path: Path, queued: Callable[[str], None], kind: str
) -> None:
    url = str(small_disk / "runs") if kind == "file" else f"sqlite:///{small_disk}/runs.db"
    queued(url)
    worker = start_worker(tmp_path, url)
    wait_for((tmp_path / "started").exists)
    filler = fill(small_disk)
    time.sleep(6)
    assert worker.poll() is None, (tmp_path / "worker.log").read_text()
    filler.unlink()
    time.sleep(1)
    (tmp_path / "go-on").touch()
    check(url, worker, tmp_path)
