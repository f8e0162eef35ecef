"""The regular beat of a run: what is new since the last one, told to the observers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.clock import utcnow
from sacred._base.deferred_thread import DeferredThread
from sacred.events import Event, Heartbeat, MetaInfoUpdated, MetricsLogged, OutputWritten
from sacred.metrics_logger import MetricsLogger
from sacred.stdout_capturing import CapturedOutput

if TYPE_CHECKING:
    from sacred.lifecycle.dispatcher import Dispatcher
    from sacred.lifecycle.output_record import OutputRecord

__all__ = ["HeartbeatThread"]

# Characters.
_AT_ONCE = 1 << 20

#: What a run may still change of its meta information while it is under way.
ANNOTATIONS = ("tags", "group", "notes", "starred", "comment")


def _annotations(meta_info: Mapping[str, Any]) -> dict[str, str]:
    """As texts, for lists that change and values that cannot be compared."""
    return {name: str(meta_info[name]) for name in ANNOTATIONS if name in meta_info}


class HeartbeatThread:
    """Beats while a run is under way.

    Args:
        dispatcher: tells the observers.
        metrics: where the run's points are queued.
        info: the live ``info`` of the run.
        output: the run's output so far.
        result: gives the result as known now.
        meta_info: gives the run's meta information as it is now.
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
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._info = info
        self._result = result
        self._meta_info = meta_info
        self._told_annotations = _annotations(meta_info())
        self._new_output: Callable[[], Iterable[str]] = tuple
        # One beat at a time: points and output leave their queues in order.
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._interval = 0.0
        self._due = 0.0
        self._thread = DeferredThread(self._live, "sacred-heartbeat")
        metrics.on_batch = self._hurry

    def listen_to(self, capture: CapturedOutput) -> None:
        """Where each beat gets the output written since the last one."""
        self._new_output = capture.pieces
        capture.on_much = self._hurry

    def start(self, interval: float) -> None:
        """Beat every ``interval`` seconds from a background thread.

        In between it wakes up when there is more new than should stay in memory.
        """
        self._interval = interval
        self._due = time.monotonic() + interval
        self._thread.start(0 if self._wake.is_set() else interval)

    def _hurry(self) -> None:
        self._wake.set()
        self._thread.hasten()

    def _live(self) -> None:
        while not self._stopped:
            if self._wake.wait(max(0, self._due - time.monotonic())):
                self._wake.clear()
                if not self._stopped:
                    self._tell_early()
            else:
                self.beat()
                self._due = time.monotonic() + self._interval

    def stop(self) -> None:
        """End the background thread and wait until its beat is delivered.

        The run has a last beat of its own, when the output is complete.
        """
        self._stopped = True
        self._wake.set()
        self._thread.join()

    def _tell_early(self) -> None:
        with self._lock:
            self._tell_output()
            self._tell_metrics()

    def _tell_output(self) -> None:
        for new in self._new_output():
            # On its way into a store a text is copied several times.
            for start in range(0, len(new), _AT_ONCE):
                piece = self.output.add(new[start : start + _AT_ONCE])
                if piece is not None:
                    self._dispatcher.emit(OutputWritten(**piece._asdict()))

    def _tell_metrics(self) -> bool:
        told = False
        for points in self._metrics.take_batches():
            self._dispatcher.emit(MetricsLogged(metrics_by_name=points, info=self._info))
            told = True
        return told

    def _tell_annotations(self) -> None:
        meta_info = self._meta_info()
        annotations = _annotations(meta_info)
        if annotations != self._told_annotations:
            self._told_annotations = annotations
            self._dispatcher.emit(MetaInfoUpdated(meta_info=meta_info))

    def beat(self) -> None:
        """Tell the observers all that is new."""
        with self._lock:
            self._tell_news()
            self._dispatcher.emit(self._heartbeat())

    def end(self, closing: Event) -> None:
        """Tell the observers all that is new for the last time, and how the run has ended."""
        with self._lock:
            self._tell_news()
            self._dispatcher.end(self._heartbeat(), closing)

    def _tell_news(self) -> None:
        self._tell_output()
        self._tell_annotations()
        if not self._tell_metrics():
            self._dispatcher.emit(MetricsLogged(metrics_by_name={}, info=self._info))

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(
            info=self._info,
            captured_out=self.output,
            beat_time=utcnow(),
            result=self._result(),
        )
