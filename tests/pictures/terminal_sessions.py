"""What is typed for the pictures of terminals: one story, in one directory, in this order."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.pictures.terminal_svg import COLUMNS
from tests.services.sessions import execute

__all__ = ["PICTURES", "TerminalPicture", "normalised", "play"]

_SWEEP = (
    "python digits.py sweep -F runs --sweep lr --seeds {seeds} -j 2 --maximize result "
    "with lr=0.01,0.001"
)
#: Words of a terminal that is as wide as the text column of the pages.
_ENVIRONMENT = {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "OMP_NUM_THREADS": "1"}
_COMMAND_COLOUR, _PROMPT_COLOUR, _END = "\x1b[1m", "\x1b[90m", "\x1b[0m"


@dataclass(frozen=True, kw_only=True)
class TerminalPicture:
    """A picture of a terminal.

    Args:
        name: of the file, without its suffix.
        title: what it shows, for those who do not see it.
        commands: that are typed.
        before: what is typed before and not shown.
    """

    name: str
    title: str
    commands: tuple[str, ...]
    before: tuple[str, ...] = ()


PICTURES = (
    TerminalPicture(
        name="first-run",
        title="A run of digits.py with seed=1, and what a misspelt entry is answered",
        commands=(
            "python digits.py -F runs with seed=1",
            "python digits.py -F runs -l ERROR with hiden=64",
        ),
    ),
    TerminalPicture(
        name="look",
        title="sacred ls lists two runs, and sacred diff shows in what they differ",
        before=("python digits.py -F runs -l ERROR with thorough seed=1",),
        commands=("sacred ls", "sacred diff 1 2"),
    ),
    TerminalPicture(
        name="curves",
        title="sacred metrics --plot draws the accuracy of two runs in the terminal",
        commands=("sacred metrics 1 2 accuracy --plot",),
    ),
    TerminalPicture(
        name="explain",
        title="print_config marks what has changed, and explain says where it comes from",
        commands=(
            "python digits.py -l ERROR print_config with thorough lr=0.1 seed=1",
            "python digits.py -l ERROR explain hidden lr with thorough lr=0.1",
        ),
    ),
    TerminalPicture(
        name="sweep",
        title="A sweep of two step sizes goes on: of six seeds each, three were there before",
        before=(_SWEEP.format(seeds=3),),
        commands=(_SWEEP.format(seeds=6), "sacred sweep"),
    ),
    TerminalPicture(
        name="compare",
        title="sacred compare: six paired seeds show a difference of 0.31, with its interval",
        commands=('sacred compare "meta.sweep.name = lr" --by lr',),
    ),
    TerminalPicture(
        name="rerun",
        title="sacred rerun repeats a run from its record, and the verdict is EXACT",
        commands=("sacred rerun 1",),
    ),
)


def play(directory: Path) -> Iterator[tuple[TerminalPicture, str]]:
    """Type all of it in an empty directory; give each picture and the text of its terminal.

    Args:
        directory: is filled with the example and its runs.
    """
    shutil.copy(ROOT / "examples/digits.py", directory)
    for picture in PICTURES:
        for command in picture.before:
            execute(command, directory, _ENVIRONMENT)
        shown = [
            f"{_PROMPT_COLOUR}${_END} {_COMMAND_COLOUR}{command}{_END}\n"
            f"{execute(command, directory, _ENVIRONMENT)}"
            for command in picture.commands
        ]
        yield picture, "\n\n".join(shown)


#: What is another one each time, on each machine, or with each version of numpy.
_VARYING = (
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"), "TIME"),
    (re.compile(r"\b\d+:\d\d:\d\d\b|\b\d+(\.\d+)?(ms|s|min|h)\b"), "DURATION"),
    (re.compile(r"(?<=recorded on )[^,\s]+"), "MACHINE"),
    # The names of scratch directories are not equally long, so lines break elsewhere.
    (re.compile(r"^python /(?s:.)*?(?=^recorded as)", re.MULTILINE), "THE COMMAND\n"),
    (re.compile("[ \u2800]+"), " "),
)


_ENDED = re.compile(r"run \S+: [A-Z]+")


def normalised(text: str) -> str:
    """The text of a terminal without what no two of them have in common.

    >>> normalised("2  0.977778   2026-11-30 12:04:49  20.0s")
    '2 0.978 TIME DURATION'
    """
    for pattern, constant in _VARYING:
        text = pattern.sub(constant, text)
    text = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.3g}", text)
    lines = [line.rstrip() for line in text.strip("\n").split("\n")]
    # Which of two runs that go on at the same time ends first?
    ended = iter(sorted(line for line in lines if _ENDED.fullmatch(line)))
    return "\n".join(next(ended) if _ENDED.fullmatch(line) else line for line in lines)
