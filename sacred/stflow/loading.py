"""Callbacks on the import of modules."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Container, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType, TracebackType
from typing import Any

from sacred._base.import_hooks import CallbackLoader

__all__ = ["LoadWatch", "loaded"]


def loaded(name: str) -> ModuleType | None:
    """A module if it has been imported, else None.

    >>> loaded("sys") is sys, loaded("no_such_module")
    (True, None)
    """
    return sys.modules.get(name)


class LoadWatch:
    """A context manager that calls a function when one of some modules has been imported.

    Args:
        names: the names of the modules.
        callback: called with the name of the module.
    """

    def __init__(self, names: Container[str], callback: Callable[[str], None]) -> None:
        self._names = names
        self._callback = callback

    def __enter__(self) -> LoadWatch:
        sys.meta_path.insert(0, self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(self)

    def _on_load(self, module: ModuleType) -> None:
        self._callback(module.__name__)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the other finders, with a loader that reports what it has loaded.

        Args:
            name: dotted name of the module.
            path: the path of the package that contains it; None if there is none.
            target: the module, if it is being reloaded.

        Returns:
            None for modules that are not watched.
        """
        if name not in self._names:
            return None
        for finder in list(sys.meta_path):
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    wrapped: Any = CallbackLoader(spec.loader, self._on_load)
                    spec.loader = wrapped
                return spec
        return None
