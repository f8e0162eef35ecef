"""Faster equivalents of some functions of `platform`.

`platform.platform` starts the program ``uname``, which takes 25 ms, a tenth of hello world
(``benchmarks/``, hello). The results are the same.
"""

from __future__ import annotations

import os
import sys

__all__ = ["hostname", "machine", "os_description", "python_version"]


def hostname() -> str:
    """Return the name of this computer.

    >>> bool(hostname())
    True
    """
    if hasattr(os, "uname"):
        return os.uname().nodename
    # Not at the top, as others below: Linux needs none of them.
    import socket

    return socket.gethostname()


def machine() -> str:
    """Return the processor architecture, such as ``x86_64``."""
    if hasattr(os, "uname"):
        return os.uname().machine
    import platform

    return platform.machine()


def python_version() -> str:
    """Return the version of Python, such as ``3.11.7``.

    >>> python_version().startswith("3.")
    True
    """
    return sys.version.split()[0]


def os_description() -> list[str]:
    """Return the name and a description: ``["Linux", "Linux-6.1-x86_64-with-glibc2.36"]``."""
    described = _linux_with_glibc() if sys.platform == "linux" else None
    if described is not None:
        return ["Linux", described]
    import platform

    return [platform.system(), platform.platform()]


def _linux_with_glibc() -> str | None:
    try:
        library, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (AttributeError, ValueError, OSError):
        return None  # another C library: `platform` reads it from the program's file
    if library != "glibc" or not version:
        return None
    name = os.uname()
    text = f"{name.sysname}-{name.release}-{name.machine}-with-glibc{version}"
    # `platform` keeps these out: the text may become part of a file name.
    return "".join("-" if sign in '/\\:;"()' else sign for sign in text.replace(" ", "_"))
