"""The protocol by which the code for one kind of objects restores their parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["ReadObject", "ReadReduced", "Reader"]


class Reader(Protocol):
    """Restores the parts of an object, under the same rules as the whole."""

    def restore(self, flat: Any) -> Any:
        """Restore a part that belongs to the object."""

    def restore_uncounted(self, flat: Any) -> Any:
        """Restore a part that may refer to others, but that no other can refer to."""

    def restore_independent(self, flat: Any) -> Any:
        """Restore data that are independent of the rest, such as JSON text within an object."""

    def refuse(self, tag: str, reason: str = ...) -> Exception:
        """Return the error for the data that are being read.

        Args:
            tag: the tag or class that is refused.
            reason: what is wrong with it (default: it is not allowed).
        """


#: Makes an object from its class's name in the data, the data, and the reader.
ReadObject = Callable[[str, dict[str, Any], Reader], Any]

#: Makes the object that a call in pickled data would make, from the call's data and the reader.
ReadReduced = Callable[[list[Any], Reader], Any]
