"""Arguments of the program and of its commands."""

from __future__ import annotations

import argparse
from typing import NoReturn

from sacred._base.text import did_you_mean
from sacred.app.command import Command
from sacred.app.command_registry import find_command
from sacred.app.program_help import program_help, version_text
from sacred.runs.errors import UsageError

__all__ = ["add_run_id", "parse_call", "parser_of", "whole_number"]

_WITH_VALUE = ("-s", "--store")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        flags = [flag for action in self._actions for flag in action.option_strings]
        unknown = message.partition("unrecognized arguments: ")[2].split()
        if self.prog == "sacred star" and unknown in (["--remove"], ["--undo"], ["--off"]):
            raise UsageError("to remove the star from runs: sacred unstar ID")
        hint = did_you_mean(unknown[0], flags) if unknown and unknown[0].startswith("-") else ""
        message = f"{message}. {hint}".rstrip() if hint else message
        raise UsageError(f"{message}\n  {self.format_usage().strip()}")


def parse_call(argv: list[str]) -> tuple[Command, argparse.Namespace] | str:
    """Return the command and its arguments, or a text to print instead.

    Raises:
        UsageError: there is a mistake in the call.
    """
    options, name, rest = _split(argv)
    if "--version" in options:
        return version_text()
    if name == "help" and rest[:1]:
        name, rest = rest[0], ["--help"]
    if not argv or name == "help" or {"-h", "--help"} & set(options):
        return program_help()
    if name is None:
        raise UsageError(f"{' '.join(argv)}, and which command? sacred --help lists them")
    command = find_command(name)
    parser = parser_of(name, command)
    rest = getattr(command.load(), "rewrite_arguments", list)(rest)
    if "-h" in rest or "--help" in rest:
        return parser.format_help()
    return command, parser.parse_intermixed_args([*options, *_join_values(rest, command)])


def _split(argv: list[str]) -> tuple[list[str], str | None, list[str]]:
    """Return the options before the command, the command, and what follows it."""
    position = 0
    while position < len(argv) and argv[position].startswith("-"):
        position += 2 if argv[position] in _WITH_VALUE else 1
    name = argv[position] if position < len(argv) else None
    return argv[:position], name, argv[position + 1 :]


def _join_values(words: list[str], command: Command) -> list[str]:
    """Turn ``--sort -result`` into ``--sort=-result``, else argparse takes the value for an option.

    >>> _join_values(["lr > 1", "--sort", "-result"], find_command("ls"))
    ['lr > 1', '--sort=-result']
    """
    joined: list[str] = []
    for word in words:
        if joined and command.option_values.get(joined[-1]) == "fields":
            joined[-1] = f"{joined[-1]}={word}"
        else:
            joined.append(word)
    return joined


def parser_of(name: str, command: Command) -> argparse.ArgumentParser:
    """Return the argument parser of a command.

    Args:
        name: of the command.
        command: its module declares the arguments; its docstring is the help text.
    """
    module = command.load()
    text = (module.__doc__ or command.summary).strip()
    first, _, more = text.partition("\n\n")
    parser = _Parser(
        prog=f"sacred {name}",
        description=first,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    parser.add_argument(
        "-s",
        "--store",
        action="append",
        metavar="STORE",
        help="directory, URL, or name in the project file (default: $SACRED_STORE, the "
        "project file, ./runs)",
    )
    parser.add_argument(
        "--utc", action="store_true", help="times in UTC (default: the local time zone)"
    )
    return parser


def add_run_id(parser: argparse.ArgumentParser, many: bool = False) -> None:
    """Declare the positional argument that names one run (``id``) or several (``ids``).

    Args:
        parser: of the command.
        many: whether several may be named (default: False).
    """
    ways = "7, last, last~1, best:result, best:-metrics.loss.min, STORE:7"
    if many:
        parser.add_argument("ids", metavar="ID", nargs="+", help=ways)
    else:
        parser.add_argument("id", metavar="ID", help=ways)


def whole_number(text: str) -> int:
    """Parse a number of runs, lines, ... from the command line."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)
