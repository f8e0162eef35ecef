"""What config scopes get of ingredients: containers whose entries cannot be changed.

A scope works with them as if they were its own. Changes of what is there are silently ignored,
as those of fixed values are; entries that the scope adds are its own business.
"""

from __future__ import annotations

from typing import Any, NoReturn, SupportsIndex

from sacred.config.read_only import ReadOnlyDict, ReadOnlyList, make_plain

__all__ = ["GivenDict", "GivenList", "make_given"]


class GivenDict(ReadOnlyDict):
    """A dict that ignores assignments to its entries; others can be added.

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
        """Add the entries that are not there."""
        for key, value in dict(iterable, **kwargs).items():
            self[key] = value

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]
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
        """Refused: there is no value that could be returned and removed.

        Raises:
            TypeError: always.
        """
        raise TypeError("Cannot pop from a list of an ingredient; take a copy: list(...)")


def make_given(o: Any) -> Any:
    """A copy of nested dicts, lists and tuples that ignores changes; other objects are shared.

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
