"""The mode `fd` in a terminal, which stays one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.services.terminals import needs_terminals
from tests.unit.stdout_capturing.scripts import run_in_terminal

pytestmark = needs_terminals


def test_a_terminal_stays_a_terminal(tmp_path: Path) -> None:
    body = """
ask = "import os; print(*map(os.isatty, (0, 1, 2)), *os.get_terminal_size(1))"
with capture() as output:
    print(sys.stdout.isatty(), os.isatty(1), os.isatty(2), os.get_terminal_size())
    subprocess.run([sys.executable, "-c", ask])
    print("äöü", file=sys.stderr)
record(output.get())
"""
    outcome = run_in_terminal(tmp_path, body)
    size = "os.terminal_size(columns=99, lines=33)"
    assert outcome.value == f"True True True {size}\nTrue True True 99 33\näöü\n"
    assert outcome.out == outcome.value.replace("\n", "\r\n")


def test_get_has_all_that_was_printed(tmp_path: Path) -> None:
    body = """
texts = []
with capture() as output:
    for i in range(200):
        print(i)
        texts.append(output.get())
record(texts)
"""
    outcome = run_in_terminal(tmp_path, body)
    assert outcome.value == [f"{i}\n" for i in range(200)]
    assert "sacred" not in outcome.out


def test_marks_that_get_lost_do_not_show_the_next_ones(tmp_path: Path) -> None:
    """As by `tcflush`: what was on its way is thrown away."""
    body = """
texts = []
with capture() as output:
    sinks = {id(channel.sink): channel.sink for channel in output.channels}.values()
    for sink in sinks:
        sink.marks.append(b"\\x1b]sacred;" + b"0" * 16 + b"\\x07")
    for text in ("one", "two"):
        print(text)
        texts.append(output.get())
    waiting = [mark for sink in sinks for mark in sink.marks]
record(texts, waiting)
"""
    outcome = run_in_terminal(tmp_path, body)
    assert outcome.values == [["one\n", "two\n"], []]
    assert outcome.out == "one\r\ntwo\r\n"


def test_c_code_that_keeps_the_lock(tmp_path: Path) -> None:
    body = """
libc = ctypes.PyDLL(None)
block = (b"x" * 99 + b"\\n") * 1000
with capture() as output:
    for i in range(10):
        done = 0
        while done < len(block):
            done += libc.write(1, block[done:], len(block) - done)
text = output.get()
record(len(text), text == block.decode() * 10)
"""
    outcome = run_in_terminal(tmp_path, body)
    assert outcome.values == [1_000_000, True]
    assert len(outcome.out) == 1_010_000


def test_zero_bytes(tmp_path: Path) -> None:
    body = r"""
with capture() as output:
    os.write(1, b"a\0\0b")
    first = output.get()
    os.write(1, b"c\0")
    second = output.get()
    os.write(1, b"\0\0")
record(first, second, output.get())
"""
    assert run_in_terminal(tmp_path, body).values == ["a\0\0b", "c\0", "\0\0"]


def test_output_arrives_while_it_is_written(tmp_path: Path) -> None:
    body = """
with capture() as output:
    print("seen", flush=True)
    time.sleep(2)
    os._exit(3)
"""
    outcome = run_in_terminal(tmp_path, body)
    assert (outcome.out, outcome.returncode) == ("seen\r\n", 3)


def test_window_that_changes_its_size(tmp_path: Path) -> None:
    body = """
import fcntl, struct, termios, signal
calls = []
signal.signal(signal.SIGWINCH, lambda *_: calls.append(1))
original = os.dup(1)
with capture() as output:
    fcntl.ioctl(original, termios.TIOCSWINSZ, struct.pack("HHHH", 11, 22, 0, 0))
    deadline = time.monotonic() + 60
    while (size := os.get_terminal_size(1)) != (22, 11) and time.monotonic() < deadline:
        time.sleep(0.01)
record(list(size), signal.getsignal(signal.SIGWINCH).__name__)
"""
    assert run_in_terminal(tmp_path, body).values == [[22, 11], "<lambda>"]


def test_errors_in_a_file_keep_their_place(tmp_path: Path) -> None:
    body = """
with capture() as output:
    for i in range(100):
        print("out", i)
        print("err", i, file=sys.stderr)
record(output.get(), os.isatty(1), os.isatty(2))
"""
    with open(tmp_path / "err", "wb") as file:
        outcome = run_in_terminal(tmp_path, body, stderr=file)
    expected = "".join(f"out {i}\nerr {i}\n" for i in range(100))
    assert outcome.values == [expected, True, False]
    assert (tmp_path / "err").read_text() == "".join(f"err {i}\n" for i in range(100))


def test_child_that_outlives_the_run(tmp_path: Path) -> None:
    body = """
os.chdir(os.path.dirname(__file__))
with capture() as output:
    command = "trap '' HUP; echo child; touch said; exec sleep 100"
    child = subprocess.Popen(["sh", "-c", command], stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not os.path.exists("said") and time.monotonic() < deadline:
        time.sleep(0.01)
record(child.poll(), output.get())
open("pid", "w").write(str(child.pid))
"""
    outcome = run_in_terminal(tmp_path, body)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)  # it lives
    assert outcome.values == [None, "child\n"]


def test_many_captures_leave_nothing_behind(tmp_path: Path) -> None:
    body = """
def state():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
before = state()
texts = []
for i in range(20):
    with capture() as outer, capture() as inner:
        print(i)
    texts.append((outer.get(), inner.get()))
deadline = time.monotonic() + 60
while threading.active_count() > 1 and time.monotonic() < deadline:
    time.sleep(0.01)
record(state() - before, threading.active_count(), texts)
"""
    outcome = run_in_terminal(tmp_path, body)
    assert outcome.values == [0, 1, [[f"{i}\n"] * 2 for i in range(20)]]


def test_forked_child(tmp_path: Path) -> None:
    body = """
with capture() as output:
    pid = os.fork()
    if pid == 0:
        print("child", sys.stdout.isatty())
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(pid, 0)
    print("parent")
record(output.get())
"""
    assert run_in_terminal(tmp_path, body).value == "child True\nparent\n"
