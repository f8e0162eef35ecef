"""Asking a store to leave out what cannot be an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sacred.query.coarse import coarse
from sacred.query.order import SortKey
from sacred.query.syntax import Expression
from sacred.stores.reading import Reader

__all__ = ["pushed", "pushed_order"]


def pushed(expression: Expression, reader: Reader) -> Any:
    """A condition in the language of the reader that leaves no answer out; None: none."""
    if reader.language is None:
        return None
    condition = coarse(expression)
    if condition is None:
        return None
    if reader.language == "mongo":
        from sacred.query.to_mongo import mongo_filter

        return mongo_filter(condition)
    if reader.language.startswith("sql"):
        from sacred.query.to_sql import can_translate, sql_condition

        dialect = reader.dialect  # type: ignore[attr-defined]
        return sql_condition(condition, dialect) if can_translate(dialect) else None
    return None


def pushed_order(keys: Sequence[SortKey], reader: Reader) -> Any:
    """An order in the language of the reader, for `Reader.ranked`; None: it has none."""
    if reader.language == "mongo":
        from sacred.query.mongo_order import mongo_order

        return mongo_order(keys)
    if (reader.language or "").startswith("sql"):
        from sacred.query.sql_order import sql_order

        return sql_order(keys, reader.dialect)  # type: ignore[attr-defined]
    return None
