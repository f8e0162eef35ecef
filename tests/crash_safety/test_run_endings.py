"""Whichever way a run ends, its status, its exit code and all it did are stored."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.crash_safety.effort import generator, pick
from tests.crash_safety.places import FilePlace, Place
from tests.crash_safety.worker import (
    Worker,
    check_complete,
    check_interrupted,
    check_one_beat_lost_at_most,
)

pytestmark = pytest.mark.slow

STORES = pick(["file"], ["file", "sqlite", "mongo"])

ENDINGS = [
    ("return", "COMPLETED", 0),
    ("exit", "COMPLETED", 0),
    ("exit 0", "COMPLETED", 0),
    ("exit 3", "FAILED", 3),
    ("raise", "FAILED", 1),
]


@pytest.mark.parametrize("place", STORES, indirect=True)
@pytest.mark.parametrize(("ending", "status", "code"), ENDINGS)
def test_an_end_of_its_own(
    place: Place, tmp_path: Path, ending: str, status: str, code: int
) -> None:
    worker = Worker(place, tmp_path / "w", beat=10, steps=40, pause=0, ending=ending)
    assert worker.run() == code, worker.stderr
    stored, account = worker.stored, worker.account
    assert (stored.status, account.status) == (status, status)
    check_complete(stored, account)
    assert len(stored.artifacts) == 2
    if ending == "raise":
        assert stored.fail_trace[0].startswith("Traceback")
        assert stored.fail_trace[-1] == "ValueError: the reason, é\n"


@pytest.mark.parametrize("place", STORES, indirect=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_end_by_a_signal(place: Place, tmp_path: Path, number: signal.Signals) -> None:
    worker = Worker(place, tmp_path / "w", beat=10).start()
    worker.wait_until(lambda account: account.steps > 20)
    worker.send(number)
    # A shell shows both as 128 + signal; Python lets SIGINT end itself, as shells want it.
    code = -number if number == signal.SIGINT else 128 + number
    assert worker.wait() == code, worker.stderr
    stored, account = worker.stored, worker.account
    assert (stored.status, account.status) == ("INTERRUPTED", "INTERRUPTED")
    check_interrupted(stored, account)


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_os_exit_loses_one_beat_at_most(place: Place, tmp_path: Path) -> None:
    worker = Worker(place, tmp_path / "w", beat=0.1, steps=60, ending="_exit 5")
    assert worker.run() == 5
    stored, account = worker.stored, worker.account
    assert (stored.status, account.status) == ("RUNNING", None)
    assert account.beats > 0
    check_one_beat_lost_at_most(stored, account)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_any_moment_leaves_no_run_running(
    tmp_path: Path, number: signal.Signals, request: pytest.FixtureRequest
) -> None:
    """Also while the start is being stored, or the end."""
    moments = generator(request.node.name)
    delays = [moments.uniform(0, 0.4) for _ in range(pick(4, 100))]
    delays[1] = 0.05  # one is surely in the midst

    def trial(index: int) -> str | None:
        place = FilePlace(tmp_path / f"runs{index}")
        worker = Worker(place, tmp_path / f"w{index}", steps=20, pause=0.01).start()
        if index % 2:
            worker.wait_until(lambda account: account.run_id is not None)
        else:
            # Before the account begins: the run is just being made.
            while not place.path.exists():
                time.sleep(0.001)
        time.sleep(delays[index] if index % 4 else delays[index] / 40)
        worker.send(number)
        code = worker.wait()
        [run_id] = place.ids() or [None]
        if run_id is None:
            return None  # before there was a run
        stored, account = place.read(run_id), worker.account
        assert stored.status in ("COMPLETED", "INTERRUPTED")
        assert code in (-number, 128 + number, 0 if stored.status == "COMPLETED" else None)
        if account.run_id is not None:
            check_interrupted(stored, account)
        return stored.status

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(trial, range(len(delays))))
    print({status: found.count(status) for status in set(found)})
    assert "INTERRUPTED" in found


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_short_runs_have_every_line_and_the_traceback(place: Place, tmp_path: Path) -> None:
    """The old library lost the end of the output of most of them."""
    count = pick(4, 50)

    def trial(index: int) -> bool:
        ending = "raise" if index % 2 else "return"
        worker = Worker(
            place, tmp_path / f"w{index}",
            steps=1 + index, pause=0, ending=ending, artifact_every=0,
        )  # fmt: skip
        assert worker.run() == index % 2, worker.stderr
        check_complete(worker.stored, worker.account)
        assert worker.stored.status == ("FAILED" if index % 2 else "COMPLETED")
        assert "".join(worker.stored.fail_trace).endswith("the reason, é\n" if index % 2 else "")
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(trial, range(count))) == count
