"""Files that belong to the system or are private, and are recorded only by name."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable

from sacred.exec.composition import INTERPRETERS, interpreter_name

__all__ = ["SystemFiles", "is_compiled", "is_device", "is_outside", "source_of_compiled"]

_SYSTEM_PREFIXES = (
    *("/usr/", "/lib/", "/lib64/", "/lib32/", "/bin/", "/sbin/", "/etc/", "/opt/", "/nix/"),
    *("/gnu/store/", "/snap/", "/var/lib/", "/var/cache/"),
)
_DEVICE_PREFIXES = ("/proc/", "/sys/", "/dev/", "/run/", "/memfd:")
_SHARED_MEMORY = "/dev/shm/"
_LOCAL_DATA_PREFIXES = ("/usr/local/share/", "/usr/local/data/")
_LIBRARY_PATH = re.compile(
    r"/(?:site-packages|dist-packages|lib/python\d[\d.]*|site-library)/|\.(?:egg|dist)-info/"
)
_COMPILED_PATH = re.compile(r"/__pycache__/|\.pyc(?:\.\d+)?$")
_SOURCE_OF_COMPILED = re.compile(r"(.*)/__pycache__/([^/]+?)\.[^/.]+(?:\.opt-\w+)?\.pyc(?:\.\d+)?")
#: Files with secrets: neither content nor digest is recorded.
_SECRET_NAME = re.compile(
    r"(?i)credential|secret|passw|\.(?:pem|key|p12|pfx|kdbx)$|^id_(?:rsa|dsa|ecdsa|ed25519)"
)


def is_outside(path: str) -> bool:
    """Whether a path is not that of a permanent file: a device, a process, a compiled module."""
    return is_device(path) or is_compiled(path)


def is_compiled(path: str) -> bool:
    """Whether a path is that of a compiled Python module."""
    return _COMPILED_PATH.search(path) is not None


def source_of_compiled(path: str) -> str | None:
    """Return where the source of a compiled Python module would be; None for other files.

    >>> source_of_compiled("/lab/__pycache__/data.cpython-311.opt-1.pyc")
    '/lab/data.py'
    """
    found = _SOURCE_OF_COMPILED.fullmatch(path)
    return None if found is None else f"{found[1]}/{found[2]}.py"


def is_device(path: str) -> bool:
    """Whether a path is that of a device or a process."""
    # Directories in it hold files as others do; what lies in it directly is shared memory.
    is_shared = path.startswith(_SHARED_MEMORY) and path.count("/") > _SHARED_MEMORY.count("/")
    return path.startswith(_DEVICE_PREFIXES) and not is_shared


class SystemFiles:
    """Distinguishes files of the system from files of the user.

    Args:
        directory: the working directory of the program.
        programs: paths of the executed programs, including links: the files around an
            interpreter (a virtual environment) belong to it.
    """

    def __init__(self, directory: str, programs: Iterable[str]) -> None:
        self._directory = os.path.realpath(directory)
        self._prefixes = tuple(f"{path}/" for path in _prefixes(programs, self._directory))

    def __contains__(self, path: str) -> bool:
        if path.startswith(_LOCAL_DATA_PREFIXES):
            return False
        is_known = path.startswith((*_SYSTEM_PREFIXES, *self._prefixes))
        return is_known or _LIBRARY_PATH.search(path) is not None

    def is_private(self, path: str) -> bool:
        """Whether a file may hold secrets: hidden ones, keys."""
        relative = os.path.relpath(path, self._directory)
        parts = [part for part in relative.split(os.sep) if part not in (os.curdir, os.pardir)]
        is_hidden = any(part.startswith(".") for part in parts)
        return is_hidden or _SECRET_NAME.search(os.path.basename(path)) is not None


def _prefixes(programs: Iterable[str], directory: str) -> Collection[str]:
    found = {
        os.path.dirname(os.path.dirname(path))
        for path in programs
        if interpreter_name(path) in INTERPRETERS
    }
    return {path for path in found if path != "/" and not f"{directory}/".startswith(f"{path}/")}
