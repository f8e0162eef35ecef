"""Packages whose names are loaded when they are first asked for (PEP 562)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["lazy_face"]


def lazy_face(
    namespace: dict[str, Any], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a package.

    Args:
        namespace: the package's ``globals()``.
        homes: name → full name of the module that has it. Sub-modules are reachable as
            well, without being listed.

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
            value = _submodule(package, name)
        namespace[name] = value
        return value

    def names() -> list[str]:
        return sorted({*namespace, *homes})

    return get, names


def _submodule(package: str, name: str) -> Any:
    full_name = f"{package}.{name}"
    # Names with an underscore are what introspection asks for, and never a public module.
    if not name.startswith("_"):
        try:
            return importlib.import_module(full_name)
        except ModuleNotFoundError as error:
            if error.name != full_name:
                raise
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
