"""``sacred rerun`` of runs of programs."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from sacred import open_store
from sacred.runs.repeating import commands_to_repeat
from tests.exec.conftest import Call, compiled, last_run

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
        pytest.skip("strace does not work here")
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
