"""Local files: reading what others may be writing, and what errors of the disk mean."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import IO

from sacred._base.digest import new_md5
from sacred._base.errors import UnsafeDataError
from sacred.stores.base import StoreError, StorePermissionError, StoreUnavailableError

__all__ = ["content_of", "explained", "md5_of_file", "understood"]

_CHUNK = 1 << 20
_NOT_UNDERSTOOD = (
    ValueError, TypeError, LookupError, AttributeError, RecursionError, UnsafeDataError
)  # fmt: skip
_PERMISSION = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def md5_of_file(path: str) -> str:
    """The MD5 digest of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    # It names content and protects nothing; systems in FIPS mode want to be told.
    digest = new_md5()
    with open(path, "rb") as file:
        for piece in content_of(file):
            digest.update(piece)
    return str(digest.hexdigest())


def content_of(file: IO[bytes]) -> Iterator[bytes]:
    """What is in a file now; what somebody appends meanwhile is left out.

    Else a log that is written to faster than it is read would have no end.
    """
    left = os.fstat(file.fileno()).st_size
    while left > 0 and (piece := file.read(min(left, _CHUNK))):
        left -= len(piece)
        yield piece


@contextlib.contextmanager
def explained(root: str) -> Iterator[None]:
    """Errors of the disk as errors of a store, with its place in the message."""
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
def understood(path: str) -> Iterator[None]:
    """Errors of reading a file that somebody else may have written, as one that names it."""
    try:
        yield
    except StoreError:
        raise
    except _NOT_UNDERSTOOD as error:
        reason = f"{type(error).__name__}: {error}"
        raise StoreError(f"{path} is not what it should be: {reason}") from error
