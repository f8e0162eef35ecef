"""The tables of a database of runs as ORM classes: for scripts, and for writing.

Imports the whole of SQLAlchemy; see `sacred.stores.sql.tables`.

>>> Run(run_id="7", status="RUNNING", meta_json='{"priority": 2}').to_json()["meta"]
{'comment': None, 'priority': 2}
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, relationship

from sacred.serializer import UnsafeDataError, loads
from sacred.stores.sql.tables import METADATA, TABLES

__all__ = [
    "Artifact",
    "Base",
    "Dependency",
    "Experiment",
    "Host",
    "Metric",
    "Output",
    "Repository",
    "Resource",
    "Run",
    "Source",
    "decode_json",
]


class Base(DeclarativeBase):
    """The base class of all tables."""

    metadata = METADATA


class Source(Base):
    """A source file, shared by all experiments that have it with the same content."""

    __table__ = TABLES["source"]

    source_id: Mapped[int]
    filename: Mapped[str | None]
    md5sum: Mapped[str | None]
    content: Mapped[str | None] = deferred(__table__.c.content)

    def to_json(self) -> dict[str, Any]:
        """Return its part of `SqlObserver.query`."""
        return {"filename": self.filename, "md5sum": self.md5sum}


class Repository(Base):
    """A state of a git repository."""

    __table__ = TABLES["repository"]

    repository_id: Mapped[int]
    url: Mapped[str | None]
    commit: Mapped[str | None]
    dirty: Mapped[bool | None]

    def to_json(self) -> dict[str, Any]:
        """Return its part of `SqlObserver.query`."""
        return {"url": self.url, "commit": self.commit, "dirty": self.dirty}


class Dependency(Base):
    """A package in a certain version."""

    __table__ = TABLES["dependency"]

    dependency_id: Mapped[int]
    name: Mapped[str | None]
    version: Mapped[str | None]

    def to_json(self) -> str:
        """Return its requirement: ``name==version``."""
        return f"{self.name}=={self.version}" if self.version else str(self.name)


class Resource(Base):
    """A file that runs have read, shared by all that have read it with the same content."""

    __table__ = TABLES["resource"]

    resource_id: Mapped[int]
    filename: Mapped[str | None]
    md5sum: Mapped[str | None]
    content: Mapped[bytes | None] = deferred(__table__.c.content)

    def to_json(self) -> dict[str, Any]:
        """Return its part of `SqlObserver.query`."""
        return {"filename": self.filename, "md5sum": self.md5sum}


class Host(Base):
    """A machine as a run found it."""

    __table__ = TABLES["host"]

    host_id: Mapped[int]
    cpu: Mapped[str | None]
    hostname: Mapped[str | None]
    os: Mapped[str | None]
    os_info: Mapped[str | None]
    python_version: Mapped[str | None]

    def to_json(self) -> dict[str, Any]:
        """Return its part of `SqlObserver.query`."""
        return {
            "cpu": self.cpu,
            "hostname": self.hostname,
            "os": [self.os, self.os_info],
            "python_version": self.python_version,
        }


class Experiment(Base):
    """An experiment with its sources, repositories and dependencies, shared by its runs.

    Its `md5sum` is that of the whole description: if anything in it changes, it is
    another experiment. `info_json` is the description without the sources.
    """

    __table__ = TABLES["experiment"]

    experiment_id: Mapped[int]
    name: Mapped[str | None]
    md5sum: Mapped[str | None]
    base_dir: Mapped[str | None]
    info_json: Mapped[str | None]

    sources: Mapped[list[Source]] = relationship(
        secondary=TABLES["experiments_sources"], order_by=Source.source_id
    )
    repositories: Mapped[list[Repository]] = relationship(
        secondary=TABLES["experiments_repositories"], order_by=Repository.repository_id
    )
    dependencies: Mapped[list[Dependency]] = relationship(
        secondary=TABLES["experiments_dependencies"], order_by=Dependency.dependency_id
    )

    def to_json(self) -> dict[str, Any]:
        """Return its part of `SqlObserver.query`."""
        return {
            "name": self.name,
            "base_dir": self.base_dir,
            "sources": [source.to_json() for source in self.sources],
            "repositories": [repository.to_json() for repository in self.repositories],
            "dependencies": [dependency.to_json() for dependency in self.dependencies],
            **(decode_json(self.info_json) or {}),  # the same and more, in its own order
        }


class Run(Base):
    """A run. Its id is `run_id`; `id` only numbers the rows.

    `result` is the result if that is a finite number; `result_json` is any result.
    `fail_trace` is text for people, `fail_trace_json` the list of its lines. A run that
    is `discarded` has been in the trash since `discard_time`.
    """

    __table__ = TABLES["run"]

    id: Mapped[int]
    run_id: Mapped[str | None]
    command: Mapped[str | None]
    start_time: Mapped[datetime.datetime | None]
    heartbeat: Mapped[datetime.datetime | None]
    stop_time: Mapped[datetime.datetime | None]
    queue_time: Mapped[datetime.datetime | None]
    priority: Mapped[float | None]
    comment: Mapped[str | None]
    fail_trace: Mapped[str | None]
    captured_out: Mapped[str | None]
    config: Mapped[str | None]
    info: Mapped[str | None]
    status: Mapped[str | None]
    host_id: Mapped[int | None]
    experiment_id: Mapped[int | None]
    result: Mapped[float | None]
    result_json: Mapped[str | None]
    fail_trace_json: Mapped[str | None]
    meta_json: Mapped[str | None]
    host_json: Mapped[str | None]
    discarded: Mapped[bool | None]
    discard_time: Mapped[datetime.datetime | None]
    environment_json: Mapped[str | None] = deferred(__table__.c.environment_json)
    provenance_json: Mapped[str | None] = deferred(__table__.c.provenance_json)

    host: Mapped[Host | None] = relationship()
    experiment: Mapped[Experiment | None] = relationship()
    resources: Mapped[list[Resource]] = relationship(
        secondary=TABLES["runs_resources"], order_by=Resource.resource_id
    )
    artifacts: Mapped[list[Artifact]] = relationship(
        back_populates="run", order_by=lambda: Artifact.artifact_id
    )

    def to_json(self) -> dict[str, Any]:
        """Return the record of the run as a dict with the keys of `run` in Sacred 0.8."""
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
            "result": self.result if self.result_json is None else decode_json(self.result_json),
            "meta": {**meta, **(decode_json(self.meta_json) or {})},
            "resources": [resource.to_json() for resource in self.resources],
            "artifacts": [artifact.to_json() for artifact in self.artifacts],
            "host": {**host, **(decode_json(self.host_json) or {})},
            "experiment": None if self.experiment is None else self.experiment.to_json(),
            "config": decode_json(self.config),
            "captured_out": self.captured_out if self.captured_out or self.heartbeat else None,
            "fail_trace": self.fail_trace,
        }


class Artifact(Base):
    """A file that a run has written."""

    __table__ = TABLES["artifact"]

    artifact_id: Mapped[int]
    filename: Mapped[str | None]
    content: Mapped[bytes | None] = deferred(__table__.c.content)
    run_id: Mapped[str | None]
    content_type: Mapped[str | None]
    metadata_json: Mapped[str | None]

    run: Mapped[Run | None] = relationship(back_populates="artifacts")

    def to_json(self) -> dict[str, Any]:
        """Return its part of `SqlObserver.query`."""
        return {"_id": self.artifact_id, "filename": self.filename}


class Metric(Base):
    """A point of a metric.

    `value` and `step` are numbers to compute and to sort with. Where such a number does
    not tell everything, because the value is an integer, NaN, infinite or not a number,
    `value_json` (`step_json`) has it; see `sacred.stores.sql.points`.
    """

    __table__ = TABLES["metric"]

    run_id: Mapped[str]
    name: Mapped[str]
    position: Mapped[int]
    step: Mapped[float | None]
    value: Mapped[float | None]
    timestamp: Mapped[datetime.datetime | None]
    step_json: Mapped[str | None]
    value_json: Mapped[str | None]


class Output(Base):
    """A chunk of a long output, from character `position` to `stop`.

    See `sacred.stores.sql.output`.
    """

    __table__ = TABLES["output"]

    run_id: Mapped[str]
    position: Mapped[int]
    stop: Mapped[int]
    text: Mapped[str]


def decode_json(text: str | None) -> Any:
    """Decode a column with JSON text; the plain form if its types are not allowed."""
    if not text:
        return None
    try:
        return loads(text)
    except UnsafeDataError:
        return json.loads(text)  # for looking at, the plain form will do
