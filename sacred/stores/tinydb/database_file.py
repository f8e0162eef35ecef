"""The two files of a TinyDB store: complete at any time, with one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sacred.serializer.json_text import to_json
from sacred.stores.local_files import scratch_path, translate_errors
from sacred.stores.store import StoreError, StoreUnavailableError

__all__ = ["DISCARDED", "DISCARD_TIME", "TABLE", "TablesFile", "locked", "replace_file"]

#: The table of the runs.
TABLE = "runs"
#: The mark in the entry of a run in the trash, and the field that says since when it is there.
DISCARDED, DISCARD_TIME = "discarded", "discard_time"

Tables = dict[str, dict[str, Any]]

#: Seconds that a process waits for others before it gives up for now.
LOCK_TIMEOUT = 30.0
# What a file system says that knows no locks; on others these errors do not occur.
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})

_log = logging.getLogger(__name__)


class TablesFile:
    """A JSON file with all tables of a database: a storage for `tinydb.TinyDB`.

    Unlike TinyDB's own, it is replaced as a whole, so a reader (or a kill) at any
    moment finds the old or the new content; and it has a lock between processes.

    Args:
        path: of the file, made by the first `write`.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = TablesFile(os.path.join(folder.name, "metadata.json"))
    >>> file.make()
    >>> print(file.read())
    None
    >>> with file.exclusive():
    ...     file.write({"runs": {"1": {"a": 1}}})
    >>> file.read()
    {'runs': {'1': {'a': 1}}}
    >>> folder.cleanup()
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.path.abspath(path)

    def make(self) -> None:
        """Make the directory unless it exists.

        Raises:
            StoreUnavailableError: it cannot be made.
        """
        # Only who starts a run does so: later, a directory that is gone is to be missed.
        folder = os.path.dirname(self.path)
        with translate_errors(folder):
            os.makedirs(folder, exist_ok=True)

    def read(self) -> Tables | None:
        """Return the tables, with all documents by their numbers; None: nothing was written yet.

        Raises:
            StoreError: the file is not one of TinyDB's.
            OSError: it cannot be read.
        """
        try:
            with open(self.path, "rb") as file:
                text = file.read()
        except FileNotFoundError:
            return None
        if not text.strip():
            return None
        try:
            tables = json.loads(text)
        except ValueError as error:
            raise StoreError(f"{self.path!r} is damaged: {error}") from error
        if not isinstance(tables, dict):
            raise StoreError(f"{self.path!r} is no database of TinyDB")
        return tables

    def write(self, tables: Tables) -> None:
        """Replace the content. If it depends on what was read before, do both in `exclusive`.

        Raises:
            StoreUnavailableError: the file cannot be written; it is as it was.
        """
        with translate_errors(os.path.dirname(self.path)):
            # All runs are in this one file, so it has to survive a crash of the machine.
            replace_file(self.path, [to_json(tables).encode()], sync=True)

    def exclusive(self) -> contextlib.AbstractContextManager[None]:
        """A context in which no other process is in this context; not to be nested.

        Raises:
            StoreUnavailableError: the others do not release it.
        """
        return locked(os.path.splitext(self.path)[0] + ".lock")

    def close(self) -> None:
        """Do nothing, because no file is kept open; TinyDB calls it."""


def replace_file(
    path: str | Callable[[], str], pieces: Iterable[bytes], folder: str = "", sync: bool = False
) -> None:
    """Write a file so that it is seen complete or not at all.

    Args:
        path: of the file; or a function that returns it, called when all `pieces` are written.
        pieces: the content.
        folder: where it is written first (default: the directory of `path`).
        sync: whether it must be on the disk, not only on its way there, when it appears.

    Raises:
        OSError: it cannot be written; nothing has changed.
    """
    folder = folder or os.path.dirname(os.path.abspath(str(path)))
    os.makedirs(folder, exist_ok=True)
    scratch = scratch_path(folder)
    try:
        with open(scratch, "wb") as file:
            file.writelines(pieces)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        target = path if isinstance(path, str) else path()
        with contextlib.suppress(OSError):  # there is none yet, or it is somebody else's
            os.chmod(scratch, os.stat(target).st_mode & 0o7777)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(scratch, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(scratch)
        raise


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """A context that excludes all other processes and threads, for the same `path`.

    The system releases the lock of a process that dies, so there are no stale locks.

    Raises:
        StoreUnavailableError: others hold it all the time, or there is no such directory.
    """
    with translate_errors(os.path.dirname(path)):
        # A new handle for each time: locks of one handle do not exclude threads.
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _wait_for(handle, path)
        yield
    finally:
        os.close(handle)  # which also lets go of it


def _wait_for(handle: int, path: str) -> None:
    give_up, pause = time.monotonic() + LOCK_TIMEOUT, 0.001
    while True:
        try:
            return lock_now(handle)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                _log.warning("No locks on the file system of %s: one run at a time, please", path)
                return None
            if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                raise
        if time.monotonic() > give_up:
            raise StoreUnavailableError(
                f"Others have been holding the lock {path!r} for {LOCK_TIMEOUT:.0f} seconds"
            )
        time.sleep(pause)
        pause = min(2 * pause, 0.02)


def lock_now(handle: int) -> None:
    """Lock an open file, or raise an `OSError` if another process has locked it."""
    # Not at the top, as others below: each system has one of them.
    try:
        import fcntl
    except ImportError:  # Windows
        msvcrt: Any = importlib.import_module("msvcrt")
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
