"""The progress of indexing a large directory of runs, for people who wait for it."""

from __future__ import annotations

import time

from sacred.display.console import Console

__all__ = ["IndexProgress"]

#: After this time people begin to wonder.
DELAY_SECONDS = 1.0


class IndexProgress:
    """Shows the progress on the terminal if a query takes longer than a second.

    Args:
        console: to show it on.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    def __call__(self, known: int, total: int) -> None:
        """Show the progress.

        Args:
            known: number of runs in the index.
            total: number of all runs.
        """
        if time.monotonic() - self._began < DELAY_SECONDS:
            return
        share = f"{known:,} of {total:,} runs"
        self._console.progress(
            f"indexing: {share} (once; Ctrl-C is safe)",
            f"interrupted: {share} are indexed, and the next query goes on from there",
        )
