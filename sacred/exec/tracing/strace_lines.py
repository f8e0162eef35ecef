r"""The lines that ``strace -f -y`` writes, as calls.

::

    12 openat(AT_FDCWD</work>, "a.txt", O_RDONLY) = 3</work/a.txt>
    12 vfork( <unfinished ...>
    13 execve("/bin/ls", ["ls", "-l"], 0x7ffe /* 20 vars */) = 0
    12 <... vfork resumed>)              = 13
    13 +++ exited with 0 +++
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["FORKS", "Call", "PathArgument", "calls_in", "path_arguments", "texts_in", "unescaped"]

#: Calls that make a process or a thread.
FORKS = frozenset({"fork", "vfork", "clone", "clone3"})

_CALL = re.compile(
    r"(\w+)\((.*)\)\s+= (-?\d+|\?)(?:<([^<>]*)>(?:\(deleted\))?)?(?: [A-Z(].*)?", re.DOTALL
)
_UNFINISHED = "<unfinished ...>"
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_TEXT = r'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?'
_PATH = re.compile(rf"(?:(AT_FDCWD|\d+)(?:<([^<>]*)>)?, )?{_TEXT}")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_CONTROLS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f"}


class Call(NamedTuple):
    """A system call.

    Args:
        process: the number of the process.
        name: the name of the call; ``exit`` for the end of the process, and ``begin fork`` for a
            fork that has not returned yet.
        arguments: the arguments as strace writes them.
        result: the result; None if it is unknown, or if the call failed.
        error: the name of the error; empty if there was none.
        path: of the file that the resulting descriptor stands for.
    """

    process: int
    name: str
    arguments: str = ""
    result: int | None = None
    error: str = ""
    path: str | None = None


class PathArgument(NamedTuple):
    """A path among the arguments of a call; ``base`` is the directory that it starts from."""

    base: str | None
    path: str
    end: int


def calls_in(lines: Iterable[str]) -> Iterator[Call]:
    r"""Yield the calls of a trace, skipping lines that are not from strace.

    >>> [call] = calls_in(['12 openat(AT_FDCWD</w>, "a", O_RDONLY) = 3</w/a>\n'])
    >>> call.name, call.path
    ('openat', '/w/a')
    """
    pending: dict[int, str] = {}
    for line in lines:
        number, _, text = line.rstrip("\n").partition(" ")
        text = text.strip()
        if not number.isdecimal():
            continue
        process = int(number)
        if text.startswith("+++"):
            if "superseded" not in text:
                yield Call(process, "exit")
            continue
        if text.endswith(_UNFINISHED):
            pending[process] = text.removesuffix(_UNFINISHED)
            if text.partition("(")[0] in FORKS:
                yield Call(process, "begin fork")
            continue
        resumed = _RESUMED.match(text)
        if resumed is not None:
            text = pending.pop(process, "") + text[resumed.end() :]
        found = _CALL.fullmatch(text)
        if found is not None:
            yield _call(process, found, text)


def _call(process: int, found: re.Match[str], text: str) -> Call:
    name, arguments, result, path = found.groups()
    failed = result == "-1"
    error = text[found.end(3) :].split()[0] if failed and text[found.end(3) :].split() else ""
    return Call(
        process=process,
        name=name,
        arguments=arguments,
        result=None if failed or result == "?" else int(result),
        error=error,
        path=None if path is None else unescaped(path),
    )


def path_arguments(arguments: str) -> list[PathArgument]:
    r"""Return the paths among the arguments of a call.

    >>> path_arguments('3</w/d>, "x", AT_FDCWD</w>, "y\\n"')[1]
    PathArgument(base='/w', path='y\n', end=33)
    """
    return [
        PathArgument(None if base is None else unescaped(base), unescaped(text), found.end())
        for found in _PATH.finditer(arguments)
        for _, base, text in [found.groups()]
    ]


def texts_in(arguments: str) -> list[str]:
    """Return the quoted strings among arguments; strace cuts long ones."""
    return [unescaped(text) for text in re.findall(_TEXT, arguments)]


def unescaped(text: str) -> str:
    r"""Return the original of a string that strace has escaped.

    >>> unescaped('a\\n\\303\\251\\76')
    'a\né>'
    """
    if "\\" not in text:
        return text

    def byte(match: re.Match[bytes]) -> bytes:
        found = match[1]
        return bytes([int(found, 8) & 0xFF]) if found.isdigit() else _CONTROLS.get(found, found)

    return _ESCAPE.sub(byte, text.encode()).decode("utf-8", "surrogateescape")
