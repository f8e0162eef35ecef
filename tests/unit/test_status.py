"""The statuses that readers show."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import time

import pytest

from sacred.runs import RunStore, open_store
from sacred.status import DEAD, RUNNING, is_gone, is_process, process_token, shown_status
from sacred.stores.memory.store import MemoryStore

SOON = datetime.timedelta(seconds=1)
TOKEN = process_token()

linux = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc")


def ended_process() -> str:
    code = "from sacred.status import process_token; print(process_token())"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@linux
def test_a_process_that_has_ended_is_dead_at_once() -> None:
    token = ended_process()
    assert is_gone(token)
    assert shown_status(RUNNING, SOON, process=token) == DEAD
    assert shown_status(RUNNING, SOON, process=TOKEN) == RUNNING
    assert shown_status("COMPLETED", SOON, process=token) == "COMPLETED"


@linux
def test_a_zombie_and_a_number_used_again_are_gone() -> None:
    assert TOKEN is not None
    boot, space, _, started = TOKEN.split()
    child = subprocess.Popen([sys.executable, "-c", ""])
    deadline = time.monotonic() + 60
    while is_process(child.pid) and time.monotonic() < deadline:
        time.sleep(0.01)  # nobody has waited for it: it stays as a zombie
    assert is_gone(f"{boot} {space} {child.pid} {started}")
    child.wait()
    assert is_gone(f"{boot} {space} {os.getpid()} {int(started) + 1}")
    assert is_gone(f"{TOKEN} replaced")


@linux
@pytest.mark.parametrize(
    "token",
    [None, 5, "", "a", "a b c d", [], {"pid": 1}, "other-boot 1 99999999 5", "x " * 10_000],
)
def test_of_anything_else_nothing_is_known(token: object) -> None:
    assert not is_gone(token)
    assert TOKEN is not None
    boot, space, _, _ = TOKEN.split()
    for number in ("", "x", "-1", "²", "9" * 30, "1e5", " 1"):
        assert not is_gone(f"{boot} {space} {number} 5")
    assert not is_gone(f"{boot} {int(space) + 1} 999999 5"), "of another container"


@linux
@pytest.mark.parametrize("kind", ["memory", "files"])
def test_queries_and_orderings_know_it(kind: str, tmp_path: object) -> None:
    backend = MemoryStore() if kind == "memory" else None
    store = RunStore(backend) if backend else open_store(f"file:{tmp_path}")
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    for token in (ended_process(), TOKEN, None):
        document = {"status": RUNNING, "start_time": now, "heartbeat": now, "config": {}}
        store.backend.create(
            None, {**document, "experiment": {}, "host": {}, "meta": {"process": token}}, []
        )
    for _ in range(2):
        assert store.runs("status = DEAD").ids == (1,)
        assert store.runs("status = RUNNING").ids == (2, 3)
        assert store.runs(sort="status").ids == (1, 2, 3)
        assert [run.status for run in store.runs()] == [DEAD, RUNNING, RUNNING]
