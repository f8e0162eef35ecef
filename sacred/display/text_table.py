"""Tables as text: aligned, on terminals coloured and cut to the width."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from sacred._base.clock import utcnow
from sacred.display.console import BOLD, Console
from sacred.display.tables import Table, is_number_column
from sacred.display.value_text import as_short_time, as_text, fitted, width_of

__all__ = ["write_text"]

_GAP = "  "
#: Texts are not cut below this width, heads of columns not below the other; rather the last
#: columns are left out. Numbers and times are never cut.
_TEXT, _HEAD = 10, 6


def write_text(table: Table, console: Console) -> None:
    """Print a table."""
    titles = table.titles
    texts = _terminal_texts(table) if console.is_terminal else table.texts
    columns = list(zip(*texts, strict=True)) or [()] * len(titles)
    values = list(zip(*table.rows, strict=True)) or [()] * len(titles)
    inner = [max(map(width_of, column), default=0) for column in columns]
    widths = [max(width_of(title), width) for title, width in zip(titles, inner, strict=True)]
    if console.is_terminal:
        floors = [
            max(min(width_of(title), _HEAD), width if _is_rigid(column) else min(width, _TEXT))
            for title, width, column in zip(titles, inner, values, strict=True)
        ]
        widths = _cut(widths, floors, console.width)
        if table.compares and len(widths) < len(titles):
            return _write_lists(titles, texts, console)
    right = [is_number_column(column) for column in values]

    def line(cells: Sequence[str], colours: Sequence[str]) -> str:
        # Of cells for which there is no width, there is no room.
        pieces = [
            _padded(cell, width, to_the_right, colour, console)
            for cell, width, to_the_right, colour in zip(
                cells, widths, right, colours, strict=False
            )
        ]
        return _GAP.join(pieces).rstrip()

    console.print(line(titles, [BOLD] * len(titles)))
    for cells, row in zip(texts, table.rows, strict=True):
        colours = [_colour(table, *pair) for pair in zip(table.names, row, strict=True)]
        console.print(line(cells, colours))
    if len(widths) < len(titles):
        console.note(f"no room for: {', '.join(titles[len(widths) :])}")


def _write_lists(titles: Sequence[str], texts: Sequence[Sequence[str]], console: Console) -> None:
    """A row as a list: the first two cells are what is compared, the others the values."""
    width = max(width_of(title) for title in titles[2:])
    part = ""
    for first, second, *cells in texts:
        part = first or part  # it is said once in a table
        console.print(console.style(fitted(f"{part} {second}", console.width), BOLD))
        for title, cell in zip(titles[2:], cells, strict=True):
            pad = " " * (width - width_of(title))
            console.print(fitted(f"  {title}{pad}  {cell}".rstrip(), console.width))


def _terminal_texts(table: Table) -> list[list[str]]:
    now = utcnow()
    return [
        [
            as_short_time(cell, now) if isinstance(cell, datetime.datetime) else as_text(cell)
            for cell in row
        ]
        for row in table.rows
    ]


def _is_rigid(cells: Sequence[Any]) -> bool:
    return is_number_column(cells) or any(isinstance(cell, datetime.datetime) for cell in cells)


def _padded(cell: str, width: int, to_the_right: bool, colour: str, console: Console) -> str:
    cell = fitted(cell, width)
    pad = " " * (width - width_of(cell))
    text = console.style(cell, colour) if colour else cell
    return f"{pad}{text}" if to_the_right else f"{text}{pad}"


def _cut(widths: Sequence[int], floors: Sequence[int], room: int) -> list[int]:
    """Widths with which the columns fit; of too many, the last are left out.

    >>> _cut([5, 30, 20], [5, 10, 10], 40)
    [5, 15, 16]
    >>> _cut([5, 30, 20], [5, 10, 10], 20)
    [5, 13]
    """
    number = len(widths)
    while number > 1 and _total(floors[:number]) > room:
        number -= 1
    cut = list(widths[:number])
    lowest = [min(pair) for pair in zip(widths, floors, strict=True)][:number]
    while _total(cut) > room:
        # The widest of those that can still give something.
        index = max(range(number), key=lambda i: (cut[i] > lowest[i], cut[i]))
        if cut[index] <= 1:
            break
        cut[index] -= 1
    return cut


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _colour(table: Table, name: str, cell: Any) -> str:
    colours = table.colours.get(name)
    return colours.get(cell, "") if colours and isinstance(cell, str) else ""
