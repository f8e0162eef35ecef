"""An observer that delivers events from a background thread, so that the run need not wait."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from sacred._base.current_run import acting_for, current_run
from sacred._base.deferred_thread import block_signals, blocking_only, helper_thread
from sacred._base.errors import RecordIncompleteError
from sacred._base.run_ids import RunId
from sacred.observers.base import RunObserver
from sacred.observers.store_observer import StoreObserver

__all__ = ["QueueObserver", "WrappedEvent"]


class CopiedPath(str):
    """The path of a copy, which remembers the path of the user's file."""

    original: str


class WrappedEvent(NamedTuple):
    """A queued call of an observer's method, with the token of its run."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    run: object | None = None


class QueueObserver(RunObserver):
    """Forwards events to another observer, in order and from a background thread.

    The start of a run is forwarded directly, because it assigns the id and may fail. The event
    that ends a run returns when the covered observer has processed it; an observer with a
    store has then stored everything, or written the rest to a spool. Other events return at
    once. An event that fails is retried every `retry_interval` for `patience` seconds; then it
    is logged and dropped. (Observers with a store keep what they could not store.)

    Args:
        covered_observer: any observer.
        interval: seconds after which an idle thread retries what could not be stored; new
            events wake it at once.
        retry_interval: seconds between two attempts to deliver an event.
    """

    #: Seconds for which a failing event is retried. Once an event was dropped, each further
    #: one has a single attempt until one succeeds, so that the end of a run is not delayed
    #: again and again.
    patience: float = 30.0

    def __init__(
        self,
        covered_observer: Any,
        interval: float = 20.0,
        retry_interval: float = 10.0,
    ) -> None:
        self._covered_observer = covered_observer
        self.priority = getattr(covered_observer, "priority", 0)
        self._interval = interval
        self._retry_interval = retry_interval
        self._queue: queue.Queue[WrappedEvent | None] = queue.Queue()
        # The active runs: one observer may serve several at once.
        self._runs: list[object | None] = []
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        # While a thread waits until everything is delivered.
        self._awaited = threading.Event()
        self._given_up = False
        self._incomplete: RecordIncompleteError | None = None
        # Directory of copies of queued artifacts; users may remove theirs at any time.
        self._copies: str | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_covered_observer":
            raise AttributeError(name)
        return getattr(self._covered_observer, name)

    def __repr__(self) -> str:
        return f"QueueObserver({self._covered_observer!r})"

    def queued_event(self, *args: Any, **kwargs: Any) -> RunId | None:
        """Forward the event at once, without the queue.

        See `RunObserver.queued_event`.
        """
        run_id: RunId | None = self._call(WrappedEvent("queued_event", args, kwargs, current_run()))
        return run_id

    def started_event(self, *args: Any, **kwargs: Any) -> RunId | None:
        """Forward the event at once, then start the background thread.

        See `RunObserver.started_event`.
        """
        run_id: RunId | None = self._call(
            WrappedEvent("started_event", args, kwargs, current_run())
        )
        with self._lock:
            self._runs.append(current_run())
            self._start()
        return run_id

    def withdraw(self) -> None:
        """Forward the call directly: the run does not start after all."""
        if hasattr(self._covered_observer, "withdraw"):
            self._covered_observer.withdraw()
        with self._lock:
            if current_run() in self._runs:
                self._runs.remove(current_run())

    def heartbeat_event(self, *args: Any, **kwargs: Any) -> None:
        """Queue the heartbeat.

        See `RunObserver.heartbeat_event`.
        """
        self._enqueue("heartbeat_event", args, kwargs)

    def wants_output_chunks(self) -> bool:
        """Whether the covered observer receives `sacred.events.OutputWritten`."""
        covered = getattr(type(self._covered_observer), "wants_output_chunks", None)
        method = getattr(self.heartbeat_event, "__func__", None)
        ours = method is QueueObserver.heartbeat_event
        return ours and covered is not None and bool(covered(self._covered_observer))

    def output_event(self, *args: Any, **kwargs: Any) -> None:
        """Queue a chunk of output.

        See `StoreObserver.output_event`.
        """
        self._enqueue("output_event", args, kwargs)

    def log_metrics(
        self, metrics_by_name: Mapping[str, Mapping[str, Any]], info: dict[str, Any]
    ) -> None:
        """Queue new points of metrics.

        An observer whose method takes three arguments, as Sacred 0.8 called it behind a queue
        (``log_metrics(metric_name, metric_values, info)``), is called once per metric; any
        other one once for all of them. See `RunObserver.log_metrics`.

        Args:
            metrics_by_name: the new points (``steps``, ``values``, ``timestamps``) by metric.
            info: the ``info`` of the run.
        """
        if not _takes_one_metric(getattr(self._covered_observer, "log_metrics", None)):
            known = {"metrics_by_name": metrics_by_name, "info": info}
            self._enqueue("log_metrics", (), known)
            return
        for name, points in metrics_by_name.items():
            self._enqueue("log_metrics", (name, points, info), {})

    def resource_event(self, *args: Any, **kwargs: Any) -> None:
        """Queue a file that the run has read.

        See `RunObserver.resource_event`.
        """
        self._enqueue("resource_event", args, kwargs)

    def artifact_event(
        self,
        name: str,
        filename: str,
        metadata: dict[str, Any] | None = None,
        content_type: str | None = None,
    ) -> None:
        """Queue a file that the run has written, as a copy of its present content.

        See `RunObserver.artifact_event`.

        Raises:
            InvalidArtifactError: the covered observer cannot store a file of that name.
            ReservedArtifactError: likewise.
            OSError: the file cannot be read.
        """
        check = getattr(self._covered_observer, "check_artifact", None)
        if check is not None:
            check(name)
        copy = CopiedPath(self._copy_of(filename))
        copy.original = filename
        self._enqueue("artifact_event", (name, copy, metadata, content_type), {})

    def experiment_info_event(self, *args: Any, **kwargs: Any) -> None:
        """Queue the sources or packages that were discovered after the start.

        See `RunObserver.experiment_info_event`.
        """
        self._enqueue("experiment_info_event", args, kwargs)

    def meta_info_event(self, *args: Any, **kwargs: Any) -> None:
        """Queue the changed annotations.

        See `RunObserver.meta_info_event`.
        """
        self._enqueue("meta_info_event", args, kwargs)

    def details_event(self, *args: Any, **kwargs: Any) -> None:
        """Queue a field that lists of runs do not read.

        See `RunObserver.details_event`.
        """
        self._enqueue("details_event", args, kwargs)

    def completed_event(self, *args: Any, **kwargs: Any) -> None:
        """Queue the end of the run, and wait until all events are processed.

        See `RunObserver.completed_event`.
        """
        self._enqueue("completed_event", args, kwargs)
        self._deliver_all()

    def interrupted_event(self, *args: Any, **kwargs: Any) -> None:
        """Queue the interruption of the run, and wait until all events are processed.

        See `RunObserver.interrupted_event`.
        """
        self._enqueue("interrupted_event", args, kwargs)
        self._deliver_all()

    def failed_event(self, *args: Any, **kwargs: Any) -> None:
        """Queue the failure of the run, and wait until all events are processed.

        See `RunObserver.failed_event`.
        """
        self._enqueue("failed_event", args, kwargs)
        self._deliver_all()

    def join(self) -> None:
        """Wait until all events are delivered or dropped; after the last run, end the thread."""
        run = current_run()
        with self._lock:
            if run in self._runs:
                self._runs.remove(run)
            is_last = not self._runs
        if is_last:
            self._end()
        else:
            self._deliver_all()  # the thread continues for the other runs
        self._call(WrappedEvent("join", (), {}, run))

    def _end(self) -> None:
        if self._worker is not None:
            self._awaited.set()
            self._queue.put(None)
            self._worker.join()
            self._worker = None
        if self._copies is not None:
            _remove(self._copies)
            self._copies = None

    def _deliver_all(self) -> None:
        """Wait until the queue is empty and its last event is processed."""
        worker = self._worker
        self._awaited.set()
        try:
            with self._queue.all_tasks_done:
                # A forked process has a copy of the queue, but not of the thread.
                while self._queue.unfinished_tasks and worker is not None and worker.is_alive():
                    self._queue.all_tasks_done.wait(0.2)
        finally:
            self._awaited.clear()
        if self._incomplete is not None:
            error, self._incomplete = self._incomplete, None
            raise error

    def _call(self, event: WrappedEvent) -> Any:
        method = getattr(self._covered_observer, event.name, None)
        if method is None:
            return None
        with acting_for(event.run):
            return method(*event.args, **event.kwargs)

    def _start(self) -> None:
        if self._worker is not None:
            return
        self._awaited.clear()
        self._given_up = False
        # It knows itself when signals are blocked.
        self._worker = helper_thread(self._work, "sacred-queue-observer", starts_processes=True)
        self._worker.start()

    def _enqueue(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._worker is None:
            raise RuntimeError("QueueObserver has not received a started_event of a run")
        self._queue.put(WrappedEvent(name, args, kwargs, current_run()))

    def _copy_of(self, filename: str) -> str:
        # Here, because these load a dozen modules that runs without artifacts do not need.
        import shutil
        import tempfile

        if self._copies is None:
            self._copies = tempfile.mkdtemp(prefix="sacred-queue-")
        # In a directory of its own, so that it keeps its name.
        folder = tempfile.mkdtemp(dir=self._copies)
        return shutil.copy2(filename, os.path.join(folder, os.path.basename(filename)))

    def _work(self) -> None:
        # Only the observer is called without that: it may start processes, which inherit it.
        blocked = block_signals()
        while True:
            try:
                event = self._queue.get(timeout=self._interval)
            except queue.Empty:
                with blocking_only(blocked):
                    self._catch_up()
                continue
            try:
                if event is None:
                    return
                self._deliver(event, blocked)
            finally:
                self._queue.task_done()

    def _catch_up(self) -> None:
        if isinstance(self._covered_observer, StoreObserver):
            try:
                self._covered_observer.deliver_pending()
            except BaseException:
                pass  # it failed and was reported before

    def _deliver(self, event: WrappedEvent, blocked: set[int]) -> None:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                with blocking_only(blocked):
                    self._call(event)
                self._given_up = False
                break
            except RecordIncompleteError as error:
                self._incomplete = error  # raised by the closing event
                break
            except BaseException as error:  # `sys.exit()` would end this thread
                if isinstance(self._covered_observer, StoreObserver):
                    # It keeps the changes of the event; to repeat the event itself would
                    # count the points of a metric twice.
                    event = WrappedEvent("deliver_pending", (), {}, event.run)
                if self._given_up or time.monotonic() >= deadline:
                    self._given_up = True
                    self._report(event, error)
                    break
                if event.name == "deliver_pending" and not self._queue.empty():
                    break  # the next event retries it
                self._wait()
        if event.name == "artifact_event":
            _remove(os.path.dirname(event.args[1]))

    def _wait(self) -> None:
        # Shorter while a thread waits for the end of the queue.
        if self._awaited.wait(self._retry_interval):
            time.sleep(min(self._retry_interval, 1.0))

    def _report(self, event: WrappedEvent, error: BaseException) -> None:
        # Not at the top: an import of observers does without it.
        import logging

        logging.getLogger(__name__).warning(
            "%s of %s failed: %s: %s",
            event.name,
            type(self._covered_observer).__name__,
            type(error).__name__,
            error,
        )


def _takes_one_metric(method: Any) -> bool:
    """Whether a `log_metrics` is one of three arguments: name, points and info."""
    import inspect  # see `QueueObserver._copy_of`

    if method is None:
        return False
    try:
        signature = inspect.signature(method)
        signature.bind("", {}, {})
    except (TypeError, ValueError):
        return False
    return "metrics_by_name" not in signature.parameters


def _remove(directory: str) -> None:
    import shutil  # see `_copy_of`

    shutil.rmtree(directory, ignore_errors=True)
