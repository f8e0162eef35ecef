"""``sacred rerun`` of runs of programs."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from sacred import open_store
from sacred.runs.repeating import commands_to_repeat
from tests.exec.conftest import Call, compiled, last_run, leave_out

READER = r"""
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words) {
    FILE *file = fopen("data.txt", "r");
    double number = 0;
    if (fscanf(file, "%lf", &number) != 1) return 1;
    printf("loss=%g\n", number * atof(words[1]));
    file = fopen("model.bin", "w");
    fprintf(file, "%g", number);
    return fclose(file);
}
"""
METRIC = ["--metric", r"loss: loss=(\S+)"]


def clear(work: Path) -> None:
    """Nothing of the run is left where it was."""
    for path in work.iterdir():
        if path.is_file():
            path.unlink()


@pytest.mark.parametrize("trace", [["--trace"], ["--no-trace", "--input", "data.txt"]])
def test_a_c_program_is_repeated_from_the_store(work: Path, sacred: Call, trace: list[str]) -> None:
    program = compiled(READER, work)
    (work / "data.txt").write_text("3")
    words = ["exec", *trace, *METRIC, "--output", "*.bin", "with", "lr=0.5", "--", program, "{lr}"]
    done = sacred(*words)
    if "--trace: " in done.stderr:
        leave_out("strace does not work here")
    clear(work)
    done = sacred("rerun", "1")
    assert done.stdout.splitlines()[0] == "EXACT", done.stdout + done.stderr
    again = open_store("runs")[2]
    assert again.meta["rerun_of"]["id"] == 1
    assert again.metrics["loss"].last == 1.5
    assert again.artifacts["model.bin"].text() == "3"
    assert os.listdir(work) == ["runs"]
    changed = sacred("rerun", "1", "with", "lr=1.0")
    assert changed.returncode == 1
    assert "DIFFERS" in changed.stdout


def test_a_script_with_a_parameter_file_is_repeated(work: Path, sacred: Call) -> None:
    (work / "run.sh").write_text("cat $1; echo seed $SACRED_SEED name $SACRED_PARAM_name")
    (work / "p.toml").write_text('name = "it\'s"\n[opt]\nlr = 0.1\nlist = [1, 2]\n')
    words = ["--config-file", "p.toml", "with", "opt.lr=0.2", "--", "sh", "run.sh", "p.toml"]
    assert sacred("exec", "--no-trace", "--quiet", *words).returncode == 0
    clear(work)
    assert sacred("rerun", "1").stdout.splitlines()[0] == "EXACT"
    assert "name it's" in last_run().output


def test_a_failing_program_fails_again(work: Path, sacred: Call) -> None:
    assert (
        sacred("exec", "--no-trace", "--quiet", "--", "sh", "-c", "echo x; exit 3").returncode == 3
    )
    assert "EXACT" in sacred("rerun", "1").stdout


def test_the_command_that_repeats_it_is_shown(work: Path, sacred: Call) -> None:
    assert (
        sacred("exec", "--no-trace", "--quiet", *METRIC, "--", "echo", "a b", "{x}").returncode == 0
    )
    [command] = commands_to_repeat(last_run())
    assert command.startswith("sacred exec --name=echo '--metric=loss: ")
    assert command.endswith("-- echo 'a b' '{x}'")
    assert sacred(*shlex.split(command)[1:]).stdout == "a b {x}\n"


def test_a_masked_secret_cannot_be_repeated(work: Path, sacred: Call) -> None:
    words = ["--no-trace", "--quiet", "--", "echo", "--password=hunter2hunter2"]
    assert sacred("exec", *words).returncode == 0
    done = sacred("rerun", "1")
    assert "hunter2" not in Path("runs/1/_environment.json").read_text()
    assert done.returncode == 2
    assert "IMPOSSIBLE" in done.stdout


@pytest.fixture
def repository(work: Path) -> Path:
    """A repository with two commits, the first of which has the tag v1."""
    git = ["git", "-c", "user.email=a@example.org", "-c", "user.name=n"]
    directory = work / "repo"
    (directory / "sub").mkdir(parents=True)
    program = directory / "sub" / "prog"
    program.write_text('#!/bin/sh\ncat data.txt ../top.txt; echo "$@"\n')
    program.chmod(0o755)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "1"], ["tag", "v1"]):
        (directory / "sub" / "data.txt").write_text("old\n")
        (directory / "top.txt").write_text("old top\n")
        subprocess.run([*git, *words], cwd=directory, check=True)
    (directory / "sub" / "data.txt").write_text("new\n")
    subprocess.run([*git, "commit", "-qam", "2"], cwd=directory, check=True)
    return directory / "sub"


def test_a_run_of_an_older_commit_is_repeated(
    repository: Path, sacred: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    assert sacred("exec", "--no-trace", "--quiet", "--rev", "v1", "--", "./prog").returncode == 0
    run = last_run()
    assert run.output == "old\nold top\n\n"
    # The repository of the user, not the scratch directory that the program ran in.
    assert run.repositories[0]["url"] == f"git:/{repository.parent}"
    assert sacred("rerun", "1").stdout.splitlines()[0] == "EXACT"
    doctor = sacred("doctor", "1").stdout
    assert "EXACT is expected" in doctor
    assert "✗" not in doctor, "what the checkout had is there again when it is repeated"
    [command] = commands_to_repeat(run)
    assert sacred(*shlex.split(command)[1:]).stdout.startswith("old\nold top\n")
    assert (repository / "data.txt").read_text() == "new\n"


def test_a_queued_run_of_an_older_commit_runs_it(
    repository: Path, sacred: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    words = ("--no-trace", "--quiet", "-q", "--rev", "v1")
    assert sacred("exec", *words, "--", "./prog").returncode == 0
    monkeypatch.chdir(repository.parent.parent)  # in no repository
    assert sacred("-s", str(repository / "runs"), "worker", "--until-empty").returncode == 0
    run = last_run(str(repository / "runs"))
    assert (run.status, run.output) == ("COMPLETED", "old\nold top\n\n")


@pytest.mark.parametrize(
    ("given", "is_argument"),
    [(["with", "lr=1"], False), (["with", "lr=1", "seed=5"], True), (["--seed", "5"], False)],
)
def test_a_seed_is_an_argument_again_if_it_was_one(
    sacred: Call, given: list[str], is_argument: bool
) -> None:
    words = ("exec", "--no-trace", "--quiet", "--arg-style", "double", *given, "--", "echo", "x")
    assert ("--seed" in sacred(*words).stdout) is is_argument
    first = last_run()
    assert sacred("rerun", "1").stdout.splitlines()[0] == "EXACT"
    assert last_run().config["seed"] == first.config["seed"]
    [command] = commands_to_repeat(first)
    assert sacred(*shlex.split(command)[1:]).stdout.startswith(first.output.rstrip("\n"))
    sacred("rerun", "1", "with", "seed=6")
    assert last_run().config["seed"] == 6
    assert ("--seed 6" in last_run().output) is is_argument


def test_a_queued_program_gets_its_seed_as_it_was_asked_for(sacred: Call) -> None:
    words = ("--no-trace", "-q", "--arg-style", "double", "with", "lr=1")
    assert sacred("exec", *words, "--", "echo", "x").returncode == 0
    assert sacred("-s", "runs", "worker", "--until-empty").returncode == 0
    assert last_run().output == "x --lr 1\n"


@pytest.mark.parametrize(
    "words",
    [["--seed", "1", "with", "seed=2"], ["--seed", "1", "sweep", "with", "lr=1,2"]],
)
def test_two_seeds_are_a_mistake(sacred: Call, words: list[str]) -> None:
    done = sacred("exec", *words, "--", "echo")
    assert done.returncode == 2
    assert "--seed" in done.stderr


def test_the_interpreter_of_a_virtual_environment_is_none_of_the_files(
    work: Path, sacred: Call
) -> None:
    venv.create(work / "env")
    (work / "script.py").write_text("import sys; print(sys.prefix)")
    assert sacred("exec", "--quiet", "--", "env/bin/python", "script.py").returncode == 0
    run = last_run()
    assert run.output == f"{work}/env\n"
    assert [os.path.basename(path) for path in run.resources] in ([], ["script.py"])
    assert sacred("rerun", "1").stdout.splitlines()[0] == "EXACT"
    shutil.rmtree(work / "env")
    done = sacred("rerun", "1")
    assert (done.returncode, done.stdout.split()[0]) == (2, "IMPOSSIBLE")
    assert "the program env/bin/python is neither stored nor here" in done.stdout


def test_a_module_that_is_read_in_compiled_form_is_an_input(
    work: Path, sacred: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (work / "helper.py").write_text("number = 1")
    (work / "script.py").write_text("import helper; print(helper.number)")
    for _ in range(2):
        done = sacred("exec", "--trace", "--", sys.executable, "script.py")
        if "--trace: " in done.stderr:
            leave_out("strace does not work here")
        assert str(work / "helper.py") in last_run().resources
    clear(work)
    assert sacred("rerun", "2").stdout.splitlines()[0] == "EXACT"


def test_a_directory_that_a_program_writes_into_is_there_again(work: Path, sacred: Call) -> None:
    (work / "out").mkdir()
    words = ("sh", "-c", "echo x > out/a; mkdir new; echo y > new/b")
    done = sacred("exec", "--trace", "--", *words)
    if "--trace: " in done.stderr:
        leave_out("strace does not work here")
    assert sacred("rerun", "1").stdout.splitlines()[0] == "EXACT"
    assert set(last_run().artifacts) == {"out/a", "new/b"}
