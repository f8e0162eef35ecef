"""MD5 digests, which the stored layouts name contents by; not for security."""

from __future__ import annotations

from typing import Any

__all__ = ["new_md5"]


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
