"""``sacred worker`` and ``sacred queue``: real runs, in processes of their own."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sacred import open_store
from sacred.app import main
from sacred.stores.claims import claims_of
from tests.conftest import ROOT

SCRIPT = """\
import os, signal, time
from helper import FACTOR
from sacred import Experiment
from sacred.observers import FileStorageObserver

class TrialPruned(Exception):
    pass

ex = Experiment("train")
ex.observers.append(FileStorageObserver("runs"))

@ex.config
def settings():
    lr = 0.5
    mode = "plain"
    seconds = 0.0

@ex.named_config
def fast():
    lr = 2.0

@ex.automain
def main(lr, mode, seconds, _run):
    first = 3 if _run.resumed else 0
    print("attempt resumed:", _run.resumed, os.environ.get("CUDA_VISIBLE_DEVICES"))
    for step in range(first, first + 5):
        _run.log_scalar("loss", float(step), step)
    if mode == "die":
        _run.heartbeat.beat()
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "fail":
        raise ValueError("diverged")
    if mode == "hold":
        import ctypes
        ctypes.PyDLL(None).usleep(5_000_000)  # without giving up the interpreter's lock
    if mode == "prune":
        raise TrialPruned("others are better")
    if mode == "polite":
        open(os.path.join(os.environ["SIGN"], "started"), "w").close()
        while not _run.should_stop():
            time.sleep(0.02)
        _run.add_artifact(b"saved", name="checkpoint")
        return "unfinished"
    if mode == "resume" and not _run.resumed:
        _run.heartbeat.beat()
        open("started", "w").close()
        open(os.path.join(os.environ["SIGN"], "started"), "w").close()
        time.sleep(60)
    begun = time.time()
    time.sleep(seconds)
    return {"value": lr * FACTOR, "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
            "begun": begun, "ended": time.time(), "directory": os.getcwd()}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a script that queues and runs."""
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "helper.py").write_text("FACTOR = 10\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SIGN", str(tmp_path))
    return tmp_path


def queue(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "train.py", "-q", *words], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def start_worker(*words: str, store: str = "runs") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sacred", "worker", "-s", store, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def work(*words: str, store: str = "runs") -> str:
    """What a worker prints that runs everything."""
    worker = start_worker("--until-empty", *words, store=store)
    printed = worker.communicate(timeout=120)[0]
    assert worker.returncode == 0, printed
    return printed


def run(run_id: int = 1) -> Any:
    return open_store("runs")[run_id]


def wait_for(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_queued_run_runs_with_what_it_was_queued_with(project: Path) -> None:
    queue("with", "fast", "mode=other")
    # Of another length: compiled code is known by the second and the length of its source.
    (project / "helper.py").write_text("FACTOR = 99  # edited\n")
    (project / "train.py").write_text("raise SystemExit('edited')\n")
    printed = work()
    assert "this worker executes the code of runs in file:runs: queued on" in printed
    assert "run 1 COMPLETED" in printed
    record = run()
    assert (record.status, record.result["value"]) == ("COMPLETED", 20.0)
    assert (record.config["mode"], record.meta["named_configs"]) == ("other", ["fast"])
    assert not Path(record.result["directory"]).is_relative_to(project)
    assert "attempt resumed: False" in record.output
    assert list(record.metrics["loss"].values) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert record.experiment["base_dir"] == str(project)
    assert [attempt["status"] for attempt in record.meta["attempts"]] == ["COMPLETED"]
    assert record.environment["working_directory"] == str(project)
    assert len(list(open_store("runs").runs())) == 1


def test_here_runs_the_working_tree(project: Path) -> None:
    queue()
    # Of another length: compiled code is known by the second and the length of its source.
    (project / "helper.py").write_text("FACTOR = 99  # edited\n")
    work("--here")
    assert run().result["value"] == 0.5 * 99
    assert run().result["directory"] == str(project)


def test_runs_that_a_script_queues_by_ex_run_are_run(project: Path) -> None:
    text = SCRIPT.replace("@ex.automain", "@ex.main") + (
        "\nif __name__ == '__main__':\n"
        "    for lr in (1.0, 2.0, 3.0):\n"
        "        ex.run(config_updates={'lr': lr}, options={'--queue': True})\n"
    )
    (project / "train.py").write_text(text)
    queue()
    work("-j", "3")
    runs = list(open_store("runs").runs())
    assert sorted(record.result["value"] for record in runs) == [10.0, 20.0, 30.0]


def test_a_run_that_fails_is_not_run_again(project: Path) -> None:
    queue("with", "mode=fail")
    assert "run 1 FAILED" in work()
    assert "diverged" in "".join(run().fail_trace)
    assert len(run().meta["attempts"]) == 1


def test_a_run_whose_script_does_not_start_says_so(project: Path) -> None:
    queue()
    (project / "helper.py").write_text("raise ImportError('gone')\n")
    assert "run 1 FAILED: It ended before a run began" in work("--here")
    assert "ImportError: gone" in "".join(run().fail_trace)


def test_a_run_whose_process_is_killed_is_tried_again_and_then_dead(project: Path) -> None:
    queue("with", "mode=die")
    printed = work("--retries", "1")
    record = run()
    assert record.status == "DEAD", printed
    assert [attempt["status"] for attempt in record.meta["attempts"]] == ["DEAD", "DEAD"]
    # The second attempt has gone on from step 3.
    assert list(record.metrics["loss"].steps) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert record.output.count("attempt resumed: True") == 1


@pytest.mark.parametrize(
    ("number", "words", "status"),
    [
        (signal.SIGTERM, [], "INTERRUPTED"),
        (signal.SIGINT, [], "INTERRUPTED"),
        (signal.SIGUSR1, [], "TIMEOUT"),
        (None, ["--time-limit", "8s"], "TIMEOUT"),
    ],
)
def test_a_worker_that_is_to_end_leaves_its_run_to_others(
    project: Path, number: int | None, words: list[str], status: str
) -> None:
    queue("with", "mode=resume")
    worker = start_worker(*words)
    wait_for((project / "started").exists)
    if number is not None:
        worker.send_signal(number)
    printed = worker.communicate(timeout=60)[0]
    assert worker.returncode == 0, printed
    assert f"run 1 {status}" in printed
    record = run()
    assert (record.status, record.stop_time) == ("QUEUED", None)
    began = record.start_time
    work()
    record = run()
    assert (record.status, record.start_time) == ("COMPLETED", began)
    attempts = [(item["attempt"], item["status"]) for item in record.meta["attempts"]]
    assert attempts == [(1, status), (2, "COMPLETED")]
    assert record.output.index("resumed: False") < record.output.index("resumed: True")
    assert list(record.metrics["loss"].steps) == list(range(8))


def test_a_run_ends_with_its_worker_and_another_one_goes_on(project: Path) -> None:
    queue("with", "mode=resume")
    worker = start_worker()
    wait_for((project / "started").exists)
    process = str(run().meta["process"]).split()[2]
    worker.kill()
    worker.communicate()
    wait_for(lambda: not os.path.exists(f"/proc/{process}"))
    assert "expired" not in work()
    assert run().status == "COMPLETED"
    assert [item["status"] for item in run().meta["attempts"]] == ["DEAD", "COMPLETED"]


def test_a_worker_that_was_suspended_writes_nothing_any_more(project: Path) -> None:
    queue("with", "mode=resume")
    worker = start_worker("--lease", "1s", "--json")
    wait_for((project / "started").exists)
    process = int(str(run().meta["process"]).split()[2])
    for suspended in (worker.pid, process):
        os.kill(suspended, signal.SIGSTOP)
    other = start_worker("--lease", "1s")
    wait_for(lambda: run().status == "COMPLETED")
    other.send_signal(signal.SIGTERM)
    other.communicate(timeout=60)
    before = run()
    output = before.output
    for suspended in (process, worker.pid):
        os.kill(suspended, signal.SIGCONT)
    wait_for(lambda: not os.path.exists(f"/proc/{process}/fd"))
    worker.send_signal(signal.SIGTERM)
    events = [json.loads(line) for line in worker.communicate()[0].splitlines() if line[0] == "{"]
    assert [event["event"] for event in events] == ["started", "lost"]
    assert (run().status, run().output) == ("COMPLETED", output)
    assert len(run().meta["attempts"]) == 2


def test_a_run_is_resumed_by_hand(project: Path) -> None:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        words = (sys.executable, "train.py", *words)
        return subprocess.run(words, capture_output=True, text=True, timeout=60)

    assert call("with", "mode=fail", "lr=3.0").returncode == 1
    began = run().start_time
    done = call("--resume", "1", "with", "mode=plain")
    assert done.returncode == 0, done.stderr
    record = run()
    assert (record.status, record.start_time) == ("COMPLETED", began)
    assert (record.fail_trace, record.result["value"]) == (None, 30.0)
    assert list(record.metrics["loss"].steps) == list(range(8))
    assert [item["status"] for item in record.meta["attempts"]] == ["COMPLETED"]
    assert len(list(open_store("runs").runs())) == 1
    assert "There is no run '77'" in call("--resume", "77").stderr


def test_a_run_that_is_running_is_not_resumed(project: Path) -> None:
    queue("with", "mode=resume")
    worker = start_worker()
    wait_for((project / "started").exists)
    done = subprocess.run(
        [sys.executable, "train.py", "--resume", "1"], capture_output=True, text=True, timeout=60
    )
    assert "cannot be resumed: it is running" in done.stderr
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=60)


def test_gpus_are_never_over_capacity(project: Path) -> None:
    for _ in range(8):
        queue("with", "seconds=0.3")
    words = ["--gpus", "0,1", "--gpus-per-run", "0.5", "-j", "3", "--until-empty"]
    workers = [start_worker(*words) for _ in range(2)]
    for worker in workers:
        printed = worker.communicate(timeout=120)[0]
        assert worker.returncode == 0, printed
    results = [record.result for record in open_store("runs").runs()]
    assert len(results) == 8
    for result in results:
        at_once = [r for r in results if r["begun"] <= result["begun"] < r["ended"]]
        assert {r["gpus"] for r in at_once} <= {"0", "1"}
        assert max(sum(r["gpus"] == gpu for r in at_once) for gpu in ("0", "1")) <= 2


def test_a_worker_takes_only_what_its_query_matches(project: Path) -> None:
    queue("with", "lr=1.0")
    queue("with", "lr=5.0")
    work("lr > 3")
    assert [run(1).status, run(2).status] == ["QUEUED", "COMPLETED"]


def test_a_queued_record_without_an_entry_is_found(project: Path) -> None:
    queue()
    claims = claims_of(open_store("runs").backend)
    for path in sorted((project / "runs" / "_queue").rglob("*")):
        if path.is_file():
            path.unlink()
    record = json.loads((project / "runs" / "1" / "run.json").read_text())
    record["queue_time"] = "2020-01-01T00:00:00"
    (project / "runs" / "1" / "run.json").write_text(json.dumps(record))
    assert claims.entry(1) is None
    work()
    assert run().status == "COMPLETED"


def test_the_queue_is_listed_and_changed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def call(*words: str) -> str:
        assert main(["queue", *words, "-s", "runs"]) == 0
        return "".join(capsys.readouterr())

    for lr in ("1.0", "2.0", "3.0"):
        queue("-P", lr, "with", f"lr={lr}")
    listed = json.loads(call("ls", "--json"))
    assert [row["id"] for row in listed] == ["3", "2", "1"]
    assert "held back: 3" in call("hold", "lr = 3.0")
    assert "changed: 1" in call("priority", "9", "lr = 1.0")
    assert "cancelled: 2" in call("cancel", "lr = 2.0")
    assert run(2).status == "CANCELLED"
    work()
    assert [run(n).status for n in (1, 2, 3)] == ["COMPLETED", "CANCELLED", "QUEUED"]
    assert "waiting: 3" in call("release", "--all")
    assert "queued again: 1" in call("requeue", "lr = 1.0")
    assert "queued again: 2" in call("requeue", "--new", "lr = 2.0")
    work()
    assert sorted(record.status for record in open_store("runs").runs()) == [
        "CANCELLED", "COMPLETED", "COMPLETED", "COMPLETED",
    ]  # fmt: skip
    assert len(run(1).meta["attempts"]) == 2
    assert "no run is waiting" in call()


def test_a_run_that_is_pruned_is_not_run_again(project: Path) -> None:
    queue("with", "mode=prune")
    assert "run 1 PRUNED" in work()
    record = run()
    assert (record.status, record.fail_trace, record.result) == ("PRUNED", None, None)
    assert [attempt["status"] for attempt in record.meta["attempts"]] == ["PRUNED"]
    assert list(record.metrics["loss"].steps) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, "INTERRUPTED"), (signal.SIGUSR1, "TIMEOUT")]
)
def test_a_run_that_asks_whether_to_stop_saves_its_state(
    project: Path, number: int, status: str
) -> None:
    queue("with", "mode=polite")
    worker = start_worker()
    wait_for((project / "started").exists)
    worker.send_signal(number)
    assert f"run 1 {status}" in worker.communicate(timeout=60)[0]
    record = run()
    assert (record.status, record.stop_time) == ("QUEUED", None)
    assert record.result == "unfinished"  # until the next attempt has one
    with record.artifacts["checkpoint"].open() as file:
        assert file.read() == b"saved"


HOOK = """
@ex.on_stop
def save(_run, lr):
    _run.info["saved"] = lr
