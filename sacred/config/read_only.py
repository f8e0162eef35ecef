"""Read-only containers, in which captured functions see the configuration."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, SupportsIndex

from sacred._base.errors import SacredError
from sacred._base.import_hooks import when_imported
from sacred._base.secret_text import SecretText, SecretValue, with_names
from sacred._base.text import did_you_mean
from sacred.provenance.usage import Read, UsageLog, note

__all__ = [
    "GivenDict",
    "GivenList",
    "ReadOnlyContainer",
    "ReadOnlyDict",
    "ReadOnlyList",
    "make_given",
    "make_plain",
    "make_read_only",
    "make_tracked",
    "with_secrets",
]


class ReadOnlyContainer:
    """Base class of `ReadOnlyDict` and `ReadOnlyList`; copies and pickles are plain."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SacredError(
            "The configuration is read-only in a captured function!", filter_traceback="always"
        )

    def __copy__(self) -> Any:
        # Plain at every level: a copy is made to be changed.
        return make_plain(self)

    def copy(self) -> Any:
        """Return a plain copy, at every level."""
        return make_plain(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(make_plain(self), memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        plain = make_plain(self)
        return type(plain), (plain,)


def _refused(name: str) -> Callable[..., NoReturn]:
    def method(self: ReadOnlyContainer, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    method.__name__ = name
    method.__doc__ = "Refused: the configuration is read-only."
    return method


class ReadOnlyDict(ReadOnlyContainer, dict[Any, Any]):
    """A dict that refuses every change; its entries are attributes as well.

    The methods of a dict (``items``, ``copy``) take precedence over entries with such names.

    >>> config = ReadOnlyDict(a=1)
    >>> config.a
    1
    >>> config["a"] = 2
    Traceback (most recent call last):
        ...
    sacred.utils.SacredError: The configuration is read-only in a captured function!
    """

    # Where reads of its entries are noted; see `make_tracked`.
    _sacred_reads: dict[Any, Read] | None = None

    def __getitem__(self, key: Any) -> Any:
        value = dict.__getitem__(self, key)
        reads = self._sacred_reads
        if reads is not None:
            read = reads.get(key)
            if read is None:
                note(reads, (key,))
            else:
                read.calls += 1
        return value

    def get(self, key: Any, default: Any = None) -> Any:
        """Return an entry.

        Args:
            key: the name of the entry.
            default: the result if there is no such entry (default: None).
        """
        return self[key] if key in self else default  # noqa: SIM401 - this is what `get` does

    def __iter__(self) -> Iterator[Any]:
        # With an iterator of its own, `dict(config)` and `f(**config)` ask for each entry.
        return dict.__iter__(self)

    def items(self) -> Any:
        """Return all entries with their keys."""
        self._note_all()
        return dict.items(self)

    def values(self) -> Any:
        """All entries."""
        self._note_all()
        return dict.values(self)

    def __or__(self, other: Any) -> Any:
        return dict(self) | other

    def __ror__(self, other: Any) -> Any:
        return other | dict(self)

    def _note_all(self) -> None:
        if self._sacred_reads is not None:
            note(self._sacred_reads, dict.keys(self))

    def __getattr__(self, name: str) -> Any:
        # Only asked for what a dict does not have. Protocols look for names like `__array__`.
        if name in self and not (name.startswith("__") and name.endswith("__")):
            return self[name]
        hint = did_you_mean(name, [key for key in self if isinstance(key, str)])
        raise AttributeError(f"The configuration has no entry {name!r} here. {hint}".rstrip())

    def __setattr__(self, name: str, value: Any) -> None:
        # An attribute of its own would hide the entry.
        self._refuse()

    def __dir__(self) -> list[str]:
        names = [key for key in self if isinstance(key, str) and key.isidentifier()]
        return sorted({*super().__dir__(), *names})


class ReadOnlyList(ReadOnlyContainer, list[Any]):
    """A list that refuses every change.

    >>> ReadOnlyList([1, 2]) + [3]
    [1, 2, 3]
    """


_MUTATORS: dict[type, str] = {
    ReadOnlyDict: "__setitem__ __delitem__ __ior__ clear pop popitem setdefault update",
    ReadOnlyList: "__setitem__ __delitem__ __iadd__ __imul__ append clear extend insert pop "
    "remove reverse sort",
}


def _setdefault(self: ReadOnlyDict, key: Any, default: Any = None) -> Any:
    """The entry of that key, if there is one; nothing changes then."""
    return self[key] if key in self else _refused("setdefault")(self, key, default)


for _container, _names in _MUTATORS.items():
    for _name in _names.split():
        setattr(_container, _name, _refused(_name))
# Not in the class: type checkers know the one of dict.
setattr(ReadOnlyDict, "setdefault", _setdefault)  # noqa: B010


#: They are their own read-only form.
_PLAIN_TYPES = frozenset({int, float, str, bool, type(None)})

_known_to_yaml = False


def _register_with_yaml() -> None:
    """Let PyYAML write these containers as plain ones, now or as soon as it is imported.

    Its safe dumper only knows exact types. It is an optional package, and slow to import.
    """
    global _known_to_yaml
    if _known_to_yaml:
        return
    yaml = sys.modules.get("yaml")
    if "yaml" in sys.modules and not hasattr(yaml, "SafeDumper"):
        return  # being imported right now, or blocked: try again next time
    _known_to_yaml = True
    when_imported("yaml", _add_representers)


def _add_representers(yaml: Any) -> None:
    names = ("SafeDumper", "Dumper", "CSafeDumper", "CDumper")
    for dumper in (getattr(yaml, name) for name in names if hasattr(yaml, name)):
        dumper.add_multi_representer(ReadOnlyDict, lambda d, value: d.represent_dict(dict(value)))
        dumper.add_multi_representer(ReadOnlyList, lambda d, value: d.represent_list(list(value)))
        for secret in (SecretText, SecretValue):
            dumper.add_representer(secret, lambda d, value: d.represent_str(str(with_names(value))))


def make_read_only(o: Any) -> Any:
    """Return a read-only copy of nested dicts, lists and tuples; other objects are shared.

    Strings that name secrets are replaced by the secrets, since this is what functions see.

    >>> type(make_read_only({"layers": [{"size": 1}]})["layers"][0]).__name__
    'ReadOnlyDict'
    """
    _register_with_yaml()
    return _read_only(o)


def _read_only(o: Any) -> Any:
    if isinstance(o, ReadOnlyContainer):
        return o
    if isinstance(o, dict):
        return ReadOnlyDict({key: _read_only(value) for key, value in o.items()})
    if isinstance(o, list):
        return ReadOnlyList(map(_read_only, o))
    if isinstance(o, tuple):
        return _same_tuple(o, map(_read_only, o))
    return o.reveal() if type(o) is SecretText else o


def make_tracked(config: Any, log: UsageLog, path: str = "") -> Any:
    """Like `make_read_only`, but record reads of entries in nested dicts.

    Args:
        config: the configuration, or a part of it.
        log: where reads are recorded.
        path: of the part in the configuration of the run.
    """
    _register_with_yaml()
    return _tracked(config, log, path)


def _tracked(o: Any, log: UsageLog, path: str) -> Any:
    if type(o) is not dict:
        return _read_only(o)
    start = f"{path}." if path else ""
    made = ReadOnlyDict(o)
    for key, item in o.items():
        kind = type(item)
        if kind not in _PLAIN_TYPES:  # as most of a large configuration are
            new = _tracked(item, log, f"{start}{key}") if kind is dict else _read_only(item)
            dict.__setitem__(made, key, new)
    object.__setattr__(made, "_sacred_reads", log.part(start))
    return made


def with_secrets(o: Any) -> Any:
    """Return a configuration in which strings that name secrets are replaced by the secrets.

    Args:
        o: nested dicts, lists and tuples; those without secrets are returned as they are.
    """
    if isinstance(o, ReadOnlyContainer):
        return o
    if isinstance(o, dict):
        revealed = {key: with_secrets(value) for key, value in o.items()}
        return revealed if any(revealed[key] is not o[key] for key in o) else o
    if isinstance(o, list | tuple):
        items = [with_secrets(item) for item in o]
        if all(new is old for new, old in zip(items, o, strict=True)):
            return o
        return items if isinstance(o, list) else _same_tuple(o, items)
    return o.reveal() if type(o) is SecretText else o


def _same_tuple(old: tuple[Any, ...], items: Any) -> tuple[Any, ...]:
    """A tuple of the same type; named tuples take their items one by one."""
    if hasattr(old, "_make"):
        made: tuple[Any, ...] = old._make(items)
        return made
    return tuple(items)


def make_plain(o: Any) -> Any:
    """Return plain, new containers (the inverse of `make_read_only`); other objects are shared.

    >>> make_plain(make_read_only({"a": [1]}))
    {'a': [1]}
    """
    if isinstance(o, dict):
        return {key: make_plain(value) for key, value in o.items()}
    if isinstance(o, list):
        return [make_plain(item) for item in o]
    if isinstance(o, tuple):
        return _same_tuple(o, map(make_plain, o))
    return o


# What config scopes get of ingredients. A scope works with them as if they were its own: changes
# of what is there are silently ignored, as those of fixed values are; what it adds is its own.


class GivenDict(ReadOnlyDict):
    """A dict that ignores assignments to existing entries; new entries can be added.

    >>> given = GivenDict(a=1)
    >>> given["a"], given["b"] = 2, 3
    >>> given
    {'a': 1, 'b': 3}
    """

    # Taking out an entry gives its value: only this dict, which the scope alone has, loses it.
    pop = dict.pop
    popitem = dict.popitem
    clear = dict.clear
    setdefault = dict.setdefault

    def __setitem__(self, key: Any, value: Any) -> None:
        dict.setdefault(self, key, value)

    def __delitem__(self, key: Any) -> None:
        self[key]  # it must be there, though

    def update(self, iterable: Any = (), /, **kwargs: Any) -> None:
        """Add entries; existing ones keep their values.

        Args:
            iterable: a mapping, or pairs of key and value.
            **kwargs: further entries.
        """
        for key, value in dict(iterable, **kwargs).items():
            self[key] = value

    def __ior__(self, other: Any) -> Any:
        # Binds a variable, so the scope gets a dict of its own.
        return {**make_plain(self), **dict(other)}


class GivenList(ReadOnlyList):
    """A list that ignores every change.

    >>> given = GivenList([1, 2])
    >>> given.append(3)
    >>> given
    [1, 2]
    """

    def _ignore(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the list belongs to an ingredient."""

    append = extend = insert = remove = clear = reverse = sort = _ignore
    __setitem__ = __delitem__ = _ignore

    def __iadd__(self, other: Any) -> GivenList:  # type: ignore[misc]
        return self

    def __imul__(self, other: Any) -> GivenList:  # type: ignore[misc]
        return self

    def pop(self, index: SupportsIndex = -1) -> NoReturn:
        """Raise an error: no element can be removed.

        Raises:
            TypeError: always.
        """
        raise TypeError("Cannot pop from a list of an ingredient; take a copy: list(...)")


def make_given(o: Any) -> Any:
    """Return a copy of nested dicts, lists and tuples that ignores changes; other objects stay.

    >>> given = make_given({"sizes": [1]})
    >>> given["sizes"] += [2]
    >>> given
    {'sizes': [1]}
    """
    if isinstance(o, dict):
        return GivenDict({key: make_given(value) for key, value in o.items()})
    if isinstance(o, list):
        return GivenList(map(make_given, o))
    if type(o) is tuple:
        return tuple(map(make_given, o))
    return o
