"""Directories of traces, including those that killed processes left behind."""

from __future__ import annotations

import glob
import os
import re
import shutil
import tempfile

__all__ = ["make_trace_directory", "remove_abandoned"]

_PREFIX = "sacred-trace-"
_NAME = re.compile(rf"{_PREFIX}(?P<namespace>\d+)-(?P<number>\d+)-(?P<started>\d+)-[^/]*")


def make_trace_directory() -> str:
    """Create a temporary directory for the trace of this process, named after the process."""
    process = f"{_namespace()}-{os.getpid()}-{_start_of(os.getpid())}"
    return tempfile.mkdtemp(prefix=f"{_PREFIX}{process}-")


def remove_abandoned() -> None:
    """Remove the directories of this user's traced processes that have ended.

    A process that was killed (SIGKILL) could not do so itself.
    """
    for path in glob.glob(os.path.join(glob.escape(tempfile.gettempdir()), f"{_PREFIX}*")):
        found = _NAME.fullmatch(os.path.basename(path))
        # Of another namespace (a container with the same /tmp), nobody here knows the processes.
        if found is None or int(found["namespace"]) != _namespace() or not _is_own(path):
            continue
        if _start_of(int(found["number"])) != int(found["started"]):
            shutil.rmtree(path, ignore_errors=True)


def _is_own(path: str) -> bool:
    try:
        return os.lstat(path).st_uid == os.geteuid()
    except OSError:
        return False


def _namespace() -> int:
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def _start_of(number: int) -> int:
    """Return when a process started, in ticks since the system started; 0 if there is no process.

    Another process may have its number later. A process keeps both when it executes a program.
    """
    try:
        with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0
