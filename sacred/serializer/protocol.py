"""What the code for one kind of objects asks of the journey that it is part of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["ReadObject", "Reader"]


class Reader(Protocol):
    """Restores the parts of an object, under the same rules as the whole."""

    def restore(self, flat: Any) -> Any:
        """A part that belongs to the object."""

    def restore_apart(self, flat: Any) -> Any:
        """Data that are a whole of their own: a text inside of an object, for example."""


#: Makes an object: its class's name in the data, the data, the journey.
ReadObject = Callable[[str, dict[str, Any], Reader], Any]
