from sacred.initialize.configuration import Configured as Configured
from sacred.initialize.configuration import configure as configure
from sacred.initialize.create import create_run as create_run
from sacred.initialize.create import get_command as get_command
from sacred.initialize.phases import create_scaffolding as create_scaffolding
from sacred.initialize.phases import distribute_config_updates as distribute_config_updates
from sacred.initialize.phases import distribute_named_configs as distribute_named_configs
from sacred.initialize.phases import distribute_presets as distribute_presets
from sacred.initialize.phases import find_best_match as find_best_match
from sacred.initialize.phases import (
    gather_ingredients_topological as gather_ingredients_topological,
)
from sacred.initialize.phases import get_config_modifications as get_config_modifications
from sacred.initialize.phases import get_configuration as get_configuration
from sacred.initialize.phases import (
    get_scaffolding_and_config_name as get_scaffolding_and_config_name,
)
from sacred.initialize.run_logger import initialize_logging as initialize_logging
from sacred.initialize.scaffold import Scaffold as Scaffold
