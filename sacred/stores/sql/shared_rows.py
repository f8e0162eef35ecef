"""Rows that runs share: they are looked up, and added by the first run that needs them.

Use this in exclusive transactions only; otherwise two runs would add the same row.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from sacred._base.digest import new_md5
from sacred.serializer import dumps
from sacred.stores.changes import AddFile, SourceFile
from sacred.stores.sql.models import (
    Base,
    Dependency,
    Experiment,
    Host,
    Repository,
    Resource,
    Source,
)
from sacred.stores.sql.storable_text import storable

__all__ = ["shared_experiment", "shared_host", "shared_resource"]

_Row = TypeVar("_Row", bound=Base)


def shared_experiment(
    session: Session, info: Mapping[str, Any], files: Sequence[SourceFile]
) -> Experiment:
    """Return the row of the experiment with exactly this description and these sources.

    Args:
        session: of the transaction.
        info: the description of the experiment.
        files: its sources.
    """
    described = dumps(info, sort_keys=True)
    # It tells descriptions from each other, and protects nothing.
    digest = new_md5(described.encode()).hexdigest()
    experiment, is_new = _shared(
        session,
        Experiment,
        name=_text(info.get("name")),
        base_dir=_text(info.get("base_dir")),
        md5sum=digest,
    )
    if is_new:
        rest = {name: value for name, value in info.items() if name != "sources"}
        experiment.info_json = dumps(rest)
        experiment.sources = _unique(_source(session, file) for file in files)
        experiment.repositories = _unique(
            _repository(session, fields) for fields in info.get("repositories") or ()
        )
        experiment.dependencies = _unique(
            _dependency(session, text) for text in info.get("dependencies") or ()
        )
    return experiment


def shared_host(session: Session, info: Mapping[str, Any]) -> Host:
    """Return the row of a machine; it is added if there is none.

    Args:
        session: of the transaction.
        info: the description of the machine.
    """
    system = info.get("os")
    name, release = system if isinstance(system, list) and len(system) == 2 else (system, None)
    host, _ = _shared(
        session,
        Host,
        hostname=_text(info.get("hostname")),
        cpu=_text(info.get("cpu")),
        os=_text(name),
        os_info=_text(release),
        python_version=_text(info.get("python_version")),
    )
    return host


def shared_resource(session: Session, file: AddFile) -> Resource:
    """Return the row of a file that a run has read; it is added if there is none.

    Args:
        session: of the transaction.
        file: the file.

    Raises:
        OSError: its content is needed and cannot be read.
    """
    resource, is_new = _shared(session, Resource, md5sum=file.md5, filename=storable(file.name))
    if is_new:
        with open(file.path, "rb") as content:
            resource.content = content.read()
    return resource


def _source(session: Session, file: SourceFile) -> Source:
    source, _ = _shared(session, Source, md5sum=file.md5, filename=storable(file.name))
    if source.content is None and os.path.exists(file.path):  # else imported, and gone since
        with open(file.path, "rb") as content:
            source.content = _decoded(content.read())
    return source


def _repository(session: Session, fields: Mapping[str, Any]) -> Repository:
    return _shared(
        session,
        Repository,
        commit=_text(fields.get("commit")),
        url=_text(fields.get("url")),
        dirty=fields.get("dirty"),
    )[0]


def _dependency(session: Session, text: str) -> Dependency:
    name, _, version = text.partition("==")
    return _shared(session, Dependency, name=storable(name), version=storable(version))[0]


def _shared(session: Session, kind: type[_Row], **fields: Any) -> tuple[_Row, bool]:
    """The row with these fields, and whether it is new."""
    for row in session.query(kind).filter_by(**fields):
        # Some databases take "A" for "a".
        if all(getattr(row, name) == value for name, value in fields.items()):
            return row, False
    row = kind(**fields)
    session.add(row)
    session.flush()  # the next to be looked up may be the same
    return row, True


def _unique(rows: Any) -> list[Any]:
    return list(dict.fromkeys(rows))


def _text(value: Any) -> str | None:
    return None if value is None else str(storable(value if isinstance(value, str) else str(value)))


def _decoded(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # from which the bytes can be had back
    return str(storable(text))
