"""`SqlStore`: records in an SQL database.

All modules of this folder but `engine`, `errors` and `storable_text` need SQLAlchemy to be
imported, and so this module imports them when it is used. Those that read do without its ORM.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.extras import require
from sacred._base.run_ids import RunId
from sacred.stores.changes import Change, SourceFile
from sacred.stores.reader import ReadableStore, Reader
from sacred.stores.store import ANSWER_SECONDS

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from sacred.stores.claims import Claims
    from sacred.stores.collector import Collector
    from sacred.stores.sql.run_writer import RunWriter

__all__ = ["SqlStore"]


class SqlStore(ReadableStore):
    """Stores records in the tables of `sacred.stores.sql.tables`.

    Tables are created, and those of the old library brought up to date, on first use.
    Ids are strings; the next one is the highest that is a number, plus one.

    Args:
        engine: of SQLAlchemy, for the database.

    Raises:
        MissingExtraError: SQLAlchemy is not installed.
    """

    supports_output_append = True
    supports_details = True

    def __init__(self, engine: Engine) -> None:
        require("sqlalchemy", extra="sql", purpose="SqlObserver")
        # The modules of this folder are imported once it is known that SQLAlchemy is there.
        from sacred.stores.sql.database import Database

        self.database = Database(engine)
        self.url = self.database.url
        is_local = engine.dialect.name == "sqlite"
        self.answer_seconds = None if is_local else ANSWER_SECONDS

    @functools.cached_property
    def _writer(self) -> RunWriter:
        # The ORM takes as long to import as all that a reader needs.
        from sacred.stores.sql.run_writer import RunWriter

        return RunWriter(self.database)

    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`."""
        return self._writer.create(run_id, document, files)

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """See `Store.apply`; usually, all changes are one transaction."""
        try:
            self._writer.apply(run_id, changes)
        except Exception as error:
            if len(changes) < 2 or self.is_unreachable(error):
                raise
            # Those before the one that cannot be stored are not to be lost for it.
            for change in changes:
                self._writer.apply(run_id, [change])

    def highest_id(self) -> int:
        """See `Store.highest_id`."""
        return self._writer.highest_id()

    def discard(self, run_id: RunId) -> None:
        """See `Store.discard`."""
        self._writer.discard(run_id)

    def recover(self, run_id: RunId) -> None:
        """See `Store.recover`."""
        self._writer.recover(run_id)

    def remove(self, run_id: RunId) -> None:
        """See `Store.remove`; rows that runs share stay."""
        self._writer.remove(run_id)

    def query(self, run_id: RunId) -> dict[str, Any]:
        """Return the record of a run, as `sacred.stores.sql.models.Run.to_json` does, and ``info``.

        Args:
            run_id: its id; if no run has that id, the number of its row.

        Raises:
            RunNotFoundError: there is no such run.
            StoreUnavailableError: the database cannot be reached.
        """
        return self._writer.query(run_id)

    def reader(self) -> Reader:
        """See `ReadableStore.reader`."""
        from sacred.stores.sql.reader import SqlReader

        return SqlReader(self.database.engine, owner=self)

    def claims(self) -> Claims:
        """See `sacred.stores.claims.claims_of`."""
        from sacred.stores.sql.claims import SqlClaims

        return SqlClaims(self.database, self._writer, owner=self)

    def collector(self) -> Collector:
        """See `Store.collector`."""
        from sacred.stores.sql.collector import SqlCollector

        return SqlCollector(self.database)

    def close(self) -> None:
        """See `Store.close`."""
        self.database.engine.dispose()
