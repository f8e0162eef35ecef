"""Engines for workers: the contract over all of ours, and sweeps on them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sacred import open_store
from sacred.executors import Executor, ExecutorError, WorkerFleet, executor_named
from sacred.testing import ExecutorContract
from tests.conftest import ROOT
from tests.integration.test_sweeps import SCRIPT
from tests.services.slurm import missing_programs, slurm_cluster


@pytest.fixture(scope="module")
def dask() -> Iterator[Executor]:
    """A real cluster of two processes."""
    pytest.importorskip("distributed", reason="there is no Dask for this Python")
    executor = executor_named("dask", {"workers": "2"})
    yield executor
    executor.close()


@pytest.fixture(scope="module")
def slurm() -> Iterator[dict[str, str]]:
    """A real cluster of one node; what its programs need in the environment."""
    if missing := missing_programs():
        if os.environ.get("CI") == "true":
            raise RuntimeError(f"Slurm is missing: {', '.join(missing)}")
        pytest.skip(f"Slurm is missing: {', '.join(missing)}")
    with slurm_cluster() as variables:
        yield variables


class TestLocal(ExecutorContract):
    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        executor = executor_named("local")
        yield executor
        executor.close()


class TestDask(ExecutorContract):
    @pytest.fixture
    def executor(self, dask: Executor) -> Executor:
        return dask


class TestSlurm(ExecutorContract):
    @pytest.fixture
    def executor(
        self, slurm: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> Executor:
        monkeypatch.setenv("SLURM_CONF", slurm["SLURM_CONF"])
        monkeypatch.chdir(tmp_path)
        return executor_named("slurm", {"time": "10"})

    def test_an_option_that_sbatch_refuses_is_its_error(
        self, executor: Executor, slurm: dict[str, str]
    ) -> None:
        refused = executor_named("slurm", {"partition": "none"})
        with pytest.raises(ExecutorError, match=r"sbatch: .*partition"):
            refused.submit([sys.executable, "-c", ""], {}, {})


def test_unknown_engines_and_absent_ones_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExecutorError, match=r"no engine 'dusk'.*Did you mean"):
        executor_named("dusk")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExecutorError, match="sbatch, which is not on the PATH"):
        executor_named("slurm")


class _Ending(Executor):
    """An engine whose programs end at once."""

    def submit(self, argv, env, resources):  # type: ignore[no-untyped-def]
        return "handle"

    def alive(self, handle):  # type: ignore[no-untyped-def]
        return False

    def cancel(self, handle):  # type: ignore[no-untyped-def]
        return None


def test_workers_that_end_at_once_are_not_started_for_ever() -> None:
    fleet = WorkerFleet(_Ending(), "runs", 2)
    for _ in range(18):
        assert fleet.start(most=1) == ["handle"]
    assert fleet.start() == ["handle", "handle"]
    with pytest.raises(ExecutorError, match="20 workers have ended"):
        fleet.start()


def sweep(directory: Path, *words: str, **variables: str) -> str:
    (directory / "train.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "train.py", "sweep", "-F", "runs", *words],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_a_sweep_on_an_engine(tmp_path: Path, engine: str) -> None:
    if engine == "dask":
        pytest.importorskip("distributed", reason="there is no Dask for this Python")
    words = ["with", "lr=0.1,0.2,0.4", "-j", "2", "--on", engine, "--minimize", "result"]
    said = sweep(tmp_path, *words)
    assert "3 of 3 points are complete" in said
    assert "best: result = 0.01 " in said
    assert {run.status for run in open_store(tmp_path / "runs")} == {"COMPLETED"}


def test_a_sweep_on_slurm(tmp_path: Path, slurm: dict[str, str]) -> None:
    words = ["with", "lr=0.1,0.2", "-j", "2", "--on", "slurm", "--opt", "time=10"]
    assert "2 of 2 points are complete" in sweep(tmp_path, *words, **slurm)


def test_optuna_on_an_engine(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="there is no Optuna for this Python")
    words = ["with", "lr=uniform(0,1)", "--trials", "5", "--sampler", "tpe", "--minimize"]
    said = sweep(tmp_path, *words, "result", "-j", "2", "--on", "local")
    assert "5 of 5 points are complete" in said


def program(directory: Path, *words: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sacred", "worker", "-s", "runs", *words],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_workers_of_the_program_on_dask_and_on_slurm(tmp_path: Path, slurm: dict[str, str]) -> None:
    pytest.importorskip("distributed", reason="there is no Dask for this Python")
    sweep(tmp_path, "with", "lr=0.1,0.2", "-q", "--sweep", "d")
    words = ["--until-empty", "--grace", "5s"]
    said = program(tmp_path, "meta.sweep.name = d", *words, "--on", "dask", "--opt", "workers=1")
    assert "started on dask: sacred-" in said
    store = open_store(tmp_path / "runs")
    assert [run.status for run in store] == ["COMPLETED"] * 2
    sweep(tmp_path, "with", "lr=0.3,0.4", "-q", "--sweep", "e")
    said = program(tmp_path, *words, "--on", "slurm", "--opt", "time=10", **slurm)
    assert said.startswith("started on slurm: ")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and any(run.status != "COMPLETED" for run in store):
        time.sleep(0.5)
    assert [run.status for run in store] == ["COMPLETED"] * 4
