"""Digests of contents: MD5, which names contents in stores (not for security), and SHA-256."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

__all__ = ["chunks_of", "md5_of", "new_md5", "sha256_of", "sha256_of_file"]

_CHUNK_BYTES = 1 << 20


def new_md5(content: bytes = b"") -> Any:
    """Return an MD5 object, as `hashlib.md5` does.

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


def md5_of(chunks: Iterable[bytes]) -> str:
    """Return the hexadecimal digest of content given in chunks.

    >>> md5_of([b"hel", b"lo"])
    '5d41402abc4b2a76b9719d911017c592'
    """
    digest = new_md5()
    for chunk in chunks:
        digest.update(chunk)
    return str(digest.hexdigest())


def sha256_of(chunks: Iterable[bytes]) -> str:
    """Return the hexadecimal SHA-256 of content given in chunks.

    >>> sha256_of([b"hel", b"lo"])[:12]
    '2cf24dba5fb0'
    """
    import hashlib  # as above: short runs need it not

    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def sha256_of_file(path: str | os.PathLike[str]) -> str:
    """Return the hexadecimal SHA-256 of a file.

    Args:
        path: the path of the file.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        return sha256_of(chunks_of(file))


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the rest of a file in chunks of 1 MB."""
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
