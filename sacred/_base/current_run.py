"""Which run code belongs to: the one answer for captured functions, observers and experiments.

Each context (of a thread or an `asyncio` task) has its own stack of runs, so nested, parallel
and asynchronous runs do not mix. A thread that a user starts has an empty stack of its own; what
it calls belongs to the run that was started last among those that are still active.

Here a run may be any object; the library puts the `RunBindings` of its runs on the stack.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

__all__ = ["acting_for", "active", "active_runs", "current_run", "runs_in_scope"]

_stack: ContextVar[tuple[Any, ...]] = ContextVar("sacred_runs", default=())
_active: list[Any] = []


@contextlib.contextmanager
def acting_for(run: Any) -> Iterator[None]:
    """Make the code in a block belong to a run, wherever it is executed.

    The methods of observers do not say which run they are about, and one observer may serve
    nested and parallel runs. The code that calls them, usually in a background thread,
    therefore names the run here.

    >>> with acting_for("outer"), acting_for("inner"):
    ...     current_run()
    'inner'
    """
    token = _stack.set((*_stack.get(), run))
    try:
        yield
    finally:
        _stack.reset(token)


@contextlib.contextmanager
def active(run: Any) -> Iterator[None]:
    """Execute a run in this block; meanwhile, threads without a run of their own belong to it."""
    _active.append(run)
    try:
        with acting_for(run):
            yield
    finally:
        # Not always the last one: runs of several threads may overlap.
        for index in range(len(_active) - 1, -1, -1):
            if _active[index] is run:
                del _active[index]
                break


def current_run() -> Any:
    """The run that the calling code belongs to, or None outside of runs."""
    stack = _stack.get()  # spelled out: every call of a captured function asks
    if stack:
        return stack[-1]
    return _active[-1] if _active else None


def active_runs() -> tuple[Any, ...]:
    """The runs that are under way in this process, the innermost last."""
    return tuple(_active)


def runs_in_scope() -> Iterator[Any]:
    """The runs that the calling code may belong to, the likeliest first; some appear twice."""
    for run in (*reversed(_stack.get()), *reversed(tuple(_active))):
        if run is not None:
            yield run
