"""From definitions and a request to a configuration and a run.

:func:`configure` is the list of phases; :func:`create_run` makes a run of what
they give. The single steps are public: cluster tools call them one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred.initialize.configure import Configured, configure
    from sacred.initialize.create import create_run, get_command
    from sacred.initialize.phases import (
        create_scaffolding,
        distribute_config_updates,
        distribute_named_configs,
        distribute_presets,
        find_best_match,
        gather_ingredients_topological,
        get_config_modifications,
        get_configuration,
        get_scaffolding_and_config_name,
    )
    from sacred.initialize.run_logger import initialize_logging
    from sacred.initialize.scaffold import Scaffold

__all__ = [
    "Configured",
    "Scaffold",
    "configure",
    "create_run",
    "create_scaffolding",
    "distribute_config_updates",
    "distribute_named_configs",
    "distribute_presets",
    "find_best_match",
    "gather_ingredients_topological",
    "get_command",
    "get_config_modifications",
    "get_configuration",
    "get_scaffolding_and_config_name",
    "initialize_logging",
]

_HOMES = {
    "Configured": "sacred.initialize.configure",
    "Scaffold": "sacred.initialize.scaffold",
    "configure": "sacred.initialize.configure",
    "create_run": "sacred.initialize.create",
    "create_scaffolding": "sacred.initialize.phases",
    "distribute_config_updates": "sacred.initialize.phases",
    "distribute_named_configs": "sacred.initialize.phases",
    "distribute_presets": "sacred.initialize.phases",
    "find_best_match": "sacred.initialize.phases",
    "gather_ingredients_topological": "sacred.initialize.phases",
    "get_command": "sacred.initialize.create",
    "get_config_modifications": "sacred.initialize.phases",
    "get_configuration": "sacred.initialize.phases",
    "get_scaffolding_and_config_name": "sacred.initialize.phases",
    "initialize_logging": "sacred.initialize.run_logger",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
