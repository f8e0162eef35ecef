"""Differences that are meant: rows of the documents that describe what this project does better.

A row applies to a whole case (what follows differs with it) or to single places of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.differential.model import Case
from tests.differential.outcome import Difference

__all__ = ["CASES", "PLACES", "Known", "unexplained"]

Normalised = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """A row: the page and its words, and what shows that it is about this case.

    `shown_by` gets the case and what both libraries made of it.
    """

    row: str
    shown_by: Callable[[Case, Normalised, Normalised], bool]


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A row that is about single differences."""

    row: str
    shown_by: Callable[[Case, Difference], bool]


def _error(outcome: Normalised) -> str:
    """The line of the exception that ended it, if one did."""
    return outcome["stderr"][-1] if outcome["exit"] and outcome["stderr"] else ""


def _added_error(outcome: Normalised) -> bool:
    return "ConfigAddedError" in _error(outcome)


def _crash_within(*messages: str) -> Callable[[Case, Normalised, Normalised], bool]:
    """The old library fails in its own code, with an error that no user raised."""

    def shown(case: Case, old: Normalised, new: Normalised) -> bool:
        lines = old["stderr"]
        within = "Exception originated from within Sacred." in lines
        return within and any(re.search(message, _error(old)) for message in messages)

    return shown


CASES: tuple[Known, ...] = (
    Known(
        "configuration.md: `added` = set from outside, not set by any source (an `add_config` behind"
        " another source hid that)",
        lambda case, old, new: "add_config(" in case.text
        and _added_error(new)
        and not _added_error(old),
    ),
)

PLACES: tuple[KnownPlace, ...] = (
    KnownPlace(
        "configuration.md: `seed` counts as modified (an `add_config` hid that)",
        lambda case, found: "add_config(" in case.text
        and found[0] == "/run/modifications/modified"
        and set(found[2]) - set(found[1]) == {"seed"},
    ),
)


def unexplained(
    case: Case, old: Normalised, new: Normalised, found: Iterable[Difference]
) -> tuple[list[Difference], set[str]]:
    """The differences that no row is about, and the rows that the others are about."""
    found = list(found)
    rows = {known.row for known in CASES if found and known.shown_by(case, old, new)}
    if rows:
        return [], rows
    left = []
    for one in found:
        known = [place.row for place in PLACES if place.shown_by(case, one)]
        rows.update(known[:1])
        if not known:
            left.append(one)
    return left, rows
