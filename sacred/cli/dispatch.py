"""From ``argv`` to a run: usage, parsing, help, the run itself, and its errors."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sacred._base.errors import SacredError
from sacred._base.registry import resolve
from sacred.cli.error_messages import (
    no_command,
    report,
    show_filtered_if_uncaught,
    unknown_command,
)
from sacred.cli.options import BuiltInOption
from sacred.cli.parsing import ParsedArguments, flags_of, parse
from sacred.cli.updates import parse_updates
from sacred.commands import built_in, help_for_command
from sacred.commands.built_in import COMMAND_FLAGS, COMMANDS_WITH_ARGUMENTS
from sacred.definition import UPDATE_WORDS, RunRequest

if TYPE_CHECKING:
    from sacred._base.cli_option import CLIOption
    from sacred.run import Run

__all__ = ["Program", "run_commandline"]

#: What a command line can ask for besides runs: functions of the experiment and ``argv``, from
#: floors above. They are no commands of experiments, whose seeds depend on how many these are.
_TOOLS = {"sweep": "sacred.sweeps.command_line:run_sweep"}


class Program(Protocol):
    """The part of an experiment that the command line uses (the class is in a higher layer)."""

    all_cli_options: list[CLIOption]
    default_command: str | None

    @property
    def current_run(self) -> Run | None:
        """The active run, or the last one."""

    def get_usage(self, program_name: str | None = None) -> tuple[str, str, str]:
        """Return the short usage, the long one, and the one that docopt parses."""

    def gather_commands(self) -> Iterable[tuple[str, Callable[..., Any]]]:
        """Return all commands, with their full names."""

    def run(
        self,
        command_name: str | None = None,
        config_updates: dict[str, Any] | None = None,
        named_configs: Sequence[str] = (),
        info: dict[str, Any] | None = None,
        meta_info: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
    ) -> Run:
        """Run a command, like `Experiment.run`.

        Args:
            command_name: the name of the command; None (default) for the default command.
            config_updates: entries, nested or by dotted path.
            named_configs: names, applied from left to right.
            info: the initial content of ``run.info``.
            meta_info: annotations of the run.
            options: by the long flags of the command line, such as ``--loglevel``.

        Returns:
            the finished run.
        """


def run_commandline(experiment: Program, argv: Sequence[str]) -> Run:
    """Execute a command line of an experiment.

    Args:
        experiment: the experiment.
        argv: the program's name, then its arguments.

    Returns:
        the finished run.

    Raises:
        SystemExit: help was shown (code 0); or the usage was wrong, or the run failed, and the
            error has been shown (code 1).
        Exception: with ``--debug``, what the run raised.
    """
    usage = functools.cache(lambda: experiment.get_usage(argv[0] if argv else None))
    options = experiment.all_cli_options
    try:
        if (tool := _tool(experiment, argv)) is not None:
            tool(experiment, argv)
            sys.exit(0)
        ours = _built_in_commands(experiment)
        flags = {name: flags for name, flags in COMMAND_FLAGS.items() if name in ours}
        parsed = parse(argv[1:], options, ours & COMMANDS_WITH_ARGUMENTS, flags)
        if parsed.help:
            print(_help(experiment, parsed.help_topic, usage()[1]))
            sys.exit(0)  # as docopt does: what follows in the script is for runs
        if asked := _completion_asked_for(parsed, options):
            # Not at the top: runs do without it.
            from sacred.cli.experiment_completion import answer_shell

            answer_shell(experiment, asked, os.path.basename(argv[0]))
            sys.exit(0)
        request = _request(experiment, parsed)
    except SacredError as error:
        sys.exit(report(error, usage()[0]))
    return _run(experiment, request, lambda: usage()[0])


def _tool(experiment: Program, argv: Sequence[str]) -> Callable[..., None] | None:
    """The tool that a command line asks for; None: it asks for a run.

    A command of the experiment's own wins over a tool of that name.
    """
    words = list(argv[1:])
    words = words[: words.index("with")] if "with" in words else words
    names = [name for name in _TOOLS if name in words]
    if not names or names[0] in dict(experiment.gather_commands()):
        return None
    place = words.index(names[0])
    flags = flags_of(experiment.all_cli_options)
    with_value = {text for f in flags if f.argument for text in (f.short, f.long)}
    if place and words[place - 1] in with_value:  # as in `-c sweep`
        return None
    tool: Callable[..., None] = resolve(_TOOLS[names[0]])
    return tool


def _completion_asked_for(parsed: ParsedArguments, options: Iterable[CLIOption]) -> str | None:
    """Return the value of ``--completion``, unless that is an option of the experiment's own."""
    value: str | None = parsed.options.get("--completion")
    if value is not None:
        for option in options:
            if option.get_flag() == "--completion" and isinstance(option, BuiltInOption):
                return value
    return None


def _help(experiment: Program, topic: str | None, usage: str) -> str:
    if topic is None:
        return usage
    commands = dict(experiment.gather_commands())
    if topic not in commands:
        raise unknown_command(topic, commands)
    return help_for_command(commands[topic])


def _built_in_commands(experiment: Program) -> set[str]:
    """The names of the built-in commands that the experiment has none of its own for."""
    return {
        name
        for name, command in experiment.gather_commands()
        if getattr(command, "__wrapped__", None) is getattr(built_in, name, built_in)
    }


def _request(experiment: Program, parsed: ParsedArguments) -> RunRequest:
    commands = [name for name, _ in experiment.gather_commands()]
    if parsed.command is not None and parsed.command not in commands:
        raise unknown_command(parsed.command, commands)
    command = parsed.command or experiment.default_command
    if command is None:
        raise no_command(commands)
    config_updates, named_configs = parse_updates(parsed.updates)
    # Option hooks and readers of `meta["options"]` find the other words here.
    words = {
        "with": bool(parsed.updates),
        UPDATE_WORDS: list(parsed.updates),
        "help": False,
        "COMMAND": parsed.command,
    }
    if parsed.arguments:
        words[built_in.ARGUMENTS_OPTION] = list(parsed.arguments)
    request = RunRequest(
        command_name=command,
        config_updates=config_updates,
        named_configs=named_configs,
        options={**parsed.options, **words},
    )
    request.check()  # before option hooks have seen it
    return request


def _run(experiment: Program, request: RunRequest, short_usage: Callable[[], str]) -> Run:
    before = experiment.current_run
    try:
        finished = experiment.run(
            request.command_name,
            config_updates=dict(request.config_updates),
            named_configs=request.named_configs,
            options=dict(request.options),
        )
    except (Exception, KeyboardInterrupt) as error:
        # Option hooks may have changed the options: a run that exists has the final ones.
        run = experiment.current_run
        made = run is not None and run is not before
        debug = run.debug if made and run else bool(request.options.get("--debug"))
        post_mortem = run.pdb if made and run else bool(request.options.get("--pdb"))
        if debug and not post_mortem:
            if isinstance(error, SacredError):
                error.print_traceback, error.filter_traceback = True, "never"
            raise
        if isinstance(error, KeyboardInterrupt):
            # Re-raised, so that Python exits as an interrupted program does.
            show_filtered_if_uncaught(error)
            raise
        sys.exit(report(error, short_usage(), post_mortem))
    # An experiment that overrides `run` may return something else.
    if getattr(finished, "record_error", None) is not None:  # it has been logged
        sys.exit(1)
    return finished
