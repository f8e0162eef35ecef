"""Whether an expression is true for a record: the reference with which all stores must agree.

There are two truth values only. A comparison with something that is missing, or of
another kind, is false, ``!=`` with something of another kind is true. So ``not x = 1``
holds where x is missing, and ``x != 1`` does not.
"""

from __future__ import annotations

import datetime
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sacred.query.regex_search import matches
from sacred.query.syntax import (
    And,
    Compare,
    ComparePaths,
    Expression,
    IsTrue,
    Matches,
    Member,
    Missing,
    Not,
    Operator,
    Or,
    Path,
    Search,
)
from sacred.query.times import TimeRange
from sacred.query.values import MISSING, value_of
from sacred.records import RunRecord, id_key

__all__ = ["SEARCHED_FIELDS", "holds", "kind_of"]

#: The fields of documents in which a text alone is looked for.
SEARCHED_FIELDS = ("experiment", "command", "meta", "fail_trace", "host", "config", "result")
_OPERATORS: dict[Operator, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(expression: Expression, record: RunRecord) -> bool:
    """Return whether an expression is true for a record.

    Args:
        expression: the parsed query.
        record: the run; metrics and output are read only if the expression needs them.

    Raises:
        QueryError: a regular expression takes too long.
    """
    match expression:
        case And(parts):
            return all(holds(part, record) for part in parts)
        case Or(parts):
            return any(holds(part, record) for part in parts)
        case Not(part):
            return not holds(part, record)
        case Compare(path, sign, wanted, time_range):
            return _compare(value_of(record, path), sign, wanted, time_range, path)
        case ComparePaths(left, sign, right):
            found = value_of(record, right)
            return found is not MISSING and _compare(
                value_of(record, left), sign, found, None, left
            )
        case Missing(path):
            return value_of(record, path) is MISSING
        case IsTrue(path):
            return value_of(record, path) is True
        case Matches(path, regex):
            found = value_of(record, path)
            texts = found if isinstance(found, list | tuple) else (found,)
            return any(isinstance(text, str) and matches(regex, text) for text in texts)
        case Member(wanted, path):
            return _is_member(wanted, value_of(record, path))
        case Search(text):
            wanted = text.lower()
            return any(wanted in piece.lower() for piece in _texts(record))


def kind_of(value: Any) -> str:
    """Return the kind of a value; only values of one kind are compared.

    >>> kind_of(True), kind_of(1), kind_of(1.5), kind_of([])
    ('flag', 'number', 'number', 'other')
    """
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "time" if isinstance(value, datetime.datetime) else "other"


def _compare(
    found: Any, sign: Operator, wanted: Any, time_range: TimeRange | None, path: Path
) -> bool:
    if found is MISSING:
        return False
    if path.field == "id":
        return _compare_ids(found, sign, wanted)
    if time_range is not None and isinstance(found, datetime.datetime):
        return _compare_times(found, sign, time_range)
    if kind_of(found) != kind_of(wanted):
        return sign == "!="
    if kind_of(found) == "number" and (_is_nan(found) or _is_nan(wanted)):
        same = _is_nan(found) and _is_nan(wanted)
        return same if sign in ("=", "<=", ">=") else sign == "!=" and not same
    if kind_of(found) in ("flag", "other") and sign not in ("=", "!="):
        return False
    try:
        return bool(_OPERATORS[sign](found, wanted))
    except (TypeError, ValueError):  # arrays and the like
        return sign == "!="


def _compare_ids(found: Any, sign: Operator, wanted: Any) -> bool:
    left, right = id_key(found), id_key(wanted)
    if left[0] != right[0]:
        return sign == "!="
    return bool(_OPERATORS[sign](left, right))


def _compare_times(found: datetime.datetime, sign: Operator, time_range: TimeRange) -> bool:
    start, stop = time_range.start, time_range.stop
    within = start <= found < stop or found == start
    match sign:
        case "=" | "!=":
            return within == (sign == "=")
        case "<":
            return found < start
        case "<=":
            return found < start or within
        case ">":
            return found > start and not within
        case ">=":
            return found >= start


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_member(wanted: Any, found: Any) -> bool:
    if isinstance(found, Mapping):
        return any(str(key) == str(wanted) for key in found)
    if not isinstance(found, list | tuple | set | frozenset):
        return False
    return any(
        kind_of(item) == kind_of(wanted) and (item == wanted or (_is_nan(item) and _is_nan(wanted)))
        for item in found
    )


def _texts(record: RunRecord) -> Iterator[str]:
    """Everything that a text alone is looked for in."""
    yield str(record.id)
    one = (record.name, record.command, record.status, record.group, record.comment, record.notes)
    yield from (text for text in (*one, record.fail_trace) if text)
    yield from record.tags
    yield str(record.host.get("hostname") or "")
    yield from _leaves(record.config)
    yield from _leaves(record.result)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield str(value)
