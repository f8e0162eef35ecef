"""A log in a large store of files: records that have changed after their runs were over.

Whoever reads 100 000 runs again and again cannot look at all their files each time. Runs that are
created or removed change the directory that they are in, and those that are under way are few. So
a process that changes the record of any other run first writes its name into a file.
"""

from __future__ import annotations

import contextlib
import os

from sacred._base.frozen import Frozen

__all__ = ["CHANGE_LOG", "ChangeLog", "log_change", "logged_changes"]

#: The file of the change log: the names of runs, one per line.
CHANGE_LOG = ".changes"

# In a smaller store readers look at everything.
MIN_RUNS = 1000
# Then the log starts again, and readers look at everything once.
MAX_LOG_BYTES = 1 << 20
# A link, or a pipe that nobody else has open, is not a file of ours.
_OWN_FILES_ONLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class ChangeLog(Frozen):
    """How far the change log has been read."""

    inode: int = 0
    size: int = 0


def log_change(root: str, run_id: str) -> None:
    """Note in the change log of a large store that a run which is over will change now.

    Args:
        root: directory of the runs.
        run_id: name of the run's directory.
    """
    try:
        links = os.stat(root).st_nlink
    except OSError:
        return
    # Some systems do not count directories as links.
    if 1 < links < MIN_RUNS:
        return
    path = os.path.join(root, CHANGE_LOG)
    # Where it cannot be noted, it is seen when everything is looked at.
    with contextlib.suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _OWN_FILES_ONLY
        file = os.open(path, flags, 0o666)
        try:
            os.write(file, os.fsencode(run_id) + b"\n")
            size = os.fstat(file).st_size
        finally:
            os.close(file)
        if size > MAX_LOG_BYTES:
            os.remove(path)


def logged_changes(root: str, since: ChangeLog) -> tuple[set[str] | None, ChangeLog]:
    """Return the runs that were noted since then, and the current state of the change log.

    None instead of the names: it may be any run.

    Args:
        root: directory of the runs.
        since: the state up to which everything is known.
    """
    try:
        file = os.open(os.path.join(root, CHANGE_LOG), os.O_RDONLY | _OWN_FILES_ONLY)
    except OSError:
        return (set() if since == ChangeLog() else None), ChangeLog()
    try:
        status = os.fstat(file)
        now = ChangeLog(inode=status.st_ino, size=status.st_size)
        if since == now:
            return set(), now
        if since.inode != now.inode or now.size < since.size:
            return None, now
        os.lseek(file, since.size, os.SEEK_SET)
        text = os.read(file, now.size - since.size)
    except OSError:
        return None, ChangeLog()
    finally:
        os.close(file)
    # A line that is not finished is read again, with its end.
    whole = text[: text.rfind(b"\n") + 1]
    names = {os.fsdecode(line) for line in whole.splitlines() if line}
    return names, ChangeLog(inode=now.inode, size=since.size + len(whole))
