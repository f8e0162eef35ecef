"""Writing below a directory, under untrusted names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO

from sacred.restoring.errors import CannotRestoreError

__all__ = ["path_below", "write_below"]


def path_below(root: Path, name: str) -> Path:
    """Return the path of a name below a directory.

    Args:
        root: the directory.
        name: a relative path; ``a/../b`` is ``b``.

    Raises:
        CannotRestoreError: the name leads outside, directly or through a link.

    >>> path_below(Path("/scratch"), "lab/../train.py")
    PosixPath('/scratch/train.py')
    """
    relative = os.path.normpath(name)
    steps = relative.split(os.sep)
    if not name or "\0" in name or os.path.isabs(name) or ".." in steps:
        raise CannotRestoreError(f"the name {name!r} leads outside of the directory of the run")
    if ".git" in map(str.lower, steps):
        # What is there is executed, or says what is.
        raise CannotRestoreError(f"the name {name!r} is one of a repository's own files")
    path = root / relative
    place = root
    for step in steps:
        place = place / step
        if place.is_symlink():
            raise CannotRestoreError(f"the name {name!r} leads through a link")
    return path


def write_below(root: Path, name: str, content: IO[bytes]) -> Path:
    """Write a file below a directory, replacing an existing one.

    Args:
        root: the directory.
        name: see `path_below`.
        content: the content of the file.

    Returns:
        the path of the file.

    Raises:
        CannotRestoreError: the name leads outside, or a part of it is a file.
    """
    path = path_below(root, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode if path.exists() else None
        path.unlink(missing_ok=True)  # it may be linked to the user's
        with open(path, "xb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
        if mode is not None:
            path.chmod(mode & 0o777)  # a program of the commit is one still
    except OSError as error:
        raise CannotRestoreError(f"the file {name!r} cannot be written: {error}") from error
    return path
