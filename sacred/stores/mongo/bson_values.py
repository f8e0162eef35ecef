"""Values in a form that BSON takes, and small enough for a document."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Mapping
from typing import Any

from sacred.serializer import dumps

__all__ = [
    "DISCARDED",
    "DISCARD_TIME",
    "IN_GRIDFS",
    "MAX_FIELD_SIZE",
    "QUEUE_ENTRY",
    "bson_size",
    "force_bson_encodeable",
    "shortened",
    "with_datetimes",
    "with_large_integers",
]

#: Of a document's 16 MB, what one field may take. Several may be that large at once.
MAX_FIELD_SIZE = 2 * 1024 * 1024

#: Field of a run with the GridFS ids of those fields that are too large for the document.
IN_GRIDFS = "in_gridfs"

#: Field of a run that is in the trash.
DISCARDED = "discarded"
DISCARD_TIME = "discard_time"

#: Field of a run that was queued; see `sacred.stores.mongo.claims`.
QUEUE_ENTRY = "queue_entry"

# MongoDB allows 100 levels, and values stand some levels down in the document.
_MAX_DEPTH = 90
_INT64 = range(-(2**63), 2**63)
_DECIMAL_DIGITS = 34
_MAX_DECIMAL = 10**_DECIMAL_DIGITS - 1
_AS_THEY_ARE = frozenset({type(None), bool, float, bytes, datetime.datetime})
_MAX_ITEM_SIZE = 256 * 1024
_EXCERPT = 2000


def force_bson_encodeable(obj: Any) -> Any:
    """A copy of a value that MongoDB can store.

    In keys ``.`` becomes ``,`` and a leading ``$`` becomes ``@``; keys become
    text. What BSON has no form for becomes text, with a warning.

    >>> force_bson_encodeable({"a.b": 1, "$x": [2], 3: (4, 5)})
    {'a,b': 1, '@x': [2], '3': [4, 5]}
    """
    return _encodeable(obj, 0)


def with_datetimes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields in which flattened times are those of BSON, which queries compare.

    >>> from sacred.serializer import flatten
    >>> with_datetimes(flatten({"queue_time": datetime.datetime(2026, 1, 2), "n": [1]}))
    {'queue_time': datetime.datetime(2026, 1, 2, 0, 0), 'n': [1]}
    >>> with_datetimes({"a": {"py/object": "datetime.datetime"}})
    {'a': {'py/object': 'datetime.datetime'}}
    """
    # Not at the top: an import of `MongoObserver` does without what reads values.
    from sacred.records.stored_values import restored

    # What says that it is a time and is none stays as it is.
    return {
        name: restored(value, lambda problem: None) if _is_datetime(value) else value
        for name, value in fields.items()
    }


def _is_datetime(value: Any) -> bool:
    return isinstance(value, dict) and value.get("py/object") == "datetime.datetime"


def _encodeable(obj: Any, depth: int) -> Any:
    kind = type(obj)
    if kind in _AS_THEY_ARE:
        return obj
    if kind is str:
        return _utf8(obj)
    if isinstance(obj, int):
        return int(obj) if obj in _INT64 else _large_integer(int(obj))
    if depth < _MAX_DEPTH and isinstance(obj, Mapping):
        return {_key(key): _encodeable(value, depth + 1) for key, value in obj.items()}
    if depth < _MAX_DEPTH and isinstance(obj, (list, tuple)):
        return [_encodeable(value, depth + 1) for value in obj]
    if isinstance(obj, (Mapping, list, tuple)):
        return _as_text(obj, "it is nested too deeply")
    if hasattr(obj, "tolist") and hasattr(obj, "dtype"):  # numpy, without importing it
        return _encodeable(obj.tolist(), depth)
    return obj if _is_encodeable(obj) else _as_text(obj, "BSON has no such type")


def _large_integer(number: int) -> Any:
    """A decimal number, which the server compares with others; text if it is too long for one."""
    if abs(number) > _MAX_DECIMAL:
        return _as_text(number, f"it has more than {_DECIMAL_DIGITS} digits")
    # Not at the top: pymongo is optional.
    from bson.decimal128 import Decimal128

    return Decimal128(str(number))


def with_large_integers() -> Any:
    """Return the `bson.codec_options.TypeRegistry` that reads what `_large_integer` writes."""
    from bson.codec_options import TypeDecoder, TypeRegistry
    from bson.decimal128 import Decimal128

    class LargeInteger(TypeDecoder):
        bson_type = Decimal128

        def transform_bson(self, value: Decimal128) -> Any:
            number = value.to_decimal()
            is_whole = number.is_finite() and number.as_tuple().exponent == 0
            return int(number) if is_whole else value

    return TypeRegistry([LargeInteger()])


def _is_encodeable(obj: Any) -> bool:
    import bson

    try:
        bson.encode({"value": obj})
    except Exception:
        return False
    return True


def _key(key: Any) -> str:
    text = _utf8(str(key)).replace(".", ",").replace("\0", "")
    return f"@{text[1:]}" if text.startswith("$") else text


def _utf8(text: str) -> str:
    return text if text.isascii() else text.encode(errors="replace").decode()


def _as_text(obj: Any, reason: str) -> str:
    try:
        text = _utf8(str(obj))
    except Exception:
        text = f"<{type(obj).__name__} without a text>"
    message = (
        f"MongoDB cannot store a value of type {type(obj).__name__} ({reason}): stored as text"
    )
    try:
        warnings.warn(message, stacklevel=2)
    except UserWarning:
        # Warnings are errors in this process, but a heartbeat must not fail for one.
        import logging

        logging.getLogger(__name__).warning("%s", message)
    return text


def bson_size(value: Any) -> int:
    """Return how many bytes a value takes in a document.

    Raises:
        bson.errors.InvalidDocument: it is not encodeable.
    """
    import bson

    return len(bson.encode({"": value}))


def shortened(value: Any) -> Any:
    """The beginning of a large value, for the document; the whole goes elsewhere.

    Of a dict the entries that fit stay, and large ones become an excerpt.
    """
    if not isinstance(value, Mapping):
        return _excerpt(value)
    kept: dict[str, Any] = {}
    left = MAX_FIELD_SIZE // 2
    for key, item in value.items():
        size = bson_size(item) + len(key)
        if size > _MAX_ITEM_SIZE:
            item = _excerpt(item)
            size = len(item)
        if size < left:
            kept[key] = item
            left -= size
    return kept


def _excerpt(value: Any) -> str:
    text = value if isinstance(value, str) else dumps(value)
    if len(text) <= 2 * _EXCERPT:
        return text
    return f"{text[:_EXCERPT]} ... {text[-_EXCERPT:]}"
