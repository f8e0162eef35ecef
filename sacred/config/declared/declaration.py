"""The interface of declared types: accepting, converting and describing values of an entry."""

from __future__ import annotations

from typing import Any

from sacred._base.frozen import Frozen
from sacred._base.masking import mask_passwords
from sacred._base.paths import join_paths

__all__ = ["MISSING", "AnyValue", "Declaration", "WrongValue", "below", "shown", "untyped"]

_MAX_SHOWN_CHARS = 80

#: In place of a value that there is not.
MISSING: Any = object()


class WrongValue(Frozen, kw_only=False):
    """A value that does not fit the declared type of its entry.

    Attributes:
        path: the path of the entry, or of a part of it.
        value: the given value; `MISSING` if the entry must be set, but is not.
        expected: the declared type, in words.
        hint: what was probably meant; may be empty.
        origin: where the value comes from; may be empty.
        problem: what is wrong, if not the type.
    """

    path: str
    value: Any
    expected: str
    hint: str = ""
    origin: str = ""
    problem: str = ""

    def __str__(self) -> str:
        if self.value is not MISSING:
            entry = f"{self.path} = {shown(self.value)}"
        elif self.problem:
            entry = self.path
        else:
            entry = f"{self.path} is not set"
        origin = f"   ({self.origin})" if self.origin else ""
        problem = self.problem or f"expected {self.expected}."
        return f"{entry}{origin}: {problem} {self.hint}".removeprefix(": ").rstrip()


def shown(value: Any) -> str:
    """Return a value as text for a message: short, and without passwords in URLs."""
    from sacred.config.typed_entries import unmarked  # it is below this package in `config`

    text = mask_passwords(repr(unmarked(value)))
    return text if len(text) <= _MAX_SHOWN_CHARS else text[: _MAX_SHOWN_CHARS - 3] + "..."


class Declaration:
    """The declared type of an entry, or of a part of it."""

    #: The type in words, for messages: "expected ...".
    name = "any value"
    #: Whether the names below the entry are declared, too: setting one adds nothing.
    has_fields = False

    @property
    def records(self) -> frozenset[Any]:
        """The classes whose instances its values may be."""
        return frozenset()

    def field(self, name: str) -> Declaration | None:
        """The declared type of a part.

        Args:
            name: of the part.
        """
        return None

    def accepts(self, value: Any) -> bool:
        """Whether a default fits as it is written, without conversion.

        Args:
            value: the default.
        """
        raise NotImplementedError

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a value from outside.

        Args:
            value: the value; text and numbers from the command line are marked.
            path: of the entry, for messages.
            wrong: receives the values that do not fit.

        Returns:
            the converted value; if something was wrong, any value.
        """
        raise NotImplementedError

    def update(self, value: Any, own: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a value from outside that may be only a part of the entry's value.

        Args:
            value: the value; a dict for dicts and records may lack keys that `own` has.
            own: the value from the sources; `MISSING` if there is none.
            path: as in `convert`.
            wrong: as in `convert`.
        """
        return self.convert(value, path, wrong)

    def instance(self, value: Any) -> Any:
        """Return a value as functions get it that ask for the declared type: instances of records.

        Args:
            value: a value of the configuration.
        """
        return value

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema of the values (draft 2020-12).

        Args:
            definitions: receives the schemas of records, which are referred to by name.
        """
        return {}

    def refuse(self, value: Any, path: str, wrong: list[WrongValue], hint: str = "") -> Any:
        """Record that a value does not fit.

        Args:
            value: the value.
            path: of the entry.
            wrong: receives it.
            hint: what was probably meant.
        """
        wrong.append(WrongValue(path, value, self.name, hint))
        return value


class AnyValue(Declaration):
    """``Any``, or a type that says nothing about values of a configuration."""

    def accepts(self, value: Any) -> bool:
        """All values fit."""
        return True

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Return the value unchanged.

        Args:
            value: the value.
            path: not used.
            wrong: not used.
        """
        return value


def untyped(name: str, why: str) -> str:
    """Return the remark that an annotated entry is not typed.

    Args:
        name: of the entry.
        why: the reason.
    """
    return f'Config entry "{name}" is not typed: {why}'


def below(path: str, key: Any) -> str:
    """Return the path of a part of an entry.

    Args:
        path: of the entry.
        key: of the part: a key of a dict, an index of a list, a name of a field.
    """
    return join_paths(path, str(key))
