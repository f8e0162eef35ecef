"""Metrics drawn, in the terminal and in the page of ``sacred export``."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sacred import open_store
from sacred.app import main
from sacred.display.axis import ticks
from sacred.display.plot import plot_curves
from sacred.display.report import report
from sacred.display.run_labels import separating
from sacred.display.svg import Curve, draw_curves, line_style
from sacred.observers import FileStorageObserver
from sacred.runs import RunStore
from sacred.testing import drive

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """Three runs with curves and single points; the last one has failed before its point."""
    for number in (1, 2, 3):
        observer = FileStorageObserver(tmp_path / "runs")
        drive.start(observer, config={"lr": number / 10, "same": 1})
        drive.log(observer, {"loss": [number / (step + 1) for step in range(10)]})
        if number < 3:
            drive.log(observer, {"test": [number / 4]})
            result = {"x": ["y"] * 1000} if number == 2 else 0.5
            observer.completed_event(stop_time=drive.T0, result=result)
        else:
            observer.failed_event(fail_time=drive.T0, fail_trace=["Boom"])
    return open_store(tmp_path / "runs")


def page_of(store: RunStore) -> str:
    return "\n".join(report([("", run) for run in store.runs()], "all"))


@pytest.fixture
def metrics(
    store: RunStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Call:
    """``sacred metrics`` beside these runs."""
    monkeypatch.chdir(tmp_path)
    for name in ("SACRED_STORE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["metrics", *words])
        return (code, *capsys.readouterr())

    return run


# ------------------------------------------------------------------------- terminal


def test_curves_of_several_runs_are_in_one_picture_with_a_legend(
    metrics: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = metrics("1", "2", "3", "loss", "--plot")
    assert out.splitlines()[0] == "loss"
    assert [line.split(maxsplit=1) for line in out.splitlines()[-3:]] == [
        ["a", "1 (lr=0.1)"],
        ["b", "2 (lr=0.2)"],
        ["c", "3 (lr=0.3)"],
    ]
    picture = "".join(out.splitlines()[1:-4])
    assert {"a", "b", "c"} <= set(picture)
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = metrics("1", "2", "3", "loss", "--plot")[1]
    assert len(set(re.findall(r"\x1b\[3\dm", coloured))) == 3


def test_a_curve_of_one_point_is_a_line_and_those_of_several_runs_are_bars(metrics: Call) -> None:
    assert metrics("1", "test", "--plot")[1] == "test  last 0.25 (step 0, the only one)\n"
    title, *bars = metrics("1", "2", "3", "test", "--plot")[1].splitlines()
    assert title == "test"
    assert [bar.split()[-2] for bar in bars] == ["0.25", "0.5"]
    assert bars[1].count("█") == 2 * bars[0].count("█")


def test_tables_of_several_runs_say_which_one(metrics: Call) -> None:
    rows = [line.split(",")[:2] for line in metrics("2", "3", "--csv", "--summary")[1].split()]
    assert rows == [["run", "metric"], ["2", "loss"], ["2", "test"], ["3", "loss"]]
    assert metrics("2", "2", "test", "--csv", "--summary")[1].startswith("metric,")


def test_a_word_that_is_neither_run_nor_metric_is_an_error(metrics: Call) -> None:
    for words in (("1", "99"), ("1", "los"), ("1", "2", "los")):
        code, out, err = metrics(*words)
        assert (code, out) == (1, "")
        assert re.match("sacred: there is no (run or )?metric '(99|los)'", err)


def test_curves_share_their_axes() -> None:
    lines = plot_curves([[(0, 0), (10, 1)], [(5, 5), (20, 10)]], width=30, height=5, marks="ab")
    texts = ["".join(text for text, _ in line) for line in lines]
    assert texts[0].split()[0] == "10"
    assert texts[-2].split()[0] == "0"
    assert texts[-1].split() == ["0", "20"]
    assert {owner for line in lines for _, owner in line} == {None, 0, 1}


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 1), (-3e-9, 4e-9), (1e300, 2e300), (5, 5), (0.1, 0.10001), (1e16, 1e16 + 4)],
)
def test_marks_of_axes_are_within_them(low: float, high: float) -> None:
    marks = ticks(low, high)
    assert 1 <= len(marks) <= 6
    assert all(low - abs(low) * 1e-9 <= mark <= high + abs(high) * 1e-9 for mark in marks)


# --------------------------------------------------------------------------- report


def test_only_the_script_of_the_page_may_run_in_an_export(store: RunStore) -> None:
    page = page_of(store)
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'\"" in page
    assert not re.search(r"\son\w+=", page.replace(script, ""))


def test_a_report_colours_statuses_and_bounds_long_values(store: RunStore) -> None:
    page = page_of(store)
    assert '<td class="COMPLETED">COMPLETED</td>' in page
    assert '<td class="FAILED">FAILED</td>' in page
    table = page.partition("<table")[2].partition("</table>")[0]
    assert len(table) < 3000


def test_thirty_runs_have_thirty_styles_and_labels_that_separate_them() -> None:
    styles = [line_style(number) for number in range(30)]
    assert len({style.colour for style in styles}) == 30
    assert len({(style.colour, style.dashes) for style in styles}) == 30
    texts = {"width": [f"{n % 6}" for n in range(30)], "lr": [f"{n // 6}" for n in range(30)]}
    texts |= {"same": ["x"] * 30, "lr2": texts["lr"]}
    assert separating(texts) == ["width", "lr"]
    assert separating({}) == []


def test_single_points_stand_side_by_side_with_round_marks_beside_them() -> None:
    lines = [Curve(number=n, name=f"r{n}", label="", points=[(0.0, 0.1 * n)]) for n in range(3)]
    svg = draw_curves(lines)
    xs = [float(x) for x in re.findall(r'cx="([\d.]+)"', svg)]
    assert len(set(xs)) == 3
    for text in ("r0", "r1", "r2", ">0.1<", ">run<"):
        assert text in svg
    curve = Curve(number=0, name="a", label="", points=[(float(x), x * 0.33) for x in range(20)])
    assert ">5</text>" in draw_curves([curve])
    assert ">step</text>" in draw_curves([curve])
