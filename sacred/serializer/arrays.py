"""Numpy's arrays, scalars and dtypes, in jsonpickle's form.

Small arrays are stored as lists, larger ones as compressed bytes. Only this
module may import numpy, and only when there is a numpy object to handle.
"""

from __future__ import annotations

import ast
import base64
import json
import math
import re
import sys
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sacred.serializer.protocol import Reader, ReadObject

__all__ = ["flatten_array", "flatten_numpy", "numpy_reader"]

# Arrays with more items are stored as compressed bytes: jsonpickle's limit.
_TEXT_LIMIT = 16
# No text of objects is longer: a few bytes can expand to fill the memory.
_MAX_TEXT = 1 << 28
# Kinds of dtypes whose items are JSON values: bool, int, unsigned, float, text.
_TEXT_KINDS = "biufU"
_NATIVE = "<" if sys.byteorder == "little" else ">"

_SCALAR_NAME = re.compile(
    r"numpy\.(bool_?|u?int(8|16|32|64|c|p)?|u?(long|longlong|short|byte)|byte|short"
    r"|(half|single|double|longdouble|float(16|32|64|96|128)?)"
    r"|(csingle|cdouble|clongdouble|complex(64|128|192|256)?)"
    r"|(datetime|timedelta)64|str_|bytes_|void)"
)
_DTYPE_NAME = re.compile(r"numpy\.(dtype|dtypes\.\w+DType|dtype\[\w+\])")
_ARRAY_NAMES = frozenset(
    {"numpy.ndarray", "numpy.matrix", "numpy.memmap", "numpy.ma.MaskedArray"}
    | {"numpy.ma.core.MaskedArray", "numpy.matrixlib.defmatrix.matrix"}
)


def flatten_numpy(value: Any, flatten: Callable[[Any], Any]) -> Any:
    """Return the plain form of an array, a scalar or a dtype; scalars become Python's if possible.

    Args:
        value: any numpy object.
        flatten: makes the plain form of items.

    Raises:
        TypeError: the value is not data, but for example a random generator.
    """
    # Not at the top, as others below: numpy is optional, and slow to load.
    import numpy as np

    if isinstance(value, np.ma.MaskedArray):
        return flatten(value.tolist())  # masked items are None
    if isinstance(value, np.ndarray):
        return flatten_array(value, flatten)
    if isinstance(value, np.generic):
        return _flatten_scalar(value, flatten)
    if isinstance(value, np.dtype):
        return {"py/object": f"numpy.dtypes.{type(value).__name__}", "dtype": _dtype_text(value)}
    raise TypeError(f"numpy's {type(value).__name__} is no data")


def _flatten_scalar(value: Any, flatten: Callable[[Any], Any]) -> Any:
    kind = value.dtype.kind
    if kind in "mM":  # their unit would be lost
        plain = flatten(value.item())
        return {
            "py/object": f"numpy.{type(value).__name__}",
            "dtype": _dtype_text(value.dtype),
            "value": plain,
        }
    # `item()` of the long types gives the very same object again.
    if kind == "f":
        return float(value)
    if kind == "c":
        return flatten(complex(value))
    return flatten(value.item())


def flatten_array(
    array: Any, flatten: Callable[[Any], Any], *, finite: bool = False
) -> dict[str, Any]:
    """Return the plain form of an array; subclasses become plain arrays, views become copies.

    Args:
        array: the array.
        flatten: writes the items.
        finite: do not write NaN and infinities as numbers, but compress the array as bytes. So
            JSON text, which lacks them (see `sacred.serializer.dumps`), needs no tag that
            jsonpickle does not know.
    """
    import numpy as np

    array = np.asarray(array)
    dtype = array.dtype.newbyteorder("=")
    flat: dict[str, Any] = {"py/object": "numpy.ndarray", "dtype": _dtype_text(dtype)}
    if dtype.hasobject:
        if dtype.kind != "O":
            raise TypeError("structured arrays of objects are not stored")
        items = array.ravel().tolist()
        if finite and _needs_bytes(items):
            flat["values"] = _packed(json.dumps(array.tolist()).encode())
        else:
            flat["values"] = [flatten(item) for item in items]
        flat["shape"] = list(array.shape)
        return flat
    as_text = array.size <= _TEXT_LIMIT and dtype.kind in _TEXT_KINDS and dtype.itemsize != 16
    if as_text and not (finite and dtype.kind == "f" and not np.isfinite(array).all()):
        flat["values"] = flatten(array.tolist())
        if 0 in array.shape:
            flat["shape"] = list(array.shape)
        return flat
    flat["values"] = _packed(np.ascontiguousarray(array, dtype=dtype).tobytes())
    flat["shape"] = list(array.shape)
    if dtype.byteorder != "|":
        flat["byteorder"] = _NATIVE
    return flat


