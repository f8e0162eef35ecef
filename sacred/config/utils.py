"""Compatibility module: names of `sacred.config` under their old import path."""

from sacred.config.chain import chain_evaluate_config_scopes
from sacred.config.dogmatic import dogmatize, undogmatize
from sacred.config.normalize import (
    assert_is_valid_key,
    normalize_numpy,
    normalize_or_die,
    recursive_fill_in,
)

__all__ = [
    "assert_is_valid_key",
    "chain_evaluate_config_scopes",
    "dogmatize",
    "normalize_numpy",
    "normalize_or_die",
    "recursive_fill_in",
    "undogmatize",
]
