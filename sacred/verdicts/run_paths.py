"""The directories of a run, which are others when it is repeated."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sacred.records import RunRecord

__all__ = ["relative_path", "roots_of"]


def roots_of(*records: RunRecord) -> list[str]:
    """Return repositories, base directory and working directory of runs, the longest first."""
    found: list[Any] = []
    for record in records:
        environment = record.environment
        listed = environment.get("repositories")
        repositories = listed if isinstance(listed, list | tuple) else ()
        found += [entry.get("root") for entry in repositories if isinstance(entry, Mapping)]
        found += [record.experiment.get("base_dir"), environment.get("working_directory")]
    roots = {root.rstrip("/") for root in found if isinstance(root, str)}
    return sorted((root for root in roots if root), key=lambda root: (-len(root), root))


def relative_path(path: str, *records: RunRecord) -> str:
    """Return a path relative to the outermost directory of some runs that contains it.

    Args:
        path: the path as recorded.
        *records: the runs; the record of a repetition may have paths of the first run.

    Returns:
        the path itself if none contains it.
    """
    for root in reversed(roots_of(*records)):
        if path.startswith(f"{root}/"):
            return os.path.relpath(path, root)
    return path
