"""A run that is killed by ``kill -9`` loses one beat at most, and leaves nothing unreadable."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.crash_safety.effort import LONG, generator, pick
from tests.crash_safety.places import Place
from tests.crash_safety.worker import Account, Worker, check_one_beat_lost_at_most

BEAT = 0.25
TRIALS = pick(4, 200)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["file", "sqlite", "mongo", "s3", "google"], indirect=True)
def test_a_kill_at_any_moment_leaves_all_but_the_last_beat(
    place: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    moments = generator(request.node.name)
    # Spread evenly. Most begin with a beat, however long that takes: so something is stored.
    starts = [_at_once if LONG and moments.random() < 0.1 else _beat for _ in range(TRIALS)]
    starts[::4] = [_step] * len(starts[::4])
    delays = [1.6 * (number + moments.random()) / TRIALS for number in range(TRIALS)]
    with ThreadPoolExecutor(2) as trials:
        judged = [
            trials.submit(_killed, place, tmp_path / f"trial{number}", start, delay)
            for number, (start, delay) in enumerate(zip(starts, delays, strict=True))
        ]
        ages = [age for trial in judged if (age := trial.result()) is not None]
    print(
        f"{len(delays)} kills, {len(ages)} of them during the run; newest point stored: "
        f"{sorted(ages)[len(ages) // 2]:.3f} s (median), {max(ages):.3f} s (max) before the kill"
    )
    # The others have not yet begun, or stored nothing.
    assert len(ages) > TRIALS / 2


def _at_once(account: Account) -> bool:
    return True


def _step(account: Account) -> bool:
    return account.steps > 0


def _beat(account: Account) -> bool:
    return account.points_at_beat > 0


def _killed(
    place: Place, directory: Path, start: Callable[[Account], bool], delay: float
) -> float | None:
    """One trial, so long after a start; returns how old the newest stored point was."""
    worker = Worker(place, directory, beat=BEAT, artifact_every=3).start()
    worker.wait_until(start)
    time.sleep(delay)
    killed_at = time.time()
    worker.send(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL, worker.stderr
    account = worker.account
    if account.run_id is None:
        return None
    stored = worker.stored
    assert stored.status == "RUNNING"
    check_one_beat_lost_at_most(stored, account)
    return _age(account, len(stored.points.get("loss", [])), killed_at)


def _age(account: Account, points: int, killed_at: float) -> float | None:
    times = account.step_times[:points]
    return killed_at - times[-1] if times else None
