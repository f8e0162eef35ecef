"""PyYAML writes our containers as plain ones.

Its safe dumper only knows exact types, so the containers have to be registered
with it. It is an optional package, and slow to import; so the registration
waits until somebody imports it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

__all__ = ["install"]

_installed = False


def install(dict_type: type, list_type: type) -> None:
    """Register the types with PyYAML, now or as soon as it is imported."""
    global _installed
    if _installed:
        return
    _installed = True
    yaml = sys.modules.get("yaml")
    if hasattr(yaml, "SafeDumper"):
        _register(yaml, dict_type, list_type)
    elif "yaml" not in sys.modules:
        sys.meta_path.insert(0, _Finder(dict_type, list_type))
    else:
        _installed = False  # being imported right now, or blocked: try again next time


def _register(yaml: Any, dict_type: type, list_type: type) -> None:
    names = ("SafeDumper", "Dumper", "CSafeDumper", "CDumper")
    for dumper in (getattr(yaml, name) for name in names if hasattr(yaml, name)):
        dumper.add_representer(dict_type, lambda d, value: d.represent_dict(dict(value)))
        dumper.add_representer(list_type, lambda d, value: d.represent_list(list(value)))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds nothing itself; lets the import of yaml end with the registration."""

    def __init__(self, dict_type: type, list_type: type) -> None:
        self._types = dict_type, list_type

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "yaml":
            return None
        # Out of the way first: the others are asked for the real module.
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._types)
        return spec


class _Loader(importlib.abc.Loader):
    """The real loader, with one more step at the end."""

    def __init__(self, loader: Any, types: tuple[type, type]) -> None:
        self._loader = loader
        self._types = types

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The module must not remember this stand-in: tools look at its loader.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _register(module, *self._types)
