"""Dotted paths (``"a.b.c"``) and nested dicts.

A *path* joins the keys that lead to an entry of a nested dict with dots; the
empty path is the dict itself.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import Sentinel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping
    from typing import TypeVar

    # Made at run time it would compile its bound, which takes milliseconds.
    D = TypeVar("D", bound=MutableMapping[Any, Any])

__all__ = [
    "PATHCHANGE",
    "PYTHON_IDENTIFIER",
    "PathType",
    "are_indices",
    "convert_to_nested_dict",
    "get_by_dotted_path",
    "get_by_shown_path",
    "is_prefix",
    "iter_prefixes",
    "iterate_flattened",
    "iterate_flattened_separately",
    "join_paths",
    "recursive_update",
    "rel_path",
    "set_by_dotted_path",
    "update_word",
]

#: A file name, in any form that the library accepts.
PathType = str | bytes | os.PathLike[str]

#: What a name must look like to be used as an identifier.
PYTHON_IDENTIFIER = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")


#: In `iterate_flattened_separately`: the value of a pair that announces a dict.
PATHCHANGE: Any = Sentinel("PATHCHANGE", __name__)

_NOWHERE: Any = object()


def join_paths(*parts: str) -> str:
    """Join paths with dots; empty parts, and dots at the ends of parts, are left out.

    >>> join_paths("a", "", "b.c"), join_paths("a.b.", "c")
    ('a.b.c', 'a.b.c')
    """
    return ".".join(filter(None, [str(part).strip(".") for part in parts]))


def iter_prefixes(path: str) -> Iterator[str]:
    """Yield the path of every dict on the way to `path`, and `path` itself.

    >>> list(iter_prefixes("a.b.c"))
    ['a', 'a.b', 'a.b.c']
    """
    end = path.find(".")
    while end != -1:
        yield path[:end]
        end = path.find(".", end + 1)
    yield path


def is_prefix(pre_path: str, path: str) -> bool:
    """Whether `path` lies below `pre_path`; everything lies below the empty path.

    Args:
        pre_path: dotted path.
        path: dotted path.

    >>> is_prefix("a", "a.b"), is_prefix("a", "ab"), is_prefix("a", "a"), is_prefix("", "")
    (True, False, False, True)
    """
    return not pre_path or path.startswith(pre_path + ".")


def rel_path(base: str, path: str) -> str:
    """Return a path relative to another one.

    Args:
        base: dotted path, a prefix of `path`.
        path: dotted path.

    >>> rel_path("a", "a.b.c"), rel_path("a", "a")
    ('b.c', '')

    Raises:
        AssertionError: `path` is neither `base` nor below it.
    """
    if base == path:
        return ""
    if not is_prefix(base, path):
        # Not an assert statement: that one would be gone under `python -O`.
        raise AssertionError(f"{base} not a prefix of {path}")
    return path[len(base) + 1 :] if base else path


def are_indices(keys: Iterable[Any]) -> bool:
    """Whether all keys (at least one) can be positions in a list; negative ones count from its end.

    >>> are_indices({"0": "a", "-1": "b"}), are_indices(["0", "a"])
    (True, False)
    """
    texts = [str(key).removeprefix("-") for key in keys]
    return bool(texts) and all(text.isascii() and text.isdigit() for text in texts)


def get_by_dotted_path(d: Any, path: str, default: Any = None) -> Any:
    """Return the entry of a nested dict at a path.

    Args:
        d: the dict.
        path: dotted path.
        default: returned where there is no entry.

    >>> get_by_dotted_path({"a": {"b": 1}}, "a.b")
    1
    >>> get_by_dotted_path({"a": 1}, "a.b", default="none")
    'none'
    """
    if not path:
        return d
    current = d
    for key in path.split("."):
        # A value that is no dict has no entries: the path leads nowhere.
        if not isinstance(current, dict) or key not in current:
            return default
        current = current[key]
    return current


def get_by_shown_path(d: Any, path: str, default: Any = None) -> Any:
    """Like `get_by_dotted_path`, for a path in which keys of other types are written as strings.

    Args:
        d: the dict.
        path: dotted path, as it is shown.
        default: returned where there is no entry.

    >>> get_by_shown_path({"a": {1: {0.5: "x"}}}, "a.1.0.5")
    'x'
    """
    found = get_by_dotted_path(d, path, _NOWHERE)
    if found is not _NOWHERE:
        return found
    for key, value in d.items() if isinstance(d, dict) else ():
        if str(key) == path:
            return value
        if path.startswith(f"{key}."):
            found = get_by_shown_path(value, path[len(str(key)) + 1 :], _NOWHERE)
            if found is not _NOWHERE:
                return found
    return default


def set_by_dotted_path(d: MutableMapping[str, Any], path: str, value: Any) -> None:
    """Set the entry of a nested dict at a path; missing dicts are created.

    The empty path is `d` itself: its content is replaced by that of `value`.

    Args:
        d: the dict.
        path: dotted path.
        value: the entry.

    >>> d = {}
    >>> set_by_dotted_path(d, "a.b", 1)
    >>> d
    {'a': {'b': 1}}

    Raises:
        TypeError: something on the way is not a dict.
    """
    if not path:
        content = dict(value)  # first: `value` may be `d`
        d.clear()
        d.update(content)
        return
    *way, last = path.split(".")
    current: Any = d
    for position, key in enumerate(way):
        if key not in current:
            current[key] = {}
        current = current[key]
        if not isinstance(current, dict):
            above = ".".join(path.split(".")[: position + 1])
            raise TypeError(
                f"cannot set {path!r}: {above!r} is {type(current).__name__}, not a dict"
            )
    current[last] = value


def recursive_update(d: D, u: Mapping[Any, Any]) -> D:
    """Update a nested dict in place, and return it.

    Args:
        d: the dict.
        u: the new entries, nested in the same way.

    >>> recursive_update({"a": {"b": 1, "c": 2}}, {"a": {"b": 5}})
    {'a': {'b': 5, 'c': 2}}
    """
    for key, value in u.items():
        if isinstance(value, dict):
            old = d.get(key)
            # A value that is no dict gives way to the dict.
            d[key] = recursive_update(old if isinstance(old, dict) else {}, value)
        else:
            d[key] = value
    return d


def convert_to_nested_dict(dotted_dict: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a nested dict, made from one with dotted keys at any depth.

    If two keys set the same entry, the longer key wins, whatever their order.

    >>> convert_to_nested_dict({"a.b": 1, "a": {"c.d": 2}})
    {'a': {'b': 1, 'c': {'d': 2}}}
    >>> convert_to_nested_dict({"a.b": 1, "a": {"b": 2}})
    {'a': {'b': 1}}

    Raises:
        TypeError: an entry would have to be both a value and a dict.
    """
    values = {
        path: convert_to_nested_dict(value) if isinstance(value, dict) else value
        for path, value in dotted_dict.items()
    }
    dotted = [path for path in values if isinstance(path, str) and "." in path]
    nested: dict[Any, Any] = {}
    # Entries stand where the first of the keys does; what is said twice, the longest key decides.
    for path in (*values, *sorted(dotted, key=lambda path: path.count("."))):
        value = values[path]
        if isinstance(value, dict):
            old = get_by_dotted_path(nested, path) if isinstance(path, str) else None
            # Others may change the dict that they find: it is a copy.
            value = recursive_update(old if isinstance(old, dict) else {}, value)
        if isinstance(path, str) and path:
            set_by_dotted_path(nested, path, value)
        else:
            nested[path] = value  # no path: a key like 1, or the empty key
    return nested


