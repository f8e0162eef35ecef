"""Conditions for candidates as conditions of SQLAlchemy, for SQLite and PostgreSQL.

Trees are JSON texts. SQLite reads them with its JSON functions, PostgreSQL as ``jsonb``.
A text that the database does not take for JSON makes its run a candidate; before version
16, PostgreSQL cannot ask for that, and the whole question is an error (`DataError`).
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sacred.query.coarse import AllOf, AnyOf, Condition, Fact, is_plain
from sacred.records import TIME_FIELDS
from sacred.stores.sql_sharing import storable
from sacred.stores.sql_tables import Base

__all__ = ["JSON_COLUMNS", "can_translate", "is_plain", "kinds_of", "sql_condition"]

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
#: Databases read numbers in their own ways; the last digits may be others.
_TOLERANCE = 1e-12
# A JSON text has them in one form only.
_SIMPLE = re.compile(r"[A-Za-z][A-Za-z ]*")
_WORDS = frozenset({"none", "true", "false", "nan", "inf"})


def can_translate(dialect: Any) -> bool:
    """Whether conditions can be written for this database."""
    return dialect.name in ("sqlite", "postgresql")


def sql_condition(condition: Condition, dialect: Any) -> Any:
    """The condition, on the tables of `sacred.stores.sql_tables`."""
    match condition:
        case AllOf(parts):
            return sa.and_(sa.true(), *(sql_condition(part, dialect) for part in parts))
        case AnyOf(parts):
            return sa.or_(sa.false(), *(sql_condition(part, dialect) for part in parts))
        case Fact("id", _, _, value):
            return _RUN.c.run_id.in_(_ids(value)) | _RUN.c.run_id.is_(None)
        case Fact("name"):
            return _name(condition)
        case Fact("status" | "command" as name):
            return _text_test(_RUN.c[name], condition)
        case Fact(field) if field in TIME_FIELDS:
            return _time_test(_RUN.c[field], condition)
        case Fact(field) if field in _TREES:
            return _in_tree(condition, dialect)
    return sa.true()


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


def _in_tree(fact: Fact, dialect: Any) -> Any:
    column = _RUN.c[_TREES[fact.field]]
    # Annotations are entries of ``meta``.
    steps = fact.steps if fact.field in JSON_COLUMNS else (fact.field,)
    if fact.field == "tags":
        return _tags(column, fact)
    kinds = kinds_of(column, dialect)
    candidate = _value_test(kinds, steps, fact)
    for length in range(1, len(steps)):
        # A reference to something elsewhere in the tree.
        candidate |= kinds.kind((*steps[:length], "py/id")).is_not(None)
    found = sa.case((kinds.is_valid(), candidate), else_=sa.true())
    # Of a run of the old library, the value is in another column.
    other = _RUN.c.result.is_not(None) if fact.field == "result" else sa.true()
    if fact.test == "absent":
        other = sa.true()
    return sa.case((column.is_(None), other), else_=found)


def _value_test(kinds: _Kinds, steps: tuple[str, ...], fact: Fact) -> Any:
    kind, value = kinds.kind(steps), fact.value
    if fact.test == "absent":
        return kind.is_(None) | (kind == "null") | kinds.text_test(steps, "=", "")
    # An object may stand for a number of numpy, a date, and so on.
    is_object = kind == "object"
    if fact.test == "true":
        return is_object | kinds.is_true(steps)
    if fact.test in ("texts", "contains", "present"):
        return kind.is_not(None) & (kind != "null")
    if isinstance(value, bool):
        return is_object | (kinds.is_true(steps) if value else ~kinds.is_true(steps))
    if isinstance(value, str):
        sign = {"equal": "=", "at most": "<=", "at least": ">="}[fact.test]
        return is_object | kinds.text_test(steps, sign, value) | kinds.is_no_text(steps, fact)
    room = abs(value) * _TOLERANCE + 1e-300
    low = None if fact.test == "at most" else value - room
    high = None if fact.test == "at least" else value + room
    return is_object | kinds.number_test(steps, low, high)


def _tags(column: Any, fact: Fact) -> Any:
    text = str(fact.value)
    if fact.test != "contains" or not _SIMPLE.fullmatch(text) or text.lower() in _WORDS:
        return sa.true()
    return column.is_(None) | column.contains(json.dumps(text), autoescape=True)


def kinds_of(column: Any, dialect: Any) -> _Kinds:
    """How a database reads the JSON in a column."""
    version = getattr(dialect, "server_version_info", None) or (0,)
    return _Sqlite(column) if dialect.name == "sqlite" else _Postgres(column, version)


class _Kinds:
    """JSON in a column, as one database reads it."""

    def __init__(self, column: Any) -> None:
        self.column = column

    def is_valid(self) -> Any:
        """Whether the database can read it."""
        raise NotImplementedError

    def kind(self, steps: tuple[str, ...]) -> Any:
        """``object``, ``array``, ``null``, or another name; NULL: there is nothing."""
        raise NotImplementedError

    def is_true(self, steps: tuple[str, ...]) -> Any:
        """Whether it is ``true``."""
        raise NotImplementedError

    def text_test(self, steps: tuple[str, ...], sign: str, value: str) -> Any:
        """Whether it is a text that compares so, character by character."""
        raise NotImplementedError

    def number_test(self, steps: tuple[str, ...], low: Any, high: Any) -> Any:
        """Whether it is a number within these bounds."""
        raise NotImplementedError

    def value(self, steps: tuple[str, ...], kind: Literal["number", "text", "flag"]) -> Any:
        """The value, to sort by, if it is of that kind; NULL: it is not."""
        raise NotImplementedError

    def is_no_text(self, steps: tuple[str, ...], fact: Fact) -> Any:
        """Of an annotation, which counts as a text whatever it is: whether it is none."""
        if fact.field not in ("group", "notes", "comment"):
            return sa.false()
        kind = self.kind(steps)
        return kind.is_not(None) & kind.not_in(["text", "string", "null"])


class _Sqlite(_Kinds):
    def is_valid(self) -> Any:
        return sa.func.json_valid(self.column) == 1

    def kind(self, steps: tuple[str, ...]) -> Any:
        return sa.func.json_type(self.column, _path(steps), type_=sa.String)

    def is_true(self, steps: tuple[str, ...]) -> Any:
        return self.kind(steps) == "true"

    def text_test(self, steps: tuple[str, ...], sign: str, value: str) -> Any:
        found = sa.func.json_extract(self.column, _path(steps), type_=sa.String)
        return (self.kind(steps) == "text") & found.bool_op(sign)(value)

    def number_test(self, steps: tuple[str, ...], low: Any, high: Any) -> Any:
        found = sa.func.json_extract(self.column, _path(steps), type_=sa.Double)
        return self.kind(steps).in_(["integer", "real"]) & _between(found, low, high)

    def value(self, steps: tuple[str, ...], kind: Literal["number", "text", "flag"]) -> Any:
        names = {"number": ["integer", "real"], "text": ["text"], "flag": ["true", "false"]}[kind]
        type_ = sa.String() if kind == "text" else sa.Double()
        found = sa.func.json_extract(self.column, _path(steps), type_=type_)
        return sa.case((self.kind(steps).in_(names), found))


class _Postgres(_Kinds):
    def __init__(self, column: Any, version: tuple[int, ...]) -> None:
        super().__init__(column)
        self._version = version

    def is_valid(self) -> Any:
        if self._version < (16,):
            return sa.true()
        return sa.func.pg_input_is_valid(self.column, "jsonb")

    def kind(self, steps: tuple[str, ...]) -> Any:
        return sa.func.jsonb_typeof(self._at(steps, "#>"), type_=sa.String)

    def is_true(self, steps: tuple[str, ...]) -> Any:
        return (self.kind(steps) == "boolean") & (self._at(steps, "#>>") == "true")

    def text_test(self, steps: tuple[str, ...], sign: str, value: str) -> Any:
        found = sa.collate(self._at(steps, "#>>"), "C")
        return (self.kind(steps) == "string") & found.bool_op(sign)(value)

    def number_test(self, steps: tuple[str, ...], low: Any, high: Any) -> Any:
        found = sa.cast(self._at(steps, "#>>"), sa.Numeric)
        return sa.case((self.kind(steps) == "number", _between(found, low, high)), else_=sa.false())

    def value(self, steps: tuple[str, ...], kind: Literal["number", "text", "flag"]) -> Any:
        found = self._at(steps, "#>>")
        if kind == "text":
            return sa.case((self.kind(steps) == "string", sa.collate(found, "C")))
        if kind == "flag":
            return sa.case((self.kind(steps) == "boolean", sa.case((found == "true", 1), else_=0)))
        return sa.case((self.kind(steps) == "number", sa.cast(found, sa.Numeric)))

    def _at(self, steps: tuple[str, ...], operator: str) -> Any:
        tree = sa.cast(self.column, postgresql.JSONB)
        texts = postgresql.ARRAY(sa.Text)
        path = sa.cast(sa.literal(list(steps), texts), texts)
        kind: Any = postgresql.JSONB() if operator == "#>" else sa.Text()
        return tree.op(operator, return_type=kind)(path)


def _path(steps: tuple[str, ...]) -> str:
    return "".join(["$", *(f'."{step}"' for step in steps)])


def _between(found: Any, low: Any, high: Any) -> Any:
    tests = [] if low is None else [found >= low]
    return sa.and_(*tests, *([] if high is None else [found <= high]))
