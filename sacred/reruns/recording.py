"""Repetitions as stored runs."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from sacred.records import RunId, RunRecord
from sacred.reruns.repetition import Repetition
from sacred.runs.run_store import RunStore, open_store
from sacred.stores.changes import SetFields
from sacred.stores.store import StoreError
from sacred.upkeep.content import COPIED_FROM
from sacred.upkeep.copying import copy_runs

__all__ = ["record_repetition"]


def record_repetition(
    first: RunRecord, repetition: Repetition, target: RunStore, origin: str | None = None
) -> RunId | None:
    """Store a repetition, with ``meta.rerun_of`` and ``meta.verdict``.

    Args:
        first: the run that was repeated.
        repetition: its repetition, whose scratch directory still exists.
        target: the store that it goes to.
        origin: the store of the first run; None if that is the target.

    Returns:
        its id there; None if no run started.

    Raises:
        StoreError: the repetition cannot be stored.
    """
    if repetition.record is None or repetition.directory is None:
        return None
    source, name = _renamed(repetition.record, Path(repetition.directory), target)
    report = copy_runs(source, target, f'id = "{name}"' if not name.isdecimal() else f"id = {name}")
    if not report.copied:
        raise StoreError(f"the repetition cannot be stored: {'; '.join(report.problems)}")
    [new_id] = report.copied.values()
    verdict = repetition.verdict
    meta = {**(target[new_id].stored("meta") or {}), "verdict": verdict.name}
    meta["rerun_of"] = {"store": origin or first.store, "id": first.id}
    if verdict.reason:
        meta["verdict_reason"] = verdict.reason
    del meta[COPIED_FROM]  # the scratch directory
    target.apply(new_id, [SetFields(fields={"meta": meta})])
    return new_id


def _renamed(record: RunRecord, directory: Path, target: RunStore) -> tuple[RunStore, str]:
    """Give the run an id that is free in the target: a copy keeps its id."""
    highest = target.backend.highest_id()
    name = uuid.uuid4().hex if highest is None else str(highest + 1)
    if name != str(record.id):
        aside = directory / f"{name}-other"
        if (directory / name).exists():  # another run of the same process
            os.rename(directory / name, aside)
        os.rename(directory / str(record.id), directory / name)
    return open_store(directory), name
