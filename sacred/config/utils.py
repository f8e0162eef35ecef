"""A porch: names of `sacred.config` under the path where scripts import them."""

from sacred.config.chain import chain_evaluate_config_scopes
from sacred.config.dogmatic import dogmatize, undogmatize
from sacred.config.keys import assert_is_valid_key
from sacred.config.normalize import normalize_numpy, normalize_or_die, recursive_fill_in

__all__ = [
    "assert_is_valid_key",
    "chain_evaluate_config_scopes",
    "dogmatize",
    "normalize_numpy",
    "normalize_or_die",
    "recursive_fill_in",
    "undogmatize",
]
