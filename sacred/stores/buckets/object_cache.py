"""Small objects of a bucket, kept on this machine: the network is asked only for new ones.

The cache is never the source of truth: what it returns has the version that the bucket's own list
names now, and the checksum that it had when it arrived. If anything fails, the bucket is asked.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from sacred._base.digest import new_md5
from sacred.stores.cache_dir import cache_dir

__all__ = ["ObjectCache"]

T = TypeVar("T")

_TABLE = """
CREATE TABLE IF NOT EXISTS object (
    name TEXT PRIMARY KEY, version TEXT, checksum INTEGER, content BLOB) WITHOUT ROWID
"""
_INSERT = "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?)"
#: Seconds to wait for another process that is writing; then it does without.
_LOCK_TIMEOUT = 2.0
#: Larger objects are not kept, in bytes.
_MAX_OBJECT_BYTES = 1 << 20
#: SQLite takes so many names at once in any version.
_NAMES_AT_ONCE = 900


class ObjectCache:
    """The objects of one place that this machine has kept.

    Args:
        root: the address of the place.
    """

    def __init__(self, root: str) -> None:
        directory = cache_dir()
        stem = new_md5(root.encode(errors="replace")).hexdigest()
        self.path = directory and os.path.join(directory, "objects", f"{stem}.sqlite")

    def find(self, versions: Mapping[str, str]) -> dict[str, bytes]:
        """Return the contents, by name, of the objects that are cached in these versions."""
        return self._done(lambda connection: _find(connection, versions)) or {}

    def keep(self, contents: Mapping[str, bytes], versions: Mapping[str, str]) -> None:
        """Add contents to the cache, if they are small.

        Args:
            contents: by name.
            versions: by name, to compare with the store at the next use.
        """
        rows = [
            (name, versions[name], zlib.crc32(content), content)
            for name, content in contents.items()
            if versions.get(name) and len(content) <= _MAX_OBJECT_BYTES
        ]
        if rows:
            self._done(lambda connection: _change(connection, _INSERT, rows))

    def keep_only(self, names: Collection[str]) -> None:
        """Drop all other objects, which are no longer in the bucket."""
        self._done(lambda connection: _drop_others(connection, names))

    def _done(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """What comes of work on the table; None: nothing is to be kept, or nothing can be."""
        if self.path is None:
            return None
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            opened = sqlite3.connect(self.path, timeout=_LOCK_TIMEOUT, isolation_level=None)
            with contextlib.closing(opened) as connection:
                connection.execute(_TABLE)
                return work(connection)
        except sqlite3.OperationalError:
            return None  # somebody else has it for long, or the disk is full
        except (sqlite3.DatabaseError, TypeError, ValueError):
            with contextlib.suppress(OSError):  # damaged: the next one creates it again
                os.remove(self.path)
            return None
        except OSError:
            return None  # no place, or none that is ours


def _find(connection: sqlite3.Connection, versions: Mapping[str, str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    names = list(versions)
    for start in range(0, len(names), _NAMES_AT_ONCE):
        some = names[start : start + _NAMES_AT_ONCE]
        query = f"SELECT * FROM object WHERE name IN ({','.join('?' * len(some))})"
        for name, version, checksum, content in connection.execute(query, some):
            if version == versions[name] and zlib.crc32(content) == checksum:
                found[name] = content
    return found


def _drop_others(connection: sqlite3.Connection, names: Collection[str]) -> None:
    kept = [name for (name,) in connection.execute("SELECT name FROM object")]
    if gone := [(name,) for name in kept if name not in names]:
        _change(connection, "DELETE FROM object WHERE name = ?", gone)


def _change(connection: sqlite3.Connection, statement: str, rows: Sequence[Any]) -> None:
    # Closed within, a transaction that failed is rolled back.
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(statement, rows)
    connection.execute("COMMIT")
