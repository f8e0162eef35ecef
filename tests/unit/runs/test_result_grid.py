"""Tables of results: what is in a cell, and which one is the best."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest

from sacred.display.result_table import cell_text, grid_table, mark_lines
from sacred.query.syntax import Path
from sacred.runs.errors import UsageError
from sacred.runs.groups import Direction
from sacred.runs.result_grid import Grid, cell_format, marked, result_grid
from tests.crash_safety.effort import pick
from tests.unit.runs.test_significance import RESULT, stored

MEAN = cell_format("mean±ci(result)")


def grid_of(values: Sequence[Sequence[Any]], form: str = "mean±ci(result)") -> Grid:
    """A column of results: a row for each method, a run for each value."""
    runs = [
        run
        for number, own in enumerate(values)
        for run in stored(enumerate(own, start=1), {"method": number})
    ]
    rows = [("method", Path("config", ("method",)))]
    return result_grid(runs, rows, [], [(cell_format(form), RESULT)])


def marks(values: Sequence[Sequence[float]], direction: Direction = "higher") -> list[str]:
    return [cell.mark for cell in marked(grid_of(values), [direction]).cells]


LOW = [0.90, 0.90, 0.91, 0.92, 0.89, 0.91, 0.90]
HIGH = [value + 0.05 + n / 1000 for n, value in enumerate(LOW)]
NEARLY = [value + 0.001 * (-1) ** n for n, value in enumerate(HIGH)]


def test_what_beats_all_others_is_the_best() -> None:
    assert marks([LOW, HIGH]) == ["", "best"]
    assert marks([LOW, HIGH], "lower") == ["best", ""]


def test_what_the_best_cannot_be_told_from_is_tied_with_it() -> None:
    assert marks([LOW, HIGH, NEARLY]) == ["", "tied", "tied"]
    lines = list(mark_lines(marked(grid_of([LOW, HIGH, NEARLY]), ["higher"])))
    assert lines == [
        "≈ the best and those that it cannot be distinguished from",
        "method = 2, mean±ci(result): best, not distinguishable from 1 other",
    ]


def test_few_seeds_are_said_to_be_too_few() -> None:
    grid = marked(grid_of([LOW[:3], HIGH[:3]]), ["higher"])
    assert [cell.mark for cell in grid.cells] == ["tied", "tied"]
    assert list(mark_lines(grid))[-1] == (
        "method = 1, mean±ci(result): best, not distinguishable from 1 other; "
        "that takes at least 6 seeds"
    )


@pytest.mark.parametrize("values", [[LOW], [LOW, [math.nan] * 7]])
def test_what_has_no_rival_has_no_mark(values: list[list[float]]) -> None:
    assert set(marks(values)) == {""}


@pytest.mark.parametrize("form", ["n(result)", "median(result)", "max(result)"])
def test_only_means_are_marked(form: str) -> None:
    grid = marked(grid_of([LOW, HIGH], form), ["higher"])
    assert {cell.mark for cell in grid.cells} == {""}


def test_without_a_direction_nothing_is_marked() -> None:
    assert {cell.mark for cell in marked(grid_of([LOW, HIGH]), [None]).cells} == {""}


def test_of_equal_methods_hardly_any_is_called_the_best() -> None:
    """The best of four was chosen for being the best, which the test has to know."""
    generator = random.Random(11)
    rounds = pick(150, 2000)
    found = sum(
        "best" in marks([[generator.gauss(0, 1) for _ in range(8)] for _ in range(4)])
        for _ in range(rounds)
    )
    assert found / rounds <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / rounds)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("mean±ci(result)", "2.5 ± 2.1"),
        ("mean+-sd(result)", "2.5 ± 1.3"),
        ("mean +/- sem (result)", "2.50 ± 0.65"),
        ("mean(result)", "2.5"),
        ("median(result)", "2.5"),
        ("min(result)", "1"),
        ("max(result)", "4"),
        ("n(result)", "4"),
    ],
)
def test_a_cell_shows_its_statistic(form: str, text: str) -> None:
    assert cell_text(grid_of([[1, 2, 3, 4, math.nan]], form).cells[0]) == text


def test_one_run_has_no_interval_and_none_an_empty_cell() -> None:
    assert cell_text(grid_of([[1]]).cells[0]) == "1"
    assert cell_text(grid_of([[math.nan]]).cells[0]) == ""
    assert grid_table(grid_of([[1], [math.nan]])).rows == [[0, "1"], [1, ""]]


@pytest.mark.parametrize(
    "text",
    ["", "mean", "mean(", "mean()", "mean(a,b)", "mode(x)", "mean±x(y)", "n±ci(x)", "±ci(x)"],
)
def test_other_cells_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cell"):
        cell_format(text)
