"""Signals of all kinds: the run is stored as what it was, and the next signal acts."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.crash_safety.effort import generator, pick
from tests.crash_safety.places import FilePlace
from tests.crash_safety.worker import Worker, check_interrupted

Script = Callable[..., CompletedProcess[str]]

ENDING = ["SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGQUIT", "SIGALRM", "SIGTERM", "SIGHUP"]
#: Timers, descriptors and the power supply send these.
ENDING += ["SIGVTALRM", "SIGPROF", "SIGIO", "SIGPWR", "SIGSTKFLT"]
#: What batch systems are asked to send, and the last one.
ENDING += ["SIGRTMIN", "SIGRTMAX"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDING)
def test_a_signal_without_a_handler_ends_the_run(tmp_path: Path, name: str) -> None:
    number = signal.Signals[name]
    worker = Worker(FilePlace(tmp_path / "runs"), tmp_path / "w", beat=10).start()
    worker.wait_until(lambda account: account.steps > 5)
    worker.send(number)
    assert worker.wait() == 128 + number, worker.stderr
    assert (worker.stored.status, worker.account.status) == ("INTERRUPTED", "INTERRUPTED")
    check_interrupted(worker.stored, worker.account)


SCRIPT = """
import faulthandler, os, signal, subprocess, sys, time
from sacred import Experiment
from sacred.observers import RunObserver
ex = Experiment("signals", save_git_info=False)
ex.add_config(how="", number=0)

def caught():
    seen = []
    signal.signal(ex.current_run.config["number"], lambda number, frame: seen.append(number))
    signal.raise_signal(ex.current_run.config["number"])
    return seen

def ignored():
    return signal.raise_signal(ex.current_run.config["number"])

def reported():
    return signal.raise_signal(signal.SIGUSR1)

def swallowed():
    count = 0
    for _ in range(3):
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException:
            count += 1
    return count

def swallowed_then_ended():
    swallowed()
    signal.raise_signal(signal.SIGTERM)

def repeated():
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGUSR1)
        open("cleaned", "w").close()

def replaced():
    try:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        pass
    open("went on", "w").close()

def interrupts_still_work():
    swallowed()
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        return signal.getsignal(signal.SIGINT) is signal.default_int_handler

@ex.main
def main(how):
    return globals()[how]()

if __name__ == "__main__":
    if "how=ignored" in sys.argv:
        signal.signal(int(sys.argv[-1].partition("=")[2]), signal.SIG_IGN)
    if "how=reported" in sys.argv:
        faulthandler.register(signal.SIGUSR1)
    ex.run_commandline()
