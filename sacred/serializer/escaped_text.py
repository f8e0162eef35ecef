r"""Texts with lone surrogates, which neither UTF-8 nor strict JSON nor MongoDB has.

They come from names of files that are no UTF-8, for example. The form has their escapes::

    {"py/escaped": "caf\udce9.txt"}

Where a record has room for a text only (names, output, tags), it is stored with each such
character as U+FDD0, which stands for no character, and the four digits of its number.
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

#: The entries of ``meta`` that are texts, or lists of texts.
ANNOTATIONS = ("tags", "group", "notes", "comment")
#: Stands in front of the number of an escaped character, and is itself escaped.
ESCAPE_MARK = "\ufdd0"

_UNSTORABLE = re.compile(f"[\ud800-\udfff{ESCAPE_MARK}]")
_MARKED = re.compile(f"{ESCAPE_MARK}(d[89a-f][0-9a-f]{{2}}|fdd0)")
_ESCAPE = re.compile(r"\\(\\|u(d[89a-f][0-9a-f]{2}))")


def has_surrogates(text: str) -> bool:
    r"""Whether UTF-8 lacks a character of the text.

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
    r"""The form of such a text.

    >>> flatten_escaped("\\a\udcff")["py/escaped"]
    '\\\\a\\udcff'
    """
    escaped = text.replace("\\", "\\\\").encode(errors="backslashreplace").decode()
    return {ESCAPED_TAG: escaped}


def read_escaped(flat: dict[str, Any]) -> str:
    """The text of such a form.

    Raises:
        TypeError: the data are malformed.
    """
    return _ESCAPE.sub(
        lambda found: chr(int(found[2], 16)) if found[2] else "\\", flat[ESCAPED_TAG]
    )


def storable_text(text: str) -> str:
    r"""The text, with characters that UTF-8 lacks escaped; nearly all texts stay as they are.

    >>> storable_text("caf\udce9") == "caf\ufdd0dce9"
    True
    """
    if text.isascii() or not (ESCAPE_MARK in text or has_surrogates(text)):
        return text
    return _UNSTORABLE.sub(lambda found: f"{ESCAPE_MARK}{ord(found[0]):04x}", text)


def original_text(stored: str) -> str:
    r"""The text of which `storable_text` has made this one.

    >>> original_text("caf\ufdd0dce9") == "caf\udce9"
    True
    """
    if ESCAPE_MARK not in stored:
        return stored
    return _MARKED.sub(lambda found: chr(int(found[1], 16)), stored)


def map_texts(
    entries: Mapping[str, Any], names: Iterable[str], convert: Callable[[str], str]
) -> dict[str, Any]:
    """Return the entries with some that are texts, or lists of texts, converted.

    Args:
        entries: they stay as they are.
        names: of those to be converted.
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
