"""Programs that replace this process (`os.execv` and similar calls) during a run.

A successful call never returns: what has not been stored or printed by then is lost, and the
new program must write to the user's terminal and not to the capture.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

__all__ = ["prepared_for_exec"]

# All other functions of this kind call one of these two.
_execv, _execve = os.execv, os.execve

Preparation = Callable[[], contextlib.AbstractContextManager[None]]
_preparations: list[tuple[int, Preparation]] = []


@contextlib.contextmanager
def prepared_for_exec(prepare: Preparation) -> Iterator[None]:
    """Call a function whenever this process is about to be replaced, within this block.

    Args:
        prepare: returns a context manager that is entered before the call, and exited only if the
            call fails.
    """
    entry = os.getpid(), prepare
    _preparations.append(entry)
    if os.execv is _execv and os.execve is _execve:
        os.execv, os.execve = _prepared_execv, _prepared_execve
    try:
        yield
    finally:
        _preparations.remove(entry)
        if not _preparations and os.execv is _prepared_execv and os.execve is _prepared_execve:
            os.execv, os.execve = _execv, _execve


def _prepared_execv(path: Any, argv: Any, /) -> NoReturn:
    with _prepared():
        _execv(path, argv)


def _prepared_execve(path: Any, argv: Any, env: Any) -> NoReturn:
    with _prepared():
        _execve(path, argv, env)


@contextlib.contextmanager
def _prepared() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for process, prepare in reversed(_preparations):
            if process == os.getpid():  # else a forked child starts another program
                stack.enter_context(prepare())
        yield
