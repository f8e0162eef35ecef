"""Parts of the console program."""

from __future__ import annotations

import datetime
import json
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sacred.app.commands.logs import last_lines, new_output
from sacred.display.field_summary import FieldSummary
from sacred.display.formats import FORMATS
from sacred.display.plot import plot_curves
from sacred.display.run_summary import truncate
from sacred.display.svg import Curve, downsample, draw_curves
from sacred.display.table import Table
from sacred.display.text_table import shrink
from sacred.display.value_text import as_json, as_text, display_width, fit_width, one_line

lines = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=5))


@given(st.text(), st.integers(1, 20))
def test_a_fitted_text_is_never_wider(text: str, width: int) -> None:
    assert display_width(fit_width(text, width)) <= width


@given(st.text())
def test_one_line_has_nothing_that_a_terminal_acts_upon(text: str) -> None:
    shown = one_line(text)
    assert all(letter >= " " and not "\x7f" <= letter <= "\x9f" for letter in shown)
    assert one_line(shown) == shown


widths = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=8)


@given(widths, st.integers(20, 120))
def test_columns_are_cut_to_the_room_and_not_below_their_floors(
    columns: list[tuple[int, int]], room: int
) -> None:
    sizes, floors = map(list, zip(*columns, strict=True))
    cut = shrink(sizes, floors, room)
    assert sum(cut) + 2 * (len(cut) - 1) <= room
    if len(cut) > 1:
        pairs = zip(cut, sizes, floors, strict=False)
        assert all(min(size, floor) <= width <= size for width, size, floor in pairs)


@given(lines, lines)
def test_what_follows_is_what_is_new(old: list[str], new: list[str]) -> None:
    before = "".join(f"{line}\n" for line in old)
    after = before + "".join(f"{line}\n" for line in new)
    assert before + new_output(before, after) == after


@given(lines, st.integers(0, 5))
def test_last_lines_are_the_end(texts: list[str], number: int) -> None:
    text = "\n".join(texts)
    assert text.endswith(last_lines(text, number))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=8,
)


@given(values)
def test_every_value_has_a_line_of_text_and_json(value: object) -> None:
    assert "\n" not in as_text(value)
    json.dumps(as_json(value), allow_nan=False)


@given(st.lists(values, min_size=2, max_size=2))
def test_every_format_takes_every_value(row: list[object]) -> None:
    table = Table(names=["a", "<b>&%"], rows=[row])
    for write in FORMATS.values():
        assert write(table).endswith("\n")


def test_arrays_and_scalars_of_numpy_are_plain() -> None:
    assert as_json({"a": np.arange(3), "b": np.float64(1.5)}) == {"a": [0, 1, 2], "b": 1.5}
    assert as_text(datetime.timedelta(days=2, seconds=5)) == "2d 0:00:05"


def test_csv_and_latex_are_quoted() -> None:
    table = Table(names=["x_1", "y"], rows=[["50% & more", 'a,"b"']])
    assert FORMATS["csv"](table) == 'x_1,y\n50% & more,"a,""b"""\n'
    assert r"x\_1 & y \\" in FORMATS["latex"](table)
    assert r"50\% \& more" in FORMATS["latex"](table)


points = st.lists(st.tuples(st.floats(), st.floats() | st.text() | st.none()), max_size=50)


def plot_lines(found: list[Any], marks: str = "", **options: Any) -> list[str]:
    """The lines of a plot of one curve."""
    lines = plot_curves([found], marks=marks, **options)
    return ["".join(text for text, _ in line) for line in lines]


@given(points, st.booleans())
def test_plots_have_lines_of_one_width(found: list[tuple[float, object]], log: bool) -> None:
    drawn = plot_lines(found, width=40, height=5, log=log)
    assert len(drawn) in (0, 6)
    assert len({len(line) for line in drawn[:5]}) <= 1


def test_a_plot_without_numbers_is_empty_and_a_constant_is_a_line() -> None:
    assert plot_lines([(0, "a"), (1, math.nan)]) == []
    drawn = plot_lines([(0, 1), (5, 1)], width=30, height=3, marks="*")
    assert [line.count("*") > 10 for line in drawn] == [False, True, False, False]
    assert plot_lines([(0, -1), (1, 0)], log=True) == []


@given(points, st.integers(4, 60))
def test_thinned_curves_keep_their_extremes(found: list[tuple[float, object]], most: int) -> None:
    kept = downsample(found, most)
    known = downsample(found, 10_000)
    assert set(kept) <= set(known)
    if known:
        heights, all_heights = [y for _, y in kept], [y for _, y in known]
        assert (min(heights), max(heights)) == (min(all_heights), max(all_heights))


@given(points)
@example([(0.0, 2.0**1023)])
@example([(-sys.float_info.max, -sys.float_info.max)])
def test_curves_have_places_within_the_picture(found: list[tuple[float, object]]) -> None:
    curve = Curve(number=0, name="<a>", label="<a>", points=downsample(found))
    svg = draw_curves([curve])
    assert "nan" not in svg
    assert "<a>" not in svg


def test_long_texts_are_not_shown() -> None:
    assert len(truncate("x" * 1000)) < 330


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        ([1, 2.5, math.nan], "1 … 2.5"),
        (["a", "b", "a"], "a, b"),
        ([math.nan], ""),
        ([True, 3], "3, true"),
        (list("abcdefgh"), "a, b, c, d, …"),
    ],
)
def test_summaries_of_fields(seen: list[object], shown: str) -> None:
    summary = FieldSummary()
    for value in seen:
        summary.add(value)
    assert summary.range == shown
    assert summary.runs == len(seen)


def test_a_list_of_runs_loads_no_more_than_it_needs(tmp_path):
    """What takes long to load, and is for other formats, other stores, other commands."""
    (tmp_path / "runs" / "1").mkdir(parents=True)
    (tmp_path / "runs" / "1" / "run.json").write_text('{"status": "COMPLETED"}')
    program = (
        "import sys\nfrom sacred.app import main\n"
        "code = main(['ls', '-s', 'runs', 'status = COMPLETED', '--sort', '-result', '-n3'])\n"
        "needless = {'dataclasses', 'inspect', 'logging', 'tomllib', 'html', 'csv', 'mimetypes',"
        " 'sqlalchemy', 'pymongo', 'numpy', 'pandas'} & (sys.modules.keys() - before)\n"
        "sys.exit(code or (str(needless) if needless else 0))"
    )
    # What argparse itself loads is Python's affair: since 3.14, dataclasses.
    before = "import argparse, sys; argparse.ArgumentParser().parse_args([])"
    command = [sys.executable, "-c", f"{before}; before = set(sys.modules); {program}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "COMPLETED" in done.stdout
