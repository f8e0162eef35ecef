"""Runs to ask for, told to any store as an experiment would."""

from __future__ import annotations

import datetime
import os
from typing import Any

from sacred.observers.store_observer import StoreObserver
from sacred.stores.changes import SetFields
from sacred.stores.store import Store

NOW = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
DAY = datetime.timedelta(days=1)
# Of runs under way: they are still alive and of today when a long session, or one over
# midnight, gets to its questions.
LATELY = NOW + DAY
START = datetime.datetime(2026, 1, 2, 3, 4, 5)

#: Config, result, status, hours, meta, metrics of twelve runs. None: it is still running.
RUNS: tuple[dict[str, Any], ...] = (
    {"config": {"n": 0, "opt": {"name": "adam", "lr": 0.1}, "layers": [8, 8]}, "result": 0.5},
    {"config": {"n": 1, "opt": {"name": "adam", "lr": 0.01}, "layers": [16]}, "result": 0.25},
    {"config": {"n": 2, "opt": {"name": "sgd", "lr": 1}, "debug": True}, "result": 3},
    {"config": {"n": 3, "opt": {"name": "SGD", "lr": "0.1"}, "debug": False}, "status": "FAILED"},
    {"config": {"n": 4, "opt": None, "x": float("nan")}, "result": float("nan")},
    {"config": {"n": 5, "x": float("inf"), "size": (1, 2)}, "result": "good"},
    {"config": {"n": 6, "text": "50% of _all_ \\d ünï"}, "result": {"f1": 0.9, "per": [1, 2.5]}},
    {"config": {"n": 7, "debug": 1, "big": 2**53}, "status": "INTERRUPTED"},
    {"config": {"n": 8, 3: "three", "empty": {}}, "result": True, "hours": 30},
    {"config": {"n": 9}, "status": "RUNNING", "start": LATELY},
    {"config": {"n": 10}, "status": "RUNNING", "start": NOW - 3 * DAY},
    {"config": {"n": 11}, "status": "QUEUED", "start": LATELY},
)
_META: dict[int, dict[str, Any]] = {
    0: {"comment": "the first", "tags": ["base", "good one"], "group": "A"},
    1: {"tags": ["base"], "group": "A", "starred": True, "notes": "look at\nthis"},
    2: {"comment": "", "tags": [], "group": "b", "starred": False},
}
_METRICS: dict[int, dict[str, list[float]]] = {
    0: {"loss": [0.9, 0.5, 0.7]},
    1: {"loss": [0.9, float("nan")], "train.acc": [0.25]},
    2: {"loss": [3, 2, 1]},
    4: {"loss": [float("nan")]},
}


def record(store: Store, directory: Any) -> list[Any]:
    """Tell the store all runs; their ids."""
    path = os.path.join(directory, "model.pt")
    with open(path, "wb") as file:
        file.write(b"model")
    return [_record(store, path, n, run) for n, run in enumerate(RUNS)]


def _record(store: Store, path: str, n: int, run: dict[str, Any]) -> Any:
    observer = StoreObserver(store)
    status = run.get("status", "COMPLETED")
    start = run.get("start", START + n * DAY)
    common = {
        "ex_info": {"name": f"ex{n % 3}", "base_dir": "/", "sources": [], "dependencies": ["a==1"]},
        "command": "train" if n % 2 else "main",
        "host_info": {"hostname": f"host-{n % 4}", "os": ["Linux", "6"], "python_version": "3.11"},
        "config": run["config"],
        "meta_info": {"comment": "", **_META.get(n, {})},
        "_id": None,
    }
    if status == "QUEUED":
        return observer.queued_event(queue_time=start, **common)
    run_id = observer.started_event(start_time=start, **common)
    for name, values in _METRICS.get(n, {}).items():
        points = {"name": name, "values": values, "steps": [10 * s for s in range(len(values))]}
        observer.log_metrics({name: {**points, "timestamps": [start] * len(values)}}, {})
    if n == 0:
        observer.artifact_event(name="model.pt", filename=path)
    beat = start + datetime.timedelta(minutes=1)
    observer.heartbeat_event(info={"n": n}, captured_out=f"run {n}\n", beat_time=beat, result=None)
    stop = start + datetime.timedelta(hours=run.get("hours", n))
    if status == "FAILED":
        observer.failed_event(fail_time=stop, fail_trace=["Traceback\n", "ValueError: no\n"])
    elif status == "INTERRUPTED":
        observer.interrupted_event(interrupt_time=stop, status="INTERRUPTED")
    elif status == "COMPLETED":
        observer.completed_event(stop_time=stop, result=run.get("result"))
    observer.join()
    return run_id


