"""``python train.py --trace``: a Python experiment whose files are traced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment, open_store
from sacred.app import main
from sacred.cli.errors import CommandLineError
from sacred.exec.tracing.trace_directories import remove_abandoned
from tests.exec.conftest import Call, last_run, need_strace

SCRIPT = """
import os, subprocess, sys
from sacred import Experiment
from sacred.observers import FileStorageObserver
import table

ex = Experiment("traced")
ex.observers.append(FileStorageObserver("runs"))

@ex.config
def settings():
    data, mode = "data.csv", ""

@ex.automain
def train(data, mode, _run):
    with ex.open_resource("given.txt") as file:
        file.read()
    open("out.txt", "w").write("written")
    open("sub/out.txt", "w").write("below")
    ex.add_artifact("sub/out.txt")
    subprocess.run(["sh", "-c", "cat more.csv > copied.csv"], check=True)
    print("process", os.getpid(), os.environ.get("SACRED_TRACED_PROCESS"))
    if mode == "fail":
        sys.exit(7)
    if mode == "wait":
        open("ready", "w").close()
        import time
        time.sleep(60)
    if mode == "server":
        subprocess.Popen(["sleep", "20"])  # strace waits for it
    return table.rows(data)
"""
TABLE = "def rows(path):\n    return len(open(path).readlines())\n"


@pytest.fixture(autouse=True)
def lab(work: Path) -> Path:
    """An experiment with two inputs that nobody declares, and a module of its own."""
    need_strace()
    (work / "train.py").write_text(SCRIPT)
    (work / "table.py").write_text(TABLE)
    (work / "sub").mkdir()
    for name in ("data.csv", "more.csv", "given.txt"):
        (work / name).write_text(f"{name}\n")
    return work


def called(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    # As users have it, Python keeps compiled modules: the source is read only once.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    call = [sys.executable, "train.py", *words]
    return subprocess.run(call, capture_output=True, text=True, env=environment, **options)


def names(paths: Any) -> set[str]:
    return {Path(path).name for path in paths}


@pytest.mark.parametrize("time", ["first", "again"])
def test_its_files_are_resources_and_artifacts(lab: Path, time: str) -> None:
    if time == "again":
        called("--unobserved")  # the module is compiled
    done = called("--trace")
    assert done.returncode == 0, done.stderr
    assert "Traced files: " in done.stderr
    run = last_run()
    assert (run.status, run.result) == ("COMPLETED", 1)
    assert names(run.resources) == {"data.csv", "more.csv", "given.txt"}
    # What is an artifact already is none twice, and keeps its name.
    assert set(run.artifacts) == {"out.txt", "traced/out.txt", "copied.csv"}
    assert run.artifacts["out.txt"].text() == "below"
    trace = run.environment["trace"]
    assert names(row["path"] for row in trace["read"]) == {
        *("data.csv", "more.csv", "given.txt", "train.py", "table.py")
    }
    assert {"sh", "cat"} <= {row["arguments"][0] for row in trace["programs"]}
    assert "notes" not in trace
    assert " None\n" in run.output, "children do not take themselves for traced ones"


@pytest.mark.parametrize("place", ["sqlite:///runs.db", "tinydb"])
def test_what_its_store_reads_and_writes_is_none_of_its_files(lab: Path, place: str) -> None:
    words = ["-s", place] if place.startswith("sqlite") else ["-t", "tiny"]
    assert called("--trace", *words).returncode == 0
    store = place if place.startswith("sqlite") else "tinydb:tiny"
    for run in (last_run(), last_run(store)):
        assert names(run.resources) == {"data.csv", "more.csv", "given.txt"}
        assert len(run.artifacts) == 3


def test_runs_are_connected_by_their_files(lab: Path, sacred: Call) -> None:
    called("--trace")
    assert sacred("exec", "--trace", "--quiet", "--", "cat", "copied.csv").returncode == 0
    assert "traced" in sacred("lineage", "2").stdout


def test_a_failed_run_has_what_it_has_used(lab: Path) -> None:
    done = called("--trace", "with", "mode=fail")
    assert done.returncode == 7
    assert (last_run().status, "out.txt" in last_run().artifacts) == ("FAILED", True)


def test_an_interrupted_run_is_traced_and_leaves_nothing(lab: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path / "scratch")}
    (tmp_path / "scratch").mkdir()
    words = [sys.executable, "train.py", "--trace", "with", "mode=wait"]
    process = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (lab / "ready").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    run = last_run()
    assert (run.status, "out.txt" in run.artifacts) == ("INTERRUPTED", True)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next_trace(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    words = [sys.executable, "train.py", "--trace", "with", "mode=wait"]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (lab / "ready").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    [left] = scratch.iterdir()
    strangers = [scratch / name for name in ("sacred-trace-old", "sacred-trace-1-1-1-other")]
    for path in strangers:  # of another form, and of a container
        path.mkdir()
    remove_abandoned()
    assert left.is_dir(), "its process goes on"
    process.kill()
    process.wait(60)
    assert left.is_dir()
    assert called("--trace").returncode == 0
    assert sorted(scratch.iterdir()) == sorted(strangers)


def test_processes_that_outlive_it_are_said(lab: Path) -> None:
    called("--trace", "with", "mode=server")
    [note] = last_run().environment["trace"]["notes"]
    assert note.startswith("1 processes outlive the program")


def test_it_is_repeated_with_a_trace(lab: Path, sacred: Call) -> None:
    called("--trace", "-C", "no")
    done = sacred("rerun", "1")
    assert done.stdout.splitlines() == ["EXACT"], done.stdout + done.stderr
    assert "trace" in last_run().environment


def test_a_queued_one_is_traced_by_the_worker(lab: Path, sacred: Call) -> None:
    assert called("--trace", "-q").returncode == 0
    assert "trace" not in last_run().environment
    assert sacred("-s", "runs", "worker", "--until-empty", "--here").returncode == 0
    [run] = open_store("runs")
    assert run.status == "COMPLETED"
    assert names(run.resources) == {"data.csv", "more.csv", "given.txt"}


def test_two_runs_of_a_process_do_not_start_it_again_and_again(lab: Path) -> None:
    twice = "@ex.main" + SCRIPT.split("@ex.automain")[1]
    twice += "\nex.run_commandline()\nex.run_commandline()\n"
    (lab / "train.py").write_text(SCRIPT.split("@ex.automain")[0] + twice)
    done = called("--trace", timeout=100)
    assert "only the first run of a process is traced" in done.stderr
    assert ["trace" in run.environment for run in open_store("runs")] == [True, False]


def test_where_there_is_no_strace_it_is_an_error(lab: Path) -> None:
    environment = {**os.environ, "PATH": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "train.py", "--trace"], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 1
    assert "--trace: strace is not installed" in done.stderr
    assert not (lab / "runs" / "1").exists()


def test_a_call_from_python_cannot_be_traced() -> None:
    ex = Experiment("here", interactive=True, save_git_info=False)
    ex.main(lambda: 1)
    with pytest.raises(CommandLineError, match="only a command line can be traced"):
        ex.run(options={"--trace": True})
    assert ex.run(options={"--trace": True, "--unobserved": True}).result == 1


def test_without_strace_a_repetition_goes_untraced(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called("--trace")
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cat"):
        (tmp_path / "bin" / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    main(["rerun", "1"])
    again = last_run()
    assert (again.id, again.status, "trace" in again.environment) == (2, "COMPLETED", False)
