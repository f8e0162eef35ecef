"""The phases of configuring a run, as functions over scaffolds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.errors import ConfigError, UnknownIngredientError
from sacred._base.paths import (
    get_by_dotted_path,
    is_prefix,
    join_paths,
    recursive_update,
    rel_path,
    set_by_dotted_path,
)
from sacred._base.text import did_you_mean
from sacred.config.config_summary import ConfigSummary
from sacred.initialize.declared_values import convert_hook_changes
from sacred.initialize.scaffold import Scaffold, nested_at
from sacred.serializer.object_text import ObjectText

if TYPE_CHECKING:
    import logging

    from sacred.ingredient import Ingredient

__all__ = [
    "apply_config_hooks",
    "create_scaffolding",
    "distribute_config_updates",
    "distribute_named_configs",
    "distribute_presets",
    "find_best_match",
    "gather_ingredients_topological",
    "get_config_modifications",
    "get_configuration",
    "get_scaffolding_and_config_name",
    "join_overlapping",
    "refuse_object_texts",
    "split_prefixes",
]

Scaffolding = dict[str, Scaffold]
Prefixes = Sequence[Sequence[str]]


def gather_ingredients_topological(ingredient: Ingredient) -> list[Ingredient]:
    """Return an ingredient and all that it uses, each before those that use it.

    Raises:
        CircularDependencyError: ingredients use each other in a circle.
    """
    depths: dict[Ingredient, int] = {}
    for found, depth in ingredient.traverse_ingredients():
        depths[found] = max(depth, depths.get(found, 0))
    return sorted(depths, key=lambda found: -depths[found])


def create_scaffolding(
    experiment: Ingredient, sorted_ingredients: Sequence[Ingredient]
) -> Scaffolding:
    """Create a scaffold for each ingredient, in the given order; the experiment's path is ``""``.

    Args:
        experiment: the experiment.
        sorted_ingredients: the experiment and all that it uses, each after those that it uses.

    Raises:
        ValueError: two ingredients have the same path.
    """
    scaffolding: Scaffolding = {}
    for ingredient in sorted_ingredients:
        definition = ingredient.freeze()
        path = "" if ingredient is experiment else definition.path
        if path in scaffolding:
            raise ValueError(f"The paths of the ingredients are not unique: {path!r} is used twice")
        scaffolding[path] = Scaffold(
            config_scopes=definition.configurations,
            subrunners={used.path: scaffolding[used.path] for used in ingredient.ingredients},
            path=path,
            captured_functions=definition.captured_functions,
            commands=definition.commands,
            named_configs=definition.named_configs,
            config_hooks=definition.config_hooks,
            generate_seed=ingredient is experiment,
            pre_run_hooks=definition.pre_run_hooks,
            post_run_hooks=definition.post_run_hooks,
        )
    return scaffolding


def split_prefixes(scaffolding: Mapping[str, Scaffold]) -> list[list[str]]:
    """Return the paths of all ingredients except the experiment, split, longest first."""
    return sorted((path.split(".") for path in scaffolding if path), key=len, reverse=True)


def refuse_object_texts(config: Any) -> None:
    """Check that no entry is just the text of an object that the run would need.

    Raises:
        ConfigError: there are such entries; the message names them.
    """
    if _has_object_text(config):  # paths of all entries take longer
        leaves = _nested_leaves(config)
        missing = {path: text for path, text in leaves if type(text) is ObjectText}
        shown = ", ".join(f"{path} ({text})" for path, text in missing.items())
        first = next(iter(missing))
        raise ConfigError(
            f"Of some values only a text was stored, they cannot be restored: {shown}. "
            f"Set them, as in {first}=VALUE",
            tuple(missing),
            print_conflicting_configs=False,
            print_traceback=False,
        )


def _has_object_text(value: Any) -> bool:
    kind = type(value)
    if kind is dict:
        return any(map(_has_object_text, value.values()))
    return any(map(_has_object_text, value)) if kind is list else kind is ObjectText


def _nested_leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            yield from _nested_leaves(item, join_paths(path, str(key)))
    elif kind is list:
        for number, item in enumerate(value):
            yield from _nested_leaves(item, join_paths(path, str(number)))
    else:
        yield path, value


def find_best_match(path: str, prefixes: Prefixes) -> tuple[str, str]:
    """Split the path of an entry into the path of its ingredient and the rest.

    Args:
        path: the full path.
        prefixes: the paths of the ingredients in parts, the longest first.

    Returns:
        the path of the ingredient (``""`` for the experiment), and that of the entry within it.

    >>> find_best_match("data.paths.root", [["data", "paths"], ["data"]])
    ('data.paths', 'root')
    >>> find_best_match("C", [["data"]])
    ('', 'C')
    """
    parts = path.split(".")
    for prefix in prefixes:
        if parts[: len(prefix)] == list(prefix):
            return ".".join(prefix), ".".join(parts[len(prefix) :])
    return "", path


def _leaves(values: Mapping[Any, Any], path: str = "") -> list[tuple[str, Any]]:
    """The entries of a nested dict; dicts with other than text keys are leaves."""
    leaves: list[tuple[str, Any]] = []
    for key, value in values.items():
        here = join_paths(path, str(key))
        nested = (
            isinstance(value, Mapping) and bool(value) and all(isinstance(k, str) for k in value)
        )
        leaves.extend(_leaves(value, here) if nested else [(here, value)])
    return leaves


def _distribute(
    prefixes: Prefixes, scaffolding: Scaffolding, values: Mapping[str, Any], attribute: str
) -> None:
    for path, value in _leaves(values):
        ingredient, suffix = find_best_match(path, prefixes)
        target = getattr(scaffolding[ingredient], attribute)
        if suffix:
            set_by_dotted_path(target, suffix, value)
        elif isinstance(value, Mapping):
            target.update(value)
        else:
            raise ConfigError(
                f'"{path}" is an ingredient: set its entries, as in {path}.NAME=VALUE, '
                f"not the whole (got {value!r})",
                print_traceback=False,
            )


def distribute_config_updates(
    prefixes: Prefixes, scaffolding: Scaffolding, config_updates: Mapping[str, Any]
) -> None:
    """Assign each update to the ingredient with the longest matching path.

    Args:
        prefixes: the paths of the ingredients in parts, the longest first.
        scaffolding: receives the updates.
        config_updates: nested entries.
    """
    _distribute(prefixes, scaffolding, config_updates, "config_updates")


def distribute_presets(
    sc_path: str, prefixes: Prefixes, scaffolding: Scaffolding, config_updates: Mapping[str, Any]
) -> None:
    """Make the values of a named config readable for the sources that are evaluated later.

    Args:
        sc_path: the path of the ingredient that has the named config.
        prefixes: the paths of the ingredients in parts, the longest first.
        scaffolding: receives the values.
        config_updates: the values, relative to the ingredient.
    """
    nested: dict[str, Any] = {}
    set_by_dotted_path(nested, sc_path, dict(config_updates))
    _distribute(prefixes, scaffolding, nested, "presets")


def distribute_named_configs(scaffolding: Scaffolding, named_configs: Sequence[str]) -> None:
    """Add each named config that is asked for to the scaffold of its ingredient.

    Args:
        scaffolding: receives the names.
        named_configs: full names, in the order in which they apply.

    Raises:
        KeyError: there is no ingredient with that path.
    """
    for name in named_configs:
        scaffold, config_name = get_scaffolding_and_config_name(name, scaffolding)
        scaffold.named_configs_to_use.append(config_name)


def get_scaffolding_and_config_name(
    named_config: str, scaffolding: Scaffolding
) -> tuple[Scaffold, str]:
    """Return the scaffold that has a named config, and its name there.

    A path to an existing file belongs to the experiment, and so does ``@FILE``.

    Args:
        named_config: the full name, or the path of a config file.
        scaffolding: the scaffolds by path.

    Raises:
        KeyError: there is no ingredient with that path.
    """
    if os.path.isfile(named_config) or "." not in named_config:
        return scaffolding[""], named_config
    path, _, name = named_config.rpartition(".")
    if path not in scaffolding and named_config.startswith("@"):
        return scaffolding[""], named_config
    if path not in scaffolding:
        hint = did_you_mean(path, [p for p in scaffolding if p]) or _missing_file(named_config)
        raise UnknownIngredientError(
            f'Ingredient for named config "{named_config}" not found. {hint}'.rstrip()
        )
    return scaffolding[path], name


def _missing_file(name: str) -> str:
    """Say that there is no config file of a name, where it was looked for, and what is there."""
    place, wanted = os.path.split(os.path.abspath(name))
    files = os.listdir(place) if os.path.isdir(place) else []
    hint = did_you_mean(wanted, [file for file in files if not file.startswith(".")])
    return f'There is no config file of that name either: "{os.path.join(place, wanted)}". {hint}'


def get_configuration(scaffolding: Scaffolding) -> dict[str, Any]:
    """Return the whole configuration, as far as it is known, as one nested dict.

    Ingredients without entries are left out, unless they are parts of others.
    """
    lodgers = {path for scaffold in scaffolding.values() for path in scaffold.lodgers}
    configuration: dict[str, Any] = {}
    for path, scaffold in reversed(list(scaffolding.items())):
        if scaffold.config or (path in lodgers and scaffold.config is not None):
            recursive_update(configuration, nested_at(path, scaffold.config))
    return configuration


def join_overlapping(scaffolding: Scaffolding) -> None:
    """Let functions of an ingredient see the entries of ingredients below its path.

    It does not matter which others use them, as long as both have entries.
    """
    filled = {path: scaffold for path, scaffold in scaffolding.items() if path and scaffold.config}
    for above, owner in filled.items():
        for path, scaffold in filled.items():
            if path != above and is_prefix(above, path):
                owner.lodgers[path] = scaffold


def apply_config_hooks(
    scaffolding: Scaffolding, scaffold: Scaffold, command_name: str | None, logger: logging.Logger
) -> None:
    """Let the config hooks of an ingredient change its configuration.

    Changes that they return for an ingredient below it apply to that ingredient.

    Args:
        scaffolding: all scaffolds, as far as they are configured.
        scaffold: the one whose hooks are called.
        command_name: the name of the command that is going to run.
        logger: the logger of the run.
    """
    if not scaffold.config_hooks or scaffold.config is None:
        return
    changes = scaffold.run_config_hooks(get_configuration(scaffolding), command_name, logger)
    below = [path for path in scaffolding if path and is_prefix(scaffold.path, path)]
    # The longest path first: what is left belongs to those above.
    for full_path in sorted(below, key=lambda path: -path.count(".")):
        other, path = scaffolding[full_path], rel_path(scaffold.path, full_path)
        part = get_by_dotted_path(changes, path)
        if other.config is None or not isinstance(part, dict):
            continue
        recursive_update(other.config, convert_hook_changes(other, part, "config hook"))
        other.fixture = None
        above, _, name = path.rpartition(".")
        del (get_by_dotted_path(changes, above) if above else changes)[name]
    recursive_update(scaffold.config, convert_hook_changes(scaffold, changes, "config hook"))


def get_config_modifications(scaffolding: Scaffolding) -> ConfigSummary:
    """Return the changes that updates made, over all ingredients."""
    changes = ConfigSummary()
    for path, scaffold in scaffolding.items():
        if scaffold.config_mods is not None:
            changes.update_add(scaffold.config_mods, path=path)
    return changes
