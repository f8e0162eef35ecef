"""Sequences of timestamps, kept as numbers until datetimes are asked for."""

from __future__ import annotations

import bisect
import datetime
import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, SupportsIndex, overload

__all__ = ["Timestamps", "datetime_of_microseconds", "microseconds"]

_EPOCH = datetime.datetime(1970, 1, 1)
# From here on (2004), fractions of a second have so few bits that they are exact in
# microseconds before they are rounded; so are differences within `_EXACT_WITHIN_SECONDS`.
_EXACT_FROM_SECONDS = 1 << 30
_EXACT_WITHIN_SECONDS = 1 << 16
_MILLION = 1_000_000
_MILLISECOND = datetime.timedelta(milliseconds=1)
_MICROSECOND = datetime.timedelta(microseconds=1)
# Bisecting for the end of a run of equal values pays from this length on.
_MIN_EQUAL_RUN = 20


class Timestamps(Sequence[datetime.datetime]):
    """A sequence of datetimes, in UTC and without a time zone, as all times in records are.

    Creating a million datetimes takes as long as storing them, and not every store needs them.

    Args:
        times: seconds since 1970.

    >>> timestamps = Timestamps([0.0, 1.5])
    >>> timestamps[1]
    datetime.datetime(1970, 1, 1, 0, 0, 1, 500000)
    >>> timestamps.joined(", ")
    '1970-01-01T00:00:00, 1970-01-01T00:00:01.500000'
    """

    __slots__ = ("_times",)

    def __init__(self, times: Iterable[float]) -> None:
        self._times = times if isinstance(times, array) else array("d", times)

    def __len__(self) -> int:
        return len(self._times)

    @overload
    def __getitem__(self, index: SupportsIndex) -> datetime.datetime: ...

    @overload
    def __getitem__(self, index: slice) -> Timestamps: ...

    def __getitem__(self, index: Any) -> Any:
        found = self._times[index]
        return Timestamps(found) if isinstance(found, array) else next(_datetimes([found]))

    def __iter__(self) -> Iterator[datetime.datetime]:
        return _datetimes(self._times)

    def __add__(self, others: Timestamps) -> Timestamps:
        return Timestamps(self._times + others._times)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Timestamps):
            return self._times == other._times
        return list(self) == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Timestamps: {len(self)}>"

    def in_milliseconds(self) -> array[int]:
        """Return milliseconds since 1970, truncated as BSON does.

        >>> Timestamps([1.0019]).in_milliseconds()
        array('q', [1001])
        """
        times = self._times.tolist()
        if not _are_exact(times):
            return array("q", ((time - _EPOCH) // _MILLISECOND for time in self))
        second = int(times[0])
        start, first = second * 1000, float(second)

        def number(time: float) -> int:
            return start + round((time - first) * 1e6) // 1000

        # A loop that logs without doing anything else logs a thousand points in one of them.
        are_few = (number(times[-1]) - number(times[0])) * _MIN_EQUAL_RUN < len(times)
        if not are_few or sorted(times) != times:
            return array("q", [start + round((time - first) * 1e6) // 1000 for time in times])
        found = array("q")
        while len(found) < len(times):
            here = number(times[len(found)])
            end = bisect.bisect_left(times, here + 1, len(found), key=number)
            found += array("q", [here]) * (end - len(found))
        return found

    def in_microseconds(self) -> list[int]:
        """Return microseconds since 1970, as the datetimes have them.

        >>> Timestamps([0.0, 1.5]).in_microseconds()
        [0, 1500000]
        """
        if not _are_exact(self._times):
            return [microseconds(time) for time in self]
        first = int(self._times[0])
        begin = first * _MILLION
        return [round((time - first) * 1e6) + begin for time in self._times]

    def joined(self, separator: str) -> str:
        """Return the `isoformat` strings of all timestamps, joined by `separator`."""
        text = _joined_within_a_second(self._times, separator)
        if text is not None:
            return text
        parts = (list(times) for _, times in itertools.groupby(self._times, int))
        return separator.join(_joined(times, separator) for times in parts)


def microseconds(time: datetime.datetime) -> int:
    """Return the microseconds since 1970 of a naive UTC time.

    >>> microseconds(datetime.datetime(1970, 1, 1, 0, 0, 1))
    1000000
    """
    return (time - _EPOCH) // _MICROSECOND


def datetime_of_microseconds(number: int) -> datetime.datetime:
    """Return the naive UTC time for a number of microseconds since 1970.

    >>> datetime_of_microseconds(microseconds(datetime.datetime(2026, 1, 2)))
    datetime.datetime(2026, 1, 2, 0, 0)
    """
    return _EPOCH + datetime.timedelta(microseconds=number)


def _datetimes(times: Iterable[float]) -> Iterator[datetime.datetime]:
    # A loop of the interpreter, with `fromtimestamp`, takes three times as long.
    return map(_EPOCH.__add__, map(datetime.timedelta, itertools.repeat(0), times))


def _are_exact(times: Sequence[float]) -> bool:
    """Whether differences from the first time are exact in microseconds before rounding."""
    least = min(times, default=0)
    return least >= _EXACT_FROM_SECONDS and max(times) - least < _EXACT_WITHIN_SECONDS


def _joined(times: Sequence[float], separator: str) -> str:
    text = _joined_within_a_second(times, separator)
    return separator.join(t.isoformat() for t in _datetimes(times)) if text is None else text


def _joined_within_a_second(times: Sequence[float], separator: str) -> str | None:
    """The joined strings if all lie within one second and no fraction is zero, else None."""
    second = float(int(times[0])) if times else 0.0
    if second < _EXACT_FROM_SECONDS:
        return None
    # Microseconds behind a "1", so that all of them have seven digits.
    numbers = [round((time - second) * 1e6) + _MILLION for time in times]
    if min(numbers) <= _MILLION or max(numbers) >= 2 * _MILLION:
        return None
    common = f"{next(_datetimes([second])).isoformat()}."
    # One call of the interpreter's formatting for all of them.
    return repr(numbers)[1:-1].replace(", 1", separator + common).replace("1", common, 1)
