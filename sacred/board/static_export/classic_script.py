"""The modules of the page as one classic script, because ``file://`` pages cannot load modules.

The page imports only names from relative paths, exports only declarations, and has no circular
imports. So each module becomes a function that returns its exports, in the order of their
dependencies. Anything else is an error here, and not a page that behaves differently.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["classic_script"]

_IMPORT = re.compile(r'^import (?:\{ ([\w$, ]+) \} from )?"(\.[\w./-]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|class|const) ([\w$]+)", re.MULTILINE)
#: Of vendored bundles, which are loaded for what they do.
_EXPORT_LIST = re.compile(r"\bexport\s*\{[\w$, ]*\};?(?=\s*(?://[^\n]*\s*)?\Z)")
_REST = re.compile(r"^(?:import|export)\b.*|\bimport\.meta\b|\bawait import\(", re.MULTILINE)


def classic_script(root: Path, main: str, instead: Mapping[str, str]) -> str:
    """Return a classic script with the effect of a module.

    Args:
        root: the directory of the modules.
        main: the path of the module below it.
        instead: replacements for modules, by path.

    Raises:
        ValueError: a module has unknown syntax, or imports itself.
    """
    ordered: dict[str, str] = {}
    _add(root, main, instead, ordered, ())
    parts = ['"use strict";', "(() => {", "const $ = {};", *ordered.values(), "})();"]
    script = "\n".join(parts)
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("a module has what ends a script in HTML")
    return script


def _add(
    root: Path,
    path: str,
    instead: Mapping[str, str],
    ordered: dict[str, str],
    importers: tuple[str, ...],
) -> None:
    """Add a module behind all that it imports."""
    if path in importers:
        raise ValueError(f"modules import each other: {' -> '.join((*importers, path))}")
    if path in ordered:
        return
    text = (root / path).read_text(encoding="utf-8")

    def required(match: re.Match[str]) -> str:
        found = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[2]))
        found = instead.get(found, found)
        _add(root, found, instead, ordered, (*importers, path))
        return f"const {{ {match[1]} }} = $[{json.dumps(found)}];" if match[1] else ""

    body = _IMPORT.sub(required, text)
    names = [match[2] for match in _EXPORT.finditer(body)]
    body = _EXPORT_LIST.sub("", _EXPORT.sub(r"\1 \2", body))
    if unknown := _REST.search(body):
        raise ValueError(f"{path}: not known here: {unknown[0][:80]}")
    exported = f"return {{ {', '.join(names)} }};"
    # Only the main module waits for something, and nothing waits for that.
    kind = "async " if not importers else ""
    ordered[path] = f"$[{json.dumps(path)}] = ({kind}() => {{\n{body}\n{exported}\n}})();"
