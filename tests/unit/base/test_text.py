"""What a terminal shows; colours; near names."""

from __future__ import annotations

import io
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sacred._base.masking import mask_passwords
from sacred._base.text import (
    apply_backspaces_and_linefeeds,
    did_you_mean,
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


PIECES = [
    *("ab", "c\n", "\n", "\r", "\b", "\x1b[A", "\x1b[2A", "\x1b[B", "\x1b[C", "\x1b[4C", "\x1b[D"),
    *("\x1b[E", "\x1b[F", "\x1b[G", "\x1b[3G", "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[J"),
    *("\x1b[?25l", "\x1b]0;title\x07", "\x1b[2J", "\x1b(B"),
]


class SlowTerminal:
    """The lines of a terminal, worked out piece by piece."""

    def __init__(self):
        self.lines, self.row, self.column = [""], 0, 0

    def _set(self, line):
        self.lines[self.row] = line

    def take(self, piece):
        row, column, line = self.row, self.column, self.lines[self.row]
        last = len(self.lines) - 1
        effects = {
            "\r": lambda: (row, 0),
            "\b": lambda: (row, column - 1),
            "\x1b[A": lambda: (row - 1, column),
            "\x1b[2A": lambda: (row - 2, column),
            "\x1b[B": lambda: (min(row + 1, last), column),
            "\x1b[C": lambda: (row, column + 1),
            "\x1b[4C": lambda: (row, column + 4),
            "\x1b[D": lambda: (row, column - 1),
            "\x1b[E": lambda: (min(row + 1, last), 0),
            "\x1b[F": lambda: (row - 1, 0),
            "\x1b[G": lambda: (row, 0),
            "\x1b[3G": lambda: (row, 2),
            "\x1b[K": lambda: self._set(line[:column]),
            "\x1b[1K": lambda: self._set(" " * len(line[: column + 1]) + line[column + 1 :]),
            "\x1b[2K": lambda: self._set(""),
            "\x1b[J": lambda: self._erase_below(),
        }
        if piece.strip("abc\n") == "":
            for char in piece:
                self._type(char)
        elif piece in effects:
            self.row, self.column = effects[piece]() or (self.row, self.column)
        self.row, self.column = max(self.row, 0), max(self.column, 0)

    def _type(self, char):
        if char == "\n":
            self.row, self.column = self.row + 1, 0
            self.lines += [""] * (self.row == len(self.lines))
        else:
            line = self.lines[self.row].ljust(self.column)
            self._set(line[: self.column] + char + line[self.column + 1 :])
            self.column += 1

    def _erase_below(self):
        self._set(self.lines[self.row][: self.column])
        del self.lines[self.row + 1 :]


# Such a text is applied as a terminal applies it, from the start: it has a sequence.
SEQUENCES = st.lists(st.sampled_from(PIECES), max_size=12).map(lambda list_: ["\x1b[A", *list_])


@given(SEQUENCES)
def test_cursor_movements_are_those_of_a_terminal(pieces):
    """Up, down, to columns, erasing: as a slow terminal shows it."""
    terminal = SlowTerminal()
    for piece in pieces:
        terminal.take(piece)
    shown = apply_backspaces_and_linefeeds("".join(pieces))
    # Behind the text come the sequences that move the cursor to its place.
    lines = re.sub(r"(?:\x1b\[\d+[ACD]|\r)*\Z", "", shown).split("\n")
    assert [line.rstrip() for line in lines] == [line.rstrip() for line in terminal.lines]


@given(SEQUENCES, st.lists(st.sampled_from([*PIECES, "\x1b[31m", "\x1b[0m"]), max_size=12))
def test_text_with_movements_can_be_applied_in_pieces(first, second):
    """With each heartbeat, the filter gets what it has made of the text before, and the rest."""
    parts = "".join(first), "\x1b[B" + "".join(second)
    at_once = apply_backspaces_and_linefeeds("".join(parts))
    assert apply_backspaces_and_linefeeds(apply_backspaces_and_linefeeds(parts[0]) + parts[1]) == (
        at_once
    )
    assert apply_backspaces_and_linefeeds(at_once) == at_once


@pytest.mark.parametrize("cut", range(4, 12))
def test_a_sequence_may_come_in_two_pieces(cut):
    """What is no whole sequence yet waits for the rest."""
    text = "a\x1b[1Ab\x1b[2K\rc\n"
    before = apply_backspaces_and_linefeeds(text[:cut])
    assert apply_backspaces_and_linefeeds(before + text[cut:]) == "c\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # Two nested bars of tqdm: the inner one on the line below, removed at its end.
        (
            "out:   0%\r\n\rin:   0%\x1b[A\n\rin:  90%\x1b[A\n\r        \r\x1b[A\rout: 100%\n",
            "out: 100%\n",
        ),
        # A live display of rich: the cursor is hidden, the line is erased and written again.
        (
            "\x1b[?25l\x1b[35m 1%\x1b[0m\r\x1b[2K\x1b[35m99%\x1b[0m\n\x1b[?25hend\n",
            "\x1b[35m99%\x1b[0m\nend\n",
        ),
        ("\x1b[31mred\x1b[0m\n", "\x1b[31mred\x1b[0m\n"),
        ("\x1b[31mred\rRE", "\x1b[31mREd\x1b[0m\x1b[1D\x1b[31m"),
        ("a\x1b[999999999Cb", "a" + " " * 300 + "b"),
        ("\x1b[99999999999999999999Ga", " " * 300 + "a"),
        ("\x1b[9Aa\x1b[999B", "a"),
    ],
)
def test_displays_of_several_lines(text, shown):
    """Their last state is what stays; colours stay, too."""
    assert apply_backspaces_and_linefeeds(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "line\n\x1b[1A\x1b[2K" * 40_000,
        "x" * 100_000 + "\x1b[1K" * 40_000,
        "x" * 100_000 + "\x1b[2Ky" * 20_000,
        "x" + "\x1b[300Cx\x1b[2K" * 20_000,
        "\x1b[31m" * 100_000 + "\rx",
        "\x1b]" * 100_000 + "\r",
        "\n" * 100_000 + "\x1b[99999Aa\x1b[99999B" * 10_000,
    ],
)
def test_movements_are_quick(text):
    """No text makes it take longer than its length allows."""
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
        "postgresql://db:5432/runs is away, says me@home",
        "mongodb://h1:27017,h2:27017/x?tls=true",
        "sqlite:////data/runs.db",
        "C:/data/x@y",
        "{'url': 'mongodb://db:27017', 'user': 'me@home'}",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert mask_passwords(text) == text


@given(st.text(st.characters(categories=["L", "N", "P"], exclude_characters="@#"), min_size=12))
@example("00000?000000")
@example("00000/000000")
@example("00000'00000/")
def test_law_no_password_is_left(password: str) -> None:
    for url in (f"postgresql://ada:{password}@host/x", f"x://h/?password={password}"):
        if password.isalnum() or "//ada" in url:
            assert password not in mask_passwords(url)


def test_masking_is_linear() -> None:
    begin = time.perf_counter()
    for text in ("://a:" * 20_000, "x://" + "a:" * 50_000, "://" + "?a" * 50_000, "&pwd" * 50_000):
        mask_passwords(text + "://")
    assert time.perf_counter() - begin < 5
