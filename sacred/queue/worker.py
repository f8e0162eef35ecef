"""The worker: it takes queued runs from a store, and runs each in a process of its own."""

from __future__ import annotations

import contextlib
import math
import os
import platform
import select
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from sacred._base.clock import utcnow
from sacred._base.frozen import Frozen, replace
from sacred.query.evaluate import holds
from sacred.query.syntax import Expression
from sacred.queue.gpu_slots import GpuSlots, Slots
from sacred.queue.lease_watch import LeaseWatch
from sacred.queue.queued_records import enter_queued_runs
from sacred.queue.requirements import Requirements, requirements_of
from sacred.queue.run_process import Launch, RunProcess
from sacred.records import RunId, RunRecord
from sacred.restoring.errors import CannotRestoreError
from sacred.runs.run_store import RunStore
from sacred.status import FAILED, INTERRUPTED, QUEUED, RUNNING, TIMEOUT, process_token
from sacred.stores.changes import SetFields
from sacred.stores.claims import LEASED, Lease, QueueEntry, StaleAttemptError, claims_of
from sacred.stores.store import RunNotFoundError, StoreUnavailableError

__all__ = ["Worker", "WorkerOptions"]

Tell = Callable[..., None]

#: Exit codes of processes that a signal has asked to end.
_REQUESTED_EXITS = frozenset(
    {128 + signal.SIGTERM, 128 + getattr(signal, "SIGUSR1", signal.SIGTERM)}
)
_DISCOVERY_SECONDS = 60.0


class WorkerOptions(Frozen):
    """Options of a worker.

    Args:
        launch: how runs are started.
        where: the runs that it takes; None: all.
        jobs: the number of runs at once.
        once: whether it ends after one round of `jobs` runs.
        until_empty: whether it ends when no run that it may take is waiting.
        time_limit: seconds after which its runs end as ``TIMEOUT``; None: none.
        grace: seconds that runs have to save their state, if they can, when asked to end.
        lease: seconds after which another worker may take a run, if this one is silent.
        retries: how often a run is tried again after its worker or process was lost.
        gpus: names of the GPUs for its runs; empty: it sets nothing.
        gpus_per_run: a fraction of one, or a number, for runs that do not specify it.
        memory: bytes that its runs may need together; None: unlimited.
        labels: its capabilities; it takes runs that ask for some of these, or for none.
        poll: seconds between two checks of an empty queue.
    """

    launch: Launch
    where: Expression | None = None
    jobs: int = 1
    once: bool = False
    until_empty: bool = False
    time_limit: float | None = None
    grace: float = 60.0
    lease: float = 60.0
    retries: int = 2
    gpus: tuple[str, ...] = ()
    gpus_per_run: float = 1.0
    memory: int | None = None
    labels: tuple[str, ...] = ()
    poll: float = 1.0


