"""Containers in which fixed values win over whatever is assigned.

A config scope may assign anything; these containers ensure that the values from outside win,
and remember what they changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, SupportsIndex

from sacred._base.errors import ConfigError
from sacred._base.paths import are_indices, join_paths
from sacred.config.differences import entry_type, has_empty_list, is_different, type_changed
from sacred.config.typed_entries import DELETED, TypedValues, as_entry, unmarked

__all__ = ["DogmaticDict", "DogmaticList", "dogmatize", "fallback_dict", "undogmatize"]

_MISSING: Any = object()


class DogmaticDict(dict[Any, Any]):
    """A dict whose fixed entries keep their values.

    Args:
        fixed: nested dict of the values that win. An empty dict in it stays empty.
            Numbers as keys (``{"0": 5}``) are elements where a list is assigned.
        fallback: values that can be read, but are not entries.

    Attributes:
        modified: paths where the assigned value differs from the fixed one.
        typechanges: path → (assigned type, fixed type).
        overridden: path → the last value that was assigned to it without effect.
        fallback_writes: names of fallbacks that were assigned to.

    >>> d = DogmaticDict({"a": 1, "n": {"x": 1}})
    >>> d["a"] = "text"
    >>> d["n"] = {"x": 2, "y": 3}
    >>> d, d.revelation(), sorted(d.modified), d.typechanges
    ({'a': 1, 'n': {'x': 1, 'y': 3}}, set(), ['n', 'n.x'], {'a': (<class 'str'>, <class 'int'>)})
    """

    def __init__(
        self, fixed: Mapping[Any, Any] | None = None, fallback: Mapping[Any, Any] | None = None
    ) -> None:
        super().__init__()
        self.fixed: Mapping[Any, Any] = {} if fixed is None else fixed
        self._fallback: Mapping[Any, Any] = {} if fallback is None else fallback
        self.modified: set[str] = set()
        self.typechanges: dict[str, tuple[type, type]] = {}
        self.overridden: dict[str, Any] = {}
        self.fallback_writes: list[Any] = []
        #: An update cleared this dict: nothing is added to it.
        self.closed = False
        # Variables of a scope stay while its body runs, even those of deleted entries.
        self._keeps_deleted = True
        # Names of entries that are bools even if no bool is assigned (by annotation).
        self.bools: frozenset[Any] = frozenset()
        #: Converts fixed values to the declared types of their entries.
        self.given: TypedValues | None = None
        #: Values of earlier sources: they say what an entry is that None is assigned to.
        self.earlier: Mapping[Any, Any] = {}
        self._resolved: dict[Any, Any] = {}
        # Fixed entries that are there although nothing has been assigned to them.
        self._imposed: set[Any] = set()
        # Paths of entries that an earlier assignment of this dict as a whole had.
        self._replaced: set[str] = set()

    @property
    def fallback(self) -> Mapping[Any, Any]:
        """Values that can be read, but are not entries."""
        return self._fallback

    @fallback.setter
    def fallback(self, value: Mapping[Any, Any]) -> None:
        self._fallback = value

    # ------------------------------------------------------------- assigning

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.closed or value is self._resolved.get(key, _MISSING):
            # The second: what a fixed entry came out as is assigned back (`l += [1]`).
            return
        if key not in self.fixed:
            if key in self._fallback:
                self.fallback_writes.append(key)
            super().__setitem__(key, value)
            return
        if self.given is not None and not self.given.assign(key, value):
            super().__setitem__(key, value)  # the run is refused in the end
            return
        if self.fixed[key] is DELETED:
            self.overridden[str(key)] = value
            self.modified.add(str(key))
            if self._keeps_deleted:
                super().__setitem__(key, value)
            return
        before = None if key in self._imposed else self._resolved.get(key)
        self._imposed.discard(key)
        self._resolved[key] = resolved = self._resolve(key, value)
        if isinstance(before, DogmaticDict) and isinstance(resolved, DogmaticDict):
            resolved._replaced = before._assigned_paths()
        super().__setitem__(key, resolved)
        self._compare(key, value)

    def _resolve(self, key: Any, value: Any) -> Any:
        before = self.earlier.get(key)
        entry = before if value is None else value
        fixed = as_entry(self.fixed[key], entry, is_bool=key in self.bools)
        if isinstance(fixed, dict):
            if isinstance(value, list | tuple) and are_indices(fixed):
                return ElementwiseList(value, fixed, str(key))
            below = self._fallback.get(key)
            nested = DogmaticDict(
                _with_keys_of(value, _fixed_of(fixed)),
                below if isinstance(below, Mapping) else None,
            )
            nested.closed = not nested.fixed
            nested._keeps_deleted = False
            nested.earlier = before if isinstance(before, Mapping) else {}
            if isinstance(value, dict):
                nested.update(value)
            nested._impose_rest()
            return nested
        return _copy(fixed, DogmaticList)

    def _impose_rest(self) -> None:
        """Make the fixed entries that were not assigned readable already now."""
        for key, fixed in self.fixed.items():
            if fixed is not DELETED and not dict.__contains__(self, key):
                super().__setitem__(key, self._resolve(key, _MISSING))
                self._imposed.add(key)

    def _assigned_paths(self) -> set[str]:
        """The paths of all entries that have been assigned so far, here and below."""
        paths = set(self._replaced)
        for key, value in self.items():
            if key not in self._imposed:
                below = (
                    value._assigned_paths() if isinstance(value, DogmaticDict) else _paths(value)
                )
                paths |= {str(key), *(join_paths(str(key), path) for path in below)}
        return paths

    def _compare(self, key: Any, value: Any) -> None:
        # A change stays a change even if the fixed value is assigned later on: `x = max(x, 1)`.
        path, resolved = str(key), self._resolved[key]
        # What differs inside of these is found out when all is done (`revelation`).
        inside = isinstance(resolved, ElementwiseList) or (
            isinstance(resolved, DogmaticDict) and isinstance(value, dict) and not resolved.closed
        )
        if not inside:
            self.overridden[path] = value
        if type_changed(value, resolved):
            self.typechanges[path] = entry_type(value), entry_type(resolved)
        elif not inside and (is_different(value, resolved) or has_empty_list(resolved)):
            self.modified.add(path)

    def update(self, iterable: Any = None, /, **kwargs: Any) -> None:
        """Assign several entries; those that are fixed keep their values.

        Args:
            iterable: a mapping, or pairs of key and value.
            **kwargs: further entries.
        """
        pairs = iterable.items() if isinstance(iterable, Mapping) else iterable or ()
        for key, value in [*pairs, *kwargs.items()]:
            self[key] = value

    def __ior__(self, other: Any) -> DogmaticDict:  # type: ignore[misc]
        self.update(other)
        return self

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return an entry; if there is none, assign the default first.

        Args:
            key: the name of the entry.
            default: its value if it is missing (default: None).
        """
        if key not in self:
            self[key] = default
        return self.get(key, default)

    # -------------------------------------------------------------- removing

    def __delitem__(self, key: Any) -> None:
        if key not in self.fixed:
            super().__delitem__(key)

    def pop(self, key: Any, *default: Any) -> Any:
        """Return an entry, and remove it unless it is fixed.

        Args:
            key: the name of the entry.
            *default: the result if there is no such entry.

        Raises:
            KeyError: there is no such entry, and no default.
        """
        if key in self.fixed and dict.__contains__(self, key):
            return self[key]
        return super().pop(key, *default)

    def popitem(self) -> tuple[Any, Any]:
        """Remove and return the last entry that is not fixed.

        Raises:
            KeyError: there is no such entry.
        """
        for key in reversed(self):
            if key not in self.fixed:
                return key, super().pop(key)
        raise KeyError("popitem(): there is no entry that is not fixed")

    def clear(self) -> None:
        """Remove all entries that are not fixed."""
        for key in [key for key in self if key not in self.fixed]:
            super().__delitem__(key)

    # --------------------------------------------------------------- reading

    def __getitem__(self, key: Any) -> Any:
        if dict.__contains__(self, key) or key not in self._fallback:
            return super().__getitem__(key)
        return self._resolve(key, _MISSING) if key in self.fixed else self._fallback[key]

    def __contains__(self, key: Any) -> bool:
        return dict.__contains__(self, key) or key in self._fallback

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the entry or fallback of a name.

        Args:
            key: the name.
            default: the result if there is neither (default: None).
        """
        try:
            return self[key]
        except KeyError:
            return default

    def has_key(self, item: Any) -> bool:
        """Whether there is such an entry or fallback."""
        return item in self

    def copy(self) -> dict[Any, Any]:
        """Return a plain dict of the entries."""
        return dict(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return dict, (dict(self),)  # copies and pickles: the values, not the dogma

    # -------------------------------------------------------------- the end

    def revelation(self, preset: Mapping[Any, Any] | None = None) -> set[str]:
        """Set the fixed entries that were never assigned, and collect the changes.

        Args:
            preset: values that such entries have from other sources.

        Returns:
            the paths of these entries.
        """
        missing: set[str] = set()
        preset = preset if isinstance(preset, Mapping) else {}
        if self.given is not None:
            self.given.assign_rest(dict.keys(self), preset)
        for key, fixed in self.fixed.items():
            if fixed is DELETED:
                dict.pop(self, key, None)
                continue
            path, known = str(key), preset.get(key, _MISSING)
            value = dict.get(self, key, _MISSING)
            if value is _MISSING or key in self._imposed:
                value = self._resolve(key, known)
                if isinstance(value, DogmaticDict | ElementwiseList):
                    value.revelation(known)
                super().__setitem__(key, value)
                missing |= {path, *(join_paths(path, below) for below in _paths(fixed))}
            elif isinstance(value, DogmaticDict | ElementwiseList):
                missing |= {join_paths(path, below) for below in value.revelation(known)}
                self._take_over(path, value)
            else:
                # Once more: what is inside of a list may have been changed.
                value = as_entry(fixed, value, is_bool=key in self.bools)
                super().__setitem__(key, _copy(value))
        self._imposed.clear()
        return missing - self._replaced

    def _take_over(self, path: str, part: DogmaticDict | ElementwiseList) -> None:
        changed = {join_paths(path, below) for below in part.modified}
        self.modified |= changed
        if changed and path not in self.typechanges:
            self.modified.add(path)
        for below, types in part.typechanges.items():
            self.typechanges[join_paths(path, below)] = types
        for below, value in part.overridden.items():
            self.overridden[join_paths(path, below)] = value


class DogmaticList(list[Any]):
    """A list that silently ignores every change.

    >>> l = DogmaticList([1, 2])
    >>> l.append(3)
    >>> l += [4]
    >>> l
    [1, 2]
    """

    def _ignore(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the list is fixed."""

    append = extend = insert = remove = clear = reverse = _ignore
    __setitem__ = __delitem__ = _ignore

    def sort(self, compare: Any = None, key: Any = None, reverse: bool = False) -> None:
        """Do nothing: the list is fixed.

        Args:
            compare: ignored.
            key: ignored.
            reverse: ignored.
        """

    def __iadd__(self, other: Any) -> DogmaticList:  # type: ignore[misc]
        return self

    def __imul__(self, other: Any) -> DogmaticList:  # type: ignore[misc]
        return self

    def pop(self, index: Any = None) -> NoReturn:
        """Raise an error: no element can be removed.

        Raises:
            TypeError: always.
        """
        raise TypeError("Cannot pop from DogmaticList")

    def copy(self) -> list[Any]:
        """Return a plain list."""
        return list(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return list, (list(self),)

    def revelation(self, preset: Any = None) -> set[str]:
        """Let the dicts in the list set their fixed entries; return no paths."""
        for item in self:
            if isinstance(item, DogmaticDict | DogmaticList):
                item.revelation()
        return set()


class ElementwiseList(list[Any]):
    """A list in which some elements are fixed (``xs.0=5``); the others may change.

    Negative indices count from the end of the list as it is assigned. An element just after
    the last one is appended. The name is for messages.
    """

    def __init__(self, value: Iterable[Any], fixed: Mapping[str, Any], name: str = "") -> None:
        super().__init__(value)
        self.overridden = {"": list(self)}
        self._name = name
        elements = {self._position(int(index)): item for index, item in fixed.items()}
        self._elements = DogmaticDict(elements)
        self._impose()

    def _position(self, index: int) -> int:
        position = index + len(self) if index < 0 else index
        if position < 0:
            raise self._no_element(index)
        return position

    def _no_element(self, index: int) -> ConfigError:
        entry = f' (entry "{self._name}")' if self._name else ""
        return ConfigError(
            f"Cannot set element {index}: the list has only {len(self)} element(s){entry}. "
            f"Element {len(self)} would be appended; or set the whole list instead.",
            print_traceback=False,
        )

    @property
    def modified(self) -> set[str]:
        """Indices, as paths, of elements that differ from the fixed ones."""
        return self._elements.modified

    @property
    def typechanges(self) -> dict[str, tuple[type, type]]:
        """Index, as path → (assigned type, fixed type)."""
        return self._elements.typechanges

    def _impose(self) -> None:
        for index in self._elements.fixed:
            if index < len(self):
                self._elements[index] = self[index]
                super().__setitem__(index, self._elements[index])

    def revelation(self, preset: Any = None) -> set[str]:
        """Set the fixed elements for the last time.

        Raises:
            ConfigError: there is no element with that index.
        """
        self._impose()
        appended = set()
        for index in sorted(self._elements.fixed):
            if index > len(self):
                raise self._no_element(index)
            if index == len(self):
                self.append(None)
                appended.add(str(index))
        missing = self._elements.revelation()
        for index, item in self._elements.items():
            super().__setitem__(index, item)
        # No new entry: the list is one, and it has changed.
        self._elements.modified |= appended
        return {path for path in missing if path.partition(".")[0] not in appended}

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return list, (list(self),)


def _with_keys_of(value: Any, fixed: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Fixed entries under the keys of a dict: a path (``d.1=5``) cannot say that 1 is an int."""
    if not isinstance(value, dict):
        return fixed
    others = {str(key): key for key in value if not isinstance(key, str) and str(key) not in value}
    return {others.get(key, key): item for key, item in fixed.items()} if others else fixed


def _fixed_of(value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    # It is dogmatic itself after `dogmatize`.
    return value.fixed if isinstance(value, DogmaticDict) else value


def _paths(value: Any) -> list[str]:
    """The paths of all entries below a value."""
    if not isinstance(value, dict):
        return []
    below = [(str(key), item) for key, item in _fixed_of(value).items()]
    return [path for key, item in below for path in (key, *(f"{key}.{p}" for p in _paths(item)))]


def _copy(value: Any, list_type: type[list[Any]] = list) -> Any:
    if isinstance(value, DogmaticDict) and not value:
        value = value.fixed  # dogmatized, and never assigned to
    if isinstance(value, dict):
        return {key: _copy(item, list_type) for key, item in value.items()}
    if isinstance(value, list):
        return list_type(_copy(item, list_type) for item in value)
    if type(value) is tuple:
        return tuple(_copy(item, list_type) for item in value)
    return unmarked(value)


def dogmatize(obj: Any) -> Any:
    """Make the dicts and lists of a nested value dogmatic, with their entries fixed.

    >>> dogmatize({"a": [1]}).fixed
    {'a': [1]}
    """
    if isinstance(obj, dict):
        return DogmaticDict({key: dogmatize(value) for key, value in obj.items()})
    if isinstance(obj, list):
        return DogmaticList(map(dogmatize, obj))
    if isinstance(obj, tuple):
        return tuple(map(dogmatize, obj))
    return obj


def undogmatize(obj: Any) -> Any:
    """Return plain dicts and lists of the entries (after `revelation`), at every level.

    >>> d = dogmatize({"a": [1]})
    >>> d.revelation(), undogmatize(d)
    ({'a'}, {'a': [1]})
    """
    if isinstance(obj, dict):
        return {key: undogmatize(value) for key, value in obj.items()}
    if isinstance(obj, list):
        return [undogmatize(item) for item in obj]
    if type(obj) is tuple:
        return tuple(undogmatize(item) for item in obj)
    return unmarked(obj)


def fallback_dict(fallback: Mapping[Any, Any], **kwargs: Any) -> dict[Any, Any]:
    """Return a copy of a mapping with some entries set.

    Args:
        fallback: the mapping.
        **kwargs: the entries.

    >>> fallback_dict({"a": 1}, b=2)
    {'a': 1, 'b': 2}
    """
    return {**fallback, **kwargs}
