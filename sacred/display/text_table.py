"""Tables as text: aligned and, on terminals, coloured and cut to the width."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from sacred._base.clock import utcnow
from sacred.display.console import BOLD, Console
from sacred.display.table import Table, is_number_column
from sacred.display.value_text import as_short_time, as_text, display_width, fit_width, zoned_time

__all__ = ["write_text"]

_GAP = "  "
#: Texts are cut to this width at most, headings to the other; if that is not enough, the last
#: columns are left out. Numbers and times are never cut.
_MIN_TEXT_WIDTH, _MIN_HEADING_WIDTH = 10, 6
#: Where there is no terminal, longer cells are cut. CSV and JSON have them whole.
_MAX_CELL_WIDTH = 200


def write_text(table: Table, console: Console) -> None:
    """Print a table.

    Args:
        table: the table, with times in the zone of the console; see `in_zone`.
        console: where to print; a terminal limits the width, a file does not.
    """
    titles = table.titles
    texts = _terminal_texts(table, console) if console.is_terminal else _bounded(table)
    columns = list(zip(*texts, strict=True)) or [()] * len(titles)
    values = list(zip(*table.rows, strict=True)) or [()] * len(titles)
    inner = [max(map(display_width, column), default=0) for column in columns]
    widths = [max(display_width(title), width) for title, width in zip(titles, inner, strict=True)]
    if console.is_terminal:
        floors = [
            max(
                min(display_width(title), _MIN_HEADING_WIDTH),
                width if _has_fixed_width(column) else min(width, _MIN_TEXT_WIDTH),
            )
            for title, width, column in zip(titles, inner, values, strict=True)
        ]
        widths = shrink(widths, floors, console.width)
        if table.compares and len(widths) < len(titles):
            return _write_lists(titles, texts, console)
    right = [is_number_column(column) for column in values]

    def line(cells: Sequence[str], colours: Sequence[str]) -> str:
        # Columns without a width do not fit.
        pieces = [
            _pad(cell, width, to_the_right, colour, console)
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
        console.note(f"not enough room for: {', '.join(titles[len(widths) :])}")


def _write_lists(titles: Sequence[str], texts: Sequence[Sequence[str]], console: Console) -> None:
    """Print each row as a list: two cells that say what is compared, and its values."""
    width = max(display_width(title) for title in titles[2:])
    part = ""
    for first, second, *cells in texts:
        part = first or part  # a table has it only once
        console.print(console.style(fit_width(f"{part} {second}", console.width), BOLD))
        for title, cell in zip(titles[2:], cells, strict=True):
            pad = " " * (width - display_width(title))
            console.print(fit_width(f"  {title}{pad}  {cell}".rstrip(), console.width))


def _bounded(table: Table) -> list[list[str]]:
    """Cells for a pipe or a file: one long value must not make all lines as long."""
    if table.compares:
        return table.texts
    return [[fit_width(text, _MAX_CELL_WIDTH) for text in row] for row in table.texts]


def _terminal_texts(table: Table, console: Console) -> list[list[str]]:
    now = zoned_time(utcnow(), console.utc).replace(tzinfo=None)
    return [
        [
            as_short_time(cell, now) if isinstance(cell, datetime.datetime) else as_text(cell)
            for cell in row
        ]
        for row in table.rows
    ]


def _has_fixed_width(cells: Sequence[Any]) -> bool:
    return is_number_column(cells) or any(isinstance(cell, datetime.datetime) for cell in cells)


def _pad(cell: str, width: int, to_the_right: bool, colour: str, console: Console) -> str:
    cell = fit_width(cell, width)
    pad = " " * (width - display_width(cell))
    text = console.style(cell, colour) if colour else cell
    return f"{pad}{text}" if to_the_right else f"{text}{pad}"


def shrink(widths: Sequence[int], floors: Sequence[int], room: int) -> list[int]:
    """Return widths with which columns fit into a table; if they cannot fit, drop the last ones.

    Args:
        widths: the widths of the columns, in characters.
        floors: the minimum width of each column.
        room: the width of the terminal, in characters.

    >>> shrink([5, 30, 20], [5, 10, 10], 40)
    [5, 15, 16]
    >>> shrink([5, 30, 20], [5, 10, 10], 20)
    [5, 13]
    """
    number = len(widths)
    while number > 1 and _total(floors[:number]) > room:
        number -= 1
    cut = list(widths[:number])
    lowest = [min(pair) for pair in zip(widths, floors, strict=True)][:number]
    while _total(cut) > room:
        # The widest column that can still be cut.
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
