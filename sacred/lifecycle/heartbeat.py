"""The regular beat of a run: what is new since the last one, told to the observers."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.clock import utcnow
from sacred.events import Heartbeat, MetaInfoUpdated, MetricsLogged, OutputWritten
from sacred.metrics_logger import MetricsLogger
from sacred.stdout_capturing import CapturedOutput

if TYPE_CHECKING:
    from sacred.lifecycle.dispatcher import Dispatcher
    from sacred.lifecycle.output import OutputRecord

__all__ = ["Heart"]

# Characters.
_AT_ONCE = 1 << 20

#: What a run may still change of its meta information while it is under way.
ANNOTATIONS = ("tags", "group", "notes", "starred", "comment")


def _annotations(meta_info: Mapping[str, Any]) -> dict[str, str]:
    """As texts, for lists that change and values that cannot be compared."""
    return {name: str(meta_info[name]) for name in ANNOTATIONS if name in meta_info}


class Heart:
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
        self._new_output: Callable[[], str] = str
        # One beat at a time: points and output leave their queues in order.
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        metrics.on_batch = self._wake.set

    def listen_to(self, capture: CapturedOutput) -> None:
        """Where each beat gets the output written since the last one."""
        self._new_output = capture.get
        capture.on_much = self._wake.set

    def start(self, interval: float) -> None:
        """Beat every ``interval`` seconds from a background thread.

        In between it wakes up when there is more new than should stay in memory.
        """
        # A daemon: a program that dies must not wait for its next beat.
        self._thread = threading.Thread(
            target=self._live, args=(interval,), name="sacred-heartbeat", daemon=True
        )
        self._thread.start()

    def _live(self, interval: float) -> None:
        due = time.monotonic() + interval
        while not self._stopped:
            if self._wake.wait(max(0, due - time.monotonic())):
                self._wake.clear()
                if not self._stopped:
                    self._tell_early()
            else:
                self.beat()
                due = time.monotonic() + interval

    def stop(self) -> None:
        """End the background thread and wait until its beat is delivered.

        The run has a last beat of its own, when the output is complete.
        """
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            # A second Ctrl-C may have come in the midst of its start; it ends by itself then.
            with contextlib.suppress(RuntimeError):
                self._thread.join()
            self._thread = None

    def _tell_early(self) -> None:
        with self._lock:
            self._tell_output()
            self._tell_metrics()

    def _tell_output(self) -> None:
        new = self._new_output()
        # On its way into a store a text is copied several times. When this thread has not
        # been given time for long while the run printed, that must not be a copy of it all.
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
            self._tell_output()
            self._tell_annotations()
            if not self._tell_metrics():
                self._dispatcher.emit(MetricsLogged(metrics_by_name={}, info=self._info))
            self._dispatcher.emit(
                Heartbeat(
                    info=self._info,
                    captured_out=self.output,
                    beat_time=utcnow(),
                    result=self._result(),
                )
            )
