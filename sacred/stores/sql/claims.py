"""The queue of a database: one row for each run that was ever queued.

The table ``queue_entry`` is created on first use of the queue; other databases do without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from sacred._base.run_ids import RunId
from sacred.serializer import dumps
from sacred.stores.changes import Change
from sacred.stores.claims import LEASED, WAITING, Claims, Lease, QueueEntry, stale_attempt
from sacred.stores.sql.database import Database
from sacred.stores.sql.run_writer import RunWriter, needs_exclusive, row_key
from sacred.stores.sql.tables import TABLES, key_type
from sacred.stores.store import RunNotFoundError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["ENTRIES", "SqlClaims"]

#: Not among the tables of `sacred.stores.sql.tables`: a database may do without.
ENTRIES = sa.Table(
    "queue_entry",
    sa.MetaData(),
    sa.Column("run_id", key_type, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("priority", sa.Double, nullable=False),
    sa.Column("queue_time", sa.String(40), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("details_json", sa.Text, nullable=False),  # lost, lease (with _RENEWED), attempts
)
_ORDER = sa.Index(
    "ix_queue_entry_order", ENTRIES.c.state, ENTRIES.c.priority.desc(), ENTRIES.c.queue_time
)
_IN_ORDER = (
    sa.select(ENTRIES)
    .where(ENTRIES.c.state == WAITING)
    .order_by(ENTRIES.c.priority.desc(), ENTRIES.c.queue_time, ENTRIES.c.run_id)
)
#: Most often the first one that waits can be had.
_FIRST_ROWS = 16
# Statements are made once: to make one takes longer than to execute it.
_FIRST_IN_ORDER = _IN_ORDER.limit(_FIRST_ROWS)
_OF_RUN = sa.select(ENTRIES).where(ENTRIES.c.run_id == sa.bindparam("run"))
_FENCE = (
    sa.select(ENTRIES.c.state, ENTRIES.c.attempt)
    .where(ENTRIES.c.run_id == sa.bindparam("run"))
    .with_for_update()
)
_SWAP = sa.update(ENTRIES).where(
    ENTRIES.c.run_id == sa.bindparam("run"), ENTRIES.c.version == sa.bindparam("seen")
)
_COLUMNS = frozenset(column.name for column in ENTRIES.columns)
_RUN = TABLES["run"]

_MYSQL_DEADLOCK = 1213

#: Where PostgreSQL notes when a lease was renewed, in what `QueueEntry` does not read: in seconds.
_RENEWED = ("lease", "renewed")
_NOW = sa.extract("epoch", sa.func.clock_timestamp())
_TIMED_SWAP = _SWAP.values(
    details_json=sa.cast(
        sa.func.jsonb_set(
            sa.cast(sa.bindparam("details", type_=sa.Text), postgresql.JSONB),
            sa.cast(sa.literal("{" + ",".join(_RENEWED) + "}"), postgresql.ARRAY(sa.Text)),
            sa.func.to_jsonb(_NOW),
        ),
        sa.Text,
    )
)


class _NotSwappedError(Exception):
    """The entry is another one by now; the transaction is to be rolled back."""


class SqlClaims(Claims):
    """Entries as rows.

    Args:
        database: the database.
        writer: of the rows of the runs.
        owner: an object kept alive by the queue; connections are closed when it is collected.
    """

    def __init__(self, database: Database, writer: RunWriter, owner: object = None) -> None:
        self._owner = owner
        self.url = database.url
        self._database = database
        self._writer = writer
        self._is_ready = False
        self._has_clock = database.engine.dialect.name == "postgresql"

    def entry(self, run_id: RunId) -> QueueEntry | None:
        """See `Claims.entry`."""
        found = self._rows(_OF_RUN, {"run": row_key(run_id)})
        return _entry(found[0]) if found else None

    def swap(
        self,
        before: QueueEntry | None,
        after: QueueEntry,
        changes: Sequence[Change] = (),
        unless: Collection[str] = (),
    ) -> bool:
        """See `Claims.swap`."""
        self._prepare()
        try:
            with self._database.writing(exclusive=needs_exclusive(changes)) as session:
                self._swap(session, before, after)
                # The row of the entry is locked now: no attempt can write between.
                if unless or before is None:
                    key = _RUN.c.run_id == row_key(after.run_id)
                    status = session.execute(sa.select(_RUN.c.status).where(key)).first()
                    if status is None:
                        raise RunNotFoundError(f"There is no run {after.run_id!r} in {self.url}")
                    if status[0] in unless:
                        raise _NotSwappedError
                if changes:
                    self._writer.write(session, after.run_id, changes)
        except (_NotSwappedError, sa.exc.IntegrityError):
            return False
        return True

    def claim(
        self, lease: Lease, matching: Callable[[QueueEntry], bool] | None = None
    ) -> QueueEntry | None:
        """See `Claims.claim`.

        SQLite has one writer at a time: a worker that has waited for its turn looks again for the
        first run, instead of losing it to the previous writer and waiting again.
        """
        if self._database.has_one_writer:
            for entry in self.waiting():
                if matching is None or matching(entry):
                    if found := self._claim_among_first(lease, entry, matching):
                        return found
                    break
        return super().claim(lease, matching)

    def _claim_among_first(
        self, lease: Lease, fitting: QueueEntry, matching: Callable[[QueueEntry], bool] | None
    ) -> QueueEntry | None:
        """Lease the first of some runs that fits; None: none does.

        Args:
            lease: of the worker.
            fitting: the run that `matching` was asked for last, and has accepted.
            matching: which runs fit; what it takes for a run (GPUs) counts until it is asked again.
        """
        self._prepare()
        asked = fitting
        with self._database.writing() as session:
            for row in session.connection().execute(_FIRST_IN_ORDER).mappings().all():
                entry = _entry(row)
                is_fitting = asked == entry or matching is None or matching(entry)
                asked = entry
                if is_fitting:
                    after = entry.leased_to(lease)
                    self._swap(session, entry, after)
                    return after
        return None

    def waiting(self) -> Iterator[QueueEntry]:
        """See `Claims.waiting`."""
        first = self._rows(_FIRST_IN_ORDER)
        yield from map(_entry, first)
        if len(first) == _FIRST_ROWS:
            seen = {row["run_id"] for row in first}
            rows = self._rows(_IN_ORDER)
            yield from (_entry(row) for row in rows if row["run_id"] not in seen)

    def entries(self, state: str) -> list[QueueEntry]:
        """See `Claims.entries`."""
        return list(map(_entry, self._rows(sa.select(ENTRIES).where(ENTRIES.c.state == state))))

    def lease_ages(self) -> Mapping[RunId, float]:
        """See `Claims.lease_ages`; PostgreSQL has a clock that all workers can ask."""
        if not self._has_clock:
            return {}
        renewed = sa.cast(ENTRIES.c.details_json, postgresql.JSONB)[_RENEWED].astext
        age = (_NOW - sa.cast(renewed, sa.Double)).label("age")
        found = self._rows(sa.select(ENTRIES.c.run_id, age).where(ENTRIES.c.state == LEASED))
        return {row["run_id"]: float(row["age"]) for row in found if row["age"] is not None}

    def apply(self, run_id: RunId, attempt: int, changes: Sequence[Change]) -> None:
        """See `Claims.apply`."""

        def check(session: Session) -> None:
            found = session.connection().execute(_FENCE, {"run": row_key(run_id)}).first()
            if found is None or tuple(found) != (LEASED, attempt):
                raise stale_attempt(run_id, attempt, self.url)

        self._prepare()
        self._writer.apply(run_id, changes, check)

    def _swap(self, session: Session, before: QueueEntry | None, after: QueueEntry) -> None:
        row = _row(after)
        if before is None:
            session.execute(sa.insert(ENTRIES).values(row))
            return
        statement, which = _SWAP, {"run": row["run_id"], "seen": before.version}
        if self._has_clock and after.state == LEASED:
            statement, which["details"] = _TIMED_SWAP, row.pop("details_json")
        try:
            done: Any = session.connection().execute(statement, {**row, **which})
        except sa.exc.OperationalError as error:
            if error.orig is not None and error.orig.args[:1] == (_MYSQL_DEADLOCK,):
                raise _NotSwappedError from error  # others are changing it
            raise
        if done.rowcount != 1:
            raise _NotSwappedError

    def _rows(
        self, query: sa.Select[Any], values: Mapping[str, Any] | None = None
    ) -> list[sa.RowMapping]:
        with self._database.reading() as session:
            if not self._is_ready and not sa.inspect(session.connection()).has_table(ENTRIES.name):
                return []  # who reads makes no table
            self._is_ready = True
            return list(session.connection().execute(query, values).mappings())

    def _prepare(self) -> None:
        """Make the table unless it is there."""
        if self._is_ready:
            return
        with self._database.reading() as session:
            exists = sa.inspect(session.connection()).has_table(ENTRIES.name)
        if not exists:
            with self._database.writing(exclusive=True) as session:
                connection = session.connection()
                # Another process may just have made it.
                if not sa.inspect(connection).has_table(ENTRIES.name):
                    connection.execute(CreateTable(ENTRIES))
                    connection.execute(CreateIndex(_ORDER))
        self._is_ready = True


def _row(entry: QueueEntry) -> dict[str, Any]:
    fields = entry.plain()
    details = {name: value for name, value in fields.items() if name not in _COLUMNS}
    row = {name: value for name, value in fields.items() if name in _COLUMNS}
    return {**row, "run_id": row_key(entry.run_id), "details_json": dumps(details)}


def _entry(row: Any) -> QueueEntry:
    fields = {name: row[name] for name in _COLUMNS - {"run_id", "details_json"}}
    return QueueEntry.of_plain(row["run_id"], {**fields, **json.loads(row["details_json"])})
