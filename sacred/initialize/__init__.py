"""From definitions and a request to a configuration and a run.

:func:`configure` is the list of phases; :func:`create_run` makes a run of what
they give. The single steps are public: cluster tools call them one by one.
"""

from sacred.initialize.configure import Configured, configure
from sacred.initialize.create import create_run, get_command
from sacred.initialize.logs import initialize_logging
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
