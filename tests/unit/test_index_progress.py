"""How far an index is, as the program shows it."""

import io

import pytest

from sacred.app import index_progress
from sacred.app.index_progress import IndexProgress
from sacred.display.console import Console

ERASE = "\r\033[K"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(params=[Terminal, io.StringIO])
def console(request, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    return Console(io.StringIO(), request.param())


def shown(console):
    return console.err.getvalue()


def test_nothing_is_shown_within_the_first_second(console):
    IndexProgress(console)(500, 100_000)
    assert shown(console) == ""


def test_a_terminal_shows_it_until_something_is_printed(console, monkeypatch):
    monkeypatch.setattr(index_progress, "DELAY_SECONDS", -1.0)
    IndexProgress(console)(500, 100_000)
    text = "\rindexing: 500 of 100,000 runs (once; Ctrl-C is safe)\033[K"
    assert shown(console) == (text if console.err.isatty() else "")
    console.print("a row")
    console.note("a remark")
    console.interrupted()
    progress = f"{text}{ERASE}" if console.err.isatty() else ""
    assert shown(console) == f"{progress}a remark\n"
    assert console.out.getvalue() == "a row\n"


def test_who_interrupts_it_reads_in_one_line_what_is_done(console, monkeypatch):
    monkeypatch.setattr(index_progress, "DELAY_SECONDS", -1.0)
    IndexProgress(console)(34_500, 100_000)
    console.interrupted()
    told = "interrupted: 34,500 of 100,000 runs are indexed, and the next query goes on from there"
    assert shown(console).split("\r")[-1].removeprefix("\033[K") == f"{told}\n"


def test_a_narrow_terminal_has_one_line_of_it(console, monkeypatch):
    monkeypatch.setattr(index_progress, "DELAY_SECONDS", -1.0)
    console.width = 20
    IndexProgress(console)(500, 100_000)
    assert "\n" not in shown(console)
    assert len(shown(console)) <= 19 + len(ERASE)
