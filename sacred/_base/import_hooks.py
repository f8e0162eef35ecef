"""Callbacks on the import of optional packages."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["CallbackLoader", "when_imported"]


def when_imported(name: str, action: Callable[[ModuleType], object]) -> None:
    """Call `action` with a module at the end of its import, or now if it is imported already.

    A module whose import is in progress counts as imported.

    Args:
        name: the module's full name.
        action: called once, with the module.

    >>> when_imported("json", lambda module: print("it is there:", module.__name__))
    it is there: json
    """
    module = sys.modules.get(name)
    if module is not None:
        action(module)
    elif name not in sys.modules:  # None: somebody blocks it
        sys.meta_path.insert(0, _Finder(name, action))


class _Finder:
    """A meta path finder that wraps the loader of one module."""

    def __init__(self, name: str, action: Callable[[ModuleType], object]) -> None:
        self._name = name
        self._action = action

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder` (not the base class: it brings 20 modules)."""
        if fullname != self._name:
            return None
        # Removed meanwhile, so that the other finders provide the real spec. It returns: to be
        # looked for is not to be imported.
        self._remove()
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            stand_in: Any = CallbackLoader(spec.loader, self._imported)
            spec.loader = stand_in
        return spec

    def _imported(self, module: ModuleType) -> None:
        self._remove()
        self._action(module)

    def _remove(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)


class CallbackLoader:
    """A loader that calls back after executing the module.

    Args:
        loader: the wrapped loader.
        action: called with the module once it is executed.
    """

    def __init__(self, loader: Any, action: Callable[[ModuleType], object]) -> None:
        self._loader = loader
        self._action = action

    def __getattr__(self, name: str) -> Any:
        # `get_source`, `get_data` and what else loaders may have.
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Delegate to the wrapped loader."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module, then call the action."""
        # The module must not remember this wrapper: tools inspect its loader.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._action(module)
