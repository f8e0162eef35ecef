"""Which keys a configuration may have."""

from __future__ import annotations

from typing import Any

from sacred._base.paths import PYTHON_IDENTIFIER
from sacred.settings import SETTINGS

__all__ = ["assert_is_valid_key"]

# A list of our own: jsonpickle need not be loaded to check a key.
_TAGS = """
    bytes function id initargs iterator mod newargs newargsex newobj object property
    reduce ref repr seq set state tuple type
"""
_JSONPICKLE_TAGS = frozenset("py/" + tag for tag in _TAGS.split())


def assert_is_valid_key(key: Any) -> None:
    """Check one key; ``SETTINGS.CONFIG`` has a switch for each rule.

    Raises:
        KeyError: the key breaks a rule; the message quotes it.

    >>> assert_is_valid_key("learning_rate")
    >>> assert_is_valid_key("a.b")
    Traceback (most recent call last):
        ...
    KeyError: 'Invalid key "a.b". Config-keys cannot contain "." or start with "$"'
    """
    settings = SETTINGS.CONFIG
    if not isinstance(key, str):
        if settings.ENFORCE_STRING_KEYS or settings.ENFORCE_VALID_PYTHON_IDENTIFIER_KEYS:
            raise KeyError(
                f'Invalid key "{key}". Config-keys have to be strings, but was {type(key)}'
            )
        return
    if settings.ENFORCE_KEYS_MONGO_COMPATIBLE and ("." in key or key.startswith("$")):
        raise KeyError(f'Invalid key "{key}". Config-keys cannot contain "." or start with "$"')
    if settings.ENFORCE_KEYS_JSONPICKLE_COMPATIBLE and (
        key in _JSONPICKLE_TAGS or key.startswith("json://")
    ):
        raise KeyError(
            f'Invalid key "{key}". Config-keys cannot start with "json://" or be one of the '
            f"reserved jsonpickle tags: {sorted(_JSONPICKLE_TAGS)}"
        )
    if settings.ENFORCE_KEYS_NO_EQUALS and "=" in key:
        raise KeyError(f'Invalid key "{key}". Config keys may not contain an equals sign ("=").')
    if settings.ENFORCE_VALID_PYTHON_IDENTIFIER_KEYS and not PYTHON_IDENTIFIER.match(key):
        raise KeyError(f'Key "{key}" is not a valid python identifier')
