"""`RunWriter`: rows of runs, added and changed with the ORM, which readers do without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from sacred._base.clock import utcnow
from sacred._base.run_ids import RunId
from sacred.serializer import dumps
from sacred.stores.changes import (
    OF_THE_END,
    AddFile,
    AddPoints,
    Annotate,
    Change,
    DropPoints,
    Reopen,
    SetExperiment,
    SetFields,
    SourceFile,
    WriteOutput,
)
from sacred.stores.sql.database import Database
from sacred.stores.sql.models import Artifact, Output, Run, decode_json
from sacred.stores.sql.output import whole_output, write_output
from sacred.stores.sql.points_writer import add_points, drop_points, remove_points
from sacred.stores.sql.run_row import columns_for, meta_from
from sacred.stores.sql.shared_rows import shared_experiment, shared_host, shared_resource
from sacred.stores.sql.storable_text import storable
from sacred.stores.sql.tables import TABLES
from sacred.stores.store import RunExistsError, RunNotFoundError, not_discarded

__all__ = ["RunWriter", "needs_exclusive", "row_key"]

#: Programs that do not know our lock, such as the old library, may take an id first.
_ATTEMPTS = 20


class RunWriter:
    """Writes the rows of a `SqlStore`.

    Args:
        database: the database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, wanted: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`."""
        for _ in range(_ATTEMPTS if wanted is None else 1):
            try:
                return self._create(wanted, document, files)
            except sa.exc.IntegrityError:
                continue
        raise RunExistsError(f"There is a run {wanted!r} already in {self._database.url}")

    def apply(
        self,
        run_id: RunId,
        changes: Sequence[Change],
        check: Callable[[Session], None] | None = None,
    ) -> None:
        """Write all changes in one transaction; atomic and idempotent.

        Args:
            run_id: id of the run.
            changes: in the order in which they happened.
            check: called first, in the same transaction; an exception from it ends the transaction.
        """
        with self._database.writing(exclusive=needs_exclusive(changes)) as session:
            if check is not None:
                check(session)
            self.write(session, run_id, changes)

    def write(self, session: Session, run_id: RunId, changes: Sequence[Change]) -> None:
        """Write changes in a transaction that has begun, an exclusive one if they need that.

        Args:
            session: of the transaction.
            run_id: id of the run.
            changes: in the order in which they happened.
        """
        run = self._found(session, run_id)
        for change in changes:
            self._write(session, run, change)
            # In the order of the changes, and each error at its own.
            session.flush()

    def discard(self, run_id: RunId) -> None:
        """See `Store.discard`."""
        with self._database.writing() as session:
            run = self._found(session, run_id)
            if not run.discarded:
                run.discarded, run.discard_time = True, utcnow()

    def recover(self, run_id: RunId) -> None:
        """See `Store.recover`."""
        with self._database.writing() as session:
            run = self._found(session, run_id)
            run.discarded = run.discard_time = None

    def remove(self, run_id: RunId) -> None:
        """See `Store.remove`; rows that runs share stay."""
        with self._database.writing(exclusive=True) as session:
            run = self._found(session, run_id)
            if not run.discarded:
                raise not_discarded(run_id, self._database.url)
            run.resources = []
            self._remove_points(session, str(run.run_id))
            for table in (Output, Artifact):
                session.query(table).filter_by(run_id=run.run_id).delete()
            session.flush()
            session.expire(run)
            session.delete(run)

    def highest_id(self) -> int:
        """See `SqlStore.highest_id`."""
        with self._database.writing() as session:  # which makes the tables if there are none
            return _highest_id(session)

    def query(self, run_id: RunId) -> dict[str, Any]:
        """See `SqlStore.query`."""
        with self._database.reading() as session:
            run = self._found(session, run_id, by_row=True)
            output = whole_output(session.connection(), run.run_id, run.captured_out)
            return {**run.to_json(), "info": decode_json(run.info), "captured_out": output}

    def _create(
        self, wanted: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        with self._database.writing(exclusive=True) as session:
            run_id = str(_highest_id(session) + 1) if wanted is None else row_key(wanted)
            run = Run(run_id=run_id, **columns_for(document))
            run.experiment = shared_experiment(session, document["experiment"], files)
            run.host = shared_host(session, document["host"])
            run.host_json = dumps(document["host"])
            session.add(run)
            # Of a run that somebody has deleted there may be something left.
            self._remove_points(session, run_id)
            session.query(Output).filter_by(run_id=run_id).delete()
        return run_id if wanted is None else wanted

    def _remove_points(self, session: Session, run_id: str) -> None:
        remove_points(session.connection(), run_id, with_chunks=self._database.has_chunks)

    def _write(self, session: Session, run: Run, change: Change) -> None:
        match change:
            case WriteOutput():
                write_output(session, run, change)
            case AddPoints():
                connection, run_id = session.connection(), str(run.run_id)
                add_points(connection, run_id, change, with_chunks=self._database.has_chunks)
            case DropPoints():
                drop_points(
                    session.connection(),
                    str(run.run_id),
                    change,
                    with_chunks=self._database.has_chunks,
                )
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
            case Reopen():
                gone = dict.fromkeys(OF_THE_END)
                for name, value in columns_for({**gone, "status": change.status}).items():
                    setattr(run, name, value)

    def _found(self, session: Session, run_id: RunId, by_row: bool = False) -> Run:
        query = session.query(Run)
        if not by_row:  # for writing: what may be long is not fetched
            long = (Run.captured_out, Run.config, Run.info, Run.result_json, Run.host_json)
            query = query.options(*(defer(column) for column in long))
        run = query.filter_by(run_id=row_key(run_id)).first()
        if run is None and by_row and str(run_id).isdecimal():
            run = query.filter_by(id=int(run_id)).first()
        if run is None:
            raise RunNotFoundError(f"There is no run {run_id!r} in {self._database.url}")
        return run


def needs_exclusive(changes: Sequence[Change]) -> bool:
    """Return whether some change reads what other runs, or other people, may be writing."""
    return any(
        isinstance(change, SetExperiment | Annotate)
        or (isinstance(change, AddFile) and change.kind == "resource")
        for change in changes
    )


def row_key(run_id: RunId) -> str:
    """Return the id of a run as it is in its row."""
    return str(storable(str(run_id)))


def _highest_id(session: Session) -> int:
    # Ids that users gave may be any text, and longer than numbers can be.
    is_number = Run.run_id.regexp_match("^[0-9]{1,18}$")
    number = sa.cast(Run.run_id, sa.BigInteger)
    highest = session.scalar(sa.select(sa.func.max(number)).where(is_number))
    return int(highest or 0)


def _add_file(session: Session, run: Run, change: AddFile) -> None:
    if change.kind == "resource":
        resource = shared_resource(session, change)
        session.flush()  # both have their keys
        link = TABLES["runs_resources"].c
        is_this = (link.run_id == run.run_id) & (link.resource_id == resource.resource_id)
        links = session.scalar(sa.select(sa.func.count()).where(is_this)) or 0
        # As with artifacts; the list of a relationship has each row once.
        if links < change.count:
            row = {"run_id": run.run_id, "resource_id": resource.resource_id}
            session.execute(sa.insert(TABLES["runs_resources"]).values(row))
        return
    with open(change.path, "rb") as file:
        content = file.read()
    name = storable(change.name)
    known = session.query(Artifact).filter_by(run_id=run.run_id, filename=name)
    rows = [row for row in known.order_by(Artifact.artifact_id) if row.filename == name]
    # A file that is added twice has two rows; the same change applied again is no other one.
    if len(rows) >= change.count:
        artifact = rows[change.count - 1]
    else:
        artifact = Artifact(run_id=run.run_id, filename=name)
        session.add(artifact)
    artifact.content = content
    artifact.content_type = storable(change.content_type)
    artifact.metadata_json = None if change.metadata is None else dumps(change.metadata)
