"""JSON texts in SQLite."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from sacred.query.predicates import Predicate, bounds_of
from sacred.stores.sql.search.json_paths import (
    AS_TEXTS,
    MAX_EXACT_INTEGER,
    JsonTexts,
    ListedValues,
    SortColumns,
    Steps,
    bounded,
    is_flag,
    path_text,
    references,
    sign_of,
)

__all__ = ["SqliteTexts"]

#: Numbers are read that near to what they are.
_MAX_ULPS_OFF = 3
#: Of kinds as SQLite calls them. An object may be a number of numpy.
_UNKNOWN_RANK = -1
_RANKS = {"real": 1, "integer": 1, "text": 2, "true": 0, "false": 0, "object": _UNKNOWN_RANK}


class SqliteTexts(JsonTexts):
    """JSON texts, read by SQLite's own functions."""

    def is_valid(self, column: Any) -> Any:
        """See `JsonTexts.is_valid`."""
        return sa.func.json_valid(column) == 1

    def items(self, texts: Sequence[str] | Sequence[float]) -> Any:
        """See `JsonTexts.items`."""
        item = sa.func.json_each(json.dumps(list(texts))).table_valued("value")
        return sa.select(item.c.value)

    def is_beyond_ascii(self, column: Any) -> Any:
        """See `JsonTexts.is_beyond_ascii`."""
        return sa.func.length(sa.cast(column, sa.LargeBinary)) != sa.func.length(column)

    def fits(self, column: Any, steps: Steps, predicate: Predicate) -> Any:
        """See `JsonTexts.fits`."""
        kind, value = _kind(column, steps), predicate.value
        if predicate.test in ("texts", "contains", "present"):
            tests = [kind != "null"]
        elif predicate.test == "absent":
            empty = (kind == "text") & (_extract(column, steps, sa.String) == "")
            tests = [kind.is_(None), kind == "null", empty]
        elif predicate.test == "true" or isinstance(value, bool):
            tests = [kind == ("false" if value is False else "true")]
        elif isinstance(value, str):
            found = _extract(column, steps, sa.String)
            tests = [(kind == "text") & found.bool_op(sign_of(predicate))(value)]
            if predicate.field in AS_TEXTS:
                tests.append(kind.not_in(["text", "null"]))
        else:
            found = _extract(column, steps, sa.Double)
            within = bounded(found, *bounds_of(predicate))
            tests = [sa.and_(kind.in_(["integer", "real"]), *within)]
        # An object may stand for a number of numpy, a date, and so on.
        elsewhere = [_kind(column, path).is_not(None) for path in references(steps)]
        return sa.or_(*tests, kind == "object", *elsewhere)

    def is_among(self, column: Any, steps: Steps, listed: Sequence[Predicate]) -> Any:
        """See `JsonTexts.is_among`."""
        kind, values = _kind(column, steps), ListedValues.of(listed)
        tests = [kind == "object"]
        tests += (_kind(column, path).is_not(None) for path in references(steps))
        tests += (kind == json.dumps(flag) for flag in values.flags)
        if values.texts:
            found = _extract(column, steps, sa.String)
            tests.append((kind == "text") & found.in_(self.items(values.texts)))
        if values.numbers:
            found = _extract(column, steps, sa.Double)
            near = [number for value in values.numbers for number in _read_as(value)]
            tests.append(kind.in_(["integer", "real"]) & found.in_(self.items(near)))
        if listed[0].field in AS_TEXTS:
            tests.append(kind.not_in(["text", "null"]))
        return sa.or_(*tests)

    def sort_columns(self, name: str, column: Any, steps: Steps, number: Any = None) -> SortColumns:
        """See `JsonTexts.sort_columns`."""
        elsewhere = (_kind(column, path).is_not(None) for path in references(steps))
        is_known = sa.false() if number is None else number.is_not(None)
        rank: Any = sa.case(
            (is_known, sa.case((is_flag(column), _RANKS["true"]), else_=_RANKS["real"])),
            (column.is_(None), sa.null()),
            (~self.is_valid(column), _UNKNOWN_RANK),
            *((found, _UNKNOWN_RANK) for found in elsewhere),
            else_=sa.case(_RANKS, value=_kind(column, steps)),
        )
        value: Any = sa.case(
            (is_known, number), (self.is_valid(column), _extract(column, steps, sa.Double))
        )
        columns = (rank.label(f"rank_{name}"), value.label(f"value_{name}"))
        rank, value = (sa.column(found.name, found.type) for found in columns)
        doubt = (rank == _UNKNOWN_RANK) | (
            (rank == _RANKS["real"]) & (sa.func.abs(value) >= MAX_EXACT_INTEGER)
        )
        # Lists are all the same.
        return SortColumns(columns=columns, doubt=doubt, keys=(rank, sa.case((rank >= 0, value))))


def _read_as(value: float) -> Iterator[float]:
    """What SQLite may read where this number is stored: the last digits may be others."""
    yield value
    if not value.is_integer():
        for end in (-math.inf, math.inf):
            near = value
            for _ in range(_MAX_ULPS_OFF):
                near = math.nextafter(near, end)
                yield near


def _kind(column: Any, steps: Steps) -> Any:
    """``object``, ``array``, ``text``, ``integer``, ...; NULL: there is nothing."""
    return sa.func.json_type(column, path_text("$", steps), type_=sa.String)


def _extract(column: Any, steps: Steps, kind: Any) -> Any:
    return sa.func.json_extract(column, path_text("$", steps), type_=kind)
