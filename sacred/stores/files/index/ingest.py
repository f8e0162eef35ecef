"""Reading the data of runs from their files, and writing them into the tables of the index."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterable

from sacred._base.frozen import Frozen
from sacred._base.timestamps import microseconds
from sacred.records import RunId, RunRecord, plain_id
from sacred.status import COPYING, QUEUED, RUNNING
from sacred.stores.files.fingerprints import Fingerprint, fingerprint, is_run
from sacred.stores.files.index.conditions import FIRST_TEXT
from sacred.stores.files.index.rows import (
    CUT_CONTAINER,
    OPAQUE_VALUE,
    Row,
    entries_of,
    key_of,
    metric_entries,
)
from sacred.stores.reader import Reader
from sacred.stores.store import DamagedRunError, RunNotFoundError

__all__ = [
    "IS_INDEXED",
    "NEEDS_READING",
    "NO_RUN",
    "Reading",
    "key_of_run",
    "read_metrics",
    "read_run",
    "remove",
    "save",
    "save_metrics",
]

#: States of a run: the index has its values; they have to be looked up in its files; it is
#: a directory of something else.
IS_INDEXED, NEEDS_READING, NO_RUN = range(3)

_DAMAGE = (
    DamagedRunError, ValueError, TypeError, LookupError, AttributeError, RecursionError
)  # fmt: skip
#: Of documents.
_FIELDS = (
    "status", "command", "config", "result", "info", "meta", "host", "experiment", "start_time",
    "stop_time", "heartbeat", "queue_time", "fail_trace",
)  # fmt: skip
_ACTIVE = frozenset({None, RUNNING, QUEUED, COPYING})
_SECOND = 10**9
#: For so many nanoseconds after its last change, a run is looked at by every query: while it is
#: active, when it is finished, and after somebody noted a change.
ACTIVE_NANOSECONDS = 86_400 * _SECOND
FINISHED_NANOSECONDS = 10 * _SECOND
NOTED_NANOSECONDS = 60 * _SECOND


class Reading(Frozen):
    """A run as it was at one point in time.

    Args:
        name: of its directory.
        signature: the fingerprint from before it was read.
        state: one of `IS_INDEXED`, `NEEDS_READING`, `NO_RUN`.
        rows: of its values.
        status: as stored.
        sign: the last sign of life, in microseconds since 1970.
        process: its token, if it may still run; see `sacred.status.is_gone`.
    """

    name: str
    fingerprint: Fingerprint
    state: int
    rows: tuple[Row, ...] = ()
    status: str | None = None
    sign: int | None = None
    process: str | None = None


def read_run(reader: Reader, root: str, name: str) -> Reading | None:
    """Read the entries of a run for the index; None if its directory is gone.

    Args:
        reader: of the store.
        root: directory of the runs.
        name: of the run's directory.
    """
    directory = os.path.join(root, name)
    before = fingerprint(directory)
    if before is None:
        return None
    try:
        record = _record(reader, name)
        status, sign = record.stored("status"), record.heartbeat or record.start_time
        if status is not None and not isinstance(status, str):
            raise ValueError("a status that is no text")
        return Reading(
            name=name,
            fingerprint=before,
            state=IS_INDEXED,
            rows=tuple(entries_of(record)),
            status=status,
            sign=None if sign is None else microseconds(sign),
            process=_process_of(record) if status == RUNNING else None,
        )
    except RunNotFoundError:
        return Reading(
            name=name, fingerprint=before, state=NEEDS_READING if is_run(directory) else NO_RUN
        )
    except _DAMAGE:
        return Reading(name=name, fingerprint=before, state=NEEDS_READING)


def read_metrics(reader: Reader, root: str, name: str) -> Reading | None:
    """Read the metrics of a run for the index; `NEEDS_READING` if they cannot be read.

    Args:
        reader: of the store.
        root: directory of the runs.
        name: of the run's directory.
    """
    before = fingerprint(os.path.join(root, name))
    if before is None:
        return None
    try:
        rows = tuple(metric_entries(_record(reader, name)))
        return Reading(name=name, fingerprint=before, state=IS_INDEXED, rows=rows)
    except (*_DAMAGE, RunNotFoundError):
        return Reading(name=name, fingerprint=before, state=NEEDS_READING)


def _record(reader: Reader, name: str) -> RunRecord:
    run_id = plain_id(name)
    # What is not there is not asked for again.
    document = dict.fromkeys(_FIELDS) | reader.document(run_id)
    return RunRecord(id=run_id, source=reader, document=document)


def _process_of(record: RunRecord) -> str | None:
    meta = record.stored("meta")
    process = meta.get("process") if isinstance(meta, dict) else None
    return process if isinstance(process, str) else None


class _Paths:
    """The numbers of paths, which are made when a path is first seen."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        found = connection.execute("SELECT key, path, is_odd FROM path")
        self._known: dict[tuple[str, ...], tuple[int, bool]] = {
            tuple(json.loads(key)): (number, bool(is_odd)) for key, number, is_odd in found
        }

    def number(self, steps: tuple[str, ...], kind: int) -> int:
        """The number of a path that has a value of this kind."""
        is_odd, known = kind in (OPAQUE_VALUE, CUT_CONTAINER), self._known.get(steps)
        if known is not None and known[1] >= is_odd:
            return known[0]
        if known is None:
            query = "INSERT INTO path (key, is_odd) VALUES (?, ?)"
            found = self._connection.execute(query, (key_of(steps), is_odd))
            number = int(found.lastrowid or 0)
        else:
            number = known[0]
            self._connection.execute("UPDATE path SET is_odd = 1 WHERE path = ?", (number,))
        self._known[steps] = (number, is_odd)
        return number

    def save(self, n: int, rows: Iterable[Row]) -> None:
        """Put values of a run into the table."""
        entries = ((self.number(steps, kind), n, kind, value) for steps, kind, value in rows)
        query = "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)"
        # As a list: a generator that makes a path would do so in the midst of the statement.
        self._connection.executemany(query, list(entries))


