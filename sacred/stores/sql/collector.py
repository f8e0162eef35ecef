"""Rows that no run refers to.

Needs SQLAlchemy as soon as it is imported. Starting a run or adding a resource is a
transaction that excludes this one (`sacred.stores.sql.database`), so there is no need to wait, and
rows have no age.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sacred._base.run_ids import RunId
from sacred.stores.collector import Collector, Garbage, Progress, Report
from sacred.stores.sql import chunks
from sacred.stores.sql.chunks import CHUNKS
from sacred.stores.sql.database import Database
from sacred.stores.sql.models import (
    Artifact,
    Base,
    Dependency,
    Experiment,
    Host,
    Output,
    Repository,
    Resource,
    Run,
    Source,
)
from sacred.stores.sql.points_writer import rebuild_chunks, remove_points
from sacred.stores.sql.tables import TABLES

__all__ = ["SqlCollector"]

#: So many rows are removed by one statement.
_ROWS_AT_ONCE = 500


class _Kind(NamedTuple):
    """Rows that are garbage if nobody refers to them."""

    table: type[Base]
    key: Any
    name: Any
    content: Any = None
    link: str | None = None  # the table that connects them with experiments or runs


_KINDS = {
    "experiment": _Kind(Experiment, Experiment.experiment_id, Experiment.name),
    "source": _Kind(
        Source, Source.source_id, Source.filename, Source.content, "experiments_sources"
    ),
    "repository": _Kind(
        Repository, Repository.repository_id, Repository.url, None, "experiments_repositories"
    ),
    "dependency": _Kind(
        Dependency, Dependency.dependency_id, Dependency.name, None, "experiments_dependencies"
    ),
    "resource": _Kind(
        Resource, Resource.resource_id, Resource.filename, Resource.content, "runs_resources"
    ),
    "host": _Kind(Host, Host.host_id, Host.hostname),
    "artifact": _Kind(Artifact, Artifact.artifact_id, Artifact.filename, Artifact.content),
}


class SqlCollector(Collector):
    """Looks through the tables.

    Args:
        database: the database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self,
        before: datetime.datetime,
        without: Collection[RunId] = (),
        report: Report | None = None,
    ) -> Iterator[Garbage]:
        """See `Collector.find`; everything counts, no matter how new it is."""
        with self._database.reading() as session:
            with_chunks = self._database.has_chunks
            found = list(_unused(session, {str(run_id) for run_id in without}, with_chunks))
        return iter(found)

    def remove(
        self, garbage: Sequence[Garbage], before: datetime.datetime, report: Report | None = None
    ) -> Iterator[Garbage]:
        """See `Collector.remove`; all of it is one transaction."""
        wanted = {(item.kind, item.ref) for item in garbage}
        with self._database.writing(exclusive=True) as session:
            with_chunks = self._database.has_chunks
            unused = [i for i in _unused(session, set(), with_chunks) if (i.kind, i.ref) in wanted]
            _delete(session, unused, with_chunks)
        return iter(unused)

    def rebuild(self, progress: Progress | None = None) -> Iterator[str]:
        """See `Collector.rebuild`; each metric is a transaction."""
        with self._database.reading() as session:
            if not self._database.has_chunks:
                return
            metrics = session.execute(_long_metrics()).all()
        for done, (run_id, name) in enumerate(metrics, start=1):
            with self._database.writing() as session:
                is_new = rebuild_chunks(session.connection(), run_id, name)
            if is_new:
                yield f"metric {name} of run {run_id}"
            if progress is not None:
                progress(done, len(metrics))

    def discard_time(self, run_id: RunId) -> datetime.datetime | None:
        """See `Collector.discard_time`."""
        with self._database.reading() as session:
            wanted = sa.select(Run.discard_time).where(Run.run_id == str(run_id))
            return session.scalar(wanted)


