"""A list that keeps its values."""

from __future__ import annotations

from typing import Any, NoReturn, SupportsIndex

__all__ = ["DogmaticList"]


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
        """Do nothing: the list is fixed."""

    def __iadd__(self, other: Any) -> DogmaticList:  # type: ignore[misc]
        return self

    def __imul__(self, other: Any) -> DogmaticList:  # type: ignore[misc]
        return self

    def pop(self, index: Any = None) -> NoReturn:
        """Refused: there is no value that could be returned and removed.

        Raises:
            TypeError: always.
        """
        raise TypeError("Cannot pop from DogmaticList")

    def copy(self) -> list[Any]:
        """A plain list."""
        return list(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return list, (list(self),)

    def revelation(self, preset: Any = None) -> set[str]:
        """Nothing was left out."""
        return set()
