"""The console program over stores that real runs have filled."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment, open_store
from sacred._base.clock import local_time, utcnow, zone_name
from sacred.app import main
from sacred.app.command_registry import COMMANDS
from sacred.cli.completion import SEPARATOR
from sacred.config import load_config_file
from sacred.display.report_page import SCRIPT
from sacred.display.run_rows import DEFAULT_COLUMNS, run_table
from sacred.display.run_summary import summary_fields
from sacred.observers import FileStorageObserver, SqlObserver
from sacred.observers.store_observer import StoreObserver
from sacred.stores.schemes import store_from_url
from sacred.testing import drive
from tests.conftest import ROOT
from tests.test_plugins import write_distribution


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


def fill(experiment: Experiment, with_ids: bool = False) -> None:
    """Run it: lr 0.1, 0.01, 2 (which fails), 0.5; with ids from 1 on."""
    for number, lr in enumerate((0.1, 0.01, 2, 0.5), start=1):
        try:
            options = {"--id": str(number)} if with_ids else {}
            experiment.run(config_updates={"lr": lr, "seed": 7}, options=options)
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
        capsys.readouterr()  # what the experiments of the test have printed
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
        assert [name for name in COMMANDS.names() if f"\n  {name} " not in out] == []


@pytest.mark.parametrize("name", COMMANDS.names())
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


def test_options_alone_are_a_mistake_in_the_call(call: Call) -> None:
    for argv in (("-s", "runs"), ("-s",), ("--json",)):
        code, out, err = call(*argv)
        assert (code, out) == (2, "")
        assert err == f"sacred: {' '.join(argv)}, and which command? sacred --help lists them\n"


def test_the_overview_loads_no_store_and_no_query() -> None:
    code = "import sys; from sacred.app import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "sacred.app.program_help" in loaded
    assert {"sacred.query", "sacred.stores", "sacred.experiment", "numpy"} & loaded == set()


def test_to_read_an_sql_database_the_classes_of_its_tables_are_not_loaded(tmp_path: Path) -> None:
    """They take longer to be imported than all else that reading takes."""
    url = f"sqlite:///{tmp_path}/runs.db"
    ex = Experiment("sums", save_git_info=False)
    ex.add_config(a=1)
    ex.observers.append(SqlObserver(url))

    @ex.main
    def total(_run: Any, a: int) -> int:
        print("the sum")
        _run.log_scalar("loss", 0.5)
        return a + 1

    ex.run(options={"--loglevel": "ERROR"})
    code = (
        "import sys; from sacred.app import main\n"
        "words = ['a = 1 and metrics.loss.min < 1', '--sort', '-result', '-n', '5']\n"
        "for call in (['ls', *words], ['show', '1'], ['metrics', '1'], ['logs', '1']):\n"
        f"    assert main(['-s', {url!r}, *call]) == 0\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    *shown, loaded = done.stdout.splitlines()
    assert "the sum" in shown
    assert {"sqlalchemy", "sqlalchemy.orm"} & set(loaded.split()) == {"sqlalchemy"}, done.stderr


def test_characters_that_the_output_cannot_have_are_no_error(runs: Path) -> None:
    for words in (("metrics", "1", "--plot"), ("doctor", "1"), ("fields",)):
        done = subprocess.run(
            [sys.executable, "-m", "sacred", "-s", str(runs), *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.isascii()


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
    zone = f"({zone_name(local_time(utcnow()))})"
    assert head == ["id", "status", "name", "start_time", zone, "duration", "result", "lr"]
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


def test_the_last_run_is_the_one_that_began_last_also_among_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids of sweeps are names, which come behind all numbers."""
    monkeypatch.chdir(tmp_path)
    store = StoreObserver(store_from_url("runs"))
    for hour, run_id in enumerate(("lr-9f2c-5", 1, "lr-9f2c-6", 2)):
        monkeypatch.setattr(drive, "T0", datetime.datetime(2026, 1, 2, hour))
        drive.start(store, _id=run_id)
        drive.complete(store)
    for text, run_id in (("last", 2), ("last~1", "lr-9f2c-6"), ("last~3", "lr-9f2c-5")):
        assert main(["-s", "runs", "show", text, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["id"] == run_id


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


def test_a_text_that_looks_like_a_float_of_a_config_file_is_quoted(
    call: Call, tmp_path: Path
) -> None:
    directory = tmp_path / "texts"
    experiment = Experiment("texts", save_git_info=False, interactive=True)
    experiment.add_config(commit="1e-3", rate=1e-3)

    @experiment.main
    def run() -> None:
        """Nothing."""

    experiment.observers.append(FileStorageObserver(directory))
    experiment.run()
    (tmp_path / "c.yaml").write_text(call("config", "1", "--yaml", "-s", str(directory)).out)
    read = load_config_file(tmp_path / "c.yaml")
    assert (read["commit"], read["rate"]) == ("1e-3", 1e-3)


def test_config_gives_a_part_and_knows_the_nearest(call: Call) -> None:
    assert call("config", "2", "lr").out == "0.01\n"
    assert call("config", "2", "opt.name", "--yaml").out == "adam\n"
    code, _, err = call("config", "2", "opt.nam")
    assert (code, err) == (
        1,
        "sacred: the configuration has no entry 'opt.nam'. Did you mean \"name\"?\n",
    )


# ----------------------------------------------------------------------------- logs


def test_logs_prints_the_output(call: Call) -> None:
    code, out, err = call("logs", "2")
    assert (code, err) == (0, "")
    assert "trained with 0.01\n" in out
    assert call("logs", "2", "-n", "1").out == out.splitlines(keepends=True)[-1]


def test_logs_follows_a_run_until_it_ends(tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text(
        "import pathlib, time\n"
        "from sacred import Experiment\n"
        "from sacred.observers import FileStorageObserver\n"
        "ex = Experiment('slow', save_git_info=False)\n"
        "ex.observers.append(FileStorageObserver('runs'))\n"
        "@ex.automain\n"
        "def main():\n"
        "    print('first', flush=True)\n"
        "    while not pathlib.Path('go').exists():\n"
        "        time.sleep(0.02)\n"
        "    print('second')\n"
    )
    command = [sys.executable, str(script), "--beat-interval", "0.1"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as experiment:
        wait_for(lambda: list(tmp_path.glob("runs/1/run.json")))
        program = [sys.executable, "-m", "sacred", "-s", "runs", "logs", "1", "--follow"]
        with subprocess.Popen(
            program, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as follower:
            assert follower.stdout is not None
            lines = iter(follower.stdout.readline, "")
            assert any(line == "first\n" for line in lines)
            (tmp_path / "go").touch()
            assert "second\n" in lines
            assert follower.communicate()[1] == "run 1: COMPLETED\n"
            assert follower.returncode == 0
        assert experiment.wait() == 0


def wait_for(condition: Callable[[], Any]) -> None:
    while not condition():
        time.sleep(0.02)


# -------------------------------------------------------------------------- metrics


def test_metrics_prints_a_summary_and_points(call: Call) -> None:
    head, row = table(call("metrics", "1").out)
    assert head == ["metric", "last", "min", "max", "mean", "count", "step"]
    assert row == ["loss", "0.1", "0.1", "1", "0.55", "10", "9"]
    rows = list(csv.DictReader(io.StringIO(call("metrics", "1", "lo*", "--csv").out)))
    assert [float(row["step"]) for row in rows] == list(range(10))
    assert float(rows[0]["value"]) == pytest.approx(1.0)
    (only,) = json.loads(call("metrics", "1", "--json", "--summary").out)
    assert only["count"] == 10


def test_metrics_draws_curves(call: Call) -> None:
    code, out, _ = call("metrics", "1", "--plot")
    title, *lines = out.splitlines()
    assert (code, title, len(lines)) == (0, "loss  last 0.1", 13)
    assert lines[0].lstrip().startswith("1 ┤⠉⠒")
    assert set("".join(lines[:-1])) & set("⢄⣀⠢⠑")


def test_an_unknown_metric_is_an_error_with_the_nearest(call: Call) -> None:
    code, out, err = call("metrics", "1", "los")
    assert (code, out, err) == (
        1,
        "",
        "sacred: there is no metric 'los'. Did you mean \"loss\"?\n",
    )


# ----------------------------------------------------------------------------- diff


def test_diff_shows_what_differs_between_many_runs(call: Call) -> None:
    code, out, _ = call("diff", "1", "2", "3", "--json")
    rows = {(row["part"], row["entry"]): row for row in json.loads(out)}
    assert code == 0
    assert rows["config", "lr"] == {"part": "config", "entry": "lr", "1": 0.1, "2": 0.01, "3": 2}
    assert rows["outcome", "status"]["3"] == "FAILED"
    assert ("config", "opt.name") not in rows
    assert ("config", "opt.name") in {
        (row["part"], row["entry"])
        for row in json.loads(call("diff", "1", "2", "-a", "--json").out)
    }


def test_diff_tells_by_its_exit_code_only_if_asked(call: Call) -> None:
    note = "1 and 1 are the same run: 1\n"
    assert call("diff", "1", "1") == (0, "no differences\n", note)
    assert call("diff", "1", "2").code == 0
    assert call("diff", "1", "2", "--exit-code").code == 1
    assert call("diff", "1", "1", "--exit-code").code == 0


def test_diff_shows_changed_code(call: Call, tmp_path: Path) -> None:
    source = tmp_path / "model.py"
    for text in ("layers = 2\n", "layers = 3\n"):
        source.write_text(text)
        experiment = make_experiment(tmp_path)
        experiment.add_source_file(str(source))
        experiment.observers.append(FileStorageObserver(tmp_path / "runs"))
        experiment.run()
    code, out, _ = call("diff", "1", "2", "--code", "-s", str(tmp_path / "runs"))
    assert code == 0
    assert "-layers = 2\n+layers = 3\n" in out
    assert [line for line in out.splitlines() if line.startswith("sources")]


def test_diff_takes_config_files_and_the_nearest_run(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"lr": 0.01, "opt": {"name": "sgd", "betas": [0.9, 0.99]}, "seed": 1}')
    rows = json.loads(call("diff", "nearest", str(path), "--json").out)
    assert [(row["entry"], row["nearest"], row[str(path)]) for row in rows] == [
        ("opt.name", "adam", "sgd"),
        ("seed", 7, 1),
    ]
    assert "lr" in call("diff", "best:lr", str(path)).out
    assert call("diff", "nearest", "nearest").code == 2
    path.write_text("[1]")
    assert "has no configuration" in call("diff", "1", str(path)).err


def test_ls_remarks_upon_fields_that_no_run_has(call: Call) -> None:
    assert call("ls", "lrr > 1").err.endswith('No run has config.lrr. Did you mean "lr"?\n')
    for words in (("--columns", "id,lrr"), ("--sort", "lrr")):
        code, out, err = call("ls", *words)
        assert (code, len(table(out))) == (0, 5)
        assert err == 'No run has config.lrr. Did you mean "lr"?\n'


def test_diff_needs_two_runs_and_known_parts(call: Call) -> None:
    assert call("diff", "1").code == 2
    code, _, err = call("diff", "1", "2", "--only", "confg")
    assert (code, err) == (2, "sacred: there is no part 'confg'. Did you mean \"config\"?\n")


# -------------------------------------------------------------------- files and cat


def test_files_lists_and_copies(call: Call, tmp_path: Path) -> None:
    rows = json.loads(call("files", "2", "--json").out)
    model = next(row for row in rows if row["kind"] == "artifact")
    assert (model["name"], model["bytes"], model["type"]) == ("model.txt", 13, "text/plain")
    code, out, _ = call("files", "2", "--save", str(tmp_path / "copies"))
    assert (code, out) == (0, f"{tmp_path / 'copies' / 'model.txt'}\n")
    assert (tmp_path / "copies" / "model.txt").read_text() == "weights 0.01\n"


def test_cat_prints_a_file(call: Call) -> None:
    for argv in (("2:model.txt",), ("best:result:model.txt",), ("2", "model.txt")):
        assert call("cat", *argv) == (0, "weights 0.01\n", "")


def test_cat_says_what_there_is(call: Call) -> None:
    code, out, err = call("cat", "2:modl.txt")
    assert (code, out) == (1, "")
    assert err == "sacred: run 2 has no file 'modl.txt'. Did you mean \"model.txt\"?\n"
    assert call("cat", "2").code == 2
    assert "there is no run '9'" in call("cat", "9:model.txt").err


# ------------------------------------------------------------------ fields, doctor


def test_fields_tell_types_and_ranges(call: Call) -> None:
    rows = {row["field"]: row for row in json.loads(call("fields", "--json").out)}
    lr = rows["config.lr"]
    assert (lr["runs"], lr["types"], lr["values"]) == (4, "float, int", "0.01 … 2")
    assert rows["result"]["runs"] == 3
    assert rows["status"]["values"] == "COMPLETED, FAILED"
    assert rows["metrics.loss"]["types"] == "metric"
    only = json.loads(call("fields", "status = FAILED", "--match", "config.*", "--json").out)
    assert {row["field"] for row in only} == {
        "config.lr",
        "config.opt.name",
        "config.opt.betas",
        "config.seed",
    }


def test_doctor_finds_nothing_wrong_in_the_same_environment(call: Call) -> None:
    code, out, _ = call("doctor", "1", "--exit-code")
    assert "no reason found why it could not be reproduced exactly" in out
    assert code == 0


def test_doctor_tells_why_a_run_cannot_be_repeated(call: Call, runs: Path, tmp_path: Path) -> None:
    copy = tmp_path / "runs"
    shutil.copytree(runs, copy)
    path = copy / "1" / "run.json"
    record = json.loads(path.read_text())
    record["experiment"]["dependencies"] = ["no-such-package==1.0", "pytest==0.1"]
    record["experiment"]["repositories"] = [{"url": "git:x", "commit": "abc123", "dirty": True}]
    record["host"]["python_version"] = "2.7.1"
    path.write_text(json.dumps(record))
    config = json.loads((copy / "1" / "config.json").read_text())
    del config["seed"]
    (copy / "1" / "config.json").write_text(json.dumps(config))
    for source in (copy / "_sources").iterdir():
        source.write_text("changed")
    code, out, _ = call("-s", str(copy), "doctor", "1", "--exit-code", "--json")
    reasons = {
        (row["subject"], row["finding"])
        for row in json.loads(out)
        if row["state"] == "reason" and row["subject"] not in ("sources", "rerun")
    }
    assert code == 1
    assert reasons == {
        ("repository", "git:x had changes that are not in the commit abc123"),
        ("packages", "no-such-package 1.0 is not installed here"),
        ("packages", f"pytest was 0.1, here it is {pytest.__version__}"),
        ("python", f"it was 2.7.1, here it is {platform.python_version()}"),
        ("seed", "none is recorded"),
    }
    assert "is not what the run used" in out


# ------------------------------------------------------------------- stores, project


def test_a_project_file_names_stores(
    call: Call, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    assert "which store?" in call("ls").err
    (tmp_path / ".sacred.toml").write_text(
        f'default = "lab"\n[stores]\nhere = "none"\nlab = "{runs}"\n'
    )
    assert len(table(call("ls").out)) == 5
    assert call("config", "lab:2", "lr").out == "0.01\n"
    assert call("cat", "lab:best:result:model.txt").out == "weights 0.01\n"
    code, out, err = call("stores", "--json")
    assert code == 0
    assert json.loads(out) == [
        {"name": "here", "store": f"file:{tmp_path / 'none'}", "runs": None, "default": False},
        {"name": "lab", "store": f"file:{runs}", "runs": 4, "default": True},
    ]
    assert err.startswith("sacred: here: ")


def test_pyproject_can_name_stores_too(
    call: Call, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(f'[tool.sacred.stores]\nlab = "{runs}"\n')
    assert len(table(call("ls").out)) == 5


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("stores = 1", "stores must be a table"),
        ("[store]\na = 'b'", "unknown key 'store'. Did you mean \"stores\"?"),
        ("[stores]\na = 1", "the store 'a' must be a string"),
        ("default = 'b'\n[stores]\na = 'runs'", "default = 'b' is not one of its stores"),
        ("[stores", "cannot be read"),
    ],
)
def test_a_mistake_in_the_project_file_is_an_error_that_names_it(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".sacred.toml").write_text(text)
    code, out, err = call("ls")
    assert (code, out) == (1, "")
    assert ".sacred.toml" in err
    assert problem in err


def test_several_stores_are_one_table(call: Call, runs: Path, tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    experiment.observers.append(FileStorageObserver(tmp_path / "other"))
    experiment.run(config_updates={"lr": 0.05})
    other = str(tmp_path / "other")
    words = ("-s", "runs", "-s", other, "--sort", "-result", "--columns", "id,result", "--json")
    rows = json.loads(call("ls", "result > 0", *words).out)
    assert [(row["id"], row["result"]) for row in rows] == [
        ("runs:2", 0.99),
        (f"{other}:1", 0.95),
        ("runs:1", 0.9),
        ("runs:4", 0.5),
    ]
    code, _, err = call("show", "2", "-s", "runs", "-s", other)
    assert (code, err) == (1, f"sacred: of which store? Write runs:2 or {other}:2\n")


def test_the_environment_can_name_the_store(
    call: Call, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SACRED_STORE", str(runs))
    assert len(table(call("ls").out)) == 5


def test_a_store_that_is_not_there_is_an_error(call: Call, tmp_path: Path) -> None:
    for place in (tmp_path / "none", f"sqlite:///{tmp_path}/none.db", f"tinydb:{tmp_path}/none"):
        code, out, err = call("ls", "-s", str(place))
        assert (code, out) == (1, "")
        assert err.startswith("sacred: ")
        assert "none" in err
    assert list(tmp_path.iterdir()) == []
    assert 'Did you mean "memory"?' in call("ls", "-s", "memroy:").err


def test_a_damaged_run_is_reported_and_the_others_are_shown(
    call: Call, runs: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "runs"
    shutil.copytree(runs, copy)
    (copy / "2" / "run.json").write_text('{"status": ')
    code, out, err = call("ls", "-s", str(copy), "--csv", "--columns", "id")
    assert (code, out.split()) == (0, ["id", "4", "3", "1"])
    assert err.startswith("sacred: Run 2 is damaged")
    assert call("show", "2", "-s", str(copy)).code == 1


# --------------------------------------------------------------------------- export


def test_export_is_one_file_that_needs_nothing_else(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    code, out, err = call("export", "status = COMPLETED", "-o", str(path))
    assert (code, out, err) == (0, "", f"wrote 3 runs to {path}\n")
    page = path.read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert re.findall(r"(?:src|href)=\"?(?!data:|#)[^\"]", page.replace("default-src", "")) == []
    assert page.count('<polyline class="curve"') == 3
    assert "</svg>2 (lr=0.01)</span>" in page
    assert "trained with 0.01" in page
    assert page.count("<details") == 3


def test_export_escapes_what_runs_have_stored(call: Call, tmp_path: Path) -> None:
    experiment = Experiment("<script>alert(1)</script>", save_git_info=False, interactive=True)
    experiment.add_config({"x": "<img src=http://evil>", "y<b>": 1})

    @experiment.main
    def main(_run: Any) -> str:
        print("<script>print</script>")
        _run.log_scalar("<b>loss", 1.0)
        return "<i>result"

    experiment.observers.append(FileStorageObserver(tmp_path / "runs"))
    experiment.run()
    page = call("export", "-s", str(tmp_path / "runs"), "--run", "1").out
    page = page.replace(f"<script>{SCRIPT}", "")
    for markup in ("<script>", "<img src=http", "y<b>", "<b>loss", "<i>result"):
        assert markup not in page


def test_export_of_nothing_is_an_error(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert call("export", "result > 100", "-o", str(path)).code == 1
    assert not path.exists()


# ----------------------------------------------------------------------- completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(call: Call, shell: str) -> None:
    script = call("completion", shell).out
    commands = call("completion", f"{SEPARATOR}sacred ").out
    for name in COMMANDS.names():
        assert f"{SEPARATOR}{name}" in commands
    assert "--exit-code" in call("completion", f"{SEPARATOR}sacred diff --ex").out
    if executable := shutil.which(shell):
        done = subprocess.run([executable, "-n"], input=script, text=True, capture_output=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_run_in_a_notebook_is_no_page_of_its_own(tmp_path: Path) -> None:
    """What is stored can be anything."""
    store = open_store("memory:")
    observer = StoreObserver(store.backend)
    run_id = drive.start(observer, config={"<script>": "<img>", "long": "x" * 1000})
    html = store[run_id]._repr_html_()
    assert "<script>" not in html
    assert "<img>" not in html
    assert len(html) < 1500


# ------------------------------------------------------------- the end of a call


def test_a_reader_that_goes_away_is_no_error(runs: Path) -> None:
    command = f"{sys.executable} -m sacred -s {runs} logs 1; echo $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({command}) | true"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stderr in ("141\n", "0\n")  # 0: it had written all before the reader went


def test_an_unexpected_error_is_one_line_unless_asked_for(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("sacred.app.commands.ls.run", broken)
    monkeypatch.delenv("SACRED_DEBUG", raising=False)
    code, _, err = call("ls")
    assert code == 1
    assert err == (
        "sacred: unexpected RuntimeError: boom (SACRED_DEBUG=1 shows where it comes from)\n"
    )
    monkeypatch.setenv("SACRED_DEBUG", "1")
    with pytest.raises(RuntimeError):
        call("ls")


def test_ctrl_c_ends_with_130(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sacred.app.commands.ls.run", stopped)
    assert call("ls") == (130, "", "")


def test_columns_are_the_entries_that_differ_within_an_experiment() -> None:
    store = open_store("memory:")
    for name, config in (
        ("one", {"lr": 0.1, "kind": "a", "seed": 1}),
        ("one", {"lr": 0.2, "kind": "a", "seed": 2}),
        ("two", {"depth": 3, "kind": "b", "seed": 3}),
    ):
        drive.start(StoreObserver(store.backend), config=config, ex_info={"name": name})
    table = run_table(("", run) for run in store.runs())
    assert table.names[len(DEFAULT_COLUMNS) :] == ["config.lr"]
    table = run_table(("", run) for run in store.runs("name = two or lr = 0.1"))
    assert list(table.names) == list(DEFAULT_COLUMNS)


def test_show_has_the_frames_of_the_user_and_no_empty_values(call: Call, runs: Path) -> None:
    shown = call("show", "3").out
    trace = shown.partition("Traceback")[2]
    assert ", in train" in trace
    assert "ValueError: diverged" in trace
    assert str(ROOT / "sacred") not in trace
    assert str(ROOT / "sacred") in call("show", "3", "--json").out
    store = open_store("memory:")
    run_id = drive.start(StoreObserver(store.backend), config={"a": None, "b": {}, "c": ""})
    console_lines = [f"{key} {value}" for key, value in summary_fields(store[run_id])]
    assert [line for line in console_lines if line.split(" ", 1)[1].strip() in ("", "None")] == []


# ------------------------------------------------------------------------ plug-ins

PLUGIN = '''
"""Count the runs of an owner.

Examples:
  sacred owners last
"""
import sys
from sacred.app import Command, Session, add_run_id

COMMAND = Command(
    module="owners",
    group="Look at a run",
    usage="ID",
    summary="who owns it",
    arguments="ids",
    option_values={"--by": "fields"},
)

def add_arguments(parser):
    add_run_id(parser)
    parser.add_argument("--by", metavar="FIELD", help="what names the owner")

def run(args, session):
    record = session.run(args.id)
    session.console.print(f"run {record.id}: {args.by or 'nobody'}")
    return 3
'''


def call_with_plugins(directory: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, with the plug-ins of a directory."""
    return subprocess.run(
        [sys.executable, "-m", "sacred", *argv],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": f"{directory / 'site'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def plugged(runs: Path, tmp_path: Path) -> Path:
    """A directory with the runs, and two plug-ins; one of them is broken."""
    shutil.copytree(runs, tmp_path / "runs")
    points = "[sacred.commands]\nowners = owners:COMMAND\n"
    write_distribution(tmp_path / "site", "owners", points, PLUGIN)
    points = "[sacred.commands]\nbad = bad:COMMAND\nworse = bad:run\n"
    write_distribution(tmp_path / "site", "bad", points, "def run():\n    pass\n")
    return tmp_path


def test_commands_of_plugins_are_listed_explained_and_run(plugged: Path) -> None:
    done = call_with_plugins(plugged, "--help")
    assert done.returncode == 0
    look = done.stdout.partition("Look at a run")[2].partition("\n\n")[0]
    assert "\n  owners ID               who owns it" in look
    assert done.stderr.count("RuntimeWarning: 'bad' (sacred.commands)") == 1
    assert "'worse' (sacred.commands) of the distribution 'bad' cannot be loaded" in done.stderr
    assert "bad:run is no Command" in done.stderr
    done = call_with_plugins(plugged, "owners", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: sacred owners [-h] [--by FIELD] [-s STORE] [--utc] ID" in done.stdout
    done = call_with_plugins(plugged, "owners", "last", "--by", "-me")
    assert (done.returncode, done.stdout, done.stderr) == (3, "run 4: -me\n", "")


def test_a_broken_command_is_an_error_only_for_who_calls_it(plugged: Path) -> None:
    done = call_with_plugins(plugged, "bad")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("sacred: 'bad' (sacred.commands) of the distribution 'bad' ")
    done = call_with_plugins(plugged, "ls", "-n", "1")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_of_plugins(plugged: Path, shell: str) -> None:
    offered = call_with_plugins(plugged, "completion", f"{SEPARATOR}sacred ").stdout
    assert "owners" in offered
    assert "worse" not in offered
    done = call_with_plugins(plugged, "completion", shell)
    assert done.returncode == 0
    line = "sacred owners --by resu"
    program = f"source script; COMP_LINE={line!r} COMP_POINT={len(line)} COMP_WORDBREAKS=' '\n"
    if shell == "bash":
        (plugged / "script").write_text(done.stdout)
        (plugged / "sacred").write_text(f'#!/bin/sh\nexec {sys.executable} -m sacred "$@"\n')
        (plugged / "sacred").chmod(0o755)
        asked = subprocess.run(
            ["bash", "-c", f"{program}_sacred; echo ${{COMPREPLY[@]}}"],
            cwd=plugged,
            env={
                **os.environ,
                "PATH": f"{plugged}:{os.environ['PATH']}",
                "PYTHONPATH": f"{plugged / 'site'}{os.pathsep}{ROOT}",
            },
            capture_output=True,
            text=True,
        )
        assert (asked.stdout, asked.stderr) == ("result\n", "")
