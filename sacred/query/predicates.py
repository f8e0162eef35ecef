"""Conditions that stores can evaluate themselves, to find candidates for an expression.

Only `sacred.query.evaluate` decides whether an expression is true for a run. A store with
a query language of its own is only asked to leave out runs for which the expression is certainly
false. So all stores agree, and a translation that is not sure may say "any".

An expression becomes `AllOf` and `AnyOf` of `Predicate`s about stored values; ``None`` stands for
"any run". Each predicate is *implied* by the expression that it comes from.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator
from typing import Any, Literal

from sacred._base.frozen import Frozen
from sacred.query.fields import FIELDS
from sacred.query.syntax import (
    And,
    Compare,
    Expression,
    IsTrue,
    Matches,
    Member,
    Missing,
    Not,
    Or,
    Path,
    Search,
)
from sacred.serializer.escaped_text import storable_text
from sacred.status import DEAD, RUNNING

__all__ = [
    "OF_NUMBERS",
    "AllOf",
    "AnyOf",
    "Condition",
    "Predicate",
    "Test",
    "bounds_of",
    "id_list",
    "implied_by",
    "is_plain",
    "predicates_in",
    "value_list",
]

Test = Literal["equal", "at most", "at least", "present", "absent", "true", "texts", "contains"]


class Predicate(Frozen, kw_only=False):
    """A test of a stored value.

    For a metric, the steps are its name and the aggregate; see `Path.metric`.
    For a string that may be anywhere in the record, the field is ``search``. ``texts``: the value
    is a string, or a list that may contain strings. ``contains``: it is a container that may
    contain `value`.
    """

    field: str
    steps: tuple[str, ...]
    test: Test
    value: Any = None


class AllOf(Frozen, kw_only=False):
    """Every part is true."""

    parts: tuple[Condition, ...]


class AnyOf(Frozen, kw_only=False):
    """At least one part is true; false without parts."""

    parts: tuple[Condition, ...]


Condition = Predicate | AllOf | AnyOf

#: Databases read numbers in their own ways; the last digits may be others.
_TOLERANCE = 1e-12

#: What a comparison with another sign than ``!=`` says of a stored value.
_TESTS: dict[str, Test] = {
    "=": "equal",
    "<": "at most",
    "<=": "at most",
    ">": "at least",
    ">=": "at least",
}
#: Texts that are the same in JSON, wherever in a text they stand.
_JSON_SAFE = re.compile(r"[A-Za-z0-9 .,:;=+*/(){}\[\]<>@#$%&!?_-]+")
#: What texts of numbers and times are made of; stores may have others for them.
OF_NUMBERS = frozenset("0123456789.+-einfa: ")
#: Integers below are the same as floats, in every store.
_MAX_EXACT_INTEGER = 2**53
# Keys that are stored as they are. Others may be escaped, or be those of integers.
_PLAIN_STEP = re.compile(r"(?!py/)[A-Za-z_][A-Za-z0-9_/-]*\Z")
_NO_TEXT_KEYS = frozenset({"None", "True", "False", "nan", "inf"})
_TEXTS = frozenset({"name", "command", "group", "notes", "comment"})
_LISTED_TEXTS = _TEXTS | {"status"}
#: What readers take out of a stored field: there is something in the store, and none here.
_TAKEN_OUT = frozenset({("info", "metrics"), ("experiment", "sources")})


def implied_by(expression: Expression) -> Condition | None:
    """Return a condition that is true for all runs for which the expression is true.

    >>> from sacred.query.parser import parse
    >>> implied_by(parse("status = FAILED and output ~ /nan/"))
    Predicate(field='status', steps=(), test='equal', value='FAILED')
    """
    match expression:
        case And(parts):
            return _all_of([implied_by(part) for part in parts])
        case Or(parts):
            return _any_of([implied_by(part) for part in parts])
        case Not(part):
            return _opposite(part)
        case Compare(path):
            if _is_metric(path):
                return _metric_compared(expression)
            return _compared(expression) if is_plain(path) else None
        case Missing(path):
            return _missing(path)
        case IsTrue(path):
            return _of_metric(path, "present") if _is_metric(path) else _true(path)
        case Member(str(value), Path("metrics", ())) if _is_sure(value):
            return Predicate("metrics", (value, "count"), "present")
        case Matches(path):
            if path.field in _TEXTS or path.field == "tags":
                return Predicate(path.field, (), "present")
            return Predicate(path.field, path.steps, "texts") if _is_tree(path) else None
        case Member(value, path):
            if path.field == "tags" or _is_tree(path):
                test: Test = "contains" if _is_sure(value) else "present"
                return Predicate(path.field, path.steps, test, value)
        case Search(text) if _JSON_SAFE.fullmatch(text) and not OF_NUMBERS.issuperset(text.lower()):
            return Predicate("search", (), "contains", text.lower())
    return None


def bounds_of(predicate: Predicate) -> tuple[float | None, float | None]:
    """Return the smallest and the largest number that may be meant; None if there is no bound."""
    room = abs(predicate.value) * _TOLERANCE + 1e-300
    low = None if predicate.test == "at most" else predicate.value - room
    return low, None if predicate.test == "at least" else predicate.value + room


def predicates_in(condition: Condition) -> Iterator[Predicate]:
    """Return all predicates of a condition."""
    if isinstance(condition, Predicate):
        yield condition
    else:
        for part in condition.parts:
            yield from predicates_in(part)


def id_list(condition: Condition) -> list[Any] | None:
    """Return the ids that a condition allows; None if it is not about ids alone.

    >>> id_list(AnyOf((Predicate("id", (), "equal", 1), Predicate("id", (), "equal", "a"))))
    [1, 'a']
    """
    if not isinstance(condition, AnyOf) or not condition.parts:
        return None
    found = [p.value for p in condition.parts if isinstance(p, Predicate) and p.field == "id"]
    return found if len(found) == len(condition.parts) else None


def value_list(condition: Condition) -> tuple[Predicate, ...] | None:
    """Return the predicates that require a value to be one of a list; None if there are none.

    >>> either = [Predicate("config", ("a",), "equal", value) for value in (1, "x")]
    >>> value_list(AnyOf(tuple(either))) == tuple(either)
    True
    """
    if not isinstance(condition, AnyOf) or len(condition.parts) < 2:
        return None
    found = tuple(part for part in condition.parts if isinstance(part, Predicate))
    places = {(part.field, part.steps, part.test) for part in found}
    if len(found) < len(condition.parts) or len(places) > 1 or found[0].test != "equal":
        return None
    is_value = FIELDS.get(found[0].field) == "tree" or found[0].field in _LISTED_TEXTS
    return found if is_value else None


def _all_of(parts: list[Condition | None]) -> Condition | None:
    known = [part for part in parts if part is not None]
    if len(known) < 2:
        return known[0] if known else None
    return AllOf(tuple(known))


def _any_of(parts: list[Condition | None]) -> Condition | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return known[0] if len(known) == 1 else AnyOf(tuple(known))


def _opposite(expression: Expression) -> Condition | None:
    """A condition that holds for all runs for which the expression does not."""
    match expression:
        case And(parts):
            return _any_of([_opposite(part) for part in parts])
        case Or(parts):
            return _all_of([_opposite(part) for part in parts])
        case Not(part):
            return implied_by(part)
        case Missing(path) if _is_metric(path):
            return _of_metric(path, "present")
        case Missing(path) if _is_tree(path) or path.field in _TEXTS or _is_time(path):
            return Predicate(path.field, path.steps, "present")
    return None  # where the value is missing, or of another kind, the opposite is true


def _compared(test: Compare) -> Condition | None:
    field, value = test.path.field, test.value
    if field == "id":
        known = test.operator == "=" and _is_sure(value)
        return Predicate(field, (), "equal", value) if known else None
    if field == "status":
        return _status(test)
    if _is_time(test.path):
        return _time(test)
    if field == "starred":
        return Predicate(field, (), "true") if value is True and test.operator == "=" else None
    if not _is_tree(test.path) and field not in _TEXTS:
        return None
    if test.operator == "!=" or not _is_sure(value):
        return Predicate(field, test.path.steps, "present")
    if isinstance(value, bool) and test.operator != "=":
        return AnyOf(())  # flags have no order
    return Predicate(field, test.path.steps, _TESTS[test.operator], value)


def _is_metric(path: Path) -> bool:
    return path.field == "metrics" and bool(path.steps) and _is_sure(path.metric[0])


def _of_metric(path: Path, test: Test, value: Any = None) -> Predicate:
    return Predicate("metrics", path.metric, test, value)


def _metric_compared(test: Compare) -> Condition:
    value = test.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not _is_sure(value) or test.operator == "!=":
        return _of_metric(test.path, "present")
    return _of_metric(test.path, _TESTS[test.operator], value)


def _status(test: Compare) -> Condition | None:
    if test.operator == "!=":
        return Predicate("status", (), "present")
    if test.operator != "=" or not _is_sure(test.value):
        return None
    # Whether a run is dead depends on the time.
    options = (RUNNING, DEAD) if test.value == DEAD else (test.value,)
    return _any_of([Predicate("status", (), "equal", option) for option in options])


def _time(test: Compare) -> Condition | None:
    field, time_range = test.path.field, test.time_range
    if time_range is None or test.operator == "!=":
        return Predicate(field, (), "present")
    first = Predicate(field, (), "at least", time_range.start)
    last = Predicate(field, (), "at most", time_range.stop)
    match test.operator:
        case "<" | "<=":
            return last
        case ">" | ">=":
            return first
    return AllOf((first, last))


def _missing(path: Path) -> Condition | None:
    if path.field in _TEXTS or _is_time(path):
        return Predicate(path.field, (), "absent")
    if _is_metric(path):
        return _of_metric(path, "absent")
    # Deeper within, stores and Python do not agree on what is there: keys of objects.
    if _is_tree(path) and len(path.steps) < 2 and (path.field, *path.steps) not in _TAKEN_OUT:
        return Predicate(path.field, path.steps, "absent")
    return None


def _true(path: Path) -> Condition | None:
    if path.field == "starred" or _is_tree(path):
        return Predicate(path.field, path.steps, "true")
    return None


def _is_tree(path: Path) -> bool:
    has_value = bool(path.steps) or path.field == "result"
    return FIELDS[path.field] == "tree" and has_value and is_plain(path)


def _is_time(path: Path) -> bool:
    return FIELDS[path.field] == "time"


def is_plain(path: Path) -> bool:
    """Whether all stores keep the keys of a path unchanged."""
    return all(_PLAIN_STEP.match(step) and step not in _NO_TEXT_KEYS for step in path.steps)


def _is_sure(value: Any) -> bool:
    """Whether all stores compare the value as Python does."""
    if isinstance(value, bool | datetime.datetime):
        return True
    if isinstance(value, int | float):
        return math.isfinite(value) and abs(value) < _MAX_EXACT_INTEGER
    return isinstance(value, str) and "\0" not in value and storable_text(value) is value
