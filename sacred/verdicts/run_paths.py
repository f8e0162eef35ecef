"""The directories that a run worked in, which are others when it is repeated."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sacred.records import RunRecord

__all__ = ["relative_path", "roots_of"]


def roots_of(record: RunRecord) -> list[str]:
    """Return repositories, base directory and working directory of a run, the longest first."""
    environment = record.environment
    listed = environment.get("repositories")
    repositories = listed if isinstance(listed, list | tuple) else ()
    found = [entry.get("root") for entry in repositories if isinstance(entry, Mapping)]
    found += [record.experiment.get("base_dir"), environment.get("working_directory")]
    roots = {root.rstrip("/") for root in found if isinstance(root, str)}
    return sorted((root for root in roots if root), key=lambda root: (-len(root), root))


def relative_path(path: str, *records: RunRecord) -> str:
    """Return a path relative to the outermost directory of some runs that it lies in.

    Args:
        path: as it is recorded.
        *records: the runs: the path may be one of the first in the record of its repetition.

    Returns:
        the path itself if it lies in none of them.
    """
    roots = [root for record in records for root in roots_of(record)]
    for root in sorted(roots, key=len):
        if path.startswith(f"{root}/"):
            return os.path.relpath(path, root)
    return path
