"""What a row of the table of known differences is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.differential.likeness import Normalised
from tests.differential.model import Case
from tests.differential.outcome import Difference

__all__ = ["Known", "KnownPlace"]


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
