"""Tables as values; `formats` and `text_table` write them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.clock import zone_name
from sacred._base.frozen import Frozen, replace
from sacred._base.masking import mask_entry
from sacred.display.console import BOLD, DIM, GREEN, RED, YELLOW
from sacred.display.value_text import as_text, as_zoned_text, one_line, zoned_time
from sacred.status import (
    CANCELLED,
    COMPLETED,
    DEAD,
    FAILED,
    INTERRUPTED,
    PRUNED,
    QUEUED,
    RUNNING,
    TIMEOUT,
)

__all__ = ["STATUS_COLOURS", "Table", "in_zone", "is_number_column"]

#: Colours of the values of a column.
STATUS_COLOURS = {
    COMPLETED: GREEN,
    FAILED: RED,
    DEAD: RED,
    INTERRUPTED: YELLOW,
    TIMEOUT: YELLOW,
    PRUNED: YELLOW,
    CANCELLED: YELLOW,
    RUNNING: BOLD,
    QUEUED: DIM,
}


class Table(Frozen):
    """A table.

    Args:
        names: the names of the columns, for programs.
        rows: the rows of cells.
        headings: the headings of the columns, for people (default: their names).
        colours: the colours, as column → value → colour.
        compares: whether the columns must be seen side by side. If a terminal is too narrow for all
            of them, each row is printed as a list of its cells.
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
        """Return the cells as strings."""
        return [[as_text(cell) for cell in row] for row in self.rows]

    def with_columns(
        self, place: int, names: Sequence[str], cells: Sequence[Sequence[Any]]
    ) -> Table:
        """Return the table with more columns.

        Args:
            place: the number of columns before them.
            names: the names of the columns.
            cells: the cells of the new columns, by row.

        >>> Table(names=["a", "b"], rows=[[1, 2]]).with_columns(1, ["c"], [[3]]).rows
        [[1, 3, 2]]
        """
        pairs = zip(self.rows, cells, strict=True)
        return replace(
            self,
            names=[*self.names[:place], *names, *self.names[place:]],
            rows=[[*row[:place], *more, *row[place:]] for row, more in pairs],
        )


def in_zone(table: Table, utc: bool = False) -> Table:
    """Return a table for people: with times local or in UTC, and the zone in the heading.

    Secrets of configurations are masked.

    Args:
        table: the table, with times in naive UTC.
        utc: whether to keep them in UTC.
    """
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.names)
    headings = dict(table.headings)
    shown: list[Sequence[Any]] = []
    for name, cells in zip(table.names, columns, strict=True):
        times = [cell for cell in cells if isinstance(cell, datetime.datetime)]
        if times and len(times) == sum(cell is not None for cell in cells):
            zones = dict.fromkeys(zone_name(zoned_time(time, utc)) for time in times)
            headings[name] = f"{headings.get(name, name)} ({'/'.join(zones)})"
            shown.append([c and zoned_time(c, utc).replace(tzinfo=None) for c in cells])
        else:
            shown.append([mask_entry(name, _in_zone(cell, utc)) for cell in cells])
    rows = list(zip(*shown, strict=True)) if table.rows else []
    return replace(table, rows=rows, headings=headings)


def _in_zone(cell: Any, utc: bool) -> Any:
    return as_zoned_text(cell, utc) if isinstance(cell, datetime.datetime) else cell


def is_number_column(cells: Sequence[Any]) -> bool:
    """Return whether all values are numbers or durations, which are right-aligned."""
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(
        isinstance(cell, int | float | datetime.timedelta) and not isinstance(cell, bool)
        for cell in known
    )
