"""Which keys and values a configuration can hold, and in which form."""

from __future__ import annotations

import copyreg
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

from sacred._base.errors import InvalidKeyError, InvalidValueError
from sacred._base.paths import PYTHON_IDENTIFIER
from sacred.config.typed_entries import unmarked
from sacred.serializer.array_likes import number_of
from sacred.settings import SETTINGS

__all__ = [
    "assert_is_valid_key",
    "is_code",
    "normalize_numpy",
    "normalize_or_die",
    "recursive_fill_in",
]

_PLAIN_TYPES = (str, bool, int, float, type(None))
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType)
_NOT_FOUND_BY_NAME = (
    types.ModuleType,
    types.GenericAlias,
    types.UnionType,
    types.MethodType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
    staticmethod,
    classmethod,
    property,
)
# A list of our own: jsonpickle need not be loaded to check a key.
_TAGS = """
    bytes function id initargs iterator mod newargs newargsex newobj object property
    reduce ref repr seq set state tuple type
"""
_JSONPICKLE_TAGS = frozenset("py/" + tag for tag in _TAGS.split())


def assert_is_valid_key(key: Any) -> None:
    """Check one key; ``SETTINGS.CONFIG`` has a switch for each rule.

    Raises:
        InvalidKeyError: a KeyError: the key breaks a rule; the message quotes it.

    >>> assert_is_valid_key("learning_rate")
    >>> assert_is_valid_key("a.b")
    Traceback (most recent call last):
        ...
    sacred.utils.InvalidKeyError: Invalid key "a.b". Config-keys cannot contain "." or start \
with "$"
    """
    if type(key) is str and key.isidentifier() and key.isascii():
        return  # a name breaks no rule
    settings = SETTINGS.CONFIG
    if not isinstance(key, str):
        if settings.ENFORCE_STRING_KEYS or settings.ENFORCE_VALID_PYTHON_IDENTIFIER_KEYS:
            raise InvalidKeyError(
                f'Invalid key "{key}". Config-keys have to be strings, but was {type(key)}'
            )
        return
    if settings.ENFORCE_KEYS_MONGO_COMPATIBLE and ("." in key or key.startswith("$")):
        raise InvalidKeyError(
            f'Invalid key "{key}". Config-keys cannot contain "." or start with "$"'
        )
    if settings.ENFORCE_KEYS_JSONPICKLE_COMPATIBLE and (
        key in _JSONPICKLE_TAGS or key.startswith("json://")
    ):
        raise InvalidKeyError(
            f'Invalid key "{key}". Config-keys cannot start with "json://" or be one of the '
            f"reserved jsonpickle tags: {sorted(_JSONPICKLE_TAGS)}"
        )
    if settings.ENFORCE_KEYS_NO_EQUALS and "=" in key:
        raise InvalidKeyError(
            f'Invalid key "{key}". Config keys may not contain an equals sign ("=").'
        )
    if settings.ENFORCE_VALID_PYTHON_IDENTIFIER_KEYS and not PYTHON_IDENTIFIER.match(key):
        raise InvalidKeyError(f'Key "{key}" is not a valid python identifier')


def normalize_or_die(obj: Any, *path: Any) -> Any:
    """Convert a value to the form that it has in a configuration.

    Dicts, lists and tuples are copied (to dicts and lists); numpy scalars and tensors
    without dimensions become Python numbers. Other values stay unchanged if they can be stored.

    Args:
        obj: the value.
        path: the keys that lead to it, for messages.

    Raises:
        InvalidKeyError: a KeyError: a key breaks a rule (see `assert_is_valid_key`).
        InvalidValueError: a ValueError: the value, or a value inside it, could not be restored
            (a module, a lambda, a generator, an open file, a lock, ...), or it contains itself.

    >>> normalize_or_die({"size": (1, 2)})
    {'size': [1, 2]}
    >>> normalize_or_die({"f": [lambda: 0]})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sacred.utils.InvalidValueError: Invalid value <function ...> (f.0): it could not be restored \
from a stored configuration
    """
    return _normalize(obj, path, ())


