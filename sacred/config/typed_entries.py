"""Text from the command line where the entry is a bool or a float.

``with flag=false`` and ``with limit=inf`` are text; what it means depends on the
entry. The command line marks such text as `CommandLineText`, and the source that
knows the entry decides: where its own value, or its declared type, is bool, it
becomes one; where its own value is a float, ``nan`` and ``inf`` become floats.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["CommandLineText", "as_entry", "declares_bool", "without_marks"]

_BOOLS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
# The floats that have no literal in Python.
_FLOATS = frozenset(sign + word for sign in ("", "+", "-") for word in ("nan", "inf", "infinity"))
# Not compiled before it is needed, as all patterns of a short run.
_BOOL_ANNOTATION = (
    r"""^['"]?(?:\w+\.)?(?:Optional\[)?(?:None\s*\|\s*)?bool(?:\s*\|\s*None)?\]?['"]?$"""
)


class CommandLineText(str):
    """Text of an update that was no Python literal; never part of a configuration.

    >>> as_entry(CommandLineText("No"), True)
    False
    >>> as_entry(CommandLineText("No"), "Yes"), as_entry(CommandLineText("-inf"), 0.5)
    ('No', -inf)
    """

    __slots__ = ()


def as_entry(fixed: Any, *known: Any, is_bool: bool = False) -> Any:
    """What a fixed value means for an entry.

    Args:
        fixed: the value set from outside.
        known: values that sources give to the entry.
        is_bool: the entry is declared to be a bool.

    Returns:
        `fixed` itself, unless it is `CommandLineText`: then a bool or a float where
        the entry is one and the text says so, else a plain str.
    """
    if not isinstance(fixed, CommandLineText):
        return fixed
    if is_bool or any(map(_is_bool, known)):
        return _BOOLS.get(fixed.lower(), str(fixed))
    if fixed.lower() in _FLOATS and any(isinstance(value, float) for value in known):
        return float(fixed)
    return str(fixed)


def _is_bool(value: Any) -> bool:
    # numpy's bool is no bool to `isinstance`, and numpy need not be there.
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def declares_bool(annotation: str) -> bool:
    """Whether the source text of an annotation stands for bool (or None).

    >>> [declares_bool(text) for text in ("bool", "bool | None", "Optional[bool]", "int")]
    [True, True, True, False]
    """
    return re.match(_BOOL_ANNOTATION, annotation) is not None


def without_marks(updates: Any) -> Any:
    """Updates with plain text in place of `CommandLineText`, as they are stored.

    >>> type(without_marks({"a": {"b": CommandLineText("No")}})["a"]["b"])
    <class 'str'>
    """
    if type(updates) is CommandLineText:
        return str(updates)
    if type(updates) is dict:
        return {key: without_marks(value) for key, value in updates.items()}
    return updates
