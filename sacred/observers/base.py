"""The interface of observers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime

__all__ = ["RunObserver", "td_format"]

RunId = Any
JsonDict = dict[str, Any]


class RunObserver:
    """Base of observers: has all methods, and none of them does anything.

    Observers with a higher `priority` are told first. The first one that is asked
    with ``_id=None`` decides the id of the run.

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
        _id: RunId,
    ) -> RunId:
        """The run was queued; returns its id (`_id` unless that is None)."""

    def started_event(
        self,
        ex_info: JsonDict,
        command: str,
        host_info: JsonDict,
        start_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: JsonDict,
        _id: RunId,
    ) -> RunId:
        """The run starts; returns its id (`_id` unless that is None)."""

    def heartbeat_event(
        self, info: JsonDict, captured_out: str, beat_time: datetime.datetime, result: Any
    ) -> None:
        """The run is alive; `captured_out` is its whole output so far."""

    def completed_event(self, stop_time: datetime.datetime, result: Any) -> None:
        """The run ended well."""

    def interrupted_event(self, interrupt_time: datetime.datetime, status: str) -> None:
        """The run was stopped; `status` says how."""

    def failed_event(self, fail_time: datetime.datetime, fail_trace: Sequence[str]) -> None:
        """The run ended with an exception; `fail_trace` has the lines of its traceback."""

    def resource_event(self, filename: str) -> None:
        """The run read a file."""

    def artifact_event(
        self,
        name: str,
        filename: str,
        metadata: JsonDict | None = None,
        content_type: str | None = None,
    ) -> None:
        """The run made a file, to be stored under `name`."""

    def log_metrics(self, metrics_by_name: Mapping[str, Mapping[str, Any]], info: JsonDict) -> None:
        """New points: ``{name: {"name", "values", "steps", "timestamps"}}``."""

    def experiment_info_event(self, ex_info: JsonDict) -> None:
        """More sources or packages were found than at the start."""

    def meta_info_event(self, meta_info: JsonDict) -> None:
        """The run's tags or other annotations have changed; `meta_info` is all of it."""

    def join(self) -> None:
        """Return when all is stored that the observer was told."""


def td_format(td_object: datetime.timedelta) -> str:
    """A duration in words.

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
