"""The command ``diff`` of experiments: what would run, beside what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.runs.errors import ProgramError
from tests.integration.test_readers import new_place
from tests.test_command_line import RunScript

QUIET = {"--loglevel": "ERROR"}
KINDS = ["file", "tinydb", "sqlite", "postgres", "mongo", "s3", "google"]

SCRIPT = """\
from sacred import Experiment
from sacred.observers import FileStorageObserver

ex = Experiment("train", save_git_info=False)
ex.observers.append(FileStorageObserver("runs"))

@ex.config
def config():
    lr = 0.1
    opt = {"name": "adam", "steps": [1, 2]}

@ex.named_config
def slow():
    lr = 0.001

@ex.automain
def main(lr, _run):
    _run.log_scalar("loss", lr)
    return 1 - lr
"""


def make(url: str, name: str = "train") -> Experiment:
    """An experiment with three runs in a store, the best of which has lr=0.1."""
    ex = Experiment(name, interactive=True, save_git_info=False)
    ex.observers.append(StoreObserver(open_store(url).backend))
    ex.add_config({"lr": 0.1, "opt": {"steps": [1, 2]}})

    @ex.main
    def main(lr: float, _run: Any) -> float:
        _run.log_scalar("loss", lr)
        return 1 - lr

    for lr in (0.5, 0.1, 0.2):
        ex.run(config_updates={"lr": lr}, options=QUIET)
    return ex


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_place(request.param, request, tmp_path) as place:
        yield place.url


def rows(out: str) -> list[list[str]]:
    return [line.split() for line in out.splitlines()]


def test_every_store_has_runs_to_compare_with(url: str, capsys: Any) -> None:
    ex = make(url)
    other = make(url, "other")
    other.run(config_updates={"lr": 0.0}, options=QUIET)
    capsys.readouterr()
    diff = {**QUIET, "WORD": ["best:result"]}
    ex.run("diff", config_updates={"lr": 0.3, "opt.steps": [1]}, options=diff)
    out, err = capsys.readouterr()
    table = rows(out)
    assert table[0][:3] == ["part", "entry", "best:result"]
    assert table[0][3] == f"({err.split()[3]})"
    assert table[1:3] == [["config", "lr", "0.1", "0.3"], ["opt.steps", "[1,", "2]", "[1]"]]
    (origins,) = out.splitlines()[3:]  # of lr it is the same
    assert origins.startswith("opt.steps: [1, 2] ")
    assert origins.endswith("; [1] ex.run(config_updates=...)")
    assert err.startswith("best:result is run ")
    for word in ("nearest", "best:-metrics.loss.min", "last~1"):
        ex.run("diff", options={**QUIET, "WORD": [word]})
        assert capsys.readouterr().out == "no differences\n"
    assert sum(len(open_store(url).runs({"name": name})) for name in ("train", "other")) == 7


def test_the_command_line(run_script: RunScript) -> None:
    for update in ("lr=0.1", "lr=0.5"):
        assert run_script(SCRIPT, "-l", "ERROR", "with", update).returncode == 0

    line_of_slow = SCRIPT.splitlines().index("    lr = 0.001") + 1

    def diff(*words: str) -> list[list[str]]:
        done = run_script(SCRIPT, *words)
        assert done.returncode == 0, done.stderr
        return rows(done.stdout)

    assert diff("diff", "best:result", "with", "lr=0.3") == [
        ["part", "entry", "best:result", "(1)", "this"],
        ["config", "lr", "0.1", "0.3"],
    ]
    assert diff("-l", "ERROR", "diff", "1", "-u", "last", "--name", "train", "with", "slow") == [
        ["part", "entry", "1", "last", "(2)", "this"],
        ["config", "lr", "0.1", "0.5", "0.001"],
        "lr: 0.1 command line, argument 1; 0.5 command line, argument 1; 0.001 named config slow, "
        f"script.py:{line_of_slow}".split(),
    ]
    assert diff("diff", "with", "lr=0.5") == [["no", "differences"]]
    assert diff("diff", "--fi", "runs", "1", "with", "seed=7")[-1][::3] == ["config", "7"]
    # Other sources are a difference as well.
    changed = SCRIPT.replace("1 - lr", "2 - lr")
    done = run_script(changed, "diff", "last", "with", "lr=0.5")
    assert [line[:2] for line in rows(done.stdout)] == [["part", "entry"], ["sources", "script.py"]]
    done = run_script(SCRIPT, "help", "diff")
    assert "Compare what a run would be with a stored one" in done.stdout
    assert "diff" in run_script(SCRIPT, "--help").stdout


def test_what_cannot_be_compared(run_script: RunScript, tmp_path: Path) -> None:
    def fails(script: str, *words: str) -> str:
        done = run_script(script, *words)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr

    error = fails(SCRIPT, "diff")
    assert "nothing has been stored in file:runs yet" in error
    assert "Traceback" not in error
    without = SCRIPT.replace("ex.observers", "#")
    assert "no observer has a store that can be read. Add one, as with -F runs" in fails(
        without, "diff", "best:result"
    )
    run_script(SCRIPT, "-l", "ERROR", "-n", "another")
    assert "there is no run in file:runs (diff looks at runs of 'train')" in fails(SCRIPT, "diff")
    assert "no such run in file:runs has result" in fails(SCRIPT, "diff", "best:result")
    assert "there is no run '8' in file:runs. The last ones: 1" in fails(SCRIPT, "diff", "8")
    assert "there are no such runs" in fails(SCRIPT, "diff", "last")
    assert 'Unexpected argument "1"' in fails(SCRIPT, "main", "1")
    assert not (tmp_path / "none").exists()


def test_a_command_of_that_name_is_the_experiments_own(run_script: RunScript) -> None:
    own = SCRIPT.replace(
        "@ex.automain", "@ex.command\ndef diff(lr, other=3):\n    print(lr)\n\n@ex.automain"
    )
    assert run_script(own, "-l", "ERROR", "diff", "with", "lr=7").stdout == "7\n"
    done = run_script(own, "diff", "best:result")
    assert done.returncode == 1
    assert 'Unexpected argument "best:result"' in done.stderr


def test_seeds_are_those_that_they_would_be_without_it(capsys: Any) -> None:
    seeds: list[int] = []

    def experiment(own: bool) -> Experiment:
        ex = Experiment("seeded", interactive=True, save_git_info=False)
        ex.add_config(seed=5)
        if own:
            del ex.commands["diff"]

        @ex.main
        def main(_seed: int) -> None:
            seeds.append(_seed)

        return ex

    for own in (True, False):
        experiment(own).run(options=QUIET)
    assert seeds[0] == seeds[1]


def test_an_observer_without_a_store_is_passed_over() -> None:
    ex = Experiment("none", interactive=True, save_git_info=False)
    ex.observers.append(lambda: None)

    @ex.main
    def main() -> None:
        pass

    with pytest.raises(ProgramError, match="no observer has a store"):
        ex.run("diff", options=QUIET)
