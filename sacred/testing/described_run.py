"""Runs as the reader of a store returns them, in a form in which stores can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sacred.records import Document, FileEntry, RunId
from sacred.stores.memory.store import READ_FIELDS
from sacred.stores.reader import LIST_FIELDS, Reader, reader_of
from sacred.stores.store import Store

__all__ = ["described", "read_by_reader"]


def read_by_reader(store: Store, run_id: RunId) -> Mapping[str, Any]:
    """Return a run in the form of `MemoryStore.read`.

    Args:
        store: a store that has a reader.
        run_id: of the run.

    Raises:
        StoreError: the store cannot be read.
    """
    reader = reader_of(store)
    document = reader.document(run_id)
    metrics = {name: reader.points(run_id, name) for name in reader.metric_names(run_id)}
    return {
        "output": reader.output(run_id),
        "metrics": {name: list(points.rows()) for name, points in metrics.items()},
        "artifacts": _contents(reader, run_id, document["artifacts"]),
        "resources": _contents(reader, run_id, document["resources"]),
        **{name: document.get(name) for name in READ_FIELDS},
    }


def described(store: Store, run_id: RunId) -> Document:
    """Return the document of a run with the names of its files, without what stores add.

    Args:
        store: a store that has a reader.
        run_id: of the run.

    Raises:
        StoreError: the store cannot be read.
    """
    document = reader_of(store).document(run_id)
    names = {kind: [entry.name for entry in document[kind]] for kind in LIST_FIELDS}
    # An artifact that was added several times may be listed once or several times.
    names = {kind: sorted(set(found)) for kind, found in names.items()}
    own = ("_id", "format", *LIST_FIELDS)
    return {
        **{name: value for name, value in document.items() if name not in own and value},
        **names,
    }


def _contents(reader: Reader, run_id: RunId, entries: list[FileEntry]) -> dict[str, bytes]:
    contents = {}
    for entry in entries:
        with reader.open_file(run_id, entry) as file:
            contents[entry.name] = file.read()
    return contents
