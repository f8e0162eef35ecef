"""The stored document of a run, as an observer shows it: a dict that scripts may edit."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Mapping
from typing import Any

from sacred.observers.base import JsonDict
from sacred.serializer import flatten

__all__ = ["EditableEntry", "is_equal", "plain_fields"]

_MISSING = object()


class EditableEntry:
    """A dict that mirrors a stored document, and what has been edited in it since.

    >>> entry = EditableEntry()
    >>> shown = entry.refresh({"status": "RUNNING"})
    >>> shown["slurm"] = {"job": 7}
    >>> entry.take_edits()
    {'slurm': {'job': 7}}
    >>> entry.take_edits()
    {}
    """

    __slots__ = ("_shown", "_stored")

    def __init__(self) -> None:
        self._shown: JsonDict = {}
        self._stored: JsonDict = {}

    def refresh(self, stored: Mapping[str, Any]) -> JsonDict:
        """Return the dict with the stored document as it is now and with pending edits."""
        edits = self._edits()
        self._stored = copy.deepcopy(dict(stored))
        self._shown.clear()
        self._shown.update(stored)
        self._shown.update(edits)
        return self._shown

    def replace(self, entry: JsonDict) -> None:
        """Show another dict; its differences from the stored document count as edits."""
        self._shown = entry

    def take_edits(self) -> JsonDict:
        """Return the edited fields, which then count as stored."""
        edits = self._edits()
        self._stored.update(copy.deepcopy(edits))
        return edits

    def _edits(self) -> JsonDict:
        # A copy first: the thread of the heartbeat reads what the user's thread edits.
        shown = dict(self._shown)
        stored = self._stored
        return {k: v for k, v in shown.items() if not is_equal(v, stored.get(k, _MISSING))}


def plain_fields(fields: Mapping[str, Any]) -> JsonDict:
    """Flatten values given by users; times stay times, as in all documents of runs."""
    return {
        name: value if isinstance(value, datetime.datetime) else flatten(value)
        for name, value in fields.items()
    }


def is_equal(value: object, other: object) -> bool:
    """Whether two values are equal; arrays are if all of their elements are.

    Args:
        value: any value.
        other: what it is compared with.
    """
    try:
        return bool(value == other)
    except ValueError:  # arrays have no single truth value
        return bool(flatten(value) == flatten(other))
