"""Workers whose clocks are minutes apart: leases do not expire sooner or later for that."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time

import pytest

from sacred import open_store
from sacred.queue.lease_watch import LeaseWatch
from sacred.stores.claims import LEASED, Lease, QueueEntry, claims_of
from tests.conftest import ROOT
from tests.crash_safety.places import Place

#: Put in front of everything that a process imports: its clock is wrong by ``CLOCK_SHIFT`` seconds.
WRONG_CLOCK = """
import datetime, os, time

shift = float(os.environ.get("CLOCK_SHIFT", "0"))
right_time, right_datetime = time.time, datetime.datetime
time.time = lambda: right_time() + shift

class ShiftedDatetime(right_datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

datetime.datetime = ShiftedDatetime
"""
SCRIPT = """
import os, sys, time
from sacred import Experiment, open_store
from sacred.observers.store_observer import StoreObserver

ex = Experiment("clocks", save_git_info=False)
ex.observers.append(StoreObserver(open_store(os.environ["QUEUED_STORE"]).backend))

@ex.config
def settings():
    number = 0

@ex.automain
def main(number):
    time.sleep(3)
    return time.time() - os.stat("/proc/self").st_ctime
"""


QUEUE_THREE = """
import train
for number in range(3):
    train.ex.run_commandline(["train.py", "-q", "with", f"number={number}"])
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", ["file", "mongo", "postgres"], indirect=True)
def test_workers_whose_clocks_are_two_minutes_apart_take_each_run_once(
    place: Place, tmp_path, monkeypatch
) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "sitecustomize.py").write_text(textwrap.dedent(WRONG_CLOCK))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "wrong"), str(ROOT)]))
    monkeypatch.setenv("QUEUED_STORE", place.url)
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    words = [sys.executable, "-c", QUEUE_THREE]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, timeout=100)
    workers = [_start(tmp_path, place.url, shift) for shift in (-60, 60)]
    printed = [worker.communicate(timeout=200)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], printed
    with open_store(place.url) as store:
        runs = list(store.runs())
    assert [(run.status, len(run.meta["attempts"])) for run in runs] == [("COMPLETED", 1)] * 3
    # Their clocks were wrong indeed, each by its minute.
    shifts = {round(run.result / 60) for run in runs}
    assert shifts <= {-1, 1}
    assert shifts


def _start(directory, url: str, shift: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sacred", "worker", "-s", url, "--until-empty", "--lease", "30s"],
        cwd=directory,
        env={**os.environ, "CLOCK_SHIFT": str(shift)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("place", ["mongo", "postgres"], indirect=True)
def test_a_new_worker_sees_at_once_that_a_lease_has_expired_by_the_clock_of_the_store(
    place: Place,
) -> None:
    with open_store(place.url) as store:
        claims = claims_of(store.backend)
        document = {"experiment": {"name": "e", "sources": []}, "config": {}, "status": "QUEUED"}
        run_id = store.backend.create(None, {**document, "host": {}, "meta": {}}, [])
        claims.enqueue(run_id)
        claims.claim(Lease(worker="w", host="elsewhere", process=None, seconds=0.5))
        time.sleep(0.7)
        [entry] = claims.entries(LEASED)
        assert LeaseWatch().is_expired(entry, claims.lease_ages()[entry.run_id])


def test_the_clock_of_the_store_counts_more_than_ones_own() -> None:
    now = [0.0]
    watch = LeaseWatch(clock=lambda: now[0])
    lease = Lease(worker="w", host="elsewhere", process=None, seconds=60.0)
    entry = QueueEntry(run_id=1, state=LEASED, attempt=1, lease=lease)
    assert not watch.is_expired(entry)
    now[0] = 100.0  # this process was suspended
    assert not watch.is_expired(entry, age=10.0)
    assert watch.is_expired(entry, age=61.0)
    assert watch.is_expired(entry)
