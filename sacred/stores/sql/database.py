"""A database of runs: isolated transactions, and tables that exist.

Starts of runs must not see each other half done: each takes the next number, and each
looks for rows to share before it makes one. So these transactions are exclusive, by
means of the database; all others continue meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from sacred._base.masking import mask_passwords
from sacred.stores.local_files import translate_errors as errors_of_disk
from sacred.stores.sql.chunks import chunks_table_exists, create_chunks_table, supports_chunks
from sacred.stores.sql.engine import BUSY_TIMEOUT, file_of
from sacred.stores.sql.errors import translate_errors
from sacred.stores.sql.migrations import statements_for
from sacred.stores.sql.old_triggers import drop_old_triggers, has_old_triggers
from sacred.stores.sql.tables import MYSQL_DIALECTS

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.orm import Session

__all__ = ["Database"]

#: For ``pg_advisory_xact_lock``: any number that nobody else takes.
_LOCK_NUMBER = 0x5AC12ED


class Database:
    """Provides sessions for reading and writing.

    Args:
        engine: for the database.

    Attributes:
        url: without the password, for messages.
        has_chunks: whether packed points can be stored (`sacred.stores.sql.chunks`), if known.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.url = mask_passwords(engine.url.render_as_string(hide_password=True))
        self.has_chunks = False
        self._prepared = False
        self._pid = os.getpid()
        # Of a database in memory all threads have the same connection.
        self._lock = threading.RLock()

    @property
    def has_one_writer(self) -> bool:
        """Whether writers wait for each other while others read: SQLite in a file."""
        return file_of(self.engine) is not None

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A context with a session for reading.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        with self._opened() as connection, connection.begin(), _session(connection) as session:
            yield session

    @contextlib.contextmanager
    def writing(self, *, exclusive: bool = False) -> Iterator[Session]:
        """A context with a session for writing: all or nothing is written when the block ends.

        Args:
            exclusive: whether no other such block may run meanwhile, in any process.

        Raises:
            StoreUnavailableError: the database cannot be reached or written.
        """
        with (
            self._opened() as connection,
            _transaction(connection, exclusive),
            _session(connection) as session,
        ):
            yield session
            session.flush()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Connection]:
        self._notice_fork()
        with translate_errors(self.url), self._lock:
            if not self._prepared:
                self._prepare()
            try:
                with self.engine.connect() as connection:
                    yield connection
            except (sa.exc.OperationalError, sa.exc.ProgrammingError):
                self._prepared = False  # somebody may have dropped a table
                raise

    def _notice_fork(self) -> None:
        if self._pid != os.getpid():
            # Connections are the parent's; and somebody there may have held the lock.
            self._pid, self._lock = os.getpid(), threading.RLock()
            self.engine.dispose(close=False)

    def _prepare(self) -> None:
        """Make the tables, or bring those of an older version up to date."""
        if self.engine.dialect.name == "sqlite":
            _make_directory(self.engine.url.database)
        with self.engine.connect() as connection:
            if statements_for(connection):
                connection.rollback()
                _use_wal(connection)
                _upgrade(connection)
        self.has_chunks = supports_chunks(self.engine) and self._prepare_chunks()
        self._prepared = True

    def _prepare_chunks(self) -> bool:
        """Make the table of chunks and drop what watched it; whether the table is there."""
        with self.engine.connect() as connection:
            has_table, has_triggers = chunks_table_exists(connection), has_old_triggers(connection)
            connection.rollback()
            # Who lacks the privilege goes without: chunks are a copy of what the rows say.
            if has_triggers:
                with (
                    contextlib.suppress(sa.exc.DBAPIError),
                    _transaction(connection, exclusive=True),
                ):
                    drop_old_triggers(connection)
            if not has_table:
                try:
                    with _transaction(connection, exclusive=True):
                        create_chunks_table(connection)
                except sa.exc.DBAPIError:
                    return False
        return True


def _upgrade(connection: Connection) -> None:
    with _transaction(connection, exclusive=True):
        # Not those found before: another process may just have done it.
        for statement in statements_for(connection):
            connection.exec_driver_sql(statement)


def _use_wal(connection: Connection) -> None:
    """Let a new SQLite database use a write-ahead log: then readers never block writers."""
    if connection.dialect.name != "sqlite":
        return
    name = connection.engine.url.database
    is_new = connection.exec_driver_sql("PRAGMA page_count").scalar() == 0
    connection.rollback()
    if not is_new or not name or not os.path.isabs(name) or not is_on_local_disk(name):
        return
    try:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.commit()
    except sa.exc.OperationalError:
        connection.rollback()  # others are faster, and do it


def _make_directory(name: str | None) -> None:
    if name and os.path.isabs(name):
        with errors_of_disk(name):
            os.makedirs(os.path.dirname(name), exist_ok=True)


_NETWORK = (
    "nfs",
    "cifs",
    "smb",
    "fuse",
    "9p",
    "afs",
    "lustre",
    "gpfs",
    "beegfs",
    "ceph",
    "gluster",
)


def is_on_local_disk(name: str) -> bool:
    """Return whether all users of a file are on this machine; False if that is not known."""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as mounts:
            fields = [line.split() for line in mounts]
    except OSError:
        return False
    path = os.path.realpath(name)
    kinds = {
        len(point): kind
        for _, point, kind, *_ in fields
        if path == point or path.startswith(point.rstrip("/") + "/")
    }
    return bool(kinds) and not kinds[max(kinds)].startswith(_NETWORK)


def _session(connection: Connection) -> Session:
    from sqlalchemy.orm import Session  # which those that only read do without

    return Session(connection)


@contextlib.contextmanager
def _transaction(connection: Connection, exclusive: bool) -> Iterator[None]:
    dialect = connection.dialect.name
    if exclusive and dialect in MYSQL_DIALECTS:
        with _mysql_lock(connection), connection.begin():
            yield
        return
    with connection.begin():
        if dialect == "sqlite":
            _begin_immediate(connection)
        elif dialect == "postgresql" and exclusive:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_TIMEOUT}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")
        yield


def _begin_immediate(connection: Connection) -> None:
    """Be the only writer from now on.

    A transaction that reads first and writes later would fail if another wrote between.
    """
    driver: Any = connection.connection.dbapi_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextlib.contextmanager
def _mysql_lock(connection: Connection) -> Iterator[None]:
    name = f"sacred:{connection.engine.url.database}"[:64]
    # Before and after the transaction: what it reads is as of its first statement, and
    # changes of tables end it.
    got = connection.execute(sa.select(sa.func.get_lock(name, BUSY_TIMEOUT))).scalar()
    connection.commit()
    if not got:
        raise sa.exc.TimeoutError("lock")
    try:
        yield
    finally:
        # If the connection is lost, so is the lock.
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            connection.rollback()
            connection.execute(sa.select(sa.func.release_lock(name)))
            connection.commit()
