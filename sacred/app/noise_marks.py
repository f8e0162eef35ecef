"""Marks in lists and comparisons of runs: which differences are no more than noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sacred._base.frozen import replace
from sacred.app.session import Session
from sacred.display.comparison_text import noise_line
from sacred.display.table import Table
from sacred.query.syntax import Path
from sacred.records import RunRecord
from sacred.runs.comparison import Difference
from sacred.runs.damage import shown_value
from sacred.runs.identity import repeats_by_identity
from sacred.runs.significance import noise_of_repeats
from sacred.statistics.permutation import is_usable
from sacred.statistics.student import Noise

__all__ = ["learn_noise", "mark_differences", "mark_rows"]

#: From so many of the newest runs of an experiment its noise is learnt.
_MAX_RUNS = 2000
_ALPHA = 0.05


def learn_noise(
    session: Session, experiment: str | None, metrics: Sequence[Path]
) -> list[Noise | None]:
    """The noise of an experiment, from all runs that were repeated with other seeds.

    Args:
        session: with the stores.
        experiment: its name; None: all experiments.
        metrics: where the numbers stand.

    Returns:
        the noise of each metric; None: no run was repeated.
    """
    where = {} if experiment is None else {"name": experiment}
    runs: list[RunRecord] = []
    for named in session.stores:
        table = named.store.runs(where, limit=_MAX_RUNS, newest_first=True)
        runs += table.showing(metrics)
    repeats = repeats_by_identity(runs)
    return [noise_of_repeats(repeats, metric) for metric in metrics]


def mark_rows(
    table: Table, records: Sequence[RunRecord], metric: Path, session: Session
) -> tuple[Table, str]:
    """Add a column that says which runs cannot be told from the first one.

    The first one is the best of all that are shown, so each difference counts as one of those
    between all pairs of them.

    Args:
        table: with a row for each run, the best first.
        records: the runs.
        metric: what they are sorted by.
        session: with the stores that the noise is learnt from.

    Returns:
        the table, and a line about the noise.
    """
    names = {record.name for record in records}
    [noise] = learn_noise(session, names.pop() if len(names) == 1 else None, [metric])
    line = noise_line(noise, str(metric))
    if noise is None or not records:
        return table, line
    values = [shown_value(record, metric) for record in records]
    pairs = max(len(values) * (len(values) - 1) / 2, 1)
    floor = noise.floor(_ALPHA / pairs)
    first = values[0]

    def mark(number: int, value: Any) -> str | None:
        if not is_usable(value) or not is_usable(first):
            return None
        if number == 0:
            return "first"
        return "≈ first" if abs(value - first) <= floor else None

    rows = [
        [*row, mark(number, value)]
        for number, (row, value) in enumerate(zip(table.rows, values, strict=True))
    ]
    return replace(table, names=[*table.names, "noise"], rows=rows), line


def mark_differences(
    table: Table, rows: Sequence[Difference], session: Session, experiment: str | None
) -> Table:
    """Add a column that says which differences of two runs are within the noise.

    Args:
        table: with a row for each difference.
        rows: the differences.
        session: with the stores that the noise is learnt from.
        experiment: the name of the experiment of both runs.
    """
    metrics = {number: path for number, row in enumerate(rows) if (path := _number_in(row))}
    found = learn_noise(session, experiment, list(metrics.values()))
    noises = dict(zip(metrics, found, strict=True))
    cells = [
        _place(row, noises[number]) if number in noises else None for number, row in enumerate(rows)
    ]
    marked = [[*row, cell] for row, cell in zip(table.rows, cells, strict=True)]
    return replace(table, names=[*table.names, "noise"], rows=marked)


def _number_in(row: Difference) -> Path | None:
    """Where the numbers of a difference stand; None: these are no numbers, or inputs of runs."""
    steps = tuple(row.name.split("."))
    if not all(map(is_usable, row.values)):
        return None
    if row.part == "metrics":
        return Path("metrics", steps)
    return Path("result", steps[1:]) if row.part == "outcome" and steps[0] == "result" else None


def _place(row: Difference, noise: Noise | None) -> str:
    if noise is None:
        return "unknown"
    return "within" if max(row.values) - min(row.values) <= noise.floor(_ALPHA) else "beyond"
