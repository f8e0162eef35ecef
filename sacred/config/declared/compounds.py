"""Unions, lists, tuples and dicts as declared types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sacred.config.declared.declaration import MISSING, Declaration, WrongValue, below
from sacred.config.declared.scalars import Choice, EnumMember, PathValue, Scalar
from sacred.config.typed_entries import DELETED, CommandLineText, as_entry, unmarked

__all__ = ["DictOf", "ListOf", "OneOf", "TupleOf", "as_container"]


def as_container(value: Any, example: Any) -> Any:
    """Return the list or dict that a command-line text stands for, else the value itself.

    Args:
        value: the value.
        example: a list or a dict.
    """
    return as_entry(CommandLineText(value), example) if isinstance(value, str) else value


class OneOf(Declaration):
    """A union: the first alternative that accepts the value, else the first that can convert it.

    Args:
        alternatives: the declared types.
    """

    def __init__(self, alternatives: Sequence[Declaration]) -> None:
        self.alternatives = tuple(alternatives)
        self.name = " or ".join(one.name for one in alternatives)
        self.has_fields = any(one.has_fields for one in alternatives)
        # Any text is a text: what it could be otherwise comes first.
        self._for_text = sorted(alternatives, key=_breadth)

    @property
    def records(self) -> frozenset[Any]:
        """The classes whose instances its values may be."""
        return frozenset().union(*(one.records for one in self.alternatives))

    def field(self, name: str) -> Declaration | None:
        """Return the declared type of a part, from the first alternative that has one.

        Args:
            name: of the part.
        """
        found = (one.field(name) for one in self.alternatives)
        return next((one for one in found if one is not None), None)

    def accepts(self, value: Any) -> bool:
        """Whether one alternative accepts the value."""
        return any(one.accepts(value) for one in self.alternatives)

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a value to the nearest alternative.

        Args:
            value: the value.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        return self.update(value, MISSING, path, wrong)

    def update(self, value: Any, own: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a value that may be only a part of the entry's value.

        Args:
            value: the value.
            own: the entry's value; for a dict, its alternative is tried first.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        order: Sequence[Declaration] = self.alternatives
        if isinstance(value, Mapping) and own is not MISSING:
            order = sorted(order, key=lambda one: not one.accepts(own))
        elif type(value) is CommandLineText:
            order = self._for_text
        elif not isinstance(value, Mapping):
            plain = unmarked(value)
            order = sorted(order, key=lambda one: not _is_exact(one, plain))
        nearest: list[WrongValue] = []
        for one in order:
            found: list[WrongValue] = []
            made = one.update(value, own if one.accepts(own) else MISSING, path, found)
            if not found:
                return made
            if any(problem.path != path for problem in found):
                nearest = nearest or found  # the kind fits, and something inside does not
        if nearest:
            wrong.extend(nearest)
            return value
        hints = [f.hint for one in order for f in _problems(one, value, path) if f.hint]
        return self.refuse(value, path, wrong, hints[0] if hints else "")

    def instance(self, value: Any) -> Any:
        """Convert a value to the form that functions get; see `Declaration.instance`."""
        fitting = [one for one in self.alternatives if one.accepts(value)]
        return fitting[0].instance(value) if fitting else value

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"anyOf": [one.schema(definitions) for one in self.alternatives]}


def _problems(one: Declaration, value: Any, path: str) -> list[WrongValue]:
    found: list[WrongValue] = []
    one.convert(value, path, found)
    return found


def _is_exact(one: Declaration, value: Any) -> bool:
    return type(value) is one.kind if isinstance(one, Scalar) else one.accepts(value)


def _breadth(one: Declaration) -> int:
    """How much of all texts a type takes."""
    if isinstance(one, PathValue):
        return 3
    if isinstance(one, Scalar):
        return 2 if one.kind is str else 1
    return 0 if isinstance(one, Choice | EnumMember) else 1


class ListOf(Declaration):
    """Lists, and types that are stored as lists: sequences, sets.

    Args:
        item: the type of the elements.
        make: creates the value from a list; configurations hold tuples as lists.
        kinds: the types that a default may have.
    """

    def __init__(
        self, item: Declaration, make: Callable[[list[Any]], Any] = list, kinds: Any = (list, tuple)
    ) -> None:
        self._item = item
        self._make = make
        self._kinds = kinds
        self.name = f"a list of {item.name}" if item.name != "any value" else "a list"

    @property
    def records(self) -> frozenset[Any]:
        """The classes whose instances its values may be."""
        return self._item.records

    def accepts(self, value: Any) -> bool:
        """Whether a value is a list whose elements fit."""
        return isinstance(value, self._kinds) and all(map(self._item.accepts, value))

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert the elements.

        Args:
            value: the list, or a dict that updates elements by index.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        items = as_container(value, [])
        if not isinstance(items, list | tuple | set | frozenset):
            plain = unmarked(items)
            hint = f"As a list: {path}=[{plain}]" if isinstance(plain, str | int | float) else ""
            return self.refuse(value, path, wrong, hint)
        made = [self._item.convert(one, below(path, n), wrong) for n, one in enumerate(items)]
        try:
            return self._make(made)
        except TypeError:  # elements that a set cannot have
            return self.refuse(value, path, wrong)

    def update(self, value: Any, own: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a list, or some elements of one (``xs.0=5``).

        Args:
            value: the list, or elements by index.
            own: the entry's value.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        if isinstance(value, Mapping) and isinstance(own, list | tuple) and _are_indices(value):
            return {
                index: self._item_at(index, len(own)).update(
                    item, _element(own, index), below(path, index), wrong
                )
                for index, item in value.items()
            }
        return self.convert(value, path, wrong)

    def _item_at(self, index: Any, length: int) -> Declaration:
        return self._item

    def instance(self, value: Any) -> Any:
        """Convert a value to the form that functions get; see `Declaration.instance`."""
        return [self._item.instance(item) for item in value] if isinstance(value, list) else value

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema."""
        unique = {"uniqueItems": True} if self._make is not list else {}
        return {"type": "array", "items": self._item.schema(definitions), **unique}


