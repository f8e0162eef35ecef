"""A progress bar."""

from __future__ import annotations

from sacred.display.console import Console

__all__ = ["ProgressBar"]

_WIDTH = 30


class ProgressBar:
    """A progress bar on a terminal; elsewhere it prints nothing.

    Args:
        console: the console; the bar is drawn on its ``err``.
    """

    def __init__(self, console: Console) -> None:
        self._err = console.err if console.err.isatty() else None

    def show(self, done: int, total: int) -> None:
        """Draw the bar, if the output is a terminal.

        Args:
            done: the number of finished steps.
            total: the number of all steps.
        """
        if self._err is not None:
            full = _WIDTH * done // max(total, 1)
            self._err.write(f"\r[{'#' * full}{'.' * (_WIDTH - full)}] {done}/{total}")
            self._err.flush()

    def clear(self) -> None:
        """Erase the bar."""
        if self._err is not None:
            self._err.write("\r\033[K")
            self._err.flush()
