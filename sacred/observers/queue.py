"""An observer that delivers events from a background thread, so that the run need not wait."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from typing import Any, NamedTuple

from sacred._base.current_run import acting_for, current_run
from sacred.observers.base import RunId, RunObserver
from sacred.observers.store_observer import StoreObserver

__all__ = ["QueueObserver", "WrappedEvent"]


class WrappedEvent(NamedTuple):
    """A queued call of an observer's method, with the token of its run."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    run: object | None = None


class QueueObserver(RunObserver):
    """Passes events on to another observer, in order and from a background thread.

    The start of a run is passed on directly: it decides its id, and whether it can
    be observed at all. A later event that fails is tried again after
    `retry_interval`, some times; then it is logged, and the next one has its turn.
    (Observers with a store keep what they could not store, and in the end write it
    to a file.)

    Args:
        covered_observer: any observer.
        interval: how long an idle thread waits at most before it tries again to
            store what has failed, in seconds; new events wake it at once.
        retry_interval: seconds before a failed event is tried again.
    """

    #: How often an event is tried. Once one has failed so often, others are tried
    #: once until one succeeds, so the end of a run does not wait for ever.
    attempts = 3

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
        # The runs under way: one observer may serve several at once.
        self._runs: list[object | None] = []
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._stopping = threading.Event()
        self._given_up = False
        # Copies of artifacts that wait: users may remove theirs as soon as it was added.
        self._copies: str | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_covered_observer":
            raise AttributeError(name)
        return getattr(self._covered_observer, name)

    def __repr__(self) -> str:
        return f"QueueObserver({self._covered_observer!r})"

    def queued_event(self, *args: Any, **kwargs: Any) -> RunId:
        """Passed on directly."""
        return self._call(WrappedEvent("queued_event", args, kwargs, current_run()))

    def started_event(self, *args: Any, **kwargs: Any) -> RunId:
        """Passed on directly; then the background thread starts."""
        run_id = self._call(WrappedEvent("started_event", args, kwargs, current_run()))
        with self._lock:
            self._runs.append(current_run())
            self._start()
        return run_id

    def withdraw(self) -> None:
        """Passed on directly: the run does not start after all."""
        if hasattr(self._covered_observer, "withdraw"):
            self._covered_observer.withdraw()
        with self._lock:
            if current_run() in self._runs:
                self._runs.remove(current_run())

    def heartbeat_event(self, *args: Any, **kwargs: Any) -> None:
        """Passed on later."""
        self._enqueue("heartbeat_event", args, kwargs)

    def wants_output_chunks(self) -> bool:
        """Whether the covered observer wants the output apart (`sacred.events.OutputWritten`)."""
        covered = getattr(type(self._covered_observer), "wants_output_chunks", None)
        method = getattr(self.heartbeat_event, "__func__", None)
        ours = method is QueueObserver.heartbeat_event
        return ours and covered is not None and bool(covered(self._covered_observer))

    def output_event(self, *args: Any, **kwargs: Any) -> None:
        """Passed on later."""
        self._enqueue("output_event", args, kwargs)

    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        """Passed on later."""
        self._enqueue("log_metrics", args, kwargs)

    def resource_event(self, *args: Any, **kwargs: Any) -> None:
        """Passed on later."""
        self._enqueue("resource_event", args, kwargs)

    def artifact_event(
        self,
        name: str,
        filename: str,
        metadata: dict[str, Any] | None = None,
        content_type: str | None = None,
    ) -> None:
        """Passed on later, with a copy of the file as it is now.

        Raises:
            InvalidArtifactError: the covered observer cannot store such a name.
            ReservedArtifactError: likewise.
            OSError: the file cannot be read.
        """
        check = getattr(self._covered_observer, "check_artifact", None)
        if check is not None:
            check(name)
        copy = self._copy_of(filename)
        self._enqueue("artifact_event", (name, copy, metadata, content_type), {})

    def experiment_info_event(self, *args: Any, **kwargs: Any) -> None:
        """Passed on later."""
        self._enqueue("experiment_info_event", args, kwargs)

    def meta_info_event(self, *args: Any, **kwargs: Any) -> None:
        """Passed on later."""
        self._enqueue("meta_info_event", args, kwargs)

    def completed_event(self, *args: Any, **kwargs: Any) -> None:
        """Passed on later; `join` waits for it."""
        self._enqueue("completed_event", args, kwargs)

    def interrupted_event(self, *args: Any, **kwargs: Any) -> None:
        """Passed on later; `join` waits for it."""
        self._enqueue("interrupted_event", args, kwargs)

    def failed_event(self, *args: Any, **kwargs: Any) -> None:
        """Passed on later; `join` waits for it."""
        self._enqueue("failed_event", args, kwargs)

    def join(self) -> None:
        """Wait until all events are delivered, or given up; after the last run end the thread."""
        run = current_run()
        with self._lock:
            if run in self._runs:
                self._runs.remove(run)
            is_last = not self._runs
        if is_last:
            self._end()
        else:
            self._queue.join()  # the thread goes on for the runs around this one
        self._call(WrappedEvent("join", (), {}, run))

    def _end(self) -> None:
        if self._worker is not None:
            self._stopping.set()
            self._queue.put(None)
            self._worker.join()
            self._worker = None
        if self._copies is not None:
            _remove(self._copies)
            self._copies = None

    def _call(self, event: WrappedEvent) -> Any:
        method = getattr(self._covered_observer, event.name, None)
        if method is None:
            return None
        with acting_for(event.run):
            return method(*event.args, **event.kwargs)

    def _start(self) -> None:
        if self._worker is not None:
            return
        self._stopping.clear()
        self._given_up = False
        # A daemon: should nobody call join(), the process must be able to end.
        self._worker = threading.Thread(
            target=self._work, name="sacred-queue-observer", daemon=True
        )
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
        # In a directory of its own, so that it can keep its name.
        folder = tempfile.mkdtemp(dir=self._copies)
        return shutil.copy2(filename, os.path.join(folder, os.path.basename(filename)))

    def _work(self) -> None:
        while True:
            try:
                event = self._queue.get(timeout=self._interval)
            except queue.Empty:
                self._catch_up()
                continue
            try:
                if event is None:
                    return
                self._deliver(event)
            finally:
                self._queue.task_done()

    def _catch_up(self) -> None:
        if isinstance(self._covered_observer, StoreObserver):
            try:
                self._covered_observer.deliver_pending()
            except Exception:
                pass  # it failed before, and was reported then

    def _deliver(self, event: WrappedEvent) -> None:
        attempts = 1 if self._given_up else self.attempts
        for attempts_left in reversed(range(attempts)):
            try:
                self._call(event)
                self._given_up = False
                break
            except Exception as error:
                if isinstance(self._covered_observer, StoreObserver):
                    # It has kept the event and stores it with the next one; told again,
                    # it would count the points of a metric twice.
                    event = WrappedEvent("deliver_pending", (), {}, event.run)
                if not attempts_left:
                    self._given_up = True
                    self._report(event, error)
                elif not self._queue.empty() and event.name == "deliver_pending":
                    break  # the next event brings it along
                else:
                    self._wait()
        if event.name == "artifact_event":
            _remove(os.path.dirname(event.args[1]))

    def _wait(self) -> None:
        if self._stopping.wait(self._retry_interval):
            # The run has ended, and somebody waits for us.
            time.sleep(min(self._retry_interval, 1.0))

    def _report(self, event: WrappedEvent, error: Exception) -> None:
        logging.getLogger(__name__).warning(
            "%s of %s failed: %s: %s",
            event.name,
            type(self._covered_observer).__name__,
            type(error).__name__,
            error,
        )


def _remove(directory: str) -> None:
    import shutil  # see `_copy_of`

    shutil.rmtree(directory, ignore_errors=True)
