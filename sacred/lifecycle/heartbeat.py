"""The heartbeat of a run, which sends observers everything new since the last one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sacred._base.clock import utcnow
from sacred._base.deferred_thread import DeferredThread, blocking_only
from sacred.events import Event, Heartbeat, MetaInfoUpdated, MetricsLogged, OutputWritten
from sacred.lifecycle.metric_sketch import MetricSketch
from sacred.metrics_logger import MetricsLogger
from sacred.stdout_capturing import CapturedOutput

if TYPE_CHECKING:
    import datetime

    from sacred.lifecycle.dispatcher import Dispatcher
    from sacred.lifecycle.output_record import OutputRecord

__all__ = ["HeartbeatThread"]

# Longest output in one event: a text is copied several times on its way into a store.
_MAX_EVENT_CHARS = 1 << 20

# Seconds between heartbeats that are wanted as often as possible: the run has to get on, too.
_SHORTEST_INTERVAL = 0.05


class HeartbeatThread:
    """Sends heartbeats during a run, from a background thread.

    Args:
        dispatcher: calls the observers.
        metrics: the queue of metric points.
        info: the live ``info`` of the run.
        output: the run's output so far.
        result: returns the current result.
        meta_info: returns the current meta information.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        metrics: MetricsLogger,
        info: dict[str, Any],
        output: OutputRecord,
        result: Callable[[], Any],
        meta_info: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self.output = output
        #: The time of the last heartbeat, or of the start of the run.
        self.last_beat: datetime.datetime | None = None
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._info = info
        self._result = result
        self._meta_info = meta_info
        self._sent_meta_info = self._plain_meta_info()
        #: Returns more events to be sent with a heartbeat.
        self.more_events: Callable[[], Iterable[Event]] = tuple
        self._new_output: Callable[[], Iterable[str]] = tuple
        # One heartbeat at a time: points and output leave their queues in order.
        self._lock = threading.Lock()
        #: A few points of each metric, for notebooks.
        self.sketch = MetricSketch()
        self._wake = threading.Event()
        self._stopped = False
        self._interval = 0.0
        self._due = 0.0
        self._thread = DeferredThread(self._loop, "sacred-heartbeat")
        metrics.on_batch = self._wake_up

    def attach_capture(self, capture: CapturedOutput) -> None:
        """From now on, read new output from a capture at each heartbeat."""
        self._new_output = capture.chunks
        capture.on_large_backlog = self._wake_up

    def start(self, interval: float) -> None:
        """Send a heartbeat every ``interval`` seconds (0: as often as sensible) from a background
        thread.

        The thread also wakes up when more points or output wait than should stay in memory.
        """
        self._interval = interval = interval or _SHORTEST_INTERVAL
        self._due = time.monotonic() + interval
        self._thread.start(0 if self._wake.is_set() else interval)

    def _wake_up(self) -> None:
        self._wake.set()
        self._thread.start_now()

    def _loop(self) -> None:
        while not self._stopped:
            if self._wake.wait(max(0, self._due - time.monotonic())):
                self._wake.clear()
                if not self._stopped:
                    with blocking_only(self._thread.mask):
                        self._send_backlog()
            else:
                with blocking_only(self._thread.mask):  # observers may do that
                    self.beat()
                self._due = time.monotonic() + self._interval

    def stop(self) -> None:
        """Stop the background thread and wait until its heartbeat is delivered.

        The last heartbeat is sent by `end`, when the output is complete.
        """
        self._stopped = True
        self._wake.set()
        self._thread.join()

    def after_fork_in_child(self, info: dict[str, Any]) -> None:
        """Reset a lock that the thread, which does not exist in the child, may have held.

        Args:
            info: the ``info`` to use instead of the run's.
        """
        self._lock = threading.Lock()
        self._info = info
        self._dispatcher.after_fork_in_child()

    def _send_backlog(self) -> None:
        with self._lock:
            self._send_output()
            self._send_metrics()

    def _send_output(self) -> None:
        for new in self._new_output():
            self._emit_output(new)

    def _emit_output(self, new: str) -> None:
        for start in range(0, len(new), _MAX_EVENT_CHARS):
            chunk = self.output.add(new[start : start + _MAX_EVENT_CHARS])
            if chunk is not None:
                self._dispatcher.emit(OutputWritten(**chunk._asdict()))

    def _send_metrics(self) -> bool:
        sent = False
        for points in self._metrics.take_batches():
            self.sketch.add(points)
            self._dispatcher.emit(MetricsLogged(metrics_by_name=points, info=self._info))
            sent = True
        return sent

    def _send_meta_info(self) -> None:
        plain = self._plain_meta_info()
        if plain != self._sent_meta_info:
            self._sent_meta_info = plain
            self._dispatcher.emit(MetaInfoUpdated(meta_info=self._meta_info()))

    def _plain_meta_info(self) -> Any:
        """A copy for comparison: the entries are mutable, and not all values compare."""
        if not self._dispatcher.observers:
            return None
        from sacred.serializer import flatten  # runs without observers need it not

        return flatten(self._meta_info())

    def beat(self) -> None:
        """Send the observers everything new, and a heartbeat."""
        with self._lock:
            self._send_all()
            self._dispatcher.emit(self._heartbeat())

    def add_output(self, text: str) -> None:
        """Add the library's own lines to the output; they are sent with the captured output."""
        with self._lock:
            self._send_output()
            if not self.output.ends_with_newline:
                text = f"\n{text}"
            self._emit_output(text)

    def end(self, closing: Event) -> None:
        """Send the observers everything new, the last heartbeat and the closing event."""
        with self._lock:
            self._send_all()
            self._dispatcher.end(self._heartbeat(), closing)

    def _send_all(self) -> None:
        self._send_output()
        self._send_meta_info()
        for event in self.more_events():
            self._dispatcher.emit(event)
        if not self._send_metrics():
            self._dispatcher.emit(MetricsLogged(metrics_by_name={}, info=self._info))

    def _heartbeat(self) -> Heartbeat:
        # In order, though the clock may be set back.
        self.last_beat = max(utcnow(), self.last_beat) if self.last_beat else utcnow()
        return Heartbeat(
            info=self._info,
            captured_out=self.output,
            beat_time=self.last_beat,
            result=self._result(),
        )
