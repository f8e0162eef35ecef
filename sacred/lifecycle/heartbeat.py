"""The regular beat of a run: what is new since the last one, told to the observers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sacred._base.clock import IntervalTimer, utcnow
from sacred.events import Heartbeat, MetricsLogged
from sacred.metrics_logger import MetricsLogger, linearize_metrics

if TYPE_CHECKING:
    from sacred.lifecycle.dispatcher import Dispatcher

__all__ = ["Heart", "OutputRecord"]

OutputFilter = Callable[[str], str]


class OutputRecord:
    """The whole captured output of a run so far, filtered if the user wants it.

    >>> record = OutputRecord(str.upper, logging.getLogger("doc"))
    >>> record.add("a"); record.add("b"); record.text
    'AB'
    """

    def __init__(self, output_filter: OutputFilter | None, logger: logging.Logger) -> None:
        self.text = ""
        self._filter = output_filter
        self._logger = logger

    def add(self, new: str) -> None:
        """Append text; a filter that fails is reported once and dropped."""
        if not new:
            return
        self.text += new
        if self._filter is None:
            return
        try:
            self.text = self._filter(self.text)
        except Exception as error:
            self._logger.warning(
                "The captured_out_filter failed with %s: %s. The output is stored unfiltered.",
                type(error).__name__,
                error,
            )
            self._filter = None


class Heart:
    """Beats while a run is under way.

    Args:
        dispatcher: tells the observers.
        metrics: where the run's points are queued.
        info: the live ``info`` of the run.
        output: the run's output so far.
        result: gives the result as known now.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        metrics: MetricsLogger,
        info: dict[str, Any],
        output: OutputRecord,
        result: Callable[[], Any],
    ) -> None:
        self.output = output
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._info = info
        self._result = result
        self._new_output: Callable[[], str] = str
        # One beat at a time: points and output leave their queues in order.
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def listen_to(self, new_output: Callable[[], str]) -> None:
        """Where each beat gets the output written since the last one."""
        self._new_output = new_output

    def start(self, interval: float) -> None:
        """Beat every ``interval`` seconds from a background thread."""
        self._thread = IntervalTimer(self._stopped, self._regular_beat, interval)
        self._thread.start()

    def _regular_beat(self) -> None:
        # The timer calls once more at its end. The run has a last beat of its own, when
        # the output is complete.
        if not self._stopped.is_set():
            self.beat()

    def stop(self) -> None:
        """End the background thread and wait until its beat is delivered."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def beat(self) -> None:
        """Tell the observers all that is new."""
        with self._lock:
            self.output.add(self._new_output())
            points = linearize_metrics(self._metrics.get_last_metrics())
            self._dispatcher.emit(MetricsLogged(metrics_by_name=points, info=self._info))
            self._dispatcher.emit(
                Heartbeat(
                    info=self._info,
                    captured_out=self.output.text,
                    beat_time=utcnow(),
                    result=self._result(),
                )
            )
