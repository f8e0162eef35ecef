"""Completions of a command line, for the program and for experiments.

Shells pass the line up to the cursor (`sacred.cli.shell_scripts`). docopt parses it with a mark
in place of the word at the cursor. Where the mark ends up shows what is wanted: a command, an
option, the value of an option, or an argument. A `Completable` knows the possible words. Nothing in
the line is executed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from sacred._base.frozen import Frozen
from sacred.cli.errors import CommandLineError
from sacred.cli.parsing import OptionFlags, Reading, read

__all__ = [
    "SEPARATOR",
    "Candidate",
    "Completable",
    "CompletedOption",
    "complete",
    "print_candidates",
]

#: Stands in front of lines, between words that a shell has taken apart, and around candidates.
SEPARATOR = "\x1f"
#: Stands for the word at the cursor. No argument of a process contains it.
_CURSOR = "\0"
#: Words in which nothing means something to a shell.
_SAFE_WORD = re.compile(r"~?[\w.:@%+,/=-][\w.:~@%+,/=-]*")
_MAX_DESCRIPTION_CHARS = 60


class Candidate(Frozen, kw_only=False):
    """A word that a shell may insert, with its meaning."""

    word: str
    description: str = ""


class CompletedOption(Frozen):
    """An option of a command, as shells see it.

    Attributes:
        flags: all its flags.
        description: what it does.
        takes_value: whether it takes a value.
        values: the kind of its value, for `Completable.values`; empty for file names.
        is_list: whether its value is a comma-separated list, whose items may have a minus in front.
    """

    flags: tuple[str, ...]
    description: str = ""
    takes_value: bool = False
    values: str = ""
    is_list: bool = False


class Completable(Protocol):
    """A program whose command lines are completed."""

    name: str

    def options(self, command: str | None) -> Sequence[CompletedOption]:
        """Return the options of a command, or those before it.

        Args:
            command: the first word that is not an option; None for the options before it.
        """

    def arguments(self, reading: Reading, word: str) -> Iterable[Candidate]:
        """Return the words that may come at the cursor, apart from options.

        Args:
            reading: the line before the cursor.
            word: the part of the word at the cursor that has been typed.
        """

    def values(self, kind: str, reading: Reading) -> Iterable[Candidate]:
        """Return the possible values of an option.

        Args:
            kind: `CompletedOption.values`.
            reading: the line before the cursor.
        """


def complete(line: str, program: Completable) -> list[Candidate]:
    """Return the completions of the last word of a line.

    Args:
        line: the line up to the cursor, as typed, or as words separated by `SEPARATOR`.
        program: the program that the line calls.
    """
    *before, word = _split(line)
    for position, typed in enumerate(before):
        if re.split(r"[/\\]", typed)[-1] == program.name:
            before = before[position + 1 :]
            break
    else:
        before = before[1:]
    try:
        found = {candidate.word: candidate for candidate in _candidates(before, word, program)}
    except CommandLineError:
        return []  # a flag with a value
    return [
        candidate
        for candidate in found.values()
        if candidate.word.startswith(word) and _SAFE_WORD.fullmatch(candidate.word)
    ]


def _split(line: str) -> list[str]:
    """Split a line into words, as far as a shell would; the last one is at the cursor."""
    if SEPARATOR in line:
        return line.split(SEPARATOR)
    for closing in ("", '"', "'"):
        try:
            *before, word = shlex.split(f"{line}{_CURSOR}{closing}")
        except ValueError:  # a quotation is open
            continue
        return [*before, word.replace(_CURSOR, "")]
    return [*line.split(), ""]


def _candidates(before: list[str], word: str, program: Completable) -> Iterator[Candidate]:
    name, equals, _ = word.partition("=")
    start = f"{name}=" if equals and name.startswith("--") else ""
    typed = [*before, start + _CURSOR]
    front = read(typed, _flags(program.options(None)), options_first=True)
    command = next((other for other in front.words if _CURSOR not in other), None)
    options = program.options(command)
    found = read(typed, _flags(options))
    reading = Reading(options=found.options, words=tuple(w for w in found.words if w != _CURSOR))
    valued = next((flag for flag, value in found.options if value == _CURSOR), None)
    if valued is not None:
        for option in options:
            if isinstance(valued, OptionFlags) and valued.long in option.flags and option.values:
                values = program.values(option.values, reading)
                yield from _after(start, word, values, option.is_list)
    elif word.startswith("-"):
        for option in options:
            for flag in option.flags:
                yield Candidate(flag, option.description)
    else:
        yield from program.arguments(reading, word)


def _flags(options: Iterable[CompletedOption]) -> list[OptionFlags]:
    return [
        OptionFlags(
            next((flag for flag in option.flags if not flag.startswith("--")), None),
            next((flag for flag in option.flags if flag.startswith("--")), option.flags[0]),
            "VALUE" if option.takes_value else None,
        )
        for option in options
    ]


def _after(
    start: str, word: str, values: Iterable[Candidate], is_list: bool
) -> Iterator[Candidate]:
    if is_list:
        start += word[len(start) : word.rfind(",") + 1]
        start += "-" if word[len(start) :].startswith("-") else ""
    for value in values:
        yield Candidate(start + value.word, value.description)


def print_candidates(candidates: Iterable[Candidate]) -> None:
    """Print candidates for the scripts of shells, which ignore anything else that a program prints.

    Args:
        candidates: the words to offer.
    """
    for candidate in candidates:
        described = " ".join(candidate.description.split())
        described = "".join(filter(str.isprintable, described))[:_MAX_DESCRIPTION_CHARS]
        print(f"{SEPARATOR}{candidate.word}{SEPARATOR}{described}")
