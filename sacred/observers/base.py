"""The interface that the observers of a run implement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime

    from sacred._base.run_ids import RunId

__all__ = ["RunObserver", "td_format"]

JsonDict = dict[str, Any]


class RunObserver:
    """Base class of observers, with every event method as a no-op.

    Observers with a higher `priority` receive each event first. The first observer that is
    started with ``_id=None`` assigns the id of the run.

    Subclasses override the methods that they need. Methods inherited from one of the
    library's own observers may be extended as usual: call ``super()`` and return what it returns.

    >>> class Printer(RunObserver):
    ...     def completed_event(self, stop_time, result):
    ...         print("result:", result)
    >>> Printer().completed_event(None, 42)
    result: 42
    """

    priority: int = 0

    def queued_event(
        self,
        ex_info: JsonDict,
        command: str,
        host_info: JsonDict,
        queue_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: JsonDict,
        _id: RunId | None,
    ) -> RunId | None:
        """Record a queued run.

        Args:
            ex_info: name, base directory, sources, dependencies and repositories.
            command: name of the command.
            host_info: description of the machine.
            queue_time: naive UTC.
            config: the final configuration.
            meta_info: command line, options, comment and other annotations.
            _id: id of the run; None if no observer has assigned one yet.

        Returns:
            the id of the run (`_id` unless that is None).
        """

    def enqueued_event(self, queue_time: datetime.datetime, priority: float) -> None:
        """Let workers take the run that was queued; its record is complete now.

        Args:
            queue_time: naive UTC.
            priority: runs with a higher one are run earlier.
        """

    def started_event(
        self,
        ex_info: JsonDict,
        command: str,
        host_info: JsonDict,
        start_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: JsonDict,
        _id: RunId | None,
    ) -> RunId | None:
        """Record the start of a run.

        Args:
            ex_info: name, base directory, sources, dependencies and repositories.
            command: name of the command.
            host_info: description of the machine.
            start_time: naive UTC.
            config: the final configuration.
            meta_info: command line, options, comment and other annotations.
            _id: id of the run; None if no observer has assigned one yet.

        Returns:
            the id of the run (`_id` unless that is None).
        """

    def heartbeat_event(
        self, info: JsonDict, captured_out: str, beat_time: datetime.datetime, result: Any
    ) -> None:
        """Record the periodic sign of life of a run.

        Args:
            info: ``run.info``.
            captured_out: the whole output so far.
            beat_time: naive UTC.
            result: ``run.result``, which may be set before the end.
        """

    def completed_event(self, stop_time: datetime.datetime, result: Any) -> None:
        """Record that the run has returned.

        Args:
            stop_time: naive UTC.
            result: what the main function has returned; None if it returns nothing.
        """

    def interrupted_event(self, interrupt_time: datetime.datetime, status: str) -> None:
        """Record that the run was stopped before its end.

        Args:
            interrupt_time: naive UTC.
            status: ``INTERRUPTED``, ``TIMEOUT``, or whatever a `SacredInterrupt` names.
        """

    def failed_event(self, fail_time: datetime.datetime, fail_trace: Sequence[str]) -> None:
        """Record that the run has raised an exception.

        Args:
            fail_time: naive UTC.
            fail_trace: the lines of the traceback, as `traceback.format_exception` makes them.
        """

    def resource_event(self, filename: str) -> None:
        """Record a file that the run has read."""

    def artifact_event(
        self,
        name: str,
        filename: str,
        metadata: JsonDict | None = None,
        content_type: str | None = None,
    ) -> None:
        """Record a file that the run has written.

        Args:
            name: the name to store it under.
            filename: path of its content.
            metadata: any plain data about it.
            content_type: MIME type.
        """

    def log_metrics(self, metrics_by_name: Mapping[str, Mapping[str, Any]], info: JsonDict) -> None:
        """Record new points of metrics.

        Args:
            metrics_by_name: ``{name: {"name", "values", "steps", "timestamps"}}`` with lists of
                equal length.
            info: ``run.info``, which the observer may add to.
        """

    def experiment_info_event(self, ex_info: JsonDict) -> None:
        """Record sources or packages that were discovered after the start."""

    def meta_info_event(self, meta_info: JsonDict) -> None:
        """Record changed annotations such as tags; `meta_info` is the complete new mapping."""

    def details_event(self, name: str, value: JsonDict) -> None:
        """Record a field that lists of runs do not read; stored with the next heartbeat.

        Args:
            name: of the field, such as ``environment``.
            value: the complete value; it replaces what was received before.
        """

    def join(self) -> None:
        """Wait until all received events are stored."""


def td_format(td_object: datetime.timedelta) -> str:
    """Format a duration in words.

    >>> import datetime
    >>> td_format(datetime.timedelta(days=1, hours=2, seconds=1))
    '1 day, 2 hours, 1 second'
    >>> td_format(datetime.timedelta(milliseconds=3))
    'less than a second'
    """
    seconds = int(td_object.total_seconds())
    if seconds == 0:
        return "less than a second"
    words = []
    for name, length in (
        ("year", 365 * 86400),
        ("month", 30 * 86400),
        ("day", 86400),
        ("hour", 3600),
        ("minute", 60),
        ("second", 1),
    ):
        count, seconds = divmod(seconds, length)
        if count:
            words.append(f"{count} {name}{'' if count == 1 else 's'}")
    return ", ".join(words)
