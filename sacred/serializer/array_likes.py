"""Tensors of any library, as numbers and numpy arrays.

No library is imported, and none of their types is named: tensors are recognized by what
nearly all of them have, ``shape``, ``item()`` and ``__array__``.
"""

from __future__ import annotations

from typing import Any

__all__ = ["array_like", "number_of"]


def number_of(value: Any) -> Any:
    """Return the Python number of a tensor without dimensions, or `NotImplemented`.

    >>> number_of("text")
    NotImplemented
    """
    item = getattr(type(value), "item", None)
    if not callable(item) or not _is_empty(getattr(value, "shape", None)):
        return NotImplemented
    try:
        found = value.item()
    except Exception:  # on another device, lazy, deleted ...
        return NotImplemented
    return NotImplemented if found is value else found


def _is_empty(shape: Any) -> bool:
    try:
        return shape is not None and not isinstance(shape, str) and len(shape) == 0
    except Exception:
        return False


def array_like(value: Any) -> Any:
    """Return the number or the array that a tensor holds, or `NotImplemented`."""
    number = number_of(value)
    if number is not NotImplemented:
        return number
    if not hasattr(type(value), "__array__") or not hasattr(value, "shape"):
        return NotImplemented
    import numpy as np  # there is a tensor: it is loaded, or soon will be

    for is_elsewhere in (False, True):  # with gradients, on a device
        try:
            array = np.asarray(value.detach().cpu() if is_elsewhere else value)
        except Exception:
            continue
        # Of what numpy does not understand it makes an array of the object itself.
        return NotImplemented if array.dtype.hasobject else array
    return NotImplemented
