"""Paths, exact numbers, ids, ranges, addresses and enumerations of the standard library.

Their forms are those of jsonpickle, except that members of enumerations have their names as
well, so that a reader without the class can show them::

    {"py/enum": "train.Color.RED", "value": 1}

No module is imported because data name it: a class of the user is found only if the
process has imported it already, and neither its constructor nor any other of its code runs.
"""

from __future__ import annotations

import enum
import sys
from typing import TYPE_CHECKING, Any

from sacred.serializer.object_text import ObjectText

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ENUM_TAG",
    "as_standard_scalar",
    "flatten_standard",
    "loaded_class",
    "read_enum",
]

ENUM_TAG = "py/enum"

_PATHS = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
_ADDRESSES = tuple(
    f"IPv{version}{kind}" for version in (4, 6) for kind in ("Address", "Network", "Interface")
)

_NUMBERS = ("Decimal", "Fraction")
_TEXTS = frozenset((*_PATHS, *_ADDRESSES, "UUID", "Enum"))


def flatten_standard(value: Any, flatten: Callable[[Any], Any]) -> Any:
    """Return the form of a value of these types, or `NotImplemented`.

    Args:
        value: any value.
        flatten: writes its parts.
    """
    # By the names of modules: none of them need be loaded.
    for cls in type(value).__mro__:
        write = _WRITERS.get(str(cls.__module__).partition("._")[0])
        if write is not None:
            return write(value, cls.__name__, flatten)
    return NotImplemented


def as_standard_scalar(value: Any) -> Any:
    """Return a number or a string for a value of these types that is one; others as they are.

    >>> import decimal, pathlib
    >>> as_standard_scalar(decimal.Decimal("1.5")), as_standard_scalar(pathlib.PurePosixPath("/a"))
    (1.5, '/a')
    """
    for cls in type(value).__mro__:
        module, name = str(cls.__module__).partition("._")[0], cls.__name__
        if name in _NUMBERS and module in ("decimal", "fractions"):
            return float(value)
        if name in _TEXTS and module in _WRITERS:
            return str(value)
    return value


def _reduced(name: str, *arguments: Any) -> dict[str, Any]:
    return {"py/reduce": [{"py/type": name}, {"py/tuple": list(arguments)}]}


def _path(value: Any, name: str, flatten: Callable[[Any], Any]) -> Any:
    if name not in _PATHS:
        return NotImplemented
    return _reduced(f"pathlib.{name}", *map(flatten, value.parts))


def _decimal(value: Any, name: str, flatten: Callable[[Any], Any]) -> Any:
    return _reduced("decimal.Decimal", str(value)) if name == "Decimal" else NotImplemented


def _fraction(value: Any, name: str, flatten: Callable[[Any], Any]) -> Any:
    return _reduced("fractions.Fraction", value.numerator, value.denominator)


def _uuid(value: Any, name: str, flatten: Callable[[Any], Any]) -> Any:
    return {"py/object": "uuid.UUID", "hex": value.hex} if name == "UUID" else NotImplemented


def _address(value: Any, name: str, flatten: Callable[[Any], Any]) -> Any:
    if name not in _ADDRESSES:
        return NotImplemented
    # The number of an IPv6 address has more bits than MongoDB takes.
    return _reduced(f"ipaddress.{name}", int(value) if name == "IPv4Address" else str(value))


def _member(value: Any, name: str, flatten: Callable[[Any], Any]) -> Any:
    cls = type(value)
    if isinstance(value, type) or value.name is None:
        return NotImplemented
    member = f"{cls.__module__}.{cls.__qualname__}.{value.name}"
    return {ENUM_TAG: member, "value": flatten(value.value)}


def _builtin(value: Any, name: str, flatten: Callable[[Any], Any]) -> Any:
    if isinstance(value, range | slice):
        parts = (value.start, value.stop, value.step)
        return _reduced(f"builtins.{type(value).__name__}", *map(flatten, parts))
    return flatten(bytes(value)) if isinstance(value, bytearray) else NotImplemented


_WRITERS: dict[str, Callable[[Any, str, Callable[[Any], Any]], Any]] = {
    "pathlib": _path,
    "decimal": _decimal,
    "fractions": _fraction,
    "uuid": _uuid,
    "ipaddress": _address,
    "enum": _member,
    "builtins": _builtin,
}


def read_enum(flat: dict[str, Any]) -> Any:
    """Return the member of an enumeration that is imported, else its name as an `ObjectText`.

    Raises:
        TypeError, KeyError: the data are malformed.
    """
    name = flat[ENUM_TAG]
    if not isinstance(name, str) or "." not in name:
        raise TypeError("the name of a member is expected")
    cls_name, _, member = name.rpartition(".")
    cls = loaded_class(cls_name)
    if cls is not None and issubclass(cls, enum.Enum):
        found = cls._member_map_.get(member)
        if type(found) is cls:
            return found
    return ObjectText(f"{cls_name.rpartition('.')[2]}.{member}", dict(flat))


def loaded_class(name: str) -> type | None:
    """Return a class of a module that is imported, without using the module's ``__getattr__``."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        found: Any = sys.modules.get(".".join(parts[:length]))
        if found is None:
            continue
        for step in parts[length:]:
            found = vars(found).get(step) if hasattr(found, "__dict__") else None
        return found if isinstance(found, type) else None
    return None