"""


def run_json(place: Path) -> dict[str, object]:
    record: dict[str, object] = json.loads((place / "runs/1/run.json").read_text())
    return record


@pytest.mark.parametrize("name", ["SIGUSR1", "SIGALRM"])
@pytest.mark.parametrize("how", ["caught", "ignored"])
def test_handlers_of_the_user_stay(run_script: Script, tmp_path: Path, how: str, name: str) -> None:
    number = int(signal.Signals[name])
    done = run_script(SCRIPT, "-F", "runs", "with", f"how={how}", f"number={number}")
    assert done.returncode == 0, done.stderr
    assert run_json(tmp_path)["status"] == "COMPLETED"
    assert run_json(tmp_path)["result"] == ([number] if how == "caught" else None)


@pytest.mark.skipif(sys.platform != "linux", reason="handlers of C code show in /proc only")
def test_the_reports_of_faulthandler_stay(run_script: Script, tmp_path: Path) -> None:
    done = run_script(SCRIPT, "-F", "runs", "with", "how=reported")
    assert done.returncode == 0, done.stderr
    assert run_json(tmp_path)["status"] == "COMPLETED"
    assert "in reported" in done.stderr + (tmp_path / "runs/1/cout.txt").read_text()


@pytest.mark.parametrize(
    ("how", "code", "status", "result"),
    [
        ("swallowed", 0, "COMPLETED", 3),
        ("swallowed_then_ended", 143, "INTERRUPTED", None),
        ("repeated", 143, "INTERRUPTED", None),
        ("replaced", 143, "INTERRUPTED", None),
        ("interrupts_still_work", 0, "COMPLETED", True),
    ],
)
def test_signals_that_user_code_meets(
    run_script: Script, tmp_path: Path, how: str, code: int, status: str, result: object
) -> None:
    done = run_script(SCRIPT, "-F", "runs", "with", f"how={how}")
    assert done.returncode == code, done.stderr
    assert (run_json(tmp_path)["status"], run_json(tmp_path)["result"]) == (status, result)
    assert (tmp_path / "cleaned").exists() == (how == "repeated")
    assert not (tmp_path / "went on").exists()


@pytest.mark.slow
def test_ctrl_c_and_sigterm_together(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """In either order and at any distance, one of them ends the run."""
    moments = generator(request.node.name)
    found: list[tuple[str, int]] = []
    for trial in range(pick(4, 64)):
        place = FilePlace(tmp_path / f"runs{trial}")
        worker = Worker(place, tmp_path / f"w{trial}", beat=10, artifact_every=0).start()
        worker.wait_until(lambda account: account.steps > 2)
        both = [signal.SIGINT, signal.SIGTERM]
        for number in both if trial % 2 else both[::-1]:
            worker.send(number)
            if trial % 4 > 1:
                time.sleep(moments.random() / 100)
        code = worker.wait()
        found.append((worker.stored.status, code))
        assert worker.account.ending is None
    print(found)
    assert {status for status, _ in found} == {"INTERRUPTED"}
    assert {code for _, code in found} <= {-signal.SIGINT, -signal.SIGTERM, 128 + signal.SIGTERM}


OBSERVERS = """
import subprocess, sys, time
from pathlib import Path
from sacred import Experiment
from sacred.observers import FileStorageObserver, QueueObserver, RunObserver

class Leaver(RunObserver):
    priority = 100
    def __getattribute__(self, name):
        if name.endswith("_event") and name not in ("started_event", "queued_event"):
            def leave(*args, **kwargs):
                raise SystemExit(f"from {name}")
            return leave
        return super().__getattribute__(name)

class Starter(RunObserver):
    def heartbeat_event(self, **kwargs):
        code = "print(open('/proc/self/status').read())"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        Path("child").write_text(done.stdout)

ex = Experiment("observers", save_git_info=False)
ex.observers += [Leaver(), QueueObserver(Leaver(), retry_interval=0.1), Starter()]
ex.observers[1].patience = 0.2
ex.observers.append(FileStorageObserver("runs"))

@ex.automain
def main(_run):
    _run.beat_interval = 0.1
    _run.log_scalar("a", 1)
    _run.add_artifact(__file__)
    print("output")
    time.sleep(0.5)
    deadline = time.monotonic() + 60
    while True:  # until nothing is delivered, for what an observer starts must block nothing
        threads = [(path / "status").read_text() for path in Path("/proc/self/task").iterdir()]
        masks = [text.partition("SigBlk:")[2].split()[0] for text in threads]
        if len(masks) > 2 and sum(int(mask, 16) == 0 for mask in masks) == 1:
            return len(masks)
        assert time.monotonic() < deadline, masks
        time.sleep(0.01)
"""


def test_an_observer_that_exits_does_not_end_anything(run_script: Script, tmp_path: Path) -> None:
    done = run_script(OBSERVERS, "-b", "0.1")
    assert done.returncode == 0, done.stderr
    record = run_json(tmp_path)
    assert (record["status"], record["artifacts"]) == ("COMPLETED", ["script.py"])
    assert "output" in (tmp_path / "runs/1/cout.txt").read_text()
    assert "SystemExit: from completed_event" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_helper_threads_block_signals_and_their_children_do_not(
    run_script: Script, tmp_path: Path
) -> None:
    done = run_script(OBSERVERS, "-b", "0.1")
    assert done.returncode == 0, done.stderr
    threads = run_json(tmp_path)["result"]
    assert isinstance(threads, int)
    assert threads > 2
    child = (tmp_path / "child").read_text()
    assert int(child.partition("SigBlk:")[2].split()[0], 16) == 0
