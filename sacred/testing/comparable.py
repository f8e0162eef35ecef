"""Records of runs, converted so that equal ones compare equal, whatever store they come from."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

from sacred.serializer import restore
from sacred.stores.memory.store import READ_FIELDS

__all__ = ["comparable", "comparable_value"]


def comparable(run: Mapping[str, Any]) -> dict[str, Any]:
    """A run with times in one form, and with strings for NaN, which does not equal itself."""
    wanted = ("output", "metrics", "artifacts", "resources", *READ_FIELDS)
    return {name: comparable_value(run.get(name)) for name in wanted}


def comparable_value(value: Any) -> Any:
    """One value of a record, in the form of `comparable`."""
    # Whether NaN, tuples and keys of other types are still in their stored form when a
    # reader gives them back is its own business; what they mean is not.
    return _plain(restore(value) if isinstance(value, dict | list) else value)


def _plain(value: Any) -> Any:
    match value:
        case float() if math.isnan(value):
            return "NaN (a float)"
        case datetime.datetime():
            return value.isoformat()
        case list() | tuple():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
    return value
