r"""Strings with lone surrogates, which UTF-8, strict JSON and MongoDB lack.

They come from file names that are not UTF-8, for example. The form has their escapes::

    {"py/escaped": "caf\udce9.txt"}

Where a record has room only for a plain string (names, output, tags), each such character is stored
as U+FDD0, which is not a character, and the four digits of its number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = [
    "ANNOTATIONS",
    "ESCAPED_TAG",
    "ESCAPE_MARK",
    "flatten_escaped",
    "has_surrogates",
    "map_texts",
    "original_text",
    "read_escaped",
    "storable_text",
]

ESCAPED_TAG = "py/escaped"

#: The entries of ``meta`` that are strings, or lists of strings.
ANNOTATIONS = ("tags", "group", "notes", "comment")
#: Precedes the number of an escaped character, and is itself escaped.
ESCAPE_MARK = "\ufdd0"

_UNSTORABLE = re.compile(f"[\ud800-\udfff{ESCAPE_MARK}]")
_MARKED = re.compile(f"{ESCAPE_MARK}(d[89a-f][0-9a-f]{{2}}|fdd0)")
_ESCAPE = re.compile(r"\\(\\|u(d[89a-f][0-9a-f]{2}))")


def has_surrogates(text: str) -> bool:
    r"""Return whether UTF-8 lacks a character of a string.

    >>> has_surrogates("a\udcff"), has_surrogates("\U0001f600")
    (True, False)
    """
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def flatten_escaped(text: str) -> dict[str, str]:
    r"""Return the form of such a string.

    >>> flatten_escaped("\\a\udcff")["py/escaped"]
    '\\\\a\\udcff'
    """
    escaped = text.replace("\\", "\\\\").encode(errors="backslashreplace").decode()
    return {ESCAPED_TAG: escaped}


def read_escaped(flat: dict[str, Any]) -> str:
    """Return the string of such a form.

    Raises:
        TypeError: the data are malformed.
    """
    return _ESCAPE.sub(
        lambda found: chr(int(found[2], 16)) if found[2] else "\\", flat[ESCAPED_TAG]
    )


def storable_text(text: str) -> str:
    r"""Escape the characters of a string that UTF-8 lacks; nearly all strings stay as they are.

    >>> storable_text("caf\udce9") == "caf\ufdd0dce9"
    True
    """
    if text.isascii() or not (ESCAPE_MARK in text or has_surrogates(text)):
        return text
    return _UNSTORABLE.sub(lambda found: f"{ESCAPE_MARK}{ord(found[0]):04x}", text)


def original_text(stored: str) -> str:
    r"""Return the string that `storable_text` was given; its inverse.

    >>> original_text("caf\ufdd0dce9") == "caf\udce9"
    True
    """
    if ESCAPE_MARK not in stored:
        return stored
    return _MARKED.sub(lambda found: chr(int(found[1], 16)), stored)


def map_texts(
    entries: Mapping[str, Any], names: Iterable[str], convert: Callable[[str], str]
) -> dict[str, Any]:
    """Return the entries of a dict, some of which (strings, or lists of them) are converted.

    Args:
        entries: the dict, which is not changed.
        names: of the entries to convert.
        convert: `storable_text` or `original_text`.

    >>> map_texts({"notes": "a", "priority": 1, "tags": ["b"]}, ANNOTATIONS, str.upper)
    {'notes': 'A', 'priority': 1, 'tags': ['B']}
    """
    result = dict(entries)
    for name in names:
        value = result.get(name)
        if isinstance(value, str):
            result[name] = convert(value)
        elif type(value) is list:
            result[name] = [convert(item) if isinstance(item, str) else item for item in value]
    return result
