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

from sacred._base.values import Value

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


class Command(Value):
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


_KEEP = "Keep order"
_FIND, _LOOK = "Find runs", "Look at a run"

COMMANDS: tuple[Command, ...] = tuple(
    Command(name=name, group=group, usage=usage, summary=summary)
    for group, name, usage, summary in (
        (_FIND, "ls", "[QUERY]", "list runs"),
        (_LOOK, "show", "ID", "all about a run"),
        (_LOOK, "config", "ID", "its configuration"),
        (_KEEP, "tag", "ID... +TAG -TAG", "give runs tags, and take them away"),
        (_KEEP, "note", "ID [TEXT]", "write notes to a run"),
        (_KEEP, "star", "ID...", "mark runs as outstanding"),
        (_KEEP, "unstar", "ID...", "take the mark away"),
        (_KEEP, "rm", "ID...", "put runs into the trash, or --undo that"),
        (_KEEP, "trash", "[ls|empty]", "what is in the trash; remove it for good"),
        (_KEEP, "copy", "FROM TO [QUERY]", "copy runs from one store to another"),
        (_KEEP, "sync", "[DIRECTORY]", "store what stores could not take before"),
    )
)


def command_names() -> list[str]:
    """The names of all commands."""
    return [command.name for command in COMMANDS]
