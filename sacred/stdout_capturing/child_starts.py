"""Starts of child processes: the output so far must be recorded before each of them.

A child may empty the file that it writes to: a shell's ``echo text >/dev/stderr`` opens it anew,
and truncates it. What this process wrote before would be lost if nobody had read it yet.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["before_child_starts"]

#: What starts other programs, by module. `subprocess` keeps a name of its own for the first one,
#: which is also what `multiprocessing` calls to spawn.
_STARTERS = {
    "_posixsubprocess": ("fork_exec",),
    "subprocess": ("_fork_exec",),
    "os": ("posix_spawn", "posix_spawnp", "system"),
}
_actions: list[Callable[[], object]] = []
_replaced: list[tuple[ModuleType, str, Any, Any]] = []


def before_child_starts(action: Callable[[], object]) -> Callable[[], None]:
    """Call a function whenever this process starts a program; return a function that stops this.

    Args:
        action: called in the thread that starts the program.
    """
    if os.name != "posix":
        return lambda: None
    _actions.append(action)
    if len(_actions) == 1:
        _replace()

    def end() -> None:
        _actions.remove(action)
        if not _actions:
            _restore()

    return end


def _replace() -> None:
    with contextlib.suppress(ImportError):
        # Built in; it is there for `subprocess`, should that be loaded later.
        importlib.import_module("_posixsubprocess")
    for module_name, names in _STARTERS.items():
        module = sys.modules.get(module_name)
        for name in names:
            if module is not None and hasattr(module, name):
                original = getattr(module, name)
                wrapper = _announced(original)
                # Pickled by this name, as the one that it stands for.
                wrapper.__module__, wrapper.__name__ = module_name, name
                wrapper.__qualname__, wrapper.__doc__ = name, original.__doc__
                setattr(module, name, wrapper)
                _replaced.append((module, name, original, wrapper))


def _announced(start: Callable[..., Any]) -> Callable[..., Any]:
    def announced(*args: Any, **kwargs: Any) -> Any:
        # Whoever has imported it meanwhile keeps it: without actions, nothing else happens.
        for action in reversed(_actions):
            action()
        return start(*args, **kwargs)

    return announced


def _restore() -> None:
    for module, name, original, wrapper in _replaced:
        if getattr(module, name, None) is wrapper:  # else somebody else has replaced it, too
            setattr(module, name, original)
    _replaced.clear()
