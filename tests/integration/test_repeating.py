"""The commands with which ``sacred doctor`` says that a run can be repeated do repeat it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipapp
from collections.abc import Callable
from pathlib import Path

import pytest

from sacred import open_store
from sacred.app import main
from sacred.observers import FileStorageObserver
from sacred.observers.store_observer import StoreObserver
from sacred.runs.repeating import commands_to_repeat
from sacred.testing import drive
from tests.conftest import ROOT

SCRIPT = """
from pathlib import Path
from sacred import Experiment
from sacred.observers import FileStorageObserver
from {helper} import double

ex = Experiment("ex", save_git_info=False)
ex.observers.append(FileStorageObserver({runs!r}))

@ex.config
def settings():
    a = 1

@ex.command
def other(a, seed):
    return ["other", a, seed]

@ex.{decorator}
def main(a, seed):
    return [double(a), seed]
"""
HELPER = "def double(x):\n    return 2 * x\n"


def shell(command: str, directory: Path) -> None:
    """Run a command as a user would who has the package and the program on the path."""
    program = directory / "bin"
    program.mkdir(exist_ok=True)
    for name, words in (("python", sys.executable), ("sacred", f"{sys.executable} -m sacred")):
        (program / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (program / name).chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", command.replace("PYTHONPATH=", f"PYTHONPATH={ROOT}:")],
        cwd=directory,
        env={**os.environ, "PATH": f"{program}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def package(directory: Path, runs: Path, decorator: str = "automain") -> Path:
    folder = directory / "lab" / "exps"
    folder.mkdir(parents=True)
    for place in (folder, folder.parent):
        (place / "__init__.py").touch()
    (folder.parent / "helper.py").write_text(HELPER)
    text = SCRIPT.format(helper="lab.helper", runs=str(runs), decorator=decorator)
    (folder / "train.py").write_text(text)
    return folder / "train.py"


def script(directory: Path, runs: Path) -> str:
    directory.mkdir()
    (directory / "helper.py").write_text(HELPER)
    text = SCRIPT.format(helper="helper", runs=str(runs), decorator="automain")
    (directory / "train it.py").write_text(text)
    return f"python '{directory}/train it.py'"


def module(directory: Path, runs: Path) -> str:
    package(directory, runs)
    return f"PYTHONPATH={directory} python -m lab.exps.train"


def main_of_a_package(directory: Path, runs: Path) -> str:
    package(directory, runs).rename(directory / "lab" / "__main__.py")
    return f"PYTHONPATH={directory} python -m lab"


def archive(directory: Path, runs: Path) -> str:
    package(directory, runs, "main")
    (directory / "__main__.py").write_text("from lab.exps.train import ex\nex.run_commandline()\n")
    zipapp.create_archive(directory, directory.parent / "app.pyz")
    return f"python {directory.parent}/app.pyz"


@pytest.mark.parametrize("command", ["", "other"])
@pytest.mark.parametrize("way", [script, module, main_of_a_package, archive])
@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_the_commands_repeat_the_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[[Path, Path], str],
    command: str,
    place: str,
) -> None:
    runs = tmp_path / "runs"
    start = way(tmp_path / "code", runs)
    shell(f"{start} {command} -l ERROR with a=21", tmp_path)
    here = tmp_path if place == "here" else tmp_path / "elsewhere"
    here.mkdir(exist_ok=True)
    monkeypatch.chdir(here)
    store = open_store(runs)
    for line in commands_to_repeat(store[1]):
        shell(line, here)
    assert store[2].result == store[1].result
    assert (store[2].command, store[2].config) == (store[1].command, store[1].config)


def test_a_module_in_the_working_directory_needs_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell(f"{module(tmp_path / 'code', tmp_path / 'runs')} -l ERROR", tmp_path)
    monkeypatch.chdir(tmp_path / "code")
    assert commands_to_repeat(open_store(tmp_path / "runs")[1])[-1] == (
        "python -m lab.exps.train main with 1.json"
    )


def test_a_notebook_is_repeated_by_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(tmp_path / "runs")
    drive.start(StoreObserver(store.backend))
    assert commands_to_repeat(store[1]) == []
    main(["-s", str(tmp_path / "runs"), "doctor", "1"])
    assert "no command repeats it" in capsys.readouterr().out


def test_options_of_the_experiment_are_part_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.py").write_text(
        "from sacred import Experiment, cli_option\n"
        "@cli_option('-B', '--banner')\ndef banner(args, run):\n    run.info['banner'] = args\n"
        "ex = Experiment('own', additional_cli_options=[banner], save_git_info=False)\n"
        "@ex.automain\ndef main():\n    pass\n"
    )
    shell("python own.py -F runs -B 'A b' -l ERROR -c comment", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert commands_to_repeat(open_store("runs")[1])[-1] == (
        "python own.py main --banner='A b' with 1.json"
    )


def test_a_script_that_calls_run_itself_is_started_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loop.py").write_text(
        "import sys\nfrom sacred import Experiment\n"
        "from sacred.observers import FileStorageObserver\n"
        "ex = Experiment('loop', save_git_info=False)\n"
        "ex.observers.append(FileStorageObserver('runs'))\n"
        "@ex.main\ndef main(n):\n    return n\n"
        "ex.run(config_updates={'n': int(sys.argv[1])})\n"
    )
    shell("python loop.py 2 'a b'", tmp_path)
    monkeypatch.chdir(tmp_path)
    [line] = commands_to_repeat(open_store("runs")[1])
    assert line == "python loop.py 2 'a b'  # it calls ex.run(...) itself"
    shell(line, tmp_path)
    assert open_store("runs")[2].result == 2


def test_a_script_has_no_module(tmp_path: Path) -> None:
    shell(f"{script(tmp_path / 'code', tmp_path / 'runs')} -l ERROR", tmp_path)
    assert "module" not in open_store(tmp_path / "runs")[1].experiment


def test_a_comparison_of_a_run_with_itself_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for result in (1, 2):
        observer = FileStorageObserver(tmp_path / "runs")
        drive.start(observer, config={"a": result})
        drive.complete(observer, result)

    def remarks(*ids: str) -> str:
        main(["-s", str(tmp_path / "runs"), "diff", *ids])
        return capsys.readouterr().err

    assert remarks("best:result", "last") == "best:result and last are the same run: 2\n"
    assert remarks("1", "last", "1") == "1 and 1 are the same run: 1\n"
    assert remarks("1", "2") == ""
