"""Short calls that send the events of a run to an observer, with the exact arguments."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["T0", "beat", "complete", "fail", "interrupt", "log", "queue", "start"]

#: When everything happens; whole milliseconds, because some stores keep no more.
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
    """Start a run, and return its id.

    Args:
        observer: the observer.
        _id: id of the run; None: the observer assigns one (default).
        config: the configuration (default: one entry).
        meta_info: annotations (default: a comment).
        ex_info: what the experiment has beyond its name; without it, there are no sources.
    """
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
    """Queue a run, and return its id.

    Args:
        observer: the observer.
        _id: id of the run; None: the observer assigns one (default).
    """
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
    observer: Any, output: str | None = "", info: dict[str, Any] | None = None, result: Any = None
) -> None:
    """Send a heartbeat.

    Args:
        observer: the observer.
        output: the whole output so far (default: empty); None: nothing is known about it.
        info: ``run.info`` (default: empty).
        result: ``run.result`` (default: None).
    """
    observer.heartbeat_event(
        info={} if info is None else info, captured_out=output, beat_time=T0, result=result
    )


def log(observer: Any, by_name: Mapping[str, Sequence[Any]]) -> None:
    """Log points of metrics; their steps count from 0 in each call.

    Args:
        observer: the observer.
        by_name: the values of each metric.
    """
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
    """Complete the run.

    Args:
        observer: the observer.
        result: of the run (default: None).
    """
    observer.completed_event(stop_time=T0, result=result)


def fail(observer: Any) -> None:
    """Fail the run with an exception."""
    observer.failed_event(fail_time=T0, fail_trace=["Traceback\n", "E: é\n"])


def interrupt(observer: Any, status: str = "INTERRUPTED") -> None:
    """Stop the run.

    Args:
        observer: the observer.
        status: that the run ends with (default: ``INTERRUPTED``).
    """
    observer.interrupted_event(interrupt_time=T0, status=status)
