"""Telling an observer of a run's events, each in one short call with the exact arguments."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["T0", "beat", "complete", "fail", "interrupt", "log", "queue", "start"]

#: When everything happens; whole milliseconds, for some places keep no more.
T0 = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000)

_EX_INFO = {
    "name": "ex",
    "base_dir": "/",
    "sources": [],
    "dependencies": ["sacred==1.0.0"],
    "repositories": [],
    "mainfile": None,
}


def start(
    observer: Any,
    _id: Any = None,
    config: Mapping[str, Any] | None = None,
    meta_info: Mapping[str, Any] | None = None,
    ex_info: Mapping[str, Any] | None = None,
) -> Any:
    """A run starts, of an experiment without sources if `ex_info` has none; returns the id."""
    return observer.started_event(
        ex_info={**_EX_INFO, **(ex_info or {})},
        command="main",
        host_info={"hostname": "here", "os": ("Linux", "6")},
        start_time=T0,
        config={"C": 2.0} if config is None else config,
        meta_info={"comment": "a test"} if meta_info is None else dict(meta_info),
        _id=_id,
    )


def queue(observer: Any, _id: Any = None) -> Any:
    """A run is queued; returns the id."""
    return observer.queued_event(
        ex_info=dict(_EX_INFO),
        command="main",
        host_info={"hostname": "here"},
        queue_time=T0,
        config={"C": 2.0},
        meta_info={"comment": "later"},
        _id=_id,
    )


def beat(
    observer: Any, output: str = "", info: dict[str, Any] | None = None, result: Any = None
) -> None:
    """The run is alive; `output` is all of it so far."""
    observer.heartbeat_event(
        info={} if info is None else info, captured_out=output, beat_time=T0, result=result
    )


def log(observer: Any, by_name: Mapping[str, Sequence[Any]]) -> None:
    """New points of metrics; their steps are their positions in this call."""
    points = {
        name: {
            "name": name,
            "values": list(values),
            "steps": list(range(len(values))),
            "timestamps": [T0] * len(values),
        }
        for name, values in by_name.items()
    }
    observer.log_metrics(metrics_by_name=points, info={})


def complete(observer: Any, result: Any = None) -> None:
    """The run ended well."""
    observer.completed_event(stop_time=T0, result=result)


def fail(observer: Any) -> None:
    """The run ended with an exception."""
    observer.failed_event(fail_time=T0, fail_trace=["Traceback\n", "E: é\n"])


def interrupt(observer: Any, status: str = "INTERRUPTED") -> None:
    """The run was stopped."""
    observer.interrupted_event(interrupt_time=T0, status=status)
