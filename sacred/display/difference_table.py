"""The differences between runs as a table."""

from __future__ import annotations

from collections.abc import Sequence

from sacred.display.table import Table
from sacred.runs.comparison import Difference

__all__ = ["difference_table"]


def difference_table(rows: Sequence[Difference], names: Sequence[str], for_people: bool) -> Table:
    """Return differences as a table.

    Args:
        rows: the differences.
        names: of the runs; the same run may be named twice.
        for_people: print the name of a part only in its first row.
    """
    cells = []
    before = None
    for row in rows:
        part = "" if for_people and row.part == before else row.part
        before = row.part
        cells.append([part, row.name, *row.values])
    return Table(names=["part", "entry", *_unique(names)], rows=cells, compares=True)


def _unique(names: Sequence[str]) -> list[str]:
    return [
        name if name not in names[:number] else f"{name} ({number + 1})"
        for number, name in enumerate(names)
    ]
