"""Numbers, strings, literals, enumerations and paths as declared types."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable
from typing import Any

from sacred._base.text import did_you_mean
from sacred.config.declared.declaration import Declaration, WrongValue
from sacred.config.differences import entry_type
from sacred.config.typed_entries import CommandLineText, as_entry, unmarked

__all__ = ["SCALARS", "Choice", "EnumMember", "PathValue", "Scalar"]

_REFUSED_VALUE: Any = object()
_SWITCHES = {0: False, 1: True}


def _to_none(value: Any) -> Any:
    return None if value is None or value == "null" else _REFUSED_VALUE


def _to_bool(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        made = as_entry(CommandLineText(value), True)
        return made if isinstance(made, bool) else _REFUSED_VALUE
    return _SWITCHES.get(value, _REFUSED_VALUE) if isinstance(value, int) else _REFUSED_VALUE


def _to_int(value: Any) -> Any:
    if isinstance(value, bool):
        return _REFUSED_VALUE
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            value = _to_float(value)
    if isinstance(value, float):
        # `steps=1e5` is a float to Python.
        return int(value) if value.is_integer() else _REFUSED_VALUE
    return int(value) if isinstance(value, int) else _REFUSED_VALUE


def _to_float(value: Any) -> Any:
    if isinstance(value, bool):
        return _REFUSED_VALUE
    if isinstance(value, str):
        made = as_entry(CommandLineText(value), 0.5)  # inf, 1/3
        if isinstance(made, float):
            return made
        try:
            return float(value)
        except ValueError:
            return _REFUSED_VALUE
    try:
        return float(value) if isinstance(value, int | float) else _REFUSED_VALUE
    except OverflowError:
        return _REFUSED_VALUE


def _to_complex(value: Any) -> Any:
    if isinstance(value, bool):
        return _REFUSED_VALUE
    if isinstance(value, int | float | complex):
        return complex(value)
    try:
        return complex(value) if isinstance(value, str) else _REFUSED_VALUE
    except ValueError:
        return _REFUSED_VALUE


def _to_str(value: Any) -> Any:
    text = getattr(value, "text", None)  # of a number that was typed
    if isinstance(text, str) and isinstance(value, int | float):
        return text
    return unmarked(value) if isinstance(value, str) else _REFUSED_VALUE  # it may name a secret


def _to_bytes(value: Any) -> Any:
    return value if isinstance(value, bytes) else _REFUSED_VALUE


# What a default is, and how a value from outside becomes it. PEP 484: an int is a float, too.
_KINDS: dict[Any, tuple[Any, Callable[[Any], Any], str]] = {
    bool: (bool, _to_bool, "boolean"),
    int: (int, _to_int, "integer"),
    float: (float | int, _to_float, "number"),
    complex: (complex | float | int, _to_complex, ""),
    str: (str, _to_str, "string"),
    bytes: (bytes, _to_bytes, ""),
    type(None): (type(None), _to_none, "null"),
}


class Scalar(Declaration):
    """One of Python's built-in types.

    Args:
        kind: the type.

    >>> wrong = []
    >>> Scalar(float).convert(1, "lr", wrong), Scalar(int).convert("2.5", "n", wrong)
    (1.0, '2.5')
    >>> print(wrong[0])
    n = '2.5': expected int.
    """

    def __init__(self, kind: type) -> None:
        self.name = "None" if kind is type(None) else kind.__name__
        self.kind = kind
        self._accepted, self._converted, self._json_type = _KINDS[kind]

    def accepts(self, value: Any) -> bool:
        """Whether a default fits; in a configuration, numpy's numbers become Python's."""
        return isinstance(value, self._accepted) or issubclass(entry_type(value), self._accepted)

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a value; see `Declaration.convert`.

        Args:
            value: the value.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        made = self._converted(value)
        if made is not _REFUSED_VALUE:
            return made
        hint = ""
        if self.kind is str and isinstance(value, bool | int | float | None):
            hint = f"As a text: {path}=\"'{value}'\""
        elif self.kind is int and isinstance(value, float):
            hint = f"The nearest: {round(value)}" if abs(value) < 1e15 else ""
        return self.refuse(value, path, wrong, hint)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": self._json_type} if self._json_type else {}


#: Python's own types that can be declared.
SCALARS = frozenset(_KINDS)


def _one_of(choices: Any) -> str:
    return f"one of {', '.join(choices)}"


class Choice(Declaration):
    """``Literal``: one of some values.

    Args:
        choices: the values.
    """

    def __init__(self, choices: tuple[Any, ...]) -> None:
        self._choices = choices
        self.name = _one_of(map(repr, choices))

    def accepts(self, value: Any) -> bool:
        """Whether a value is one of the choices."""
        return any(type(c) is type(value) and c == value for c in self._choices)

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Return the choice that a value equals, or whose text it is.

        Args:
            value: the value.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        plain = unmarked(value)
        text = getattr(value, "text", plain)
        for equal in (
            lambda c: type(c) is type(plain) and c == plain,
            lambda c: isinstance(text, str) and str(c) == text,
            lambda c: c is None and text == "null",
            lambda c: isinstance(c, bool) and _to_bool(value) is c,
        ):
            for choice in self._choices:
                if equal(choice):
                    return choice
        hint = did_you_mean(str(text), [str(c) for c in self._choices])
        return self.refuse(value, path, wrong, hint)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema."""
        plain = (str, int, float, bool, type(None))
        return {"enum": [one for one in self._choices if isinstance(one, plain)]}


class EnumMember(Declaration):
    """A member of an enumeration, given directly, by its name or by its value.

    Args:
        cls: the enumeration.
    """

    def __init__(self, cls: type[enum.Enum]) -> None:
        self._cls = cls
        self.name = _one_of(cls.__members__)

    def accepts(self, value: Any) -> bool:
        """Whether a value is a member, or the value of one (which configurations may hold)."""
        return isinstance(value, self._cls)

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Return the member that a value stands for.

        Args:
            value: the value.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        plain = unmarked(value)
        if isinstance(plain, self._cls):
            return plain
        if isinstance(plain, str) and plain in self._cls.__members__:
            return self._cls.__members__[plain]
        for member in self._cls:
            if member.value == plain and type(member.value) is type(plain):
                return member
        return self.refuse(value, path, wrong, did_you_mean(str(plain), self._cls.__members__))

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema: the names."""
        return {"enum": list(self._cls.__members__)}


class PathValue(Declaration):
    """A `pathlib` path, given as a string.

    Args:
        cls: the class.
    """

    def __init__(self, cls: Any) -> None:
        self._cls = cls
        self.name = "a path"

    def accepts(self, value: Any) -> bool:
        """Whether a value is a path or a string."""
        return isinstance(value, str | os.PathLike)

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Create a path from a string.

        Args:
            value: the value.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        text = _to_str(value)
        if text is not _REFUSED_VALUE:
            return self._cls(text)
        return value if isinstance(value, self._cls) else self.refuse(value, path, wrong)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "string", "format": "path"}
