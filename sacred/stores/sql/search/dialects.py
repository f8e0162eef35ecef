"""How JSON is searched in a given database."""

from __future__ import annotations

import sqlalchemy as sa

from sacred.stores.sql.search.json_paths import JsonTexts
from sacred.stores.sql.search.json_postgres import PostgresTexts
from sacred.stores.sql.search.json_sqlite import SqliteTexts

__all__ = ["json_texts"]

#: Of PostgreSQL: the first version with paths of SQL/JSON.
_WITH_PATHS = (12,)


def json_texts(dialect: sa.Dialect) -> JsonTexts | None:
    """Return the JSON functions of a connected database; None: it cannot be searched."""
    # Each loads what SQLAlchemy has for its database, and no more.
    if dialect.name == "sqlite":
        return SqliteTexts()
    version = tuple(part for part in dialect.server_version_info or () if isinstance(part, int))
    if dialect.name == "postgresql" and version >= _WITH_PATHS:
        return PostgresTexts(version)
    return None
