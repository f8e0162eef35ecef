"""From functions, dicts, files and text to the values of a configuration.

The names that users import are loaded when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

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
    "ConfigDict": "sacred.config.config_dict",
    "ConfigScope": "sacred.config.config_scope",
    "chain_evaluate_config_scopes": "sacred.config.chain",
    "create_captured_function": "sacred.config.captured_function",
    "dogmatize": "sacred.config.dogmatic",
    "load_config_file": "sacred.config.config_files",
    "save_config_file": "sacred.config.config_files",
    "undogmatize": "sacred.config.dogmatic",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
