"""A queued run in the process that a worker has started for it.

The worker says in the environment variable `LEASED_RUN` which run it is, in which store, and
which attempt. The first run that fits takes the lease, and continues the record through a
`FencedStore`; observers that write to stores are left out, all others stay.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sacred._base.deferred_thread import helper_thread
from sacred._base.errors import SacredError
from sacred._base.frozen import replace
from sacred._base.registry import resolve
from sacred._base.run_ids import RunId
from sacred.definition import LEASED_RUN, RunRequest, lease_of_process
from sacred.observers.base import JsonDict
from sacred.observers.store_observer import RecordState, StoreObserver
from sacred.provenance.stored_rows import with_later_readers
from sacred.records import RunRecord
from sacred.reruns.recorded_config import config_file_text
from sacred.run import Run
from sacred.runs.run_store import RunStore, open_store
from sacred.serializer import dumps, flatten
from sacred.status import DEAD, RUNNING, is_gone, process_token
from sacred.stores.changes import Annotate, Change, SetFields, WriteOutput
from sacred.stores.claims import (
    DONE,
    LEASED,
    Claims,
    FencedStore,
    Lease,
    QueueEntry,
    StaleAttemptError,
    claims_of,
)
from sacred.stores.delivery import Delivery

__all__ = ["LeasedObserver", "LeasedRun", "run_of_lease"]

#: Defined in a higher layer: what ends runs of a sweep early.
_PRUNER = "sacred.sweeps.pruning:pruner_of"
#: The entries of a description of an environment that describe where the run was queued.
_OF_THE_START = ("working_directory", "import_paths", "arguments", "repositories")


def run_of_lease(request: RunRequest, make: Callable[[RunRequest], Run]) -> Run:
    """Return the run of a request, in a process that continues a recorded run.

    Args:
        request: what a script, or a command line, asks for.
        make: makes a run that is not started yet.

    Raises:
        StaleAttemptError: the worker of this process has lost the run.
        SacredError: the run that is to be resumed is running, or does not exist.
    """
    if LEASED_RUN not in os.environ:
        # Its observers, which options may have added, say where the run is.
        observers = make(request).observers
        with LeasedRun.by_hand(observers, request.options["--resume"]) as leased:
            run = make(leased.resumed(request))
        leased.prepare(run)
        return run
    found = LeasedRun.for_request(request)
    run = make(request if found is None else found.changed(request))
    if found is not None:
        found.prepare(run)
    else:
        run.observers = _observers_beside(run.observers, is_queued=run.queue_only)
    return run


class LeasedRun:
    """A run that is leased to this process.

    Args:
        store: the store that has it.
        entry: the queue entry of the attempt.
        config_file: its configuration, as a file for the command line.
    """

    #: Whether a run of this process has taken the lease already.
    is_taken = False

    def __init__(self, store: RunStore, entry: QueueEntry, config_file: str) -> None:
        self.claims = claims_of(store.backend)
        self.record = store[entry.run_id]
        self.entry = entry
        self.store = store
        self._config_file = config_file

    @classmethod
    def for_request(cls, request: RunRequest) -> LeasedRun | None:
        """Return the run that this process was started for, if a request is for that run.

        Args:
            request: what a script asks for; of several runs of a script, one fits.
        """
        given = lease_of_process()
        if cls.is_taken or not given:
            return None
        store = open_store(given["store"])
        claims = claims_of(store.backend)
        entry = claims.entry(given["run"])
        if entry is None or entry.attempt != given["attempt"]:
            raise StaleAttemptError(f"The run {given['run']!r} is leased to somebody else")
        leased = cls(store, entry, given["config"])
        if not leased._fits(request):
            return None
        cls.is_taken = True
        _end_with_worker(given["pipe"])
        return leased

    @classmethod
    @contextlib.contextmanager
    def by_hand(cls, observers: Iterable[Any], run_id: RunId) -> Iterator[LeasedRun]:
        """Lease a run to this process, which continues it.

        A file holds its configuration as long as the context lasts.

        Args:
            observers: the first one with a store has the run.
            run_id: its id.

        Raises:
            SacredError: the run is running, or no observer has a store.
            QueueUnsupportedError: the store cannot know who has the run.
        """
        stores = [one.store for one in observers if hasattr(one, "store")]
        if not stores:
            raise SacredError(
                f"The run {run_id!r} cannot be resumed: no observer says where it is stored",
                print_traceback=False,
            )
        store = RunStore(stores[0])
        entry = _leased_by_hand(store[run_id], claims_of(store.backend))
        with tempfile.TemporaryDirectory(prefix="sacred-resume-") as directory:
            file = Path(directory, "config.json")
            file.write_text(config_file_text(store[run_id])[0], encoding="utf-8")
            yield cls(store, entry, str(file))

    def resumed(self, request: RunRequest) -> RunRequest:
        """Return the request that continues the run.

        Args:
            request: what is asked for; its updates are applied to the recorded configuration.
        """
        return replace(
            request,
            command_name=self.record.meta.get("command") or self.record.command,
            named_configs=[self._config_file, *request.named_configs],
        )

    def changed(self, request: RunRequest) -> RunRequest:
        """Return a request for the recorded configuration.

        Args:
            request: one that fits.
        """
        if request.options.get("--queue"):
            request = replace(request, options={**request.options, "--queue": False})
        return replace(request, config_updates={}, named_configs=[self._config_file])

    def prepare(self, run: Run) -> None:
        """Let a run that is about to start continue the record.

        Args:
            run: the run.
        """
        others = [one for one in run.observers if not _is_store(one)]
        run.observers = [LeasedObserver(self), *others]
        run.queue_only = False
        run._id = self.record.id
        run.resumed = self.record.start_time is not None
        run.is_leased = True
        run.earlier_artifacts = self.record.artifacts
        run.meta_info = {**self.record.meta}
        sweep = self.record.meta.get("sweep")
        if isinstance(sweep, Mapping) and sweep.get("pruner"):
            run.stop_requests.should_prune = resolve(_PRUNER)(run, self.store, self.record)

    def _fits(self, request: RunRequest) -> bool:
        meta = self.record.meta
        if request.command_name != (meta.get("command") or self.record.command):
            return False
        if self._config_file in request.named_configs:
            return True
        given = [flatten(dict(request.config_updates)), list(request.named_configs)]
        return dumps(given) == dumps(
            [flatten(dict(meta.get("config_updates") or {})), list(meta.get("named_configs") or ())]
        )


def _observers_beside(observers: Iterable[Any], *, is_queued: bool) -> list[Any]:
    """Return the observers of a run that a script starts beside the one that is leased.

    What it stores goes into the same store; if it is to be queued, it has been queued before.

    Args:
        observers: its own ones.
        is_queued: whether it is only to be queued.
    """
    if is_queued:
        return []
    given = list(observers)
    others = [one for one in given if not _is_store(one)]
    if len(others) == len(given):
        return given
    place = json.loads(os.environ[LEASED_RUN])["store"]
    return [StoreObserver(open_store(place).backend), *others]


class LeasedObserver(StoreObserver):
    """Writes the record of a run that is leased to this process.

    Args:
        leased: the run.
    """

    #: An attempt without an answer from the store keeps trying as long as its lease may hold.
    closing_patience = 60.0

    def __init__(self, leased: LeasedRun) -> None:
        store = leased.store.backend
        super().__init__(FencedStore(store, leased.claims, leased.entry))
        self._leased = leased
        path = getattr(getattr(store, "blobs", None), "local_path", lambda name: None)
        #: The directory of the run, in a store of files.
        self.dir = path(str(leased.record.id))

    def started_event(
        self,
        ex_info: JsonDict,
        command: str,
        host_info: JsonDict,
        start_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: JsonDict,
        _id: RunId | None,
    ) -> RunId:
        """Continue the record; see `StoreObserver.started_event`.

        Raises:
            StaleAttemptError: the lease is lost.
        """
        record = RecordState()
        document, _ = record.writer.started(
            ex_info, command, host_info, start_time, config, meta_info
        )
        names = ("status", "start_time", "heartbeat", "host", "info", "resources", "artifacts")
        fields = {name: document[name] for name in names}
        return self._go_on(record, document, [_EMPTY, SetFields(fields=fields)])

    def resumed_event(
        self,
        ex_info: JsonDict,
        command: str,
        host_info: JsonDict,
        start_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: JsonDict,
        _id: RunId | None,
    ) -> RunId:
        """Continue the record of an earlier attempt: its output, points and files stay.

        The arguments are those of `started_event`.

        Raises:
            StaleAttemptError: the lease is lost.
        """
        record, before = RecordState(), self._leased.record
        document, _ = record.writer.started(
            ex_info, command, host_info, start_time, config, meta_info
        )
        steps = {name: list(metric.steps) for name, metric in before.metrics.items()}
        output = self._leased.store.reader.output(self._leased.entry.run_id)
        record.writer.resume(output, steps)
        fields = {name: document[name] for name in ("status", "heartbeat", "host")}
        return self._go_on(record, document, [SetFields(fields=fields)])

    def experiment_info_event(self, ex_info: JsonDict) -> None:
        """Keep what was stored when the run was queued: that is what runs."""

    def details_event(self, name: str, value: JsonDict) -> None:
        """Store a field that lists of runs do not read; see `StoreObserver.details_event`.

        Args:
            name: of the field.
            value: of which the beginning of the run stays as it was recorded.
        """
        before = self._leased.record
        if name == "environment":
            recorded = before.environment
            value = {**value, **{key: recorded[key] for key in _OF_THE_START if key in recorded}}
        elif name == "provenance" and before.stored(name):
            value = with_later_readers(
                before.stored(name), value, has_begun=before.start_time is not None
            )
        elif before.stored(name):
            return
        super().details_event(name, value)

    def _go_on(self, record: RecordState, document: JsonDict, changes: Sequence[Change]) -> RunId:
        run_id = self._leased.entry.run_id
        meta = {"attempts": [dict(item) for item in self._leased.entry.attempts]}
        meta["process"] = document["meta"].get("process")
        self.bounded_store.apply(run_id, [*changes, Annotate(fields=meta)])
        delivery = _FencedDelivery(self.bounded_store, run_id, document, [], self.failure_dir)
        record.delivery = delivery
        self._follow(record)
        return self._leased.record.id

    def _after_close(self, spool: str | None) -> None:
        leased = self._leased
        if leased.entry.lease is not None and leased.entry.lease.by_hand:
            status = leased.store[leased.entry.run_id].status or ""
            leased.claims.finish(leased.entry, status)


#: Empty output, which makes it a field.
_EMPTY = WriteOutput(start=0, offset=0, text="")
#: A lease of a process that cannot renew it, as C code may keep it busy: it ends with the process.
_NO_RENEWAL_SECONDS = 1e9


class _FencedDelivery(Delivery):
    """A delivery without a spool: what is stored after the lease must not come from elsewhere."""

    def close(
        self, changes: Iterable[Change], attempts: int, pause: float, patience: float = 0.0
    ) -> str | None:
        self.hold(changes)
        error = self._deliver_patiently(attempts, pause, patience)
        self.pending = []
        if error is not None:
            raise error
        return None


def _leased_by_hand(record: RunRecord, claims: Claims) -> QueueEntry:
    known = claims.entry(record.id)
    message = f"The run {record.id!r} cannot be resumed: it is running"
    busy = SacredError(message, print_traceback=False)
    if known is not None and known.state == LEASED:
        if known.lease is None or not is_gone(known.lease.process):
            raise busy
        claims.put_back(known, DEAD)
    elif known is None or known.state == DONE:
        if record.status == RUNNING:
            raise busy
        claims.requeue(record.id)
    lease = Lease(
        worker=f"{platform.node()}-{os.getpid()}",
        host=platform.node(),
        process=process_token(),
        seconds=_NO_RENEWAL_SECONDS,
        by_hand=True,
    )
    entry = claims.claim(lease, lambda entry: str(entry.run_id) == str(record.id))
    if entry is None:
        raise busy
    return entry


def _is_store(observer: Any) -> bool:
    return hasattr(observer, "writes_to")


def _end_with_worker(pipe: int) -> None:
    """Kill this process when the other end of a pipe, which the worker holds, is closed."""

    def wait() -> None:
        while os.read(pipe, 1):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    helper_thread(wait, "sacred-worker-watch").start()
