"""Reading many runs into the index, by several processes, in pieces that outlast interruptions.

Each process begins at a piece of its own and skips what has been read meanwhile. So processes
share the work without talking to each other, whether one has started the others or several
queries have begun at once; what a killed process leaves is read by the next.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence

from sacred._base.frozen import Frozen
from sacred.records import id_key, plain_id
from sacred.stores.files.fingerprints import is_unchanged
from sacred.stores.files.index.index_file import LOCK_TIMEOUT, Database
from sacred.stores.files.index.ingest import key_of_run, read_metrics, read_run, save, save_metrics
from sacred.stores.query_index import Progress
from sacred.stores.reader import Reader

__all__ = ["RUNS_AT_ONCE", "BulkReader", "name_key"]

#: So many runs are read and written at once.
RUNS_AT_ONCE = 500
#: Fewer of them have been read before another process has started.
MIN_RUNS_FOR_HELPERS = 5000
#: They take turns writing, so more of them would only wait.
MAX_PROCESSES = 4

# Isolated: in the working directory, there may be modules of any name.
_HELPER = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from sacred.stores.schemes import store_from_url; "
    "store_from_url(sys.argv[1]).reader().index().help()"
)


def name_key(name: str) -> tuple[int, float, str]:
    """Return the place of a run in the order of ids.

    Args:
        name: of its directory.
    """
    return id_key(plain_id(name))


class BulkReader(Frozen):
    """Reads runs into the tables.

    Args:
        reader: of the store.
        root: the directory of runs.
        database: the tables.
    """

    reader: Reader
    root: str
    database: Database

    def read(
        self,
        names: Sequence[str],
        noted: Collection[str],
        total: int,
        progress: Progress | None = None,
        *,
        with_helpers: bool = True,
    ) -> None:
        """Read runs, unless another process has done so meanwhile.

        Args:
            names: of their directories.
            noted: those of them that are in the change log.
            total: number of runs in the directory.
            progress: called after each piece.
            with_helpers: whether to start other processes if there are many runs.
        """
        import random  # many runs only

        # In the order of ids the tables grow at their end, in two thirds of the time of a random
        # order. Each process begins elsewhere, so that they meet late.
        pieces, done, known = list(_pieces(sorted(names, key=name_key))), 0, self._count()
        first = random.Random().randrange(len(pieces) or 1)
        pieces = pieces[first:] + pieces[:first]
        wants_help = with_helpers and len(names) >= MIN_RUNS_FOR_HELPERS
        with _helpers(self.root) if wants_help else contextlib.nullcontext():
            for piece in pieces:
                count = self._read_piece(piece, set(noted))
                done += len(piece)
                if progress is not None:
                    read = min(max(done, count - known), len(names))
                    progress(total - len(names) + read, total)

    def read_metrics(self, names: Sequence[str]) -> None:
        """Read the aggregates of the metrics of runs."""
        for piece in _pieces(names):
            values = [read_metrics(self.reader, self.root, name) for name in piece]
            with self.database.transaction(writing=True) as connection:
                save_metrics(connection, filter(None, values))

    def _read_piece(self, piece: Sequence[str], noted: set[str]) -> int:
        """Read some runs; returns how many runs the tables have."""
        readings = [read_run(self.reader, self.root, name) for name in self._outdated(piece, noted)]
        with self.database.transaction(writing=bool(readings)) as connection:
            if readings:
                save(connection, filter(None, readings), noted, time.time_ns())
            return _count(connection)

    def _outdated(self, names: Sequence[str], noted: set[str]) -> list[str]:
        with self.database.transaction(writing=False) as connection:
            known = {name: _signature(connection, name) for name in names}
        return [
            name
            for name, text in known.items()
            if name in noted
            or text is None
            or not is_unchanged(os.path.join(self.root, name), text)
        ]

    def _count(self) -> int:
        with self.database.transaction(writing=False) as connection:
            return _count(connection)


@contextlib.contextmanager
def _helpers(root: str) -> Iterator[None]:
    """Other processes that read the same runs; they have ended when this returns."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    started: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(min(processors, MAX_PROCESSES) - 1):
            # Without them it only takes longer.
            with contextlib.suppress(OSError):
                started.append(_start_helper(root))
        yield
        for process in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOCK_TIMEOUT)
    finally:
        for process in started:
            process.terminate()
            process.wait()


def _start_helper(root: str) -> subprocess.Popen[bytes]:
    url = f"file:{os.path.abspath(root)}"
    null = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _HELPER, url, *filter(os.path.isabs, sys.path)],
        stdin=null,
        stdout=null,
        stderr=null,
    )


def _pieces(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    remaining = iter(names)
    while piece := tuple(itertools.islice(remaining, RUNS_AT_ONCE)):
        yield piece


def _signature(connection: sqlite3.Connection, name: str) -> bytes | None:
    n = key_of_run(connection, plain_id(name))
    query = "SELECT signature FROM seen WHERE n = ?"
    found = None if n is None else connection.execute(query, (n,)).fetchone()
    return None if found is None else bytes(found[0])


def _count(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT count(*) FROM seen").fetchone()[0]
    return found
