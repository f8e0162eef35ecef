"""Runs as a table for a paper, with a group of runs in each cell, and marks for the best cells."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sacred._base.frozen import Frozen, replace
from sacred._base.text import did_you_mean
from sacred.query.syntax import Path
from sacred.records import RunRecord
from sacred.runs.errors import UsageError
from sacred.runs.groups import Direction, RunGroup, measured, parts_by
from sacred.runs.significance import compared_groups
from sacred.statistics.attainable import pairs_needed

__all__ = [
    "Cell",
    "CellFormat",
    "Direction",
    "Grid",
    "Mark",
    "cell_format",
    "mark_groups",
    "marked",
    "result_grid",
]

#: ``best``: significantly better than every other cell that it is compared with; ``tied``: the
#: best, or not distinguishable from it.
Mark = Literal["", "best", "tied"]

_STATISTICS = ("mean", "median", "min", "max", "n")
_SPREADS = ("ci", "sd", "sem")
_FORMAT = re.compile(r"\s*(\w+)\s*(?:(?:±|\+/?-)\s*(\w+)\s*)?\((.+)\)\s*")


class CellFormat(Frozen):
    """The number that a cell shows for its runs.

    Args:
        text: the format as the user wrote it.
        statistic: one of mean, median, min, max, n.
        spread: the value after ±: ci, sd, sem; empty for none.
        field: the name of the field.
    """

    text: str
    statistic: str
    spread: str
    field: str


class Cell(Frozen):
    """A cell of a table.

    Args:
        row: the number of its row.
        column: the number of its column.
        format: the number that it shows.
        group: its runs.
        mark: whether it is the best.
        rivals: the number of cells that cannot be distinguished from the best one.
        seeds_needed: how many seeds each cell needs before a best one can be found at all; 0 if
            there are enough.
    """

    row: int
    column: int
    format: CellFormat
    group: RunGroup
    mark: Mark = ""
    rivals: int = 0
    seeds_needed: int = 0


class Grid(Frozen):
    """A table of groups of runs.

    Args:
        row_fields: the names of the row fields.
        column_fields: the names of the column fields.
        rows: the values of the row fields, in order.
        columns: the values of the column fields, in order.
        formats: the formats; each column has a cell for each of them.
        cells: the cells that have runs.
    """

    row_fields: tuple[str, ...]
    column_fields: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    columns: tuple[tuple[Any, ...], ...]
    formats: tuple[CellFormat, ...]
    cells: tuple[Cell, ...]

    def by_place(self) -> dict[tuple[int, int, str], Cell]:
        """The cells by row, column and the text of their format."""
        return {(cell.row, cell.column, cell.format.text): cell for cell in self.cells}


def cell_format(text: str) -> CellFormat:
    """Parse the format of a cell, such as ``mean±ci(metrics.acc.max)``.

    Raises:
        UsageError: it does not have this form.

    >>> found = cell_format("mean+-sd(result)")
    >>> found.statistic, found.spread, found.field
    ('mean', 'sd', 'result')
    """
    match = _FORMAT.fullmatch(text)
    if match is None or not match[3].strip() or "," in match[3]:
        raise UsageError(f'a cell is written as "mean±ci(metrics.acc.max)" or "n(result)": {text}')
    statistic, spread, field = match[1], match[2] or "", match[3].strip()
    for name, known in ((statistic, _STATISTICS), (spread, ("", *_SPREADS))):
        if name not in known:
            options = ", ".join(filter(None, known))
            text = f"a cell cannot show {name!r}. There are: {options}. {did_you_mean(name, known)}"
            raise UsageError(text.rstrip())
    if spread and statistic != "mean":
        raise UsageError(f"±{spread} belongs to the cell of a mean: {text}")
    return CellFormat(text=text, statistic=statistic, spread=spread, field=field)


def result_grid(
    runs: Sequence[tuple[str, RunRecord]],
    rows: Sequence[tuple[str, Path]],
    columns: Sequence[tuple[str, Path]],
    cells: Sequence[tuple[CellFormat, Path]],
) -> Grid:
    """Divide runs into the cells of a table.

    Args:
        runs: with their ids.
        rows: the names and paths of the row fields.
        columns: the names and paths of the column fields.
        cells: the formats of the cells, and their fields.
    """
    by_row = parts_by(runs, [path for _, path in rows])
    by_column = parts_by(runs, [path for _, path in columns])
    column_numbers = {key: number for number, key in enumerate(by_column)}
    found: list[Cell] = []
    for number, row in enumerate(by_row.values()):
        for key, part in parts_by(row.runs, [path for _, path in columns]).items():
            found += [
                Cell(
                    row=number,
                    column=column_numbers[key],
                    format=form,
                    group=measured(form.text, part.runs, path),
                )
                for form, path in cells
            ]
    return Grid(
        row_fields=tuple(name for name, _ in rows),
        column_fields=tuple(name for name, _ in columns),
        rows=tuple(part.values for part in by_row.values()),
        columns=tuple(part.values for part in by_column.values()),
        formats=tuple(form for form, _ in cells),
        cells=tuple(found),
    )


def marked(
    grid: Grid,
    directions: Sequence[Direction | None],
    alpha: float = 0.05,
    within: Literal["column", "row", "table"] = "column",
) -> Grid:
    """Mark the best cells.

    The best cell was chosen because it is the best, so the test corrects for all pairs of cells
    (Holm), and not only for the pairs with the best one.

    Args:
        grid: the table.
        directions: for each format, which values are better; None if its cells are not marked.
        alpha: the probability that a cell is wrongly marked as the best.
        within: the cells that are compared with each other.
    """
    better = dict(zip((form.text for form in grid.formats), directions, strict=True))
    families: dict[str, list[int]] = {}
    for number, cell in enumerate(grid.cells):
        if better[cell.format.text] and cell.format.statistic == "mean" and cell.group.samples:
            place = {"column": cell.column, "row": cell.row, "table": 0}[within]
            families.setdefault(f"{place} {cell.format.text}", []).append(number)
    cells = list(grid.cells)
    for numbers in families.values():
        family = [cells[number] for number in numbers]
        direction = better[family[0].format.text]
        if direction is not None and len(family) > 1:
            marks = mark_groups([cell.group for cell in family], direction, alpha)
            for number, (mark, rivals, needed) in zip(numbers, marks, strict=True):
                cells[number] = replace(
                    cells[number], mark=mark, rivals=rivals, seeds_needed=needed
                )
    return replace(grid, cells=tuple(cells))


def mark_groups(
    groups: Sequence[RunGroup], direction: Direction, alpha: float = 0.05
) -> Iterable[tuple[Mark, int, int]]:
    """Yield for each group: its mark; of the best one, how many cannot be told from it, and how
    many seeds each needs so that they could.

    Args:
        groups: at least two groups with values.
        direction: the better values.
        alpha: the probability that a group is wrongly marked as the best.
    """
    sign = 1 if direction == "higher" else -1
    means = [sign * math.fsum(group.values) / len(group.values) for group in groups]
    best = means.index(max(means))
    others = [number for number in range(len(groups)) if number != best]
    count = len(groups)
    comparisons = compared_groups(
        [("", groups[best], groups[number]) for number in others],
        alpha,
        comparisons=count * (count - 1) // 2,
    )
    tied = {
        number
        for number, comparison in zip(others, comparisons, strict=True)
        if not comparison.is_significant
    }
    is_possible = all(comparison.can_be_significant for comparison in comparisons)
    needed = 0 if is_possible else pairs_needed(alpha, comparisons[0].comparisons) or 0
    for number in range(count):
        if number == best:
            yield ("tied", len(tied), needed) if tied else ("best", 0, 0)
        else:
            yield ("tied", 0, 0) if number in tied else ("", 0, 0)