class Worker:
    """Runs queued runs until it is asked to end, or nothing is left to do.

    Args:
        store: the store of the runs.
        options: what to do.
        tell: called with the name of each event, and its details.

    Raises:
        QueueUnsupportedError: the store cannot be a queue.
    """

    def __init__(self, store: RunStore, options: WorkerOptions, tell: Tell) -> None:
        self.claims = claims_of(store.backend)
        self._store, self._options, self._tell = store, options, tell
        host = platform.node()
        name = f"{host}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._lease = Lease(worker=name, host=host, process=process_token(), seconds=options.lease)
        self._watch = LeaseWatch()
        self._running: dict[RunId, RunProcess] = {}
        self._gpus = GpuSlots(options.gpus) if options.gpus else None
        self._held: Slots = ()
        # Of runs that wait: to read them anew at each look takes the longer, the more of them do
        # not fit (`benchmarks/`, claims-file).
        self._fitting: dict[tuple[RunId, int], Requirements | None] = {}
        self._reason: str | None = None
        #: The signal that has ended it; None: none has.
        self.signal: int | None = None
        self._began = time.monotonic()
        self._due = {"renew": 0.0, "expire": 0.0, "discover": 0.0, "fill": 0.0}
        self._count = 0
        self._is_empty = False
        # Some run would fit if a GPU, or memory, was free.
        self._is_blocked = False
        self._wakeups: int | None = None

    @property
    def running(self) -> list[RunId]:
        """The runs that it has started and that have not ended yet."""
        return list(self._running)

    def run(self) -> None:
        """Work until there is nothing left to do, or a signal ends it."""
        with self._signals():
            try:
                while not self._is_done():
                    try:
                        self._step()
                    except StoreUnavailableError as error:
                        self._tell("unavailable", error=str(error))
                        self._wait(self._options.poll)
                    self._wait(self._pause())
            finally:
                for process in self._running.values():  # something has gone wrong
                    process.kill()
                    process.close()

    def end(self, reason: str = INTERRUPTED) -> None:
        """Ask the runs to end, then end.

        Args:
            reason: the status that they should end with.
        """
        self._reason = self._reason or reason

    def _step(self) -> None:
        limit = self._options.time_limit
        if limit is not None and time.monotonic() - self._began > limit:
            self.end(TIMEOUT)
        self._collect()
        if self._is_due("renew", self._lease.seconds / 4):
            self._renew()
        if self._reason is not None:
            for process in self._running.values():
                process.ask_to_end(self._reason, self._options.grace)
                process.insist()
            return
        if self._is_due("discover", _DISCOVERY_SECONDS):
            enter_queued_runs(self._store, self.claims)
        if self._is_due("expire", min(5.0, self._lease.seconds / 4)):
            self._put_back_expired()
        if self._has_room() and self._is_due("fill", self._options.poll):
            self._fill()

    def _is_done(self) -> bool:
        if self._running:
            return False
        if self._reason is not None:
            return True
        options = self._options
        is_round_over = options.once and (self._is_empty or self._count >= options.jobs)
        return is_round_over or (options.until_empty and self._is_empty)

    def _has_room(self) -> bool:
        options = self._options
        is_round_over = options.once and self._count >= options.jobs
        return len(self._running) < options.jobs and not is_round_over

    # -------------------------------------------------------------- taking runs

    def _fill(self) -> None:
        while self._has_room():
            self._is_blocked = False
            entry = self.claims.claim(replace(self._lease, beat=0), self._takes)
            slots, self._held = self._held, ()
            self._is_empty = entry is None and not self._is_blocked
            if entry is None:
                self._give_back(slots)
                return
            self._count += 1
            self._start(entry, slots)

    def _takes(self, entry: QueueEntry) -> bool:
        """Whether it takes a run; then the GPUs for that are taken already."""
        slots, self._held = self._held, ()
        self._give_back(slots)  # somebody else has got the last one
        key = entry.run_id, entry.version
        if key not in self._fitting:
            self._fitting[key] = self._fitting_needs(entry.run_id)
        needs = self._fitting[key]
        if needs is None:
            return False
        if needs.memory and self._free_memory() < needs.memory:
            self._is_blocked = True
            return False
        if self._gpus is not None:
            found = self._gpus.take(needs.gpus)
            self._held = found or ()
            self._is_blocked = self._is_blocked or found is None
            return found is not None
        return True

    def _free_memory(self) -> float:
        if self._options.memory is None:
            return math.inf
        taken = sum(_readable_needs(one.record).memory for one in self._running.values())
        return self._options.memory - taken

    def _fitting_needs(self, run_id: RunId) -> Requirements | None:
        """What a run needs that this worker can run; None: it cannot, ever."""
        try:
            record = self._store[run_id]
        except RunNotFoundError:
            return None
        where = self._options.where
        if self._store.is_in_trash(run_id) or (where is not None and not holds(where, record)):
            return None
        needs = _readable_needs(record)
        if not needs.labels <= set(self._options.labels):
            return None
        if self._options.memory is not None and needs.memory > self._options.memory:
            return None
        has_gpus = self._gpus is not None and self._gpus.fits(needs.gpus)
        if needs.gpus and not has_gpus:
            return None
        return _readable_needs(record, self._options.gpus_per_run)

    def _start(self, entry: QueueEntry, slots: Slots) -> None:
        record = self._store[entry.run_id]
        variables = {}
        if slots:
            variables["CUDA_VISIBLE_DEVICES"] = ",".join(gpu for gpu, _ in slots)
        try:
            requirements_of(record)
            process = RunProcess(record, entry, self._options.launch, variables)
        except (CannotRestoreError, ValueError) as error:
            self._give_back(slots)
            self._fail(entry, f"It cannot be run: {error}")
            return
        except BaseException:
            self._give_back(slots)
            self.claims.put_back(entry, INTERRUPTED)
            raise
        process.slots = slots
        self._running[entry.run_id] = process
        self._tell("started", run=entry.run_id, attempt=entry.attempt, name=record.name)

    def _give_back(self, slots: Slots) -> None:
        if slots and self._gpus is not None:
            self._gpus.give_back(slots)

    def _fail(self, entry: QueueEntry, reason: str) -> None:
        trace = [f"{line}\n" for line in reason.splitlines()]
        fields = {"status": FAILED, "stop_time": utcnow(), "fail_trace": trace}
        self.claims.finish(entry, FAILED, [SetFields(fields=fields)])
        self._tell("ended", run=entry.run_id, attempt=entry.attempt, status=FAILED, reason=reason)

    # -------------------------------------------------------------- their ends

    def _collect(self) -> None:
        for run_id, process in list(self._running.items()):
            code = process.poll()
            if code is None:
                continue
            try:
                self._close(process, code)
            except (StaleAttemptError, RunNotFoundError):
                self._lose(process)
            self._forget(run_id, process)

    def _forget(self, run_id: RunId, process: RunProcess) -> None:
        del self._running[run_id]
        self._give_back(process.slots)
        process.close()
        self._due["fill"] = 0.0

    def _close(self, process: RunProcess, code: int) -> None:
        """Say in the queue how an attempt has ended."""
        entry = process.entry
        status = self._store[entry.run_id].stored("status")
        is_asked = process.reason is not None or code in _REQUESTED_EXITS
        if status == RUNNING or (status == QUEUED and code < 0 and not is_asked):
            after = self.claims.put_back(entry, "DEAD", self._options.retries)
            status = QUEUED if after.state == "waiting" else "DEAD"
        elif status in (INTERRUPTED, TIMEOUT) and is_asked:
            self.claims.put_back(entry, status)
        elif status == QUEUED and is_asked:
            self.claims.put_back(entry, process.reason or INTERRUPTED)
        elif status == QUEUED:
            printed = process.printed().strip() or "it printed nothing"
            last = printed.splitlines()[-1]
            reason = f"It ended before a run began, with exit code {code}: {last}\n{printed}"
            self._fail(entry, reason)
            return
        else:
            self.claims.finish(entry, str(status))
        seconds = round(time.monotonic() - process.started, 3)
        self._tell("ended", run=entry.run_id, attempt=entry.attempt, status=status, seconds=seconds)

    def _renew(self) -> None:
        for run_id, process in list(self._running.items()):
            try:
                process.entry = self.claims.renew(process.entry)
            except (StaleAttemptError, RunNotFoundError):
                self._lose(process)
                self._forget(run_id, process)

    def _lose(self, process: RunProcess) -> None:
        """End the process of a run that somebody else has by now."""
        process.kill()
        self._tell("lost", run=process.entry.run_id, attempt=process.entry.attempt)

    def _put_back_expired(self) -> None:
        others = [e for e in self.claims.entries(LEASED) if e.run_id not in self._running]
        ages = self.claims.lease_ages() if others else {}
        for entry in others:
            if not self._watch.is_expired(entry, ages.get(entry.run_id)):
                continue
            with contextlib.suppress(StaleAttemptError):  # another worker was faster
                if entry.lease is not None and entry.lease.by_hand:
                    self.claims.finish(entry, "DEAD")
                    continue
                after = self.claims.put_back(entry, "DEAD", self._options.retries)
                self._tell("expired", run=entry.run_id, attempt=entry.attempt, now=after.state)

    # -------------------------------------------------------------- its time

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + seconds
        return True

    def _pause(self) -> float:
        if self._is_done():
            return 0.0
        if self._reason is not None:
            return 0.2
        if self._has_room() and not self._running:
            return self._options.poll
        return min(self._options.poll, self._lease.seconds / 8)

    def _wait(self, seconds: float) -> None:
        """Wait until a process ends, a signal comes, or the time is over."""
        if self._wakeups is None:
            time.sleep(min(seconds, 0.1))
        elif select.select([self._wakeups], [], [], seconds)[0]:
            os.read(self._wakeups, 4096)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may install handlers
            return
        reasons = {signal.SIGTERM: INTERRUPTED, signal.SIGINT: INTERRUPTED}
        reasons |= {signal.SIGHUP: INTERRUPTED, signal.SIGUSR1: TIMEOUT}

        def handle(number: int, frame: Any) -> None:
            if number in reasons:
                self.signal = self.signal or number
                self.end(reasons[signal.Signals(number)])

        before = {number: signal.signal(number, handle) for number in (*reasons, signal.SIGCHLD)}
        self._wakeups, end = os.pipe()
        os.set_blocking(end, False)
        wakeup = signal.set_wakeup_fd(end, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(self._wakeups)
            os.close(end)
            self._wakeups = None


def _readable_needs(record: RunRecord, gpus: float = 0.0) -> Requirements:
    """What a run needs; one that does not say so in a way to be read needs nothing, and fails."""
    try:
        return requirements_of(record, gpus)
    except ValueError:
        return Requirements(gpus=gpus)
