"""The file of an index: its path, its tables, and its errors."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator

from sacred._base.digest import new_md5
from sacred.stores.cache_dir import cache_dir

__all__ = ["Database", "path_of"]

#: Of the tables. An index of another version is made again.
_VERSION = 5
#: Seconds to wait for another process that is writing.
LOCK_TIMEOUT = 10.0

# `entry` is in the order of its key, so all values of a path lie together: a condition reads
# those of one path, and nothing else. Ids that are numbers are the keys of runs.
_TABLES = """
CREATE TABLE state (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE seen (
    n INTEGER PRIMARY KEY, name TEXT, inode INTEGER, signature BLOB, watch_until INTEGER);
CREATE UNIQUE INDEX seen_name ON seen (name) WHERE name IS NOT NULL;
CREATE INDEX seen_watch ON seen (watch_until);
CREATE TABLE run (
    n INTEGER PRIMARY KEY, name TEXT, state INTEGER, metrics INTEGER, status TEXT, sign INTEGER,
    process TEXT);
CREATE INDEX run_state ON run (state) WHERE state <> 0;
CREATE TABLE path (path INTEGER PRIMARY KEY, key TEXT UNIQUE, is_odd INTEGER);
CREATE TABLE entry (
    path INTEGER, n INTEGER, kind INTEGER, value, PRIMARY KEY (path, n)) WITHOUT ROWID;
"""


class IndexUnavailableError(Exception):
    """No index is available now, so all runs have to be read."""


def path_of(root: str) -> str | None:
    """Return the path of the index of a directory of runs; None: no index is wanted."""
    directory = cache_dir()
    if directory is None:
        return None
    real = os.path.realpath(root)
    digest = new_md5()
    digest.update(os.fsencode(f"{_machine()}\0{real}"))
    stem = "".join(c if c.isalnum() else "-" for c in os.path.basename(real))[:40]
    return os.path.join(directory, f"{stem}-{digest.hexdigest()[:16]}.sqlite")


def _machine() -> str:
    """Its name."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform  # it takes as long to load as half of the index

    return platform.node()


class Database:
    """The tables of an index. Each transaction has a connection of its own.

    Args:
        path: of the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    @contextlib.contextmanager
    def transaction(self, writing: bool) -> Iterator[sqlite3.Connection]:
        """A context with a snapshot of all tables; if `writing`, nobody else writes meanwhile.

        Raises:
            IndexUnavailableError: the index is not available.
        """
        with self._translate_errors(), contextlib.closing(self._connect()) as connection:
            # Closed within, a transaction that failed is rolled back.
            connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
            yield connection
            connection.execute("COMMIT")

    def remove(self) -> None:
        """Remove the file; the next query creates it again."""
        for end in ("", "-journal"):
            with contextlib.suppress(OSError):
                os.remove(self.path + end)

    def _connect(self) -> sqlite3.Connection:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=LOCK_TIMEOUT, isolation_level=None)
        try:
            if _version(connection) != _VERSION:
                connection.execute("BEGIN EXCLUSIVE")
                if _version(connection) != _VERSION:  # nobody else has done it meanwhile
                    _make_tables(connection)
                connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise IndexUnavailableError(f"{self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            # It is damaged, or no database at all. Next time there is a new one.
            self.remove()
            raise IndexUnavailableError(f"{self.path}: {error}") from error
        except (OSError, OverflowError, UnicodeError) as error:
            raise IndexUnavailableError(f"{self.path}: {error}") from error


def _version(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def _make_tables(connection: sqlite3.Connection) -> None:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (name,) in connection.execute(query).fetchall():
        connection.execute('DROP TABLE "{}"'.format(name.replace('"', '""')))
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {_VERSION}")
