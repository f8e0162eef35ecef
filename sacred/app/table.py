"""Tables, and the formats that they are written in."""

from __future__ import annotations

import argparse
import csv
import html
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.values import Value
from sacred.app.console import BOLD, DIM, GREEN, RED, YELLOW, Console
from sacred.app.values import as_json, as_text, fitted, width_of

__all__ = ["FORMATS", "Table", "add_formats", "write_html", "write_table"]

_GAP = "  "
#: A column is not made narrower than that; rather the last columns are left out.
_NARROW = 7

#: Colours of the values of a column.
STATUS_COLOURS = {
    "COMPLETED": GREEN,
    "FAILED": RED,
    "DEAD": RED,
    "INTERRUPTED": YELLOW,
    "TIMEOUT": YELLOW,
    "RUNNING": BOLD,
    "QUEUED": DIM,
}


class Table(Value):
    """A table.

    Args:
        names: of the columns, for programs.
        rows: their cells.
        heads: of the columns, for people; those left out are the names.
        colours: column → value → colour.
    """

    names: Sequence[str]
    rows: Sequence[Sequence[Any]]
    heads: Mapping[str, str] = {}
    colours: Mapping[str, Mapping[Any, str]] = {"status": STATUS_COLOURS}

    @property
    def titles(self) -> list[str]:
        """The heads of the columns."""
        return [self.heads.get(name, name) for name in self.names]

    @property
    def texts(self) -> list[list[str]]:
        """The cells as texts."""
        return [[as_text(cell) for cell in row] for row in self.rows]


def add_formats(parser: argparse.ArgumentParser) -> None:
    """The options that choose a format: each command that prints a table has them."""
    group = parser.add_mutually_exclusive_group()
    for name, meaning in (
        ("json", "a list of objects"),
        ("csv", "comma-separated values"),
        ("latex", "a table for LaTeX (booktabs)"),
        ("html", "a table for HTML"),
    ):
        group.add_argument(
            f"--{name}", dest="format", action="store_const", const=name, help=f"print {meaning}"
        )


def write_table(table: Table, kind: str | None, console: Console) -> None:
    """Print a table.

    Args:
        table: the table.
        kind: one of `FORMATS`; None: text, cut to the width of a terminal.
        console: to print to.
    """
    if kind is None:
        _write_text(table, console)
    else:
        console.write(FORMATS[kind](table))


# ------------------------------------------------------------------------ text


def _write_text(table: Table, console: Console) -> None:
    titles, texts = table.titles, table.texts
    widths = [max(map(width_of, column)) for column in zip(titles, *texts, strict=True)]
    shown = len(widths)
    if console.is_terminal:
        widths = _cut(widths, console.width)
        shown = len(widths)
    right = [_is_number_column(column) for column in zip(*table.rows, strict=True)]
    right = right or [False] * len(titles)

    def line(cells: Sequence[str], colours: Sequence[str]) -> str:
        pieces = []
        for cell, width, to_the_right, colour in zip(cells, widths, right, colours, strict=False):
            cell = fitted(cell, width)
            pad = " " * (width - width_of(cell))
            text = console.style(cell, colour) if colour else cell
            pieces.append(f"{pad}{text}" if to_the_right else f"{text}{pad}")
        return _GAP.join(pieces).rstrip()

    console.print(line(titles, [BOLD] * len(titles)))
    for cells, row in zip(texts, table.rows, strict=True):
        console.print(line(cells, [_colour(table, *pair) for pair in zip(table.names, row)]))  # noqa: B905
    if shown < len(titles):
        left_out = ", ".join(titles[shown:])
        console.note(f"no room for: {left_out} (--columns chooses)")


def _cut(widths: list[int], room: int) -> list[int]:
    """Widths with which the columns fit; of too many, the last are left out."""
    while len(widths) > 1 and _total([min(width, _NARROW) for width in widths]) > room:
        widths = widths[:-1]
    widths = list(widths)
    while (excess := _total(widths) - room) > 0:
        widest = max(widths)
        if widest <= 1:
            break
        # Down to the second widest, or as far as need be.
        second = max((width for width in widths if width < widest), default=1)
        index = widths.index(widest)
        widths[index] = max(widest - excess, min(second, widest - 1), 1)
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _is_number_column(cells: Sequence[Any]) -> bool:
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(
        (isinstance(cell, int | float) and not isinstance(cell, bool))
        or hasattr(cell, "total_seconds")
        for cell in known
    )


def _colour(table: Table, name: str, cell: Any) -> str:
    colours = table.colours.get(name)
    return colours.get(cell, "") if colours and isinstance(cell, str) else ""


# -------------------------------------------------------------- other formats


def _json(table: Table) -> str:
    rows = [dict(zip(table.names, map(as_json, row), strict=True)) for row in table.rows]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def _csv(table: Table) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.names)
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return file.getvalue()


def _csv_cell(cell: Any) -> Any:
    plain = as_json(cell)
    if plain is None:
        return ""
    return plain if isinstance(plain, int | float | str) else json.dumps(plain, ensure_ascii=False)


_LATEX = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def _latex(table: Table) -> str:
    def row(cells: Sequence[str]) -> str:
        return " & ".join("".join(_LATEX.get(letter, letter) for letter in c) for c in cells)

    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.names)
    kinds = "".join("r" if _is_number_column(column) else "l" for column in columns)
    lines = [rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", rf"{row(table.titles)} \\", r"\midrule"]
    lines += [rf"{row(cells)} \\" for cells in table.texts]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def write_html(table: Table) -> str:
    """The table as an element of HTML."""
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.names)
    marks = [' class="number"' if _is_number_column(column) else "" for column in columns]
    head = "".join(f"<th>{html.escape(title)}</th>" for title in table.titles)
    lines = [f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>"]
    for cells in table.texts:
        inner = zip(marks, cells, strict=True)
        lines.append(
            f"<tr>{''.join(f'<td{mark}>{html.escape(cell)}</td>' for mark, cell in inner)}</tr>"
        )
    return "\n".join([*lines, "</tbody>\n</table>\n"])


FORMATS = {"json": _json, "csv": _csv, "latex": _latex, "html": write_html}
