"""A configuration without a run yet, and the stored run that is nearest to it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO, Any

from sacred._base.clock import utcnow
from sacred._base.paths import iterate_flattened
from sacred.config.file_includes import read_config_source
from sacred.records import Document, FileEntry, Points, RunId, RunRecord
from sacred.runs.errors import ProgramError
from sacred.runs.run_store import RunStore
from sacred.serializer import dumps, flatten
from sacred.stores.document import RunChangeTracker

__all__ = ["is_config_file", "nearest_run", "planned_run", "unsaved_run"]

Where = str | Mapping[str, Any]

_SUFFIXES = (".json", ".yaml", ".yml", ".toml")  # pickles can run code when they are loaded


def is_config_file(text: str) -> bool:
    """Whether a string is the path of a config file."""
    return text.lower().endswith(_SUFFIXES) and os.path.isfile(text)


def planned_run(path: str) -> RunRecord:
    """Return a run that has only a configuration, from a config file.

    Raises:
        ProgramError: the file does not contain a dict.
        SacredError: the file cannot be read.
    """
    config = read_config_source(path)
    if not isinstance(config, Mapping):
        raise ProgramError(f"{path} has no configuration, but a {type(config).__name__}")
    return RunRecord(id=path, source=_Nothing(path), document={"config": flatten(dict(config))})


def unsaved_run(
    name: str,
    config: Mapping[str, Any],
    command: str,
    experiment: Mapping[str, Any],
    host: Mapping[str, Any],
    provenance: Mapping[str, Any] | None = None,
) -> RunRecord:
    """Return a run that has not started, as a store would have it.

    Args:
        name: the name to show for it.
        config: its configuration.
        command: its command.
        experiment: the description of the experiment that observers receive.
        host: the description of the machine that they receive.
        provenance: where the entries come from, in the stored form; None: not known (default).
    """
    writer = RunChangeTracker()
    document, files = writer.started(experiment, command, host, utcnow(), config, {})
    document["sources"] = [FileEntry(name=file.name, md5=file.md5) for file in files]
    if provenance is not None:
        document["provenance"] = provenance
    return RunRecord(id=name, source=_Nothing(name), document=document)


def nearest_run(store: RunStore, wanted: RunRecord, where: Where = "") -> RunRecord:
    """Return the run of a store whose configuration differs least; of several, the newest.

    Args:
        store: the store.
        wanted: the configuration to compare with.
        where: a query that selects the runs to consider.

    Raises:
        ProgramError: there is no other run.
    """
    entries = _entries(wanted)
    best: tuple[int, RunId] | None = None
    for record in store.runs(where):
        if record == wanted:
            continue
        other = _entries(record)
        distance = len(entries.items() ^ other.items())
        if best is None or distance <= best[0]:
            best = (distance, record.id)
    if best is None:
        raise ProgramError(f"there is no {'' if where else 'other '}run in {store.url}")
    return store[best[1]]


def _entries(record: RunRecord) -> dict[str, str]:
    """The configuration in a form that can be compared; seeds are no likeness."""
    return {
        path: dumps(value)
        for path, value in iterate_flattened(record.config)
        if path.rpartition(".")[2] != "seed"
    }


class _Nothing:
    """The source of a record that has no more than its document."""

    def __init__(self, url: str) -> None:
        self.url = url

    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """Return no fields."""
        return {}

    def output(self, run_id: RunId) -> str:
        """Return no output."""
        return ""

    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """Return no names."""
        return ()

    def points(self, run_id: RunId, name: str) -> Points:
        """Return no points."""
        return Points(steps=(), values=(), timestamps=())

    def all_points(self, run_id: RunId) -> Iterator[tuple[str, Points]]:
        """Return no metrics."""
        return iter(())

    def open_file(self, run_id: RunId, entry: FileEntry) -> IO[Any]:
        """Return nothing that can be read: there are no files."""
        raise FileNotFoundError(entry.name)
