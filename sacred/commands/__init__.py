"""The commands that every experiment has, and the texts that they print.

The commands are ordinary functions; an experiment captures them like those of
its user, which fills in ``_run``, ``_config`` and ``_log``. They stand in `built_in`, what
they print in `config_text`, `named_config_text` and `stored_run` (for ``diff``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred._base.text import (
        COLOR_ADDED,
        COLOR_DIRTY,
        COLOR_DOC,
        COLOR_MODIFIED,
        COLOR_TYPECHANGED,
        ENDC,
    )
    from sacred.commands.built_in import (
        diff,
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
    "diff",
    "help_for_command",
    "print_config",
    "print_dependencies",
    "print_named_configs",
    "print_named_configs_of_run",
    "save_config",
]

_HOMES = {
    "COLOR_ADDED": "sacred._base.text",
    "COLOR_DIRTY": "sacred._base.text",
    "COLOR_DOC": "sacred._base.text",
    "COLOR_MODIFIED": "sacred._base.text",
    "COLOR_TYPECHANGED": "sacred._base.text",
    "ConfigEntry": "sacred.commands.config_text",
    "ENDC": "sacred._base.text",
    "LEGEND": "sacred.commands.config_text",
    "PathEntry": "sacred.commands.config_text",
    "_format_config": "sacred.commands.config_text",
    "_format_entry": "sacred.commands.config_text",
    "_format_named_config": "sacred.commands.named_config_text",
    "_format_named_configs": "sacred.commands.named_config_text",
    "_iterate_marked": "sacred.commands.config_text",
    "diff": "sacred.commands.built_in",
    "help_for_command": "sacred.commands.built_in",
    "print_config": "sacred.commands.built_in",
    "print_dependencies": "sacred.commands.built_in",
    "print_named_configs": "sacred.commands.built_in",
    "print_named_configs_of_run": "sacred.commands.built_in",
    "save_config": "sacred.commands.built_in",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
