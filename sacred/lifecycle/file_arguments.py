"""Checks of the files and names that users hand to a run."""

from __future__ import annotations

import contextlib
import os
import stat

from sacred._base.text import did_you_mean

__all__ = ["existing_file", "valid_artifact_name"]


def existing_file(filename: str | os.PathLike[str], kind: str) -> str:
    """Return the absolute path of a regular file.

    Args:
        filename: the path of the file.
        kind: what it is used for, in messages.

    Raises:
        OSError: there is no such file, or it is a directory, a FIFO, a socket or a device.
    """
    path = os.path.abspath(filename)
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"The {kind} does not exist: {path}. {_nearest_file(path)}".rstrip()
        )
    if os.path.isdir(path):
        raise IsADirectoryError(f"The {kind} is a directory; add its files one by one: {path}")
    if not os.path.isfile(path):  # reading it might wait for ever
        raise OSError(f"The {kind} is no regular file, but {_special_kind(path)}: {path}")
    return path


def _special_kind(path: str) -> str:
    mode = os.stat(path).st_mode
    return "a FIFO" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def _nearest_file(path: str) -> str:
    name = os.path.basename(path)
    with contextlib.suppress(OSError):
        others = [other for other in os.listdir(os.path.dirname(path)) if other != name]
        return did_you_mean(name, others)
    return ""


def valid_artifact_name(name: str) -> str:
    """Return the validated name of an artifact.

    Raises:
        ValueError: the file would be outside of the run's directory.
    """
    parts = set(name.replace(os.sep, "/").split("/")) - {"", "."}
    is_absolute = os.path.isabs(name) or bool(os.path.splitdrive(name)[0])
    if not parts or is_absolute or ".." in parts or "\0" in name:
        raise ValueError(f"Invalid artifact name {name!r}: it must be a relative path without '..'")
    return name
