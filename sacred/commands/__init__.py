"""The commands that every experiment has, and the texts that they print.

The commands are ordinary functions; an experiment captures them like those of
its user, which fills in ``_run``, ``_config`` and ``_log``.
"""

from __future__ import annotations

from sacred._base.text import (
    COLOR_ADDED,
    COLOR_DIRTY,
    COLOR_DOC,
    COLOR_MODIFIED,
    COLOR_TYPECHANGED,
    ENDC,
)
from sacred.commands.built_in import (
    help_for_command,
    print_config,
    print_dependencies,
    print_named_configs,
    print_named_configs_of_run,
    save_config,
)
from sacred.commands.config_text import (
    LEGEND,
    ConfigEntry,
    PathEntry,
    _format_config,
    _format_entry,
    _iterate_marked,
)
from sacred.commands.named_config_text import _format_named_config, _format_named_configs

__all__ = [
    "COLOR_ADDED",
    "COLOR_DIRTY",
    "COLOR_DOC",
    "COLOR_MODIFIED",
    "COLOR_TYPECHANGED",
    "ENDC",
    "LEGEND",
    "ConfigEntry",
    "PathEntry",
    "_format_config",
    "_format_entry",
    "_format_named_config",
    "_format_named_configs",
    "_iterate_marked",
    "help_for_command",
    "print_config",
    "print_dependencies",
    "print_named_configs",
    "print_named_configs_of_run",
    "save_config",
]
