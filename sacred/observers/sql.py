"""The observer that stores runs in an SQL database, and its command-line option."""

from __future__ import annotations

import contextlib
import os
import threading
import warnings
import weakref
from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sacred._base.cli_option import cli_option
from sacred._base.run_ids import RunId
from sacred.observers.base import JsonDict
from sacred.observers.store_observer import StoreObserver
from sacred.stores.changes import Change
from sacred.stores.sql.engine import make_engine
from sacred.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.orm import Session, scoped_session

    from sacred.stores.sql.models import Run

    AnySession = Session | scoped_session[Session]

__all__ = ["DEFAULT_SQL_PRIORITY", "SqlObserver", "sql_option"]

DEFAULT_SQL_PRIORITY = 40

PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class SqlObserver(StoreObserver):
    """Stores each run in the tables of an SQL database.

    Args:
        url: database URL in SQLAlchemy's form: ``sqlite:///runs.db``,
            ``postgresql://user:password@host/database``, ``mysql://...``.
        echo: whether to log all SQL statements.
        priority: observers with a higher priority receive events first.
        failure_dir: directory for records that could not be stored (default:
            ``~/.local/share/sacred/spool``).

    Attributes:
        engine: the SQLAlchemy engine.
        session: a session for the user's own queries; records are written in other sessions.

    Raises:
        StoreAddressError: `url` is not a database URL.
        MissingExtraError: SQLAlchemy or the driver is not installed.
    """

    engine: Engine
    session: AnySession

    def __init__(
        self,
        url: str,
        echo: bool = False,
        priority: int = DEFAULT_SQL_PRIORITY,
        failure_dir: PathLike | None = None,
    ) -> None:
        self._arguments: JsonDict | None = {"url": url, "echo": echo}
        connection = _Connection(url, echo)
        self._setup(connection.engine, connection.session, priority, failure_dir, connection)

    def _setup(
        self,
        engine: Engine,
        session: AnySession,
        priority: int,
        failure_dir: PathLike | None = None,
        connection: _Connection | None = None,
    ) -> None:
        self._connection = connection
        self.engine = engine
        self.session = session
        self._thread = threading.get_ident()
        self._store = SqlStore(engine)
        spools = None if failure_dir is None else os.fsdecode(failure_dir)
        super().__init__(self._store, priority, spools)

    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> SqlObserver:
        """Deprecated alias of the constructor.

        Args:
            *args: passed to the constructor.
            **kwargs: likewise.
        """
        warnings.warn(
            "SqlObserver.create(...) is deprecated; use SqlObserver(...) instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        return cls(*args, **kwargs)

    @classmethod
    def create_from(
        cls, engine: Engine, session: AnySession, priority: int = DEFAULT_SQL_PRIORITY
    ) -> SqlObserver:
        """Create an observer for an existing engine.

        Args:
            engine: for the database.
            session: becomes the attribute `session`; its objects are expired after each event,
                so that queries see the stored state.
            priority: as for the constructor.
        """
        self = cls.__new__(cls)
        self._arguments = None
        self._setup(engine, session, priority)
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SqlObserver) and self.writes_to == other.writes_to

    def __hash__(self) -> int:
        return hash(self.writes_to)

    @property
    def writes_to(self) -> Hashable:
        """See `StoreObserver.writes_to`: the database; one in memory is that of its engine."""
        url = self.engine.url
        if url.get_backend_name() != "sqlite":
            return "sql", url.get_backend_name(), url.host, url.port, url.database
        if url.database in (None, "", ":memory:"):
            return "sql", id(self.engine)
        return "sql", os.path.realpath(str(url.database))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._store.url}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> SqlObserver:
        # An engine has connections, and a copy of an in-memory database would be another one.
        copy = type(self).__new__(type(self))
        copy._arguments = self._arguments
        copy._setup(self.engine, self.session, self.priority, self.failure_dir, self._connection)
        return copy

    def __getstate__(self) -> JsonDict:
        if self._arguments is None:
            raise TypeError("An SqlObserver created with create_from cannot be pickled")
        own = {"priority": self.priority, "failure_dir": self.failure_dir}
        return {**self._arguments, **own}

    def __setstate__(self, state: JsonDict) -> None:
        self.__init__(**state)  # type: ignore[misc] # connects again

    @property
    def run(self) -> Run | None:
        """The row of the current run, loaded in `session`; None before it starts."""
        if self.delivery is None:
            return None
        # Here, because it needs SQLAlchemy, which is optional; so do the imports below.
        from sacred.stores.sql.models import Run

        query = self.session.query(Run).filter_by(run_id=str(self.delivery.run_id))
        return query.populate_existing().first()

    def query(self, _id: RunId) -> JsonDict:
        """Return the record of a run.

        Args:
            _id: the run's id, or, if no run has that id, its primary key.

        Raises:
            RunNotFoundError: there is no such run.
            StoreUnavailableError: the database cannot be reached.
        """
        return self._store.query(_id)

    def started_event(self, *args: Any, **kwargs: Any) -> RunId:
        """Start a record; see `StoreObserver.started_event`."""
        with self._session_renewed():
            return super().started_event(*args, **kwargs)

    def queued_event(self, *args: Any, **kwargs: Any) -> RunId:
        """Store a queued run; see `StoreObserver.queued_event`."""
        with self._session_renewed():
            return super().queued_event(*args, **kwargs)

    def _add(self, changes: Iterable[Change]) -> None:
        with self._session_renewed():
            super()._add(changes)

    def _close(self, changes: Iterable[Change], status: str) -> None:
        with self._session_renewed():
            super()._close(changes, status)

    def _after_close(self, spool: str | None) -> None:
        # Servers have few connections, and this one may be idle for hours. (An in-memory
        # database lives in its connection.)
        if self._connection is None or self.engine.dialect.name == "sqlite":
            return
        # A connection checked out by `session` would be returned to an abandoned pool.
        if self.engine.pool.checkedout() == 0:  # type: ignore[attr-defined]
            self.engine.dispose()

    @contextlib.contextmanager
    def _session_renewed(self) -> Iterator[None]:
        """Expire the objects of `session` that are written within the block.

        Sessions are not thread-safe, so other threads, such as the heartbeat's, expire
        nothing.
        """
        try:
            yield
        finally:
            session = self._session_here()
            if session is not None:
                for row in list(session):
                    if row not in session.dirty:
                        session.expire(row)

    def _session_here(self) -> Session | None:
        from sqlalchemy.orm import scoped_session

        if isinstance(self.session, scoped_session):
            return self.session() if self.session.registry.has() else None
        return self.session if threading.get_ident() == self._thread else None


class _Connection:
    """An engine owned by observers, disposed of when the last one that shares it is collected."""

    def __init__(self, url: str, echo: bool) -> None:
        self.engine = make_engine(url, echo)
        from sqlalchemy.orm import scoped_session, sessionmaker

        self.session = scoped_session(sessionmaker(self.engine))
        weakref.finalize(self, _release, self.engine, self.session)


def _release(engine: Engine, session: scoped_session[Session]) -> None:
    session.remove()
    engine.dispose()


@cli_option("-s", "--sql")
def sql_option(args: str, run: Any) -> None:
    """Add a `SqlObserver` to the run.

    Args:
        args: the URL of the database, in SQLAlchemy's form.
        run: the run that is about to start.
    """
    run.observers.append(SqlObserver(args))


sql_option.arg = "DB_URL"
sql_option.arg_description = "The typical form is: dialect://username:password@host:port/database"
