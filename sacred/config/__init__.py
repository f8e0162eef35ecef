"""From functions, dicts, files and text to the values of a configuration.

The names that users import are loaded when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sacred.config.captured_function import create_captured_function
    from sacred.config.chain import chain_evaluate_config_scopes
    from sacred.config.config_dict import ConfigDict
    from sacred.config.config_files import load_config_file, save_config_file
    from sacred.config.config_scope import ConfigScope
    from sacred.config.dogmatic import dogmatize, undogmatize

__all__ = [
    "ConfigDict",
    "ConfigScope",
    "chain_evaluate_config_scopes",
    "create_captured_function",
    "dogmatize",
    "load_config_file",
    "save_config_file",
    "undogmatize",
]

_HOMES = {
    "ConfigDict": "config_dict",
    "ConfigScope": "config_scope",
    "chain_evaluate_config_scopes": "chain",
    "create_captured_function": "captured_function",
    "dogmatize": "dogmatic",
    "load_config_file": "config_files",
    "save_config_file": "config_files",
    "undogmatize": "dogmatic",
}
_MODULES = (
    "captured_function",
    "config_dict",
    "config_files",
    "config_scope",
    "config_summary",
    "custom_containers",
    "signature",
    "utils",
)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
