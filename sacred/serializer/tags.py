"""The tags: keys of dicts that stand for something else."""

from __future__ import annotations

import json

__all__ = ["JSON_KEY", "RESERVED", "circular_reference", "escape_key", "is_reserved"]

#: The prefix of a key that is not a string, as JSON.
JSON_KEY = "json://"

#: All tags of jsonpickle, and our own: for numbers that JSON lacks (float), members of
#: enumerations (enum), strings that are not UTF-8 (escaped) and objects that are stored only as
#: text (text).
RESERVED = frozenset(
    "py/" + name
    for name in (
        *(
            "b64",
            "b85",
            "bytes",
            "enum",
            "escaped",
            "float",
            "function",
            "id",
            "initargs",
            "iterator",
            "mod",
        ),
        *("newargs", "newargsex", "newobj", "object", "property", "reduce", "ref", "repr"),
        *("seq", "set", "state", "text", "tuple", "type"),
    )
)


def circular_reference(kind: type) -> str:
    """Return the stand-in for a value of this class within itself."""
    return f"<circular reference to a {kind.__name__}>"


def is_reserved(key: str) -> bool:
    """Return whether a key of a dict would be taken for a tag or for an escaped key.

    >>> is_reserved("py/object"), is_reserved("json://1"), is_reserved("python")
    (True, True, False)
    """
    return key in RESERVED or key.startswith(JSON_KEY)


def escape_key(key: object) -> str:
    """Return the form of a key that is not a plain string, given its flattened value.

    >>> escape_key(1), escape_key("py/id")
    ('json://1', 'json://"py/id"')
    """
    return JSON_KEY + json.dumps(key)
