"""Print a script that completes commands, options, run ids, fields and stores in a shell.

Examples:
  sacred completion bash >> ~/.bashrc
  sacred completion zsh > ~/.zfunc/_sacred
  sacred completion fish > ~/.config/fish/completions/sacred.fish

The scripts ask the program, so they know the commands of plug-ins and new runs. Experiments have
scripts of their own: ./train.py --completion bash
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sacred._base.errors import MissingExtraError, SacredError
from sacred.app.command import Command
from sacred.app.command_registry import COMMANDS, all_commands
from sacred.app.program_arguments import parser_of
from sacred.app.project import Project
from sacred.app.session import Session
from sacred.cli.completion import (
    SEPARATOR,
    Candidate,
    CompletedOption,
    complete,
    print_candidates,
)
from sacred.cli.parsing import OptionFlags, Reading
from sacred.cli.shell_scripts import SHELLS, shell_script
from sacred.runs.errors import UsageError

if TYPE_CHECKING:
    from sacred.runs.run_store import RunStore

_NAME = "sacred"
_STORE = CompletedOption(
    flags=("-s", "--store"), description="the store", takes_value=True, values="stores"
)
_IN_FRONT = (
    _STORE,
    CompletedOption(flags=("-h", "--help"), description="the overview"),
    CompletedOption(flags=("--version",), description="the version"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    # Or a line to be completed, if a script asks.
    parser.add_argument("shell", metavar="SHELL", nargs="?", help=" or ".join(SHELLS))


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.shell is None:
        shells = " or ".join(f"sacred completion {shell}" for shell in SHELLS)
        raise UsageError(f"for which shell? {shells}")
    if args.shell.startswith(SEPARATOR):
        print_candidates(complete(args.shell[1:], _ProgramCompletion(session)))
    else:
        session.console.write(shell_script(args.shell, _NAME, "completion"))


class _ProgramCompletion:
    """See `Completable`."""

    name = _NAME

    def __init__(self, session: Session) -> None:
        self._session = session

    def options(self, command: str | None) -> list[CompletedOption]:
        """See `Completable`."""
        if command is None or command not in COMMANDS:
            return list(_IN_FRONT)
        found: Command = COMMANDS.load(command)
        kinds = {**found.option_values, "--store": "stores"}
        return [
            CompletedOption(
                flags=tuple(action.option_strings),
                description=(action.help or "").partition(" (")[0],
                takes_value=action.nargs != 0,
                values=next((kinds[flag] for flag in action.option_strings if flag in kinds), ""),
                is_list=any(kinds.get(flag) == "fields" for flag in action.option_strings),
            )
            for action in parser_of(command, found)._actions
            if action.option_strings
        ]

    def arguments(self, reading: Reading, word: str) -> Iterator[Candidate]:
        """See `Completable`."""
        if not reading.words:
            yield from (Candidate(name, row.summary) for name, row in all_commands().items())
        elif reading.words[0] == "help":
            yield from map(Candidate, COMMANDS.names())
        elif reading.words[0] == "completion":
            yield from map(Candidate, SHELLS)
        elif reading.words[0] in COMMANDS:
            command: Command = COMMANDS.load(reading.words[0])
            yield from self.values(command.arguments, reading)

    def values(self, kind: str, reading: Reading) -> Iterator[Candidate]:
        """See `Completable`."""
        # Errors of a store must not disturb somebody who is typing.
        try:
            yield from map(Candidate, self._words(kind, reading))
        except (SacredError, MissingExtraError, OSError):
            return

    def _words(self, kind: str, reading: Reading) -> Iterable[str]:
        # Not at the top: what reads runs takes longer than all the rest.
        from sacred.app.matching_runs import MatchingRuns
        from sacred.cli.completion_words import MAX_RUNS, field_names, run_ids

        project = self._session.project
        names = list(project.stores) if project is not None else []
        if kind == "programs":
            yield from _program_words(project, reading.words[1:])
            return
        stores = [str(value) for flag, value in reading.options if _long(flag) == "--store"]
        if kind == "stores":
            yield from names
            return
        with Session(argparse.Namespace(store=stores), self._session.console) as session:
            if kind == "metrics" and (runs := reading.words[1:2]):
                yield from session.run(runs[0]).metrics
            if kind in ("ids", "metrics"):
                yield from run_ids(_stores(session))
                yield from (f"{name}:last" for name in names)
            elif kind == "fields":
                yield from field_names(
                    record for _, record in MatchingRuns(session, limit=MAX_RUNS)
                )


def _program_words(project: Project | None, words: tuple[str, ...]) -> Iterator[str]:
    """Yield what may follow ``sacred exec``: programs of the project, then their parameters."""
    from sacred.exec.declared_programs import declared_program

    programs = project.programs if project is not None else {}
    if project is None or not words:
        yield from programs
    elif words[0] in programs and "with" not in words:
        yield "with"
    elif words[0] in programs:
        program = declared_program(words[0], programs[words[0]], str(project.path))
        yield from (f"{parameter.path}=" for parameter in program.parameters or ())


def _long(flag: OptionFlags | str) -> str:
    return flag if isinstance(flag, str) else flag.long


def _stores(session: Session) -> Iterator[tuple[str, RunStore]]:
    # Not before it is asked: that there is none comes behind the words that need none.
    yield from ((named.name, named.store) for named in session.stores)
