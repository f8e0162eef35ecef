r"""The one table of commands.

A command is a row here and a module ``sacred.app.commands.NAME``, loaded when the command
is used::

    "First line: what it does.\n\nMore, and examples; printed by sacred NAME --help."

    def add_arguments(parser: argparse.ArgumentParser) -> None: ...
    def run(args: argparse.Namespace, session: Session) -> int | None: ...   # None is 0

and may have ``prepared(words: list[str]) -> list[str]``, which makes words that argparse would
not understand (``-tag``) others.
"""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING, Protocol

from sacred._base.frozen import Frozen

if TYPE_CHECKING:
    from sacred.app.session import Session

__all__ = ["COMMANDS", "Command", "CommandModule", "command_names"]


class CommandModule(Protocol):
    """What the module of a command has."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Tell the parser which arguments the command has."""

    def run(self, args: argparse.Namespace, session: Session) -> int | None:
        """Do it; the result is the exit code."""


class Command(Frozen):
    """A command of the program.

    Args:
        name: what the user types.
        group: the heading that it stands under in ``sacred --help``.
        usage: its main arguments, for the overview.
        summary: what it does, in a few words.
    """

    name: str
    group: str
    usage: str
    summary: str

    def load(self) -> CommandModule:
        """The module of the command."""
        module: CommandModule = importlib.import_module(f"sacred.app.commands.{self.name}")
        return module


_FIND, _LOOK, _COMPARE = "Find runs", "Look at a run", "Compare and report"
_KEEP, _SETUP = "Keep order", "Set up"

#: Name, arguments, what it does; by the headings of the overview.
_ROWS: dict[str, tuple[tuple[str, str, str], ...]] = {
    _FIND: (
        ("ls", "[QUERY]", "list runs"),
        ("fields", "[QUERY]", "what queries can ask for"),
        ("stores", "", "the stores of this project"),
    ),
    _LOOK: (
        ("show", "ID", "all about it"),
        ("config", "ID [PATH]", "its configuration, as JSON or YAML"),
        ("logs", "ID [-f]", "what it has printed; -f goes on until it ends"),
        ("metrics", "ID [NAME]", "its metrics, in numbers or as curves"),
        ("files", "ID", "its artifacts, resources and sources"),
        ("cat", "ID:NAME", "print one of these files"),
    ),
    _COMPARE: (
        ("diff", "ID ID...", "what differs between runs"),
        ("doctor", "ID", "why it could not be repeated exactly"),
        ("export", "[QUERY]", "a report of runs: one HTML file"),
    ),
    _KEEP: (
        ("tag", "ID... +TAG -TAG", "give runs tags, and take them away"),
        ("note", "ID [TEXT]", "write notes to a run"),
        ("star", "ID...", "mark runs as outstanding"),
        ("unstar", "ID...", "take the mark away"),
        ("rm", "ID...", "put runs into the trash, or --undo that"),
        ("trash", "[ls|empty]", "what is in the trash; remove it for good"),
        ("gc", "[--dry-run]", "empty the trash, remove what no run refers to"),
        ("copy", "FROM TO [QUERY]", "copy runs from one store to another"),
        ("sync", "[DIRECTORY]", "store what stores could not take before"),
    ),
    _SETUP: (
        ("completion", "SHELL", "completion for bash, zsh or fish"),
        ("index", "[ls|rebuild]", "the indices of large directories of runs"),
    ),
}

COMMANDS: tuple[Command, ...] = tuple(
    Command(name=name, group=group, usage=usage, summary=summary)
    for group, rows in _ROWS.items()
    for name, usage, summary in rows
)


def command_names() -> list[str]:
    """The names of all commands."""
    return [command.name for command in COMMANDS]
