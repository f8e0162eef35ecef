"""Processes, threads and runs within a run: no hang, no mixed output, no mixed config."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crash_safety.effort import pick
from tests.crash_safety.places import FilePlace

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "scripts" / "family.py"
ROUNDS = pick(1, 10)


def start(tmp_path: Path, *words: str, stdout: int | None = None) -> subprocess.Popen[str]:
    """Start the script; its stderr goes to a pipe of which nobody waits for the end."""
    place = FilePlace(tmp_path / "runs")
    command = [sys.executable, str(SCRIPT), "with", *words, "-l", "CRITICAL", *place.arguments]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(tmp_path)}
    with open(tmp_path / "err", "wb") as err:
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment | {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=err,
            encoding="utf-8",
        )


def lines_of(tmp_path: Path) -> list[str]:
    """The output on record."""
    stored = FilePlace(tmp_path / "runs").read("1")
    assert stored.status == "COMPLETED"
    return stored.output.splitlines()


@pytest.mark.parametrize(
    ("how", "workers", "number"),
    [("fork", 3, 7), ("spawn", 2, 8), ("threads", 4, 9)],
)
def test_workers_have_the_config_and_whole_lines(
    tmp_path: Path, how: str, workers: int, number: int
) -> None:
    count = 20 * ROUNDS
    process = start(tmp_path, f"how={how}", f"number={number}", f"count={count}")
    shown = process.communicate(timeout=100)[0].splitlines()
    assert process.returncode == 0, (tmp_path / "err").read_text()
    stored = lines_of(tmp_path)
    assert stored == shown
    assert (stored[0], stored[-1]) == ("begin", "end")
    wanted = {f"{number}:{step}": workers for step in range(count)}
    assert Counter(stored[1:-1]) == wanted


@pytest.mark.parametrize("how", ["nested", "beside"])
def test_runs_within_a_run_keep_to_their_config(tmp_path: Path, how: str) -> None:
    for round in range(ROUNDS):
        folder = tmp_path / str(round)
        folder.mkdir()
        process = start(folder, f"how={how}", "number=5")
        shown = process.communicate(timeout=100)[0].splitlines()
        assert process.returncode == 0, (folder / "err").read_text()
        assert lines_of(folder) == shown
        if how == "nested":
            inner = [[f"{200 + n}:{step}" for step in range(5)] for n in range(3)]
            wanted = [[f"5:{n}", *inner[n], f"5:{n}"] for n in range(3)]
            assert shown == ["begin", *itertools.chain(*wanted), "end"]
        else:
            for n in range(300, 304):
                mine = [line for line in shown if line.startswith(f"{n}:")]
                assert mine == [f"{n}:{step}" for step in range(5)]


@pytest.mark.parametrize("how", ["outlives", "forked"])
def test_a_child_that_outlives_the_run_is_not_waited_for(tmp_path: Path, how: str) -> None:
    """It would write for a minute; the run is over, stored, and its process gone."""
    with open(tmp_path / "out", "wb") as out:
        process = start(tmp_path, f"how={how}", "count=1200", stdout=out.fileno())
    began = time.monotonic()
    assert process.wait(50) == 0, (tmp_path / "err").read_text()
    child = int((tmp_path / "err").read_text().rpartition("pid ")[2])
    try:
        os.kill(child, 0)  # it lives, so nobody has waited for its end
        print(f"{how}: the whole process took {time.monotonic() - began:.2f} s")
        stored = lines_of(tmp_path)
        assert stored[0] == "begin"
        assert "end" in stored
    finally:
        os.kill(child, signal.SIGKILL)
