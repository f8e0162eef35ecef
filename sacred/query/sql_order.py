"""An order of runs as SQL, for SQLite and PostgreSQL.

What the database cannot place as `sacred.query.order` does comes first, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from sacred.query.order import SortKey
from sacred.query.to_sql import JSON_COLUMNS, can_translate, is_plain, kinds_of
from sacred.records import TIME_FIELDS
from sacred.stores.sql_tables import Base

__all__ = ["sql_order"]

_RUN = Base.metadata.tables["run"]
#: Of kinds as SQLite calls them, and as PostgreSQL does.
_RANKS = {
    "true": 0, "false": 0, "integer": 1, "real": 1, "text": 2,
    "boolean": 0, "number": 1, "string": 2,
}  # fmt: skip
#: Databases have other integers beyond.
_EXACT = 2**53


def sql_order(keys: Sequence[SortKey], dialect: Any) -> tuple[Any, list[Any]] | None:
    """Whether the place of a run is not known, and expressions to sort by; None: there are none."""
    if not can_translate(dialect):
        return None
    doubts: list[Any] = [sa.false()]
    order: list[Any] = []
    for key in keys:
        field, steps = key.path.field, key.path.steps
        if field in TIME_FIELDS:
            order += _directed(key, _RUN.c[field])
        elif field in JSON_COLUMNS and (steps or field == "result") and is_plain(key.path):
            doubt, values = _of_json(field, steps, dialect)
            doubts.append(doubt)
            for value in values:
                order += _directed(key, value)
        else:
            return None
    return sa.or_(*doubts), order


def _directed(key: SortKey, value: Any) -> Iterator[Any]:
    # What is not there comes last in both directions.
    yield sa.case((value.is_(None), 1), else_=0)
    yield value.desc() if key.descending else value.asc()


def _of_json(field: str, steps: tuple[str, ...], dialect: Any) -> tuple[Any, list[Any]]:
    column = _RUN.c[JSON_COLUMNS[field]]
    kinds = kinds_of(column, dialect)
    kind = kinds.kind(steps)
    number, text, flag = (kinds.value(steps, name) for name in ("number", "text", "flag"))
    doubt = (kind == "object") | sa.func.coalesce(sa.func.abs(number) >= _EXACT, sa.false())
    for length in range(1, len(steps)):
        doubt |= kinds.kind((*steps[:length], "py/id")).is_not(None)
    valid = column.is_not(None) & kinds.is_valid()
    doubt = sa.case((valid, sa.func.coalesce(doubt, sa.false())), else_=column.is_not(None))
    if field == "result":
        doubt |= column.is_(None) & _RUN.c.result.is_not(None)
    # The kind is looked at once: to find it is what takes the time.
    rank = sa.case(_RANKS, value=kind)
    values = [rank, sa.func.coalesce(flag, number), text]
    return doubt, [sa.case((valid, value)) for value in values]
