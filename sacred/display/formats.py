"""The formats in which tables are written. Each imports what it needs on use."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from typing import Any

from sacred.display.console import Console
from sacred.display.table import Table, in_zone, is_number_column
from sacred.display.text_table import write_text
from sacred.display.value_text import as_json, json_text

__all__ = [
    "FORMATS",
    "add_formats",
    "latex_text",
    "markdown_text",
    "write_html",
    "write_table",
]

#: Formats in which times are ISO 8601, in UTC.
_FOR_PROGRAMS = frozenset({"json", "csv"})


def add_formats(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the format of a table."""
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
        kind: one of `FORMATS`; None for text, cut to the width of a terminal.
        console: where to print.
    """
    if kind not in _FOR_PROGRAMS:
        table = in_zone(table, console.utc)
    if kind is None:
        write_text(table, console)
    else:
        console.write(FORMATS[kind](table))


def _json(table: Table) -> str:
    rows = [dict(zip(table.names, map(as_json, row), strict=True)) for row in table.rows]
    return f"{json_text(rows)}\n"


def _csv(table: Table) -> str:
    # Not at the top, as others below: each run of the program prints in one format.
    import csv

    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.names)
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return file.getvalue()


def _csv_cell(cell: Any) -> Any:
    plain = as_json(cell)
    if plain is None:
        return ""
    if isinstance(plain, int | float | str):
        return plain

    return json.dumps(plain, ensure_ascii=False)


_LATEX = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def latex_text(text: str) -> str:
    """Escape a string for LaTeX."""
    return "".join(_LATEX.get(letter, letter) for letter in text)


def _latex(table: Table) -> str:
    def row(cells: Sequence[str]) -> str:
        return " & ".join(map(latex_text, cells))

    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.names)
    kinds = "".join("r" if is_number_column(column) else "l" for column in columns)
    lines = [rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", rf"{row(table.titles)} \\", r"\midrule"]
    lines += [rf"{row(cells)} \\" for cells in table.texts]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def write_html(table: Table) -> str:
    """Return the table as an HTML element."""
    import html

    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.names)
    marks = [' class="number"' if is_number_column(column) else "" for column in columns]
    head = "".join(f"<th>{html.escape(title)}</th>" for title in table.titles)
    lines = [f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>"]
    for cells in table.texts:
        inner = zip(marks, cells, strict=True)
        lines.append(
            f"<tr>{''.join(f'<td{mark}>{html.escape(cell)}</td>' for mark, cell in inner)}</tr>"
        )
    return "\n".join([*lines, "</tbody>\n</table>\n"])


def _markdown(table: Table) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.names)
    ruler = ["---:" if is_number_column(column) else "---" for column in columns]
    rows = [line(list(map(markdown_text, cells))) for cells in table.texts]
    return "\n".join([line(list(map(markdown_text, table.titles))), line(ruler), *rows, ""])


def markdown_text(text: str) -> str:
    """Escape a string for Markdown."""
    return "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in text)


_MARKDOWN = "\\`*_[]<>|#"

FORMATS = {
    "json": _json,
    "csv": _csv,
    "latex": _latex,
    "html": write_html,
    "markdown": _markdown,
}
