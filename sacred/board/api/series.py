"""Curves of metrics as binary numbers, with just what a chart needs.

A response is a little-endian ``uint32`` with the length of a JSON text, that text, spaces up to
a multiple of eight bytes, and ``float64`` columns. The text has a list ``series``, in the order of
the columns; each has five: x, first, last, low, high, of ``buckets`` numbers each. Buckets
that have a NaN somewhere are listed in the text (``gaps``): they are few, if any.
"""

from __future__ import annotations

import array
import datetime
import json
import math
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from sacred.board.api.buckets_of_points import Buckets, between, bucketed
from sacred.board.api.operations import Call
from sacred.board.opened_stores import BoardStore, run_key, run_of_key, store_of_key
from sacred.board.problem_details import Problem
from sacred.records import RunRecord
from sacred.stores.store import (
    MALFORMED_DATA_ERRORS,
    DamagedRunError,
    RunNotFoundError,
    StoreError,
)

__all__ = ["SERIES_TYPE", "points_of", "read_series", "run_of_name", "series_response"]

SERIES_TYPE = "application/vnd.sacred.series"
_EPOCH = datetime.datetime(1970, 1, 1)
_MAX_SERIES = 2000


def read_series(call: Call) -> Response:
    """Return the points of metrics of runs, in buckets.

    Args:
        call: with runs, names, what x is, a range of it and the number of buckets.

    Raises:
        Problem: there is no such store, or there are too many curves.
    """
    keys = list(dict.fromkeys(call.values["run"]))
    names = list(dict.fromkeys(call.values["name"]))
    if len(keys) * len(names) > _MAX_SERIES:
        raise Problem(400, f"at most {_MAX_SERIES} curves at once")
    about: list[dict[str, Any]] = []
    columns: list[Sequence[float]] = []
    for key in keys:
        try:
            store, run = run_of_name(call, key)
        except (RunNotFoundError, DamagedRunError, *MALFORMED_DATA_ERRORS) as error:
            # One of many hides no other.
            of_store, _, of_run = key.partition("/")
            about += [_nothing(of_store, of_run, name, str(error)) for name in names]
            continue
        about += [_Curve(store, run, name).read(call, columns) for name in names]
    return series_response(about, columns)


def series_response(
    about: Sequence[Mapping[str, Any]], columns: Iterable[Sequence[float]]
) -> Response:
    """Return curves as a response.

    Args:
        about: the description of each curve, with ``buckets``, the length of its columns.
        columns: five columns for each curve.
    """
    header = json.dumps({"series": about}).encode()
    header += b" " * (-(len(header) + 4) % 8)
    content = b"".join([struct.pack("<I", len(header)), header, *map(_packed, columns)])
    return Response(content, media_type=SERIES_TYPE)


def run_of_name(call: Call, text: str) -> tuple[BoardStore, RunRecord]:
    """Return the run that a parameter names, with its store.

    Args:
        call: of an operation with this parameter.
        text: STORE/KEY.

    Raises:
        Problem: there is no such store.
        RunNotFoundError: there is no such run.
    """
    key, slash, run = text.partition("/")
    if not slash:
        raise Problem(400, f"a run is STORE/KEY, not {text!r}", parameter="run")
    store = store_of_key(call.board.stores, key)
    return store, store.runs[run_of_key(run)]


def _nothing(store: str, key: str, name: str, problem: str) -> dict[str, Any]:
    about = {"store": store, "key": key, "name": name}
    return {**about, "buckets": 0, "points": 0, "gaps": [], "error": problem}


class _Curve:
    def __init__(self, store: BoardStore, run: RunRecord, name: str) -> None:
        self._run = run
        self._store, self._key, self._name = store.key, run_key(run.id), name

    def read(self, call: Call, columns: list[Sequence[float]]) -> dict[str, Any]:
        """Append the columns; what they are."""
        values = call.values
        try:
            x, y = _points(self._run, self._name, values["x"])
        except (KeyError, StoreError, *MALFORMED_DATA_ERRORS) as error:
            problem = str(error.args[0]) if isinstance(error, KeyError) else str(error)
            return _nothing(self._store, self._key, self._name, problem)
        found = bucketed(x, y, values["buckets"], values["from"], values["to"])
        columns += _columns(found)
        about = {"buckets": len(found.x), "points": found.points, "gaps": list(found.gaps)}
        named = {"store": self._store, "key": self._key, "name": self._name}
        return {**named, **about, "error": None}


def points_of(
    run: RunRecord, name: str, x: str, start: float | None = None, end: float | None = None
) -> tuple[Sequence[float], Sequence[float]]:
    """Return the points of a metric in the order of x.

    Args:
        run: the run that logged them.
        name: the name of the metric.
        x: one of step, time, relative, or metric:NAME.
        start: the smallest wanted x (default: all).
        end: the largest wanted x (default: all).

    Raises:
        KeyError: the run has no such metric.
    """
    return between(*_points(run, name, x), start, end)


def _points(run: RunRecord, name: str, x: str) -> tuple[list[float], list[float]]:
    metric = run.metrics[name]
    if x == "step":
        return _numbers(metric.steps), _numbers(metric.values)
    if x in ("time", "relative"):
        origin = _EPOCH if x == "time" else run.start_time or _EPOCH
        times = _numbers(metric.timestamps, origin)
        if x == "relative" and run.start_time is None and times:
            times = [time - times[0] for time in times]
        return times, _numbers(metric.values)
    # Another metric: where both have a point at a step.
    other = run.metrics[x.removeprefix("metric:")]
    places = dict(zip(_numbers(other.steps), _numbers(other.values), strict=True))
    pairs = zip(_numbers(metric.steps), _numbers(metric.values), strict=True)
    both = [(places[step], value) for step, value in pairs if step in places]
    return [pair[0] for pair in both], [pair[1] for pair in both]


def _columns(found: Buckets) -> tuple[Sequence[float], ...]:
    return found.x, found.first, found.last, found.low, found.high


def _packed(numbers: Sequence[float]) -> bytes:
    column = array.array("d", numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _numbers(items: Any, origin: datetime.datetime = _EPOCH) -> list[float]:
    """A column as floats; NaN in place of what is no number."""
    if getattr(getattr(items, "dtype", None), "kind", "") == "M":
        items = items.astype("datetime64[us]")
    listed = items.tolist() if hasattr(items, "tolist") else items
    try:
        return list(map(float, listed))
    except (TypeError, ValueError, OverflowError):
        return [_number(item, origin) for item in listed]


def _number(item: Any, origin: datetime.datetime) -> float:
    if isinstance(item, float):
        return item
    if isinstance(item, datetime.datetime):
        return (item - origin).total_seconds()
    try:
        return float(item)
    except (TypeError, ValueError, OverflowError):
        return math.nan
