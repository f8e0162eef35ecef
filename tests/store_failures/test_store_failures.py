"""Stores that are missing, refuse, go away or are full; the same for every kind.

In each run a `MemoryStore` observes too. What is in the place at the end must equal what
is in memory, which never failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred._base.errors import SacredError
from sacred.observers.base import RunObserver
from sacred.observers.store_observer import StoreObserver
from sacred.run import Run
from sacred.runs import open_store
from sacred.stores.memory.store import MemoryStore
from sacred.stores.schemes import store_from_url
from sacred.stores.spool import replay
from sacred.stores.store import StorePermissionError
from sacred.testing.comparable import comparable
from tests.conftest import ROOT
from tests.store_failures.places import KINDS, FailingPlace, FilesPlace, SqlitePlace, TinyDbPlace

every_place = pytest.mark.parametrize("place", KINDS, indirect=True)
every_server = pytest.mark.parametrize("place", KINDS[3:], indirect=True)

Body = Callable[[Run], Any]


def execute(
    observer: Any, body: Body, *others: Any, capture: str = "no"
) -> tuple[Run, StoreObserver]:
    """A run with this observer and one in memory; the finished run and the latter."""
    memory = StoreObserver(MemoryStore(), priority=-100)
    experiment = Experiment("failures", interactive=True, save_git_info=False)
    experiment.observers.extend([observer, memory, *others])
    experiment.main(lambda _run: body(_run))
    # Beats come when the bodies say so: none while a place is half way gone.
    try:
        run = experiment.run(options={"--capture": capture, "--beat-interval": 1000})
    except ZeroDivisionError:  # what some of the bodies raise
        run = experiment.current_run
    return run, memory


def assert_complete(place: FailingPlace, run: Run, memory: StoreObserver) -> dict[str, Any]:
    """All of the run is in its place."""
    expected, found = memory.store.read(run._id), place.place.read(run._id)  # type: ignore[attr-defined]
    expected["info"].pop("metrics", None)  # a list that MongoObserver makes for dashboards
    # Some places keep milliseconds, and `read` does not tell the times of them all.
    for record in (expected, found):
        points = record["metrics"].items()
        record["metrics"] = {name: [point[:2] for point in some] for name, some in points}
    assert comparable(found) == comparable(expected)
    return found


def spools_in(directory: Path) -> list[Path]:
    return list(directory.glob("*/record.jsonl"))


def live_a_bit(run: Run, number: int, directory: Path) -> None:
    """Points, info, an artifact whose file is removed at once, a resource, and a beat."""
    run.log_scalar("loss", number / 4)
    run.log_scalar("loss", float("inf"))
    run.info[f"key{number}"] = [number, float("nan")]
    path = directory / f"a{number}"
    path.write_bytes(b"content %d" % number)
    run.add_artifact(path)
    path.unlink()
    resource = directory / f"r{number}"
    resource.write_bytes(b"resource %d" % number)
    run.add_resource(resource)
    run.heartbeat.beat()


# ------------------------------------------------------------------------ at the start


@every_place
def test_without_a_place_the_run_does_not_start(place: FailingPlace, tmp_path: Path) -> None:
    observer = place.observer(tmp_path / "spools", patient=True)
    place.go_away()
    began, executed = time.monotonic(), []
    try:
        with pytest.raises(SacredError) as caught:
            execute(observer, executed.append)
    finally:
        waited = time.monotonic() - began
        place.come_back()
    assert isinstance(caught.value, OSError)
    assert place.named in str(caught.value)
    assert not caught.value.print_traceback
    assert not executed
    assert not spools_in(tmp_path / "spools")
    # Five seconds is the promise; this says that nothing waits for its own, longer limit.
    assert waited < 9


@every_server
def test_wrong_credentials_are_one_clear_error(place: FailingPlace, tmp_path: Path) -> None:
    executed: list[Any] = []
    with pytest.raises(StorePermissionError) as caught:
        execute(place.intruder(tmp_path), executed.append)
    assert place.named in str(caught.value)
    assert "hush-hush" not in str(caught.value)
    assert not caught.value.print_traceback
    assert not executed


DENIED = """
import sys
from sacred import Experiment
from sacred.observers import FileStorageObserver, SqlObserver, TinyDbObserver
ex = Experiment("denied", save_git_info=False)
ex.observers.append(eval(sys.argv.pop(1)))

@ex.automain
def main():
    print("main was executed")
