"""The events of a run, as frozen values.

Every event knows the observer's method that receives it, and what it means for
the run if the observer fails. The fields of an event are exactly the keyword
arguments of that method, so an observer written for the classic interface
works unchanged::

    >>> class Printer:
    ...     def heartbeat_event(self, info, captured_out, beat_time, result):
    ...         print("beat", captured_out)
    >>> Heartbeat(info={}, captured_out="hi", beat_time=None, result=None).call(Printer())
    beat hi
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, ClassVar, TypeVar

from sacred._base.frozen import Frozen, replace
from sacred._base.run_ids import RunId

__all__ = [
    "DETAIL_FIELDS",
    "ArtifactAdded",
    "DetailsGathered",
    "Event",
    "ExperimentInfoUpdated",
    "Heartbeat",
    "LastHeartbeat",
    "MetaInfoUpdated",
    "MetricsLogged",
    "OnFailure",
    "OutputWritten",
    "ResourceAdded",
    "RunCompleted",
    "RunEnqueued",
    "RunFailed",
    "RunInterrupted",
    "RunQueued",
    "RunResumed",
    "RunStarted",
    "accepts_last_heartbeat",
    "accepts_timestamps",
]

JsonDict = dict[str, Any]
#: Fields of a run's document that are read only if they are asked for by name: lists of runs do
#: without them.
DETAIL_FIELDS = ("environment", "provenance")
Method = TypeVar("Method", bound=Callable[..., None])


def accepts_timestamps(log_metrics: Method) -> Method:
    """Mark a method ``log_metrics`` that accepts `Timestamps` in place of lists of datetimes.

    An override in a subclass is not marked and receives lists.
    """
    log_metrics.accepts_timestamps = True  # type: ignore[attr-defined]
    return log_metrics


class OnFailure(Enum):
    """What an exception in an observer means for the run."""

    STOP_RUN = "the exception ends the run before its main function"
    KEEP_GOING = "the exception is logged; other observers and later events go on"
    RAISE_TO_CALLER = "as KEEP_GOING, but an error in the user's arguments is raised to the caller"


class Event(Frozen):
    """One thing that happened to a run."""

    method: ClassVar[str]
    on_failure: ClassVar[OnFailure] = OnFailure.KEEP_GOING
    # Fields of which each observer receives its own copy: one that edits its argument
    # must not change what the next one stores.
    own_copies: ClassVar[frozenset[str]] = frozenset()

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for one observer."""
        values = {name: getattr(self, name) for name in self._fields}
        for name in self.own_copies:
            values[name] = copy.deepcopy(values[name])
        return values

    def call(self, observer: Any) -> Any:
        """Call the method of one observer; an observer without it is skipped.

        Returns:
            the result of the observer's method (the run's id for the first
            two events), or None.
        """
        method = getattr(observer, self.method, None)
        if method is None:
            return None
        return method(**self.arguments())


class _Beginning(Event):
    on_failure = OnFailure.STOP_RUN
    own_copies = frozenset({"ex_info", "host_info"})

    ex_info: JsonDict
    command: str
    host_info: JsonDict
    config: Mapping[str, Any]
    meta_info: JsonDict
    _id: RunId | None


class RunQueued(_Beginning):
    """The run was only queued; nothing is executed."""

    method = "queued_event"
    queue_time: datetime.datetime


class RunStarted(_Beginning):
    """The run starts."""

    method = "started_event"
    start_time: datetime.datetime


class RunResumed(RunStarted):
    """A run that has started before goes on: same id, next attempt."""

    method = "resumed_event"


class RunEnqueued(Event):
    """The record of a queued run is complete, and workers may take it; optional for observers."""

    method = "enqueued_event"
    queue_time: datetime.datetime
    priority: float


