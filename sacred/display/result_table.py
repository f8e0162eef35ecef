"""Tables of results for papers and pages, which include the ids of the runs behind each cell.

In LaTeX and Markdown these are comments, one for each cell, with JSON after ``% sacred cell`` or
``<!-- sacred cell``; in HTML they are attributes ``data-runs``.
"""

from __future__ import annotations

import csv
import html
import io
import itertools
import json
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sacred.display.comparison_text import mean_and_margin
from sacred.display.formats import latex_text, markdown_text
from sacred.display.table import Table
from sacred.display.value_text import as_json, as_text, json_text, one_line
from sacred.runs.result_grid import Cell, Grid
from sacred.statistics.student import mean_interval

__all__ = ["GRID_FORMATS", "cell_text", "grid_table", "mark_lines"]

_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "n": len,
    "median": statistics.median,
    "min": min,
    "max": max,
}
_SIGNS = {"best": " *", "tied": " ≈", "": ""}


def cell_text(cell: Cell | None) -> str:
    """Return the text of a cell; empty if it has no numbers."""
    if cell is None or not (values := cell.group.values):
        return ""
    form = cell.format
    if form.statistic != "mean":
        return f"{_STATISTICS[form.statistic](values):.4g}"
    found = mean_interval(values)
    margins = {
        "": None,
        "ci": found.margin,
        "sd": found.deviation,
        "sem": found.deviation / math.sqrt(found.count),
    }
    margin = margins[form.spread]
    return f"{found.mean:.4g}" if margin is None else mean_and_margin(found.mean, margin)


def grid_table(grid: Grid) -> Table:
    """Return the table for a terminal, in which ``*`` and ``≈`` mark the best cells."""
    names = [*grid.row_fields, *_column_titles(grid)]
    rows = [
        [*row, *(f"{cell_text(c)}{_SIGNS[c.mark]}" if c else None for c in cells)]
        for row, cells in _rows(grid)
    ]
    return Table(names=names, rows=rows)


def mark_lines(grid: Grid, best: str = "*", tied: str = "≈") -> Iterator[str]:
    """Yield sentences that explain the marks, and what cannot be decided.

    Args:
        grid: the grid with its marks.
        best: the mark of cells that are significantly the best.
        tied: the mark of cells that cannot be told from the best.
    """
    marks = {cell.mark for cell in grid.cells}
    if "best" in marks:
        yield f"{best} significantly better than all others that it is compared with"
    if "tied" in marks:
        yield f"{tied} the best and those that it cannot be distinguished from"
    for cell in grid.cells:
        if cell.rivals:
            place = ", ".join(filter(None, (_label(grid, cell), f"{cell.format.text}")))
            others = f"{cell.rivals} other{'s' if cell.rivals > 1 else ''}"
            few = f"; that takes at least {cell.seeds_needed} seeds" if cell.seeds_needed else ""
            yield f"{one_line(place)}: best, not distinguishable from {others}{few}"


def _label(grid: Grid, cell: Cell) -> str:
    names = (*grid.row_fields, *grid.column_fields)
    values = (*grid.rows[cell.row], *grid.columns[cell.column])
    return ", ".join(f"{n} = {as_text(v)}" for n, v in zip(names, values, strict=True))


def _column_titles(grid: Grid) -> list[str]:
    titles = []
    for column, form in itertools.product(grid.columns, grid.formats):
        pairs = zip(grid.column_fields, column, strict=True)
        values = ", ".join(f"{name} = {as_text(value)}" for name, value in pairs)
        parts = [values, form.text if len(grid.formats) > 1 or not values else ""]
        titles.append(", ".join(filter(None, parts)))
    return titles


def _rows(grid: Grid) -> Iterator[tuple[tuple[Any, ...], list[Cell | None]]]:
    """The values of each row, and its cells."""
    places, columns = grid.by_place(), range(len(grid.columns))
    for number, row in enumerate(grid.rows):
        forms = itertools.product(columns, grid.formats)
        yield row, [places.get((number, column, form.text)) for column, form in forms]


def _facts(grid: Grid, cell: Cell) -> dict[str, Any]:
    """What programs want to know of a cell."""
    return {
        "row": dict(zip(grid.row_fields, map(as_json, grid.rows[cell.row]), strict=True)),
        "column": dict(
            zip(grid.column_fields, map(as_json, grid.columns[cell.column]), strict=True)
        ),
        "cell": cell.format.text,
        "text": cell_text(cell),
        "mark": cell.mark,
        "rivals": cell.rivals,
        "runs": cell.group.runs,
    }


def _comment(name: str, facts: Mapping[str, Any]) -> str:
    """JSON in one line that ends no comment, of HTML either."""
    text = json.dumps(as_json(facts), ensure_ascii=True).replace("--", "-\\u002d")
    return f"sacred {name} {text.replace('<', chr(92) + 'u003c').replace('>', chr(92) + 'u003e')}"


