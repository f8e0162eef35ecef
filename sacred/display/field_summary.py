"""The fields that runs have, with their types and examples of their values."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sacred._base.masking import mask_entry
from sacred._base.paths import iterate_flattened
from sacred.display.value_text import as_text, as_zoned_text
from sacred.query.fields import FIELDS
from sacred.query.syntax import Path
from sacred.query.values import MISSING, value_of
from sacred.records import Metric, RunRecord
from sacred.runs.damage import readable_metrics
from sacred.serializer import dumps

__all__ = ["FieldSummary", "summarize_fields", "type_name"]

#: How many different values of a field are kept as examples, and how long they may be.
_MAX_EXAMPLES = 4
_MAX_EXAMPLE_CHARS = 30


class FieldSummary:
    """Count, types, range and examples of the values of a field over many runs.

    Args:
        utc: whether times are in UTC, not in this machine's time zone.
    """

    def __init__(self, utc: bool = False) -> None:
        self.runs = 0
        self._utc = utc
        self.types: set[str] = set()
        self._numbers: list[float] = []
        self._times: list[Any] = []
        self._examples: dict[str, str] = {}

    def add(self, value: Any) -> None:
        """Add the value of one more run."""
        self.runs += 1
        if isinstance(value, Metric):
            self.types.add("metric")  # all its points would have to be read to say more
            return
        kind = type_name(value)
        self.types.add(kind)
        if kind in ("int", "float"):
            # NaN is neither the smallest nor the largest; it is not equal to itself.
            numbers = [n for n in (*self._numbers, value) if n == n]
            self._numbers = [min(numbers), max(numbers)] if numbers else []
        elif kind in ("time", "duration"):
            times = [*(time for time in self._times if type(time) is type(value)), value]
            self._times = [min(times), max(times)]
        elif len(self._examples) <= _MAX_EXAMPLES:
            text = as_text(value)
            if len(text) <= _MAX_EXAMPLE_CHARS:
                self._examples.setdefault(dumps(text), text)

    @property
    def range(self) -> str:
        """Return the smallest and the largest number and time, and a few other values."""
        parts = []
        for ends in filter(None, (self._numbers, self._times)):
            low, high = map(self._text, ends)
            parts.append(low if low == high else f"{low} … {high}")
        examples = list(self._examples.values())
        parts += examples[:_MAX_EXAMPLES] + (["…"] if len(examples) > _MAX_EXAMPLES else [])
        return ", ".join(parts)

    def _text(self, value: Any) -> str:
        is_time = isinstance(value, datetime.datetime)
        return as_zoned_text(value, self._utc) if is_time else as_text(value)


def type_name(value: Any) -> str:
    """Return the name of a value's type in queries.

    >>> type_name(True), type_name(1.5), type_name("a"), type_name([1])
    ('bool', 'float', 'text', 'list')
    """
    if isinstance(value, str):
        return "text"
    if isinstance(value, tuple):
        return "list"
    if isinstance(value, Mapping):
        return "dict"
    return {"datetime": "time", "timedelta": "duration"}.get(
        type(value).__name__, type(value).__name__
    )


def summarize_fields(records: Iterable[RunRecord], utc: bool = False) -> dict[str, FieldSummary]:
    """Return a summary of each field that any of the runs has, by name.

    Args:
        records: the runs.
        utc: whether times are in UTC, not in this machine's time zone.
    """
    found: dict[str, FieldSummary] = {}
    for record in records:
        for name, value in _fields_of(record):
            found.setdefault(name, FieldSummary(utc)).add(mask_entry(name, value))
    return found


def _fields_of(record: RunRecord) -> Iterator[tuple[str, Any]]:
    for name, kind in FIELDS.items():
        if name == "output":
            continue  # every run has it, and it may be long
        if kind == "metrics":
            yield from (
                (f"metrics.{metric}", item) for metric, item in readable_metrics(record).items()
            )
            continue
        value = record.duration if name == "duration" else value_of(record, Path(name))
        if value is MISSING or value is None or value == ():
            continue
        if isinstance(value, Mapping):
            entries = ((f"{name}.{path}", item) for path, item in iterate_flattened(value))
            yield from (entry for entry in entries if entry[1] is not None)
        else:
            yield name, value
