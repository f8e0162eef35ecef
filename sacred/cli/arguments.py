"""Usage texts: for users, and for docopt.

The latter consists of flags only. The text for users, with the docstring of their module, is never
parsed, so it may contain anything.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sacred._base.cli_option import CLIOption
from sacred.cli.parsing import OptionFlags, flags_of

__all__ = ["format_usage", "usage_texts"]

_PATTERNS = """\
Usage:
  {program} [(with UPDATE...)] [options]
  {program} help [COMMAND]
  {program} (-h | --help)
  {program} COMMAND [(with UPDATE...)] [options]"""

# Without the third line, which would exclude `COMMAND -h`.
_PARSED_PATTERNS = """\
Usage:
  PROGRAM [(with UPDATE...)] [options]{repeated}
  PROGRAM help [COMMAND]
  PROGRAM COMMAND [(with UPDATE...)] [options]{repeated}
"""

_ARGUMENTS = (
    ("COMMAND", "Name of the command to run (see below for a list of commands)"),
    ("UPDATE", "An entry of the configuration, as in foo.bar=17, or a named config or file"),
)

_TEXT_COLUMN = 32  # first column of the texts of options
_LINE_WIDTH = 79


def format_usage(
    program_name: str,
    description: str | None,
    commands: Mapping[str, Callable[..., Any]] | None = None,
    options: Sequence[CLIOption] = (),
) -> str:
    """Return the usage of a program, as ``--help`` shows it and docopt parses it.

    Args:
        program_name: the program, as users type it.
        description: a description of the program, or None.
        commands: the commands by name.
        options: the options.

    >>> def train():
    ...     '''Train the model.'''
    >>> print(format_usage("train.py", "About it.", {"train": train}))
    Usage:
      train.py [(with UPDATE...)] [options]
      train.py help [COMMAND]
      train.py (-h | --help)
      train.py COMMAND [(with UPDATE...)] [options]
    <BLANKLINE>
    About it.
    <BLANKLINE>
    Arguments:
      COMMAND  Name of the command to run (see below for a list of commands)
      UPDATE   An entry of the configuration, as in foo.bar=17, or a named config or file
    <BLANKLINE>
    Commands:
      train  Train the model.
    <BLANKLINE>
    """
    return usage_texts(program_name, description, commands, options)[1]


def usage_texts(
    program_name: str,
    description: str | None,
    commands: Mapping[str, Callable[..., Any]] | None = None,
    options: Sequence[CLIOption] = (),
) -> tuple[str, str, str]:
    """Return the usage texts of a program.

    Args:
        program_name: the program, as users type it.
        description: a description of the program, or None.
        commands: the commands by name.
        options: the options.

    Returns:
        the short usage, the long one, and one for docopt, which no description, program name
        or help text can confuse.
    """
    flags = flags_of(options)
    # Not at the top: only an experiment that shows its usage needs it.
    import shlex

    short_usage = _PATTERNS.format(program=shlex.quote(program_name))
    described = [
        (f"{option.arg}", option.arg_description or "") for option in options if not option.is_flag
    ]
    arguments = [*_ARGUMENTS, *(pair for pair in described if pair[1])]
    sections = [
        short_usage,
        (description or "").strip(),
        _section("Options", map(_option_lines, flags, options)),
        _section("Arguments", _in_columns(arguments)),
        _section("Commands", _in_columns(_summaries(commands or {}))),
    ]
    usage = "\n\n".join(section for section in sections if section) + "\n"
    repeated = "".join(f" [{flag.long}={flag.argument}]..." for flag in flags if flag.repeats)
    parsed = (
        _PARSED_PATTERNS.format(repeated=repeated)
        + "\nOptions:\n"
        + "".join(f"  {flag}\n" for flag in flags)
    )
    return short_usage, usage, parsed


def _section(title: str, lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return f"{title}:\n{text}" if text else ""


def _option_lines(flags: OptionFlags, option: CLIOption) -> str:
    start = f"  {flags}"
    text = " ".join(option.get_description().split())
    lines = textwrap.wrap(
        text, _LINE_WIDTH - _TEXT_COLUMN, break_long_words=False, break_on_hyphens=False
    )
    if len(start) > _TEXT_COLUMN - 2:
        lines.insert(0, start)
    else:
        lines[:1] = [start.ljust(_TEXT_COLUMN) + "".join(lines[:1])]
    return ("\n" + " " * _TEXT_COLUMN).join(lines).rstrip()


def _summaries(commands: Mapping[str, Callable[..., Any]]) -> list[tuple[str, str]]:
    """Name and first line of the docstring of each command."""
    return [
        (name, (command.__doc__ or "").strip().partition("\n")[0].rstrip())
        for name, command in commands.items()
    ]


def _in_columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in rows), default=0)
    return [f"  {name:<{width}}  {text}".rstrip() for name, text in rows]
