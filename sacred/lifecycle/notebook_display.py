"""Runs in notebooks: a display that is updated during a run.

A run that lasts longer than its first heartbeat gets a display, in the form that it has at
its end. The cell then does not display the run a second time.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

from sacred._base.deferred_thread import helper_thread

__all__ = ["html_of", "shown_live"]

#: Runs that have a display → the number of the cell that it is in.
_shown: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


@contextlib.contextmanager
def shown_live(run: Any) -> Iterator[None]:
    """Within this context, show a run in the notebook from its first heartbeat on.

    Args:
        run: the `Run` (a class of a higher layer), not started yet.
    """
    shell = _notebook()
    if shell is None or run.unobserved:  # such as commands that print something
        yield
        return
    display = _LiveDisplay(run, shell)
    display.start()
    try:
        yield
    finally:
        display.end()


def html_of(run: Any) -> str | None:
    """Return a run as HTML; None if the current cell already shows it.

    Args:
        run: the run.
    """
    shell = _notebook()
    if shell is not None and _shown.get(run) == shell.execution_count:
        return None
    return _html(run)


def _html(run: Any) -> str:
    # Not at the top: only notebooks show HTML.
    from sacred.records.notebook import run_as_html

    return run_as_html(run, run.heartbeat.sketch.curves() if run.heartbeat else {})


def _notebook() -> Any:
    """The shell of a notebook that shows HTML, or None."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell if hasattr(shell, "kernel") else None


class _LiveDisplay:
    """Updates the display of a run from a thread, at its intervals of heartbeats."""

    def __init__(self, run: Any, shell: Any) -> None:
        self._run = run
        self._shell = shell
        self._handle: Any = None
        self._ended = threading.Event()
        self._thread = helper_thread(self._loop, "sacred-display")

    def start(self) -> None:
        self._thread.start()

    def _loop(self) -> None:
        while not self._ended.wait(self._run.beat_interval or 1):
            # What cannot be shown must not disturb the run.
            with contextlib.suppress(Exception):
                self._update()

    def _update(self) -> None:
        from IPython import display

        shown = display.HTML(_html(self._run))  # type: ignore[no-untyped-call]
        if self._handle is None:
            self._handle = display.display(shown, display_id=True)  # type: ignore[no-untyped-call]
            _shown[self._run] = self._shell.execution_count
        else:
            self._handle.update(shown)

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        if self._handle is not None:
            with contextlib.suppress(Exception):
                self._update()
