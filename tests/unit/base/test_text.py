"""What a terminal shows; colours; near names."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.text import (
    apply_backspaces_and_linefeeds,
    did_you_mean,
    mask_passwords,
    nearest_names,
    use_colour,
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def simulate(text):
    """A slow terminal, character by character."""
    lines = []
    for line in text.split("\n"):
        cells, cursor = [], 0
        for char in line:
            if char == "\r":
                cursor = 0
            elif char == "\b":
                cursor = max(0, cursor - 1)
            else:
                cells[cursor : cursor + 1] = [char]
                cursor += 1
        lines.append("".join(cells))
    return "\n".join(lines) + ("\r" if text.endswith("\r") else "")


@given(st.text("ab\r\b\n", max_size=30))
def test_same_as_a_terminal(text):
    """The fast way and the slow way show the same."""
    assert apply_backspaces_and_linefeeds(text) == simulate(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("abc\b\bX", "aXc"),
        ("\b\babc", "abc"),
        ("abc\r\ndef", "abc\ndef"),
        ("abc\rX\n", "Xbc\n"),
        ("abc\r", "abc\r"),
        ("abc\r\r", "abc\r"),
        ("a\r\r\nb", "a\nb"),
        ("abc\n\bX", "abc\nX"),
        ("1\b", "1"),
        ("50%\r100%\rdone\n", "done\n"),
    ],
)
def test_backspaces_and_carriage_returns(text, shown):
    """The cases that the old library was seen to handle."""
    assert apply_backspaces_and_linefeeds(text) == shown


def test_a_long_progress_bar_is_quick():
    """The time is linear in the text, not quadratic."""
    text = "x" * 200_000 + "\r.." * 200_000
    start = time.perf_counter()
    apply_backspaces_and_linefeeds(text)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("environment", "stream", "expected"),
    [
        ({}, Terminal(), True),
        ({}, io.StringIO(), False),
        ({}, None.__class__, False),
        ({"NO_COLOR": "1"}, Terminal(), False),
        ({"NO_COLOR": ""}, Terminal(), True),
        ({"FORCE_COLOR": "1"}, io.StringIO(), True),
        ({"FORCE_COLOR": "0"}, Terminal(), False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, Terminal(), False),
        ({"TERM": "dumb"}, Terminal(), False),
    ],
)
def test_use_colour(monkeypatch, environment, stream, expected):
    """Colours are for terminals, unless the environment says otherwise."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert use_colour(stream) is expected


def test_no_colour_into_a_closed_stream(monkeypatch):
    """Asking a closed stream is no error."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    stream = io.StringIO()
    stream.close()
    assert use_colour(stream) is False


def test_did_you_mean_counts():
    """One, several or no near names."""
    assert did_you_mean("lerning", ["learning", "x"]) == 'Did you mean "learning"?'
    assert did_you_mean("ab1", ["ab2", "ab3"]) in (
        'Did you mean "ab2" or "ab3"?',
        'Did you mean "ab3" or "ab2"?',
    )
    assert did_you_mean("zzz", ["learning"]) == ""


def test_nearest_names_ignore_case():
    """The wrong case is the nearest miss of all."""
    assert nearest_names("LR", ["lr", "x"]) == ["lr"]


_MASKED = "postgresql://ada:***@db:5432/runs"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://ada:PASSWORD@db:5432/runs", _MASKED),
        ("postgresql://ada:PASS:WORD@db:5432/runs", _MASKED),
        ("postgresql://ada:PASS@WORD@db:5432/runs", _MASKED),
        ("postgresql://ada:PASS/WORD@db:5432/runs", _MASKED),
        ("postgresql://ada:PASS?WORD@db:5432/runs", _MASKED),
        ("postgresql://ada:PASS WORD@db:5432/runs", _MASKED),
        ("postgresql://ada:PASS'WORD@db:5432/runs", _MASKED),
        ("postgresql://ada:12345PASSWORD@db:5432/runs", _MASKED),
        (_MASKED, _MASKED),
        ("mongodb+srv://ada:PASSWORD@h1:1,h2:2/x?a=b", "mongodb+srv://ada:***@h1:1,h2:2/x?a=b"),
        ("redis://:PASSWORD@h", "redis://:***@h"),
        ("x://h/y?password=PASSWORD&a=1", "x://h/y?password=***&a=1"),
        ("x://h/y?a=1&sslPassword=PASSWORD", "x://h/y?a=1&sslPassword=***"),
        ("x://h/y?sas_token=PASSWORD#z", "x://h/y?sas_token=***#z"),
        ("x://h/?a=AWS_SESSION_TOKEN:PASSWORD,b:1", "x://h/?a=AWS_SESSION_TOKEN:***,b:1"),
        ("https://PASSWORD@git.org/x.git", "https://***@git.org/x.git"),
        (
            "Not at 'a://b:PASSWORD@c/d': ask me@home, or https://e:PASSWORD@f",
            "Not at 'a://b:***@c/d': ask me@home, or https://e:***@f",
        ),
    ],
)
def test_passwords_are_masked(text: str, masked: str) -> None:
    assert mask_passwords(text) == masked
    assert mask_passwords(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "me@home: no URL?password=1",
        "ssh://git@host/x",
        "git@host:x/y.git",
        "http://localhost:8000/a@b?c=d",
        "mongodb://h1:27017,h2:27017/x?tls=true",
        "sqlite:////data/runs.db",
        "C:/data/x@y",
        "s3://bucket/key=1",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert mask_passwords(text) == text


@given(st.text(st.characters(categories=["L", "N", "P"], exclude_characters="@#"), min_size=12))
def test_law_no_password_is_left(password: str) -> None:
    for url in (f"postgresql://ada:{password}@host/x", f"x://h/?password={password}"):
        if password.isalnum() or "//ada" in url:
            assert password not in mask_passwords(url)


def test_masking_is_linear() -> None:
    begin = time.perf_counter()
    for text in ("://a:" * 20_000, "x://" + "a:" * 50_000, "://" + "?a" * 50_000, "&pwd" * 50_000):
        mask_passwords(text + "://")
    assert time.perf_counter() - begin < 5
