"""Packages whose names are loaded when they are first asked for (PEP 562)."""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.errors import SacredError

if TYPE_CHECKING:
    from sacred._base.registry import Registry

__all__ = ["lazy_face"]


def lazy_face(
    namespace: dict[str, Any], homes: Mapping[str, str], plugins: str | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a package.

    Args:
        namespace: the package's ``globals()``.
        homes: name → full name of the module that has it. Sub-modules are reachable as
            well, without being listed.
        plugins: a group of entry points in which names are looked up that are neither.

    >>> import sacred.observers
    >>> sacred.observers.RunObserver.priority
    0
    >>> sacred.observers.base.td_format.__name__
    'td_format'
    """
    package: str = namespace["__name__"]

    def get(name: str) -> Any:
        if name in homes:
            value = getattr(importlib.import_module(homes[name]), name)
        else:
            value = _submodule(package, name, plugins)
        namespace[name] = value
        return value

    def names() -> list[str]:
        return sorted({*namespace, *homes})

    return get, names


def _submodule(package: str, name: str, plugins: str | None) -> Any:
    full_name = f"{package}.{name}"
    # Names with an underscore are what introspection asks for, and never a public module.
    if not name.startswith("_"):
        try:
            return importlib.import_module(full_name)
        except ModuleNotFoundError as error:
            if error.name != full_name:
                raise
        if plugins is not None and name in (registry := _registry(plugins)):
            return _plugin(registry, package, name)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


@functools.cache
def _registry(group: str) -> Registry:
    from sacred._base.registry import Registry

    return Registry(group)


def _plugin(registry: Registry, package: str, name: str) -> Any:
    try:
        return registry.load(name)
    except SacredError as error:
        # To `from package import name` any AttributeError says only that there is no such
        # name; the warning says why.
        warnings.warn(str(error), RuntimeWarning, stacklevel=4)
        raise AttributeError(f"module {package!r} has no attribute {name!r}: {error}") from error
