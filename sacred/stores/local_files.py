"""Reading the files that runs use and make, while others may be writing them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import IO

__all__ = ["content_of", "md5_of_file"]

_CHUNK = 1 << 20


def md5_of_file(path: str) -> str:
    """The MD5 digest of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    # It names content and protects nothing; systems in FIPS mode want to be told.
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        for piece in content_of(file):
            digest.update(piece)
    return digest.hexdigest()


def content_of(file: IO[bytes]) -> Iterator[bytes]:
    """What is in a file now; what somebody appends meanwhile is left out.

    Else a log that is written to faster than it is read would have no end.
    """
    left = os.fstat(file.fileno()).st_size
    while left > 0 and (piece := file.read(min(left, _CHUNK))):
        left -= len(piece)
        yield piece
