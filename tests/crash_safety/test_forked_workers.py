"""What a forked worker cannot store is refused there, as in a spawned one; nothing is lost in
silence, and the record is that of the parent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Script = Callable[..., CompletedProcess[str]]

SCRIPT = """
import multiprocessing, os, sys, time
from sacred import Experiment
from sacred.observers import FileStorageObserver
ex = Experiment("forks", save_git_info=False)
ex.add_config(how="process")

CALLS = {
    "log_scalar()": lambda run: run.log_scalar("of the worker", 1),
    "ex.log_scalar()": lambda run: ex.log_scalar("of the worker", 1),
    "info": lambda run: run.info.update(worker=1),
    "info item": lambda run: run.info.__setitem__("worker", 1),
    "add_artifact()": lambda run: run.add_artifact(__file__),
    "add_resource()": lambda run: run.add_resource(__file__),
    "open_resource()": lambda run: run.open_resource(__file__),
}

def attempt(run, name, queue):
    try:
        CALLS[name](run)
    except RuntimeError as error:
        assert "belongs to the parent process" in str(error)
        queue.put((name, run.info["parent"]))

@ex.main
def main(_run, how):
    _run.info["parent"] = 1
    _run.log_scalar("of the parent", 1)
    return globals()[how](_run)

def process(run):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    for name in CALLS:
        worker = context.Process(target=attempt, args=(run, name, queue))
        worker.start()
        worker.join()
    found = dict(queue.get(timeout=100) for _ in CALLS)
    run.info["more"] = 2
    run.log_scalar("of the parent", 2)
    return found

def leaves(run):
    pid = os.fork()
    if pid == 0:
        return "of the child"  # and out of main, as the parent does
    os.waitpid(pid, 0)
    return "of the parent"

def raises(run):
    pid = os.fork()
    if pid == 0:
        raise ValueError("of the child")
    os.waitpid(pid, 0)
    return "of the parent"

def own_run(run):
    pid = os.fork()
    if pid == 0:
        inner = Experiment("inner", interactive=True, save_git_info=False)
        inner.observers.append(FileStorageObserver("runs"))
        @inner.main
        def inner_main(_run):
            _run.log_scalar("inner", 1)
            _run.info["inner"] = 1
            return "inner"
        inner.run()
        os._exit(0)
    os.waitpid(pid, 0)
    return "of the parent"

def daemon(run):
    parent, pid = os.getpid(), os.fork()
    if pid:
        os._exit(0)
    while os.getppid() == parent:
        time.sleep(0.01)
    run.log_scalar("of the parent", 2)
    run.info["daemon"] = 1
    print("by the daemon", flush=True)
    return "of the daemon"

if __name__ == "__main__":
    ex.run_commandline()
"""


def stored(place: Path, name: str = "run.json", run_id: int = 1) -> dict[str, object]:
    record: dict[str, object] = json.loads((place / "runs" / str(run_id) / name).read_text())
    return record


def test_a_forked_worker_gets_the_error_of_a_spawned_one(
    run_script: Script, tmp_path: Path
) -> None:
    done = run_script(SCRIPT, "-F", "runs")
    assert done.returncode == 0, done.stderr
    record = stored(tmp_path)
    assert record["status"] == "COMPLETED"
    assert isinstance(record["result"], dict)
    assert len(record["result"]) == 7
    assert stored(tmp_path, "metrics.json")["of the parent"]["values"] == [1, 2]  # type: ignore[index]
    assert stored(tmp_path, "info.json").items() >= {"parent": 1, "more": 2}.items()


@pytest.mark.parametrize("how", ["leaves", "raises"])
def test_a_child_that_leaves_main_does_not_end_the_run(
    run_script: Script, tmp_path: Path, how: str
) -> None:
    done = run_script(SCRIPT, "-F", "runs", "with", f"how={how}")
    assert done.returncode == 0, done.stderr
    record = stored(tmp_path)
    assert (record["status"], record["result"]) == ("COMPLETED", "of the parent")


def test_a_child_may_have_a_run_of_its_own(run_script: Script, tmp_path: Path) -> None:
    done = run_script(SCRIPT, "-F", "runs", "with", "how=own_run")
    assert done.returncode == 0, done.stderr
    assert (stored(tmp_path)["status"], stored(tmp_path)["result"]) == (
        "COMPLETED",
        "of the parent",
    )
    assert stored(tmp_path, run_id=2)["result"] == "inner"
    assert "inner" in stored(tmp_path, "metrics.json", run_id=2)
    assert stored(tmp_path, "info.json", run_id=2)["inner"] == 1


def test_a_daemon_goes_on_with_the_run(run_script: Script, tmp_path: Path) -> None:
    done = run_script(SCRIPT, "-F", "runs", "-C", "sys", "with", "how=daemon")
    assert done.returncode == 0, done.stderr  # it waits for the daemon, which has the pipes
    record = stored(tmp_path)
    assert (record["status"], record["result"]) == ("COMPLETED", "of the daemon")
    assert stored(tmp_path, "metrics.json")["of the parent"]["values"] == [1, 2]  # type: ignore[index]
    assert stored(tmp_path, "info.json")["daemon"] == 1
