"""Predicates as conditions of SQLAlchemy, for SQLite and PostgreSQL.

Trees are JSON texts, see `sacred.stores.sql.search.json_paths`. A text that the database
does not accept as JSON makes its run a candidate; before version 16, PostgreSQL cannot test
for that, and the whole query fails (`DataError`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from sacred.query.predicates import (
    AllOf,
    AnyOf,
    Condition,
    Predicate,
    bounds_of,
    id_list,
    value_list,
)
from sacred.records import TIME_FIELDS
from sacred.stores.sql.search.candidates import Filter
from sacred.stores.sql.search.json_paths import JsonTexts, bounded, is_flag
from sacred.stores.sql.search.metrics import metric_condition
from sacred.stores.sql.search.text_search import search_condition
from sacred.stores.sql.storable_text import storable
from sacred.stores.sql.tables import TABLES

__all__ = ["JSON_COLUMNS", "sql_filter"]

_RUN = TABLES["run"]
_EXPERIMENT = TABLES["experiment"]

#: Fields that are a column of JSON.
JSON_COLUMNS = {
    "config": "config",
    "info": "info",
    "meta": "meta_json",
    "host": "host_json",
    "result": "result_json",
}
_ANNOTATIONS = ("tags", "group", "notes", "comment", "starred")
_TREE_COLUMNS = {**JSON_COLUMNS, **dict.fromkeys(_ANNOTATIONS, "meta_json")}
_PARSED_FIELDS = {*_TREE_COLUMNS, "search"}
# A JSON text has them in one form only.
_PLAIN_TEXT = re.compile(r"[A-Za-z][A-Za-z ]*")
_OTHER_FORMS = frozenset({"none", "true", "false", "nan", "inf"})


def sql_filter(condition: Condition, texts: JsonTexts) -> Filter:
    """Return a condition for candidates on the tables of `sacred.stores.sql.tables`.

    Args:
        condition: the predicates.
        texts: how the database reads JSON.
    """
    parts = condition.parts if isinstance(condition, AllOf) else (condition,)
    slow = [part for part in parts if _cost(part)]
    quick = [_condition(part, texts) for part in parts if not _cost(part)]
    return Filter(
        quick=sa.and_(sa.true(), *quick),
        slow=_condition(AllOf(tuple(slow)), texts) if slow else None,
    )


def _condition(condition: Condition, texts: JsonTexts) -> Any:
    match condition:
        case AllOf(parts):
            return sa.and_(sa.true(), *(_condition(part, texts) for part in _cheap_first(parts)))
        case AnyOf() if (ids := id_list(condition)) is not None:
            among = texts.items([text for value in ids for text in _ids(value)])
            return _RUN.c.run_id.in_(among) | _RUN.c.run_id.is_(None)
        case AnyOf() if (listed := value_list(condition)) is not None:
            return _among(listed, texts)
        case AnyOf(parts):
            return sa.or_(sa.false(), *(_condition(part, texts) for part in _cheap_first(parts)))
        case Predicate("id", _, _, value):
            return _RUN.c.run_id.in_(_ids(value)) | _RUN.c.run_id.is_(None)
        case Predicate("name"):
            return _name(condition)
        case Predicate("status" | "command" as name):
            return _text_test(_RUN.c[name], condition)
        case Predicate("metrics"):
            return metric_condition(condition)
        case Predicate("search", _, _, value):
            return search_condition(value, texts)
        case Predicate(field) if field in TIME_FIELDS:
            return _time_test(_RUN.c[field], condition)
        case Predicate(field) if field in _TREE_COLUMNS:
            return _in_tree((condition,), texts)
    return sa.true()


def _among(listed: Sequence[Predicate], texts: JsonTexts) -> Any:
    """A stored value is one of a list."""
    field = listed[0].field
    if field in _TREE_COLUMNS:
        return _in_tree(listed, texts)
    wanted = texts.items([str(storable(str(predicate.value))) for predicate in listed])
    if field == "name":
        return _of_experiment(_EXPERIMENT.c.name.in_(wanted))
    return _RUN.c[field].in_(wanted)


def _cheap_first(parts: Sequence[Condition]) -> list[Condition]:
    """SQLite looks at them in this order."""
    return sorted(parts, key=_cost)


def _cost(condition: Condition) -> int:
    """0: by columns alone; 1: a text has to be parsed; 2: points have to be looked at."""
    if isinstance(condition, Predicate):
        if condition.field == "metrics":
            return 2
        return int(condition.field in _PARSED_FIELDS and not _is_number(condition))
    if (listed := value_list(condition)) is not None:
        return int(listed[0].field in _PARSED_FIELDS)
    return max(map(_cost, condition.parts), default=0)


def _ids(value: Any) -> list[str]:
    whole = isinstance(value, float) and value.is_integer()
    return [str(storable(str(int(value) if whole else value)))]


def _name(predicate: Predicate) -> Any:
    return _of_experiment(_text_test(_EXPERIMENT.c.name, predicate))


def _of_experiment(condition: Any) -> Any:
    fitting = sa.select(_EXPERIMENT.c.experiment_id).where(condition)
    return _RUN.c.experiment_id.in_(fitting) | _RUN.c.experiment_id.is_(None)


def _text_test(column: Any, predicate: Predicate) -> Any:
    if predicate.test == "absent":
        return column.is_(None) | (column == "")
    if predicate.test == "equal":
        return column == str(storable(str(predicate.value)))
    return column.is_not(None)  # the order of texts is another one in other languages


def _time_test(column: Any, predicate: Predicate) -> Any:
    match predicate.test:
        case "at most":
            return column <= predicate.value
        case "at least":
            return column >= predicate.value
        case "absent":
            return column.is_(None)
    return column.is_not(None)


def _in_tree(listed: Sequence[Predicate], texts: JsonTexts) -> Any:
    """One predicate about a value in a tree, or a list of values that it may have."""
    predicate = listed[0]
    column = _RUN.c[_TREE_COLUMNS[predicate.field]]
    if predicate.field == "tags":
        return _tags(column, predicate)
    # Annotations are entries of ``meta``.
    steps = predicate.steps if predicate.field in JSON_COLUMNS else (predicate.field,)
    valid = texts.is_valid(column)
    if len(listed) == 1:
        found = texts.fits(column, steps, predicate)
    else:
        found = texts.is_among(column, steps, listed)
    # Databases must not read what is none, so the order matters.
    return sa.case(
        *(_by_number(column, listed) if predicate.field == "result" else ()),
        (column.is_(None), sa.true()),
        *(() if valid is None else [(~valid, sa.true())]),
        (found, sa.true()),
        else_=sa.false(),
    )


def _is_number(predicate: Predicate) -> bool:
    """Whether a predicate compares a result with a number."""
    is_compared = predicate.test in ("equal", "at most", "at least") and not predicate.steps
    return predicate.field == "result" and is_compared and type(predicate.value) in (int, float)


def _by_number(text: Any, listed: Sequence[Predicate]) -> Iterator[tuple[Any, Any]]:
    """When the column of a result that is a number, or a flag, says enough, and what."""
    number, predicate = _RUN.c.result, listed[0]
    if _is_number(predicate) and len(listed) == 1:
        within = bounded(number, *bounds_of(predicate))
        yield number.is_not(None) & ~is_flag(text), sa.and_(sa.true(), *within)
    if predicate.test != "absent":
        # Of a run of the old library, it is all that there is.
        yield text.is_(None), number.is_not(None)


def _tags(column: Any, predicate: Predicate) -> Any:
    text = str(predicate.value)
    if (
        predicate.test != "contains"
        or not _PLAIN_TEXT.fullmatch(text)
        or text.lower() in _OTHER_FORMS
    ):
        return sa.true()
    return column.is_(None) | column.contains(json.dumps(text), autoescape=True)
