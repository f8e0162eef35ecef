"""Telling an observer of a run's events, in one short call each."""

import datetime

T0 = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000)


def start(observer, _id=None, *, config=None, base_dir="/", sources=(), **ex_info):
    """Tell an observer of a start; returns the id."""
    info = {"name": "ex", "base_dir": str(base_dir), "sources": list(sources)}
    info |= {"dependencies": ["sacred==1.0.0"], "repositories": [], "mainfile": None, **ex_info}
    return observer.started_event(
        ex_info=info,
        command="main",
        host_info={"hostname": "here", "os": ("Linux", "6")},
        start_time=T0,
        config={"C": 2.0} if config is None else config,
        meta_info={"comment": "a test"},
        _id=_id,
    )


def queue(observer, _id=None):
    """Tell an observer of a queued run; returns the id."""
    return observer.queued_event(
        ex_info={"name": "ex", "base_dir": "/", "sources": []},
        command="main",
        host_info={"hostname": "here"},
        queue_time=T0,
        config={"C": 2.0},
        meta_info={"comment": "later"},
        _id=_id,
    )


def beat(observer, output="", info=None, result=None, time=T0):
    info = {} if info is None else info
    observer.heartbeat_event(info=info, captured_out=output, beat_time=time, result=result)


def log(observer, by_name, info=None):
    """Log points of metrics; their steps are their positions in this call."""
    points = {
        name: {
            "name": name,
            "values": list(values),
            "steps": list(range(len(values))),
            "timestamps": [T0] * len(values),
        }
        for name, values in by_name.items()
    }
    observer.log_metrics(metrics_by_name=points, info={} if info is None else info)


def complete(observer, result=None):
    observer.completed_event(stop_time=T0, result=result)
