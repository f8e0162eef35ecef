r"""Texts with lone surrogates, which neither UTF-8 nor strict JSON nor MongoDB has.

They come from names of files that are no UTF-8, for example. The form has their escapes::

    {"py/escaped": "caf\udce9.txt"}
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["ESCAPED_TAG", "flatten_escaped", "has_surrogates", "read_escaped"]

ESCAPED_TAG = "py/escaped"

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
