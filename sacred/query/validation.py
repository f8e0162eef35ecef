"""Checks of the fields and values in a query that are possible without any run."""

from __future__ import annotations

import datetime
import math

from sacred._base.text import did_you_mean
from sacred.query.errors import QueryError
from sacred.query.fields import ALIASES, FIELDS
from sacred.query.names import NO_NAMES, Names
from sacred.query.syntax import Compare, Expression, Missing, Not, Operator, Path, Value
from sacred.query.times import duration_of, time_range_of
from sacred.query.tokens import Token

__all__ = ["checked_comparison", "comparison", "path_from", "path_of", "value_of_token"]

_CONSTANTS: dict[str, Value] = {
    "true": True,
    "false": False,
    "null": None,
    "none": None,
    "nan": math.nan,
    "inf": math.inf,
}
#: Kinds of fields that have no fields within.
_FLAT_KINDS = frozenset({"id", "text", "time", "seconds", "texts", "flag", "files"})
_LISTS = {"texts": "a list", "files": "a list of files", "metrics": "all metrics"}


def path_from(
    steps: tuple[str, ...], query: str = "", column: int = 0, names: Names = NO_NAMES
) -> Path:
    """Return the path for some steps; if no field has that name, it is a config entry.

    Args:
        steps: ``("opt", "lr")`` for ``opt.lr``.
        query: the whole query, for errors.
        column: the position of the path in it, from 0, for errors.
        names: short names that may be used (default: only the names of fields).

    Raises:
        QueryError: the field has no parts.
    """
    steps = names.full(steps)
    first = ALIASES.get(steps[0], steps[0])
    if first not in FIELDS:
        return Path("config", steps, column)
    if len(steps) > 1 and FIELDS[first] in _FLAT_KINDS:
        options = ["config." + ".".join(steps[1:]), *FIELDS]
        hint = did_you_mean(".".join(steps), options)
        raise QueryError(f"{first} has no fields within", query, column + len(first), hint)
    return Path(first, steps[1:], column)


def path_of(token: Token, query: str, names: Names = NO_NAMES) -> Path:
    """Return the path that a word of a query stands for.

    Args:
        token: the word.
        query: the whole query, for errors.
        names: short names that may be used (default: only the names of fields).

    Raises:
        QueryError: the field has no parts.
    """
    return path_from(token.steps, query, token.column, names)


def value_of_token(token: Token, query: str) -> Value:
    """Return the value that a token stands for; a word stands for itself.

    Args:
        token: the right side of a comparison.
        query: the whole query, for errors.

    Raises:
        QueryError: it is not a valid number.
    """
    match token.kind:
        case "number":
            return _number(token, query)
        case "duration":
            return duration_of(token.text)
        case "name" if token.text.lower() in _CONSTANTS:
            return _CONSTANTS[token.text.lower()]
    return token.text.strip("`") if token.kind == "name" else token.text


def checked_comparison(
    path: Path,
    operator: Operator,
    token: Token,
    query: str,
    now: datetime.datetime,
    local: bool = False,
) -> Expression:
    """Build the comparison of a field with the token on its right.

    Args:
        path: the field.
        operator: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        token: the operand.
        query: the whole query, for errors.
        now: the present time, for relative times (naive UTC).
        local: whether times without a zone are local (default: UTC).

    Raises:
        QueryError: they cannot be compared.
    """
    value = value_of_token(token, query)
    kind = FIELDS[path.field]
    if kind == "time" and token.kind == "duration":
        hint = f'Did you mean "{token.text} ago"?'
        raise QueryError(f"{path} is a time, and this is a duration", query, token.column, hint)
    if kind == "text" and token.kind in ("number", "duration"):
        value = token.text  # a group may be called 3
    if kind == "time" and token.kind == "number":
        value = token.text  # a year
    try:
        return comparison(path, operator, value, now, local)
    except QueryError as error:
        column = path.column if kind in _LISTS else token.column
        raise QueryError(error.problem, query, column, error.hint) from None


def comparison(
    path: Path, operator: Operator, value: Value, now: datetime.datetime, local: bool = False
) -> Expression:
    """Build the comparison of a field with a value.

    Args:
        path: the field.
        operator: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        value: a value of any type that queries support.
        now: the present time, for relative times (naive UTC).
        local: whether times without a zone are local (default: UTC).

    Raises:
        QueryError: they cannot be compared.
    """
    kind = FIELDS[path.field]
    if kind in _LISTS and (kind != "metrics" or not path.steps):
        raise QueryError(f"{path} is {_LISTS[kind]}", hint=f"Write: NAME in {path}")
    if value is None:
        if operator not in ("=", "!="):
            raise QueryError("null is neither more nor less than anything")
        return Missing(path) if operator == "=" else Not(Missing(path))
    if kind == "flag" and not isinstance(value, bool):
        raise QueryError(f"{path} is true or false")
    if kind == "seconds":
        value = _seconds(path, value)
    if path.field == "status" and isinstance(value, str):
        value = value.upper()
    time_range = time_range_of(value, now, local) if isinstance(value, str) else None
    if kind == "time" and time_range is None:
        raise QueryError(
            f"{path} is a time, and this is none",
            hint='Times look like 2026-01-31, "2026-01-31 14:30", "2 days ago", yesterday',
        )
    return Compare(path, operator, value, time_range)


def _seconds(path: Path, value: Value) -> float:
    seconds = duration_of(value) if isinstance(value, str) else value
    if seconds is None or isinstance(seconds, bool):
        raise QueryError(
            f"{path} is a duration, and this is none",
            hint="Durations look like 90s, 1.5h, 1h30m, 2d; numbers are seconds",
        )
    return seconds


def _number(token: Token, query: str) -> int | float:
    text = token.text.replace("_", "")
    try:
        return float(text) if set(text.lower()) & set(".einf") else int(text)
    except ValueError:
        raise QueryError("this is no number", query, token.column) from None
