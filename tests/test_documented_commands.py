"""What the documentation tells readers to type is what shell and program understand."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sacred.app.command_registry import COMMANDS
from sacred.app.program_arguments import parse_call
from tests.conftest import ROOT

PAGES = [ROOT / "README.rst", *sorted((ROOT / "docs").rglob("*.rst"))]
#: A line of a literal block, perhaps behind a prompt; what stands far behind it explains it.
_TYPED = re.compile(r"^ {4,}(?:\S*\$ )?((?:sacred|python) .*?)(?: {3,}.*)?$", flags=re.MULTILINE)
_SHELL_OPERATORS = {";", "|", "&&", ">", ">>", "&"}


def typed_lines(page: Path) -> list[str]:
    """The calls of ``sacred`` and ``python`` in the literal blocks of a page."""
    return typed_lines_in(page.read_text(encoding="utf-8"))


def typed_lines_in(text: str) -> list[str]:
    """The calls of ``sacred`` and ``python`` in the literal blocks of a text."""
    text = text.replace("\\\n", " ")
    # Usages have brackets and dots where a reader has to put something.
    return [line for line in _TYPED.findall(re.sub(r" {5,}(?=-)", " ", text)) if "..." not in line]


def calls(line: str) -> Iterator[list[str]]:
    """The arguments of each call of ``sacred`` in a line of a shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";|&>")
    lexer.whitespace_split = True
    words: list[str] = []
    is_call = True
    for word in [*lexer, ";"]:
        if word in _SHELL_OPERATORS:
            if is_call and words[:1] == ["sacred"]:
                yield words[1:]
            words, is_call = [], word in (";", "|", "&&")
        else:
            words.append(word)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_shell_understands_what_is_to_be_typed(page: Path) -> None:
    lines = typed_lines(page)
    done = subprocess.run(
        ["bash", "-n"], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_program_understands_what_is_to_be_typed(page: Path) -> None:
    for line in typed_lines(page):
        for words in calls(line):
            if "NAME" in words or "COMMAND" in words or "users" in words:
                continue  # a placeholder; the command of a plug-in
            parse_call(words)  # else a UsageError that says what is wrong


def test_a_mistake_would_be_found() -> None:
    assert list(calls('sacred ls "a > 1" --sort -x | head; sacred gc > f')) == [
        ["ls", "a > 1", "--sort", "-x"],
        ["gc"],
    ]
    assert "ls" in COMMANDS
    with pytest.raises(Exception, match="unrecognized arguments: --sorted"):
        parse_call(["ls", "--sorted"])