class MetricsLogged(Event):
    """New points of metrics; sent before the heartbeat."""

    method = "log_metrics"
    #: Timestamps may be `Timestamps`; observers are given lists of datetimes.
    metrics_by_name: Mapping[str, Mapping[str, Any]]
    info: JsonDict

    def call(self, observer: Any) -> Any:
        """Call one observer; a method marked by `accepts_timestamps` receives `Timestamps`."""
        if getattr(getattr(observer, self.method, None), "accepts_timestamps", False):
            return super().call(observer)
        plain = {
            name: {**points, "timestamps": list(points["timestamps"])}
            for name, points in self.metrics_by_name.items()
        }
        return super(MetricsLogged, replace(self, metrics_by_name=plain)).call(observer)


class Heartbeat(Event):
    """The run is alive; carries ``info`` and the whole output so far."""

    method = "heartbeat_event"
    info: JsonDict
    #: Any object whose `str()` is the whole output; converted when an observer needs it.
    captured_out: object
    beat_time: datetime.datetime
    result: Any

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for one observer."""
        return {**super().arguments(), "captured_out": str(self.captured_out)}

    def call(self, observer: Any) -> Any:
        """Call one observer; one that receives output in chunks gets None for `captured_out`."""
        if _wants_output_chunks(observer):
            return observer.heartbeat_event(**{**super().arguments(), "captured_out": None})
        return super().call(observer)


class LastHeartbeat(Heartbeat):
    """The heartbeat right before the closing event; see `accepts_last_heartbeat`."""

    def call(self, observer: Any) -> Any:
        """Call one observer, if it accepts this event."""
        return observer.last_heartbeat_event(
            **{**super(Heartbeat, self).arguments(), "captured_out": None}
        )


class OutputWritten(Event):
    """A chunk of output, for observers that ask for chunks; the output is now
    ``output[:start] + text``.

    The class of such an observer has a method ``wants_output_chunks()`` that returns True. Its
    ``heartbeat_event`` receives None for ``captured_out``.
    """

    method = "output_event"
    start: int
    offset: int
    text: str

    def call(self, observer: Any) -> Any:
        """Call one observer, unless it receives the whole output with every heartbeat."""
        return super().call(observer) if _wants_output_chunks(observer) else None


def _wants_output_chunks(observer: Any) -> bool:
    # Looked up on the class: a wrapper that delegates all attributes to an observer does not
    # inherit this.
    asked = getattr(type(observer), "wants_output_chunks", None)
    return asked is not None and bool(asked(observer))


def accepts_last_heartbeat(observer: Any) -> bool:
    """Whether an observer may store the last heartbeat together with the closing event.

    It may if its class has a method ``last_heartbeat_event`` with the arguments of
    ``heartbeat_event``, and if it receives output in chunks.
    """
    has_method = hasattr(type(observer), "last_heartbeat_event")
    return has_method and _wants_output_chunks(observer)


class ResourceAdded(Event):
    """The run read a file."""

    method = "resource_event"
    on_failure = OnFailure.RAISE_TO_CALLER
    filename: str


class ArtifactAdded(Event):
    """The run made a file."""

    method = "artifact_event"
    on_failure = OnFailure.RAISE_TO_CALLER
    name: str
    filename: str
    metadata: JsonDict | None = None
    content_type: str | None = None


class ExperimentInfoUpdated(Event):
    """More sources or packages were found than at the start; optional for observers."""

    method = "experiment_info_event"
    own_copies = frozenset({"ex_info"})

    ex_info: JsonDict


class MetaInfoUpdated(Event):
    """Tags and other annotations have changed since the start; optional for observers."""

    method = "meta_info_event"
    own_copies = frozenset({"meta_info"})

    meta_info: JsonDict


class DetailsGathered(Event):
    """A field that lists of runs do not read has become known; optional for observers."""

    method = "details_event"

    name: str
    value: JsonDict


class RunCompleted(Event):
    """The run ended well."""

    method = "completed_event"
    stop_time: datetime.datetime
    result: Any


class RunInterrupted(Event):
    """The run was stopped; ``status`` says how."""

    method = "interrupted_event"
    interrupt_time: datetime.datetime
    status: str


class RunFailed(Event):
    """The run ended with an exception; ``fail_trace`` is its traceback in lines."""

    method = "failed_event"
    fail_time: datetime.datetime
    fail_trace: list[str]
