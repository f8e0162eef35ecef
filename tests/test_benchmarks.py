"""The driver of the benchmarks runs; what it measures is no test."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.report import _MARK, Results, table, write
from benchmarks.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parents[1]


def measured(*arguments: str) -> str:
    driver = str(ROOT / "benchmarks" / "run.py")
    command = [sys.executable, driver, "--here", "--only-new", "--rounds=1", "--scale=0.002"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("scenario", ["captured-call", "scalars-file"])
def test_a_scenario_gives_a_table_of_this_project_and_the_limit(scenario):
    head, rule, *rows = measured(scenario).splitlines()
    columns = [text.strip() for text in head.split("|")]
    assert set(rule) <= set("| -")
    assert rows
    for row in rows:
        cells = dict(zip(columns, (text.strip() for text in row.split("|")), strict=True))
        assert float(cells["new"]) >= 0
        assert cells["old"] == ""


def test_the_fastest_rounds_are_told_apart_from_the_middle_ones():
    scenario, results = SCENARIOS["help"], Results()
    results.begin(scenario, {})
    for old, new in ((1.0, 0.1), (1.0, 0.3), (1.2, 0.4)):
        results.add(scenario, "old", {"wall": old})
        results.add(scenario, "new", {"wall": new})
    assert table(results, [scenario]).splitlines()[-1].split(" | ")[5:] == [
        "0.3    ", "0.1    ", "         ", "       ", "≤ 0.2 × old", "by the fastest |",
    ]  # fmt: skip


def test_an_unknown_scenario_is_named_beside_those_there_are():
    driver = str(ROOT / "benchmarks" / "run.py")
    done = subprocess.run([sys.executable, driver, "nonsense"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "nonsense" in done.stderr
    assert "captured-call" in done.stderr


def test_results_are_kept_until_a_scenario_is_measured_anew(tmp_path):
    one, other = SCENARIOS["hello"], SCENARIOS["help"]

    def measured(scenario, **walls):
        results = Results()
        results.begin(scenario, {"old": {"python": "3.11"}, "new": {"python": "3.14"}})
        for role, values in walls.items():
            for wall in values:
                results.add(scenario, role, {"wall": wall, "cpu": wall / 2})
        return results

    file, page = tmp_path / "results.json", tmp_path / "RESULTS.md"
    page.write_text(f"old table\n{_MARK}\nby hand\n")
    for results in (
        measured(one, old=[7.0, 8.0], new=[2.0, 2.0], limit=[0.5, 0.5]),
        measured(other, old=[8.0], new=[4.0], limit=[1.0]),
        measured(one, old=[5.0], new=[1.0], limit=[0.5]),
    ):
        known = Results.of_file(file)
        known.take(results)
        known.save(file)
        write(page, Results.of_file(file), [one, other])
        text = page.read_text()
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
    cells = {row[1].strip(): [cell.strip() for cell in row] for row in rows}
    assert cells["hello world with file observer, whole process"][3:5] == ["5000", "1000"]
    assert cells["`--help`"][6:] == ["0.5", "0.5", "4", "4", "≤ 0.2 × old", "**no**", ""]
    assert f"* {datetime.date.today()}, old: python 3.11; new: python 3.14: `hello`, `help`" in text
    assert text.endswith(f"{_MARK}\nby hand\n")
