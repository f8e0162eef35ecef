"""The files that a run read and made, with digests.

A traced run has them in its record (``environment.trace``). All other runs, including those of
Sacred 0.8, have resources, whose MD5 every store knows, and artifacts, which are read if the store
does not know their MD5.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sacred._base.digest import chunks_of, md5_of
from sacred._base.frozen import Frozen
from sacred.records import RunRecord, StoredFile

__all__ = ["FIELDS", "UsedFile", "file_on_disk", "inputs_of", "outputs_of"]

#: Of documents, that are looked at.
FIELDS = ("experiment", "command", "status", "start_time", "environment", "artifacts", "resources")
#: That of nothing: empty files connect nobody.
_EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


class UsedFile(Frozen):
    """A file as a run saw it.

    Args:
        name: its path, or the name of an artifact.
        md5: the MD5 of its content.
        sha256: the SHA-256 of its content, if known.
        size: the size in bytes, if known.
    """

    name: str
    md5: str
    sha256: str | None = None
    size: int | None = None


def inputs_of(record: RunRecord) -> list[UsedFile]:
    """Return the files that a run read, with each content once per name."""
    return _distinct([*_traced(record, "read"), *_stored(record.resources.values())])


def outputs_of(
    record: RunRecord, is_wanted: Callable[[int | None], bool] = lambda size: True
) -> list[UsedFile]:
    """Return the files that a run made.

    Args:
        record: the run.
        is_wanted: takes the size of an artifact (None if unknown), and returns whether to read it
            if the store does not know its digest.
    """
    program = record.environment.get("program")
    listed = program.get("artifacts") if isinstance(program, Mapping) else ()
    found = [*_traced(record, "written"), *_files_in(listed)]
    known = {os.path.basename(file.name) for file in found}
    for artifact in record.artifacts.values():
        if artifact.base_name not in known:
            found += _with_digest(artifact, is_wanted)
    return _distinct(found)


def file_on_disk(path: str) -> UsedFile:
    """Return a file on disk; raise `OSError` if it cannot be read."""
    with open(path, "rb") as file:
        md5 = md5_of(chunks_of(file))
    return UsedFile(name=path, md5=md5, size=os.path.getsize(path))


def _distinct(files: Iterable[UsedFile]) -> list[UsedFile]:
    found: dict[tuple[str, str], UsedFile] = {}
    for file in files:
        if file.md5 != _EMPTY_MD5:
            found.setdefault((file.name, file.md5), file)
    return list(found.values())


def _traced(record: RunRecord, kind: str) -> Iterator[UsedFile]:
    trace = record.environment.get("trace")
    yield from _files_in(trace.get(kind) if isinstance(trace, Mapping) else ())


def _files_in(rows: Any) -> Iterator[UsedFile]:
    for row in rows if isinstance(rows, list | tuple) else ():
        if isinstance(row, Mapping) and isinstance(row.get("md5"), str):
            sha256, size = row.get("sha256"), row.get("size")
            yield UsedFile(
                name=str(row.get("path") or row.get("name")),
                md5=row["md5"],
                sha256=sha256 if isinstance(sha256, str) else None,
                size=size if isinstance(size, int) else None,
            )


def _stored(files: Iterable[StoredFile]) -> Iterator[UsedFile]:
    for file in files:
        if file.entry.md5 is not None:
            yield UsedFile(name=file.name, md5=file.entry.md5, size=_size(file))


def _size(file: StoredFile) -> int | None:
    try:
        return None if file.entry.path is None else os.path.getsize(file.entry.path)
    except OSError:
        return None


def _with_digest(file: StoredFile, is_wanted: Callable[[int | None], bool]) -> Iterator[UsedFile]:
    if file.entry.md5 is not None:
        yield UsedFile(name=file.name, md5=file.entry.md5, size=_size(file))
    elif is_wanted(size := _size(file)):
        try:
            with file.open() as content:
                yield UsedFile(name=file.name, md5=md5_of(chunks_of(content)), size=size)
        except OSError:
            return  # the store does not have it any more
