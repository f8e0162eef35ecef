"""The base of all observers that write run documents to a store."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from sacred._base.current_run import current_run
from sacred._base.run_ids import RunId
from sacred.events import accepts_timestamps
from sacred.observers.base import JsonDict, RunObserver
from sacred.observers.editable_entry import EditableEntry, plain_fields
from sacred.stores.bounded import bounded
from sacred.stores.changes import Change, SetFields, SourceFile
from sacred.stores.delivery import Delivery
from sacred.stores.document import RunChangeTracker
from sacred.stores.store import QueueUnsupportedError, Store

if TYPE_CHECKING:
    import datetime
    from typing import Self

__all__ = ["OldConstructors", "RecordState", "StoreObserver"]


class RecordState:
    """The state of one run that is being recorded."""

    __slots__ = ("delivery", "entry", "output_held", "writer")

    def __init__(self) -> None:
        self.writer = RunChangeTracker()
        self.delivery: Delivery | None = None
        #: Characters of output held back until the next write.
        self.output_held = 0
        #: The document as shown to users, who may edit it.
        self.entry = EditableEntry()


# Output of this length is written at once instead of with the next heartbeat.
_MAX_HELD_CHARS = 1 << 19


class OldConstructors:
    """Deprecated alternative constructors."""

    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> Self:
        """Deprecated alias of the constructor.

        Args:
            *args: passed to the constructor.
            **kwargs: likewise.
        """
        return cls._construct("create", *args, **kwargs)

    @classmethod
    def create_from(cls, *args: Any, **kwargs: Any) -> Self:
        """Deprecated alias of the constructor.

        Args:
            *args: passed to the constructor.
            **kwargs: likewise.
        """
        return cls._construct("create_from", *args, **kwargs)

    @classmethod
    def _construct(cls, way: str, *args: Any, **kwargs: Any) -> Self:
        name = cls.__name__
        warnings.warn(
            f"{name}.{way}(...) is deprecated; use {name}(...) instead.",
            DeprecationWarning,
            stacklevel=3,
        )
        return cls(*args, **kwargs)


class StoreObserver(RunObserver):
    """Writes the record of a run into a store.

    After the start, a failing store loses nothing: the methods raise (and the dispatcher logs
    it), and what was not stored is retried with the next event. The closing event retries
    several times and then writes a spool, whose path it prints
    (`sacred.stores.spool.replay` stores it later).

    One observer may serve several runs at once, nested or in parallel threads;
    `sacred._base.current_run` tells which run an event belongs to.

    Args:
        store: destination of the records.
        priority: observers with a higher priority receive events first.
        failure_dir: parent directory of spools; None: ``~/.local/share/sacred/spool``.
    """

    #: Number of attempts of a closing event while the store is unavailable, by status;
    #: `interrupted_attempts` for all others.
    closing_attempts: ClassVar[Mapping[str, int]] = {"COMPLETED": 10, "FAILED": 1}
    interrupted_attempts: ClassVar[int] = 3
    #: Seconds for which a closing event retries at least, regardless of the number of attempts.
    closing_patience: ClassVar[float] = 0.0
    #: Seconds between two attempts.
    pause: ClassVar[float] = 1.0

    def __init__(self, store: Store, priority: int = 0, failure_dir: str | None = None) -> None:
        self.store = store
        self.priority = priority
        self.failure_dir = failure_dir
        self._records: dict[object, RecordState] = {}
        # The run that started last, which users may inspect after its end.
        self._latest = RecordState()
        # The store, and the same with deadlines; a subclass may replace the store.
        self._deadlines: tuple[Store, Store] | None = None

    @property
    def writes_to(self) -> Hashable:
        """What identifies the destination; of observers with the same one, a run uses only one."""
        return "store", id(self.store)

    def __getstate__(self) -> dict[str, Any]:
        # A copy observes other runs than the original, for example in a worker process.
        return {**self.__dict__, "_records": {}, "_latest": RecordState(), "_deadlines": None}

    @property
    def bounded_store(self) -> Store:
        """The store, with a deadline for each call."""
        if self._deadlines is None or self._deadlines[0] is not self.store:
            self._deadlines = self.store, bounded(self.store)
        return self._deadlines[1]

    @property
    def _record(self) -> RecordState:
        """The state of the run that the current event belongs to, else of the latest run."""
        return self._records.get(current_run(), self._latest)

    @property
    def _writer(self) -> RunChangeTracker:
        return self._record.writer

    @property
    def delivery(self) -> Delivery | None:
        """The delivery of the current run's changes, else of the latest run's; None: no run."""
        return self._record.delivery

    def highest_id(self) -> int | None:
        """The highest number among the ids of stored runs; None if they are not numbered."""
        # A subclass that overrides this method names runs when it is not given an id.
        own = type(self).started_event.__module__.partition(".")[0]
        return self.bounded_store.highest_id() if own == __name__.partition(".")[0] else None

    def withdraw(self) -> None:
        """Remove the record of the run that has just been started: its id is taken elsewhere."""
        record = self._records.pop(current_run(), None)
        delivery = None if record is None else record.delivery
        self._latest = RecordState()
        if delivery is not None:
            self.bounded_store.discard(delivery.run_id)
            self.bounded_store.remove(delivery.run_id)

    def queued_event(
        self,
        ex_info: JsonDict,
        command: str,
        host_info: JsonDict,
        queue_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: JsonDict,
        _id: RunId | None,
    ) -> RunId:
        """Create a record with the status ``QUEUED``.

        See `RunObserver.queued_event`.

        Raises:
            StoreError: the store cannot be reached, or the id is taken.
        """
        record = RecordState()
        document, files = record.writer.queued(
            ex_info, command, host_info, queue_time, config, meta_info
        )
        return self._begin(record, _id, document, files)

    def enqueued_event(self, queue_time: datetime.datetime, priority: float) -> None:
        """Put the run into the queue of the store, if that has one.

        See `RunObserver.enqueued_event`.
        """
        # Not at the top: most runs are never queued.
        from sacred.stores.claims import claims_of

        self._write()
        run_id = self._running.run_id
        self._records.pop(current_run(), None)
        try:
            claims_of(self.store).enqueue(run_id, priority, queue_time.isoformat())
        except QueueUnsupportedError as error:
            import logging

            logging.getLogger(__name__).warning("No worker can take this run: %s", error)

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
        """Create a record with the status ``RUNNING``.

        See `RunObserver.started_event`.

        Raises:
            StoreError: the store cannot be reached, or the id is taken.
        """
        record = RecordState()
        document, files = record.writer.started(
            ex_info, command, host_info, start_time, config, meta_info
        )
        return self._begin(record, _id, document, files)

    def heartbeat_event(
        self, info: JsonDict, captured_out: str | None, beat_time: datetime.datetime, result: Any
    ) -> None:
        """Store the time, the new output, and `info` and `result` if they changed.

        See `RunObserver.heartbeat_event`; `captured_out` is None if the output was received by
        `output_event`.
        """
        self._add(self._writer.heartbeat(info, captured_out, beat_time, result))

    def last_heartbeat_event(
        self, info: JsonDict, captured_out: str | None, beat_time: datetime.datetime, result: Any
    ) -> None:
        """Hold the last heartbeat until the closing event, which is written together with it.

        See `RunObserver.heartbeat_event`.
        """
        self._running.hold(self._writer.heartbeat(info, captured_out, beat_time, result))
        if self._extends_writing:
            self._write()

    def wants_output_chunks(self) -> bool:
        """Whether `output_event` replaces the ``captured_out`` of heartbeats.

        True, because the whole output with each heartbeat costs memory; False for subclasses
        that override `heartbeat_event`, which may read it.
        """
        method = getattr(self.heartbeat_event, "__func__", None)
        return method is StoreObserver.heartbeat_event

    def output_event(self, start: int, offset: int, text: str) -> None:
        """Replace the end of the output.

        It is stored with the next heartbeat, or at once if much is held back and the store
        supports appending.

        Args:
            start: how many characters of the output so far are kept.
            offset: the same in bytes of UTF-8.
            text: what follows them.
        """
        changes = self._writer.output(start, offset, text)
        self._record.output_held += len(text)
        if self._record.output_held >= _MAX_HELD_CHARS and self.store.supports_output_append:
            self._add(changes)
        else:
            self._running.hold(changes)

    @accepts_timestamps
    def log_metrics(self, metrics_by_name: Mapping[str, Mapping[str, Any]], info: JsonDict) -> None:
        """Store new points of metrics.

        See `RunObserver.log_metrics`.
        """
        changes = self._writer.metrics(metrics_by_name)
        if changes:
            self._add(changes)

    def resource_event(self, filename: str) -> None:
        """Store a file that the run has read, unless its content is stored already."""
        self._add(self._writer.resource(filename))

    def artifact_event(
        self,
        name: str,
        filename: str,
        metadata: JsonDict | None = None,
        content_type: str | None = None,
    ) -> None:
        """Store a file that the run has written.

        See `RunObserver.artifact_event`.

        Raises:
            InvalidArtifactError: `name` cannot be stored.
            ReservedArtifactError: `name` is a file of the record itself.
        """
        self._add(self._writer.artifact(name, filename, metadata, content_type))

    def experiment_info_event(self, ex_info: JsonDict) -> None:
        """Store sources and packages that were discovered after the start."""
        self._add(self._writer.experiment_info(ex_info))

    def meta_info_event(self, meta_info: JsonDict) -> None:
        """Store changed tags and other annotations."""
        changes = self._writer.meta_info(meta_info)
        if changes:
            self._add(changes)

    def details_event(self, name: str, value: JsonDict) -> None:
        """Hold a field that lists of runs do not read until the next write.

        See `RunObserver.details_event`.
        """
        if self.store.supports_details:
            self._running.hold(self._writer.details(name, value))

    def completed_event(self, stop_time: datetime.datetime, result: Any) -> None:
        """Store the result and the status ``COMPLETED``.

        See `RunObserver.completed_event`.
        """
        self._close(self._writer.completed(stop_time, result), "COMPLETED")

    def interrupted_event(self, interrupt_time: datetime.datetime, status: str) -> None:
        """Store the time of the interruption and its status.

        See `RunObserver.interrupted_event`.
        """
        self._close(self._writer.interrupted(interrupt_time, status), status)

    def failed_event(self, fail_time: datetime.datetime, fail_trace: Sequence[str]) -> None:
        """Store the traceback and the status ``FAILED``.

        See `RunObserver.failed_event`.
        """
        self._close(self._writer.failed(fail_time, fail_trace), "FAILED")

    def deliver_pending(self) -> None:
        """Retry what could not be stored so far.

        Raises:
            Exception: the store failed again.
        """
        if self.delivery is not None:
            self.delivery.deliver()

    def check_artifact(self, name: str) -> None:
        """Check the name of an artifact, as `artifact_event` does.

        Raises:
            InvalidArtifactError: `name` cannot be stored.
            ReservedArtifactError: `name` is a file of the record itself.
        """
        for change in RunChangeTracker().artifact(name, name):
            self.store.check(change)

    def _begin(
        self,
        record: RecordState,
        run_id: RunId | None,
        document: JsonDict,
        files: Sequence[SourceFile],
    ) -> RunId:
        new_id = self.bounded_store.create(run_id, document, files)
        record.delivery = Delivery(self.bounded_store, new_id, document, files, self.failure_dir)
        self._follow(record)
        return new_id

    def _follow(self, record: RecordState) -> None:
        """Write what follows of the current run into this record."""
        self._records[current_run()] = self._latest = record

    def _add(self, changes: Iterable[Change]) -> None:
        self._record.output_held = 0  # it is written with these changes
        self._running.hold(changes)
        self._write()

    @property
    def _extends_writing(self) -> bool:
        """Whether a subclass has code of its own that every write calls."""
        return False

    def _write(self) -> None:
        """Write what is held back, and what users have edited in the entry of the run."""
        self._running.add(self._edits())

    def _write_finally(self, attempts: int) -> str | None:
        """As `_write`, with retries; returns the path of the spool, None if all is stored."""
        return self._running.close(
            self._edits(), attempts, self.pause, patience=self.closing_patience
        )

    def _edits(self) -> list[Change]:
        edits = self._record.entry.take_edits()
        return [SetFields(fields=self._storable(edits))] if edits else []

    def _storable(self, fields: Mapping[str, Any]) -> JsonDict:
        """Hook of subclasses: convert what a user has put into the entry of a run."""
        return plain_fields(fields)

    def _close(self, changes: Iterable[Change], status: str) -> None:
        attempts = self.closing_attempts.get(status, self.interrupted_attempts)
        try:
            self._running.hold([*self._edits(), *changes])
            self._after_close(self._write_finally(attempts))
        finally:
            # The closing event is the last one of a run.
            self._records.pop(current_run(), None)

    def _after_close(self, spool: str | None) -> None:
        """Hook of subclasses; `spool` is the path of the spool, None if all is stored."""

    @property
    def _running(self) -> Delivery:
        if self.delivery is None:
            raise RuntimeError(f"{type(self).__name__} has not received a started_event")
        return self.delivery
