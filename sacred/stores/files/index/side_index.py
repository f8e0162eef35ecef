"""`SideIndex`: what queries ask for, without reading all the files of a store."""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Callable
from typing import Any

from sacred.query.sorting import Ordered
from sacred.records import RunId, id_key, plain_id
from sacred.stores.files.index.catch_up import RUNS_AT_ONCE, BulkReader, name_key
from sacred.stores.files.index.execute import CannotTellError, Wanted, execute
from sacred.stores.files.index.index_file import Database, IndexUnavailableError, path_of
from sacred.stores.files.index.ingest import NO_RUN, Reading, read_run, remove, save
from sacred.stores.files.index.stale_runs import (
    Look,
    Stale,
    has_been_complete,
    save_state,
    stale,
)
from sacred.stores.query_index import IndexAnswer, IndexRequest, Progress
from sacred.stores.reader import Reader
from sacred.stores.store import StoreError

__all__ = ["SideIndex", "index_of"]

#: In smaller stores it is as fast to read the files, and nothing has to be kept.
MIN_RUNS = 500
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
        self._bulk = BulkReader(reader=reader, root=root, database=database)

    @property
    def path(self) -> str:
        """The file that it is in."""
        return self._database.path

    def find(self, request: IndexRequest) -> IndexAnswer | None:
        """Answer a query; None: the index is not available, or cannot answer it.

        Raises:
            StoreError: the store cannot be read.
        """
        try:
            first = self._first_runs(request)
            if first is not None:
                return first
            found: IndexAnswer = self._fresh(
                lambda connection: execute(connection, request), request.progress
            )
        except (IndexUnavailableError, CannotTellError):
            return None
        return found

    def rebuild(self, progress: Progress | None = None) -> int:
        """Rebuild the index from all files, and return the number of runs.

        Args:
            progress: called from time to time meanwhile.

        Raises:
            StoreError: it cannot be written.
        """
        query = f"SELECT count(*) FROM run WHERE state < {NO_RUN}"
        try:
            self._database.remove()
            found: int = self._fresh(
                lambda connection: connection.execute(query).fetchone()[0], progress
            )
        except IndexUnavailableError as error:
            raise StoreError(f"The index of {self._reader.url} cannot be made: {error}") from error
        return found

    def help(self) -> None:
        """Read runs on behalf of another process, as long as that is alive."""
        caller = os.getppid()

        def check(known: int, total: int) -> None:
            if os.getppid() != caller:
                raise SystemExit

        look = self._look()
        with self._database.transaction(writing=False) as connection:
            found = stale(connection, look)
        self._bulk.read(list(found.names), found.noted, len(look.listed), check, with_helpers=False)

    def remove(self) -> None:
        """Remove the file of the index."""
        self._database.remove()

    # ---------------------------------------------------------------------- bringing it up to date

    def _first_runs(self, request: IndexRequest) -> IndexAnswer | None:
        """The answer from the first runs of the order, if most runs have not been read yet.

        So the newest ones are listed at once, however many others there are.
        """
        if request.sort or request.limit is None:
            return None
        look, count = self._look(), RUNS_AT_ONCE
        for _ in range(_ATTEMPTS):
            if look.age > _MAX_LOOK_AGE:
                look = self._look()
            with self._database.transaction(writing=False) as connection:
                if has_been_complete(connection):
                    return None
                found = stale(connection, look)
                answer = execute(connection, request)
            if len(found.names) <= RUNS_AT_ONCE or found.gone:
                return None
            if isinstance(answer, Wanted):
                self._bulk.read_metrics(answer.names)
                continue
            names = sorted(found.names, key=name_key, reverse=request.backwards)
            if first := _up_to(names[0], answer, request):
                return first
            self._bulk.read(names[:count], found.noted, len(look.listed), request.progress)
            count *= 2
        return None

    def _fresh(
        self, execute: Callable[[sqlite3.Connection], Any], progress: Progress | None
    ) -> Any:
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
                self._bulk.read_metrics(missing_metrics)
                continue
            writing = bool(found)
            if len(missing) > RUNS_AT_ONCE:
                # Written right away: what is done is done.
                self._bulk.read(list(missing), found.noted, len(look.listed), progress)
            else:
                read.update((name, read_run(self._reader, self._root, name)) for name in missing)
        raise IndexUnavailableError(f"{self.path}: the runs change faster than they can be read")

    def _look(self) -> Look:
        try:
            return Look(self._root)
        except OSError as error:
            raise IndexUnavailableError(str(error)) from error

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


def index_of(reader: Reader, root: str) -> SideIndex | None:
    """Return the index of a directory of runs; None: it has none, or is too small for one.

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


def _position(run_id: RunId, request: IndexRequest) -> Ordered:
    return Ordered(id_key(run_id), request.backwards)


def _up_to(name: str, answer: IndexAnswer, request: IndexRequest) -> IndexAnswer | None:
    """The part of an answer before a run; None: there may be more that belong to it."""
    border = _position(plain_id(name), request)

    def is_before(run_id: RunId) -> bool:
        return _position(run_id, request) < border

    sure = list(itertools.takewhile(is_before, answer.sure))
    if request.limit is None or len(sure) < request.limit:
        return None
    unsure = list(filter(is_before, answer.unsure))
    return IndexAnswer(sure=sure, ranks=answer.ranks[: len(sure)], unsure=unsure)
