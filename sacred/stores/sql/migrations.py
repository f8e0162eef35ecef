"""Migrations: what a database lacks of the current tables, and the statements that add it.

Nothing is ever removed or made narrower, so scripts and the old library keep
working with a migrated database. The only limit that stays is that of ids (24 characters) in
old MySQL databases.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.schema import CreateIndex, CreateTable

from sacred.stores.sql.tables import METADATA, MYSQL_DIALECTS, TABLES

__all__ = ["is_narrower", "statements_for"]


def statements_for(connection: Connection) -> list[str]:
    """Return the statements that add missing tables, columns and indices to a database.

    Empty if none are missing. Tables come before those that refer to them.
    """
    inspector = sa.inspect(connection)
    existing = set(inspector.get_table_names())
    dialect = connection.dialect
    statements: list[str] = []
    for table in METADATA.sorted_tables:
        indices = sorted(table.indexes, key=lambda index: str(index.name))
        if table.name in existing:
            columns = {str(c["name"]): c for c in inspector.get_columns(table.name)}
            statements += column_statements(table, columns, dialect)
            names = {index["name"] for index in inspector.get_indexes(table.name)}
            indices = [index for index in indices if index.name not in names]
        else:
            statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in indices]
    return statements


def column_statements(
    table: sa.Table, existing: dict[str, ReflectedColumn], dialect: Dialect
) -> list[str]:
    """Return the statements that add missing columns to a table, and widen too narrow ones.

    Args:
        table: as it should be.
        existing: its columns in the database, by name.
        dialect: of the database.
    """
    quote = dialect.identifier_preparer.quote
    statements = []
    for column in table.columns:
        name, wanted = quote(column.name), column.type.compile(dialect)
        before = existing.get(column.name)
        if before is None:
            statements.append(f"ALTER TABLE {quote(table.name)} ADD COLUMN {name} {wanted}")
        elif dialect.name in MYSQL_DIALECTS and column in _linked_columns():
            # There, a column that is part of a foreign key cannot be changed.
            continue
        elif is_narrower(before["type"], column.type, dialect):
            change = f"ALTER COLUMN {name} TYPE {wanted} USING {name}::{wanted}"
            if dialect.name in MYSQL_DIALECTS:
                change = f"MODIFY COLUMN {name} {wanted}"
            statements.append(f"ALTER TABLE {quote(table.name)} {change}")
    return statements


def _linked_columns() -> set[sa.Column[Any]]:
    keys = [key for table in TABLES.values() for key in table.foreign_keys]
    return {column for key in keys for column in (key.parent, key.column)}


def is_narrower(
    before: sa.types.TypeEngine[Any], wanted: sa.types.TypeEngine[Any], dialect: Dialect
) -> bool:
    """Return whether some values of a type do not fit into an existing column.

    Args:
        before: the type of the column.
        wanted: the type of the values.
        dialect: of the database.

    >>> from sqlalchemy.dialects import mysql, postgresql, sqlite
    >>> is_narrower(sa.String(64), sa.Text(), postgresql.dialect())
    True
    >>> is_narrower(sa.String(64), sa.Text(), sqlite.dialect())  # where 64 is but a remark
    False
    >>> is_narrower(mysql.TEXT(), mysql.LONGTEXT(), mysql.dialect())
    True
    """
    if dialect.name == "sqlite":
        return False
    if isinstance(before, sa.Enum):
        return isinstance(wanted, sa.String)
    if dialect.name not in MYSQL_DIALECTS:
        return _has_less_room(getattr(before, "length", None), getattr(wanted, "length", None))
    old, old_size = _kind(before, dialect)
    new, new_size = _kind(wanted, dialect)
    if old == new:
        # DATETIME has no size where it has none of its fractions; TEXT types have none at all.
        return (old_size or 0) < (new_size or 0)
    return _RANKS.get(old, 0) < _RANKS.get(new, 0)


# The types of MySQL that may have to grow: from a lower rank to a higher one. Not FLOAT: an
# old 0.1 would become 0.10000000149, and what is exact is in the column of JSON anyway.
_RANKS = {
    name: rank
    for family in (
        ("VARCHAR", "TEXT", "MEDIUMTEXT", "LONGTEXT"),
        ("BLOB", "MEDIUMBLOB", "LONGBLOB"),
    )
    for rank, name in enumerate(family)
}


def _kind(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> tuple[str, int | None]:
    found = re.match(r"(\w+)(?:\((\d+)\))?", kind.compile(dialect))
    assert found is not None
    return found[1], int(found[2]) if found[2] else None


def _has_less_room(before: int | None, wanted: int | None) -> bool:
    return before is not None and (wanted is None or before < wanted)
