"""Where the entries of a configuration come from, as text: the command ``explain``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.errors import ConfigError
from sacred._base.masking import mask_entry, mask_passwords
from sacred._base.paths import iter_prefixes
from sacred._base.text import did_you_mean
from sacred.commands.pretty import pformat

if TYPE_CHECKING:
    from sacred.provenance.origins import EntryProvenance, Provenance

__all__ = ["chosen_entries", "format_history", "history_as_json", "short_value"]

_GAP = "   "
_MAX_VALUE_CHARS = 60


def chosen_entries(provenance: Provenance, words: Sequence[str]) -> list[EntryProvenance]:
    """Return the entries that some words name, including groups; without words, all changed ones.

    Args:
        provenance: of a configuration.
        words: paths.

    Raises:
        ConfigError: there is no such entry.
    """
    if not words:
        return [entry for entry in provenance.values() if entry.is_changed]
    chosen = []
    for word in words:
        found = [entry for path, entry in provenance.items() if word in iter_prefixes(path)]
        if not found:
            hint = did_you_mean(word, provenance)
            raise ConfigError(f'There is no entry "{word}". {hint}'.rstrip(), print_traceback=False)
        chosen += [entry for entry in found if entry not in chosen]
    return chosen


def format_history(entries: Iterable[EntryProvenance]) -> str:
    """Return the histories of entries as text.

    >>> from sacred.provenance.origins import EntryProvenance, Origin, Overridden
    >>> before = [Overridden(value=0.05, origin=Origin("named", "train.py:31", "fast")),
    ...           Overridden(value=0.1, origin=Origin("scope", "train.py:14", "cfg"))]
    >>> print(format_history([EntryProvenance(
    ...     path="lr", value=0.01, origin=Origin("update", "command line, argument 2"),
    ...     overridden=tuple(before))]))
    lr = 0.01   command line, argument 2
      was 0.05   named config fast, train.py:31
      was 0.1    scope cfg, train.py:14
    """
    lines = []
    for entry in entries:
        value = short_value(entry.value, entry.path)
        shown = f"{entry.path} is deleted" if entry.is_deleted else f"{entry.path} = {value}"
        lines.append(f"{shown}{_GAP}{entry.origin}")
        values = [short_value(before.value, entry.path) for before in entry.overridden]
        width = max(map(len, values), default=0)
        for text, before in zip(values, entry.overridden, strict=True):
            lines.append(f"  was {text:<{width}}{_GAP}{before.origin}".rstrip())
    return "\n".join(lines)


def short_value(value: Any, path: str) -> str:
    """Return a value in one line, shortened, with secrets masked.

    Args:
        value: of an entry.
        path: of the entry.
    """
    text = mask_passwords(" ".join(pformat(mask_entry(path, value)).split("\n")))
    return text if len(text) <= _MAX_VALUE_CHARS else f"{text[: _MAX_VALUE_CHARS - 3]}..."


def history_as_json(entries: Iterable[EntryProvenance]) -> str:
    """Return the histories of entries as JSON: the stored rows, with the values."""
    # Not at the top: most look at the text.
    from sacred.provenance.stored_rows import row_of, shown_value
    from sacred.serializer import dumps

    rows = [{"path": e.path, **shown_value(e.value), **row_of(e)} for e in entries]
    return dumps(rows, indent=2)
