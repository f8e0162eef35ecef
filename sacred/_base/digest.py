"""MD5 digests, which the stored layouts name contents by; not for security."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["md5_of", "new_md5", "pieces_of"]

_PIECE = 1 << 20


def new_md5(content: bytes = b"") -> Any:
    """A digest to be updated, as `hashlib.md5` gives it.

    >>> new_md5(b"hello").hexdigest()
    '5d41402abc4b2a76b9719d911017c592'
    """
    try:
        # hashlib loads OpenSSL, which takes longer than the digests of a short run.
        from _md5 import md5  # type: ignore[import-not-found,unused-ignore]
    except ImportError:  # a Python that was built without it
        from hashlib import md5
    # Systems that forbid MD5 for security (FIPS) allow it then.
    return md5(content, usedforsecurity=False)


def md5_of(pieces: Iterable[bytes]) -> str:
    """The digest, in hexadecimal, of content that comes in pieces.

    >>> md5_of([b"hel", b"lo"])
    '5d41402abc4b2a76b9719d911017c592'
    """
    digest = new_md5()
    for piece in pieces:
        digest.update(piece)
    return str(digest.hexdigest())


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file in pieces of 1 MB, so that it need not fit into memory."""
    while piece := file.read(_PIECE):
        yield piece