def _are_indices(value: Mapping[Any, Any]) -> bool:
    return bool(value) and all(str(key).removeprefix("-").isdecimal() for key in value)


def _element(own: Sequence[Any], index: Any) -> Any:
    number = int(index)
    return own[number] if -len(own) <= number < len(own) else MISSING


class TupleOf(ListOf):
    """A list of a fixed length, in which each element has its own type.

    Args:
        items: the types of the elements.
    """

    def __init__(self, items: Sequence[Declaration]) -> None:
        super().__init__(OneOf(items))
        self._items = tuple(items)
        names = ", ".join(one.name for one in items)
        self.name = f"a list ({names})" if names else "an empty list"

    def accepts(self, value: Any) -> bool:
        """Whether a value is a list of that length whose elements fit."""
        return (
            isinstance(value, list | tuple)
            and len(value) == len(self._items)
            and all(one.accepts(item) for one, item in zip(self._items, value, strict=True))
        )

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert the elements.

        Args:
            value: the list.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        items = as_container(value, [])
        if not isinstance(items, list | tuple) or len(items) != len(self._items):
            return self.refuse(value, path, wrong)
        pairs = enumerate(zip(self._items, items, strict=True))
        return [one.convert(item, below(path, n), wrong) for n, (one, item) in pairs]

    def _item_at(self, index: Any, length: int) -> Declaration:
        number = int(index)
        fits = -len(self._items) <= number < len(self._items)
        return self._items[number] if fits else self._item

    def instance(self, value: Any) -> Any:
        """Convert a value to the form that functions get; see `Declaration.instance`."""
        if not isinstance(value, list) or len(value) != len(self._items):
            return value
        return tuple(one.instance(item) for one, item in zip(self._items, value, strict=True))

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema."""
        length = len(self._items)
        parts = {"prefixItems": [one.schema(definitions) for one in self._items]} if length else {}
        return {"type": "array", **parts, "minItems": length, "maxItems": length}


class DictOf(Declaration):
    """Dicts with arbitrary keys of one type.

    Args:
        key: the type of the keys.
        item: the type of the values.
    """

    def __init__(self, key: Declaration, item: Declaration) -> None:
        self._key = key
        self._item = item
        is_any = item.name == "any value"
        self.name = "a dict" if is_any else f"a dict of {key.name} to {item.name}"

    @property
    def records(self) -> frozenset[Any]:
        """The classes whose instances its values may be."""
        return self._item.records

    def field(self, name: str) -> Declaration | None:
        """The declared type of the values.

        Args:
            name: of a value.
        """
        return self._item

    def accepts(self, value: Any) -> bool:
        """Whether a value is a dict whose keys and values fit."""
        return (
            isinstance(value, Mapping)
            and all(map(self._key.accepts, value))
            and all(map(self._item.accepts, value.values()))
        )

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert keys and values.

        Args:
            value: the dict.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        return self.update(value, {}, path, wrong)

    def update(self, value: Any, own: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a dict, or some values of one.

        Args:
            value: the dict; it may lack keys.
            own: the entry's value.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        entries = as_container(value, {})
        if not isinstance(entries, Mapping):
            return self.refuse(value, path, wrong, f"As an entry of it: {path}.NAME=VALUE")
        had = own if isinstance(own, Mapping) else {}
        made: dict[Any, Any] = {}
        for key, item in entries.items():
            if item is DELETED:
                made[key] = item
                continue
            name = self._key.convert(key, below(path, key), wrong)
            made[name] = self._item.update(item, had.get(name, MISSING), below(path, key), wrong)
        return made

    def instance(self, value: Any) -> Any:
        """Convert a value to the form that functions get; see `Declaration.instance`."""
        if not isinstance(value, Mapping):
            return value
        return {key: self._item.instance(item) for key, item in value.items()}

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "object", "additionalProperties": self._item.schema(definitions)}
