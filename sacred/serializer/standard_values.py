"""Values of the standard library: paths, exact numbers, ids, network addresses, ranges."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sacred.serializer.protocol import Reader

__all__ = ["UUID_CLASS", "call_of_standard_class", "read_uuid"]

UUID_CLASS = "uuid.UUID"

_PATHS = ("PosixPath", "PurePosixPath", "PureWindowsPath", "WindowsPath")
_ADDRESSES = (
    "IPv4Address",
    "IPv4Interface",
    "IPv4Network",
    "IPv6Address",
    "IPv6Interface",
    "IPv6Network",
)

# Name in the data -> module, class. Their constructors do nothing but make the value, in
# time and memory that are linear in the text, for arguments of the types below.
_CLASSES: dict[str, tuple[str, str]] = {
    "decimal.Decimal": ("decimal", "Decimal"),
    "fractions.Fraction": ("fractions", "Fraction"),
    "builtins.range": ("builtins", "range"),
    "builtins.slice": ("builtins", "slice"),
    **{f"ipaddress.{name}": ("ipaddress", name) for name in _ADDRESSES},
    **{f"pathlib.{name}": ("pathlib", name) for name in _PATHS},
    # Where Python 3.13 has them.
    **{f"pathlib._local.{name}": ("pathlib", name) for name in _PATHS},
}

_ARGUMENTS: dict[str, type | tuple[type, ...]] = {
    "Decimal": str,
    # Not text: Fraction("1e999999999") would be computed.
    "Fraction": int,
    "range": int,
    "slice": (int, float, str, type(None)),
}


def call_of_standard_class(name: str) -> Callable[..., Any] | None:
    """Return a function that makes a value of a class from the arguments that pickle stores.

    Args:
        name: of the class, in the data.

    Returns:
        a function of the arguments, which raises TypeError for arguments of other
        types; None: the class is not on the list.
    """
    if name not in _CLASSES:
        return None
    module, class_name = _CLASSES[name]
    allowed = _ARGUMENTS.get(class_name, (str, int))

    def make(*arguments: Any) -> Any:
        if not all(isinstance(argument, allowed) for argument in arguments):
            raise TypeError(f"{name} takes no such arguments")
        if module == "ipaddress" and isinstance(arguments[0], str) and arguments[0].isdecimal():
            # MongoDB stores numbers of more than 64 bits as text.
            arguments = (int(arguments[0]), *arguments[1:])
        # Imported by a name from the list above, never by one from the data.
        return getattr(import_module(module), class_name)(*arguments)

    return make


def read_uuid(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    """Return a UUID from its digits.

    Args:
        name: of the class, not used.
        flat: the data, with the entry ``hex``.
        reader: not used.
    """
    from uuid import UUID  # it loads more than the rest of this package

    return UUID(hex=flat["hex"])
