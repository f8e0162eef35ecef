"""The console program over stores that real runs have filled."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred.app.command_table import COMMANDS
from sacred.app.main import main
from sacred.observers import FileStorageObserver
from tests.conftest import ROOT


class Result(tuple[int, str, str]):
    """Exit code, output, errors of a call."""

    code = property(lambda self: self[0])
    out = property(lambda self: self[1])
    err = property(lambda self: self[2])


Call = Callable[..., Result]


def make_experiment(directory: Path) -> Experiment:
    """An experiment that logs a metric, an artifact and output."""
    experiment = Experiment("train", save_git_info=False, interactive=True)

    @experiment.config
    def settings() -> None:
        lr = 0.1
        opt = {"name": "adam", "betas": (0.9, 0.99)}

    @experiment.main
    def train(lr: float, _run: Any) -> float:
        for step in range(10):
            _run.log_scalar("loss", lr * (10 - step), step)
        print(f"trained with {lr}")
        model = directory / "model.txt"
        model.write_text(f"weights {lr}\n")
        _run.add_artifact(model, "model.txt", content_type="text/plain")
        if lr > 1:
            raise ValueError("diverged")
        return 1 - lr

    return experiment


def fill(experiment: Experiment) -> None:
    """Run it: lr 0.1, 0.01, 2 (which fails), 0.5."""
    for lr in (0.1, 0.01, 2, 0.5):
        try:
            experiment.run(config_updates={"lr": lr, "seed": 7})
        except ValueError:
            assert lr == 2


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with four runs."""
    directory = tmp_path_factory.mktemp("program")
    experiment = make_experiment(directory)
    experiment.observers.append(FileStorageObserver(directory / "runs"))
    fill(experiment)
    return directory / "runs"


@pytest.fixture
def call(runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """The program in the directory that `runs` is in."""
    for name in ("SACRED_STORE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(runs.parent)

    def run(*argv: str) -> Result:
        code = main(argv)
        return Result((code, *capsys.readouterr()))

    return run


# ---------------------------------------------------------------------- the program


def test_the_program_is_a_module_as_well(runs: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "sacred", "-s", str(runs), "ls", "--csv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 5


def test_help_lists_every_command(call: Call) -> None:
    for argv in ((), ("--help",), ("help",)):
        code, out, err = call(*argv)
        assert (code, err) == (0, "")
        assert [c.name for c in COMMANDS if f"\n  {c.name} " not in out] == []


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_each_command_has_help_with_examples(call: Call, name: str) -> None:
    code, out, _ = call(name, "--help")
    assert code == 0
    assert f"usage: sacred {name}" in out
    assert "Examples:" in out
    assert f"  sacred {name}" in out.partition("Examples:")[2]
    assert call("help", name).out == out


def test_an_unknown_command_is_a_mistake_in_the_call(call: Call) -> None:
    code, out, err = call("lss")
    assert (code, out) == (2, "")
    assert err == "sacred: there is no command 'lss'. Did you mean \"ls\"? (sacred --help)\n"


def test_an_unknown_option_is_a_mistake_in_the_call(call: Call) -> None:
    code, _, err = call("ls", "--srot", "result")
    assert code == 2
    assert 'Did you mean "--sort"' in err


# ------------------------------------------------------------------------------- ls


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_ls_lists_the_newest_first_with_what_differs(call: Call) -> None:
    code, out, err = call("ls")
    assert (code, err) == (0, "")
    head, *rows = table(out)
    assert head == ["id", "status", "name", "start", "duration", "result", "lr"]
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("4", "COMPLETED", "0.5"),
        ("3", "FAILED", "2"),
        ("2", "COMPLETED", "0.01"),
        ("1", "COMPLETED", "0.1"),
    ]


def test_ls_takes_a_query_in_words_an_order_and_a_limit(call: Call) -> None:
    words = ("ls", "lr", "<", "1", "--sort", "-result", "--limit", "2", "--columns", "id,lr")
    assert table(call(*words).out) == [["id", "lr"], ["2", "0.01"], ["1", "0.1"]]


def test_ls_gives_json_and_csv(call: Call) -> None:
    columns = ("--columns", "id,result,opt.betas")
    rows = json.loads(call("ls", "--json", *columns).out)
    assert rows[0] == {"id": 4, "result": 0.5, "opt.betas": [0.9, 0.99]}
    rows = list(csv.DictReader(io.StringIO(call("ls", "--csv", *columns).out)))
    assert rows[1] == {"id": "3", "result": "", "opt.betas": "[0.9, 0.99]"}


def test_a_mistake_in_a_query_is_shown_with_its_place(call: Call) -> None:
    code, out, err = call("ls", "lr >")
    assert (code, out) == (1, "")
    assert err.splitlines()[1:] == ["  lr >", "      ^"]


# ----------------------------------------------------------------------------- show


def test_show_tells_what_there_is(call: Call) -> None:
    code, out, _ = call("show", "last")
    assert code == 0
    for text in ("run 4 of file:runs: ", "COMPLETED", "lr = 0.5", "opt.name = 'adam'", "model.txt"):
        assert text in out
    assert "diverged" in call("show", "3").out


def test_show_gives_json(call: Call) -> None:
    document = json.loads(call("show", "4", "--json").out)
    assert document["config"]["opt"] == {"name": "adam", "betas": [0.9, 0.99]}
    assert document["metrics"]["loss"]["count"] == 10


@pytest.mark.parametrize(
    ("text", "run_id"),
    [
        ("last", 4),
        ("last~2", 2),
        ("best:result", 2),
        ("best:-metrics.loss.min", 2),
        ("best:lr", 3),
        ("2", 2),
    ],
)
def test_a_run_can_be_said_in_many_ways(call: Call, text: str, run_id: int) -> None:
    assert json.loads(call("show", text, "--json").out)["id"] == run_id


def test_an_unknown_run_is_an_error_with_ids_that_there_are(call: Call) -> None:
    code, out, err = call("show", "9")
    assert (code, out) == (1, "")
    assert err == "sacred: there is no run '9' in file:runs. The last ones: 2, 3, 4\n"
    assert "there are only 4 runs" in call("show", "last~4").err
    assert "no run in file:runs has config.nothing" in call("show", "best:nothing").err


# --------------------------------------------------------------------------- config


def test_config_is_a_file_that_an_experiment_takes(call: Call, tmp_path: Path) -> None:
    for form in ("json", "yaml"):
        path = tmp_path / f"config.{form}"
        path.write_text(call("config", "2", f"--{form}").out)
        experiment = make_experiment(tmp_path)
        experiment.add_config(str(path))
        assert experiment.get_config()["opt"]["betas"] == [0.9, 0.99]


def test_config_gives_a_part_and_knows_the_nearest(call: Call) -> None:
    assert call("config", "2", "lr").out == "0.01\n"
    assert call("config", "2", "opt.name", "--yaml").out == "adam\n"
    code, _, err = call("config", "2", "opt.nam")
    assert (code, err) == (
        1,
        "sacred: the configuration has no entry 'opt.nam'. Did you mean \"name\"?\n",
    )
