"""The class `Experiment`, with which every script begins."""

from __future__ import annotations

import copy
import functools
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from sacred._base.current_run import runs_in_scope
from sacred._base.errors import ExperimentSetupError, SacredError
from sacred._base.functions import ensure_wellformed_argv
from sacred._base.masking import mask_passwords
from sacred._base.registry import resolve
from sacred._base.script import calling_globals, main_file_of
from sacred._base.text import did_you_mean
from sacred.cli.options import apply_options, default_options, gather_command_line_options
from sacred.commands import built_in
from sacred.config.typed_entries import without_marks
from sacred.definition import LAUNCHED_RUN, LEASED_RUN, RERUN_SEED, RERUN_STORE, RunRequest
from sacred.ingredient import Ingredient, PathLike
from sacred.lifecycle.notebook_display import shown_live

if TYPE_CHECKING:
    from typing import TypeVar

    from sacred._base.cli_option import CLIOption
    from sacred._base.run_ids import RunId
    from sacred.config.captured_function import CapturedFunction
    from sacred.host_info import HostInfoGetter
    from sacred.run import Run

    R = TypeVar("R")
    F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["Experiment", "NoRunError", "gather_command_line_options"]

# What makes a sweep stands on a floor above.
_SWEEP = "sacred.sweeps.from_python:sweep_of"


