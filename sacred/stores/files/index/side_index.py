"""`SideIndex`: what queries ask for, without reading all the files of a store."""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from typing import Any

from sacred.stores.files.index.execute import CannotTellError, Wanted, execute
from sacred.stores.files.index.index_file import Database, IndexUnavailableError, path_of
from sacred.stores.files.index.ingest import (
    NO_RUN,
    Reading,
    read_metrics,
    read_run,
    remove,
    save,
    save_metrics,
)
from sacred.stores.files.index.stale_runs import Look, Stale, save_state, stale
from sacred.stores.query_index import IndexAnswer, IndexRequest
from sacred.stores.reader import Reader
from sacred.stores.store import StoreError

__all__ = ["SideIndex", "index_of"]

#: In smaller stores it is as fast to read the files, and nothing has to be kept.
MIN_RUNS = 500
# So many runs are read and written at once.
RUNS_AT_ONCE = 500
# After so many seconds of reading, the file system is asked again.
_MAX_LOOK_AGE = 5.0
_ATTEMPTS = 20


class SideIndex:
    """The index of a directory of runs.

    Args:
        reader: of the store.
        root: the directory.
        database: the tables.
    """

    def __init__(self, reader: Reader, root: str, database: Database) -> None:
        self._reader = reader
        self._root = root
        self._database = database

    @property
    def path(self) -> str:
        """The file that it is in."""
        return self._database.path

    def find(self, request: IndexRequest) -> IndexAnswer | None:
        """The answer to a query; None: there is no index to be had, or it cannot tell.

        Raises:
            StoreError: the store cannot be read.
        """
        try:
            found: IndexAnswer = self._fresh(lambda connection: execute(connection, request))
        except (IndexUnavailableError, CannotTellError):
            return None
        return found

    def rebuild(self) -> int:
        """Rebuild it from all files; returns the number of runs.

        Raises:
            StoreError: it cannot be written.
        """
        query = f"SELECT count(*) FROM run WHERE state < {NO_RUN}"
        try:
            self._database.remove()
            found: int = self._fresh(lambda connection: connection.execute(query).fetchone()[0])
        except IndexUnavailableError as error:
            raise StoreError(f"The index of {self._reader.url} cannot be made: {error}") from error
        return found

    def remove(self) -> None:
        """Remove its file."""
        self._database.remove()

    # ---------------------------------------------------------------------- bringing it up to date

    def _fresh(self, execute: Callable[[sqlite3.Connection], Any]) -> Any:
        """What `execute` gives once the tables are as the files are."""
        look, read, writing = self._look(), dict[str, Reading | None](), False
        for _ in range(_ATTEMPTS):
            if look.age > _MAX_LOOK_AGE:
                look, read = self._look(), {}
            with self._database.transaction(writing) as connection:
                found = stale(connection, look)
                missing = found.names - read.keys()
                if not missing and (writing or not found):
                    self._save(connection, read, found, look)
                    answer = execute(connection)
                    if not isinstance(answer, Wanted):
                        return answer
                    missing_metrics = answer.names
                else:
                    missing_metrics = []
            if missing_metrics:
                self._take_metrics(missing_metrics)
            else:
                writing = bool(found)
                self._take(missing, found, read)
        raise IndexUnavailableError(f"{self.path}: the runs change faster than they can be read")

    def _look(self) -> Look:
        try:
            return Look(self._root)
        except OSError as error:
            raise IndexUnavailableError(str(error)) from error

    def _take(self, names: Collection[str], found: Stale, read: dict[str, Reading | None]) -> None:
        """Read runs; many are written right away, so that what is done is done."""
        if len(names) <= RUNS_AT_ONCE:
            read.update((name, read_run(self._reader, self._root, name)) for name in names)
            return
        for chunk in _chunks(sorted(names)):
            readings = [read_run(self._reader, self._root, name) for name in chunk]
            with self._database.transaction(writing=True) as connection:
                now = int(Look(self._root).began * 1e9)
                save(connection, filter(None, readings), found.noted, now)

    def _save(
        self,
        connection: sqlite3.Connection,
        read: dict[str, Reading | None],
        found: Stale,
        look: Look,
    ) -> None:
        if not found:
            return
        readings = [read[name] for name in found.names]
        remove(connection, found.gone)
        save(connection, filter(None, readings), found.noted, int(look.began * 1e9))
        save_state(connection, found)

    def _take_metrics(self, names: list[str]) -> None:
        for chunk in _chunks(names):
            values = [read_metrics(self._reader, self._root, name) for name in chunk]
            with self._database.transaction(writing=True) as connection:
                save_metrics(connection, filter(None, values))


def index_of(reader: Reader, root: str) -> SideIndex | None:
    """The index of a directory of runs; None: it has none, or is too small for one.

    Args:
        reader: of the store.
        root: the directory.
    """
    try:
        path = path_of(root) if _is_large(root) else None
    except OSError:
        return None
    return None if path is None else SideIndex(reader, root, Database(path))


def _is_large(root: str) -> bool:
    links = os.stat(root).st_nlink
    if links > 1:
        return links - 2 >= MIN_RUNS
    # The system does not count directories as links, or not so many of them.
    with os.scandir(root) as entries:
        return sum(1 for _ in itertools.islice(entries, MIN_RUNS)) == MIN_RUNS


def _chunks(names: Collection[str]) -> Iterator[tuple[str, ...]]:
    remaining = iter(names)
    while chunk := tuple(itertools.islice(remaining, RUNS_AT_ONCE)):
        yield chunk
