"""MongoDB filters as expressions, so that they work with every store.

Operators: ``$eq $ne $gt $gte $lt $lte $in $nin $exists $regex $options $not $all
$and $or $nor``. As in MongoDB, ``{"a": 1}`` also holds for a list with a 1 in it, and
``$ne`` also where there is nothing.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from sacred._base.clock import naive_utc
from sacred._base.text import did_you_mean
from sacred.query.errors import QueryError
from sacred.query.fields import FIELDS
from sacred.query.syntax import (
    And,
    Compare,
    Expression,
    Matches,
    Member,
    Missing,
    Not,
    Operator,
    Or,
    Path,
)
from sacred.query.times import TimeRange
from sacred.query.validation import comparison, path_from

__all__ = ["expression_of"]

_ORDER: dict[str, Operator] = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_OTHER_OPERATORS = ("$eq", "$ne", "$in", "$nin", "$exists", "$regex", "$options", "$not", "$all")
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}


def expression_of(filter: Mapping[str, Any], now: datetime.datetime) -> Expression:
    """Translate a filter of MongoDB's query language.

    Args:
        filter: keys are dotted paths or ``$and``, ``$or``, ``$nor``.
        now: the present time, for relative times (naive UTC).

    Returns:
        the expression with the same meaning.

    Raises:
        QueryError: the filter has an unknown operator.

    >>> now = datetime.datetime(2026, 1, 2)
    >>> expression_of({"status": {"$ne": "FAILED"}, "config.lr": {"$exists": True}}, now).parts[1]
    Not(part=Missing(path=Path(field='config', steps=('lr',), column=0)))
    """
    parts: list[Expression] = []
    for key, value in filter.items():
        match key:
            case "$and":
                parts.append(And(tuple(expression_of(part, now) for part in value)))
            case "$or":
                parts.append(Or(tuple(expression_of(part, now) for part in value)))
            case "$nor":
                parts.append(Not(Or(tuple(expression_of(part, now) for part in value))))
            case str() if key.startswith("$"):
                raise _unknown(key, ("$and", "$or", "$nor"))
            case _:
                path = path_from(tuple(key.split(".")))
                parts.append(_condition(path, value, now))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _condition(path: Path, wanted: Any, now: datetime.datetime) -> Expression:
    if not (isinstance(wanted, Mapping) and any(str(key).startswith("$") for key in wanted)):
        return _equal(path, wanted, now)
    parts = [
        _operator(path, name, value, wanted, now)
        for name, value in wanted.items()
        if name != "$options"
    ]
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _operator(
    path: Path, name: str, value: Any, beside: Mapping[str, Any], now: datetime.datetime
) -> Expression:
    match name:
        case "$eq":
            return _equal(path, value, now)
        case "$ne":
            return Not(_equal(path, value, now))
        case "$in":
            return Or(tuple(_equal(path, item, now) for item in value))
        case "$nin":
            return Not(Or(tuple(_equal(path, item, now) for item in value)))
        case "$all":
            return And(tuple(_equal(path, item, now) for item in value))
        case "$exists":
            return Not(Missing(path)) if value else Missing(path)
        case "$not":
            return Not(_condition(path, value, now))
        case "$regex":
            return Matches(path, _regex(value, str(beside.get("$options", ""))))
        case _ if name in _ORDER:
            return _compare(path, _ORDER[name], value, now)
    raise _unknown(name, (*_ORDER, *_OTHER_OPERATORS))


def _equal(path: Path, value: Any, now: datetime.datetime) -> Expression:
    if isinstance(value, re.Pattern):
        return Matches(path, value)
    kind = FIELDS[path.field]
    if kind in ("texts", "files") or (kind == "metrics" and not path.steps):
        return Member(value, path)
    single = _compare(path, "=", value, now)
    may_be_list = kind == "tree" and value is not None
    return Or((single, Member(value, path))) if may_be_list else single


def _compare(path: Path, sign: Operator, value: Any, now: datetime.datetime) -> Expression:
    if isinstance(value, datetime.datetime):
        value = naive_utc(value)
        return Compare(path, sign, value.isoformat(), TimeRange(value, value))
    if value is not None and not isinstance(value, bool | int | float | str):
        raise QueryError(f"a filter cannot compare {path} with {value!r}")
    return comparison(path, sign, value, now)


def _regex(value: Any, options: str) -> re.Pattern[str]:
    if isinstance(value, re.Pattern):
        return value
    flags = 0
    for letter in options:
        if letter not in _FLAGS:
            raise QueryError(f"$options can be i, m and s, not {letter!r}")
        flags |= _FLAGS[letter]
    try:
        return re.compile(value, flags)
    except re.error as error:
        raise QueryError(f"no regular expression: {error}", value, error.pos or 0) from None


def _unknown(name: str, known: tuple[str, ...]) -> QueryError:
    hint = did_you_mean(name, known) or f"These can be used: {', '.join(known)}"
    return QueryError(f"a filter with {name} is not understood here", hint=hint)
