"""Captured functions and experiments in other processes: fork, spawn, joblib."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crash_safety.effort import pick

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]

SCRIPT = """\
import multiprocessing
import sys

from sacred import Experiment, Ingredient

data = Ingredient("data")
ex = Experiment("parallel", ingredients=[data])


@data.config
def data_config():
    offset = 1


@ex.config
def config():
    factor = 2
    method = "fork"


@data.capture
def shift(x, offset):
    return x + offset


@ex.capture
def work(x, factor):
    return shift(x) * factor


@ex.capture
def tell(x, _run):
    return x, type(_run).__name__, _run._id, _run.config["factor"]


@ex.main
def main(method):
    if method == "joblib":
        from joblib import Parallel, delayed

        print(Parallel(n_jobs=2)(delayed(work)(x) for x in range(4)))
        print(Parallel(n_jobs=2, backend="threading")(delayed(work)(x) for x in range(4)))
    else:
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(pool.map(work, range(4)))
            print(pool.map(tell, range(1)))


if __name__ == "__main__":
    ex.run_commandline()
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(run_script: RunScript, method: str) -> None:
    """A worker fills arguments as the run that it belongs to, ingredients included."""
    done = run_script(SCRIPT, "with", f"method={method}", "factor=10", "data.offset=5", "-f")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "[50, 60, 70, 80]"
    assert "None, 10)]" in done.stdout.splitlines()[1]


def test_joblib(run_script: RunScript) -> None:
    """loky's workers do not import the script: functions travel by value."""
    pytest.importorskip("joblib")
    done = run_script(SCRIPT, "with", "method=joblib", "factor=10", "data.offset=5", "-f")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[50, 60, 70, 80]"] * 2


def test_pickle_in_the_same_process_gives_the_same_object() -> None:
    """By name where the name leads there."""
    from tests import processes_sample as sample

    for thing in (sample.ex, sample.work, sample.data):
        assert pickle.loads(pickle.dumps(thing)) is thing


def test_experiment_by_value() -> None:
    """An experiment that no module holds keeps its declarations."""
    cloudpickle = pytest.importorskip("cloudpickle")
    from tests import processes_sample as sample

    clone = cloudpickle.loads(cloudpickle.dumps(sample.make()))
    assert clone.get_config({"seed": 1}) == {"a": 1, "seed": 1}
    assert clone.run(config_updates={"a": 3}, options={"--loglevel": "CRITICAL"}).result == 3


def test_deepcopy_of_an_experiment_is_independent() -> None:
    """Libraries that clone objects may do so."""
    from tests import processes_sample as sample

    assert copy.deepcopy(sample.ex) is sample.ex


#: Processes that start at once.
PROCESSES = pick(12, 50)
STARTS = """\
import sys, time
from sacred import Experiment
from sacred.observers import FileStorageObserver

ex = Experiment("many")
ex.observers.append(FileStorageObserver("runs"))


@ex.automain
def main():
    print("output of this run")
    return 1
"""


def test_processes_that_start_at_once_get_ids_of_their_own(tmp_path: Path) -> None:
    """One directory, as many complete runs as processes."""
    (tmp_path / "many.py").write_text(STARTS)
    processes = [
        subprocess.Popen(
            [sys.executable, "many.py", "-l", "ERROR"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for _ in range(PROCESSES)
    ]
    errors = [process.communicate(timeout=100)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, errors
    records = [
        json.loads((tmp_path / f"runs/{number}/run.json").read_text())
        for number in range(1, PROCESSES + 1)
    ]
    assert {record["status"] for record in records} == {"COMPLETED"}
    assert not (tmp_path / f"runs/{PROCESSES + 1}").exists()
