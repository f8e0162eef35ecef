"""Which runs are under way, seen from here.

The run that code belongs to is found through a context variable, so nested,
parallel and asynchronous runs do not mix. Threads that users start have no
context of their own; they see the innermost run that is under way, else the last.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

__all__ = ["active", "innermost"]

Run = Any  # the class lives on a floor above

_in_context: ContextVar[tuple[Run, ...]] = ContextVar("sacred_runs", default=())
_under_way: list[Run] = []


@contextlib.contextmanager
def active(run: Run) -> Iterator[None]:
    """Mark a run as under way in this context."""
    token = _in_context.set((*_in_context.get(), run))
    _under_way.append(run)
    try:
        yield
    finally:
        _under_way.remove(run)
        _in_context.reset(token)


def innermost(wanted: Callable[[Run], bool]) -> Run | None:
    """The innermost run under way that is wanted: of this context, else of any."""
    for runs in (_in_context.get(), tuple(_under_way)):
        for run in reversed(runs):
            if wanted(run):
                return run
    return None
