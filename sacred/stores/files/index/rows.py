"""A record as rows of the index: the values of all paths that a query can use.

They come from `sacred.query.values`, so SQL that compares them agrees with
`sacred.query.evaluate`.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sacred._base.timestamps import microseconds
from sacred.query.evaluate import kind_of
from sacred.query.syntax import Path
from sacred.query.values import MISSING, plain_value, value_of
from sacred.records import TIME_FIELDS, RunRecord
from sacred.records.metric import AGGREGATES

__all__ = [
    "CUT_CONTAINER",
    "FLAG",
    "KINDS",
    "NAN",
    "NOTHING",
    "NUMBER",
    "OPAQUE_VALUE",
    "OTHER",
    "TEXT",
    "TIME",
    "Row",
    "entries_of",
    "key_of",
    "metric_entries",
]

#: Kinds of values. The order of the first ones is that of `sacred.query.sorting`.
NOTHING, FLAG, NUMBER, TEXT, TIME, OTHER, NAN = range(7)
#: A value of which the index knows no more than that it is there.
OPAQUE_VALUE = 7
#: A list or dict like any other, but for what is in it, which the index does not know.
CUT_CONTAINER = 8

KINDS = {"flag": FLAG, "number": NUMBER, "text": TEXT, "time": TIME}

#: The value of what is neither a list nor a dict, and has a text that the index does not know.
UNINDEXED_TEXT = 1

#: Path, kind, value.
Row = tuple[tuple[str, ...], int, Any]

_TREES = ("config", "info", "meta", "host", "result")
_VALUES = ("name", "command", "group", "notes", "comment", "fail_trace", "starred", "duration")
_MAX_TEXT_CHARS = 10_000
_MAX_LIST_ITEMS = 32
_MAX_DEPTH = 10
#: So many values of one field of a run, and so many metrics or tags.
_MAX_ENTRIES = 1000


def key_of(steps: tuple[str, ...]) -> str:
    """Return a path as one string."""
    return json.dumps(steps)


def entries_of(record: RunRecord) -> Iterator[Row]:
    """Return all values of a record except those of its metrics.

    Raises:
        ValueError: there are values that the index cannot hold.
    """
    for name in (*_VALUES, *TIME_FIELDS):
        yield _row((name,), value_of(record, Path(name)))
    for tag in record.tags:
        if _kind_and_value(tag)[0] != TEXT:
            raise ValueError("a tag is too long, or no text of Unicode")
        yield ("tags", tag), FLAG, 1
    for name in _TREES:
        left = _MAX_ENTRIES
        for row in _tree((name,), getattr(record, name)):
            yield row
            left -= 1
            if not left:
                # The whole field has to be looked up; this row takes the place of the first.
                yield (name,), CUT_CONTAINER, None
                break


def metric_entries(record: RunRecord) -> Iterator[Row]:
    """Return the aggregates of all metrics of a record.

    Raises:
        ValueError: there are too many.
    """
    if len(record.metrics) > _MAX_ENTRIES:
        raise ValueError("too many metrics")
    for name in record.metrics:
        for wanted in AGGREGATES:
            value = value_of(record, Path("metrics", (name, wanted)))
            yield _row(("metrics", name, wanted), value)


def _tree(steps: tuple[str, ...], value: Any) -> Iterator[Row]:
    if isinstance(value, Mapping):
        children = {key: item for key, item in value.items() if isinstance(key, str)}
        for key, item in value.items():
            children.setdefault(str(key), item)
    elif isinstance(value, list | tuple):
        children = {str(number): item for number, item in enumerate(value[: _MAX_LIST_ITEMS + 1])}
    else:
        _, kind, known = _row(steps, plain_value(value))
        yield steps, kind, UNINDEXED_TEXT if kind == OTHER else known
        return
    # Of the keys 1 and "1" paths lead to one only, and a text may stand in the other.
    is_hidden = isinstance(value, Mapping) and len(children) < len(value)
    is_long = len(children) > _MAX_LIST_ITEMS and not isinstance(value, Mapping)
    if is_hidden or is_long or len(steps) > _MAX_DEPTH:
        yield steps, CUT_CONTAINER, None
        return
    yield steps, OTHER, None
    for key, item in children.items():
        yield from _tree((*steps, key), item)


def _row(steps: tuple[str, ...], value: Any) -> Row:
    return (steps, *_kind_and_value(value))


def _kind_and_value(value: Any) -> tuple[int, Any]:
    if value is MISSING:
        return NOTHING, None
    kind = KINDS.get(kind_of(value), OTHER)
    if kind == NUMBER:
        if value != value:
            return NAN, None
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            return OPAQUE_VALUE, None
        return NUMBER, value if type(value) in (int, float) else float(value)
    if kind == TEXT:
        return (TEXT, str(value)) if _is_storable(value) else (OPAQUE_VALUE, None)
    if kind == TIME:
        # Those of pandas have nanoseconds, and may be none at all.
        return (
            (TIME, microseconds(value))
            if type(value) is datetime.datetime
            else (OPAQUE_VALUE, None)
        )
    return kind, int(value) if kind == FLAG else None


def _is_storable(text: str) -> bool:
    if len(text) > _MAX_TEXT_CHARS or "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
