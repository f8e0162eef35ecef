"""Output that waits: in order, and in little memory whatever its length."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.stdout_capturing import CapturedOutput, backlog, get_stdcapturer
from sacred.stdout_capturing.backlog import CHUNK_SIZE, Backlog
from sacred.stdout_capturing.fd_capture import FdCapture
from tests.services.terminals import needs_terminals
from tests.unit.stdout_capturing.scripts import prepare, recorded, run_in_terminal

MB = 1 << 20
LINE = "epoch 12: loss 0.123"
needs_descriptors = pytest.mark.skipif(os.name != "posix", reason="captured on POSIX")


def rest(waiting: Backlog) -> list[tuple[int, bytes]]:
    """All that can be taken."""
    return [item for items in iter(waiting.take, []) for item in items]


def joined(items: list[tuple[int, bytes]]) -> list[tuple[int, int]]:
    """What is comparable however neighbours were put together."""
    return [(source, byte) for source, data in items for byte in data]


@given(st.lists(st.tuples(st.integers(0, 2), st.binary(max_size=30), st.booleans()), max_size=40))
def test_it_is_a_queue(steps: list[tuple[int, bytes, bool]]) -> None:
    """Whether it is in memory, in the file, or in both."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backlog, "CHUNK_SIZE", 7)
        patch.setattr(backlog, "LARGE_BYTES", 200)
        patch.setattr(backlog, "MAX_BYTES_IN_MEMORY", 400)
        waiting, taken, put = Backlog(), [], []
        for source, data, take in steps:
            waiting.put(source, data)
            put.append((source, data))
            assert waiting.held <= 400
            if take:
                taken += waiting.take()
        assert joined(taken + rest(waiting)) == joined(put)
        assert (waiting.held, waiting.is_large, waiting.takes_needed) == (0, False, 1)


def test_its_turns_are_enough_for_all_that_waits() -> None:
    """And not for what comes meanwhile: another process may write faster than we read."""
    waiting = Backlog()
    for number in range(50):
        waiting.put(number % 2, b"x" * 300_000)
    assert waiting.held <= MB
    size = 0
    for _ in range(waiting.takes_needed):
        size += sum(len(data) for _, data in waiting.take())
        waiting.put(0, b"more")
    assert size >= 50 * 300_000
    assert len(rest(waiting)) <= 1


def test_the_disk_is_given_back_while_more_comes() -> None:
    waiting = Backlog()
    waiting.put(0, b"x" * (20 * MB))
    for _ in range(30):
        waiting.put(0, b"x" * MB)
        waiting.take()
    assert waiting.spill_file is not None
    if sys.platform == "linux":
        assert os.fstat(waiting.spill_file.fileno()).st_blocks * 512 < 40 * MB
    waiting.clear()
    assert waiting.spill_file is None


def test_without_room_on_the_disk_it_stays_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    waiting = Backlog()
    for number in range(10):
        waiting.put(0, bytes([number]) * MB)
    assert waiting.held > 9 * MB
    monkeypatch.undo()
    # There is room again, and it is found when as much again has come.
    waiting.put(0, b"x" * (12 * MB))
    assert waiting.held <= MB
    data = b"".join(data for _, data in rest(waiting))
    assert data == b"".join(bytes([n]) * MB for n in range(10)) + b"x" * (12 * MB)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_leaves_the_file_to_its_parent() -> None:
    waiting = Backlog()
    waiting.put(0, b"a" * (5 * MB))
    child = os.fork()
    if child == 0:
        waiting.put(0, b"b" * (5 * MB))
        waiting.clear()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert b"".join(data for _, data in rest(waiting)) == b"a" * (5 * MB)


