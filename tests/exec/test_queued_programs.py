"""Programs in the queue, and in sweeps: workers run them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sacred import open_store
from sacred.runs.program_words import program_words
from tests.exec.conftest import Call, last_run

METRIC = ("--metric", r"v: v=(\S+)")


def test_a_queued_program_is_run_by_a_worker(work: Path, sacred: Call) -> None:
    (work / "in.txt").write_text("data")
    text = "echo v=$0; cat in.txt > out.txt"
    words = ("-q", *METRIC, "--output", "*.txt", "with", "lr=0.5", "--", "sh", "-c", text, "{lr}")
    assert sacred("exec", "--no-trace", *words).returncode == 0
    queued = last_run()
    assert queued.status == "QUEUED"
    assert not (work / "out.txt").exists()
    assert "--no-trace" in (program_words(queued) or [])
    assert sacred("-s", "runs", "worker", "--until-empty").returncode == 0
    run = last_run()
    assert (run.id, run.status, run.config["lr"]) == (queued.id, "COMPLETED", 0.5)
    assert run.config["seed"] == queued.config["seed"]
    assert list(run.metrics["v"].values) == [0.5]
    assert (work / "out.txt").read_text() == "data"
    assert len(list(open_store("runs"))) == 1


def test_the_status_of_a_queued_program_that_fails(sacred: Call) -> None:
    sacred("exec", "--no-trace", "-q", "--", "sh", "-c", "exit 3")
    sacred("-s", "runs", "worker", "--until-empty")
    assert (last_run().status, last_run().info["exit_status"]) == ("FAILED", 3)


def test_a_program_that_calls_sacred_exec_makes_a_run_of_its_own(sacred: Call) -> None:
    inner = f"{sys.executable} -m sacred exec --no-trace with lr=7 -- echo inner"
    sacred("exec", "--no-trace", "-q", "with", "lr=1", "--", "sh", "-c", inner, "{lr}")
    sacred("-s", "runs", "worker", "--until-empty")
    found = {run.name: (run.status, run.config["lr"]) for run in open_store("runs")}
    assert found == {"sh": ("COMPLETED", 1), "echo": ("COMPLETED", 7)}


def test_a_sweep_of_a_program(work: Path, sacred: Call) -> None:
    words = ("--seeds", "2", "--minimize", "metrics.v.min", "sweep", "with", "lr=0.1,0.01", "n=3")
    done = sacred("exec", "--no-trace", *METRIC, *words, "--", "sh", "-c", "echo v=$0", "{lr}")
    assert done.returncode == 0, done.stderr
    runs = list(open_store("runs"))
    assert sorted(run.config["lr"] for run in runs) == [0.01, 0.01, 0.1, 0.1]
    assert len({run.config["seed"] for run in runs}) == 2
    assert {run.config["n"] for run in runs} == {3}
    assert all(list(run.metrics["v"].values) == [run.config["lr"]] for run in runs)
    assert "best: metrics.v.min = 0.01" in done.stderr
    # The same command goes on with it: nothing is left to be done.
    sacred("exec", "--no-trace", *METRIC, *words, "--", "sh", "-c", "echo v=$0", "{lr}")
    assert len(list(open_store("runs"))) == 4


def test_a_sweep_is_listed_or_queued(work: Path, sacred: Call) -> None:
    words = ("sweep", "with", "lr=1,2", "--", "echo", "{lr}")
    assert sacred("exec", "--dry-run", *words).stdout.split() == ["0", "lr=1", "1", "lr=2"]
    assert not (work / "runs").exists()
    assert "2 runs queued" in sacred("exec", "-q", *words).stderr
    assert [run.status for run in open_store("runs")] == ["QUEUED", "QUEUED"]


def test_lists_that_advance_together_conditions_and_files(work: Path, sacred: Call) -> None:
    words = ("sweep", "with", "lr=1,2,3", "n=4,5,6", "--", "echo", "{lr}")
    done = sacred("exec", "--dry-run", "--zip", "lr,n", "--where", "not lr = 2", *words)
    assert done.stdout.split() == ["0", "lr=1", "n=4", "1", "lr=3", "n=6"], done.stderr
    (work / "sweep.yaml").write_text("space:\n  lr: [7, 8]\nname: f1\n")
    done = sacred("exec", "--dry-run", "--file", "sweep.yaml", "sweep", "--", "echo", "{lr}")
    assert done.stdout.split() == ["0", "lr=7", "1", "lr=8"], done.stderr
    assert "sweep f1: 2 runs" in done.stderr
    assert not (work / "runs").exists()


def test_a_sweep_of_a_program_on_an_engine(sacred: Call) -> None:
    sweep = ("sweep", "with", "lr=1,2", "--", "echo", "{lr}")
    done = sacred("exec", "--no-trace", "--on", "slrum", *sweep)
    assert "there is no engine 'slrum'" in done.stderr
    dask = pytest.importorskip("dask", reason="there is no Dask for this Python")
    pytest.importorskip("distributed")  # its own settings would come above those of the test
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):  # not 30
        done = sacred("exec", "--no-trace", "--on", "dask:tcp://127.0.0.1:1", *sweep)
    assert done.returncode != 0
    assert "127.0.0.1:1" in done.stderr


def test_a_run_that_fails_is_the_status_of_the_sweep(sacred: Call) -> None:
    words = ("sweep", "with", "status=0,4", "--", "sh", "-c", "exit $0", "{status}")
    assert sacred("exec", "--no-trace", *words).returncode == 1


def test_values_of_declared_programs_are_checked_first(work: Path, sacred: Call) -> None:
    (work / ".sacred.toml").write_text(
        '[programs.t]\ncommand = "echo {n}"\n[programs.t.parameters]\nn = 1\n'
    )
    done = sacred("exec", "t", "sweep", "with", "n=1,many")
    assert done.returncode == 2
    assert "many" in done.stderr
    assert not (work / "runs").exists()
    assert sacred("exec", "--no-trace", "t", "sweep", "with", "n=1,2").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("sweep", "with", "lr=1", "--", "echo"),
        ("--seeds", "2", "with", "lr=1", "--", "echo"),
        ("--bundle", "sweep", "with", "lr=1,2", "--", "echo"),
        ("--where", "lr > 1", "with", "lr=1", "--", "echo"),
        ("--where", "lrr > 1", "sweep", "with", "lr=1,2", "--", "echo"),
        ("--on", "slurm", "with", "lr=1", "--", "echo"),
        ("--trials", "0", "sweep", "with", "lr=1,2", "--", "echo"),
    ],
)
def test_mistakes(work: Path, sacred: Call, words: tuple[str, ...]) -> None:
    assert sacred("exec", *words).returncode == 2
    assert not (work / "runs").exists()
