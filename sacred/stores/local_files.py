"""Local files: reading what others may be writing, and translating errors of the disk."""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import stat
import time
from collections.abc import Iterator
from typing import IO

from sacred._base.clock import utcnow
from sacred._base.digest import md5_of
from sacred.stores.store import (
    MALFORMED_DATA_ERRORS,
    StoreError,
    StorePermissionError,
    StoreUnavailableError,
)

__all__ = [
    "SCRATCH",
    "content_of",
    "has_digest",
    "last_use",
    "mark_used",
    "md5_of_file",
    "reject_malformed",
    "remove_unused",
    "scratch_path",
    "sync_to_disk",
    "translate_errors",
]

#: The names of files that are being written.
SCRATCH = r"\.[0-9a-f]{12}\.tmp"

_CHUNK = 1 << 20
_PERMISSION = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def md5_of_file(path: str) -> str:
    """Return the MD5 digest of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        return md5_of(content_of(file))


def has_digest(path: str, md5: str) -> bool:
    """Whether a file that is named by its digest still has that content.

    It may have been cut off by a full disk or a crash, or edited in place.

    Args:
        path: of the file.
        md5: hexadecimal digest of what it should be.
    """
    try:
        return md5_of_file(path) == md5
    except OSError:
        return False


def content_of(file: IO[bytes]) -> Iterator[bytes]:
    """Read what is in a file now, without what is appended meanwhile.

    Otherwise a log that is written faster than it is read would never end.
    """
    left = os.fstat(file.fileno()).st_size
    while left > 0 and (piece := file.read(min(left, _CHUNK))):
        left -= len(piece)
        yield piece


def scratch_path(folder: str) -> str:
    """Return a temporary path for a file that gets its real name once it is complete.

    It is not derived from that name, which may be as long as the file system allows, and it is
    random, because runs on other machines may be storing the same file now.
    """
    return os.path.join(folder, f".{os.urandom(6).hex()}.tmp")


def mark_used(path: str) -> bool:
    """Mark shared content as used, because another run is going to refer to it.

    Returns:
        False if it is missing, or could not be marked, and must be stored again.
    """
    try:
        status = os.stat(path)
        # The time of its last access says so; that of its last change stays.
        os.utime(path, ns=(time.time_ns(), status.st_mtime_ns))
    except PermissionError:  # it is somebody else's, who alone can mark it
        from sacred.stores import collector  # which most runs need not load

        return utcnow() - last_use(status) < collector.COUNTS
    except OSError:
        return False
    return True


def last_use(status: os.stat_result) -> datetime.datetime:
    """Return when a file was stored, written or marked."""
    return _timestamp(max(status.st_atime, status.st_ctime))


def remove_unused(path: str, before: datetime.datetime) -> bool:
    """Remove a file that is not in use; return whether it was removed.

    A process that marks it at the same time either finds it gone, and stores it again, or keeps it.

    Args:
        path: of the file.
        before: it stays if it was stored or marked later, in naive UTC.
    """
    scratch = scratch_path(os.path.dirname(path))
    try:
        found = os.stat(path)
        if last_use(found) >= before:
            return False
        # To take its name away is a change, so from now on the access alone tells.
        os.rename(path, scratch)
    except FileNotFoundError:
        return False
    moved = os.stat(scratch)
    if moved.st_ino != found.st_ino or _timestamp(moved.st_atime) >= before:
        os.replace(scratch, path)
        return False
    os.remove(scratch)
    return True


def _timestamp(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)


@contextlib.contextmanager
def translate_errors(root: str) -> Iterator[None]:
    """Turn errors of the disk into errors of a store, with its place in the message."""
    try:
        yield
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        denied = error.errno in _PERMISSION
        kind = StorePermissionError if denied else StoreUnavailableError
        wrapped = kind(f"Cannot write to {root!r}: {error.strerror or error}")
        wrapped.errno, wrapped.filename = error.errno, error.filename
        raise wrapped from error


@contextlib.contextmanager
def reject_malformed(path: str) -> Iterator[None]:
    """Turn errors of reading a file that others may have written into one that names the file."""
    try:
        yield
    except StoreError:
        raise
    except MALFORMED_DATA_ERRORS as error:
        reason = f"{type(error).__name__}: {error}"
        raise StoreError(f"{path} is not what it should be: {reason}") from error


def sync_to_disk(path: str) -> None:
    """Wait until a file, or the names in a directory, are on the disk.

    What the system cannot open or sync (a dangling link, a FIFO, a directory on Windows) is
    skipped, and so is an empty file, which is only a name.

    Raises:
        OSError: the disk has failed, or is full.
    """
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return
    try:
        found = os.fstat(fd)
        if found.st_size or not stat.S_ISREG(found.st_mode):
            os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOTSUP):
            raise
    finally:
        os.close(fd)