def annotate(store: Store, run_id: Any, meta: dict[str, Any]) -> None:
    """Change the annotations of a stored run."""
    store.apply(run_id, [SetFields(fields={"meta": meta})])


#: Queries and the ``config.n`` of the runs that fulfil them, in any order.
GOLDEN: tuple[tuple[str, set[int]], ...] = (
    ("", set(range(12))),
    ("status = COMPLETED", {0, 1, 2, 4, 5, 6, 8}),
    ("status in (FAILED, INTERRUPTED)", {3, 7}),
    ("status = RUNNING", {9}),
    ("status = DEAD", {10}),
    ("status != COMPLETED and not status = QUEUED", {3, 7, 9, 10}),
    ("config.opt.lr < 0.5", {0, 1}),
    ("opt.lr != 0.1", {1, 2, 3}),
    ("not opt.lr = 0.1", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}),
    ('opt.lr = "0.1"', {3}),
    ("opt.name = adam and result < 0.3", {1}),
    ("opt.name ~ /^sgd$/i", {2, 3}),
    ("opt.name > Z", {0, 1, 2}),
    ("debug", {2}),
    ("debug = true or debug = 1", {2, 7}),
    ("missing(config.opt)", {4, 5, 6, 7, 8, 9, 10, 11}),
    ("missing(result)", {3, 7, 9, 10, 11}),
    ("result = nan", {4}),
    ("result >= 0.5", {0, 2}),
    ("result.f1 > 0.5", {6}),
    ("result = good or result = true", {5, 8}),
    ("config.x > 1e300", {5}),
    ("config.size.1 = 2 or layers.0 = 8", {0, 5}),
    ("8 in config.layers", {0}),
    ("config.3 = three", {8}),
    ('config.text ~ /50% of _all_ \\\\d ünï/ and "% of _ALL_"', {6}),
    ("base in tags and starred", {1}),
    ("group = A and comment = 'the first'", {0}),
    ("metrics.loss.min < 0.6", {0}),
    ("metrics.loss.last >= 0.7 and metrics.loss.count = 3", {0, 2}),
    ("metrics.loss.step = 10 or metrics.train.acc = 0.25", {1}),
    ("missing(metrics.loss) and command = main", {6, 8, 10}),
    ("metrics.loss.min <= metrics.loss.mean and metrics.loss.max > 2", {2}),
    ("duration > 1h and duration < 1d", {2, 3, 4, 5, 6, 7}),
    ("start_time >= 2026-01-03 and start_time < 2026-01-05", {1, 2}),
    ("start_time = 2026-01-03", {1}),
    ('start_time > "2 days ago"', {9}),
    ("queue_time > yesterday", {11}),
    ("name = ex1 and host.hostname = host-3", {7}),
    ('"ValueError"', {3}),
    ('"host-1" and not "adam"', {5, 9}),
    ("fail_trace ~ /ValueError: no$/", {3}),
    ("model.pt in artifacts", {0}),
    ("'model.pt' in artifacts", {0}),
    ("output ~ /run [01]$/m and info.n >= 1", {1}),
    ("big = 9007199254740992 and big < 9007199254740993", {7}),
)
