"""Conditions for candidates as conditions of SQLAlchemy, for SQLite and PostgreSQL.

Trees are JSON texts, see `sacred.query.sql_json`. A text that the database does not take for
JSON makes its run a candidate; before version 16, PostgreSQL cannot ask for that, and the
whole question is an error (`DataError`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sacred.query.coarse import AllOf, AnyOf, Condition, Fact
from sacred.query.sql_json import JsonTexts
from sacred.query.sql_metrics import metric_condition
from sacred.query.sql_search import search_condition
from sacred.records import TIME_FIELDS
from sacred.stores.sql_sharing import storable
from sacred.stores.sql_tables import Base

__all__ = ["JSON_COLUMNS", "sql_condition"]

_RUN = Base.metadata.tables["run"]
_EXPERIMENT = Base.metadata.tables["experiment"]

#: Fields that are a column of JSON.
JSON_COLUMNS = {
    "config": "config",
    "info": "info",
    "meta": "meta_json",
    "host": "host_json",
    "result": "result_json",
}
_ANNOTATIONS = ("tags", "group", "notes", "comment", "starred")
_TREES = {**JSON_COLUMNS, **dict.fromkeys(_ANNOTATIONS, "meta_json")}
# A JSON text has them in one form only.
_SIMPLE = re.compile(r"[A-Za-z][A-Za-z ]*")
_WORDS = frozenset({"none", "true", "false", "nan", "inf"})


def sql_condition(condition: Condition, texts: JsonTexts) -> Any:
    """The condition, on the tables of `sacred.stores.sql_tables`."""
    match condition:
        case AllOf(parts):
            return sa.and_(sa.true(), *(sql_condition(part, texts) for part in _cheap_first(parts)))
        case AnyOf(parts):
            return sa.or_(sa.false(), *(sql_condition(part, texts) for part in _cheap_first(parts)))
        case Fact("id", _, _, value):
            return _RUN.c.run_id.in_(_ids(value)) | _RUN.c.run_id.is_(None)
        case Fact("name"):
            return _name(condition)
        case Fact("status" | "command" as name):
            return _text_test(_RUN.c[name], condition)
        case Fact("metrics"):
            return metric_condition(condition)
        case Fact("search", _, _, value):
            return search_condition(value, texts)
        case Fact(field) if field in TIME_FIELDS:
            return _time_test(_RUN.c[field], condition)
        case Fact(field) if field in _TREES:
            return _in_tree(condition, texts)
    return sa.true()


def _cheap_first(parts: Sequence[Condition]) -> list[Condition]:
    """SQLite looks at them in this order; to parse a text, or to look at points, takes time."""

    def cost(part: Condition) -> int:
        field = part.field if isinstance(part, Fact) else None
        return 2 if field == "metrics" else int(field is None or field in _TREES)

    return sorted(parts, key=cost)


def _ids(value: Any) -> list[str]:
    whole = isinstance(value, float) and value.is_integer()
    return [str(storable(str(int(value) if whole else value)))]


def _name(fact: Fact) -> Any:
    fitting = sa.select(_EXPERIMENT.c.experiment_id).where(_text_test(_EXPERIMENT.c.name, fact))
    return _RUN.c.experiment_id.in_(fitting) | _RUN.c.experiment_id.is_(None)


def _text_test(column: Any, fact: Fact) -> Any:
    if fact.test == "absent":
        return column.is_(None) | (column == "")
    if fact.test == "equal":
        return column == str(storable(str(fact.value)))
    return column.is_not(None)  # the order of texts is another one in other languages


def _time_test(column: Any, fact: Fact) -> Any:
    match fact.test:
        case "at most":
            return column <= fact.value
        case "at least":
            return column >= fact.value
        case "absent":
            return column.is_(None)
    return column.is_not(None)


def _in_tree(fact: Fact, texts: JsonTexts) -> Any:
    column = _RUN.c[_TREES[fact.field]]
    if fact.field == "tags":
        return _tags(column, fact)
    # Annotations are entries of ``meta``.
    steps = fact.steps if fact.field in JSON_COLUMNS else (fact.field,)
    # Of a run of the old library, the value is in another column.
    elsewhere = fact.field == "result" and fact.test != "absent"
    valid = texts.is_valid(column)
    # Databases must not read what is none, so the order matters.
    return sa.case(
        (column.is_(None), _RUN.c.result.is_not(None) if elsewhere else sa.true()),
        *(() if valid is None else [(~valid, sa.true())]),
        (texts.fits(column, steps, fact), sa.true()),
        else_=sa.false(),
    )


def _tags(column: Any, fact: Fact) -> Any:
    text = str(fact.value)
    if fact.test != "contains" or not _SIMPLE.fullmatch(text) or text.lower() in _WORDS:
        return sa.true()
    return column.is_(None) | column.contains(json.dumps(text), autoescape=True)
