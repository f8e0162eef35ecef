"""The definition of an ingredient, and the request for a run, as frozen values.

Users build up :class:`~sacred.Ingredient` and :class:`~sacred.Experiment`
objects step by step. Configuring a run starts from a frozen copy of what they
have declared so far, so that a run never sees half of a later declaration.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import Frozen

if TYPE_CHECKING:
    from sacred.config.captured_function import CapturedFunction
    from sacred.config.chain import ConfigSource

__all__ = [
    "ARGUMENT_WORDS",
    "BOARD_TOKENS",
    "LAUNCHED_RUN",
    "LEASED_RUN",
    "RERUN_FILES",
    "RERUN_SEED",
    "RERUN_STORE",
    "STORE_VARIABLE",
    "UPDATE_WORDS",
    "ConfigHook",
    "IngredientDef",
    "RunRequest",
    "lease_of_process",
]

#: Key of the options that holds the words of a command line behind ``with``.
UPDATE_WORDS = "UPDATE"
#: Key of the options that holds the arguments of a command.
ARGUMENT_WORDS = "WORD"
#: Environment variable of a process that repeats a run: the directory that its runs are stored in,
#: whatever observers they have.
RERUN_STORE = "SACRED_RERUN_STORE"
#: Of the same process: the seed of runs that a script starts without one.
RERUN_SEED = "SACRED_RERUN_SEED"

#: Environment variable with the store of the program, where none is named.
STORE_VARIABLE = "SACRED_STORE"
#: Environment variables with the tokens of a board, for writing and for reading. No process that it
#: starts is told them.
BOARD_TOKENS = ("SACRED_BOARD_TOKEN", "SACRED_BOARD_READ_TOKEN")
#: Environment variable of a process that a launch form has started: JSON with the address of the
#: store that is to have the run (null: only a schema is asked for), and the file for its id.
LAUNCHED_RUN = "SACRED_LAUNCHED_RUN"
#: Environment variable of a process that runs a queued run: which one, as
#: `sacred.observers.leased_run` reads it.
LEASED_RUN = "SACRED_LEASED_RUN"
#: Of the same process: JSON with paths of resources that are not there, and of their copies.
RERUN_FILES = "SACRED_RERUN_FILES"


def lease_of_process() -> dict[str, Any]:
    """Return what the worker that started this process says about its run; empty without a worker.

    Child programs inherit the variable, but their own runs are not the leased one.
    """
    given: dict[str, Any] = json.loads(os.environ.get(LEASED_RUN, "{}"))
    return given if given.get("worker") == os.getppid() else {}


_NOTHING: Mapping[str, Any] = {}
ConfigHook = Callable[..., "dict[str, Any] | None"]


class IngredientDef(Frozen):
    """An ingredient, as it was when a run was requested."""

    path: str
    configurations: tuple[ConfigSource, ...] = ()
    named_configs: Mapping[str, ConfigSource] = _NOTHING
    config_hooks: tuple[ConfigHook, ...] = ()
    captured_functions: tuple[CapturedFunction[Any], ...] = ()
    commands: Mapping[str, CapturedFunction[Any]] = _NOTHING
    pre_run_hooks: tuple[CapturedFunction[Any], ...] = ()
    post_run_hooks: tuple[CapturedFunction[Any], ...] = ()


class RunRequest(Frozen):
    """A request for a run: a command, values, and options.

    The command line creates one from ``argv``, and `Experiment.run` from its arguments;
    everything up to the run is derived from it.

    Attributes:
        command_name: the full name of the command; None for the main function.
        config_updates: values that win over all sources; nested or dotted keys.
        named_configs: names of named configs or config files, in order.
        info: initial content of the run's ``info``.
        meta_info: added to the run's ``meta_info``.
        options: command-line options by long flag.

    >>> request = RunRequest.of_call("main", named_configs="fast", options={"--loglevel": "debug"})
    >>> request.named_configs, request.log_level, request.force
    (['fast'], 10, False)
    """

    command_name: str | None = None
    config_updates: Mapping[str, Any] = _NOTHING
    named_configs: Sequence[str] = ()
    info: Mapping[str, Any] = _NOTHING
    meta_info: Mapping[str, Any] = _NOTHING
    options: Mapping[str, Any] = _NOTHING

    @classmethod
    def of_call(
        cls,
        command_name: str | None = None,
        config_updates: Mapping[str, Any] | None = None,
        named_configs: Sequence[str] = (),
        info: Mapping[str, Any] | None = None,
        meta_info: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> RunRequest:
        """Return the request that the arguments of `Experiment.run` stand for.

        Args:
            command_name: None: the default command.
            config_updates: entries, nested or by dotted path.
            named_configs: names, applied from left to right; a string is a single name.
            info: the initial content of ``run.info``.
            meta_info: annotations of the run.
            options: by the long flags of the command line.
        """
        return cls(
            command_name=command_name,
            config_updates=config_updates or _NOTHING,
            named_configs=(
                [named_configs] if isinstance(named_configs, str) else list(named_configs)
            ),
            info=info or _NOTHING,
            meta_info=meta_info or _NOTHING,
            options=options or _NOTHING,
        )

    def check(self) -> None:
        """Check the options that everything else depends on.

        Raises:
            CommandLineError: there is no such log level.
        """
        _ = self.log_level

    @property
    def force(self) -> bool:
        """Whether suspicious changes of the configuration are accepted."""
        return bool(self.options.get("--force", False))

    @property
    def asks_for_schema(self) -> bool:
        """Whether a command prints the schema of the configuration, which need not be complete."""
        return "--schema" in (self.options.get(ARGUMENT_WORDS) or ())

    @property
    def log_level(self) -> int | None:
        """The level of the run's logger; None to leave it as it is.

        Raises:
            CommandLineError: there is no such log level.
        """
        # Not at the top: an import of `Experiment` does without `logging`.
        from sacred._base.loggers import log_level_number

        level = self.options.get("--loglevel")
        return None if level is None else log_level_number(level)
