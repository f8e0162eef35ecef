"""Compatibility module: optional packages under their old import path, loaded on use."""

import importlib
from typing import Any

from sacred._base.functions import module_exists, modules_exist

__all__ = ["get_tensorflow", "modules_exist", "optional_import"]

_MODULES = {"np": "numpy", "yaml": "yaml", "pandas": "pandas"}
_FLAGS = ("numpy", "yaml", "pandas", "sqlalchemy", "mako", "tinydb", "tensorflow")


def optional_import(*package_names: str) -> tuple[bool, Any]:
    """Import optional packages; return whether all exist, and the first one (or None)."""
    try:
        packages = [importlib.import_module(name) for name in package_names]
    except ImportError:
        return False, None
    return True, packages[0]


def get_tensorflow() -> Any:
    """The module ``tensorflow``; `ImportError` if it is not installed."""
    return importlib.import_module("tensorflow")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return optional_import(_MODULES[name])[1]
    if name.startswith("has_") and name[4:] in _FLAGS:
        return module_exists(name[4:])
    if name == "libc":
        # Not at the top: few users need the C library.
        import ctypes

        return ctypes.CDLL(None)  # the C library of this process
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
