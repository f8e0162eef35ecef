"""Packages whose public names are loaded when they are first used (PEP 562).

The public names of a package are in one list, the stub next to its ``__init__.py`` (as in
SPEC 1 of the scientific Python packages), with a line for each::

    from sacred.observers.base import RunObserver as RunObserver

Type checkers read only the stub; the package makes what Python needs from it::

    __getattr__, __dir__, __all__ = lazy_package(globals())
"""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sacred._base.errors import SacredError

if TYPE_CHECKING:
    from sacred._base.registry import Registry

__all__ = ["lazy_package"]


def lazy_package(
    namespace: dict[str, Any], plugins: str | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The ``__getattr__``, ``__dir__`` and ``__all__`` of a package, made from its stub.

    Sub-modules are reachable as attributes as well, without being listed.

    Args:
        namespace: the ``globals()`` of the package.
        plugins: a group of entry points, in which all other names are looked up.

    >>> import sacred.observers
    >>> sacred.observers.RunObserver.priority
    0
    >>> sacred.observers.base.td_format.__name__
    'td_format'
    """
    package: str = namespace["__name__"]
    homes = _public_names(namespace["__spec__"])

    def get(name: str) -> Any:
        # A sub-module that is a public name stands in the stub as one of the package itself.
        if homes.get(name, package) != package:
            value = getattr(importlib.import_module(homes[name]), name)
        else:
            value = _submodule(package, name, plugins)
        namespace[name] = value
        return value

    return get, lambda: sorted(homes), list(homes)


def _public_names(spec: Any) -> dict[str, str]:
    """Public name → full name of the module that has it, from the stub of a package."""
    # The loader finds it in a zip file as well.
    text: str = spec.loader.get_data(f"{spec.origin.rpartition('.')[0]}.pyi").decode()
    # A long line is broken in parentheses.
    statements = text.replace("(", " ").replace("\nfrom ", "\0from ").split("\0")
    words = [statement.split() for statement in statements if statement.startswith("from sacred")]
    # from MODULE import NAME as NAME
    return {name: module for _, module, _, name, *_ in words}


def _submodule(package: str, name: str, plugins: str | None) -> Any:
    full_name = f"{package}.{name}"
    # Names with an underscore are what introspection asks for, and never a public module.
    if not name.startswith("_"):
        try:
            return importlib.import_module(full_name)
        except ModuleNotFoundError as error:
            if error.name != full_name:
                raise
        if plugins is not None and name in (registry := plugin_registry(plugins)):
            return _plugin(registry, package, name)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


@functools.cache
def plugin_registry(group: str) -> Registry:
    """The plug-ins of a group; made when a name that is in no stub is looked up."""
    # Not at the top: only names that no stub has are looked up among plug-ins.
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
