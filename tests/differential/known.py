"""Differences that are meant.

Each row names the page that asks for it (``deliberate``: none does; a script that relies on the
old way is hard to think of), and says what ``docs/differences.rst`` says of it. A row applies to
a whole case (what follows differs with it) or to single places of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.differential.known_cases import CASES
from tests.differential.known_configuration import OF_CONFIGURATION
from tests.differential.known_runs import OF_RUNS
from tests.differential.likeness import Normalised
from tests.differential.model import Case
from tests.differential.outcome import Difference

__all__ = ["CASES", "PLACES", "unexplained"]

PLACES = (*OF_CONFIGURATION, *OF_RUNS)


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
