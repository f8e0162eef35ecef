"""Real runs of which one thing was another one: ``sacred divergence`` names it, and its effect."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sacred.app import main
from tests.conftest import ROOT

SCRIPT = """
import os
from sacred import Experiment

ex = Experiment("lab", save_git_info=False)
ex.add_config(lr=0.5)

@ex.automain
def main(lr, _rnd, _run):
    threads = int(os.environ["OMP_NUM_THREADS"])
    with ex.open_resource("data.txt") as file:
        start = float(file.read())
    for step in range(3):
        _run.log_scalar("loss", start + lr * step + threads + float(_rnd.random()), step)
    return start
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with runs: 1 and 2 are the same; of the others, one thing is another one."""
    place = tmp_path_factory.mktemp("lab")

    def run(*updates: str, threads: str = "1") -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        environment |= {"OMP_NUM_THREADS": threads, "PYTHONDONTWRITEBYTECODE": "1"}
        words = [sys.executable, "train.py", "-F", "runs", "with", "seed=1", *updates]
        subprocess.run(words, cwd=place, env=environment, check=True, capture_output=True)

    (place / "train.py").write_text(SCRIPT)
    (place / "data.txt").write_text("1")
    run()
    run()
    run(threads="2")
    run("lr=0.25")
    run("seed=2")
    (place / "data.txt").write_text("2")
    run()
    (place / "data.txt").write_text("1")
    (place / "train.py").write_text(SCRIPT.replace("lr * step", "lr * step * 2"))
    run()
    return place


def divergence(lab: Path, capsys: pytest.CaptureFixture[str], other: int) -> tuple[int, list[str]]:
    code = main(["-s", str(lab / "runs"), "divergence", "1", str(other)])
    return code, capsys.readouterr().out.splitlines()


def test_the_same_run_has_none(lab, capsys):
    assert divergence(lab, capsys, 2) == (0, ["no difference"])


@pytest.mark.parametrize(
    ("other", "cause", "step"),
    [
        (3, "variable OMP_NUM_THREADS: 1, then 2", 0),
        (4, "entry lr: 0.5, then 0.25", 1),
        (5, "entry seed: 1, then 2", 0),
        (6, "resource data.txt: c4ca4238, then c81e728d", 0),
        (7, "source train.py, line 14: ", 1),
    ],
)
def test_cause_and_first_point_are_named(lab, capsys, other, cause, step):
    code, [before, first] = divergence(lab, capsys, other)
    assert code == 1
    assert before.startswith(f"before the run  {cause}")
    assert first.startswith(f"differs first   metric loss, step {step}: ")
