"""Workers that are killed at any moment: each run ends once, and has one writer."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sacred import open_store
from sacred.records import RunRecord
from sacred.stores.claims import DONE, HELD, LEASED, WAITING, claims_of
from tests.conftest import ROOT
from tests.crash_safety.effort import generator, pick
from tests.crash_safety.places import Place

SCRIPT = Path(__file__).parent / "scripts" / "queued.py"
RUNS = pick(8, 500)
KILLS = pick(4, 200)
WORKERS = pick(2, 3)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("place", ["file", "sqlite", "mongo", "postgres"], indirect=True)
def test_each_run_ends_once_however_often_workers_are_killed(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("QUEUED_STORE", place.url)
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("QUEUED_COUNT", str(RUNS))
    subprocess.run([sys.executable, str(SCRIPT)], cwd=tmp_path, check=True, timeout=600)
    monkeypatch.delenv("QUEUED_COUNT")
    store = open_store(place.url)
    claims = claims_of(store.backend)
    began = time.monotonic()
    kills = _kill_until_empty(place, tmp_path, lambda: len(claims.entries(DONE)) == RUNS)
    for state in (WAITING, HELD, LEASED):
        assert claims.entries(state) == []
    runs = list(store.runs())
    assert sorted(run.config["number"] for run in runs) == list(range(RUNS))
    lost = sum(_check(run) for run in runs)
    print(
        f"{RUNS} runs, {kills} kills, {lost} attempts lost, "
        f"{time.monotonic() - began:.0f} s, {place.url.partition(':')[0]}"
    )
    store.close()


def _kill_until_empty(place: Place, directory: Path, is_done: Callable[[], bool]) -> int:
    """Kill workers at random moments, start others; return how many were killed."""
    moments = generator(f"workers-{place.url.partition(':')[0]}")
    workers = [_start(place, directory) for _ in range(WORKERS)]
    kills = 0
    next_kill = time.monotonic() + 1
    try:
        while not is_done():
            assert time.monotonic() - next_kill < pick(600, 3000)
            time.sleep(0.1)
            if kills < KILLS and time.monotonic() > next_kill:
                victim = moments.randrange(len(workers))
                workers[victim].send_signal(signal.SIGKILL)
                workers[victim].wait()
                workers[victim] = _start(place, directory)
                kills += 1
                next_kill = time.monotonic() + moments.uniform(0.3, 2.5)
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
    return kills


def _start(place: Place, directory: Path) -> subprocess.Popen[bytes]:
    log = open(directory / f"worker-{time.monotonic_ns()}.log", "wb")  # noqa: SIM115
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "sacred", "worker", "-s", place.url, "--retries", "1000"],
            cwd=directory,
            stdout=log,
            stderr=log,
        )


def _check(record: RunRecord) -> int:
    """Check the record of a run; return how many of its attempts were lost."""
    attempts = record.meta["attempts"]
    assert record.status == "COMPLETED", attempts
    assert {attempt.get("status") for attempt in attempts} <= {"COMPLETED", "DEAD", None}
    # Nothing of an attempt stands between or behind what the last one has written.
    process = record.result["process"]
    loss = record.metrics["loss"]
    assert list(loss.steps) == [0, 1, 2]
    assert set(loss.values) == {float(process)}
    lines = [line for line in record.output.splitlines() if line.startswith(("begin", "end"))]
    assert lines[-2:] == [f"begin {process}", f"end {process}"]
    # Who is killed just before the status is written has written all its lines, too.
    assert len(set(lines)) == len(lines) <= 2 * len(attempts)
    for before, line in zip(["", *lines], lines, strict=False):
        assert line.startswith("begin") or before == line.replace("end", "begin")
    return len(attempts) - 1
