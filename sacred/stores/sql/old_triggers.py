"""Removal of triggers that earlier versions have made in users' databases.

They marked each metric whose rows somebody had changed with a row of ``metric_block`` at a
negative position, which invalidated all chunks of that metric. The same transaction that drops
them removes those marks and the invalid chunks.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from sacred.stores.sql.chunks import CHUNKS, chunks_table_exists

__all__ = ["drop_old_triggers", "has_old_triggers"]

_SQLITE = ("metric_point_added", "metric_point_changed", "metric_point_removed")
_POSTGRESQL = ("metric_points_updated", "metric_points_deleted", "metric_points_truncated")
_FUNCTION = "metric_points_changed"


def has_old_triggers(connection: Connection) -> bool:
    """Return whether there are triggers of an earlier version."""
    return bool(_found(connection))


def drop_old_triggers(connection: Connection) -> None:
    """Drop these triggers, and the chunks that they have invalidated.

    Args:
        connection: in an exclusive transaction.

    Raises:
        DBAPIError: the user of the database does not own the table.
    """
    found = _found(connection)
    if not found:
        return  # another process has just done it
    on_table = " ON metric" if connection.dialect.name == "postgresql" else ""
    for name in found:
        connection.exec_driver_sql(f"DROP TRIGGER {name}{on_table}")
    if on_table:
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {_FUNCTION}()")
    if chunks_table_exists(connection):
        mark = CHUNKS.alias()
        is_void = sa.exists().where(
            mark.c.run_id == CHUNKS.c.run_id, mark.c.name == CHUNKS.c.name, mark.c.position < 0
        )
        connection.execute(sa.delete(CHUNKS).where(is_void))


def _found(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        names = ", ".join(map(repr, _SQLITE))
        query = f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND name IN ({names})"
    elif connection.dialect.name == "postgresql":
        names = ", ".join(map(repr, _POSTGRESQL))
        query = (
            "SELECT tgname::text FROM pg_trigger "
            f"WHERE tgrelid = to_regclass('metric') AND tgname IN ({names})"
        )
    else:
        return []
    return [name for (name,) in connection.exec_driver_sql(query)]
