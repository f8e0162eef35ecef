"""Threads that start later, or never."""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from sacred._base import deferred_thread
from sacred._base.deferred_thread import DeferredThread, helper_thread
from sacred.stores.bounded import bounded
from sacred.stores.memory.store import MemoryStore

SOON = 0.03


def noted() -> tuple[threading.Event, DeferredThread]:
    done = threading.Event()
    return done, DeferredThread(done.set, "late")


def test_it_begins_when_it_is_due_and_not_before():
    began: list[float] = []
    late = DeferredThread(lambda: began.append(time.monotonic()), "late")
    asked = time.monotonic()
    late.start(SOON)
    while not began:
        time.sleep(0.001)
    late.join()
    assert began[0] >= asked + SOON
    assert len(began) == 1


def test_joined_before_it_is_due_it_never_begins():
    done, late = noted()
    late.start(SOON)
    late.join()
    assert not done.wait(3 * SOON)
    assert not late.is_alive()


def test_join_waits_for_one_that_has_begun():
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait()
        time.sleep(SOON)
        ended.set()

    late = DeferredThread(work, "late")
    late.start(0)
    begun.wait()
    assert late.is_alive()
    go_on.set()
    late.join()
    assert ended.is_set()
    assert not late.is_alive()


def test_it_can_be_hastened():
    done, late = noted()
    late.start(3600)
    late.start_now()
    assert done.wait(60)
    late.join()
    late.start_now()  # too late: nothing happens
    assert not late.is_alive()


def test_one_that_is_due_early_does_not_wait_for_an_earlier_one_that_is_due_late():
    _, hours = noted()
    hours.start(3600)
    time.sleep(deferred_thread.LINGER_SECONDS + 0.05)  # the clock sleeps for an hour
    done, late = noted()
    late.start(SOON)
    assert done.wait(60)
    hours.join()


def test_never_started_it_is_joined_at_once():
    _, late = noted()
    late.join()
    assert not late.is_alive()


@pytest.mark.parametrize("seconds", [0.0, deferred_thread.LINGER_SECONDS + 0.1])
def test_the_clock_ends_when_nobody_needs_it(monkeypatch, seconds):
    """Also if it has stopped polling and sleeps until a thread is due that is cancelled then."""
    # Runs of other tests in this process may still need theirs.
    monkeypatch.setattr(deferred_thread, "scheduler", deferred_thread.Scheduler())
    _, late = noted()
    late.start(3600)
    time.sleep(seconds)
    late.join()
    deadline = time.monotonic() + 60
    while deferred_thread.scheduler.is_running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not deferred_thread.scheduler.is_running
    done, another = noted()
    another.start(0)
    assert done.wait(60)
    another.join()


def test_many_that_come_and_go_at_the_moment_they_are_due_begin_once_or_never():
    began: list[int] = []
    lates = []
    for number in range(300):
        late = DeferredThread(lambda n=number: began.append(n), "late")
        late.start(0.001 * (number % 3))
        lates.append(late)
        if number % 2:
            late.join()
    for late in lates:
        late.join()
    after = sorted(began)
    assert len(set(after)) == len(after)
    time.sleep(SOON)
    assert sorted(began) == after


def test_a_system_without_threads_is_asked_again(monkeypatch):
    monkeypatch.setattr(deferred_thread, "RETRY_SECONDS", 0.01)
    start, refused = threading.Thread.start, []

    def refuse_twice(thread: threading.Thread) -> None:
        if thread.name == "late" and len(refused) < 2:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_twice)
    done, late = noted()
    late.start(0)
    assert done.wait(60)
    late.join()
    assert len(refused) == 2


def test_where_there_can_be_no_clock_the_start_fails(monkeypatch):
    monkeypatch.setattr(deferred_thread, "scheduler", deferred_thread.Scheduler())

    def refuse(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    _, late = noted()
    with pytest.raises(RuntimeError, match="can't start new thread"):
        late.start(0)
    late.join()
    assert not late.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_a_clock_of_its_own_and_none_of_the_threads():
    begun, late = noted()
    late.start(0)
    begun.wait()
    _, waiting = noted()
    waiting.start(3600)
    child = os.fork()
    if child == 0:
        late.join()
        waiting.join()
        done, own = noted()
        own.start(0)
        in_order = done.wait(60) and not late.is_alive() and not waiting.is_alive()
        os._exit(0 if in_order else 1)
    assert os.waitpid(child, 0)[1] == 0
    waiting.join()


def mask_of_this_thread():
    return signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="has no masks of signals")
@pytest.mark.parametrize("starts_processes", [False, True])
def test_helper_threads_block_signals_unless_they_start_processes(starts_processes):
    """A process that they start inherits what is blocked."""
    masks = []
    thread = helper_thread(
        lambda: masks.append(mask_of_this_thread()), "mask", starts_processes=starts_processes
    )
    assert thread.daemon
    thread.start()
    thread.join()
    assert (masks[0] == mask_of_this_thread()) is starts_processes
    assert (signal.SIGTERM in masks[0]) is not starts_processes


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="has no masks of signals")
def test_what_a_store_starts_blocks_nothing_more_than_its_caller():
    """Clients of buckets ask programs for credentials."""

    class Asking(MemoryStore):
        answer_seconds = 60.0

        def highest_id(self):
            code = "import signal; print(len(signal.pthread_sigmask(signal.SIG_BLOCK, ())))"
            return int(subprocess.check_output([sys.executable, "-c", code]))

    assert bounded(Asking()).highest_id() == len(mask_of_this_thread())
