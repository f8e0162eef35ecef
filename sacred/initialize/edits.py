"""Edits of entries from the command line: ``xs+=[3]`` appends, ``~d.x`` deletes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sacred._base.errors import ConfigError
from sacred._base.paths import iterate_flattened
from sacred._base.text import did_you_mean
from sacred.config.typed_entries import DELETED, AppendKey, DeleteKey

__all__ = ["Edit", "apply_edits", "split_edits"]

#: Keys that lead to an entry, and what to append to it; None to delete it.
Edit = tuple[tuple[str, ...], list[Any] | None]

_MISSING: Any = object()


def split_edits(updates: Mapping[Any, Any]) -> tuple[dict[Any, Any], list[Edit]]:
    """Separate the edits in nested updates from the values.

    >>> split_edits({"a": 1, "d": {AppendKey("xs+"): [2], DeleteKey("~y"): None}})
    ({'a': 1}, [(('d', 'xs'), [2]), (('d', 'y'), None)])
    """
    edits = list(_edits(updates, ()))
    return _without_edits(updates) if edits else dict(updates), edits


def _edits(updates: Mapping[Any, Any], way: tuple[str, ...]) -> Iterator[Edit]:
    for key, value in updates.items():
        if type(key) is AppendKey:
            yield (*way, key[:-1]), value
        elif type(key) is DeleteKey:
            yield (*way, key[1:]), None
        elif type(value) is dict:
            yield from _edits(value, (*way, key))


def _without_edits(updates: Mapping[Any, Any]) -> dict[Any, Any]:
    rest = {}
    for key, value in updates.items():
        if type(key) not in (AppendKey, DeleteKey):
            below = _without_edits(value) if type(value) is dict else value
            if below or not value:  # an empty dict would clear the entry
                rest[key] = below
    return rest


def apply_edits(
    edits: Sequence[Edit], config: Mapping[str, Any], ingredients: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the values of edited entries.

    Args:
        edits: the edits from `split_edits`.
        config: the whole configuration without them.
        ingredients: paths of ingredients, which cannot be deleted.

    Returns:
        nested updates; deleted entries are `DELETED`.

    Raises:
        ConfigError: there is no such entry, or the entry to append to is not a list.

    >>> apply_edits([(("d", "xs"), [2]), (("d", "y"), None)], {"d": {"xs": [1], "y": 5}})
    {'d': {'xs': [1, 2], 'y': DELETED}}
    """
    changes: dict[str, Any] = {}
    for keys, elements in edits:
        path = ".".join(keys)
        verb = "delete" if elements is None else "append to"
        if path in ingredients:
            raise _refused(f'Cannot {verb} "{path}": it is an ingredient')
        value = _find(config, keys)
        if value is _MISSING:
            hint = did_you_mean(path, [str(known) for known, _ in iterate_flattened(config)])
            raise _refused(f'Cannot {verb} "{path}": there is no such entry. {hint}'.rstrip())
        parent = _find(config, keys[:-1])
        if isinstance(parent, list):
            _set(changes, keys[:-1], _edited_list(parent, keys[-1], elements))
        elif elements is None:
            _set(changes, keys, DELETED)
        elif not isinstance(value, list | tuple):
            shown = f"{type(value).__name__} ({value!r:.50})"
            raise _refused(f'Cannot append to "{path}": it is no list, but {shown}')
        else:
            _set(changes, keys, [*value, *elements])
    return changes


def _refused(message: str) -> ConfigError:
    return ConfigError(message, print_traceback=False)


def _edited_list(items: list[Any], index: str, elements: list[Any] | None) -> list[Any]:
    position = int(index)
    if elements is None:
        return [item for number, item in enumerate(items) if number != position % len(items)]
    return [*items[:position], [*items[position], *elements], *items[position + 1 :]]


def _find(config: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        if isinstance(config, Mapping):
            names = {str(known): known for known in config}
            config = config[names[key]] if key in names else _MISSING
        elif isinstance(config, list) and key.lstrip("-").isdecimal():
            number = int(key)
            config = config[number] if -len(config) <= number < len(config) else _MISSING
        else:
            return _MISSING
    return config


def _set(changes: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    *way, last = keys
    for key in way:
        changes = changes.setdefault(key, {})
    changes[last] = value
