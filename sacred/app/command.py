"""What the program knows about a command before loading it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from sacred._base.frozen import Frozen

if TYPE_CHECKING:
    import argparse

    from sacred.app.session import Session

__all__ = ["Command", "CommandModule"]


class CommandModule(Protocol):
    """The module of a command.

    Its docstring is what ``sacred NAME --help`` prints: a first line that says what the command
    does, then more, and examples. A function ``rewrite_arguments(words) -> words`` may replace
    words that argparse would not understand (``-tag``).
    """

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments of the command."""

    def run(self, args: argparse.Namespace, session: Session) -> int | None:
        """Run the command.

        Args:
            args: the parsed words of the command line.
            session: the stores that are open, and the console.

        Returns:
            the exit code; None means 0.
        """


class Command(Frozen):
    """A command of the program ``sacred``, as its help and shells need it.

    Args:
        module: full name of its `CommandModule`, which is imported when the command is used.
        group: the heading under which it is listed in ``sacred --help``.
        usage: its main arguments, for the overview.
        summary: what it does, in a few words.
        arguments: what shells complete its arguments with: ``"ids"`` of runs, ``"metrics"``
            of the first run on the command line, ``"fields"``, ``"stores"`` or ``"programs"`` of
            the project, or nothing.
        option_values: the same for the values of its options: ``{"--sort": "fields"}``.
    """

    module: str
    group: str
    summary: str
    usage: str = ""
    arguments: str = ""
    option_values: Mapping[str, str] = {}

    def load(self) -> CommandModule:
        """Import the module of the command."""
        module: CommandModule = importlib.import_module(self.module)
        return module
