"""What happens to a run, as frozen values.

Every event knows the observer's method that takes it, and what a failing
observer means for the run. The fields of an event are exactly the keyword
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

__all__ = [
    "ArtifactAdded",
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
    "RunFailed",
    "RunInterrupted",
    "RunQueued",
    "RunStarted",
    "accepts_last_heartbeat",
    "accepts_timestamps",
]

RunId = Any
JsonDict = dict[str, Any]
Method = TypeVar("Method", bound=Callable[..., None])


def accepts_timestamps(log_metrics: Method) -> Method:
    """Mark the method of an observer that can do with `Timestamps` for lists of datetimes.

    A subclass that overrides it has another method, and is given lists.
    """
    log_metrics.accepts_timestamps = True  # type: ignore[attr-defined]
    return log_metrics


class OnFailure(Enum):
    """What an exception in an observer means for the run."""

    STOP_RUN = "the exception ends the run before its main function"
    KEEP_GOING = "the exception is logged; other observers and later events go on"
    TELL_THE_USER = "as KEEP_GOING; but what the user passed wrongly is raised at his call"


class Event(Frozen):
    """One thing that happened to a run."""

    method: ClassVar[str]
    on_failure: ClassVar[OnFailure] = OnFailure.KEEP_GOING
    # Each observer gets its own copy of these: one that edits its argument
    # must not change what the next one stores.
    own_copies: ClassVar[frozenset[str]] = frozenset()

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for one observer."""
        values = {name: getattr(self, name) for name in self._fields}
        for name in self.own_copies:
            values[name] = copy.deepcopy(values[name])
        return values

    def call(self, observer: Any) -> Any:
        """Tell one observer; an observer without the method is passed over.

        Returns:
            what the observer's method returns (the run's id for the first
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
    _id: RunId


class RunQueued(_Beginning):
    """The run was only queued; nothing is executed."""

    method = "queued_event"
    queue_time: datetime.datetime


class RunStarted(_Beginning):
    """The run starts."""

    method = "started_event"
    start_time: datetime.datetime


class MetricsLogged(Event):
    """New points of metrics; comes before the heartbeat of the same beat."""

    method = "log_metrics"
    #: Timestamps may be `Timestamps`; observers are given lists of datetimes.
    metrics_by_name: Mapping[str, Mapping[str, Any]]
    info: JsonDict

    def call(self, observer: Any) -> Any:
        """Tell one observer; a method marked by `accepts_timestamps` gets them as they are."""
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
    #: Anything whose `str()` is the whole output; made when an observer wants it.
    captured_out: object
    beat_time: datetime.datetime
    result: Any

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for one observer."""
        return {**super().arguments(), "captured_out": str(self.captured_out)}

    def call(self, observer: Any) -> Any:
        """Tell one observer; one that is told of the output apart gets None for it."""
        if _is_told_of_output_apart(observer):
            return observer.heartbeat_event(**{**super().arguments(), "captured_out": None})
        return super().call(observer)


class LastHeartbeat(Heartbeat):
    """A heartbeat that the closing event follows at once; see `accepts_last_heartbeat`."""

    def call(self, observer: Any) -> Any:
        """Tell one observer that takes it."""
        return observer.last_heartbeat_event(
            **{**super(Heartbeat, self).arguments(), "captured_out": None}
        )


class OutputWritten(Event):
    """The output is now ``output[:start] + text``; for observers that say so.

    They have a method ``wants_output_chunks()`` that returns True (in their class), and
    their ``heartbeat_event`` is given None for ``captured_out``.
    """

    method = "output_event"
    start: int
    offset: int
    text: str

    def call(self, observer: Any) -> Any:
        """Tell one observer, unless it gets the whole output with every heartbeat."""
        return super().call(observer) if _is_told_of_output_apart(observer) else None


def _is_told_of_output_apart(observer: Any) -> bool:
    # Asked of the class: an object around an observer that lends all its attributes
    # does not speak for it here.
    asked = getattr(type(observer), "wants_output_chunks", None)
    return asked is not None and bool(asked(observer))


def accepts_last_heartbeat(observer: Any) -> bool:
    """Whether an observer is told of the last heartbeat as of one that need not be stored yet.

    It has a method ``last_heartbeat_event`` (in its class), with the arguments of
    ``heartbeat_event``, and is told of the output apart.
    """
    has_method = hasattr(type(observer), "last_heartbeat_event")
    return has_method and _is_told_of_output_apart(observer)


class ResourceAdded(Event):
    """The run read a file."""

    method = "resource_event"
    on_failure = OnFailure.TELL_THE_USER
    filename: str


class ArtifactAdded(Event):
    """The run made a file."""

    method = "artifact_event"
    on_failure = OnFailure.TELL_THE_USER
    name: str
    filename: str
    metadata: JsonDict | None = None
    content_type: str | None = None


class ExperimentInfoUpdated(Event):
    """More sources or packages were found than at the start; for observers that care."""

    method = "experiment_info_event"
    own_copies = frozenset({"ex_info"})

    ex_info: JsonDict


class MetaInfoUpdated(Event):
    """Tags and other annotations have changed since the start; for observers that care."""

    method = "meta_info_event"
    own_copies = frozenset({"meta_info"})

    meta_info: JsonDict


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
