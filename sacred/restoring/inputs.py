"""Restoring the files that a run read."""

from __future__ import annotations

import os
from pathlib import Path

from sacred.records import RunRecord, StoredFile
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.scratch_files import path_below, write_below
from sacred.restoring.tree import RestoredTree

__all__ = ["restore_inputs"]


def restore_inputs(
    record: RunRecord, tree: RestoredTree, beside: Path | None = None
) -> dict[str, str]:
    """Put the resources of a run where it will look for them.

    Resources in its directories come from the store. Others are left to the run: nothing is
    written or opened outside of its directories.

    Args:
        record: the run.
        tree: its sources.
        beside: the directory for copies of resources that were elsewhere and no longer exist; None
            if they count as missing.

    Returns:
        the paths of these copies, by the paths that the run knows.

    Raises:
        CannotRestoreError: a resource is missing.
    """
    copies: dict[str, str] = {}
    for path, file in record.resources.items():
        found = tree.relative(path)
        if found is None:
            if not os.path.lexists(path):
                copy = None if beside is None else _copied(file, beside / str(len(copies)))
                if copy is None:
                    raise CannotRestoreError(_missing(record, path, file.entry.name))
                copies[path] = str(copy)
            continue
        try:
            with file.open() as content:
                write_below(*found, content)
        except FileNotFoundError:
            # The commit may have it.
            if not path_below(*found).is_file():
                raise CannotRestoreError(f"the resource {path} is not in the store") from None
    return copies


def _copied(file: StoredFile, directory: Path) -> Path | None:
    name = os.path.basename(file.name)
    try:
        with file.open() as content:
            return write_below(directory, name, content)
    except FileNotFoundError:
        return None


def _missing(record: RunRecord, path: str, name: str) -> str:
    try:
        with record.resources[name].open():
            return f"the resource {path} is not here; the store has a copy (sacred files --save)"
    except FileNotFoundError:
        return f"the resource {path} is neither here nor in the store"
