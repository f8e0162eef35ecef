"""Parsing of a command line by docopt; the only place where that happens.

Everything else (what a mistake was, which words a command takes, what a shell could complete) is
derived from what docopt has found.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from sacred._base.cli_option import CLIOption
from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean
from sacred.cli.errors import CommandLineError

__all__ = ["OptionFlags", "ParsedArguments", "Reading", "flags_of", "parse", "read"]


_NO_FLAGS: Mapping[str, Sequence[str]] = {}


class OptionFlags(Frozen, kw_only=False):
    """The flags of an option.

    Attributes:
        short: like ``-b``, or None.
        long: like ``--beat-interval``.
        argument: the name of its value; None for a flag.
        repeats: whether it may be repeated.
        is_new: whether abbreviations prefer other options.
    """

    short: str | None
    long: str
    argument: str | None = None
    repeats: bool = False
    is_new: bool = False

    def __str__(self) -> str:
        short, value = self.short or "", self.argument
        if value is None:
            return f"{short} {self.long}".strip()
        return f"{short and f'{short} {value} '}{self.long}={value}"


def flags_of(options: Iterable[CLIOption]) -> list[OptionFlags]:
    """Return the flags of options; a letter belongs to the first option that wants it."""
    taken: set[str] = set()
    flags = []
    for option in options:
        short = None if option.get_short_flag() in taken else option.get_short_flag() or None
        taken.add(option.get_short_flag())
        argument = None if option.is_flag else option.arg or "VALUE"
        # Classes of plug-ins may lack both.
        repeats, is_new = getattr(option, "repeats", False), getattr(option, "is_new", False)
        flags.append(OptionFlags(short, option.get_flag(), argument, repeats, is_new))
    return flags


class Reading(Frozen):
    """A command line, as docopt has split it.

    Attributes:
        options: the given options with their values, in order; an unknown one is kept as
            typed.
        words: all other words, in order.
    """

    options: tuple[tuple[OptionFlags | str, Any], ...]
    words: tuple[str, ...]


class ParsedArguments(Frozen):
    """A parsed command line.

    Attributes:
        command: name of a command, or None.
        arguments: the words after a command that takes arguments.
        updates: the words after ``with``.
        options: values by long flag; False or None if not given.
        help: whether help is asked for instead of a run.
        help_topic: the command for which help is asked, or None.
    """

    command: str | None = None
    arguments: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    options: dict[str, Any]
    help: bool = False
    help_topic: str | None = None


def read(
    argv: Iterable[object], flags: Sequence[OptionFlags], options_first: bool = False
) -> Reading:
    """Let docopt split a command line.

    Args:
        argv: the words after the program's name.
        flags: all options.
        options_first: whether all options come before the first other word (default: False).

    Raises:
        CommandLineError: an option lacks its value, or has a value but does not take one.
    """
    # Not at the top: an import of `Experiment` parses nothing.
    import docopt

    spellings: dict[str, OptionFlags] = {flag.long: flag for flag in flags}
    known = [docopt.Option(flag.short, flag.long, int(flag.argument is not None)) for flag in flags]
    for typed, flag in _old_abbreviations(flags).items():
        spellings[typed] = flag
        known.append(docopt.Option(None, typed, int(flag.argument is not None)))
    try:
        found = docopt.parse_argv(docopt.Tokens([str(word) for word in argv]), known, options_first)
    except docopt.DocoptExit as error:
        raise _mistake(str(error).partition("\n")[0]) from None
    options: list[tuple[OptionFlags | str, Any]] = []
    words: list[str] = []
    for item in found:
        if isinstance(item, docopt.Option):
            name = str(item.name)
            options.append((spellings.get(name, name), item.value))
        else:
            words.append(str(item.value))
    return Reading(options=tuple(options), words=tuple(words))


def _old_abbreviations(flags: Sequence[OptionFlags]) -> dict[str, OptionFlags]:
    """Abbreviations of one option that only options which came later make ambiguous."""
    found = {}
    for newer in (flag for flag in flags if flag.is_new):
        for typed in (newer.long[:end] for end in range(len("--") + 1, len(newer.long))):
            older = [flag for flag in flags if flag.long.startswith(typed) and not flag.is_new]
            if len(older) == 1 and older[0].long != typed:
                found[typed] = older[0]
    return found


def parse(
    argv: Iterable[object],
    options: Sequence[CLIOption] = (),
    with_arguments: Container[str] = (),
    command_flags: Mapping[str, Sequence[str]] = _NO_FLAGS,
) -> ParsedArguments:
    """Parse a command line.

    Args:
        argv: the words after the program's name.
        options: the options.
        with_arguments: commands that take arguments (default: none).
        command_flags: flags of single commands, which become their arguments (default: none).

    Raises:
        CommandLineError: the words do not fit the usage.

    >>> parsed = parse(["evaluate", "with", "C=2"])
    >>> parsed.command, parsed.updates
    ('evaluate', ('C=2',))
    """
    typed, flags = [str(word) for word in argv], flags_of(options)
    own = _flags_of_commands(typed, flags, command_flags)
    reading = read(typed, [*flags, *own])
    values = _values(reading, [*flags, *own])
    given = [flag.long for flag in own if values.pop(flag.long)]
    command, arguments, updates = _structure(list(reading.words), with_arguments)
    for long in given:
        if long not in command_flags.get(command or "", ()):
            raise _mistake(_explain_unknown(long, flags))
    arguments = (*arguments, *given)
    if command == "help":
        topic = arguments[0] if arguments else None
        return ParsedArguments(updates=updates, options=values, help=True, help_topic=topic)
    return ParsedArguments(
        command=command,
        arguments=arguments,
        updates=updates,
        options=values,
        help=bool(values.get("--help")),
        help_topic=command,
    )


def _flags_of_commands(
    argv: Sequence[str], flags: Sequence[OptionFlags], command_flags: Mapping[str, Sequence[str]]
) -> list[OptionFlags]:
    """The flags of the commands in a command line, but for names that options have."""
    names = [long for command, own in command_flags.items() if command in argv for long in own]
    taken = {flag.long for flag in flags}
    return [OptionFlags(None, long, is_new=True) for long in names if long not in taken]


def _values(reading: Reading, flags: Sequence[OptionFlags]) -> dict[str, Any]:
    """Return the values of all options by their long flags."""
    values: dict[str, Any] = {flag.long: False if flag.argument is None else None for flag in flags}
    given: set[str] = set()
    for flag, value in reading.options:
        if isinstance(flag, str):
            raise _mistake(_explain_unknown(flag, flags))
        if flag.repeats:
            before = values[flag.long] or []
            values[flag.long] = before if value in before else [*before, value]
        elif flag.long in given:
            raise _mistake(f"The option {flag.long} is given more than once.")
        else:
            values[flag.long] = value
        given.add(flag.long)
    return values


def _structure(
    words: list[str], with_arguments: Container[str]
) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """Return the command, its arguments, and the updates."""
    if words[:1] == ["with"] and len(words) > 1:
        return None, (), tuple(words[1:])
    if words[:1] == ["help"] and len(words) <= 2:
        return "help", tuple(words[1:]), ()
    command = words[0] if words else None
    end = words.index("with", 1) if "with" in words[1:] else len(words)
    arguments, updates = words[1:end], words[end + 1 :]
    if arguments and command not in with_arguments:
        raise _unexpected(words[2] if command == "help" else words[1])
    if end < len(words) and not updates:
        raise _unexpected("with")
    return command, tuple(arguments), tuple(updates)


def _unexpected(word: str) -> CommandLineError:
    return _mistake(
        f'Unexpected argument "{word}": updates of the configuration come behind "with".'
    )


def _explain_unknown(typed: str, flags: Sequence[OptionFlags]) -> str:
    matching = [flag for flag in flags if flag.long.startswith(typed)] if len(typed) > 2 else []
    meant = [flag.long for flag in matching if not flag.is_new] or [flag.long for flag in matching]
    if meant:
        return f"{typed} could be {' or '.join(meant)}."
    hint = did_you_mean(typed, [flag.long for flag in flags]) if len(typed) > 2 else ""
    return f"Unknown option {typed}. {hint}".rstrip()


def _mistake(message: str) -> CommandLineError:
    return CommandLineError(message, print_usage=True)
