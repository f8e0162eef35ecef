"""Creation of runs from configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.errors import UnknownCommandError, UnknownIngredientError
from sacred._base.frozen import replace
from sacred._base.text import did_you_mean
from sacred.config.captured_function import CapturedFunction
from sacred.definition import RunRequest
from sacred.initialize.change_checks import check_changes
from sacred.initialize.configuration import Configured, configure_request
from sacred.initialize.scaffold import Scaffold
from sacred.lifecycle.config_history import ConfigHistory
from sacred.run import Run

if TYPE_CHECKING:
    from sacred.ingredient import Ingredient

__all__ = ["create_requested_run", "create_run", "get_command"]


def get_command(scaffolding: Mapping[str, Scaffold], command_path: str) -> CapturedFunction[Any]:
    """Return the command with a full name.

    Args:
        scaffolding: the scaffolds of the experiment and its ingredients, by path.
        command_path: the name, after the path of an ingredient if it is not the experiment's.

    Raises:
        UnknownIngredientError: there is no such ingredient.
        UnknownCommandError: there is no such command.
    """
    path, _, name = command_path.rpartition(".")
    if path not in scaffolding:
        raise UnknownIngredientError(f'Ingredient for command "{command_path}" not found.')
    commands = scaffolding[path].commands
    if name not in commands:
        place = f' in ingredient "{path}"' if path else ""
        hint = did_you_mean(name, commands)
        text = f'Command "{command_path}" not found{place}. Available commands are: '
        raise UnknownCommandError(f"{text}{', '.join(commands)}. {hint}".rstrip())
    return commands[name]


def create_run(
    experiment: Ingredient,
    command_name: str,
    config_updates: Mapping[str, Any] | None = None,
    named_configs: Sequence[str] = (),
    force: bool = False,
    log_level: str | int | None = None,
) -> Run:
    """Configure an experiment and create a run of it, without starting the run.

    Args:
        experiment: the experiment.
        command_name: the name of the command; ``ingredient.command`` for one of an ingredient.
        config_updates: values that win over all sources.
        named_configs: names of named configs or config files, in order.
        force: whether to accept suspicious changes of the configuration.
        log_level: the level of the run's logger.

    Raises:
        ConfigAddedError: an update sets an entry that no function takes.
        KeyError, NamedConfigNotFoundError, CircularDependencyError, ValueError:
            see :func:`configure` and :func:`get_command`.
    """
    options = {"--force": force, "--loglevel": log_level}
    request = RunRequest.of_call(command_name, config_updates, named_configs, options=options)
    return create_requested_run(experiment, request)


def _history(
    experiment: Ingredient, request: RunRequest, configured: Configured, run: Run
) -> ConfigHistory:
    unchanged = replace(request, config_updates={}, named_configs=())

    def read_by_sources() -> frozenset[str] | None:
        # Not at the top: only runs with updates ask.
        from sacred.initialize.source_reads import paths_read_by_sources

        return paths_read_by_sources(configured)

    def unreadable() -> frozenset[str] | None:
        from sacred.initialize.source_reads import entries_nothing_reads

        return entries_nothing_reads(configured)

    return ConfigHistory(
        lambda: configured.entries_with_origins(experiment.base_dir),
        run.bindings,
        base_dir=experiment.base_dir,
        updates=bool(request.config_updates),
        read_by_sources=read_by_sources,
        unreadable=unreadable,
        evaluate_unchanged=lambda: configure_request(experiment, unchanged).config,
    )


def create_requested_run(experiment: Ingredient, request: RunRequest) -> Run:
    """Create the run for a request; see `create_run`.

    Args:
        experiment: the experiment.
        request: the request, with the name of a command.
    """
    assert request.command_name is not None
    # What nobody stores is gathered only if somebody asks; an option may add observers later.
    is_unobserved = getattr(experiment.commands.get(request.command_name), "unobserved", False)
    is_observed = bool(getattr(experiment, "observers", ())) and not is_unobserved
    gather_info = experiment.experiment_info_gatherer(soon=is_observed)
    configured = configure_request(experiment, request)
    scaffolds = configured.scaffolding.values()
    main_function = get_command(configured.scaffolding, request.command_name)
    if not request.force:
        check_changes(configured, request)

    def host_info() -> dict[str, Any]:
        # Not at the top: who only configures gathers nothing.
        from sacred.host_info import get_host_info

        return get_host_info(getattr(experiment, "additional_host_info", None))

    run = Run(
        config=configured.config,
        config_modifications=configured.modifications,
        main_function=main_function,
        observers=getattr(experiment, "observers", ()),
        root_logger=configured.root_logger,
        run_logger=configured.run_logger,
        experiment_info=gather_info,  # at the start of the run: git looks meanwhile
        host_info=host_info() if is_observed else host_info,
        pre_run_hooks=[hook for scaffold in scaffolds for hook in scaffold.pre_run_hooks],
        post_run_hooks=[hook for scaffold in scaffolds for hook in scaffold.post_run_hooks],
        captured_out_filter=getattr(experiment, "captured_out_filter", None),
    )
    run.config_history = _history(experiment, request, configured, run)
    run.experiment = experiment
    run.force = request.force
    run.unobserved = getattr(main_function, "unobserved", False)
    run.refresh_experiment_info = gather_info
    run.environment_gatherer = gather_info.environment
    for scaffold in scaffolds:
        scaffold.finalize_initialization(run)
    return run
