"""Marks in lists and comparisons of runs: which differences are no more than noise."""

from __future__ import annotations

from collections.abc import Sequence, Set

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

#: How many of the newest runs of an experiment its noise is estimated from.
_MAX_RUNS = 2000


def learn_noise(
    session: Session, experiment: str | None, metrics: Sequence[Path]
) -> list[Noise | None]:
    """Estimate the noise of an experiment from all its runs that were repeated with other seeds.

    Args:
        session: with the stores.
        experiment: its name; None: runs without an experiment name.
        metrics: the fields with the numbers.

    Returns:
        the noise of each metric; None: no run was repeated.
    """
    where = {} if experiment is None else {"name": experiment}
    runs: list[RunRecord] = []
    for named in session.stores:
        table = named.store.runs(where, limit=_MAX_RUNS, newest_first=True)
        runs += (run for run in table.showing(metrics) if run.name == experiment)
    repeats = repeats_by_identity(runs)
    return [noise_of_repeats(repeats, metric) for metric in metrics]


def mark_rows(
    table: Table, records: Sequence[RunRecord], metric: Path, session: Session
) -> tuple[Table, list[str]]:
    """Add a column that says which runs cannot be told apart from the first of their experiment.

    The first one is the best of those that are shown, so each difference counts as one of those
    between all pairs of them.

    Args:
        table: with a row for each run, the best first.
        records: the runs.
        metric: what they are sorted by.
        session: with the stores that the noise is estimated from.

    Returns:
        the table, and a line about the noise of each experiment.
    """
    values = [shown_value(record, metric) for record in records]
    marks: list[str | None] = [None for _ in records]
    names = dict.fromkeys(record.name for record in records)
    lines = []
    for name in names:
        places = [n for n, r in enumerate(records) if r.name == name and is_usable(values[n])]
        [noise] = learn_noise(session, name, [metric])
        among = len(places)
        of = None if len(names) == 1 else name or "runs without a name"
        lines.append(noise_line(noise, str(metric), of, among))
        if noise is None or not places:
            continue
        floor = noise.floor_among(among)
        first, *others = places
        marks[first] = "first" if of is None else f"first of {of}"
        for place in others:
            if abs(values[place] - values[first]) <= floor:
                marks[place] = f"≈ {marks[first]}"
    rows = [[*row, mark] for row, mark in zip(table.rows, marks, strict=True)]
    return replace(table, names=[*table.names, "noise"], rows=rows), lines


def mark_differences(
    table: Table, rows: Sequence[Difference], session: Session, experiments: Set[str | None]
) -> Table:
    """Add a column that says which differences of some runs are within the noise.

    Args:
        table: with a row for each difference.
        rows: the differences.
        session: with the stores that the noise is estimated from.
        experiments: the names of the experiments of the runs; several have no noise in common.
    """
    metrics = {number: path for number, row in enumerate(rows) if (path := _number_in(row))}
    noises: dict[int, Noise | None] = dict.fromkeys(metrics)
    if len(experiments) == 1:
        found = learn_noise(session, next(iter(experiments)), list(metrics.values()))
        noises = dict(zip(metrics, found, strict=True))
    cells = [
        _place(row, noises[number]) if number in noises else None for number, row in enumerate(rows)
    ]
    marked = [[*row, cell] for row, cell in zip(table.rows, cells, strict=True)]
    return replace(table, names=[*table.names, "noise"], rows=marked)


def _number_in(row: Difference) -> Path | None:
    """Return the field with the numbers of a difference; None: not numbers, or inputs of runs."""
    steps = tuple(row.name.split("."))
    if not all(map(is_usable, row.values)):
        return None
    if row.part == "metrics":
        return Path("metrics", steps)
    return Path("result", steps[1:]) if row.part == "outcome" and steps[0] == "result" else None


def _place(row: Difference, noise: Noise | None) -> str:
    if noise is None:
        return "unknown"
    floor = noise.floor_among(len(row.values))
    return "within" if max(row.values) - min(row.values) <= floor else "beyond"