def _normalize(obj: Any, path: tuple[Any, ...], parents: tuple[int, ...]) -> Any:
    # Exact types first: they are nearly all there is.
    kind = type(obj)
    if kind in _PLAIN_TYPES:
        return obj
    plain = unmarked(obj)
    if plain is not obj:
        return plain
    if isinstance(obj, dict | list | tuple):
        if id(obj) in parents:
            raise InvalidValueError(f"Invalid value{_place(path)}: it contains itself")
        parents = (*parents, id(obj))
        if isinstance(obj, dict):
            _check_keys(obj, path)
            return {k: _normalize(v, (*path, k), parents) for k, v in obj.items()}
        return [_normalize(item, (*path, i), parents) for i, item in enumerate(obj)]
    obj = _number(obj)
    if not _restorable(obj):
        raise InvalidValueError(
            f"Invalid value {obj!r}{_place(path)}: it could not be restored from a stored "
            "configuration"
        )
    return obj


def _check_keys(keys: Iterable[Any], path: tuple[Any, ...]) -> None:
    for key in keys:
        try:
            assert_is_valid_key(key)
        except InvalidKeyError as error:
            if path:
                error.locate(f"in the entry {'.'.join(map(str, path))}")
            raise


def _place(path: tuple[Any, ...]) -> str:
    return f" ({'.'.join(map(str, path))})" if path else ""


def normalize_numpy(obj: Any) -> Any:
    """Convert a numpy scalar to Python's; return anything else, arrays included, as it is.

    >>> normalize_numpy("text")
    'text'
    """
    numpy = sys.modules.get("numpy")  # without it there can be no numpy scalar
    generic: Any = getattr(numpy, "generic", ())
    if isinstance(obj, generic):
        try:
            return obj.item()
        except ValueError:
            return obj
    return obj


def _number(obj: Any) -> Any:
    """A Python number for a tensor or an array without dimensions; anything else as it is."""
    number = number_of(obj)
    if number is NotImplemented or type(number) not in _PLAIN_TYPES:
        return normalize_numpy(obj)
    return number


def is_code(value: Any) -> bool:
    """Whether an object is a module, a method or the like: a helper in a scope, not an entry.

    Classes and functions that can be found by their names are ordinary values.

    >>> is_code(sys), is_code([].append), is_code(int), is_code(3)
    (True, True, False, False)
    """
    if isinstance(value, _NOT_FOUND_BY_NAME):
        return True
    if isinstance(value, (type, *_FUNCTIONS)):
        return not _importable(value)
    # Decorated functions (of functools, of ours): callables made for a function.
    return callable(value) and callable(getattr(value, "__wrapped__", None))


def _restorable(value: Any) -> bool:
    """Whether the value can be stored and made again; a look at its surface."""
    if isinstance(value, _NOT_FOUND_BY_NAME):
        return False
    if isinstance(value, (type, *_FUNCTIONS)):
        return _importable(value)
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return True  # arrays and frames; asking one to reduce itself would copy it
    return _reducible(value, depth=3)


def _importable(value: Any) -> bool:
    """Whether a function or class is found again by its name."""
    # Methods of built-in objects have no module.
    found: Any = sys.modules.get(value.__module__ or "")
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is not None


def _reducible(value: Any, depth: int) -> bool:
    # What is bound to this process (files, locks, generators, sockets) refuses to be
    # pickled. It may sit in an attribute of an object that itself knows nothing of that.
    try:
        reducer = copyreg.dispatch_table.get(type(value))  # regular expressions, for example
        reduced: Any = reducer(value) if reducer else value.__reduce_ex__(4)
    except Exception:
        return False
    state = reduced[2] if isinstance(reduced, tuple) and len(reduced) > 2 else None
    if depth == 0 or not isinstance(state, Mapping):
        return True
    inner = [v for v in state.values() if type(v) not in _PLAIN_TYPES]
    return all(
        isinstance(v, type | types.FunctionType | dict | list | tuple)
        or hasattr(v, "dtype")
        or _reducible(v, depth - 1)
        for v in inner
    )


def recursive_fill_in(
    config: dict[str, Any], preset: Mapping[str, Any], fixed: Mapping[str, Any] | None = None
) -> None:
    """Add to `config`, in place and at every level, what only `preset` has.

    Args:
        config: the nested dict to fill.
        preset: the entries to fill in.
        fixed: values from outside; a dict that is empty here stays empty.

    >>> config = {"a": 0, "d": {"x": 5}}
    >>> recursive_fill_in(config, {"a": 1, "d": {"x": 1, "y": 2}})
    >>> config
    {'a': 0, 'd': {'x': 5, 'y': 2}}
    """
    for key, value in preset.items():
        if key not in config:
            config[key] = value
        elif isinstance(config[key], dict) and isinstance(value, Mapping):
            below = fixed.get(key) if isinstance(fixed, Mapping) else None
            if below != {}:
                recursive_fill_in(config[key], value, below)
