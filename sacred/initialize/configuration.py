"""Configuring without running: the list of phases."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import Frozen, replace
from sacred._base.paths import (
    convert_to_nested_dict,
    get_by_dotted_path,
    join_paths,
    recursive_update,
    set_by_dotted_path,
)
from sacred.config.config_scope import ConfigScope
from sacred.config.config_summary import ConfigSummary
from sacred.definition import RunRequest
from sacred.initialize.phases import (
    Prefixes,
    Scaffolding,
    create_scaffolding,
    distribute_config_updates,
    distribute_presets,
    gather_ingredients_topological,
    get_config_modifications,
    get_configuration,
    get_scaffolding_and_config_name,
    split_prefixes,
)
from sacred.initialize.run_logger import initialize_logging
from sacred.initialize.scaffold import Scaffold

if TYPE_CHECKING:
    from sacred.ingredient import Ingredient

__all__ = ["Configured", "configure", "configure_request"]


class Configured(Frozen):
    """What a run is configured with.

    Attributes:
        config: the final configuration, one nested dict.
        modifications: what updates and named configs changed in it.
        scaffolding: the scaffolds by ingredient path.
        root_logger: the library's logger.
        run_logger: the logger of the run.
    """

    config: dict[str, Any]
    modifications: ConfigSummary
    scaffolding: Scaffolding
    root_logger: logging.Logger
    run_logger: logging.Logger


def configure(
    experiment: Ingredient,
    command_name: str | None = None,
    config_updates: Mapping[str, Any] | None = None,
    named_configs: Sequence[str] = (),
    log_level: str | int | None = None,
) -> Configured:
    """Work out the configuration that a run would have.

    Args:
        experiment: the experiment (or ingredient) to configure.
        command_name: what config hooks are told.
        config_updates: values that win over all sources; nested, or with dotted keys.
        named_configs: names of named configs or config files, in order.
        log_level: level of the run's logger.

    Raises:
        NamedConfigNotFoundError, KeyError: an unknown named config or ingredient.
        CircularDependencyError, ValueError: the ingredients do not form a tree of
            unique paths.
    """
    options = {"--loglevel": log_level}
    request = RunRequest.of_call(command_name, config_updates, named_configs, options=options)
    return configure_request(experiment, request)


def configure_request(experiment: Ingredient, request: RunRequest) -> Configured:
    """Work out the configuration that a request leads to; see `configure`."""
    nested = convert_to_nested_dict(dict(request.config_updates))
    return _configure(experiment, replace(request, config_updates=nested))


def _configure(experiment: Ingredient, request: RunRequest) -> Configured:
    ingredients = gather_ingredients_topological(experiment)
    scaffolding = create_scaffolding(experiment, ingredients)
    prefixes = split_prefixes(scaffolding)
    root_logger, run_logger = initialize_logging(experiment, scaffolding, request.log_level)
    updates: dict[str, Any] = recursive_update({}, request.config_updates)
    distribute_config_updates(prefixes, scaffolding, updates)
    _use_named_configs(experiment, request, scaffolding, prefixes, updates)
    distribute_config_updates(prefixes, scaffolding, updates)
    _evaluate_sources(request, scaffolding, run_logger)
    _set_up_seeds(scaffolding)
    return Configured(
        config=get_configuration(scaffolding),
        modifications=get_config_modifications(scaffolding),
        scaffolding=scaffolding,
        root_logger=root_logger,
        run_logger=run_logger,
    )


def _use_named_configs(
    experiment: Ingredient,
    request: RunRequest,
    scaffolding: Scaffolding,
    prefixes: Prefixes,
    updates: dict[str, Any],
) -> None:
    """Evaluate the named configs; what they set is fixed for the sources."""
    for index, name in enumerate(request.named_configs):
        scaffold, config_name = get_scaffolding_and_config_name(name, scaffolding)
        scaffold.gather_fallbacks()
        asked_for = _values_asked_for(experiment, request, index, scaffold, config_name)
        found = _run_named_config(scaffold, config_name, asked_for)
        distribute_presets(scaffold.path, prefixes, scaffolding, found)
        for key, value in found.items():
            path = join_paths(scaffold.path, key)
            earlier = get_by_dotted_path(updates, path)
            if isinstance(earlier, dict) and isinstance(value, dict):
                value = recursive_update(recursive_update({}, earlier), value)
            set_by_dotted_path(updates, path, value)
    # Updates from outside win over every named config.
    recursive_update(updates, request.config_updates)


def _run_named_config(
    scaffold: Scaffold, config_name: str, asked_for: Mapping[str, Any]
) -> dict[str, Any]:
    found = _evaluate_named_config(scaffold, config_name, asked_for)
    found.pop("__doc__", None)  # it describes the named config, not the run
    return found


def _evaluate_named_config(
    scaffold: Scaffold, config_name: str, asked_for: Mapping[str, Any]
) -> dict[str, Any]:
    if not asked_for:
        return dict(scaffold.run_named_config(config_name))
    presets = scaffold.presets
    scaffold.presets = recursive_update(recursive_update({}, asked_for), presets)
    try:
        found = dict(scaffold.run_named_config(config_name))
    finally:
        scaffold.presets = presets
    # An entry that was only read is not part of what the named config sets. The
    # seed is: a value worked out from it must fit the run.
    fixed = scaffold.get_config_updates_recursive()
    for key, value in asked_for.items():
        if key != "seed" and key not in fixed and found.get(key) == value:
            del found[key]
    return found


def _values_asked_for(
    experiment: Ingredient,
    request: RunRequest,
    index: int,
    scaffold: Scaffold,
    config_name: str,
) -> dict[str, Any]:
    """The entries that a named config reads, as they would be without it."""
    source = scaffold.named_configs.get(config_name)
    if not isinstance(source, ConfigScope):
        return {}
    known = {**(scaffold.fallback or {}), **scaffold.presets}
    missing = [name for name in source.parameters if name not in known]
    if not missing:
        return {}
    others = [*request.named_configs[:index], *request.named_configs[index + 1 :]]
    without = _configure(experiment, replace(request, named_configs=others))
    view = without.scaffolding[scaffold.path].get_fixture()
    return {name: view[name] for name in missing if name in view}


def _evaluate_sources(
    request: RunRequest, scaffolding: Scaffolding, run_logger: logging.Logger
) -> None:
    """Sources, then hooks, of each ingredient, before those of its users."""
    for scaffold in scaffolding.values():
        scaffold.gather_fallbacks()
        scaffold.set_up_config()
        if scaffold.config_hooks and scaffold.config is not None:
            changes = scaffold.run_config_hooks(
                get_configuration(scaffolding), request.command_name, run_logger
            )
            recursive_update(scaffold.config, changes)


def _set_up_seeds(scaffolding: Scaffolding) -> None:
    scaffolding[""].set_up_seed()
    _seed_the_rest(scaffolding[""])


def _seed_the_rest(user: Scaffold) -> None:
    """Seeds for ingredients whose path does not lie under that of any user."""
    for used in reversed(list(user.subrunners.values())):
        used.set_up_seed(user.seed_source)
    for used in user.subrunners.values():
        _seed_the_rest(used)
