"""Comparison of the numbers of two runs: results, and points of metrics."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from sacred._base.frozen import Frozen
from sacred.records import RunRecord
from sacred.serializer import flatten

__all__ = ["IGNORED_METRICS", "Deviation", "metric_deviations", "result_deviations"]

#: Patterns of metrics that say how a machine was, not what a run computed.
IGNORED_METRICS = ("system.*",)

_MISSING = "nothing"


class Deviation(Frozen):
    """A place in which two runs have different values.

    Args:
        place: the place in words, such as ``metric loss, step 3``.
        values: the values of the first and the second run; None if a run has none there.
        distance: the difference, relative to the larger value if that is above 1; infinite if one
            of them is not a number.
    """

    place: str
    values: tuple[Any, Any]
    distance: float


def result_deviations(first: RunRecord, second: RunRecord) -> Iterator[Deviation]:
    """Yield the places in which the results differ.

    Args:
        first: the first run.
        second: the second run.
    """
    yield from _compared("result", _plain(first.result), _plain(second.result))


def metric_deviations(
    first: RunRecord, second: RunRecord, ignored: Collection[str] = ()
) -> Iterator[Deviation]:
    """Yield the places in which metrics differ, those of smaller steps first.

    Args:
        first: the first run.
        second: the second run.
        ignored: patterns for names of metrics (`fnmatch`), in addition to `IGNORED_METRICS`.
    """
    ones, others = (_columns(record, (*IGNORED_METRICS, *ignored)) for record in (first, second))
    for name in sorted({*ones, *others}):
        if (name in ones) != (name in others):
            yield Deviation(
                place=f"metric {name}",
                values=(_length(ones.get(name)), _length(others.get(name))),
                distance=math.inf,
            )
    shared = sorted(ones.keys() & others.keys())
    lengths = [max(len(ones[name]), len(others[name])) for name in shared]
    # By their index: what went wrong first is in the metric that was logged first.
    for index in range(max(lengths, default=0)):
        for name in shared:
            yield from _point_deviations(name, index, ones[name], others[name])


_Column = list[tuple[Any, Any]]


def _columns(record: RunRecord, ignored: Collection[str]) -> dict[str, _Column]:
    return {
        name: [(_plain(step), _plain(value)) for step, value, _ in metric.rows()]
        for name, metric in record.read_metrics().items()
        if not any(fnmatchcase(name, pattern) for pattern in ignored)
    }


def _length(column: _Column | None) -> str:
    return _MISSING if column is None else f"{len(column)} points"


def _point_deviations(name: str, index: int, one: _Column, other: _Column) -> Iterator[Deviation]:
    here, there = one[index : index + 1], other[index : index + 1]
    if not here and not there:
        return
    if not here or not there:
        step = (here or there)[0][0]
        values = (here[0][1] if here else None, there[0][1] if there else None)
        # The end of one of them, not each point behind it.
        if index == min(len(one), len(other)):
            yield Deviation(place=f"metric {name}, step {step}", values=values, distance=math.inf)
        return
    (step, value), (other_step, other_value) = here[0], there[0]
    if step != other_step:
        place = f"the step of point {index} of metric {name}"
        yield Deviation(place=place, values=(step, other_step), distance=math.inf)
    yield from _compared(f"metric {name}, step {step}", value, other_value)


def _compared(place: str, one: Any, other: Any) -> Iterator[Deviation]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*one, *other)):
            yield from _compared(f"{place}.{key}", one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list):
        for index, pair in enumerate(itertools.zip_longest(one, other)):
            yield from _compared(f"{place}[{index}]", *pair)
    elif not _same(one, other):
        yield Deviation(place=place, values=(one, other), distance=_distance(one, other))


def _same(one: Any, other: Any) -> bool:
    # NaN is the same as NaN here; True is not the same as 1.
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other) or (one != one and other != other)


def _distance(one: Any, other: Any) -> float:
    if not all(isinstance(x, int | float) and not isinstance(x, bool) for x in (one, other)):
        return math.inf
    try:
        apart = abs(one - other)
        distance = apart / max(abs(one), abs(other), 1)
    except OverflowError:
        return math.inf
    return math.inf if math.isnan(distance) else distance


def _plain(value: Any) -> Any:
    """The value as plain data: arrays and scalars of numpy are lists and numbers."""
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return flatten(value)
