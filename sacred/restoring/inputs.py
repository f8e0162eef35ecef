"""The files that a run read, put in place again."""

from __future__ import annotations

import os

from sacred.records import RunRecord
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.scratch_files import path_below, write_below
from sacred.restoring.tree import RestoredTree

__all__ = ["restore_inputs"]


def restore_inputs(record: RunRecord, tree: RestoredTree) -> None:
    """Put the resources of a run where it will look for them.

    Those that were in its directories come from the store. Those that were elsewhere are left
    to the run: nothing is written there, and nothing is opened.

    Args:
        record: the run.
        tree: its sources.

    Raises:
        CannotRestoreError: one is missing.
    """
    for path, file in record.resources.items():
        found = tree.relative(path)
        if found is None:
            if not os.path.lexists(path):
                raise CannotRestoreError(_missing(record, path, file.entry.name))
            continue
        try:
            with file.open() as content:
                write_below(*found, content)
        except FileNotFoundError:
            # The commit may have it.
            if not path_below(*found).is_file():
                raise CannotRestoreError(f"the resource {path} is not in the store") from None


def _missing(record: RunRecord, path: str, name: str) -> str:
    try:
        with record.resources[name].open():
            return f"the resource {path} is not here; the store has a copy (sacred files --save)"
    except FileNotFoundError:
        return f"the resource {path} is neither here nor in the store"
