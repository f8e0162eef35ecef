"""Comparison of values, and of their types."""

from __future__ import annotations

from typing import Any

__all__ = ["entry_type", "has_empty_list", "is_different", "type_changed"]

# bool first: it is an int, too.
_FAMILIES = (bool, int, float, str, list, dict)


def entry_type(value: Any) -> type:
    """Return the type that a value has as an entry of a configuration.

    >>> entry_type((1, 2)), entry_type(True)
    (<class 'list'>, <class 'bool'>)
    """
    kind = type(value)
    if kind.__module__ == "numpy" and getattr(value, "shape", None) == () and _is_scalar(value):
        value = value.item()
    if isinstance(value, tuple):
        return list
    for family in _FAMILIES:
        if isinstance(value, family):
            return family
    return type(value)


def _is_scalar(value: Any) -> bool:
    # numpy's scalars (not its arrays without dimensions) are `numpy.generic`.
    return any(base.__name__ == "generic" for base in type(value).__mro__)


def type_changed(old_value: Any, new_value: Any) -> bool:
    """Whether the type of an entry changes; a change from None does not count.

    Args:
        old_value: before.
        new_value: after.

    >>> type_changed(1, "a"), type_changed([1], (1,)), type_changed(None, 1)
    (True, False, False)
    """
    return old_value is not None and entry_type(old_value) is not entry_type(new_value)


def is_different(old_value: Any, new_value: Any) -> bool:
    """Whether two values differ; lists, tuples and arrays are compared by content.

    Args:
        old_value: before.
        new_value: after.

    >>> is_different([1, 2], (1, 2)), is_different({"a": [1]}, {"a": [2]})
    (False, True)
    """
    if old_value is new_value and not isinstance(old_value, float):
        return False
    if isinstance(old_value, dict) and isinstance(new_value, dict):
        return old_value.keys() != new_value.keys() or any(
            is_different(old_value[key], new_value[key]) for key in old_value
        )
    if isinstance(old_value, list | tuple) and isinstance(new_value, list | tuple):
        return len(old_value) != len(new_value) or any(map(is_different, old_value, new_value))
    return not _equal(old_value, new_value)


def has_empty_list(value: Any) -> bool:
    """Whether a value is an empty list (or tuple), or contains one.

    Such a value counts as modified even if it equals the earlier one (as in 0.8.7).
    """
    return isinstance(value, list | tuple) and (not value or any(map(has_empty_list, value)))


def _equal(old_value: Any, new_value: Any) -> bool:
    shapes = getattr(old_value, "shape", None), getattr(new_value, "shape", None)
    if None not in shapes and shapes[0] != shapes[1]:
        return False  # numpy would stretch one of them, or raise
    try:
        equals = getattr(old_value, "equals", None)
        if equals is not None and type(old_value) is type(new_value):
            return bool(equals(new_value))  # pandas: `==` is element by element, and picky
        same = old_value == new_value
        return bool(same.all() if hasattr(same, "all") else same)
    except Exception:
        # `==` may do anything. Two values that do not even compare are not the same.
        return False
