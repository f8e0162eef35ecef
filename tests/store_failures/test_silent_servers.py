"""Servers that are stopped in their tracks: their kernel acknowledges, and no answer comes.

All processes of a database get SIGSTOP; buckets accept requests and keep them. The run goes on,
its end does not wait for ever, and neither do SIGTERM and Ctrl-C; what was not stored is in the
spool.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred.observers.store_observer import StoreObserver
from sacred.run import Run
from sacred.stores.bounded import BoundedStore, bounded
from sacred.stores.changes import SetFields
from sacred.stores.memory.store import MemoryStore
from sacred.stores.schemes import store_from_url
from sacred.stores.spool import replay
from sacred.stores.store import StoreUnavailableError
from tests.conftest import ROOT
from tests.store_failures.places import FailingPlace
from tests.store_failures.test_store_failures import (
    assert_complete,
    execute,
    live_a_bit,
    spools_in,
)

SECONDS = 2.0
every_server = pytest.mark.parametrize(
    "place", ["postgres", "mongo", "s3", "google"], indirect=True
)


def _all_processes(root: int) -> list[int]:
    """A process and those that it has started."""
    found, parents = [root], {}
    for entry in os.listdir("/proc"):
        try:
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            parents[int(entry)] = int(fields[1])
        except (OSError, ValueError):
            continue
    for parent in found:
        found += [child for child, of in parents.items() if of == parent]
    return found


@pytest.fixture
def silence(place: FailingPlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """``silence(True)`` stops the server's processes, ``silence(False)`` lets them go on."""
    server = place.server  # type: ignore[attr-defined]
    stopped: list[int] = []

    def switch(on: bool) -> None:
        if hasattr(server, "answering"):  # a thread of this process
            (server.answering.clear if on else server.answering.set)()
            return
        if on:
            stopped.extend(_all_processes(server.pid))
        for number in stopped:
            os.kill(number, signal.SIGSTOP if on else signal.SIGCONT)
        if not on:
            stopped.clear()

    yield switch
    switch(False)


def _impatient(observer: StoreObserver) -> StoreObserver:
    observer.store.highest_id()  # to load and connect a client may take longer
    observer.store.answer_seconds = SECONDS
    return observer


@every_server
def test_silent_in_the_middle_and_back_again(
    place: FailingPlace, silence: Callable[..., None], tmp_path: Path
) -> None:
    observer = _impatient(place.observer(tmp_path / "spools"))

    def body(run: Run) -> int:
        live_a_bit(run, 0, tmp_path)
        silence(True)
        try:
            began = time.monotonic()
            for number in range(1, 4):
                live_a_bit(run, number, tmp_path)
            assert time.monotonic() - began < 5 * SECONDS
        finally:
            silence(False)
        observer.delivery.quiet_until = 0  # type: ignore[union-attr]
        time.sleep(0.5)
        live_a_bit(run, 4, tmp_path)
        return 42

    run, memory = execute(observer, body)
    assert (run.result, run.status) == (42, "COMPLETED")
    assert_complete(place, run, memory)
    assert not spools_in(tmp_path / "spools")


@every_server
def test_silent_for_good(
    place: FailingPlace, silence: Callable[..., None], tmp_path: Path, capfd: Any
) -> None:
    observer = _impatient(place.observer(tmp_path / "spools"))
    ended: list[float] = []

    def body(run: Run) -> int:
        live_a_bit(run, 0, tmp_path)
        silence(True)
        live_a_bit(run, 1, tmp_path)
        ended.append(time.monotonic())
        return 42

    run, memory = execute(observer, body)
    assert time.monotonic() - ended[0] < 40
    assert (run.result, run.status) == (42, "COMPLETED")
    silence(False)
    [spool] = spools_in(tmp_path / "spools")
    assert str(spool) in capfd.readouterr().err
    replay(spool, store_from_url(place.place.url))
    assert_complete(place, run, memory)


SCRIPT = """
import sys, time
from sacred import Experiment
from sacred.stores import store
store.ANSWER_SECONDS = 2.0  # before the stores are imported
from sacred.observers.store_observer import StoreObserver
from sacred.stores.schemes import store_from_url
ex = Experiment("silent", save_git_info=False)
ex.observers.append(StoreObserver(store_from_url(sys.argv.pop(1)), failure_dir="spools"))

@ex.automain
def main(_run):
    _run.log_scalar("a", 1)
    open("up", "w").close()
    for n in range(1000):
        time.sleep(0.05)
        _run.log_scalar("a", n)
        _run.info["n"] = n
"""


@pytest.mark.slow
@every_server
@pytest.mark.parametrize("numbers", [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_signals_act_though_the_server_is_silent(
    place: FailingPlace,
    silence: Callable[..., None],
    tmp_path: Path,
    numbers: list[signal.Signals],
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "script.py", place.place.url, "-b", "0.1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "up").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        silence(True)
        time.sleep(0.5)  # a beat is waiting by now
        began = time.monotonic()
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.3)
        printed = process.communicate(timeout=60)[1]
        assert time.monotonic() - began < 30
        assert process.returncode in (128 + numbers[0], -numbers[0])
        assert spools_in(tmp_path / "spools") or numbers[0] == signal.SIGINT, printed
    finally:
        process.kill()


# ------------------------------------------------------- the mechanism, without a server


class Sleeper(MemoryStore):
    """Answers when it is let to."""

    answer_seconds = 0.2

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.calls: list[Any] = []

    def apply(self, run_id: Any, changes: Any) -> None:
        self.open.wait()
        self.calls.append(changes)
        super().apply(run_id, changes)


def _change(n: int) -> SetFields:
    return SetFields(fields={"result": n})


def test_nothing_overtakes_a_call_that_was_given_up() -> None:
    store = Sleeper()
    patient = bounded(store)
    run_id = patient.create(None, {"config": {}, "experiment": {}}, [])
    store.open.clear()
    for n in range(3):
        with pytest.raises(StoreUnavailableError, match="has not answered"):
            patient.apply(run_id, [_change(n)])
    assert store.calls == []
    store.open.set()
    patient.check_reachable(10)
    patient.apply(run_id, [_change(3)])
    assert store.calls == [(_change(0),), (_change(3),)]


def test_errors_and_results_are_those_of_the_store() -> None:
    store = Sleeper()
    patient = bounded(store)
    run_id = patient.create(7, {"config": {}, "experiment": {}}, [])
    assert (run_id, patient.highest_id()) == (7, store.highest_id())
    with pytest.raises(Exception, match="8"):
        patient.apply(8, [_change(1)])
    assert patient.url == store.url


def test_a_store_on_this_machine_is_asked_directly() -> None:
    store = MemoryStore()
    assert bounded(store) is store


def test_an_observer_with_deadlines_can_be_pickled_and_its_store_replaced() -> None:
    observer = StoreObserver(Sleeper())
    assert isinstance(observer.bounded_store, BoundedStore)
    observer.store = MemoryStore()
    assert observer.bounded_store is observer.store
    assert pickle.loads(pickle.dumps(observer)).store is not observer.store
