"""A configuration as text, coloured by how its entries were changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sacred._base.paths import PATHCHANGE, iterate_flattened_separately
from sacred._base.text import COLOR_ADDED, COLOR_DOC, COLOR_MODIFIED, COLOR_TYPECHANGED, ENDC
from sacred.commands.pretty import pformat

if TYPE_CHECKING:
    from sacred.config.config_summary import ConfigSummary

__all__ = ["LEGEND", "ConfigEntry", "PathEntry"]

#: What the colours mean.
LEGEND = (
    f"({COLOR_MODIFIED}modified{ENDC}, {COLOR_ADDED}added{ENDC}, "
    f"{COLOR_TYPECHANGED}typechanged{ENDC}, {COLOR_DOC}doc{ENDC})"
)

_MAX_INLINE_CHARS = 60  # pprint may break longer texts
_DOC_COLUMN = 35  # the doc follows after two spaces, or four after a longer entry
_DOC_KEY = "__doc__"

_Types = tuple[type, type]


class ConfigEntry(NamedTuple):
    """One entry of a configuration, with what is known about it."""

    key: str
    value: Any
    added: bool
    modified: bool
    typechanged: _Types | None
    doc: str | None


class PathEntry(NamedTuple):
    """One dict in a configuration, whose entries come next."""

    key: str
    added: bool
    modified: bool
    typechanged: _Types | None
    doc: str | None


def _iterate_marked(
    cfg: Mapping[Any, Any], config_mods: ConfigSummary
) -> Iterator[tuple[str, ConfigEntry | PathEntry]]:
    """Yield ``(path, entry)``: docstrings first, then values, then dicts, each by key."""
    for path, value in iterate_flattened_separately(cfg, [_DOC_KEY]):
        path = str(path)  # keys may be numbers
        key = path.rpartition(".")[2]
        known = (
            path in config_mods.added,
            path in config_mods.modified,
            config_mods.typechanged.get(path),
            config_mods.docs.get(path),
        )
        if value is PATHCHANGE:
            yield path, PathEntry(key, *known)
        else:
            yield path, ConfigEntry(key, value, *known)


def _format_config(cfg: Mapping[Any, Any], config_mods: ConfigSummary) -> str:
    """A configuration as coloured text, with a legend in the first line."""
    lines = [f"Configuration {LEGEND}:"]
    for path, entry in _iterate_marked(cfg, config_mods):
        lines.append(_format_entry(2 + 2 * path.count("."), entry))
    return "\n".join(lines)


def _format_entry(indent: int, entry: ConfigEntry | PathEntry) -> str:
    r"""One entry as coloured text.

    >>> _format_entry(2, ConfigEntry("a", 1, True, False, None, None))
    '\x1b[32m  a = 1\x1b[0m'
    """
    text = _entry_text(" " * indent, entry)
    if entry.doc:
        width = _DOC_COLUMN if len(text) <= _DOC_COLUMN else len(text) + 2
        text = f"{text:<{width}}  {COLOR_DOC}# {entry.doc}{ENDC}"
    colour = _colour_of(entry)
    return f"{colour}{text}{ENDC}" if colour else text


def _entry_text(margin: str, entry: ConfigEntry | PathEntry) -> str:
    if isinstance(entry, PathEntry):
        return f"{margin}{entry.key}:"
    if entry.key == _DOC_KEY:
        doc = str(entry.value).replace("\n", f"\n{margin}")
        return f'{margin}"""{doc}"""'
    return f"{margin}{entry.key} = {_pretty(entry.value)}"


def _pretty(value: Any) -> str:
    # Short values need no line breaks, and so no pprint.
    if value is None or type(value) in (bool, int, float):
        return repr(value)
    if type(value) is str and len(value) < _MAX_INLINE_CHARS:
        return repr(value)

    return pformat(value)


def _colour_of(entry: ConfigEntry | PathEntry) -> str:
    if entry.key == _DOC_KEY:
        return COLOR_DOC
    if entry.typechanged:
        return COLOR_TYPECHANGED
    if entry.added:
        return COLOR_ADDED
    return COLOR_MODIFIED if entry.modified else ""