def save(
    connection: sqlite3.Connection, readings: Iterable[Reading], noted: set[str], now: int
) -> None:
    """Replace runs in the tables.

    Args:
        connection: to the index.
        readings: what was read from their files.
        noted: names of runs that are in the change log.
        now: nanoseconds since the epoch.
    """
    paths = _Paths(connection)
    for reading in readings:
        n, name, is_new = _key(connection, reading.name)
        if not is_new:
            _clear(connection, n)
        newest, is_active = reading.fingerprint.newest, reading.status in _ACTIVE
        until = newest + (
            ACTIVE_NANOSECONDS if is_active or reading.state != IS_INDEXED else FINISHED_NANOSECONDS
        )
        if reading.name in noted:
            until = max(until, now + NOTED_NANOSECONDS)
        seen = (n, name, int.from_bytes(reading.fingerprint.text[:8], sys.byteorder, signed=True))
        until = min(until, 2**63 - 1)
        query = "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)"
        connection.execute(query, (*seen, reading.fingerprint.text, until))
        row = (n, name, reading.state, 0, reading.status, reading.sign, reading.process)
        connection.execute("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        paths.save(n, reading.rows)


def save_metrics(connection: sqlite3.Connection, readings: Iterable[Reading]) -> None:
    """Add the values of metrics, unless the runs have changed meanwhile.

    Args:
        connection: to the index.
        readings: what `read_metrics` has returned.
    """
    paths = _Paths(connection)
    for reading in readings:
        n = key_of_run(connection, plain_id(reading.name))
        query = "SELECT 1 FROM seen WHERE n = ? AND signature = ?"
        if connection.execute(query, (n, reading.fingerprint.text)).fetchone() and n is not None:
            done = (1 if reading.state == IS_INDEXED else 2, n)
            connection.execute("UPDATE run SET metrics = ? WHERE n = ?", done)
            paths.save(n, reading.rows)


def remove(connection: sqlite3.Connection, keys: Iterable[int]) -> None:
    """Delete runs from the tables.

    Args:
        connection: to the index.
        keys: those of the runs in the tables.
    """
    for n in keys:
        _clear(connection, n)
        connection.execute("DELETE FROM seen WHERE n = ?", (n,))
        connection.execute("DELETE FROM run WHERE n = ?", (n,))


def _clear(connection: sqlite3.Connection, n: int) -> None:
    query = "DELETE FROM entry WHERE path IN (SELECT path FROM path) AND n = ?"
    connection.execute(query, (n,))


def key_of_run(connection: sqlite3.Connection, run_id: RunId) -> int | None:
    """Return the key of a run in the tables; None if it is not in them.

    Args:
        connection: to the index.
        run_id: id of the run.
    """
    if isinstance(run_id, int):
        return run_id
    found = connection.execute("SELECT n FROM seen WHERE name = ?", (run_id,)).fetchone()
    return None if found is None else int(found[0])


def _key(connection: sqlite3.Connection, name: str) -> tuple[int, str | None, bool]:
    """The key of a run, its name if that is no number, and whether it is new."""
    run_id = plain_id(name)
    if isinstance(run_id, int):
        query = "SELECT 1 FROM seen WHERE n = ?"
        return run_id, None, connection.execute(query, (run_id,)).fetchone() is None
    found = connection.execute("SELECT n FROM seen WHERE name = ?", (name,)).fetchone()
    if found is not None:
        return int(found[0]), name, False
    (last,) = connection.execute("SELECT max(n) FROM seen").fetchone()
    return max(last or 0, FIRST_TEXT - 1) + 1, name, True
