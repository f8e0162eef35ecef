"""Tables as values; `formats` and `text_table` write them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred.display.console import BOLD, DIM, GREEN, RED, YELLOW
from sacred.display.value_text import as_text, one_line
from sacred.status import COMPLETED, DEAD, FAILED, INTERRUPTED, QUEUED, RUNNING, TIMEOUT

__all__ = ["STATUS_COLOURS", "Table", "is_number_column"]

#: Colours of the values of a column.
STATUS_COLOURS = {
    COMPLETED: GREEN,
    FAILED: RED,
    DEAD: RED,
    INTERRUPTED: YELLOW,
    TIMEOUT: YELLOW,
    RUNNING: BOLD,
    QUEUED: DIM,
}


class Table(Frozen):
    """A table.

    Args:
        names: of the columns, for programs.
        rows: their cells.
        headings: of the columns, for people (default: their names).
        colours: column → value → colour.
        compares: the columns have to be seen side by side. On a terminal that is too narrow for
            all of them, each row is printed as a list of its cells instead.
    """

    names: Sequence[str]
    rows: Sequence[Sequence[Any]]
    headings: Mapping[str, str] = {}
    colours: Mapping[str, Mapping[Any, str]] = {"status": STATUS_COLOURS}
    compares: bool = False

    @property
    def titles(self) -> list[str]:
        """The headings of the columns."""
        return [one_line(self.headings.get(name, name)) for name in self.names]

    @property
    def texts(self) -> list[list[str]]:
        """The cells as texts."""
        return [[as_text(cell) for cell in row] for row in self.rows]


def is_number_column(cells: Sequence[Any]) -> bool:
    """Return whether all cells with a value are numbers or durations, which are right-aligned."""
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(
        isinstance(cell, int | float | datetime.timedelta) and not isinstance(cell, bool)
        for cell in known
    )
