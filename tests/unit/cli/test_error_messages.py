"""What is shown of an error."""

from __future__ import annotations

import pdb

import pytest

from sacred._base.errors import (
    MissingConfigError,
    MissingExtraError,
    ObserverError,
    SacredError,
    TimeoutInterrupt,
)
from sacred.cli.error_messages import explain, no_command, report, unknown_command
from sacred.cli.errors import CommandLineError


def _caught(error: BaseException) -> BaseException:
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CommandLineError("what"), "Error: what\n"),
        (CommandLineError("what", print_usage=True), "USAGE\nError: what\n"),
        (ObserverError("no disk"), "Error: no disk\n"),
        (MissingExtraError("no pymongo"), "Error: no pymongo\n"),
        (SacredError("m", print_traceback=False), "sacred.utils.SacredError: m\n"),
        (MissingConfigError("f is missing value(s):", ["a"]),
         "USAGE\nsacred.utils.MissingConfigError: f is missing value(s): ['a']\n"),
    ],
)  # fmt: skip
def test_errors_of_the_library(error: BaseException, text: str) -> None:
    """As their class says."""
    assert explain(_caught(error), "USAGE") == text


@pytest.mark.parametrize("error", [ValueError("why"), TimeoutInterrupt(), SacredError("m")])
def test_other_errors_come_with_a_traceback(error: Exception) -> None:
    text = explain(_caught(error), "USAGE")
    assert text.startswith("Traceback (most recent calls WITHOUT Sacred internals):\n")
    assert __file__ in text
    assert "USAGE" not in text


def test_report_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(CommandLineError("what"), "USAGE") == 1
    assert capsys.readouterr() == ("", "Error: what\n")


def test_report_may_start_the_debugger(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind the message, where the error was raised; not if it was never raised."""
    started: list[object] = []
    monkeypatch.setattr(pdb, "post_mortem", started.append)
    error = _caught(CommandLineError("what"))
    assert report(error, "USAGE", post_mortem=True) == 1
    assert started == [error.__traceback__]
    report(CommandLineError("what"), "USAGE", post_mortem=True)
    assert len(started) == 1


def test_unknown_command() -> None:
    assert str(unknown_command("stats", ["main", "data.stats"])) == (
        'Command "stats" not found. Available commands are: main, data.stats\n'
        'Did you mean "data.stats"?'
    )
    assert str(unknown_command("xyz", ["main"])) == (
        'Command "xyz" not found. Available commands are: main'
    )
    assert "at least one update" in str(unknown_command("with", ["main"]))
    assert unknown_command("x", []).print_usage


def test_no_command() -> None:
    assert str(no_command(["a", "b"])) == (
        "No command found to be run. Specify a command or define a main function. "
        "Available commands are: a, b"
    )
