"""Objects that consist of their fields: dataclasses and namespaces.

The form is jsonpickle's: ``{"py/object": "train.Options", "lr": 0.1}``. It is read as an
object only if the process has imported the class; the fields are set without running any
code of the class, so a class with its own way of setting attributes is refused.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from sacred.serializer.standard_types import loaded_class

if TYPE_CHECKING:
    from sacred.serializer.protocol import Reader, ReadObject

__all__ = ["fields_of", "fields_reader", "is_made_of_fields"]

_NAMESPACES = ("argparse.Namespace", "types.SimpleNamespace")


def fields_of(value: Any) -> dict[str, Any] | None:
    """Return the fields of an object that consists of nothing else, or None.

    Such objects are instances of dataclasses, namespaces, and objects that are copied and
    pickled in the default way.
    """
    cls: Any = type(value)
    names = getattr(cls, "__dataclass_fields__", None)
    if isinstance(names, dict):
        return {name: getattr(value, name) for name in names if hasattr(value, name)}
    if is_made_of_fields(value):
        return dict(vars(value))
    is_default = cls.__reduce_ex__ is object.__reduce_ex__ and cls.__reduce__ is object.__reduce__
    # Before Python 3.11, `object` has no such method.
    has_state = getattr(cls, "__getstate__", None) is not getattr(object, "__getstate__", None)
    if has_state or not is_default:
        return None
    return dict(getattr(value, "__dict__", {})) or None


def is_made_of_fields(value: Any) -> bool:
    """Whether an object is an instance of a dataclass, or a namespace."""
    return hasattr(type(value), "__dataclass_fields__") or _name(type(value)) in _NAMESPACES


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def fields_reader(name: str) -> ReadObject | None:
    """Return a function that makes objects of a class; None if they are not allowed."""
    if name in _NAMESPACES:
        return _read_namespace
    cls = loaded_class(name)
    # `Frozen` values of ours look like dataclasses, too: they do not come from data.
    if cls is None or "__dataclass_params__" not in vars(cls) or hasattr(cls, "__del__"):
        return None
    return _read_dataclass


def _read_namespace(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    fields = {key: reader.restore(item) for key, item in flat.items() if key != "py/object"}
    if name == "types.SimpleNamespace":
        return types.SimpleNamespace(**fields)
    # Not at the top: few values are namespaces.
    import argparse

    return argparse.Namespace(**fields)


def _read_dataclass(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    cls: Any = loaded_class(name)
    names = cls.__dataclass_fields__
    if flat.keys() - {"py/object"} != names.keys():
        raise ValueError(f"the fields of {name} are {', '.join(names) or 'none'}")
    if any(_runs_code(cls, field) for field in names):
        raise ValueError("setting its fields runs code")
    made = object.__new__(cls)
    for field in names:
        object.__setattr__(made, field, reader.restore(flat[field]))
    return made


def _runs_code(cls: type, field: str) -> bool:
    found = next((vars(base)[field] for base in cls.__mro__ if field in vars(base)), None)
    return hasattr(type(found), "__set__") and not isinstance(found, types.MemberDescriptorType)