"""


# Root may write anywhere, as long as it has these two rights (CAP_DAC_OVERRIDE, ..._READ_SEARCH).
AS_ANYBODY = """
import ctypes, os, sys
if os.geteuid() == 0:
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(24, 1, 0, 0, 0) == libc.prctl(24, 2, 0, 0, 0) == 0, ctypes.get_errno()
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize(
    ("observer", "package"),
    [
        ("FileStorageObserver('runs')", "json"),
        ("TinyDbObserver('runs')", "tinydb"),
        ("SqlObserver('sqlite:///runs/runs.db')", "sqlalchemy"),
    ],
)
def test_where_one_may_not_write_the_run_does_not_start(
    observer: str, package: str, tmp_path: Path
) -> None:
    pytest.importorskip(package)
    (tmp_path / "runs").mkdir(mode=0o555)
    (tmp_path / "script.py").write_text(DENIED)
    done = subprocess.run(
        [sys.executable, "-c", AS_ANYBODY, "script.py", observer],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 1, done.stderr
    assert "main was executed" not in done.stdout
    assert "Traceback" not in done.stderr
    assert "runs" in done.stderr
    assert any(text in done.stderr for text in ("Permission denied", "unable to open", "readonly"))
    assert not list((tmp_path / "runs").iterdir())


# ------------------------------------------------------------------------ during a run


@every_place
def test_lost_in_the_middle_and_back_again(place: FailingPlace, tmp_path: Path) -> None:
    observer = place.observer(tmp_path / "spools")

    def body(run: Run) -> int:
        live_a_bit(run, 0, tmp_path)
        place.go_away()
        try:
            live_a_bit(run, 1, tmp_path)
            live_a_bit(run, 2, tmp_path)
            assert observer.delivery.pending
        finally:
            place.come_back()
        observer.delivery.quiet_until = 0  # the pause after a failure is over
        live_a_bit(run, 3, tmp_path)
        return 42

    run, memory = execute(observer, body)
    assert (run.result, run.status) == (42, "COMPLETED")
    found = assert_complete(place, run, memory)
    assert len(found["artifacts"]) == 4
    assert len(found["metrics"]["loss"]) == 8
    assert not spools_in(tmp_path / "spools")


@every_place
@pytest.mark.parametrize("ending", ["COMPLETED", "FAILED"])
def test_lost_for_good(place: FailingPlace, tmp_path: Path, ending: str, capfd: Any) -> None:
    observer = place.observer(tmp_path / "spools")

    def body(run: Run) -> float:
        live_a_bit(run, 0, tmp_path)
        place.go_away()
        live_a_bit(run, 1, tmp_path)
        return 42 / (ending == "COMPLETED")

    try:
        run, memory = execute(observer, body)
    finally:
        place.come_back()
    assert (run.status, run.result) == (ending, 42 if ending == "COMPLETED" else None)
    [spool] = spools_in(tmp_path / "spools")
    printed = capfd.readouterr().err
    assert str(spool) in printed
    if place.secret is not None:
        assert place.secret not in printed + spool.read_text()
    assert place.place.read(run._id)["status"] == "RUNNING"
    for _ in range(2):
        assert replay(spool, store_from_url(place.place.url)) == run._id
        assert_complete(place, run, memory)


@every_place
def test_a_run_that_somebody_deletes_is_made_of_what_comes_after(
    place: FailingPlace, tmp_path: Path
) -> None:
    """Whoever brings the spool to the store is not refused for what was before."""
    observer = place.observer(tmp_path / "spools")

    def body(run: Run) -> int:
        print("before")
        live_a_bit(run, 0, tmp_path)
        with open_store(place.place.url) as store:
            store.backend.discard(run._id)
            store.backend.remove(run._id)
        print("after")
        live_a_bit(run, 1, tmp_path)
        return 42

    run, _ = execute(observer, body, capture="sys")
    assert (run.status, run.result) == ("COMPLETED", 42)
    for spool in spools_in(tmp_path / "spools"):
        for _ in range(2):
            replay(spool, store_from_url(place.place.url))
    with open_store(place.place.url) as store:
        record = store[run._id]
        assert (record.status, record.result) == ("COMPLETED", 42)
        assert record.output.endswith("after\n")
        assert list(record.metrics["loss"].steps)[-2:] == [2, 3]
        assert "a1" in record.artifacts


LOST = """
import os
from sacred import Experiment
from sacred.observers import FileStorageObserver
ex = Experiment("lost", save_git_info=False)
ex.observers.append(FileStorageObserver("runs", failure_dir="spools"))

@ex.automain
def main(wrong=False):
    os.rename("runs", "away")
    open("runs", "w").close()
    if wrong:
        raise ValueError("of the user")
    print("the end")
    return 42
"""


@pytest.mark.parametrize("update", ["wrong=False", "wrong=True"])
def test_the_exit_status_is_that_of_the_script(
    run_script: Any, tmp_path: Path, update: str
) -> None:
    done = run_script(LOST, "with", update)
    assert done.returncode == (update == "wrong=True"), done.stderr
    assert ("the end" in done.stdout) == (update == "wrong=False")
    assert ("ValueError: of the user" in done.stderr) == (update == "wrong=True")
    [spool] = spools_in(tmp_path / "spools")
    assert spool.parent.name in done.stderr


@every_place
def test_an_event_that_cannot_be_stored(place: FailingPlace, tmp_path: Path, caplog: Any) -> None:
    class Thief(RunObserver):
        priority = 1000  # it is told first

        def artifact_event(self, filename: str, **others: Any) -> None:
            if "stolen" in filename:
                os.remove(filename)

    def body(run: Run) -> int:
        live_a_bit(run, 0, tmp_path)
        (tmp_path / "stolen").write_text("")
        run.add_artifact(tmp_path / "stolen")
        live_a_bit(run, 1, tmp_path)
        return 42

    observer = place.observer(tmp_path / "spools")
    run, memory = execute(observer, body, Thief())
    assert any("artifact_event" in message and "stolen" in message for message in caplog.messages)
    found = assert_complete(place, run, memory)
    assert found["artifacts"].keys() == {"a0", "a1"}
    assert not spools_in(tmp_path / "spools")


@every_place
def test_two_runs_at_once(place: FailingPlace, tmp_path: Path) -> None:
    both = threading.Barrier(2)
    ended: list[tuple[Run, StoreObserver]] = []

    def run_one(name: str) -> None:
        directory = tmp_path / name
        directory.mkdir()

        def body(run: Run) -> str:
            for number in range(3):
                both.wait(100)
                live_a_bit(run, number, directory)
            return name

        ended.append(execute(place.observer(directory / "spools", patient=True), body))

    threads = [threading.Thread(target=run_one, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.result for run, _ in ended) == ["one", "two"]
    assert ended[0][0]._id != ended[1][0]._id
    for run, memory in ended:
        # In the memory of one run it is the only one.
        memory.store.runs[run._id] = next(iter(memory.store.runs.values()))  # type: ignore[attr-defined]
        assert_complete(place, run, memory)


# ------------------------------------------------------------------------ a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    directory = tmp_path / "small"
    directory.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    options = ["-t", "tmpfs", "-o", "size=2m", "tmpfs", str(directory)]
    done = subprocess.run(["mount", *options], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no small file system can be mounted here: {done.stderr}")
    yield directory
    subprocess.run(["umount", "-l", str(directory)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte of it."""
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1024))
        except OSError:
            return ballast


on_disk = pytest.mark.parametrize("kind", [FilesPlace, TinyDbPlace, SqlitePlace])


@on_disk
def test_a_disk_that_is_full_at_the_start(kind: Any, small_disk: Path, tmp_path: Path) -> None:
    place, executed = kind(small_disk / "runs"), []
    ballast = fill(small_disk)
    with pytest.raises(
        SacredError, match=r"[Ff]ull|No space|cannot be reached or written"
    ) as caught:
        execute(place.observer(tmp_path / "spools"), executed.append)
    assert isinstance(caught.value, OSError)
    assert str(small_disk) in str(caught.value)
    assert not executed
    ballast.unlink()
    run, memory = execute(place.observer(tmp_path / "spools"), lambda run: 1)
    memory.store.runs[run._id] = next(iter(memory.store.runs.values()))
    assert_complete(place, run, memory)


@on_disk
@pytest.mark.parametrize("freed", ["meanwhile", "afterwards"])
def test_a_disk_that_fills_up(kind: Any, freed: str, small_disk: Path, tmp_path: Path) -> None:
    place = kind(small_disk / "runs")
    observer = place.observer(tmp_path / "spools")

    def body(run: Run) -> int:
        live_a_bit(run, 0, tmp_path)
        ballast = fill(small_disk)
        for number in range(1, 4):
            # Enough to need room, whatever is reserved already.
            run.log_scalar("large", 0.1)
            run.info["large"] = [str(number)] * 30_000
            live_a_bit(run, number, tmp_path)
        if freed == "meanwhile":
            ballast.unlink()
        return 42

    run, memory = execute(observer, body)
    assert (run.result, run.status) == (42, "COMPLETED")
    spools = spools_in(tmp_path / "spools")
    if freed == "afterwards":
        (small_disk / "ballast").unlink()
        [spool] = spools
        replay(spool, store_from_url(place.place.url))
    else:
        assert not spools
    assert_complete(place, run, memory)
