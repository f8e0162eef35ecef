"""JSON text that every JSON reader can read, NaN and infinity included."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from typing import Any

__all__ = ["FLOAT_TAG", "float_from_name", "to_json"]

FLOAT_TAG = "py/float"
_BY_NAME = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_json(flat: Any, indent: int | None = None, sort_keys: bool = False) -> str:
    """Return the JSON text of plain data; numbers that JSON lacks are tagged.

    Args:
        flat: the plain data.
        indent: number of spaces for each level; None: a single line (default).
        sort_keys: whether the keys of dicts are sorted (default: False).
    """
    encode = _encoder(indent, sort_keys)
    try:
        # Such numbers are rare: look for them only if there are any.
        return encode(flat)
    except ValueError:
        return encode(_with_tagged_floats(flat))


@functools.lru_cache(maxsize=16)
def _encoder(indent: int | None, sort_keys: bool) -> Callable[[Any], str]:
    # To make one takes longer than to encode a small value.
    return json.JSONEncoder(indent=indent, sort_keys=sort_keys, allow_nan=False).encode


def float_from_name(name: Any) -> float:
    """Return a number that JSON lacks, by its name; `KeyError` for any other name."""
    return _BY_NAME[name]


def _with_tagged_floats(flat: Any) -> Any:
    if isinstance(flat, float):
        if math.isnan(flat):
            return {FLOAT_TAG: "NaN"}
        if math.isinf(flat):
            return {FLOAT_TAG: "Infinity" if flat > 0 else "-Infinity"}
        return flat
    if isinstance(flat, dict):
        return {key: _with_tagged_floats(value) for key, value in flat.items()}
    if isinstance(flat, list):
        return [_with_tagged_floats(value) for value in flat]
    return flat
