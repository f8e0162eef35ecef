"""The import statements of source files, read as text: nothing is compiled or executed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Importer", "followed", "package_of"]

#: The package that relative imports of a module start from, and its file.
Importer = tuple[str, str]

_MAX_BYTES = 4 << 20
# Also behind a colon or a semicolon. What stands in a docstring does no harm: only modules
# that are loaded are looked for.
_STATEMENT = (
    r"(?m)(?:^|[:;])[ \t]*(?:"
    r"from[ \t]+(?P<base>\.*[ \t]*[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^#;\n]*)"
    r"|import[ \t]+(?P<modules>[^#;\n]+))"
)
_NAME = r"[\w.]+"


def followed(start: Iterable[Importer], candidates: Mapping[str, str]) -> set[str]:
    """Return the candidates that some files import, directly or indirectly.

    Args:
        start: modules whose statements are read.
        candidates: files of loaded modules, by full name.
    """
    found: set[str] = set()
    pending, seen = list(start), set()
    while pending:
        package, filename = pending.pop()
        if filename in seen:
            continue
        seen.add(filename)
        for imported in _imported_by(_text(filename), package):
            file = candidates.get(imported)
            if file is not None and file not in found:
                found.add(file)
                pending.append((package_of(imported, file), file))
    return found


def package_of(name: str, filename: str) -> str:
    """Return the package that the relative imports of a module start from.

    Args:
        name: dotted name of the module.
        filename: of its source.

    >>> package_of("a.b", "a/b.py"), package_of("a.b", "a/b/__init__.py")
    ('a', 'a.b')
    """
    is_package = os.path.basename(filename).partition(".")[0] == "__init__"
    return name if is_package else name.rpartition(".")[0]


def _text(filename: str) -> str:
    if not filename.endswith((".py", ".pyw")):
        return ""
    try:
        with open(filename, "rb") as file:
            # Names of modules that are no ASCII are rare, and so are other encodings.
            return file.read(_MAX_BYTES).decode("utf-8", "replace").replace("\\\n", " ")
    except OSError:
        return ""


def _imported_by(text: str, package: str) -> Iterator[str]:
    r"""Full names of what may be modules, with the packages above them.

    >>> sorted(set(_imported_by("from .x import (y as z,)\nimport os.path as p, sys", "pkg")))
    ['os', 'os.path', 'pkg', 'pkg.x', 'pkg.x.y', 'sys']
    """
    for match in re.finditer(_STATEMENT, text):
        names = re.sub(r"\bas\s+\w+|#[^\n]*", "", match["names"] or match["modules"])
        found = re.findall(_NAME, names)
        if match["names"]:
            base = _absolute(match["base"].replace(" ", ""), package)
            found = [base, *(f"{base}.{name}" for name in found)]
        for name in found:
            while name.strip("."):
                yield name
                name = name.rpartition(".")[0]


def _absolute(base: str, package: str) -> str:
    path = base.lstrip(".")
    dots = len(base) - len(path)
    for _ in range(dots - 1):
        package = package.rpartition(".")[0]
    return ".".join(filter(None, [package if dots else "", path]))
