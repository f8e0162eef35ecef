"""Columns of points on their way to a reader: joined, or made on demand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Later", "joined"]


def joined(parts: Sequence[Any]) -> Any:
    """Join parts of a column: one array if all are arrays of one type, else a list.

    >>> joined([[1], [2.5]])
    [1, 2.5]
    """
    kinds = {getattr(part, "dtype", None) for part in parts}
    if len(kinds) == 1 and None not in kinds:
        # Not at the top, as others below: numpy is optional, and slow to load.
        import numpy as np

        return np.concatenate(parts)
    lists = (part.tolist() if hasattr(part, "tolist") else part for part in parts)
    return list(itertools.chain.from_iterable(lists))


class Later(Sequence[Any]):
    """A column that is made when it is first used.

    Args:
        make: returns a list or a numpy array.

    >>> Later(lambda: [1, 2])[1]
    2
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None

    @property
    def column(self) -> Any:
        """The column, once it is made."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def tolist(self) -> list[Any]:
        """Return a list of plain Python objects."""
        return list(self.column.tolist() if hasattr(self.column, "tolist") else self.column)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        import numpy as np

        return np.array(self.column, dtype=dtype)

    def __getitem__(self, index: Any) -> Any:
        return self.tolist()[index]

    def __len__(self) -> int:
        return len(self.column)
