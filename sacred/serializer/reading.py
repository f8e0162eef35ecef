"""From plain data back to values, without trusting the data.

Nothing here calls what the data name: each known tag has code of its own, and every
other tag is refused. (jsonpickle's decoder is not used.)
"""

from __future__ import annotations

import base64
import datetime
import json
from typing import TYPE_CHECKING, Any

from sacred._base.errors import UnsafeDataError
from sacred._base.paths import join_paths
from sacred.serializer.dates import DATE_CLASSES, restore_date
from sacred.serializer.escaped_text import ESCAPED_TAG, read_escaped
from sacred.serializer.field_objects import fields_reader
from sacred.serializer.json_text import FLOAT_TAG, float_from_name
from sacred.serializer.object_text import TEXT_TAG, read_name, read_text
from sacred.serializer.standard_types import ENUM_TAG, read_enum
from sacred.serializer.standard_values import UUID_CLASS, call_of_standard_class, read_uuid
from sacred.serializer.tags import JSON_KEY, RESERVED, circular_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from sacred.serializer.protocol import Reader, ReadObject, ReadReduced

__all__ = ["restore"]

_SCALARS = frozenset({str, int, float, bool, type(None)})


def restore(flat: Any, *, with_objects: bool = True, with_names: bool = False) -> Any:
    """Return the value that was flattened.

    Args:
        flat: what `flatten` has returned, or what an older version or jsonpickle has written.
            It is not changed, and the result shares no containers with it.
        with_objects: also make dataclasses and namespaces; False: they are refused.
        with_names: make strings of the names of classes and functions; False: they are refused.

    Returns:
        plain data, tuples, sets, bytes, complex numbers, dates and times, values of
        the standard library (see `standard_values`), numpy and pandas values, objects of
        dataclasses that are imported; an `ObjectText` for objects that are stored as text.

    Raises:
        UnsafeDataError: the data have a tag that is not allowed; its ``tag``
            and ``path`` say which and where. Nothing has been executed.

    >>> restore({"py/tuple": [1, {"json://2": {"py/set": [3]}}]})
    (1, {2: {3}})
    """
    return _Reader(with_objects, with_names).restore(flat)