def _json(grid: Grid, source: Mapping[str, Any]) -> str:
    cells = [
        {**_facts(grid, cell), "values": cell.group.by_seed, "left_out": _left_out(cell)}
        for cell in grid.cells
    ]
    return f"{json_text({**source, 'cells': cells})}\n"


def _left_out(cell: Cell) -> dict[str, str]:
    return {found.run: found.reason for found in cell.group.omissions}


def _csv(grid: Grid, source: Mapping[str, Any]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*grid.row_fields, *grid.column_fields, "cell", "text", "mark", "runs"])
    for cell in grid.cells:
        known = map(as_text, (*grid.rows[cell.row], *grid.columns[cell.column]))
        runs = " ".join(cell.group.runs)
        writer.writerow([*known, cell.format.text, cell_text(cell), cell.mark, runs])
    return file.getvalue()


def _latex(grid: Grid, source: Mapping[str, Any]) -> str:
    def shown(cell: Cell | None) -> str:
        text = latex_text(cell_text(cell)).replace("±", r"$\pm$")
        command = {"best": "textbf", "tied": "underline"}.get(cell.mark if cell else "")
        return rf"\{command}{{{text}}}" if command else text

    titles = [*grid.row_fields, *_column_titles(grid)]
    kinds = "l" * len(grid.row_fields) + "r" * (len(titles) - len(grid.row_fields))
    head = " & ".join(latex_text(title).replace("±", r"$\pm$") for title in titles)
    lines = [f"% {_comment('table', source)}", rf"\begin{{tabular}}{{{kinds}}}", r"\toprule"]
    lines += [rf"{head} \\", r"\midrule"]
    for row, cells in _rows(grid):
        texts = [latex_text(as_text(value)) for value in row] + [shown(cell) for cell in cells]
        lines.append(rf"{' & '.join(texts)} \\")
        lines += [f"% {_comment('cell', _facts(grid, cell))}" for cell in cells if cell]
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [f"% {line}" for line in mark_lines(grid, r"\textbf:", r"\underline:")]
    return "\n".join([*lines, ""])


def _markdown(grid: Grid, source: Mapping[str, Any]) -> str:
    def plain(text: str) -> str:
        return markdown_text(one_line(text))

    def shown(cell: Cell | None) -> str:
        text = cell_text(cell)
        if cell is None or not cell.mark:
            return text
        return f"**{text}**" if cell.mark == "best" else f"{text} ≈"

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    titles = [plain(title) for title in (*grid.row_fields, *_column_titles(grid))]
    ruler = ["---" if n < len(grid.row_fields) else "---:" for n in range(len(titles))]
    lines = [f"<!-- {_comment('table', source)} -->", line(titles), line(ruler)]
    lines += [
        line([plain(as_text(v)) for v in row] + [shown(cell) for cell in cells])
        for row, cells in _rows(grid)
    ]
    lines += [f"<!-- {_comment('cell', _facts(grid, cell))} -->" for cell in grid.cells]
    return "\n".join([*lines, ""])


def _html(grid: Grid, source: Mapping[str, Any]) -> str:
    def data(facts: Mapping[str, Any]) -> str:
        return html.escape(json.dumps(as_json(facts)))

    def shown(cell: Cell | None) -> str:
        if cell is None:
            return "<td></td>"
        text = html.escape(cell_text(cell))
        text = f"<strong>{text}</strong>" if cell.mark == "best" else text
        kinds = " ".join(filter(None, ("number", cell.mark)))
        runs = html.escape(" ".join(cell.group.runs))
        return f'<td class="{kinds}" data-runs="{runs}">{text}{_html_sign(cell)}</td>'

    titles = [*grid.row_fields, *_column_titles(grid)]
    head = "".join(f"<th>{html.escape(one_line(title))}</th>" for title in titles)
    lines = [f'<table data-sacred="{data(source)}">\n<thead><tr>{head}</tr></thead>\n<tbody>']
    for row, cells in _rows(grid):
        names = "".join(f"<th>{html.escape(as_text(value))}</th>" for value in row)
        lines.append(f"<tr>{names}{''.join(map(shown, cells))}</tr>")
    return "\n".join([*lines, "</tbody>\n</table>\n"])


def _html_sign(cell: Cell) -> str:
    return " ≈" if cell.mark == "tied" else ""


#: Format → what makes a text of a table and of what it was made of.
GRID_FORMATS: dict[str, Callable[[Grid, Mapping[str, Any]], str]] = {
    "json": _json,
    "csv": _csv,
    "latex": _latex,
    "markdown": _markdown,
    "html": _html,
}
