"""Dates and durations in queries.

Times in records are naive UTC. Times in a query are in UTC or local time, unless they have an
offset.
"""

from __future__ import annotations

import datetime
import re

from sacred._base.clock import local_time, naive_utc, utc_of_local
from sacred._base.frozen import Frozen

__all__ = ["TimeRange", "duration_of", "time_range_of"]

_UNITS = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "w": 604800.0,
    "week": 604800.0,
    "month": 30 * 86400.0,
    "year": 365 * 86400.0,
}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+", re.IGNORECASE)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_AGO = re.compile(r"(.*\S)\s+ago", re.IGNORECASE)
_YEAR = re.compile(r"(\d{4})(?:-(\d{2}))?")


class TimeRange(Frozen, kw_only=False):
    """A range of time, from `start` to just before `stop`; an instant if both are equal."""

    start: datetime.datetime
    stop: datetime.datetime


def duration_of(text: str) -> float | None:
    """Parse a duration; return seconds, or None if it is not a duration.

    >>> duration_of("1.5h"), duration_of("1h30m"), duration_of("2 days"), duration_of("adam")
    (5400.0, 5400.0, 172800.0, None)
    """
    text = text.strip()
    if not _DURATION.fullmatch(text):
        return None
    seconds = 0.0
    for number, unit in _PART.findall(text):
        factor = _UNITS.get(unit.lower(), _UNITS.get(unit.lower().removesuffix("s") or "s"))
        if factor is None:
            return None
        seconds += float(number) * factor
    return seconds


def time_range_of(text: str, now: datetime.datetime, local: bool = False) -> TimeRange | None:
    """Parse a date or time; return it in naive UTC, or None if it is not one.

    Args:
        text: a date, a time, ``"2 hours ago"`` or the like.
        now: the present (naive UTC).
        local: whether times without an offset are in this machine's time zone.

    >>> now = datetime.datetime(2026, 1, 2, 12)
    >>> time_range_of("2 hours ago", now).start
    datetime.datetime(2026, 1, 2, 10, 0)
    >>> time_range_of("yesterday", now).stop
    datetime.datetime(2026, 1, 2, 0, 0)
    """
    text = text.strip()
    days = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if text.lower() == "now":
        return TimeRange(now, now)
    try:
        if text.lower() in days:
            here = local_time(now).replace(tzinfo=None) if local else now
            today = here.replace(hour=0, minute=0, second=0, microsecond=0)
            day = _span(today + datetime.timedelta(days=days[text.lower()]), days=1)
            return _in_utc(day) if local else day
        if ago := _AGO.fullmatch(text):
            seconds = duration_of(ago[1])
            if seconds is None:
                return None
            then = now - datetime.timedelta(seconds=seconds)
            return TimeRange(then, then)
        found = _month_or_year(text)
        if found is not None:
            return _in_utc(found) if local else found
        return _iso(text, local)
    except OverflowError:  # before the year 1
        return TimeRange(datetime.datetime.min, datetime.datetime.min)


def _in_utc(here: TimeRange) -> TimeRange:
    return TimeRange(utc_of_local(here.start), utc_of_local(here.stop))


def _month_or_year(text: str) -> TimeRange | None:
    found = _YEAR.fullmatch(text)
    if not found:
        return None
    year, month = int(found[1]), int(found[2] or 1)
    if not (1 <= month <= 12 and 1 <= year < 9999):
        return None
    after = (year + 1, 1) if not found[2] or month == 12 else (year, month + 1)
    return TimeRange(datetime.datetime(year, month, 1), datetime.datetime(*after, 1))


def _iso(text: str, local: bool) -> TimeRange | None:
    try:
        written = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if local and written.tzinfo is None:
        return _in_utc(_precision_of(written, text))
    return _precision_of(naive_utc(written), text)


def _precision_of(time: datetime.datetime, text: str) -> TimeRange:
    """The day, minute, second or instant that a text of a time means."""
    colons = len(re.findall(r":", re.sub(r"(?<=\d)[+-]\d\d:?\d\d$", "", text)))
    if len(text) <= 10:
        return _span(time, days=1)
    if "." in text or not colons:
        return TimeRange(time, time)
    return _span(time, minutes=1) if colons == 1 else _span(time, seconds=1)


def _span(start: datetime.datetime, **length: int) -> TimeRange:
    return TimeRange(start, start + datetime.timedelta(**length))
