"""A bar that shows how far something is."""

from __future__ import annotations

from sacred.display.console import Console

__all__ = ["Bar"]

_WIDTH = 30


class Bar:
    """How far it is, on a terminal; elsewhere nothing.

    Args:
        console: the bar is drawn where its remarks go.
    """

    def __init__(self, console: Console) -> None:
        self._err = console.err if console.err.isatty() else None

    def show(self, done: int, total: int) -> None:
        """Draw it anew."""
        if self._err is not None:
            full = _WIDTH * done // max(total, 1)
            self._err.write(f"\r[{'#' * full}{'.' * (_WIDTH - full)}] {done}/{total}")
            self._err.flush()

    def clear(self) -> None:
        """Leave an empty line."""
        if self._err is not None:
            self._err.write("\r\033[K")
            self._err.flush()
