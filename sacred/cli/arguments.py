"""Usage texts, and parsing of an ``argv``.

docopt parses a usage text of its own, made of flags only. The text for users, with the
docstring of their module, is never parsed: it may contain anything.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sacred._base.cli_option import CLIOption
from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean
from sacred.cli.errors import CommandLineError

__all__ = [
    "ParsedArguments",
    "format_usage",
    "parse",
    "parse_plain",
    "split_command_arguments",
    "usage_texts",
]

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


class ParsedArguments(Frozen):
    """A parsed command line.

    Attributes:
        command: name of a command, or None.
        updates: the words after ``with``.
        options: values by long flag; False or None if not given.
        help: whether help is asked for instead of a run.
        help_topic: the command that the help is for, or None.
    """

    command: str | None = None
    updates: tuple[str, ...] = ()
    options: dict[str, Any]
    help: bool = False
    help_topic: str | None = None


class _Flags(Frozen, kw_only=False):
    """The spellings of an option."""

    short: str | None
    long: str
    argument: str | None
    repeats: bool = False
    is_new: bool = False

    def __str__(self) -> str:
        short, value = self.short or "", self.argument
        if value is None:
            return f"{short} {self.long}".strip()
        return f"{short and f'{short} {value} '}{self.long}={value}"


def _flags_of(options: Iterable[CLIOption]) -> list[_Flags]:
    taken: set[str] = set()
    flags = []
    for option in options:
        # The first option has the letter; later ones have only their long flag.
        short = None if option.get_short_flag() in taken else option.get_short_flag() or None
        taken.add(option.get_short_flag())
        argument = None if option.is_flag else option.arg or "VALUE"
        # Classes of plug-ins may lack both.
        repeats, is_new = getattr(option, "repeats", False), getattr(option, "is_new", False)
        flags.append(_Flags(short, option.get_flag(), argument, repeats, is_new))
    return flags


# ---------------------------------------------------------------- usage texts


def format_usage(
    program_name: str,
    description: str | None,
    commands: Mapping[str, Callable[..., Any]] | None = None,
    options: Sequence[CLIOption] = (),
) -> str:
    """Return the usage of a program, as ``--help`` shows it and docopt takes it.

    Args:
        program_name: the program, as users type it.
        description: any text about the program, or None.
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
        description: any text about the program, or None.
        commands: the commands by name.
        options: the options.

    Returns:
        the short usage, the long one, and the one that `parse` takes: whatever stands in a
        description, in the name of the program or in a help text cannot confuse docopt.
    """
    flags = _flags_of(options)
    # Not at the top, as others below: an experiment that shows its usage, or parses one, needs it.
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


def _option_lines(flags: _Flags, option: CLIOption) -> str:
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


# -------------------------------------------------------------------- parsing


def parse_plain(argv: Sequence[str], options: Sequence[CLIOption] = ()) -> ParsedArguments | None:
    """Parse a command line that needs no docopt: options in full, no mistakes.

    Most command lines are like that, and docopt with its usage text takes longer than the rest
    of a short run.

    Args:
        argv: the words after the program's name.
        options: the options.

    Returns:
        the result of `parse`, or None: docopt has to decide.

    >>> parse_plain(["evaluate", "with", "C=2"]).updates
    ('C=2',)
    >>> parse_plain(["--no-such-option"]) is None
    True
    """
    values = {option.get_flag(): False if option.is_flag else None for option in options}
    words = _without_options([str(word) for word in argv], _flags_of(options), values)
    if words is None or "help" in words[:1]:
        return None
    command = words.pop(0) if words and words[0] != "with" else None
    if words and (words[0] != "with" or len(words) == 1 or "with" in words[1:]):
        return None
    return ParsedArguments(
        command=command,
        updates=tuple(words[1:]),
        options=values,
        help=bool(values.get("--help")),
        help_topic=command,
    )


def _without_options(
    words: Sequence[str], flags: Sequence[_Flags], values: dict[str, Any]
) -> list[str] | None:
    """Return the other words and fill in the options' values; None: docopt has to decide."""
    by_name = {name: flag for flag in flags for name in (flag.short, flag.long) if name}
    given: set[str] = set()
    left = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            left.append(word)
            continue
        name, equals, value = word.partition("=")
        flag = by_name.get(name)
        again = flag is not None and flag.long in given and not flag.repeats
        if flag is None or again or (equals and not name.startswith("--")):
            return None
        if flag.argument is None:
            if equals:
                return None
            values[flag.long] = True
        else:
            following = value if equals else next(rest, None)
            if following is None or following.startswith("-"):
                return None
            before = values[flag.long] or []
            repeated = [*before, following] if following not in before else before
            values[flag.long] = repeated if flag.repeats else following
        given.add(flag.long)
    return left


