"""The ``UPDATE`` words of a command line: ``path=value``, an edit, a named config, or ``@FILE``.

Values are Python literals or strings; nothing is ever executed. Edits are ``list+=[value]`` and
``~path``, which deletes an entry.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import warnings
from collections.abc import Iterable
from typing import Any

from sacred._base.errors import UnsafeDataError
from sacred._base.paths import recursive_update
from sacred.cli.errors import CommandLineError
from sacred.config.typed_entries import AppendKey, CommandLineText, DeleteKey, marked_number
from sacred.settings import SETTINGS

__all__ = ["convert_value", "parse_updates"]

# What `ast.literal_eval` raises for text that is no literal; the last two come from
# text that is nested too deeply.
_NO_LITERAL = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)

# Of an update, in messages.
_MAX_QUOTED_CHARS = 200

# A quoted path of Windows: no literal of Python, in which `\\n` would be a line break.
_WINDOWS_PATH = r"""(["'])((?:[A-Za-z]:|\\\\[^\\'"]+)(?:\\[^\\'"]+)+\\?)\1"""


def parse_updates(updates: Iterable[str] | None) -> tuple[dict[str, Any], list[str]]:
    """Split updates into config updates and names of named configs.

    Args:
        updates: the words after ``with``. Empty ones are ignored; of several
            for the same entry, the last one wins.

    Returns:
        a nested dict, in which edits have keys of their own (`AppendKey`, `DeleteKey`), and
        the names in their order.

    Raises:
        CommandLineError: a part of a path is empty, a value asks for objects that
            are not allowed, an integer has too many digits, an edit contradicts another
            update, or, with ``SETTINGS.COMMAND_LINE.STRICT_PARSING``, a value is not a
            Python literal.

    >>> parse_updates(["opt.lr=1e-3", "fast", "name = a=b", "xs.0=5", "ys+=[1]", "~old"])[0]
    {'opt': {'lr': 0.001}, 'name': 'a=b', 'xs': {'0': 5}, 'ys+': [1], '~old': None}
    """
    config_updates: dict[str, Any] = {}
    named_configs = []
    for update in filter(None, map(str.strip, updates or ())):
        path, equals, text = update.partition("=")
        try:
            if equals and update.startswith("@") and os.path.isfile(update[1:]):
                named_configs.append(update)
            elif equals and path.rstrip().endswith("+"):
                _append(config_updates, _keys(path.rstrip()[:-1], update), convert_value(text))
            elif equals:
                value = marked_number(convert_value(text.strip()), text.strip())
                _set(config_updates, _keys(path, update), value)
            elif update.startswith("~") and not (update.startswith("~/") or os.path.isfile(update)):
                _delete(config_updates, _keys(update[1:], update))
            else:
                named_configs.append(update)
        except CommandLineError as error:
            if str(error).startswith("In "):
                raise
            raise CommandLineError(f"In {_shortened(update)!r}: {error}") from error
    return config_updates, named_configs


def _shortened(update: str) -> str:
    excess = len(update) > _MAX_QUOTED_CHARS
    return update[: _MAX_QUOTED_CHARS - 3] + "..." if excess else update


def _keys(path: str, update: str) -> list[str]:
    keys = path.strip().split(".")
    if not all(keys):
        raise CommandLineError(
            f"In {update!r}: the name of an entry is empty. An update looks like entry=value "
            "or group.entry=value."
        )
    return keys


def _group(updates: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    """The dict of updates that a path leads to."""
    for number, key in enumerate(keys):
        if not isinstance(updates.setdefault(key, {}), dict):
            path = ".".join(keys[: number + 1])
            raise CommandLineError(
                f"another update sets {path!r} to {_shortened(repr(updates[key]))}, "
                "and this one an entry in it"
            )
        if DeleteKey(f"~{key}") in updates:
            raise CommandLineError(f"another update deletes {key!r}, which this one changes")
        updates = updates[key]
    return updates


def _append(updates: dict[str, Any], keys: list[str], elements: Any) -> None:
    if not isinstance(elements, list):
        raise CommandLineError(f"what is appended is a list, as in {'.'.join(keys)}+=[value]")
    updates = _group(updates, keys[:-1])
    if isinstance(updates.get(keys[-1]), list):
        updates[keys[-1]] = updates[keys[-1]] + elements  # `xs=[1] xs+=[2]`
        return
    key = AppendKey(f"{keys[-1]}+")
    if DeleteKey(f"~{keys[-1]}") in updates:
        raise CommandLineError(f"another update deletes {keys[-1]!r}, which this one changes")
    updates[key] = updates.get(key, []) + elements


def _delete(updates: dict[str, Any], keys: list[str]) -> None:
    updates = _group(updates, keys[:-1])
    updates.pop(keys[-1], None)
    updates.pop(f"{keys[-1]}+", None)
    updates[DeleteKey(f"~{keys[-1]}")] = None


def _set(updates: dict[str, Any], keys: list[str], value: Any) -> None:
    *way, last = keys
    updates = _group(updates, way)
    # The later word wins.
    updates.pop(f"~{last}", None)
    updates.pop(f"{last}+", None)
    earlier = updates.get(last)
    if isinstance(earlier, dict) and isinstance(value, dict) and value:
        # Both words change entries of that dict. An empty dict clears it instead.
        recursive_update(earlier, value)
    else:
        updates[last] = value


def convert_value(value: str) -> Any:
    r"""Return the value of one update.

    Args:
        value: the text after the ``=``, without surrounding white space.

    Returns:
        the value of the Python literal (tuples become lists), else the text itself,
        as `CommandLineText`, which an entry that is a bool may still convert.

    Raises:
        CommandLineError: see `parse_updates`.

    >>> [convert_value(text) for text in ("1.5", "(1, None)", "'1'", "1+1", "C:/data")]
    [1.5, [1, None], '1', '1+1', 'C:/data']
    >>> convert_value(r"'C:\new\table'") == r"C:\new\table"
    True
    """
    windows = re.fullmatch(_WINDOWS_PATH, value)
    if windows:
        return windows[2]
    try:
        with warnings.catch_warnings():
            # A literal like '\d' is worth a warning in a source file, not here.
            warnings.simplefilter("ignore")
            literal = ast.literal_eval(value)
    except _NO_LITERAL as error:
        if isinstance(error, SyntaxError) and "integer string conversion" in str(error):
            raise _too_many_digits() from error
        return _text(value)
    _check_integers(literal)
    if literal is Ellipsis:
        return _text(value)
    try:
        return _restored(literal)
    except UnsafeDataError as error:
        raise CommandLineError(str(error)) from error


def _check_integers(literal: Any) -> None:
    """Refuse integers that cannot become text again: ``0xff...`` can be read at any length."""
    waiting = [literal]
    while waiting:
        item = waiting.pop()
        if isinstance(item, int):
            try:
                str(item)
            except ValueError as error:
                raise _too_many_digits() from error
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple | set):
            waiting += item


def _too_many_digits() -> CommandLineError:
    return CommandLineError(
        f"an integer has more than {sys.get_int_max_str_digits()} digits, which Python does "
        "not convert to text. If it is text, quote it."
    )


def _text(value: str) -> CommandLineText:
    if SETTINGS.COMMAND_LINE.STRICT_PARSING:
        raise CommandLineError(
            f"{value!r} is no Python literal, as STRICT_PARSING demands. "
            f"Text has to be quoted: {repr(value)!r}"
        )
    return CommandLineText(value)


def _restored(literal: Any) -> Any:
    if not isinstance(literal, list | tuple | dict):
        return literal
    # Not at the top: few updates are stored forms of values.
    from sacred.serializer import restore

    return restore(literal)
