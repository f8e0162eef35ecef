"""Runs that are repetitions of each other: everything but their seeds is the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sacred.records import RunRecord
from sacred.runs.columns import different_entries, entries_of
from sacred.serializer import dumps

__all__ = ["changed_entries", "identity_of", "repeats_by_identity"]


def _settings_of(record: RunRecord) -> dict[str, Any]:
    """The entries of the configuration, without seeds."""
    # A path that is one key may be no text.
    entries = ((str(path), value) for path, value in entries_of(record.config).items())
    return {path: value for path, value in entries if path.rpartition(".")[2] != "seed"}


def identity_of(record: RunRecord) -> str:
    """Return a key that is the same for runs that differ only in their seeds.

    It covers experiment, command, configuration, sources and packages; without sources, the commit.
    """
    sources: list[Any] = [
        [entry.name, entry.md5 or str(entry.ref)] for entry in record.stored("sources") or ()
    ]
    parts = [
        record.name,
        record.command,
        sorted(_settings_of(record).items()),
        sorted(sources, key=str),
        sorted(record.dependencies),
        None if sources else str(record.repositories),
    ]
    return dumps(parts)


def repeats_by_identity(records: Iterable[RunRecord]) -> list[list[RunRecord]]:
    """Group runs that differ only in their seeds."""
    found: dict[str, list[RunRecord]] = {}
    for record in records:
        found.setdefault(identity_of(record), []).append(record)
    return list(found.values())


def changed_entries(records: Sequence[RunRecord]) -> list[str]:
    """Return the config entries, without seeds, that are not the same in all runs."""
    return different_entries(("", _settings_of(record)) for record in records)
