"""The named configs of an experiment as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sacred._base.text import COLOR_DOC, ENDC

__all__: list[str] = []


def _format_named_configs(
    named_configs: Mapping[str, Any] | Iterable[tuple[str, Any]], indent: int = 2
) -> str:
    """A list of named configs as coloured text; `named_configs`: name → source."""
    lines = [f"Named Configurations ({COLOR_DOC}doc{ENDC}):"]
    for path, named_config in dict(named_configs).items():
        lines.append(_format_named_config(indent, path, named_config))
    if len(lines) == 1:
        lines.append(" " * indent + "No named configs")
    return "\n".join(lines)


def _format_named_config(indent: int, path: str, named_config: Any) -> str:
    r"""One named config as coloured text, its docstring beside or below.

    >>> _format_named_config(2, "fast", lambda: {})
    '  fast'
    """
    name = " " * indent + path
    doc = _own_doc(named_config)
    if not doc.strip():
        return name
    if "\n" not in doc.strip():
        return f"{name}{COLOR_DOC}   # {doc.strip()}{ENDC}"
    # Its lines keep the indentation that they have in the script.
    margin = " " * indent
    below = doc.replace("\n", f"\n{margin}")
    return f'{name}{COLOR_DOC}\n{margin}  """{below}"""{ENDC}'


def _own_doc(named_config: Any) -> str:
    """The docstring of a source itself, not the one that its class has."""
    doc = getattr(named_config, "__doc__", None)
    if not isinstance(doc, str) or doc == type(named_config).__doc__:
        return ""
    return doc
