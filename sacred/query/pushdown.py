"""Asking a store to leave out what cannot be an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sacred.query.order import SortKey
from sacred.query.syntax import Expression
from sacred.stores.reading import Reader

if TYPE_CHECKING:
    from sacred.query.coarse import Condition
    from sacred.query.sql_json import JsonTexts
    from sacred.stores.mongo_metric_search import MetricSearch

__all__ = ["pushed", "pushed_order"]


def pushed(expression: Expression, reader: Reader) -> Any:
    """A condition in the language of the reader that leaves no answer out; None: none."""
    if reader.language is None:
        return None
    from sacred.query.coarse import coarse

    condition = coarse(expression)
    if condition is None:
        return None
    if reader.language == "mongo":
        return _mongo_filter(condition, reader.search)  # type: ignore[attr-defined]
    if reader.language.startswith("sql"):
        from sacred.query.to_sql import row_test

        texts = _texts_of(reader.dialect)  # type: ignore[attr-defined]
        return None if texts is None else row_test(condition, texts)
    return None


def pushed_order(keys: Sequence[SortKey], reader: Reader) -> Any:
    """An order in the language of the reader, for `Reader.ranked`; None: it has none."""
    if reader.language == "mongo":
        path = keys[0].path
        if len(keys) == 1 and path.field == "metrics" and path.steps:
            from sacred.query.mongo_metrics import metric_order

            return metric_order(path.metric, keys[0].descending)
        from sacred.query.mongo_order import mongo_order

        return mongo_order(keys)
    if (reader.language or "").startswith("sql"):
        from sacred.query.sql_order import sql_order

        texts = _texts_of(reader.dialect)  # type: ignore[attr-defined]
        return None if texts is None else sql_order(keys, texts)
    return None


def _mongo_filter(condition: Condition, search: MetricSearch) -> dict[str, Any]:
    from sacred.query.coarse import facts_in
    from sacred.query.to_mongo import mongo_filter

    where = mongo_filter(condition)
    facts = [fact for fact in facts_in(condition) if fact.field == "metrics"]
    facts = [fact for fact in facts if fact.test != "absent"]
    if not facts or not search.is_cheaper(where):
        return where
    from sacred.query.mongo_metrics import metric_filter

    return mongo_filter(
        condition, {fact: search.ids(fact.steps[0], metric_filter(fact)) for fact in facts}
    )


def _texts_of(dialect: Any) -> JsonTexts | None:
    """How a database reads JSON; None: it is not known."""
    version = getattr(dialect, "server_version_info", None) or (0,)
    # Each loads what SQLAlchemy has for its database, and no more.
    if dialect.name == "sqlite":
        from sacred.query.sqlite_json import SqliteTexts

        return SqliteTexts()
    if dialect.name == "postgresql" and version >= (12,):  # others have no paths
        from sacred.query.postgres_json import PostgresTexts

        return PostgresTexts(version)
    return None
