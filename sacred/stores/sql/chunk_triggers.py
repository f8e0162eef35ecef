"""Triggers that void the chunks of a metric when somebody changes its rows.

Rows are changed by people with SQL, too, and by tools that know of no chunks. So the database
itself takes down which metrics have been changed other than by new points at their end, in the
same transaction: a row of `metric_block` at the position `STALE`, which is never taken away
while the metric is there. That is all that readers need, whatever transactions run side by side.

What makes that sure:

* A chunk is written only while the triggers are there, and readers believe none without them.
  Who makes them (again) empties ``metric_block`` then: nobody knows what has happened before.
* In PostgreSQL they are called once for a statement, and for ``TRUNCATE``. New rows need none:
  all positions of a chunk are taken, and the key refuses a second row.
* In SQLite they are called for each row. There, ``INSERT OR REPLACE`` removes rows without
  calling any but the trigger for new ones, so there is one; for rows behind the last chunk,
  which is nearly all, it comes to one look into an index.

Who disables triggers (``session_replication_role``, ``.dbconfig``) and changes rows has to
empty ``metric_block``. MySQL gets no chunks: its ``TRUNCATE`` calls no trigger.
"""

from __future__ import annotations

import textwrap
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.schema import CreateTable

from sacred.stores.sql import chunks
from sacred.stores.sql.chunks import CHUNKS, STALE
from sacred.stores.sql.engine import file_of

__all__ = ["create_triggers", "has_triggers", "supports_chunks"]


def supports_chunks(engine: Engine) -> bool:
    """Whether chunks are of use: in a server, or a file that is read by others.

    In a database in memory all threads share one transaction, and no two questions of a
    reader have to see the same state.
    """
    return engine.dialect.name == "postgresql" or file_of(engine) is not None


def has_triggers(connection: Connection) -> bool:
    """Whether the triggers are there, as they are written here, and the table of chunks is."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE tbl_name IN ('metric', 'metric_block')"
        found = {row[0]: row[1] for row in connection.exec_driver_sql(query)}
        return CHUNKS.name in found and _sqlite_triggers().items() <= found.items()
    present = {row[0]: row[1] for row in connection.exec_driver_sql(_FIND_POSTGRESQL)}
    has_table = connection.exec_driver_sql("SELECT to_regclass('metric_block')").scalar()
    return has_table is not None and present == dict.fromkeys(_POSTGRESQL, _BODY)


def create_triggers(connection: Connection) -> None:
    """Make the table of chunks, empty, and the triggers, unless they are there.

    To be called in an exclusive transaction.
    """
    if has_triggers(connection):
        return  # another process has just done it
    if not sa.inspect(connection).has_table(CHUNKS.name):
        connection.execute(CreateTable(CHUNKS))
        if connection.dialect.name == "postgresql":
            # Not compressed, which takes longer than to read them.
            for column in ("steps", "numbers", "times"):
                connection.exec_driver_sql(
                    f"ALTER TABLE metric_block ALTER COLUMN {column} SET STORAGE EXTERNAL"
                )
    for statement in _statements(connection.dialect.name):
        connection.execute(sa.text(statement))
    # Behind the triggers: making them waits for all who are writing rows.
    connection.execute(sa.delete(CHUNKS))


def _statements(dialect: str) -> list[str]:
    if dialect == "sqlite":
        triggers = _sqlite_triggers()
        return [*(f"DROP TRIGGER IF EXISTS {name}" for name in triggers), *triggers.values()]
    drop = [f"DROP TRIGGER IF EXISTS {name} ON metric" for name in _POSTGRESQL]
    return [_FUNCTION, *drop, *_POSTGRESQL.values()]


# ------------------------------------------------------------------------------ SQLite

# Without ON CONFLICT: the one of the statement that calls a trigger would hold in its place.
_MARK = (
    "INSERT INTO metric_block (run_id, name, position) "
    f"SELECT {{row}}.run_id, {{row}}.name, {STALE} "
    "WHERE NOT EXISTS (SELECT 1 FROM metric_block "
    f"WHERE run_id = {{row}}.run_id AND name = {{row}}.name AND position = {STALE});"
)


def _sqlite_triggers() -> dict[str, str]:
    inside = (
        f"WHEN NEW.position < (SELECT max(position) + {chunks.POINTS_PER_CHUNK} "
        "FROM metric_block WHERE run_id = NEW.run_id AND name = NEW.name)"
    )
    return {
        name: _sqlite_trigger(name, *rest)
        for name, *rest in (
            ("metric_point_added", "INSERT", inside, "NEW"),
            ("metric_point_changed", "UPDATE", "", "OLD", "NEW"),
            ("metric_point_removed", "DELETE", "", "OLD"),
        )
    }


def _sqlite_trigger(name: str, event: str, when: str, *rows: str) -> str:
    marks = " ".join(_MARK.format(row=row) for row in rows)
    return f"CREATE TRIGGER {name} AFTER {event} ON metric {when} BEGIN {marks} END"


# -------------------------------------------------------------------------- PostgreSQL

_BODY = textwrap.dedent(f"""
    BEGIN
      IF TG_OP = 'TRUNCATE' THEN
        BEGIN
          EXECUTE format('TRUNCATE %I.metric_block', TG_TABLE_SCHEMA);
        EXCEPTION WHEN object_in_use THEN
          -- Fine if the same statement has truncated it, too.
          IF pg_relation_size(format('%I.metric_block', TG_TABLE_SCHEMA)::regclass) > 0 THEN
            RAISE;
          END IF;
        END;
        RETURN NULL;
      END IF;
      EXECUTE format(
        'INSERT INTO %I.metric_block (run_id, name, position) '
        'SELECT DISTINCT run_id, name, {STALE} FROM rows_before ON CONFLICT DO NOTHING',
        TG_TABLE_SCHEMA);
      IF TG_OP = 'UPDATE' THEN
        EXECUTE format(
          'INSERT INTO %I.metric_block (run_id, name, position) '
          'SELECT DISTINCT run_id, name, {STALE} FROM rows_after ON CONFLICT DO NOTHING',
          TG_TABLE_SCHEMA);
      END IF;
      RETURN NULL;
    END
""")
# With the rights of who made it: others may have none to this table.
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION metric_points_changed() RETURNS trigger LANGUAGE plpgsql "
    f"SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body${_BODY}$body$"
)


def _postgresql_trigger(name: str, event: str, tables: str) -> str:
    return (
        f"CREATE TRIGGER {name} AFTER {event} ON metric {tables} "
        "FOR EACH STATEMENT EXECUTE FUNCTION metric_points_changed()"
    )


_POSTGRESQL: dict[str, Any] = {
    name: _postgresql_trigger(name, *rest)
    for name, *rest in (
        (
            "metric_points_updated",
            "UPDATE",
            "REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after",
        ),
        ("metric_points_deleted", "DELETE", "REFERENCING OLD TABLE AS rows_before"),
        ("metric_points_truncated", "TRUNCATE", ""),
    )
}
_FIND_POSTGRESQL = (
    "SELECT tgname::text, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
    "WHERE tgrelid = to_regclass('metric') AND tgenabled IN ('O', 'A') "
    f"AND tgname IN ({', '.join(map(repr, _POSTGRESQL))})"
)
