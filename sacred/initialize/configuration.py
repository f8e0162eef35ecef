"""Computing a configuration without running anything: the list of phases."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.errors import ConfigError
from sacred._base.frozen import Frozen
from sacred._base.paths import convert_to_nested_dict, recursive_update
from sacred.config.config_summary import ConfigSummary
from sacred.config.evaluations import EvaluationCache
from sacred.definition import RunRequest
from sacred.initialize.declared_values import refuse_wrong_values, remarks
from sacred.initialize.edits import apply_edits, split_edits
from sacred.initialize.named_configs import NamedConfigs
from sacred.initialize.phases import (
    Scaffolding,
    apply_config_hooks,
    create_scaffolding,
    distribute_config_updates,
    gather_ingredients_topological,
    get_config_modifications,
    get_configuration,
    join_overlapping,
    refuse_object_texts,
    split_prefixes,
)
from sacred.initialize.run_logger import initialize_logging
from sacred.initialize.scaffold import Scaffold

if TYPE_CHECKING:
    from sacred.ingredient import Ingredient
    from sacred.initialize.config_layers import NamedLayer
    from sacred.provenance.origins import EntryProvenance

__all__ = ["Configured", "configure", "configure_request"]


class Configured(Frozen):
    """The result of configuring a run.

    Attributes:
        config: the final configuration, one nested dict.
        modifications: the changes that updates and named configs made.
        scaffolding: the scaffolds by ingredient path.
        root_logger: the library's logger.
        run_logger: the logger of the run.
    """

    config: dict[str, Any]
    modifications: ConfigSummary
    scaffolding: Scaffolding
    root_logger: logging.Logger
    run_logger: logging.Logger
    request: RunRequest = RunRequest()
    named_layers: Sequence[NamedLayer] = ()

    def entries_with_origins(self, base_dir: str | None = None) -> list[EntryProvenance]:
        """Return where each entry comes from, and what it has overridden.

        Args:
            base_dir: the directory of the experiment; files in it are shown relative to it.
        """
        # Not at the top: only runs that are observed, and `explain`, ask.
        from sacred.initialize.config_layers import entries_with_origins

        return entries_with_origins(
            self.config, self.scaffolding, self.named_layers, self.request, base_dir
        )


def configure(
    experiment: Ingredient,
    command_name: str | None = None,
    config_updates: Mapping[str, Any] | None = None,
    named_configs: Sequence[str] = (),
    log_level: str | int | None = None,
    is_checked: bool = True,
) -> Configured:
    """Compute the configuration that a run would have.

    Args:
        experiment: the experiment (or ingredient) to configure.
        command_name: passed to config hooks.
        config_updates: values that win over all sources; nested, or with dotted keys.
        named_configs: names of named configs or config files, in order.
        log_level: the level of the run's logger.
        is_checked: whether values that do not fit their declared types are refused.

    Raises:
        NamedConfigNotFoundError, KeyError: a named config or ingredient is unknown.
        CircularDependencyError, ValueError: the ingredients do not form a tree of
            unique paths.
    """
    options = {"--loglevel": log_level}
    request = RunRequest.of_call(command_name, config_updates, named_configs, options=options)
    return configure_request(experiment, request, is_checked)


def configure_request(
    experiment: Ingredient, request: RunRequest, is_checked: bool = True
) -> Configured:
    """Compute the configuration for a request; see `configure`.

    Args:
        experiment: the experiment.
        request: the request for the run.
        is_checked: as for `configure`.
    """
    plain, edits = split_edits(request.config_updates)
    _refuse_contradictions(plain)
    updates = convert_to_nested_dict(plain)
    if not edits:
        return _configure(experiment, request, updates, is_checked=is_checked)
    # Edits are edits of what the entries would be without them.
    evaluations = EvaluationCache()
    before = _configure(experiment, request, updates, evaluations)
    changes = apply_edits(edits, before.config, [path for path in before.scaffolding if path])
    updates = recursive_update(updates, changes)
    return _configure(experiment, request, updates, evaluations, is_checked)


class _ContradictoryUpdatesError(ConfigError, TypeError):
    """One update sets an entry to a value, and another one an entry in it.

    A `TypeError` too, as Sacred 0.8 raised it.
    """


def _refuse_contradictions(updates: Mapping[Any, Any]) -> None:
    """Refuse updates of which only one can hold, whatever their order.

    Raises:
        ConfigError: there are such updates.
    """
    given = dict(_given_values(updates, ()))
    for keys in given:
        for above in (keys[:number] for number in range(1, len(keys))):
            if above in given and not isinstance(given[above], dict):
                entry, part = (".".join(map(str, way)) for way in (above, keys))
                # The value itself may be a secret.
                raise _ContradictoryUpdatesError(
                    f"Contradictory updates: one sets {entry!r} to a value "
                    f"({type(given[above]).__name__}), and another one sets {part!r}, "
                    "an entry in it. Leave one of them out.",
                    print_traceback=False,
                )


def _given_values(
    updates: Mapping[Any, Any], way: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for key, value in updates.items():
        keys = (*way, *(key.split(".") if isinstance(key, str) else (key,)))
        if isinstance(value, dict) and value:
            yield from _given_values(value, keys)
        else:
            yield keys, value


def _configure(
    experiment: Ingredient,
    request: RunRequest,
    updates: dict[str, Any],
    evaluations: EvaluationCache | None = None,
    is_checked: bool = True,
) -> Configured:
    ingredients = gather_ingredients_topological(experiment)
    scaffolding = create_scaffolding(experiment, ingredients)
    prefixes = split_prefixes(scaffolding)
    root_logger, run_logger = initialize_logging(experiment, scaffolding, request.log_level)
    if evaluations is not None:
        for scaffold in scaffolding.values():
            scaffold.evaluate = evaluations.evaluate
    distribute_config_updates(prefixes, scaffolding, updates)
    named_layers: Sequence[NamedLayer] = ()
    if request.named_configs:
        named = NamedConfigs(experiment, ingredients, scaffolding, run_logger, evaluations)
        updates = named.resolve(request.named_configs, updates, request.command_name)
        named_layers = named.layers
        distribute_config_updates(prefixes, scaffolding, updates)
    for scaffold in scaffolding.values():  # each ingredient before those that use it
        scaffold.gather_fallbacks()
        scaffold.set_up_config()
        apply_config_hooks(scaffolding, scaffold, request.command_name, run_logger)
    for remark in remarks(scaffolding):
        run_logger.debug(remark)
    if is_checked and not request.asks_for_schema:
        refuse_wrong_values(scaffolding, request, named_layers)
    _set_up_seeds(scaffolding)
    config = get_configuration(scaffolding)
    join_overlapping(scaffolding)
    refuse_object_texts(config)
    return Configured(
        config=config,
        modifications=get_config_modifications(scaffolding),
        scaffolding=scaffolding,
        root_logger=root_logger,
        run_logger=run_logger,
        request=request,
        named_layers=named_layers,
    )


def _set_up_seeds(scaffolding: Scaffolding) -> None:
    scaffolding[""].set_up_seed()
    _seed_the_rest(scaffolding[""])


def _seed_the_rest(user: Scaffold) -> None:
    """Seeds for ingredients whose path does not lie under that of any user."""
    for used in reversed(list(user.subrunners.values())):
        used.set_up_seed(user.seed_source)
    for used in user.subrunners.values():
        _seed_the_rest(used)