def _unused(session: Session, without: set[str], with_chunks: bool) -> Iterator[Garbage]:
    """Rows that no run refers to, but for the runs of these ids."""
    used = _used(session, without)
    for kind, row in _KINDS.items():
        size = sa.null() if row.content is None else sa.func.length(row.content)
        for key, name, length in session.execute(sa.select(row.key, row.name, size)):
            if key not in used[kind]:
                yield Garbage(kind=kind, name=str(name), size=length, ref=key)
    points = [sa.select(table.c.run_id, table.c.name) for table in _tables_of_points(with_chunks)]
    for run_id, name in session.execute(sa.union(*points)):
        if run_id not in used["run"] and run_id not in without:
            yield Garbage(kind="metric", name=f"{name} of run {run_id}", ref=(run_id, name))
    for run_id in session.scalars(sa.select(Output.run_id).distinct()):
        if run_id not in used["run"] and run_id not in without:
            yield Garbage(kind="output", name=f"output of run {run_id}", ref=run_id)


def _long_metrics() -> Any:
    """Those that have chunks, or ought to: run ids and names."""
    metric = TABLES["metric"].c
    is_long = metric.position == chunks.POINTS_PER_CHUNK - 1
    long = sa.select(metric.run_id, metric.name).where(is_long)
    return long.union(sa.select(CHUNKS.c.run_id, CHUNKS.c.name)).order_by("run_id", "name")


def _tables_of_points(with_chunks: bool) -> tuple[sa.Table, ...]:
    metric = TABLES["metric"]
    return (metric, CHUNKS) if with_chunks else (metric,)


def _used(session: Session, without: set[str]) -> dict[str, set[Any]]:
    """The keys of all rows that runs refer to, by their kinds."""
    used: dict[str, set[Any]] = {kind: set() for kind in ("run", *_KINDS)}
    for run_id, experiment, host in session.execute(
        sa.select(Run.run_id, Run.experiment_id, Run.host_id)
    ):
        if run_id not in without:
            used["run"].add(run_id)
            used["experiment"].add(experiment)
            used["host"].add(host)
    for kind, row in _KINDS.items():
        if row.link is not None:
            owner = "run" if kind == "resource" else "experiment"
            pairs = session.execute(sa.select(*_columns(row.link)))
            used[kind] = {key for who, key in pairs if who in used[owner]}
    # Those of the runs that do not count go with their runs.
    for key, run_id in session.execute(sa.select(Artifact.artifact_id, Artifact.run_id)):
        if run_id in used["run"] or run_id in without:
            used["artifact"].add(key)
    return used


def _delete(session: Session, garbage: Iterable[Garbage], with_chunks: bool) -> None:
    keys: dict[str, list[Any]] = {kind: [] for kind in (*_KINDS, "metric", "output")}
    for item in garbage:
        keys[item.kind].append(item.ref)
    for run_id, name in keys.pop("metric"):
        remove_points(session.connection(), run_id, name, with_chunks=with_chunks)
    _delete_in(session, Output.run_id, keys.pop("output"))
    # What connects them goes first.
    for kind, row in _KINDS.items():
        if row.link is not None:
            owner, thing = _columns(row.link)
            _delete_in(session, thing, keys[kind])
            if owner.name == "experiment_id":
                _delete_in(session, owner, keys["experiment"])
    for kind, row in _KINDS.items():
        _delete_in(session, row.key, keys[kind])


def _delete_in(session: Session, column: Any, keys: Sequence[Any]) -> None:
    table = column.table if isinstance(column, sa.Column) else column.class_.__table__
    plain = table.c[column.name]
    for start in range(0, len(keys), _ROWS_AT_ONCE):
        session.execute(sa.delete(table).where(plain.in_(keys[start : start + _ROWS_AT_ONCE])))


def _columns(link: str) -> tuple[sa.Column[Any], sa.Column[Any]]:
    """The columns of a table that connects: whose it is, and what."""
    owner, thing = TABLES[link].columns
    return owner, thing