"""


def test_a_hook_is_called_once_by_the_first_signal_and_the_run_goes_on(project: Path) -> None:
    text = SCRIPT.replace("@ex.automain", HOOK + "@ex.automain").replace(
        "time.sleep(60)", "time.sleep(2)"
    )
    (project / "train.py").write_text(text)
    queue("with", "mode=resume", "lr=3.0")
    worker = start_worker()
    wait_for((project / "started").exists)
    worker.send_signal(signal.SIGTERM)
    assert "run 1 COMPLETED" in worker.communicate(timeout=60)[0]
    assert (run().status, run().info["saved"]) == ("COMPLETED", 3.0)


def test_the_second_signal_ends_a_run_whose_grace_is_over(project: Path) -> None:
    (project / "train.py").write_text(SCRIPT.replace("@ex.automain", HOOK + "@ex.automain"))
    queue("with", "mode=resume")
    worker = start_worker("--grace", "1s")
    wait_for((project / "started").exists)
    worker.send_signal(signal.SIGTERM)
    assert "run 1 INTERRUPTED" in worker.communicate(timeout=60)[0]
    assert (run().status, run().info["saved"]) == ("QUEUED", 0.5)


def test_c_code_that_holds_the_lock_of_the_interpreter_costs_no_lease(project: Path) -> None:
    queue("with", "mode=hold")
    workers = [start_worker("--lease", "1s", "--until-empty"), start_worker("--lease", "1s")]
    wait_for(lambda: run().status == "COMPLETED")
    workers[1].send_signal(signal.SIGTERM)
    printed = "".join(worker.communicate(timeout=60)[0] for worker in workers)
    assert "expired" not in printed
    assert "lost" not in printed
    assert [attempt["status"] for attempt in run().meta["attempts"]] == ["COMPLETED"]


def test_a_run_with_labels_waits_for_a_worker_that_has_them(project: Path) -> None:
    text = SCRIPT.replace("@ex.automain", "@ex.main") + (
        "\nif __name__ == '__main__':\n"
        "    for number, labels in enumerate((['gpu80', 'disk'], 'gpu80', [])):\n"
        "        ex.run(config_updates={'lr': float(number)}, options={'--queue': True},\n"
        "               meta_info={'requirements': {'labels': labels}})\n"
    )
    (project / "train.py").write_text(text)
    queue()
    for words, done in (
        ([], {3}),
        (["--labels", "gpu80"], {2, 3}),
        (["--labels", "disk,gpu80"], {1, 2, 3}),
    ):
        work(*words)
        assert {n for n in (1, 2, 3) if run(n).status == "COMPLETED"} == done


def test_memory_is_never_over_capacity(project: Path) -> None:
    text = SCRIPT.replace("@ex.automain", "@ex.main") + (
        "\nif __name__ == '__main__':\n"
        "    needs = ['2G', '2G', '1G', 3 * 1024**3, '4GiB', '9G', None, 'much']\n"
        "    for number, memory in enumerate(needs):\n"
        "        ex.run(config_updates={'lr': float(number), 'seconds': 0.4},\n"
        "               options={'--queue': True},\n"
        "               meta_info={'requirements': {'memory': memory}})\n"
    )
    (project / "train.py").write_text(text)
    queue()
    work("--memory", "4G", "-j", "4")
    sizes = dict(zip(range(1, 9), (2, 2, 1, 3, 4, 9, 0, 0), strict=True))
    runs = [run(number) for number in sizes]
    statuses = ["COMPLETED"] * 5 + ["QUEUED", "COMPLETED", "FAILED"]
    assert [record.status for record in runs] == statuses
    assert "'much' is no amount of memory such as 512M" in "".join(runs[-1].fail_trace)
    results = {n: run(n).result for n in sizes if run(n).status == "COMPLETED"}
    for result in results.values():
        at_once = [n for n, r in results.items() if r["begun"] <= result["begun"] < r["ended"]]
        assert sum(sizes[n] for n in at_once) <= 4
    # More than one were at once, if they fit.
    assert any(
        sum(r["begun"] <= result["begun"] < r["ended"] for r in results.values()) > 1
        for result in results.values()
    )


def test_needs_that_make_no_sense_fail_their_run_and_no_worker(project: Path) -> None:
    needs: list[Any] = [
        {"memory": "9" * 400}, {"labels": 5}, {"gpus": "many"}, {"gpus": -1}, {"gpus": 1.5},
        {"gpus": True}, ["gpus"], {"memory": {"a": 1}}, {"labels": [None]},
    ]  # fmt: skip
    text = SCRIPT.replace("@ex.automain", "@ex.main") + (
        "\nif __name__ == '__main__':\n"
        f"    for needs in {[*needs, {}, None]!r}:\n"
        "        ex.run(options={'--queue': True}, meta_info={'requirements': needs})\n"
    )
    (project / "train.py").write_text(text)
    queue()
    work("--gpus", "0", "--memory", "1G", "-j", "2")
    runs = [run(number) for number in range(1, len(needs) + 3)]
    assert [record.status for record in runs] == ["FAILED"] * len(needs) + ["COMPLETED"] * 2
    for record in runs[: len(needs)]:
        assert "It cannot be run: " in "".join(record.fail_trace)


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "0", "1.5", "many", "1e400"])
def test_no_number_of_gpus(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worker", "--gpus-per-run", number]) == 2
    assert "--gpus-per-run" in capsys.readouterr().err


def test_a_run_that_0_8_has_queued_is_run(project: Path) -> None:
    """Sources are tuples of name and digest, and copies lie beside the record."""
    queue("with", "lr=3.0")
    store = open_store("runs")
    record = json.loads((project / "runs" / "1" / "run.json").read_text())
    old = project / "runs" / "2"
    old.mkdir()
    pairs = []
    for name, file in store[1].sources.items():
        with file.open() as content:
            (old / name).write_bytes(content.read())
        pairs.append({"py/tuple": [name, hashlib.md5((old / name).read_bytes()).hexdigest()]})
    names = ("command", "host", "status")
    document = {name: record[name] for name in names} | {"queue_time": "2020-01-01T00:00:00"}
    document["experiment"] = {**record["experiment"], "sources": pairs}
    document["meta"] = record["meta"]
    (old / "run.json").write_text(json.dumps(document))
    (old / "config.json").write_bytes((project / "runs" / "1" / "config.json").read_bytes())
    # Of another length: compiled code is known by the second and the length of its source.
    (project / "helper.py").write_text("FACTOR = 99  # edited\n")
    work("id = 2")
    assert run(2).status == "COMPLETED", run(2).fail_trace
    assert run(2).result["value"] == 30.0
