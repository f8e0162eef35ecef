"""Programs that take a run's process (`os.execv`), and code that closes all descriptors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from sacred.runs import open_store

Script = Callable[..., CompletedProcess[str]]

SCRIPT = """
import os, subprocess, sys, warnings
from sacred import Experiment
ex = Experiment("lives", save_git_info=False)
ex.add_config(how="execv")

@ex.main
def main(_run, how):
    life = int(os.environ.get("LIFE", 1))
    print("life", life)  # not flushed
    _run.log_scalar("m", life)
    _run.info["life"] = life
    if life == 1 and how != "none":
        os.environ["LIFE"] = "2"
        globals()[how]()
    print("the end of life", life)
    return life

WORDS = [sys.executable, *sys.argv]

def execv(): os.execv(WORDS[0], WORDS)
def execve(): os.execve(WORDS[0], WORDS, os.environ)
def execlp(): os.execlp(WORDS[0], *WORDS)
def execvpe(): os.execvpe(WORDS[0], WORDS, os.environ)

def missing():
    try:
        os.execv("/no/such/program", ["x"])
    except OSError as error:
        print("refused:", error.strerror)

def child():
    warnings.simplefilter("ignore")  # Python's own, of a fork beside threads
    if os.fork() == 0:
        os.execlp("echo", "echo", "from a child")
    os.wait()
    subprocess.run(["echo", "from another"], preexec_fn=lambda: None)

def closerange(): os.closerange(3, 4096)

def close_loop():
    for fd in range(3, 300):
        try:
            os.close(fd)
        except OSError:
            pass

if __name__ == "__main__":
    ex.run_commandline()
"""


def output_of(place: Path, run_id: int) -> str:
    return (place / "runs" / str(run_id) / "cout.txt").read_text()


@pytest.mark.parametrize("mode", ["fd", "sys"])
@pytest.mark.parametrize("how", ["execv", "execve", "execlp", "execvpe"])
def test_both_lives_are_recorded_and_printed(
    run_script: Script, tmp_path: Path, how: str, mode: str
) -> None:
    done = run_script(SCRIPT, "-F", "runs", "-C", mode, "with", f"how={how}")
    assert done.returncode == 0, done.stderr
    wanted = ["life 1", "life 2", "the end of life 2"]
    if mode == "sys":
        wanted.remove("life 1")  # in the buffer of a stream, which exec throws away
    assert done.stdout.splitlines() == wanted
    assert "life 1" in output_of(tmp_path, 1)
    assert "the end of life 2" in output_of(tmp_path, 2)
    assert json.loads((tmp_path / "runs/1/metrics.json").read_text())["m"]["values"] == [1]
    store = open_store(tmp_path / "runs")
    assert [(run.id, run.status, run.info["life"]) for run in store.runs()] == [
        (1, "DEAD", 1),
        (2, "COMPLETED", 2),
    ]


@pytest.mark.parametrize("mode", ["fd", "sys"])
@pytest.mark.parametrize("how", ["missing", "child", "closerange", "close_loop"])
def test_a_run_that_goes_on_loses_no_output(
    run_script: Script, tmp_path: Path, how: str, mode: str
) -> None:
    done = run_script(SCRIPT, "-F", "runs", "-C", mode, "with", f"how={how}")
    assert done.returncode == 0, done.stderr
    more = {
        "missing": ["refused: No such file or directory"],
        "child": ["from a child", "from another"],
    }
    lines = ["life 1", *more.get(how, []), "the end of life 1"]
    assert sorted(done.stdout.splitlines()) == sorted(lines)
    in_record = [line for line in output_of(tmp_path, 1).splitlines() if "INFO" not in line]
    seen = [line for line in lines if mode == "fd" or "from a" not in line]
    assert sorted(line for line in in_record if "life" in line or "r" in line) == sorted(seen)
    [run] = open_store(tmp_path / "runs").runs()
    assert run.status == "COMPLETED"
    assert run.meta["process"] is not None
