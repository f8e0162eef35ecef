"""`SqlStore`: writing records into an SQL database.

All modules of this folder but `engine`, `errors` and `storable_text` need SQLAlchemy to be
imported, and so this module imports them when it is used. Those that read do without its ORM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.clock import utcnow
from sacred._base.extras import require
from sacred.serializer import dumps
from sacred.stores.changes import (
    AddFile,
    AddPoints,
    Annotate,
    Change,
    SetExperiment,
    SetFields,
    SourceFile,
    WriteOutput,
)
from sacred.stores.reader import ReadableStore, Reader
from sacred.stores.store import RunExistsError, RunId, RunNotFoundError, not_discarded

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.orm import Session

    from sacred.stores.collector import Collector
    from sacred.stores.sql.models import Run

__all__ = ["SqlStore"]

#: Programs that do not know of our lock, like the old library, may take an id first.
_ATTEMPTS = 20


class SqlStore(ReadableStore):
    """Keeps records in the tables of `sacred.stores.sql.tables`.

    Tables are made, and those of the old library brought up to date, at the first use.
    Ids are text; the next one is the highest that is a number, plus one.

    Args:
        engine: of SQLAlchemy, for the database.

    Raises:
        MissingExtraError: SQLAlchemy is not installed.
    """

    def __init__(self, engine: Engine) -> None:
        require("sqlalchemy", extra="sql", purpose="SqlObserver")
        from sacred.stores.sql.database import Database

        self.database = Database(engine)
        self.url = self.database.url

    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`."""
        from sqlalchemy.exc import IntegrityError

        for _ in range(_ATTEMPTS if run_id is None else 1):
            try:
                return self._create(run_id, document, files)
            except IntegrityError:
                continue
        raise RunExistsError(f"There is a run {run_id!r} already in {self.url}")

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """See `Store.apply`; usually, all changes are one transaction."""
        try:
            self._apply(run_id, changes)
        except Exception as error:
            if len(changes) < 2 or self.is_unreachable(error):
                raise
            # Those before the one that cannot be stored are not to be lost for it.
            for change in changes:
                self._apply(run_id, [change])

    def discard(self, run_id: RunId) -> None:
        """See `Store.discard`."""
        with self.database.writing() as session:
            run = _found(session, run_id, self.url)
            if not run.discarded:
                run.discarded, run.discard_time = True, utcnow()

    def recover(self, run_id: RunId) -> None:
        """See `Store.recover`."""
        with self.database.writing() as session:
            run = _found(session, run_id, self.url)
            run.discarded = run.discard_time = None

    def remove(self, run_id: RunId) -> None:
        """See `Store.remove`; rows that runs share stay."""
        from sacred.stores.sql.models import Artifact, Output
        from sacred.stores.sql.points_writer import remove_points

        with self.database.writing(exclusive=True) as session:
            run = _found(session, run_id, self.url)
            if not run.discarded:
                raise not_discarded(run_id, self.url)
            run.resources = []
            remove_points(
                session.connection(), str(run.run_id), with_chunks=self.database.has_chunks
            )
            for table in (Output, Artifact):
                session.query(table).filter_by(run_id=run.run_id).delete()
            session.flush()
            session.expire(run)
            session.delete(run)

    def query(self, run_id: RunId) -> dict[str, Any]:
        """The record of a run as `sacred.stores.sql.models.Run.to_json` has it.

        Args:
            run_id: its id; if there is none of that id, the number of its row.

        Raises:
            RunNotFoundError: there is no such run.
            StoreUnavailableError: the database cannot be reached.
        """
        from sacred.stores.sql.output import whole_output

        with self.database.reading() as session:
            run = _found(session, run_id, self.url, by_row=True)
            output = whole_output(session.connection(), run.run_id, run.captured_out)
            return {**run.to_json(), "captured_out": output}

    def reader(self) -> Reader:
        """See `ReadableStore.reader`."""
        from sacred.stores.sql.reader import SqlReader

        return SqlReader(self.database.engine, owner=self)

    def collector(self) -> Collector:
        """See `Store.collector`."""
        from sacred.stores.sql.collector import SqlCollector

        return SqlCollector(self.database)

    def close(self) -> None:
        """See `Store.close`."""
        self.database.engine.dispose()

    def _create(
        self, wanted: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        from sacred.stores.sql.models import Output, Run
        from sacred.stores.sql.points_writer import remove_points
        from sacred.stores.sql.run_row import columns_for
        from sacred.stores.sql.shared_rows import shared_experiment, shared_host

        with self.database.writing(exclusive=True) as session:
            run_id = _next_id(session) if wanted is None else _key(wanted)
            run = Run(run_id=run_id, **columns_for(document))
            run.experiment = shared_experiment(session, document["experiment"], files)
            run.host = shared_host(session, document["host"])
            run.host_json = dumps(document["host"])
            session.add(run)
            # Of a run that somebody has deleted there may be something left.
            remove_points(session.connection(), run_id, with_chunks=self.database.has_chunks)
            session.query(Output).filter_by(run_id=run_id).delete()
        return run_id if wanted is None else wanted

    def _apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        shares = any(
            isinstance(change, SetExperiment | Annotate)
            or (isinstance(change, AddFile) and change.kind == "resource")
            for change in changes
        )
        with self.database.writing(exclusive=shares) as session:
            run = _found(session, run_id, self.url)
            for change in changes:
                self._write(session, run, change)
                # In the order of the changes, and each error at its own.
                session.flush()

    def _write(self, session: Session, run: Run, change: Change) -> None:
        from sacred.stores.sql.output import write_output
        from sacred.stores.sql.points_writer import add_points
        from sacred.stores.sql.run_row import columns_for, meta_from
        from sacred.stores.sql.shared_rows import shared_experiment

        match change:
            case WriteOutput():
                write_output(session, run, change)
            case AddPoints():
                connection, run_id = session.connection(), str(run.run_id)
                add_points(connection, run_id, change, with_chunks=self.database.has_chunks)
            case AddFile():
                _add_file(session, run, change)
            case SetExperiment():
                run.experiment = shared_experiment(session, change.info, change.files)
            case Annotate():
                meta = change.applied_to(meta_from(run.meta_json, run.comment, run.priority))
                for name, value in columns_for({"meta": meta}).items():
                    setattr(run, name, value)
            case SetFields():
                for name, value in columns_for(change.fields).items():
                    setattr(run, name, value)


def _key(run_id: RunId) -> str:
    from sacred.stores.sql.storable_text import storable

    return str(storable(str(run_id)))


def _next_id(session: Session) -> str:
    from sqlalchemy import BigInteger, cast, func, select

    from sacred.stores.sql.models import Run

    # Ids that users gave may be any text, and longer than numbers can be.
    is_number = Run.run_id.regexp_match("^[0-9]{1,18}$")
    highest = session.scalar(select(func.max(cast(Run.run_id, BigInteger))).where(is_number))
    return str((highest or 0) + 1)


def _found(session: Session, run_id: RunId, url: str, by_row: bool = False) -> Run:
    from sqlalchemy.orm import defer

    from sacred.stores.sql.models import Run

    query = session.query(Run)
    if not by_row:  # for writing: what may be long is not fetched
        long = (Run.captured_out, Run.config, Run.info, Run.result_json, Run.host_json)
        query = query.options(*(defer(column) for column in long))
    run = query.filter_by(run_id=_key(run_id)).first()
    if run is None and by_row and str(run_id).isdecimal():
        run = query.filter_by(id=int(run_id)).first()
    if run is None:
        raise RunNotFoundError(f"There is no run {run_id!r} in {url}")
    return run


def _add_file(session: Session, run: Run, change: AddFile) -> None:
    from sacred.stores.sql.models import Artifact
    from sacred.stores.sql.shared_rows import shared_resource
    from sacred.stores.sql.storable_text import storable

    if change.kind == "resource":
        resource = shared_resource(session, change)
        if resource not in run.resources:
            run.resources.append(resource)
        return
    with open(change.path, "rb") as file:
        content = file.read()
    name = storable(change.name)
    known = session.query(Artifact).filter_by(run_id=run.run_id, filename=name)
    artifact = next((row for row in known if row.filename == name), None)
    if artifact is None:
        artifact = Artifact(run_id=run.run_id, filename=name)
        session.add(artifact)
    artifact.content = content
    artifact.content_type = storable(change.content_type)
    artifact.metadata_json = None if change.metadata is None else dumps(change.metadata)
