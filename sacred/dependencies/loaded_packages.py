"""The packages of Python and R that a program loaded, found by the files that it read."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

__all__ = ["packages_of_files"]

_PYTHON = re.compile(r"(.*/(?:site|dist)-packages)/([^/]+)(/|\.py$|\.[\w-]*so$)")
_R = re.compile(r"(.*/(?:site-library|library)/([A-Za-z][\w.]*))/")
_DISTRIBUTION = re.compile(r"(.+?)-(\d[^-]*?)\.(?:dist|egg)-info")
#: Modules that Python loads when it starts, whatever the program imports.
_AT_START = ("__editable__", "__pycache__", "_distutils_hack", "_virtualenv")
#: Of the list of files of a distribution, to find the names of its modules.
_MAX_LIST_BYTES = 1 << 20


def packages_of_files(paths: Iterable[str]) -> list[str]:
    """Return the packages that files belong to, as ``name==version``, sorted.

    Args:
        paths: of files that were read.
    """
    modules: dict[str, set[str]] = defaultdict(set)
    found: set[str] = set()
    for path in paths:
        if (python := _PYTHON.match(path)) and not python[2].startswith(_AT_START):
            modules[python[1]].add(python[2].partition(".")[0])
        elif (r := _R.match(path)) and (version := _r_version(r[1])):
            found.add(f"{r[2]}=={version}")
    for site, names in modules.items():
        found.update(_distributions(site, names))
    return sorted(found, key=str.lower)


def _r_version(directory: str) -> str:
    try:
        with open(os.path.join(directory, "DESCRIPTION"), encoding="utf-8") as file:
            lines = [line for line in file if line.startswith("Version:")]
    except (OSError, UnicodeDecodeError):
        return ""
    return lines[0].partition(":")[2].strip() if lines else ""


def _distributions(site: str, modules: set[str]) -> Iterator[str]:
    """The distributions in a directory that have some of the modules."""
    try:
        entries = sorted(os.listdir(site))
    except OSError:
        return
    for entry in entries:
        found = _DISTRIBUTION.fullmatch(entry)
        if found and not modules.isdisjoint(_modules_of(os.path.join(site, entry), found[1])):
            yield f"{found[1]}=={found[2]}"


def _modules_of(directory: str, name: str) -> set[str]:
    try:
        with open(os.path.join(directory, "RECORD"), encoding="utf-8") as file:
            lines = file.read(_MAX_LIST_BYTES).splitlines()
    except (OSError, UnicodeDecodeError):
        return {name.replace("-", "_")}
    return {line.partition("/")[0].partition(".")[0] for line in lines if not line.startswith(".")}
