"""Print a script that completes commands, options, run ids, fields and stores in a shell.

The script has the commands of installed plug-ins, too; print it again when these change.

Examples:
  sacred completion bash >> ~/.bashrc
  sacred completion zsh > ~/.zfunc/_sacred
  sacred completion fish > ~/.config/fish/completions/sacred.fish

The scripts ask the program for ids, fields and stores: sacred completion ids -s lab
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from sacred._base.errors import MissingExtraError, SacredError
from sacred.app.command import Command
from sacred.app.command_registry import all_commands
from sacred.app.matching_runs import MatchingRuns
from sacred.app.program_arguments import parser_of
from sacred.app.session import Session
from sacred.cli.completion import KINDS, SHELLS, CompletedCommand, CompletedOption
from sacred.cli.completion_words import MAX_RUNS, field_names, run_ids, safe_words
from sacred.runs.run_store import RunStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    shells = sorted(SHELLS)
    parser.add_argument(
        "shell", choices=[*shells, *KINDS], metavar="SHELL", help=" or ".join(shells)
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.shell in SHELLS:
        commands = [_completed(*item) for item in all_commands().items()]
        session.console.write(SHELLS[args.shell](commands))
        return

    # Errors of a store must not disturb somebody who is typing.
    try:
        for word in safe_words(_words(args.shell, session)):
            session.console.print(word)
    except (SacredError, MissingExtraError, OSError):
        pass


def _completed(name: str, command: Command) -> CompletedCommand:
    kinds = {**command.option_values, "--store": "stores"}
    options = [
        CompletedOption(
            flags=tuple(action.option_strings),
            description=(action.help or "").partition(" (")[0],
            values=next((kinds[flag] for flag in action.option_strings if flag in kinds), ""),
        )
        for action in parser_of(name, command)._actions
        if action.option_strings
    ]
    return CompletedCommand(
        name=name, summary=command.summary, options=tuple(options), arguments=command.arguments
    )


def _stores(session: Session) -> Iterator[tuple[str, RunStore]]:
    # Not before it is asked: that there is none comes behind the words that need none.
    yield from ((named.name, named.store) for named in session.stores)


def _words(kind: str, session: Session) -> Iterator[str]:
    # Scripts are printed without what reading runs needs.
    names = list(session.project.stores) if session.project is not None else []
    if kind == "ids":
        yield from run_ids(_stores(session))
        yield from (f"{name}:last" for name in names)
    elif kind == "fields":
        yield from field_names(record for _, record in MatchingRuns(session, limit=MAX_RUNS))
    else:
        yield from names
