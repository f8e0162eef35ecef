"""The points of a metric as rows of a table, and back.

A database computes with its ``DOUBLE``, which does not hold all integers, and not
everywhere NaN and infinities. What a ``DOUBLE`` cannot hold is in a column beside it, as JSON;
a finite float other than -0.0, and a step that is a short integer, need no second column.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sacred._base.extras import is_installed
from sacred.serializer import dumps, loads
from sacred.stores.changes import AddPoints

__all__ = [
    "COLUMNS",
    "MAX_EXACT_INTEGER",
    "rows_of",
    "step_from",
    "step_to",
    "steps_from",
    "value_from",
    "value_to",
    "values_from",
]

#: Integers below have a double of their own.
MAX_EXACT_INTEGER = 2**53
_KINDS = {float: "float64", int: "int64"}


def value_to(value: Any) -> tuple[float | None, str | None]:
    """Return a value as a number and, where that is not enough, JSON.

    >>> value_to(0.5), value_to(3), value_to(float("nan"))
    ((0.5, None), (3.0, '3'), (None, '{"py/float": "NaN"}'))
    """
    if type(value) is float and math.isfinite(value) and not _is_negative_zero(value):
        return value, None
    return finite_number(value), dumps(value)


def value_from(number: float | None, text: str | None) -> Any:
    """Return the value that a pair of columns stands for.

    Args:
        number: column of numbers.
        text: column of all other values, as JSON.

    >>> value_from(0.5, None), value_from(3.0, "3")
    (0.5, 3)
    """
    return number if text is None else loads(text)


def step_to(step: Any) -> tuple[float | None, str | None]:
    """Return a step as a number and, where that is not enough, JSON.

    >>> step_to(7), step_to(0.5), step_to(None)
    ((7.0, None), (0.5, '0.5'), (None, 'null'))
    """
    if type(step) is int and -MAX_EXACT_INTEGER < step < MAX_EXACT_INTEGER:
        return float(step), None
    return finite_number(step), dumps(step)


def step_from(number: float | None, text: str | None) -> Any:
    """Return the step that a pair of columns stands for.

    Args:
        number: column of numbers. It never gets an infinity from here, but SQLite makes one of a
            string with many digits.
        text: column of all other steps, as JSON.

    >>> step_from(7.0, None), step_from(0.5, "0.5"), step_from(None, "null")
    (7, 0.5, None)
    >>> step_from(float("inf"), None)
    inf
    """
    if text is not None:
        return loads(text)
    return int(number) if number is not None and math.isfinite(number) else number


def steps_from(numbers: Sequence[Any], texts: Sequence[str | None]) -> Any:
    """Return many steps: a numpy array if all are 64-bit integers, else a list.

    Args:
        numbers: column of numbers.
        texts: column of all other steps, as JSON.

    >>> [int(step) for step in steps_from([0.0, 1.0], [None, None])]
    [0, 1]
    """
    array = _array(numbers, texts)
    if array is None or not (abs(array) < MAX_EXACT_INTEGER).all():
        return _uniform(list(map(step_from, numbers, texts)))
    return array.astype("int64")


def values_from(numbers: Sequence[Any], texts: Sequence[str | None]) -> Any:
    """Return many values: a numpy array if all are floats, or all 64-bit integers, else a list.

    Args:
        numbers: column of numbers.
        texts: column of all other values, as JSON.

    >>> [float(value) for value in values_from([0.5, 1.5], [None, None])]
    [0.5, 1.5]
    """
    array = _array(numbers, texts)
    return _uniform(list(map(value_from, numbers, texts))) if array is None else array


def _array(numbers: Sequence[Any], texts: Sequence[str | None]) -> Any:
    if texts.count(None) < len(texts) or None in numbers or not is_installed("numpy"):
        return None
    # Not at the top, as others below: numpy is optional, and slow to load.
    import numpy as np

    return np.array(numbers, dtype=np.float64)


def _uniform(items: list[Any]) -> Any:
    kind = _KINDS.get(type(items[0])) if len(set(map(type, items))) == 1 else None
    if kind is None or not is_installed("numpy"):
        return items
    import numpy as np

    with contextlib.suppress(OverflowError):
        return np.array(items, dtype=kind)
    return items


def finite_number(value: Any) -> float | None:
    """Return a value as a number that every database can compute with; None: it is not one.

    >>> finite_number(2), finite_number(float("inf")), finite_number("2"), finite_number(10**400)
    (2.0, None, None, None)
    """
    if not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


#: The columns of a row, in the order of `rows_of`.
COLUMNS = ("run_id", "name", "position", "step", "step_json", "value", "value_json", "timestamp")


def rows_of(points: AddPoints, run_id: str, name: str) -> Iterator[tuple[Any, ...]]:
    """Return the rows for points, without a Python loop where all are plain numbers.

    Args:
        points: the points.
        run_id: id of the run.
        name: of the metric.
    """
    positions = range(points.start, points.stop)
    whose = itertools.repeat(run_id), itertools.repeat(name)
    steps, step_texts = _columns(step_to, points.steps, _are_short(points.steps))
    numbers, texts = _columns(value_to, points.values, _are_finite(points.values))
    return zip(
        *whose, positions, steps, step_texts, numbers, texts, points.timestamps, strict=False
    )


def _columns(
    convert: Callable[[Any], tuple[Any, Any]], items: Sequence[Any], are_plain: bool
) -> tuple[Iterable[Any], Iterable[Any]]:
    if are_plain:
        return map(float, items), itertools.repeat(None)
    pairs, same = itertools.tee(map(convert, items))
    return (number for number, _ in pairs), (text for _, text in same)


def _are_short(steps: Sequence[Any]) -> bool:
    return (
        set(map(type, steps)) == {int}
        and min(steps) > -MAX_EXACT_INTEGER
        and max(steps) < MAX_EXACT_INTEGER
    )


def _are_finite(values: Sequence[Any]) -> bool:
    if set(map(type, values)) != {float} or not all(map(math.isfinite, values)):
        return False
    return 0.0 not in values or not any(map(_is_negative_zero, values))


def _is_negative_zero(value: float) -> bool:
    """SQLite keeps whole numbers as integers, which have no such zero."""
    return value == 0 and math.copysign(1, value) < 0
