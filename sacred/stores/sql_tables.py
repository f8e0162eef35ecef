"""The tables of a database of runs, as ORM classes.

Needs SQLAlchemy as soon as it is imported; `sacred.stores.sql` imports it on use.
Names and meanings of the columns are a contract with scripts and dashboards. Those
that the old library did not have are at the end of each class: they hold what its
columns cannot, they may be NULL, and nobody has to know them.

>>> Run(run_id="7", status="RUNNING", meta_json='{"priority": 2}').to_json()["meta"]
{'comment': None, 'priority': 2}
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from sacred.serializer import UnsafeDataError, loads

__all__ = [
    "Artifact",
    "Base",
    "Dependency",
    "Experiment",
    "Host",
    "Metric",
    "Repository",
    "Resource",
    "Run",
    "Source",
]

_MYSQL = ("mysql", "mariadb")

# MySQL's own TEXT ends at 64 kB, its DATETIME at whole seconds, and its indices want a limit.
_LongText = Text().with_variant(mysql.LONGTEXT(charset="utf8mb4"), *_MYSQL)
_Blob = LargeBinary().with_variant(mysql.LONGBLOB(), *_MYSQL)
_Moment = DateTime().with_variant(mysql.DATETIME(fsp=6), *_MYSQL)
_Key = Text().with_variant(mysql.VARCHAR(255), *_MYSQL)
# Metrics "Loss" and "loss" are two.
_Name = Text().with_variant(mysql.VARCHAR(255, charset="utf8mb4", collation="utf8mb4_bin"), *_MYSQL)
_Md5 = String(255)


class Base(DeclarativeBase):
    """What all tables have in common."""


def _association(name: str, *columns: Column[Any]) -> Table:
    return Table(name, Base.metadata, *columns)


_experiments_sources = _association(
    "experiments_sources",
    Column("experiment_id", Integer, ForeignKey("experiment.experiment_id"), index=True),
    Column("source_id", Integer, ForeignKey("source.source_id")),
)
_experiments_repositories = _association(
    "experiments_repositories",
    Column("experiment_id", Integer, ForeignKey("experiment.experiment_id"), index=True),
    Column("repository_id", Integer, ForeignKey("repository.repository_id")),
)
_experiments_dependencies = _association(
    "experiments_dependencies",
    Column("experiment_id", Integer, ForeignKey("experiment.experiment_id"), index=True),
    Column("dependency_id", Integer, ForeignKey("dependency.dependency_id")),
)
_runs_resources = _association(
    "runs_resources",
    Column("run_id", _Key, ForeignKey("run.run_id"), index=True),
    Column("resource_id", Integer, ForeignKey("resource.resource_id")),
)


class Source(Base):
    """A source file, shared by all experiments that have it with this content."""

    __tablename__ = "source"

    source_id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str | None] = mapped_column(_LongText)
    md5sum: Mapped[str | None] = mapped_column(_Md5, index=True)
    content: Mapped[str | None] = mapped_column(_LongText, deferred=True)

    def to_json(self) -> dict[str, Any]:
        """What `SqlObserver.query` tells about it."""
        return {"filename": self.filename, "md5sum": self.md5sum}


class Repository(Base):
    """A state of a git repository."""

    __tablename__ = "repository"

    repository_id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str | None] = mapped_column(_LongText)
    commit: Mapped[str | None] = mapped_column(_Key, index=True)
    dirty: Mapped[bool | None] = mapped_column(Boolean)

    def to_json(self) -> dict[str, Any]:
        """What `SqlObserver.query` tells about it."""
        return {"url": self.url, "commit": self.commit, "dirty": self.dirty}


class Dependency(Base):
    """A package in a version."""

    __tablename__ = "dependency"

    dependency_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(_Key, index=True)
    version: Mapped[str | None] = mapped_column(_LongText)

    def to_json(self) -> str:
        """Its requirement: ``name==version``."""
        return f"{self.name}=={self.version}" if self.version else str(self.name)


class Resource(Base):
    """A file that runs read, shared by all that read it with this content."""

    __tablename__ = "resource"

    resource_id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str | None] = mapped_column(_LongText)
    md5sum: Mapped[str | None] = mapped_column(_Md5, index=True)
    content: Mapped[bytes | None] = mapped_column(_Blob, deferred=True)

    def to_json(self) -> dict[str, Any]:
        """What `SqlObserver.query` tells about it."""
        return {"filename": self.filename, "md5sum": self.md5sum}


class Host(Base):
    """A machine as some run found it."""

    __tablename__ = "host"

    host_id: Mapped[int] = mapped_column(primary_key=True)
    cpu: Mapped[str | None] = mapped_column(_LongText)
    hostname: Mapped[str | None] = mapped_column(_Key, index=True)
    os: Mapped[str | None] = mapped_column(_LongText)
    os_info: Mapped[str | None] = mapped_column(_LongText)
    python_version: Mapped[str | None] = mapped_column(_LongText)

    def to_json(self) -> dict[str, Any]:
        """What `SqlObserver.query` tells about it."""
        return {
            "cpu": self.cpu,
            "hostname": self.hostname,
            "os": [self.os, self.os_info],
            "python_version": self.python_version,
        }


class Experiment(Base):
    """An experiment with its sources, repositories and dependencies, shared by its runs.

    Its `md5sum` is that of the whole description: if anything of it changes, it is
    another experiment. `info_json` is the description, sources left out.
    """

    __tablename__ = "experiment"

    experiment_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(_LongText)
    md5sum: Mapped[str | None] = mapped_column(_Md5, index=True)
    base_dir: Mapped[str | None] = mapped_column(_LongText)
    info_json: Mapped[str | None] = mapped_column(_LongText)

    sources: Mapped[list[Source]] = relationship(
        secondary=_experiments_sources, order_by=Source.source_id
    )
    repositories: Mapped[list[Repository]] = relationship(
        secondary=_experiments_repositories, order_by=Repository.repository_id
    )
    dependencies: Mapped[list[Dependency]] = relationship(
        secondary=_experiments_dependencies, order_by=Dependency.dependency_id
    )

    def to_json(self) -> dict[str, Any]:
        """What `SqlObserver.query` tells about it."""
        return {
            "name": self.name,
            "base_dir": self.base_dir,
            "sources": [source.to_json() for source in self.sources],
            "repositories": [repository.to_json() for repository in self.repositories],
            "dependencies": [dependency.to_json() for dependency in self.dependencies],
            **(_value(self.info_json) or {}),  # the same and more, in its own order
        }


class Run(Base):
    """A run. Its id is `run_id`; `id` only numbers the rows.

    `result` is the result if that is a finite number; `result_json` is any result.
    `fail_trace` is text for people, `fail_trace_json` the list of its lines. What is
    `discarded` is in the trash, since `discard_time`.
    """

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str | None] = mapped_column(_Key, unique=True)
    command: Mapped[str | None] = mapped_column(_LongText)
    start_time: Mapped[datetime.datetime | None] = mapped_column(_Moment)
    heartbeat: Mapped[datetime.datetime | None] = mapped_column(_Moment)
    stop_time: Mapped[datetime.datetime | None] = mapped_column(_Moment)
    queue_time: Mapped[datetime.datetime | None] = mapped_column(_Moment)
    priority: Mapped[float | None] = mapped_column(Double)
    comment: Mapped[str | None] = mapped_column(_LongText)
    fail_trace: Mapped[str | None] = mapped_column(_LongText)
    captured_out: Mapped[str | None] = mapped_column(_LongText)
    config: Mapped[str | None] = mapped_column(_LongText)
    info: Mapped[str | None] = mapped_column(_LongText)
    status: Mapped[str | None] = mapped_column(_LongText)
    host_id: Mapped[int | None] = mapped_column(ForeignKey("host.host_id"))
    experiment_id: Mapped[int | None] = mapped_column(ForeignKey("experiment.experiment_id"))
    result: Mapped[float | None] = mapped_column(Double)
    result_json: Mapped[str | None] = mapped_column(_LongText)
    fail_trace_json: Mapped[str | None] = mapped_column(_LongText)
    meta_json: Mapped[str | None] = mapped_column(_LongText)
    host_json: Mapped[str | None] = mapped_column(_LongText)
    discarded: Mapped[bool | None] = mapped_column(Boolean, index=True)
    discard_time: Mapped[datetime.datetime | None] = mapped_column(_Moment)

    host: Mapped[Host | None] = relationship()
    experiment: Mapped[Experiment | None] = relationship()
    resources: Mapped[list[Resource]] = relationship(
        secondary=_runs_resources, order_by=Resource.resource_id
    )
    artifacts: Mapped[list[Artifact]] = relationship(
        back_populates="run", order_by=lambda: Artifact.artifact_id
    )

    def to_json(self) -> dict[str, Any]:
        """What `SqlObserver.query` tells about it."""
        host = {} if self.host is None else self.host.to_json()
        meta = {"comment": self.comment, "priority": self.priority}
        return {
            "_id": self.run_id,
            "command": self.command,
            "start_time": self.start_time,
            "heartbeat": self.heartbeat,
            "stop_time": self.stop_time,
            "queue_time": self.queue_time,
            "status": self.status,
            "result": self.result if self.result_json is None else _value(self.result_json),
            "meta": {**meta, **(_value(self.meta_json) or {})},
            "resources": [resource.to_json() for resource in self.resources],
            "artifacts": [artifact.to_json() for artifact in self.artifacts],
            "host": {**host, **(_value(self.host_json) or {})},
            "experiment": None if self.experiment is None else self.experiment.to_json(),
            "config": _value(self.config),
            "info": _value(self.info),
            "captured_out": self.captured_out,
            "fail_trace": self.fail_trace,
        }


class Artifact(Base):
    """A file that a run made."""

    __tablename__ = "artifact"

    artifact_id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str | None] = mapped_column(_LongText)
    content: Mapped[bytes | None] = mapped_column(_Blob, deferred=True)
    run_id: Mapped[str | None] = mapped_column(_Key, ForeignKey("run.run_id"), index=True)
    content_type: Mapped[str | None] = mapped_column(_LongText)
    metadata_json: Mapped[str | None] = mapped_column(_LongText)

    run: Mapped[Run | None] = relationship(back_populates="artifacts")

    def to_json(self) -> dict[str, Any]:
        """What `SqlObserver.query` tells about it."""
        return {"_id": self.artifact_id, "filename": self.filename}


class Metric(Base):
    """A point of a metric.

    `value` and `step` are numbers to compute and to sort with. Where such a number is
    not the whole truth, because it is an integer, NaN, infinite or no number at all,
    `value_json` (`step_json`) has it; see `sacred.stores.sql_points`.
    """

    __tablename__ = "metric"

    # Points are stored in the order of their key: those of a metric lie side by side. There
    # is no foreign key, for to check it for each point takes as long as to store them.
    run_id: Mapped[str] = mapped_column(_Name, primary_key=True)
    name: Mapped[str] = mapped_column(_Name, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[float | None] = mapped_column(Double)
    value: Mapped[float | None] = mapped_column(Double)
    timestamp: Mapped[datetime.datetime | None] = mapped_column(_Moment)
    step_json: Mapped[str | None] = mapped_column(_LongText)
    value_json: Mapped[str | None] = mapped_column(_LongText)

    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - so SQLAlchemy wants it


class Output(Base):
    """A piece of a long output, from character `position` to `stop`.

    See `sacred.stores.sql_output`.
    """

    __tablename__ = "output"

    run_id: Mapped[str] = mapped_column(_Name, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    stop: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(_LongText)


Index("ix_run_experiment_id", Run.experiment_id)


def _value(text: str | None) -> Any:
    if not text:
        return None
    try:
        return loads(text)
    except UnsafeDataError:
        return json.loads(text)  # for looking at, the plain form will do
