"""The names that artifacts may have in the directory of a run."""

from __future__ import annotations

import os

from sacred.stores.files.run_json import ANNOTATIONS, DETAIL_FILES
from sacred.stores.store import InvalidArtifactError, ReservedArtifactError

__all__ = ["RECORD_FILES", "check_artifact_name"]

#: Names that artifacts may not have.
RECORD_FILES = (
    "run.json",
    "config.json",
    "cout.txt",
    "info.json",
    "metrics.json",
    "metrics.jsonl",
    ANNOTATIONS,
    *DETAIL_FILES.values(),
)

_MAX_NAME_BYTES = 255  # on nearly every file system
_MAX_PATH_CHARS = 3000


def check_artifact_name(name: str) -> None:
    """Refuse a name that no artifact in the directory of a run may have.

    Raises:
        ReservedArtifactError: it is one of the files of the record.
        InvalidArtifactError: it leads outside, or is not a possible file name.

    >>> check_artifact_name("plots/loss.png")
    >>> check_artifact_name("../1/run.json")
    Traceback (most recent call last):
        ...
    sacred.stores.store.InvalidArtifactError: An artifact cannot be called '../1/run.json': ...
    """
    parts = name.replace(os.sep, "/").split("/")
    reason = None
    if "\0" in name:
        reason = "a name has no NUL characters"
    elif os.path.isabs(name) or ".." in parts or os.path.splitdrive(name)[0]:
        reason = "it would lie outside of the run's directory"
    elif not parts[-1] or not set(parts) - {".", ""}:
        reason = "it is not the name of a file"
    elif max(len(os.fsencode(part)) for part in parts) > _MAX_NAME_BYTES:
        reason = f"a name has at most {_MAX_NAME_BYTES} bytes"
    elif len(os.fsencode(name)) > _MAX_PATH_CHARS:
        reason = f"a path has at most {_MAX_PATH_CHARS} bytes"
    if reason:
        shown = name if len(name) < 80 else name[:60] + "..." + name[-15:]
        raise InvalidArtifactError(f"An artifact cannot be called {shown!r}: {reason}")
    if next(part for part in parts if part not in (".", "")).lower() in RECORD_FILES:
        raise ReservedArtifactError(
            f"An artifact cannot be called {name!r}: these files belong to the record of the "
            f"run itself: {', '.join(RECORD_FILES)}"
        )