def test_many_threads_put_while_one_takes() -> None:
    waiting = Backlog()

    def put(source: int) -> None:
        for number in range(40):
            waiting.put(source, number.to_bytes(1) * (CHUNK_SIZE // 2))

    threads = [threading.Thread(target=put, args=(source,)) for source in range(4)]
    for thread in threads:
        thread.start()
    taken: list[tuple[int, bytes]] = []
    while any(thread.is_alive() for thread in threads):
        taken += waiting.take()
    taken += rest(waiting)
    for source in range(4):
        data = b"".join(data for its, data in taken if its == source)
        assert data == b"".join(number.to_bytes(1) * (CHUNK_SIZE // 2) for number in range(40))


# ------------------------------------------------------------ captures


def held(output: CapturedOutput) -> int:
    """Bytes of output in the memory of this process, and of the system on its behalf."""
    size = output.backlog.held
    if isinstance(output, FdCapture):
        size += output.outbox.held + sum(len(data) for _, data in output.in_delivery)
        for channel in output.channels:
            size += os.fstat(channel.sink.write_fd).st_blocks * 512
    return size


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("mode", ["sys", pytest.param("fd", marks=needs_descriptors)])
def test_nobody_fetches_what_is_printed(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, traced: None
) -> None:
    """A heart that gets no time: 30 MB are printed, and some MB are in memory."""
    count = 30 * MB // (len(LINE) + 1)
    with open(tmp_path / "seen", "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        most = 0
        with get_stdcapturer(mode)[1]() as output:
            for number in range(count // 100):
                stream.write(f"{LINE}\n" * 100)
                if number % 100 == 0:
                    output.flush()
                    most = max(most, held(output))
        lengths = [len(text) for text in output.chunks()]
    assert sum(lengths) == count // 100 * 100 * (len(LINE) + 1)
    # The file of descriptor 1 gives back its memory 4 MB at a time.
    assert most < 7 * MB
    assert max(lengths) <= 1.25 * MB
    assert tracemalloc.get_traced_memory()[1] < 8 * MB


@needs_descriptors
def test_the_recording_thread_gets_no_time(capfd: pytest.CaptureFixture[str], traced: None) -> None:
    """What C code has written to the descriptor without letting go of Python's lock."""
    import ctypes

    block = b"x" * 99 + b"\n"
    with get_stdcapturer("fd")[1]() as output:
        write = ctypes.PyDLL(None).write
        for _ in range(30):
            write(1, block * 10_000, 1_000_000)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        lengths = [len(text) for text in output.chunks()]
    assert sum(lengths) == 30_000_000
    assert tracemalloc.get_traced_memory()[1] - before < 8 * MB


_SLOW = """
import tracemalloc
tracemalloc.start()
block = "x" * 99 + "\\n"
def held():
    return (output.backlog.held + output.outbox.held
            + sum(len(data) for _, data in output.in_delivery))
with capture() as output:
    most = 0
    for i in range(300):
        sys.stdout.write(block * 1000)
        sys.stdout.flush()
        if i % 30 == 0:
            time.sleep(0.1)
            most = max(most, held())
            deadline = time.monotonic() + 60  # who moves it may have to wait for a processor
            while (sink := os.fstat(1).st_blocks * 512) >= 6 << 20 and time.monotonic() < deadline:
                time.sleep(0.01)
    waits = output.outbox.takes_needed
    record(most, sink, waits, tracemalloc.get_traced_memory()[1])
    open(RECORD + ".go", "w").close()
text = output.get()
assert text == block * 300_000, len(text)
"""


@needs_descriptors
def test_a_target_that_is_not_read(tmp_path: Path) -> None:
    """A stopped terminal, a pager: the output waits on the disk, and all of it arrives."""
    command, environment, values = prepare(tmp_path, _SLOW)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    go = Path(f"{values}.go")
    while not go.exists() and process.poll() is None:
        time.sleep(0.02)
    assert process.stdout is not None
    assert process.stdout.read() == (b"x" * 99 + b"\n") * 300_000
    assert process.wait(60) == 0
    process.stdout.close()
    most, sink, waits, peak = recorded(values)
    assert most < 4 * MB
    assert sink < 6 * MB
    assert waits > 5
    assert peak < 10 * MB


@needs_terminals
def test_a_terminal_from_which_nobody_fetches(tmp_path: Path) -> None:
    body = """
import tracemalloc
tracemalloc.start()
block = "x" * 99 + "\\n"
with capture() as output:
    for i in range(300):
        sys.stdout.write(block * 1000)
    output.flush()
    record(output.backlog.held, output.outbox.held, tracemalloc.get_traced_memory()[1])
lengths = [len(text) for text in output.chunks()]
assert sum(lengths) == 30_000_000
"""
    outcome = run_in_terminal(tmp_path, body)
    assert outcome.returncode == 0
    assert max(outcome.values[:2]) <= MB
    assert outcome.values[2] < 10 * MB
    assert len(outcome.out) == 30_300_000
