"""A value of a record as text for people, and as plain JSON for programs."""

from __future__ import annotations

import datetime
import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from sacred._base.clock import local_time, zone_name
from sacred._base.text import ENDC

__all__ = [
    "as_json",
    "as_short_time",
    "as_size",
    "as_text",
    "as_zoned_text",
    "display_width",
    "fit_width",
    "json_text",
    "neutralize",
    "one_line",
    "output_text",
    "zoned_time",
]

_CONTROL_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def as_text(value: Any) -> str:
    """Return a value as one line of text.

    >>> as_text(0.1 + 0.2), as_text(None), as_text(True), as_text([1, "a"])
    ('0.3', '', 'true', '[1, "a"]')
    >>> as_text(datetime.timedelta(seconds=3725)), as_text(datetime.datetime(2026, 1, 2, 3, 4, 5))
    ('1:02:05', '2026-01-02 03:04:05')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    return one_line(_compact(as_json(value)))


def zoned_time(time: datetime.datetime, utc: bool = False) -> datetime.datetime:
    """Return a time with the time zone in which it is shown.

    Args:
        time: the time in naive UTC.
        utc: whether to show it in UTC (default: in the time zone of this machine).
    """
    return time.replace(tzinfo=datetime.UTC) if utc else local_time(time)


def as_zoned_text(time: datetime.datetime, utc: bool = False) -> str:
    """Return a time as text, with the name of its zone.

    Args:
        time: the time in naive UTC.
        utc: whether to show it in UTC (default: in the time zone of this machine).

    >>> as_zoned_text(datetime.datetime(2026, 1, 2, 3, 4, 5), utc=True)
    '2026-01-02 03:04:05 UTC'
    """
    zoned = zoned_time(time, utc)
    return f"{as_text(zoned.replace(tzinfo=None))} {zone_name(zoned)}"


def as_short_time(time: datetime.datetime, now: datetime.datetime) -> str:
    """Return a time in a few characters: today's with seconds, others to the minute or the day.

    Args:
        time: the time, naive, in the zone in which it is shown.
        now: the present time, in the same form.

    >>> now = datetime.datetime(2026, 3, 2, 12)
    >>> as_short_time(datetime.datetime(2026, 3, 2, 9, 5, 7), now)
    'today 09:05:07'
    >>> as_short_time(datetime.datetime(2026, 1, 31, 9, 5), now)
    '01-31 09:05'
    >>> as_short_time(datetime.datetime(2025, 12, 31, 9, 5), now)
    '2025-12-31'
    """
    if time.date() == now.date():
        return f"today {time:%H:%M:%S}"
    return f"{time:%m-%d %H:%M}" if time.year == now.year else f"{time:%Y-%m-%d}"


def as_size(number: int) -> str:
    """Return a number of bytes for people.

    >>> as_size(7), as_size(1234), as_size(5_000_000_000)
    ('7 bytes', '1.2 kB', '5.0 GB')
    """
    if number < 1000:
        return f"{number} bytes"
    size, units = number / 1000, ["TB", "GB", "MB", "kB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop()
    return f"{size:.1f} {units[-1]}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _duration(value: datetime.timedelta) -> str:
    seconds = value.total_seconds()
    if abs(seconds) < 60:
        return f"{seconds:.2f}s" if abs(seconds) < 10 else f"{seconds:.1f}s"
    days, rest = divmod(round(seconds), 86400)
    clock = f"{rest // 3600}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return f"{days}d {clock}" if days else clock


def as_json(value: Any) -> Any:
    """Return the JSON form that people expect for a value.

    Times become ISO 8601 in UTC, durations become seconds, tuples and arrays become lists; NaN
    and infinity become strings, because JSON has no such numbers.

    >>> as_json({"a": (1, math.inf), 2: datetime.timedelta(minutes=1)})
    {'a': [1, 'Infinity'], '2': 60.0}
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _NOT_FINITE.get(str(value), "NaN")
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(as_json, value), key=str)
    if hasattr(value, "tolist"):  # arrays and scalars of numpy
        return as_json(value.tolist())
    return str(value)


_NOT_FINITE = {"inf": "Infinity", "-inf": "-Infinity"}


def one_line(text: str) -> str:
    r"""Return a string in one line, without anything on which a terminal would act.

    >>> one_line("a\nb\x1b[31m")
    'a\\nb\\x1b[31m'
    """
    return neutralize(text, keep="")


def neutralize(text: str, keep: str = "\n\t") -> str:
    r"""Return a string with control characters escaped, so that no terminal acts on them.

    These include characters that change the direction of text, or are invisible.

    Args:
        text: any string, as it was stored or typed.
        keep: control characters to keep.

    >>> neutralize("a\tb\x1b]0;title\x07\u202e")
    'a\tb\\x1b]0;title\\x07\\u202e'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape", "surrogatepass").decode()
        if letter not in keep and unicodedata.category(letter) in _CONTROL_CATEGORIES
        else letter
        for letter in text
    )


def output_text(text: str) -> str:
    r"""Return the output of a run with its colours, but nothing else on which terminals act.

    Colours end at the end of the text.

    >>> output_text("\x1b[31mred\x1b[0m\x1b[2J\x1b]0;title\x07 100%\r\n")
    '\x1b[31mred\x1b[0m 100%\r\n\x1b[0m'
    """
    shown = _CONTROLS_OF_OUTPUT.sub(lambda found: found["colour"] or "", text)
    return f"{shown}{ENDC}" if "\x1b" in shown else shown


#: Colours and styles of text; other sequences with what belongs to them; control characters, also
#: of the direction of text. Lines, tabulators and what progress bars go back with stay.
_CONTROLS_OF_OUTPUT = re.compile(
    r"(?P<colour>\x1b\[[0-9;:]*m)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def json_text(value: Any) -> str:
    r"""Return a value as indented JSON, with control characters escaped.

    >>> json_text({"a\u202e": "\x9b"})
    '{\n  "a\\u202e": "\\u009b"\n}'
    """
    text = json.dumps(as_json(value), indent=2, ensure_ascii=False)
    if text.isascii():
        return text
    return "".join(
        json.dumps(letter)[1:-1]
        if letter != "\n" and unicodedata.category(letter) in _CONTROL_CATEGORIES
        else letter
        for letter in text
    )


def display_width(text: str) -> int:
    """Return the number of terminal columns that a string takes.

    >>> display_width("abc"), display_width("模型"), display_width("e\u0301")
    (3, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(_width(letter) for letter in text)


def _width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def fit_width(text: str, width: int) -> str:
    """Return a string in at most `width` columns; … stands for what is cut off.

    Args:
        text: the string, without line breaks.
        width: the width in terminal columns; wide characters take two.

    >>> fit_width("configuration", 8), fit_width("short", 8)
    ('configu…', 'short')
    """
    if display_width(text) <= width:
        return text
    taken, kept = 0, []
    for letter in text:
        taken += _width(letter)
        if taken > width - 1:
            break
        kept.append(letter)
    return f"{''.join(kept)}…"
