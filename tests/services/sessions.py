"""Shell sessions in texts: commands behind ``$``, each with the output that it must have.

A session is a run of indented lines::

    $ python 01_hello_world.py -l ERROR
    Hello world!

The output ends at the next command or at the first line that is indented less; ``...``
in it stands for anything. What depends on the day and the machine (times, durations)
compares as equal.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

_COMMAND = re.compile(r"(?P<indent>[ ]+)\$ (?P<command>.+)")
#: Times of today and durations, each with what it counts as.
_OTHER_EACH_TIME = (
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"), "2026-03-02 10:15:00"),
    (re.compile(r"\b\d+:\d\d:\d\d\b"), "0:00:00"),
    (re.compile(r"\b\d+\.\d+s\b"), "0.00s"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of a session, where it stands, and the output that it should have."""

    text: str
    output: str
    line: int


def commands_in(text: str) -> Iterator[Command]:
    """The commands of all sessions in a text, in order."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if found := _COMMAND.fullmatch(line):
            output = _output_below(lines[number + 1 :], found["indent"])
            yield Command(text=found["command"], output=output, line=number + 1)


def _output_below(lines: list[str], indent: str) -> str:
    output = []
    for line in lines:
        if (line.strip() and not line.startswith(indent)) or _COMMAND.fullmatch(line):
            break
        output.append(line.removeprefix(indent).rstrip())
    return "\n".join(output).strip("\n")


def execute(command: str, directory: Path, variables: Mapping[str, str] | None = None) -> str:
    """What a command prints, stdout and stderr in one, in the order of writing.

    Args:
        command: as it is typed.
        directory: in which.
        variables: more of the environment.
    """
    words = shlex.split(command)
    if words[0] in ("python", ".venv/bin/python"):
        words[0] = sys.executable
    elif words[0] in ("sacred", ".venv/bin/sacred"):
        words[:1] = [sys.executable, "-m", "sacred"]  # the environment may not be on the path
    done = subprocess.run(
        words,
        cwd=directory,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(directory),
            "LANG": "C.UTF-8",
            "TZ": "CET-1",  # one zone all over the year
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",  # else stdout would come after all of stderr
            "OMP_NUM_THREADS": "1",  # threads that wait for each other keep processors busy
            **(variables or {}),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def check(text: str, directory: Path) -> int:
    """Run the sessions of a text in a directory; returns the number of commands.

    Raises:
        AssertionError: an output differs; the message shows both.
    """
    commands = list(commands_in(text))
    for command in commands:
        got = execute(command.text, directory)
        wanted = _normalised(command.output)
        same = doctest.OutputChecker().check_output(
            wanted + "\n", _normalised(got) + "\n", doctest.ELLIPSIS
        )
        assert same, (
            f"line {command.line}: $ {command.text}\n--- expected\n{command.output}\n--- got\n{got}"
        )
    return len(commands)


def _normalised(text: str) -> str:
    for pattern, constant in _OTHER_EACH_TIME:
        text = pattern.sub(constant, text)
    return text
