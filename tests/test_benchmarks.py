"""The driver of the benchmarks runs; what it measures is no test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


def test_an_unknown_scenario_is_named_beside_those_there_are():
    driver = str(ROOT / "benchmarks" / "run.py")
    done = subprocess.run([sys.executable, driver, "nonsense"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "nonsense" in done.stderr
    assert "captured-call" in done.stderr