def _in_order(keys: Iterable[Any]) -> list[Any]:
    """Sort keys; if their types cannot be compared, sort by type, then as strings."""
    keys = list(keys)
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=lambda key: (type(key).__name__, str(key)))


def iterate_flattened(d: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield ``(path, leaf)`` of a nested dict, sorted by key; an empty dict is a leaf.

    >>> list(iterate_flattened({"b": 1, "a": {"y": 2, "x": {}}}))
    [('a.x', {}), ('a.y', 2), ('b', 1)]
    """
    for key in _in_order(d):
        value = d[key]
        if isinstance(value, dict) and value:
            for path, leaf in iterate_flattened(value):
                yield f"{key}.{path}", leaf
        else:
            yield key, value


def iterate_flattened_separately(
    dictionary: Mapping[Any, Any], manually_sorted_keys: Iterable[str] | None = None
) -> Iterator[tuple[str, Any]]:
    """Yield ``(path, leaf)``: the manual keys first, then values, then dicts.

    Each dict that is not empty is announced by ``(path, PATHCHANGE)``.

    Args:
        dictionary: a nested dict.
        manually_sorted_keys: keys that come first, in this order.

    >>> list(iterate_flattened_separately({"b": {"x": 1}, "c": 2}))
    [('c', 2), ('b', PATHCHANGE), ('b.x', 1)]
    """
    manual = list(manually_sorted_keys or ())
    first = [key for key in manual if key in dictionary]
    rest = _in_order(key for key in dictionary if key not in first)
    values = [key for key in rest if not _has_entries(dictionary[key])]
    dicts = [key for key in rest if _has_entries(dictionary[key])]
    for key in first + values + dicts:
        value = dictionary[key]
        if not _has_entries(value):
            yield key, value
            continue
        yield key, PATHCHANGE
        for path, leaf in iterate_flattened_separately(value, manual):
            yield f"{key}.{path}", leaf


def _has_entries(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


def update_word(path: str, value: Any) -> str:
    r"""Return the command-line word that sets an entry, as `sacred.cli.updates` reads it.

    Args:
        path: the path of the entry.
        value: the value to set, of a type that has literals.

    >>> print(update_word("note", "C:\new"), update_word("lr", 0.1))
    note=('C:\new') lr=0.1
    """
    text = repr(value)
    # In quotes only, it would be a path of Windows there, in which "\n" is no line break.
    is_like_path = isinstance(value, str) and re.match(r"['\"](?:[A-Za-z]:)?\\", text)
    return f"{path}=({text})" if is_like_path else f"{path}={text}"
