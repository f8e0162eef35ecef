"""Asking a store to leave out what cannot be an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sacred.query.sorting import SortKey
from sacred.query.syntax import Expression
from sacred.stores.reader import Reader

if TYPE_CHECKING:
    from sacred.query.predicates import Condition
    from sacred.stores.mongo.search.metric_ids import MetricSearch
    from sacred.stores.sql.search.json_paths import JsonTexts

__all__ = ["pushed", "pushed_order"]


def pushed(expression: Expression, reader: Reader) -> Any:
    """A condition in the language of the reader that leaves no answer out; None: none."""
    if reader.language is None:
        return None
    from sacred.query.predicates import implied_by

    condition = implied_by(expression)
    if condition is None:
        return None
    if reader.language == "mongo":
        return _mongo_filter(condition, reader.search)  # type: ignore[attr-defined]
    if reader.language.startswith("sql"):
        from sacred.stores.sql.search.filters import row_test

        texts = _texts_of(reader.dialect)  # type: ignore[attr-defined]
        return None if texts is None else row_test(condition, texts)
    return None


def pushed_order(keys: Sequence[SortKey], reader: Reader) -> Any:
    """An order in the language of the reader, for `Reader.ranked`; None: it has none."""
    if reader.language == "mongo":
        path = keys[0].path
        if len(keys) == 1 and path.field == "metrics" and path.steps:
            from sacred.stores.mongo.search.metrics import metric_order

            return metric_order(path.metric, keys[0].descending)
        from sacred.stores.mongo.search.order import mongo_order

        return mongo_order(keys)
    if (reader.language or "").startswith("sql"):
        from sacred.stores.sql.search.order import sql_order

        texts = _texts_of(reader.dialect)  # type: ignore[attr-defined]
        return None if texts is None else sql_order(keys, texts)
    return None


def _mongo_filter(condition: Condition, search: MetricSearch) -> dict[str, Any]:
    from sacred.query.predicates import predicates_in
    from sacred.stores.mongo.search.filters import mongo_filter

    where = mongo_filter(condition)
    facts = [fact for fact in predicates_in(condition) if fact.field == "metrics"]
    facts = [fact for fact in facts if fact.test != "absent"]
    if not facts or not search.is_cheaper(where):
        return where
    from sacred.stores.mongo.search.metrics import metric_filter

    return mongo_filter(
        condition, {fact: search.ids(fact.steps[0], metric_filter(fact)) for fact in facts}
    )


def _texts_of(dialect: Any) -> JsonTexts | None:
    """How a database reads JSON; None: it is not known."""
    version = getattr(dialect, "server_version_info", None) or (0,)
    # Each loads what SQLAlchemy has for its database, and no more.
    if dialect.name == "sqlite":
        from sacred.stores.sql.search.json_sqlite import SqliteTexts

        return SqliteTexts()
    if dialect.name == "postgresql" and version >= (12,):  # others have no paths
        from sacred.stores.sql.search.json_postgres import PostgresTexts

        return PostgresTexts(version)
    return None