def _needs_bytes(items: list[Any]) -> bool:
    """Whether there are numbers that JSON lacks, and nothing else that it lacks."""
    return all(type(item) in (str, int, float, bool, type(None)) for item in items) and any(
        type(item) is float and not math.isfinite(item) for item in items
    )


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode("ascii")


def _dtype_text(dtype: Any) -> str:
    text = str(dtype)
    prefix = "(numpy.record, "
    return text[len(prefix) : -1] if text.startswith(prefix) else text


def numpy_reader(name: str) -> ReadObject | None:
    """Return what restores objects of a numpy class; None if they are not allowed."""
    if name in _ARRAY_NAMES:
        return _restore_array
    if _DTYPE_NAME.fullmatch(name):
        return _restore_dtype
    if _SCALAR_NAME.fullmatch(name):
        return _restore_scalar
    return None


def _restore_dtype(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import numpy as np

    text = flat["dtype"]
    if not isinstance(text, str):
        raise TypeError("a dtype is a string")
    # Structured dtypes are lists or dicts, of literals only.
    return np.dtype(ast.literal_eval(text) if text.startswith(("[", "{")) else text)


def _restore_scalar(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import numpy as np

    dtype = _restore_dtype(name, flat, reader)
    return np.array(reader.restore(flat["value"]), dtype=dtype)[()]


def _restore_array(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import numpy as np

    dtype = _restore_dtype(name, flat, reader)
    base = reader.restore(flat["base"]) if flat.get("base") is not None else None
    values = flat.get("values")
    shape = flat.get("shape")
    if isinstance(shape, dict):
        shape = reader.restore(shape)
    if isinstance(values, str) and (shape is not None or base is None):
        array = _from_bytes(values, dtype, shape, flat, reader)
    elif values is not None:
        # Beside a base they are for human eyes: jsonpickle's numbers do not count them.
        items = reader.restore(values) if base is None else reader.restore_uncounted(values)
        array = _from_items(items, dtype, shape)
    else:
        array = _from_base(base, dtype, shape, flat, reader)
    if flat.get("order") == "F":
        array = np.asfortranarray(array)
    return array


def _is_object(dtype: Any) -> bool:
    # Not a comparison with `object`: numpy would decompose the dtype.
    return bool(dtype.kind == "O")


def _from_items(items: Any, dtype: Any, shape: Any) -> Any:
    import numpy as np

    if not _is_object(dtype):
        array = np.array(items, dtype=dtype)
        return array if shape is None else array.reshape(shape)
    if shape is None:
        # Written by jsonpickle; what is a list and what a dimension is numpy's guess.
        return np.array(items, dtype=object)
    array = np.empty(math.prod(shape), dtype=object)
    if isinstance(items, list) and len(items) == array.size:
        for position, item in enumerate(items):
            array[position] = item
    else:
        array[:] = np.array(items, dtype=object).ravel()
    return array.reshape(shape)


def _from_bytes(text: str, dtype: Any, shape: Any, flat: dict[str, Any], reader: Reader) -> Any:
    import numpy as np

    content = base64.b64decode(text, validate=True)
    if _is_object(dtype):
        values = json.loads(_unpacked(content, _MAX_TEXT))
        return _from_items(reader.restore_independent(values), dtype, shape)
    if dtype.hasobject:
        # The bytes would be taken for addresses in memory.
        raise ValueError("objects cannot be made of bytes")
    if shape is None:
        raise ValueError("the shape is missing")
    size = math.prod(shape) * dtype.itemsize
    # Never more than was announced: a few bytes can expand to fill the memory.
    content = _unpacked(content, size + 1) if size else b""
    if len(content) != size:
        raise ValueError(f"{size} bytes expected")
    stored = dtype.newbyteorder(flat["byteorder"]) if flat.get("byteorder") else dtype
    items = np.frombuffer(content, dtype=stored) if size else np.empty(0, dtype=stored)
    return items.astype(dtype).reshape(shape, order="F" if flat.get("order") == "F" else "C")


def _unpacked(content: bytes, limit: int) -> bytes:
    return zlib.decompressobj().decompress(content, limit)


def _from_base(base: Any, dtype: Any, shape: Any, flat: dict[str, Any], reader: Reader) -> Any:
    """A copy of a part of another array (jsonpickle keeps views)."""
    import numpy as np

    base = np.array(base) if isinstance(base, list) else base
    if not isinstance(base, np.ndarray) or base.dtype.hasobject or dtype.hasobject:
        raise ValueError("an array cannot be a view of that")
    strides = reader.restore(flat["strides"]) if flat.get("strides") is not None else None
    if flat.get("byteorder") == "S":
        dtype = dtype.newbyteorder("S")
    flat_base = base.ravel(order="K")
    view = np.ndarray(
        shape, dtype=dtype, buffer=flat_base.data, offset=flat.get("offset", 0), strides=strides
    )
    return view.astype(dtype.newbyteorder("="))
