"""Disks that are full or may not be written, for a while or for good."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash_safety.effort import pick
from tests.crash_safety.places import FilePlace, Place, SqlitePlace
from tests.crash_safety.worker import Worker, replay_to, undisturbed

pytestmark = pytest.mark.slow

STEPS, PAUSE = pick((50, 0.02), (400, 0.03))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", pick("size=2m", "size=20m"), "tmpfs", str(disk)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip(f"may not mount: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free; returns the file that takes the room."""
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    return filler


PLACES: dict[str, Callable[[Path], Place]] = {
    "file": lambda root: FilePlace(root / "runs"),
    "sqlite": lambda root: SqlitePlace(root / "runs.db"),
}


@pytest.mark.parametrize("kind", PLACES)
def test_a_disk_that_is_full_for_a_while_gets_all(
    small_disk: Path, tmp_path: Path, kind: str
) -> None:
    place = PLACES[kind](small_disk)
    worker = Worker(place, tmp_path / "w", steps=STEPS, pause=PAUSE).start()
    worker.wait_until(lambda account: account.steps > 5)
    filler = fill(small_disk)
    worker.wait_until(lambda account: account.steps > 30)
    filler.unlink()
    assert worker.wait() == 0, worker.stderr
    assert not worker.spools
    assert worker.stored == undisturbed(STEPS)


@pytest.mark.parametrize("kind", PLACES)
def test_a_disk_that_stays_full(small_disk: Path, tmp_path: Path, kind: str) -> None:
    place = PLACES[kind](small_disk)
    worker = Worker(place, tmp_path / "w", steps=STEPS, pause=PAUSE).start()
    worker.wait_until(lambda account: account.steps > 5)
    filler = fill(small_disk)
    assert worker.wait() == 0, worker.stderr
    assert worker.account.steps == STEPS
    [spool] = worker.spools
    assert "No space left" in worker.stderr or "full" in worker.stderr
    # What is there can be read, though it is not all.
    assert worker.stored.status == "RUNNING"
    filler.unlink()
    replay_to(place, spool)
    assert worker.stored == undisturbed(STEPS)


def test_a_disk_that_is_full_at_the_start_is_a_clear_error(
    small_disk: Path, tmp_path: Path
) -> None:
    fill(small_disk)
    worker = Worker(FilePlace(small_disk / "runs"), tmp_path / "w", steps=1)
    assert worker.run() == 1
    assert worker.account.steps == 0
    assert "No space left" in worker.stderr
    assert "Traceback" not in worker.stderr


# ------------------------------------------------------------- rights


def without_privileges() -> dict[str, Callable[[], None]]:
    """For `Worker`: to root, modes of directories mean nothing as long as it has this right."""
    if os.geteuid() != 0:
        return {}
    import ctypes

    library = ctypes.CDLL(None)

    def drop() -> None:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            library.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP: gone after exec

    return {"preexec_fn": drop}


@contextlib.contextmanager
def read_only(root: Path) -> Iterator[None]:
    """Nothing below may be written."""
    before = {p: p.stat().st_mode for p in [*root.rglob("*"), root] if p.exists()}
    for path, mode in before.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in reversed(before.items()):
            path.chmod(mode)


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_directory_that_becomes_read_only(tmp_path: Path, comes_back: bool) -> None:
    place = FilePlace(tmp_path / "runs")
    config = {"steps": STEPS, "pause": PAUSE}
    worker = Worker(place, tmp_path / "w", process=without_privileges(), **config).start()
    worker.wait_until(lambda account: account.steps > 5)
    with read_only(tmp_path / "runs"):
        if comes_back:
            worker.wait_until(lambda account: account.steps > 40)
        else:
            assert worker.wait() == 0, worker.stderr
            assert worker.stored.status == "RUNNING"
    assert worker.wait() == 0, worker.stderr
    assert worker.account.steps == STEPS
    if comes_back:
        assert not worker.spools
    else:
        [spool] = worker.spools
        assert "Permission denied" in worker.stderr
        replay_to(place, spool)
    assert worker.stored == undisturbed(STEPS)


def test_a_directory_that_may_never_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir(mode=0o555)
    place = FilePlace(tmp_path / "runs")
    worker = Worker(place, tmp_path / "w", process=without_privileges(), steps=1)
    assert worker.run() == 1
    assert worker.account.steps == 0
    assert "Permission denied" in worker.stderr
    assert "Traceback" not in worker.stderr