def split_command_arguments(
    argv: Sequence[str], command: str, options: Sequence[CLIOption]
) -> tuple[list[str], list[str]]:
    """Take the arguments of a command, up to ``with``, out of a command line.

    Args:
        argv: the words after the program's name.
        command: the command that takes arguments.
        options: the options, whose values are no arguments.

    Returns:
        the other words, and the arguments (none for another command).

    >>> split_command_arguments(["diff", "best:result", "-u", "with", "C=2"], "diff", [])
    (['diff', '-u', 'with', 'C=2'], ['best:result'])
    """
    flags = _flags_of(options)
    others: list[str] = []
    taken: list[str] = []
    found = False
    words = iter(map(str, argv))
    for word in words:
        if word.startswith("-"):
            others.append(word)
            for typed, value_follows in _typed_options(word, flags):
                option = _find(typed, flags)
                if isinstance(option, _Flags) and option.argument is not None and value_follows:
                    others += [value for value in (next(words, None),) if value is not None]
        elif found and word != "with":
            taken.append(word)
        else:
            others.append(word)
            if found or word != command:
                return [*others, *words], taken
            found = True
    return others, taken


def parse(argv: Sequence[str], usage: str, options: Sequence[CLIOption] = ()) -> ParsedArguments:
    """Parse a command line.

    Args:
        argv: the words after the program's name.
        usage: the usage for docopt.
        options: the options, to explain mistakes.

    Raises:
        CommandLineError: the words do not fit the usage.

    >>> usage = usage_texts("train.py", None)[2]
    >>> parsed = parse(["evaluate", "with", "C=2"], usage)
    >>> parsed.command, parsed.updates
    ('evaluate', ('C=2',))
    """
    import docopt

    words = [str(word) for word in argv]
    expanded = _expand_abbreviations(words, _flags_of(options))
    try:
        # Positionally: the parameter is called `help` or `default_help`.
        found = dict(docopt.docopt(usage, expanded, False))
    except docopt.DocoptExit as error:
        message = str(error).partition("\n")[0]
        if "unmatched" in message or not message:
            message = _explain_mismatch(words, _flags_of(options))
        raise CommandLineError(message, print_usage=True) from None
    updates = tuple(found.pop("UPDATE"))
    command = found.pop("COMMAND")
    asked = found.pop("help") or command == "help"  # the latter: `help` with an option
    del found["with"]
    # Repeated values count once (docopt may report the last one twice); none is None.
    found = {
        flag: (list(dict.fromkeys(value)) or None) if isinstance(value, list) else value
        for flag, value in found.items()
    }
    return ParsedArguments(
        command=None if asked else command,
        updates=updates,
        options=found,
        help=asked or bool(found.get("--help")),
        help_topic=None if command == "help" else command,
    )


def _expand_abbreviations(words: Sequence[str], flags: Sequence[_Flags]) -> list[str]:
    """Write out abbreviated long flags; docopt would find those ambiguous that only new
    options have made so.
    """
    expanded: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            return [*expanded, word, *rest]
        values = 0
        if word.startswith("-") and word != "-":
            for typed, value_follows in _typed_options(word, flags):
                option = _find(typed, flags)
                if isinstance(option, str):
                    continue
                if typed.startswith("--"):
                    word = option.long + word[len(typed) :]
                values += option.argument is not None and value_follows
        expanded.append(word)
        expanded += itertools.islice(rest, values)
    return expanded


def _explain_mismatch(words: Sequence[str], flags: Sequence[_Flags]) -> str:
    """Explain why docopt could not match the words with the usage."""
    given: set[str] = set()
    positional: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word in ("-", "--"):
            positional.append(word)
            continue
        for typed, value_follows in _typed_options(word, flags):
            option = _find(typed, flags)
            if isinstance(option, str):
                return option
            if option.long in given and not option.repeats:
                return f"The option {option.long} is given more than once."
            given.add(option.long)
            if option.argument is not None and value_follows:
                next(rest, None)
    return _explain_positional(positional)


def _typed_options(word: str, flags: Sequence[_Flags]) -> Iterable[tuple[str, bool]]:
    """Yield the flags in one word, each with whether its value would be the next word."""
    if word.startswith("--"):
        name, equals, _ = word.partition("=")
        yield name, not equals
        return
    with_value = {flag.short for flag in flags if flag.argument is not None}
    for position, letter in enumerate(word[1:], start=2):
        short = f"-{letter}"
        yield short, position == len(word)
        if short in with_value:
            return  # what follows is its value


def _find(typed: str, flags: Sequence[_Flags]) -> _Flags | str:
    """Return the option that was typed, or what is wrong with it."""
    exact = [flag for flag in flags if typed in (flag.short, flag.long)]
    # As docopt does: a unique prefix of a long flag is enough.
    prefixed = [flag for flag in flags if flag.long.startswith(typed) and len(typed) > 2]
    # What was unique in Sacred 0.8.7 keeps its meaning beside options that came later.
    found = exact or [flag for flag in prefixed if not flag.is_new] or prefixed
    if len(found) == 1:
        return found[0]
    if found:
        return f"{typed} could be {' or '.join(flag.long for flag in found)}."
    hint = did_you_mean(typed, [flag.long for flag in flags]) if len(typed) > 2 else ""
    return f"Unknown option {typed}. {hint}".rstrip()


def _explain_positional(words: Sequence[str]) -> str:
    behind = words[2:] if words[:1] == ["help"] else words[1:]
    if not behind:
        return "These arguments do not fit together."
    return f'Unexpected argument "{behind[0]}": updates of the configuration come behind "with".'