class NoRunError(SacredError, AssertionError):
    """An experiment was asked for something that only a running run can do.

    Args:
        message: what was asked for.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)


class Experiment(Ingredient):
    """An experiment: its configuration, its commands, and the observers of its runs.

    Args:
        name: its name (default: the script's file name without suffix).
        ingredients: the ingredients that it uses.
        interactive: allow a definition without a script (REPL, notebook).
        base_dir: root of the sources that are recorded (default: the script's
            directory).
        additional_host_info: functions made with ``@host_info_gatherer``.
        additional_cli_options: functions made with ``@cli_option``.
        save_git_info: record url, commit and state of the git repositories.

    Raises:
        RuntimeError: without a script, ``interactive`` or the name is missing.
        KeyError: an additional host info uses a name that exists.

    >>> ex = Experiment("demo", interactive=True)
    >>> @ex.config
    ... def settings():
    ...     C = 1.0
    >>> @ex.main
    ... def main(C):
    ...     return C * 2
    >>> ex.run(config_updates={"C": 21}, options={"--loglevel": "ERROR"}).result
    42
    """

    def __init__(
        self,
        name: str | None = None,
        ingredients: Sequence[Ingredient] = (),
        interactive: bool = False,
        base_dir: PathLike | None = None,
        additional_host_info: Sequence[HostInfoGetter] | None = None,
        additional_cli_options: Sequence[CLIOption] | None = None,
        save_git_info: bool = True,
    ) -> None:
        caller_globals = calling_globals(self)
        if name is None:
            name = _name_of_script(caller_globals, interactive)
        super().__init__(
            path=name,
            ingredients=ingredients,
            interactive=interactive,
            base_dir=base_dir,
            _caller_globals=caller_globals,
            save_git_info=save_git_info,
        )
        self.default_command: str | None = None
        self.observers: list[Any] = []
        #: Functions of `on_stop`.
        self.stop_hooks: list[CapturedFunction[Any]] = []
        self.option_hooks: list[Callable[..., Any]] = []
        self.captured_out_filter: Callable[[str], str] | None = None
        self.additional_host_info = list(additional_host_info or ())
        if self.additional_host_info:
            # Not at the top, as others below: an import of the module that defines an
            # experiment loads what every experiment needs, not what a run or a usage does.
            from sacred.host_info import check_additional_host_info

            check_additional_host_info(self.additional_host_info)
        self.additional_cli_options = list(additional_cli_options or ())
        self.all_cli_options = gather_command_line_options(self.additional_cli_options)
        #: What sweeps look into, see `search_space`.
        self.search_spaces: list[Callable[..., Any]] = []
        self._last_run: Run | None = None
        self._add_built_in_commands()

    def _add_built_in_commands(self) -> None:
        # The seeds of later functions depend on these four coming first, in this order.
        self.command(built_in.print_config, unobserved=True)
        self.command(built_in.print_dependencies, unobserved=True)
        self.command(built_in.save_config, unobserved=True)
        self.command(built_in.print_named_configs_of_run, unobserved=True)
        # These, then, are none of the captured functions.
        self._add_silently(built_in.diff)
        self._add_silently(built_in.explain)

    def _add_silently(self, function: Callable[..., Any]) -> None:
        from sacred.config.captured_function import create_captured_function

        captured = self.commands[function.__name__] = create_captured_function(function)
        captured.unobserved = True

    # -------------------------------------------------------------- defining

    def main(self, function: Callable[..., R]) -> CapturedFunction[R]:
        """Decorator: this function runs unless another command is named."""
        captured: CapturedFunction[R] = self.command(function)
        self.default_command = captured.__name__
        return captured

    def automain(self, function: Callable[..., R]) -> CapturedFunction[R]:
        """Decorator: like :meth:`main`, and run the command line if the file is the script.

        Put it at the end of the script: whatever comes after it is not yet
        defined when the experiment runs.

        Raises:
            RuntimeError: in interactive mode.
        """
        if self.interactive or self.mainfile is None:
            raise ExperimentSetupError(
                "Cannot use @ex.automain decorator in interactive mode. "
                "Use @ex.main and call ex.run() instead."
            )
        captured = self.main(function)
        if function.__module__ == "__main__":
            self.run_commandline()
        return captured

    def on_stop(self, function: Callable[..., R]) -> CapturedFunction[R]:
        """Decorator: call this captured function when a run is asked to end.

        A signal such as SIGTERM asks for that, or the worker of the run. The run continues until
        another signal ends it, so the function may save what a later attempt needs, and the main
        function may check ``_run.should_stop()`` and return.
        """
        captured: CapturedFunction[R] = self.capture(function)
        self.stop_hooks.append(captured)
        return captured

    def option_hook(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: let this function change the ``options`` before a run is created.

        Raises:
            KeyError: it has no parameter ``options``.
        """
        import inspect

        if "options" not in inspect.signature(function).parameters:
            raise KeyError(
                "option_hook functions must have an argument called 'options', "
                f"but got {list(inspect.signature(function).parameters)}"
            )
        self.option_hooks.append(function)
        return function

    def post_process_name(self, name: str, ingredient: Ingredient) -> str:
        """Drop the experiment's own name from the names of its commands and named configs.

        Args:
            name: the full name, with the path of its ingredient.
            ingredient: the one that has it.
        """
        return name[len(self.path) + 1 :] if ingredient is self else name

    # --------------------------------------------------------------- running

    def get_config(
        self,
        config_updates: Mapping[str, Any] | None = None,
        named_configs: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Return the configuration that a run would have, without running anything.

        Args:
            config_updates: values that win over all sources; nested or dotted keys.
            named_configs: names of named configs or config files, in order.

        >>> ex = Experiment("demo", interactive=True)
        >>> _ = ex.add_config({"opt": {"lr": 0.1, "steps": 10}, "seed": 1})
        >>> ex.get_config({"opt.lr": 0.5})
        {'opt': {'lr': 0.5, 'steps': 10}, 'seed': 1}
        """
        from sacred.initialize.configuration import configure
        from sacred.initialize.run_logger import kept_level

        with kept_level(self):
            configured = configure(self, self.default_command, config_updates, named_configs)
        return copy.deepcopy(configured.config)

    def get_config_schema(
        self,
        config_updates: Mapping[str, Any] | None = None,
        named_configs: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Return the configuration as JSON Schema (draft 2020-12), without running anything.

        Args:
            config_updates: values that become the defaults; keys may be nested or dotted.
            named_configs: names of named configs or config files, in order.

        >>> ex = Experiment("doctest", interactive=True, save_git_info=False)
        >>> @ex.config
        ... def cfg():
        ...     lr: float = 0.1  # learning rate
        >>> ex.get_config_schema()["properties"]["lr"]
        {'type': 'number', 'description': 'learning rate', 'default': 0.1}
        """
        from sacred.initialize.config_schema import config_schema
        from sacred.initialize.configuration import configure
        from sacred.initialize.run_logger import kept_level

        command = self.default_command
        with kept_level(self):
            configured = configure(self, command, config_updates, named_configs, is_checked=False)
        return config_schema(configured, self.path)

    def run(
        self,
        command_name: str | None = None,
        config_updates: dict[str, Any] | None = None,
        named_configs: Sequence[str] = (),
        info: dict[str, Any] | None = None,
        meta_info: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
        resume: RunId | None = None,
    ) -> Run:
        """Run a command.

        Args:
            command_name: default: the main function.
            config_updates: values that win over all sources; nested or dotted keys.
            named_configs: names of named configs or config files, in order.
            info: initial content of the run's ``info``.
            meta_info: added to the run's ``meta_info``.
            options: command-line options, as in ``{"--loglevel": "ERROR"}``.
            resume: id of a run that has ended or died, to continue it: same id, record, config.

        Returns:
            the finished run; with ``--reuse``, perhaps one with the result of a known run.

        Raises:
            RuntimeError: there is no main function and no command is named.
            ConfigError: with ``--strict``, after the run: nothing read what an update set.
            BaseException: whatever the command raises.
        """
        if resume is not None:
            options = {**(options or {}), "--resume": resume}
        run = self._create_run(
            command_name, config_updates, named_configs, info, meta_info, options
        )
        from sacred.settings import SETTINGS

        if (run.reuse or SETTINGS.REUSE_RUNS) and not run.is_leased:
            from sacred.reruns.reuse import reuse_known_run

            if reuse_known_run(run):
                return run
        with shown_live(run):
            run()
        if run.is_strict and run.unread_updates:
            from sacred.initialize.change_checks import refuse_unread

            refuse_unread(run.unread_updates)
        return run

    def _create_run(
        self,
        command_name: str | None = None,
        config_updates: dict[str, Any] | None = None,
        named_configs: Sequence[str] = (),
        info: dict[str, Any] | None = None,
        meta_info: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
    ) -> Run:
        command_name = command_name or self.default_command
        if command_name is None:
            raise ExperimentSetupError(
                "No command found to be run. Specify a command or define a main function."
            )
        defaults = self.get_default_options()
        all_options = {**defaults, **(options or {})}
        for name in all_options.keys() - defaults:
            # Option hooks may have names of their own; words of the command line have no dash.
            if name.startswith("-") and (hint := did_you_mean(name, defaults)):
                logging.getLogger(self.path).warning('There is no option "%s". %s', name, hint)
        for hook in self.option_hooks:
            hook(options=all_options)
        if "seed" not in (config_updates or {}) and (seed := os.environ.get(RERUN_SEED)):
            config_updates = {**(config_updates or {}), "seed": int(seed)}
        request = RunRequest.of_call(
            command_name, config_updates, named_configs, info, meta_info, all_options
        )
        make = functools.partial(self._requested_run, has_updates=config_updates is not None)
        if LEASED_RUN in os.environ or all_options.get("--resume") is not None:
            # Not at the top: most processes go on with no run.
            from sacred.observers.leased_run import run_of_lease

            run = run_of_lease(request, make)
        else:
            run = make(request)
        self.current_run = run
        return run

    def _requested_run(self, request: RunRequest, has_updates: bool) -> Run:
        from sacred.initialize.create import create_requested_run

        run = create_requested_run(self, request)
        run.info.update(request.info)
        shown_options = {
            # Records are read by others; stores are named by URLs with passwords.
            name: mask_passwords(value) if isinstance(value, str) else value
            for name, value in request.options.items()
        }
        run.meta_info.update(
            command=request.command_name,
            options=shown_options,
            named_configs=request.named_configs,
        )
        if has_updates:
            run.meta_info["config_updates"] = without_marks(request.config_updates)
        run.meta_info.update(request.meta_info)
        apply_options(self.all_cli_options, request.options, run)
        if run.observers and (place := os.environ.get(RERUN_STORE)):
            from sacred.observers.stand_ins import stand_ins_for

            run.observers = stand_ins_for(run.observers, place)
        if LAUNCHED_RUN in os.environ:
            from sacred.observers.stand_ins import prepare_launched

            prepare_launched(run, request.command_name, os.environ[LAUNCHED_RUN])
        run.stop_requests.hooks = list(self.stop_hooks)
        return run

    def search_space(self, function: F) -> F:
        """Decorator: the variables of this function are the search space of sweeps.

        >>> from sacred import Experiment, sweeps
        >>> ex = Experiment("demo", interactive=True)
        >>> @ex.search_space
        ... def space():
        ...     lr = sweeps.loguniform(1e-5, 1e-1)
        """
        self.search_spaces.append(function)
        return function

    def sweep(self, space: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Create a `sacred.sweeps.Sweep`; its ``run()`` runs each point of a search space.

        Args:
            space: for the paths of entries, lists of alternatives, distributions of
                `sacred.sweeps`, or constants (default: what `search_space` has declared).
            **options: ``seeds`` (how many seeds each point is run with), ``trials`` (how many
                points are drawn), ``sampler``, ``prune``, ``minimize``, ``maximize``, ``zip``,
                ``where`` (a function of the values of a point), ``name``, ``seed``, ``command``,
                ``options``.

        Raises:
            SweepError: the search space or an option is not valid.
        """
        # Its type lives on a floor above.
        return resolve(_SWEEP)(self, space, **options)

    def run_commandline(self, argv: str | Sequence[str] | None = None) -> Run:
        """Run what a command line asks for.

        Args:
            argv: a list like ``sys.argv``, one string, or None for ``sys.argv``.

        Returns:
            the finished run.

        Raises:
            ValueError: ``argv`` is something else.
            SystemExit: help was shown (code 0), the usage is wrong, or the run failed (unless
                ``--debug``).
        """
        from sacred.cli.dispatch import run_commandline

        return run_commandline(self, ensure_wellformed_argv(argv))

    def get_usage(self, program_name: str | None = None) -> tuple[str, str, str]:
        """Return the short usage, the long one, and the one that docopt parses."""
        from sacred.cli.arguments import usage_texts

        program = os.path.relpath(program_name or sys.argv[0] or self.path)
        commands = dict(self.gather_commands())
        return usage_texts(program, self.doc, commands, self.all_cli_options)

    def get_default_options(self) -> dict[str, Any]:
        """Return the default values of all options: False for flags, None for values."""
        return default_options(self.all_cli_options)

    # ------------------------------------------------------- the current run

    @property
    def current_run(self) -> Run | None:
        """The run of this experiment that is running, or else the last one."""
        for bindings in runs_in_scope():
            run: Run | None = bindings.run
            if getattr(run, "experiment", None) is self:
                return run
        return self._last_run

    @current_run.setter
    def current_run(self, run: Run | None) -> None:
        if run is not None:
            run.experiment = self
        self._last_run = run

    def _run_for(self, purpose: str) -> Run:
        run = self.current_run
        if run is None or run.stop_time is not None:
            raise NoRunError(f"Can only {purpose} while a run of {self.path!r} is under way.")
        return run

    @property
    def info(self) -> dict[str, Any]:
        """The ``info`` of the current (or else the last) run, stored at each heartbeat."""
        if self.current_run is None:
            raise NoRunError(f"Can only access info during a run of {self.path!r}, or after one.")
        return self.current_run.info

    def open_resource(self, filename: PathLike, mode: str = "r") -> IO[Any]:
        """See :meth:`sacred.run.Run.open_resource`."""
        return self._run_for("open resources").open_resource(filename, mode)

    def add_resource(self, filename: PathLike) -> None:
        """See :meth:`sacred.run.Run.add_resource`."""
        self._run_for("add resources").add_resource(filename)

    def add_artifact(
        self,
        filename: Any,
        name: str | None = None,
        metadata: dict[str, Any] | None = None,
        content_type: str | None = None,
    ) -> None:
        """See :meth:`sacred.run.Run.add_artifact`."""
        self._run_for("add artifacts").add_artifact(filename, name, metadata, content_type)

    def log_scalar(self, name: str, value: float, step: float | None = None) -> None:
        """See :meth:`sacred.run.Run.log_scalar`."""
        self._run_for("log metrics").log_scalar(name, value, step)

    _process_bound = (*Ingredient._process_bound, "_last_run")

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.__dict__.setdefault("_last_run", None)


def _name_of_script(caller_globals: dict[str, Any], interactive: bool) -> str:
    script = main_file_of(caller_globals)
    if interactive:
        raise ExperimentSetupError("name is required in interactive mode.")
    if script is None:
        raise ExperimentSetupError(
            "No main-script found: are you running in interactive mode? If so, please "
            "provide a name and set interactive=True."
        )
    return os.path.splitext(os.path.basename(script))[0]