class _Reader:
    """A traversal of one tree of data."""

    def __init__(self, with_objects: bool, with_names: bool) -> None:
        self._with_objects = with_objects
        self._with_names = with_names
        # {"py/id": n} means the n-th list, dict or object, in the order of reading.
        self._made: list[Any] = []
        # The enclosing containers, by identity.
        self._open: set[int] = set()
        self._path: list[str] = []

    def restore(self, flat: Any) -> Any:
        if type(flat) in _SCALARS:
            return flat
        if isinstance(flat, dict):
            for key in flat:
                if key in RESERVED:
                    return self._tagged(key, flat)
            return self._dict(flat)
        if isinstance(flat, list | tuple):
            made: list[Any] = []
            self._begin(made)
            made.extend(self._at(str(n), item) for n, item in enumerate(flat))
            self._open.discard(id(made))
            return made
        return flat  # a value that is no JSON has come from Python: it is there already

    def restore_uncounted(self, flat: Any) -> Any:
        """Restore a part that jsonpickle does not number."""
        count = len(self._made)
        value = self.restore(flat)
        del self._made[count:]
        return value

    def restore_independent(self, flat: Any) -> Any:
        """Restore an independent tree of data."""
        return _Reader(self._with_objects, self._with_names).restore(flat)

    def refuse(self, tag: str, reason: str = "is not allowed") -> UnsafeDataError:
        """Return the error for the data that are being read."""
        return UnsafeDataError(tag, join_paths(*self._path), reason)

    def _at(self, step: str, flat: Any) -> Any:
        if type(flat) in _SCALARS:
            return flat
        self._path.append(step)
        # Without `finally`: after an error the path says where it was.
        value = self.restore(flat)
        self._path.pop()
        return value

    def _begin(self, container: Any) -> None:
        self._made.append(container)
        self._open.add(id(container))

    def _dict(self, flat: dict[Any, Any]) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        self._begin(made)
        self._fill(made, flat)
        self._open.discard(id(made))
        return made

    def _fill(self, made: dict[Any, Any], flat: dict[Any, Any]) -> None:
        # jsonpickle counts escaped keys and their values after all others.
        escaped = {key: None for key in flat if isinstance(key, str) and key.startswith(JSON_KEY)}
        if not escaped:
            for key, item in flat.items():
                made[key] = self._at(str(key), item)
            return
        values = {}
        keys = {}
        for key, item in flat.items():
            if key not in escaped:
                values[key] = self._at(str(key), item)
        for key in escaped:
            keys[key] = self._key(key)
            values[key] = self._at(key, flat[key])
        for key in flat:
            made[keys.get(key, key)] = values[key]

    def _key(self, key: str) -> Any:
        try:
            value = self.restore(json.loads(key[len(JSON_KEY) :]))
            hash(value)
        except (ValueError, TypeError) as error:
            raise self.refuse(key, f"is no key: {error}") from None
        except UnsafeDataError as error:
            raise self.refuse(error.tag, f"is not allowed in the key {key}") from None
        return value

    def _tagged(self, tag: str, flat: dict[str, Any]) -> Any:
        # Several tags in one dict: "py/object" and "py/reduce" know what goes with them.
        tag = next((main for main in ("py/object", "py/reduce") if main in flat), tag)
        read = _TAGS.get(tag)
        if read is None:
            raise self.refuse(tag)
        if len(flat) > 1 and tag not in _BESIDE_OTHERS:
            raise self.refuse(tag, "with other keys beside it is not allowed")
        try:
            return read(self, flat)
        except UnsafeDataError:
            raise
        except Exception as error:
            raise self.refuse(tag, f"is malformed: {type(error).__name__}: {error}") from error

    def _items(self, tag: str, flat: dict[str, Any]) -> list[Any]:
        items = flat[tag]
        if not isinstance(items, list | tuple):
            raise self.refuse(tag, "needs a list")
        return [self._at(str(n), item) for n, item in enumerate(items)]

    def _tuple(self, flat: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(self._items("py/tuple", flat))

    def _set(self, flat: dict[str, Any]) -> set[Any]:
        return set(self._items("py/set", flat))

    def _b64(self, flat: dict[str, Any]) -> bytes:
        return base64.b64decode(flat["py/b64"], validate=True)

    def _float(self, flat: dict[str, Any]) -> float:
        return float_from_name(flat[FLOAT_TAG])

    def _text(self, flat: dict[str, Any]) -> Any:
        text = read_text(flat)
        # There is only one such object, so its text is as good.
        is_ellipsis = self._with_objects and text.type_name == "builtins.ellipsis"
        return ... if is_ellipsis else text

    def _name(self, tag: str, flat: dict[str, Any]) -> Any:
        if not self._with_names:
            raise self.refuse(tag)
        return read_name(tag, flat)

    def _id(self, flat: dict[str, Any]) -> Any:
        number = flat["py/id"]
        if type(number) is not int or not 0 <= number < len(self._made):
            raise self.refuse("py/id", f"points to nothing: {number!r}")
        found = self._made[number]
        # jsonpickle would restore the cycle; few readers of a value handle one.
        return circular_reference(type(found)) if id(found) in self._open else found

    def _object(self, flat: dict[str, Any]) -> Any:
        name = flat["py/object"]
        if not isinstance(name, str):
            raise self.refuse("py/object", f"of {name!r} is not allowed")
        read = _reader_of_class(name)
        if read is None and self._with_objects:
            read = fields_reader(name)
        if read is None:
            raise self.refuse("py/object", f"of {name!r} is not allowed")
        position = len(self._made)
        self._made.append(None)  # an object may not contain itself
        self._made[position] = value = read(name, flat, self)
        return value

    def _reduce(self, flat: dict[str, Any]) -> Any:
        call = flat["py/reduce"]
        head = call[0] if isinstance(call, list) and call else None
        name = head.get("py/type", head.get("py/function")) if isinstance(head, dict) else head
        read = _reader_of_call(name) if isinstance(name, str) else None
        # Exactly {"py/type": name} or {"py/function": name}, and what goes with it.
        if read is None or head not in ({"py/type": name}, {"py/function": name}):
            raise self.refuse("py/reduce", f"of {name!r} is not allowed")
        position = len(self._made)
        self._made.append(None)
        self._path.append("py/reduce")
        self._made[position] = value = read(call, self)
        self._path.pop()
        return value


def _time_zone(key: Any, *from_cache: Any) -> datetime.tzinfo:
    # Not at the top, as others below: few values need one of them.
    from zoneinfo import ZoneInfo

    if not isinstance(key, str):
        raise TypeError("the name of a time zone is expected")
    return ZoneInfo(key)  # it takes no paths that lead out of its directory


# Tags that know what goes with them.
_BESIDE_OTHERS = ("py/object", TEXT_TAG, ENUM_TAG)

_TAGS: dict[str, Callable[[_Reader, Any], Any]] = {
    "py/tuple": _Reader._tuple,
    "py/set": _Reader._set,
    "py/b64": _Reader._b64,
    FLOAT_TAG: _Reader._float,
    "py/id": _Reader._id,
    "py/object": _Reader._object,
    "py/reduce": _Reader._reduce,
    TEXT_TAG: _Reader._text,
    ESCAPED_TAG: lambda _, flat: read_escaped(flat),
    ENUM_TAG: lambda _, flat: read_enum(flat),
    "py/type": lambda reader, flat: reader._name("py/type", flat),
    "py/function": lambda reader, flat: reader._name("py/function", flat),
}

_CALLS: dict[str, Callable[..., Any]] = {
    "builtins.frozenset": frozenset,
    "datetime.timedelta": datetime.timedelta,
    "datetime.timezone": datetime.timezone,
    "zoneinfo.ZoneInfo._unpickle": _time_zone,
}


def _reader_of_call(name: str) -> ReadReduced | None:
    """What does what a call of pickle's of `name` would, or None if it is not allowed."""
    if name.startswith("pandas."):
        from sacred.serializer.frames import pandas_call

        return pandas_call(name)
    make = _CALLS.get(name) or call_of_standard_class(name)
    if make is None:
        return None

    def read(call: list[Any], reader: Reader) -> Any:
        if any(call[2:]):  # pickle's state and items may be null
            raise ValueError(f"{name} has arguments only")
        return make(*reader.restore(call[1]))

    return read


def _reader_of_class(name: str) -> ReadObject | None:
    """What makes objects of the class `name`, or None if they are not allowed."""
    if name in DATE_CLASSES:
        return _read_date
    if name == "builtins.complex":
        return _read_complex
    if name == UUID_CLASS:
        return read_uuid
    package = name.partition(".")[0]
    # By name only: the package is imported after its class was found on the list.
    if package == "numpy":
        from sacred.serializer.arrays import numpy_reader

        return numpy_reader(name)
    if package == "pandas":
        from sacred.serializer.frames import pandas_reader

        return pandas_reader(name)
    return None


def _read_date(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    return restore_date(name, flat["__reduce__"], reader.restore)


def _read_complex(name: str, flat: dict[str, Any], reader: Reader) -> complex:
    real, imaginary = reader.restore(flat["py/newargs"])
    return complex(float(real), float(imaginary))
