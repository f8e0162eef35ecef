"""The entries that a launch form can set: those of a JSON Schema, with values that fit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sacred._base.errors import SacredError
from sacred._base.paths import update_word
from sacred._base.secret_text import names_secret
from sacred._base.text import did_you_mean

__all__ = ["EntryError", "entries_in", "update_words"]

_PATH = re.compile(r"[^\W\d][\w-]*(\.\w[\w-]*)*")
#: Python reads no literal that is nested 200 levels deep.
_MAX_DEPTH = 100
_TYPES: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class EntryError(SacredError):
    """A value in a form does not fit.

    Args:
        entry: its path.
        problem: what is wrong.
    """

    def __init__(self, entry: str, problem: str) -> None:
        super().__init__(f"{entry}: {problem}")
        self.entry = entry
        self.problem = problem


def entries_in(
    schema: Mapping[str, Any], group: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the entries of a schema with their paths, including those within groups.

    Args:
        schema: of an object.
        group: a prefix of the paths, including its dot.

    >>> [path for path, _ in entries_in({"properties": {"lr": {}, "opt": {"default": {"m": 1}}}})]
    ['lr', 'opt.m']
    """
    properties = schema.get("properties")
    for name, found in (properties if isinstance(properties, Mapping) else {}).items():
        entry = found if isinstance(found, Mapping) else {}
        default = entry.get("default")
        if isinstance(entry.get("properties"), Mapping):
            yield from entries_in(entry, f"{group}{name}.")
        elif isinstance(default, Mapping) and default and not {"type", "$ref"} & entry.keys():
            inner = {key: {"default": value} for key, value in default.items()}
            yield from entries_in({"properties": inner}, f"{group}{name}.")
        else:
            yield f"{group}{name}", entry


def update_words(schema: Mapping[str, Any], entries: Mapping[str, Any]) -> list[str]:
    """Return updates as words of a command line; a form cannot produce anything else.

    Args:
        schema: of the configuration.
        entries: JSON values by paths.

    Raises:
        EntryError: there is no such entry, or the value does not fit it.

    >>> update_words({"properties": {"lr": {"type": "number"}}}, {"lr": 0.5})
    ['lr=0.5']
    """
    known = dict(entries_in(schema))
    words = []
    for path, value in entries.items():
        if path not in known or not _PATH.fullmatch(path):
            hint = did_you_mean(path, known)
            raise EntryError(path, f"there is no such entry. {hint}".rstrip())
        if problem := _misfit(known[path], value):
            raise EntryError(path, problem)
        words.append(update_word(path, value))
    return words


def _misfit(entry: Mapping[str, Any], value: Any) -> str | None:
    """Why an entry cannot have a value, as far as its schema says."""
    if problem := _unsuitable(value):
        return problem
    if value != entry.get("default") and any(map(names_secret, _texts_in(value))):
        # It would be looked up where the run is: its record does not say who has named it.
        return "a form cannot name secrets: ${secret:NAME} can stand in config files only"
    choices = entry.get("enum")
    if isinstance(choices, list) and value not in choices:
        return f"{value!r} is none of {', '.join(map(repr, choices))}"
    kind = entry.get("type")
    if isinstance(kind, str) and not _is_of(value, kind):
        return f"{value!r} is no {kind}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = entry.get("minimum"), entry.get("maximum")
        if isinstance(low, int | float) and value < low:
            return f"{value!r} is less than {low!r}"
        if isinstance(high, int | float) and value > high:
            return f"{value!r} is more than {high!r}"
    return None


def _is_of(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, (object,)))


def _unsuitable(value: Any, depth: int = 0) -> str | None:
    """Why no entry can have a value."""
    if depth > _MAX_DEPTH:
        return f"it is nested more than {_MAX_DEPTH} levels deep"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN and infinity cannot be given in a form"
    problems = (_unsuitable(item, depth + 1) for item in _items_in(value))
    return next(filter(None, problems), None)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in _items_in(value):
        yield from _texts_in(item)


def _items_in(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
