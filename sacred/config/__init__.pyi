from sacred.config.captured_function import create_captured_function as create_captured_function
from sacred.config.chain import chain_evaluate_config_scopes as chain_evaluate_config_scopes
from sacred.config.config_dict import ConfigDict as ConfigDict
from sacred.config.config_files import load_config_file as load_config_file
from sacred.config.config_files import save_config_file as save_config_file
from sacred.config.config_scope import ConfigScope as ConfigScope
from sacred.config.dogmatic import dogmatize as dogmatize
from sacred.config.dogmatic import undogmatize as undogmatize
