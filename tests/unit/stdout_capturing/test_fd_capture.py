"""The mode `fd` with files and pipes: in this process under `capfd`, and in scripts."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sacred.stdout_capturing import get_stdcapturer
from sacred.stdout_capturing.sinks import FileSink
from tests.conftest import ROOT
from tests.unit.stdout_capturing.scripts import prepare, recorded, run_with_pipes

pytestmark = pytest.mark.skipif(os.name != "posix", reason="descriptors are captured on POSIX")

capture = get_stdcapturer("fd")[1]


def test_child_processes_and_descriptors(capfd: pytest.CaptureFixture[str]) -> None:
    with capture() as output:
        print("python")
        subprocess.run("echo child; echo error >&2", shell=True, check=True)
        os.write(1, b"descriptor\n")
        print("python again")
    lines = ["python", "child", "error", "descriptor", "python again"]
    assert sorted(output.get().split("\n")) == sorted([*lines, ""])
    seen = capfd.readouterr()
    assert (seen.out, seen.err) == ("python\nchild\ndescriptor\npython again\n", "error\n")


def test_c_code_that_keeps_the_lock(capfd: pytest.CaptureFixture[str]) -> None:
    # PyDLL does not let go of the global lock, so nobody can read meanwhile.
    libc = ctypes.PyDLL(None)
    block = b"x" * 99 + b"\n"
    with capture() as output:
        for _ in range(50):
            assert libc.write(1, block * 1000, 100_000) == 100_000
    assert output.get() == block.decode() * 50_000


def test_c_code_that_buffers(capfd: pytest.CaptureFixture[str]) -> None:
    libc = ctypes.CDLL(None)
    with capture() as output:
        libc.printf(b"one ")
        first = output.get()
        libc.puts(b"two")
    assert (first, output.get()) == ("one ", "two\n")


def test_characters_that_arrive_in_two_pieces(capfd: pytest.CaptureFixture[str]) -> None:
    euro = "€".encode()
    with capture() as output:
        os.write(1, b"a" + euro[:1])
        first = output.get()
        os.write(1, euro[1:])
        second = output.get()
        os.write(1, b"\xff\n" + euro[:2])
    assert (first, second, output.get()) == ("a", "€", "\ufffd\n\ufffd")


def test_descriptors_are_restored(capfd: pytest.CaptureFixture[str]) -> None:
    before = [(os.fstat(fd).st_dev, os.fstat(fd).st_ino) for fd in (1, 2)]
    numbers = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    for _ in range(3):
        with capture(), capture():
            print("x")
    assert [(os.fstat(fd).st_dev, os.fstat(fd).st_ino) for fd in (1, 2)] == before
    if numbers:
        assert set(os.listdir("/proc/self/fd")) == numbers


def test_stream_of_the_users_that_hands_on(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Logger:
        log = ""

        def write(self, text: str) -> None:
            os.write(1, text.encode())
            self.log += text

        def flush(self) -> None:
            pass

    monkeypatch.setattr(sys, "stdout", Logger())
    with capture() as outer, capture() as inner:
        print("hello")
        print()
        print("world")
    assert outer.get() == inner.get() == "hello\n\nworld\n"


def test_a_shell_that_opens_dev_stderr_anew(capfd: pytest.CaptureFixture[str]) -> None:
    texts = ["a much longer line than the next", "second", "longer than the second"]
    with capture() as output:
        for text in texts:
            os.write(2, b"plain\n")  # right before: nobody has had the time to read it
            subprocess.run(f"echo {text} >/dev/stderr", shell=True, check=True)
    expected = "".join(f"plain\n{text}\n" for text in texts)
    assert output.get() == expected


def test_programs_are_started_as_ever(capfd: pytest.CaptureFixture[str]) -> None:
    """What is done before that is undone, and the functions are pickled by their names."""
    starters = [(os, "system"), (os, "posix_spawn"), (subprocess, "_fork_exec")]
    before = [getattr(module, name) for module, name in starters]
    with capture() as outer, capture() as inner:
        os.write(1, b"plain\n")
        assert os.system("echo first >/dev/stdout") == 0
        os.write(1, b"again\n")
        pid = os.posix_spawn("/bin/sh", ["sh", "-c", "echo second >/dev/stdout"], os.environ)
        os.waitpid(pid, 0)
        assert pickle.loads(pickle.dumps(os.system)) is os.system
    expected = "plain\nfirst\nagain\nsecond\n"
    assert outer.get() == inner.get() == expected
    assert [getattr(module, name) for module, name in starters] == before


def test_memory_of_the_sink_is_given_back() -> None:
    sink = FileSink()
    for _ in range(40):
        os.write(sink.write_fd, b"x" * (1 << 20))
        assert sum(map(len, sink.chunks(True))) == 1 << 20
    if sys.platform == "linux":
        assert os.fstat(sink.write_fd).st_blocks * 512 < 10 << 20
    sink.close()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
def test_forked_workers(tmp_path: Path) -> None:
    body = """
import multiprocessing
def work(number):
    print("worker", number)
    print("error", number, file=sys.stderr)
with capture() as output:
    print("main")
    context = multiprocessing.get_context("fork")
    for i in range(5):
        process = context.Process(target=work, args=(i,))
        process.start()
        process.join(60)
    with context.Pool(2) as pool:
        pool.map(work, range(5, 9))
        pool.close(); pool.join()
    print("end")
record(output.get())
"""
    outcome = run_with_pipes(tmp_path, body, merge=True)
    expected = ["main", "end"] + [f"{w} {i}" for w in ("worker", "error") for i in range(9)]
    assert sorted(outcome.value.split("\n")) == sorted([*expected, ""])
    assert sorted(outcome.out.split("\n")) == sorted([*expected, ""])
    assert outcome.returncode == 0


def test_fork_that_leaves_the_context_itself(tmp_path: Path) -> None:
    body = """
import warnings
warnings.simplefilter("ignore")  # of forking with threads, which is what this is about
with capture() as output:
    print("before", flush=True)
    pid = os.fork()
    print("child" if pid == 0 else "parent", flush=True)
    if pid:
        os.waitpid(pid, 0)
if pid:
    record(output.get())
else:
    print("child after", repr(output.get()), flush=True)
    os._exit(0)
"""
    outcome = run_with_pipes(tmp_path, body)
    lines = ["before", "child", "parent", "child after ''"]
    assert sorted(outcome.value.split("\n")) == sorted([*lines, ""])
    assert outcome.value.count("before") == 1


@pytest.mark.parametrize("merge", [False, True])
def test_order_of_two_targets(tmp_path: Path, merge: bool) -> None:
    body = """
import logging
with capture() as output:
    for i in range(300):
        print("out", i)
        print("err", i, file=sys.stderr)
    logging.warning("logged")
    print("last")
record(output.get())
"""
    outcome = run_with_pipes(tmp_path, body, merge=merge)
    expected = "".join(f"out {i}\nerr {i}\n" for i in range(300)) + "WARNING:root:logged\nlast\n"
    assert outcome.value == expected
    if merge:
        assert outcome.out == expected
    else:
        assert outcome.out == "".join(f"out {i}\n" for i in range(300)) + "last\n"
        assert outcome.err == "".join(f"err {i}\n" for i in range(300)) + "WARNING:root:logged\n"


def test_nested_order_of_two_targets(tmp_path: Path) -> None:
    body = """
with capture() as outer:
    print("a"); print("b", file=sys.stderr)
    with capture() as inner:
        for i in range(100):
            print("out", i); print("err", i, file=sys.stderr)
    print("c"); print("d", file=sys.stderr)
record(outer.get(), inner.get())
"""
    outer, inner = run_with_pipes(tmp_path, body).values
    assert inner == "".join(f"out {i}\nerr {i}\n" for i in range(100))
    assert outer == f"a\nb\n{inner}c\nd\n"


def test_stdout_stays_buffered(tmp_path: Path) -> None:
    body = """
with capture() as output:
    print("text")
    time.sleep(0.2)
    raw = os.fstat(1).st_size
    text = output.get()
record(raw, text, sys.stdout.line_buffering)
"""
    assert run_with_pipes(tmp_path, body).values == [0, "text\n", False]


def test_child_that_outlives_the_run(tmp_path: Path) -> None:
    body = """
os.chdir(os.path.dirname(__file__))
with capture() as output:
    child = subprocess.Popen(["sh", "-c", "echo child; touch said; exec sleep 100"])
    deadline = time.monotonic() + 60
    while not os.path.exists("said") and time.monotonic() < deadline:
        time.sleep(0.01)
record(child.poll(), output.get())
open("pid", "w").write(str(child.pid))
"""
    outcome = run_with_pipes(tmp_path, body)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)  # it lives
    assert outcome.values == [None, "child\n"]


def test_busy_writer_does_not_hold_us(tmp_path: Path) -> None:
    body = """
os.chdir(os.path.dirname(__file__))
with capture() as output:
    child = subprocess.Popen(["sh", "-c", "echo y; echo y; touch said; while :; do echo y; done"])
    deadline = time.monotonic() + 60
    while not os.path.exists("said") and time.monotonic() < deadline:
        time.sleep(0.01)
    text = output.get()
record(text[:4], child.poll())
child.kill()
child.wait()
"""
    outcome = run_with_pipes(tmp_path, body)
    assert outcome.values == ["y\ny\n", None]


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_originals(tmp_path: Path, closed: str) -> None:
    body = """
with capture() as output:
    print("out"); print("err", file=sys.stderr)
    subprocess.run("echo child; echo child error >&2", shell=True)
opened = os.open(os.devnull, os.O_RDONLY)
record(output.get(), opened)
"""
    run_with_pipes(tmp_path, body)  # writes the script
    script, values = tmp_path / "script.py", tmp_path / "values.json"
    values.unlink()
    done = subprocess.run(
        f"{sys.executable} {script} {values} {closed}",
        shell=True,
        check=False,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert done.returncode == 0
    assert values.exists()


def test_reader_that_goes_away(tmp_path: Path) -> None:
    body = """
with capture() as output:
    for i in range(5):
        print("line", i, flush=True)
        time.sleep(0.1)
record(output.get())
sys.stdout = None
"""
    run_with_pipes(tmp_path, body)
    values = tmp_path / "values.json"
    values.unlink()
    done = subprocess.run(
        f"{sys.executable} {tmp_path / 'script.py'} {values} | head -n 1; exit ${{PIPESTATUS[0]}}",
        shell=True,
        check=False,
        executable="/bin/bash",
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert done.returncode == 0, done.stderr
    assert values.read_text() == '["' + "".join(f"line {i}\\n" for i in range(5)) + '"]'


def test_crash_report_reaches_the_user(tmp_path: Path) -> None:
    body = """
with capture() as output:
    ctypes.string_at(0)
"""
    outcome = run_with_pipes(tmp_path, body)
    assert outcome.returncode < 0
    assert "Segmentation fault" in outcome.err
    # Python 3.14 has taken the thread for one that is over now and then; then it
    # names no script, whoever gets the report.
    is_nameless = sys.version_info >= (3, 14) and "<freed thread state>" in outcome.err
    assert "script.py" in outcome.err or is_nameless


def test_crash_reports_are_as_before_afterwards(tmp_path: Path) -> None:
    body = """
with capture() as output:
    pass
ctypes.string_at(0)
"""
    assert "Segmentation fault" in run_with_pipes(tmp_path, body).err


def test_without_descriptors_python_is_still_recorded(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError("no more descriptors")

    monkeypatch.setattr("sacred.stdout_capturing.fd_capture.open_channels", refuse)
    with capture() as output:
        print("text")
    assert output.get() == "text\n"


def test_descriptors_closed_by_the_user(tmp_path: Path) -> None:
    body = """
with capture() as output:
    print("before", flush=True)
    text = output.get()
    os.closerange(3, 100)
    output.get()
record(text)
"""
    outcome = run_with_pipes(tmp_path, body)
    assert outcome.value == "before\n"
    assert outcome.returncode == 0


def test_interrupt_while_the_terminal_is_stopped(tmp_path: Path) -> None:
    # Nobody reads the pipe; the user interrupts twice, and the process ends.
    body = """
import signal
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()
threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT)).start()
output = capture()
try:
    with output:
        sys.stdout.write("x" * 1_000_000)
except KeyboardInterrupt:
    record(len(output.get()), output.closed)
    os._exit(7)
"""
    command, environment, values = prepare(tmp_path, body)
    reader, writer = os.pipe()
    process = subprocess.Popen(command, env=environment, stdout=writer)
    os.close(writer)
    assert process.wait(60) == 7
    os.close(reader)
    assert recorded(values) == [1_000_000, True]


def test_signal_handler_that_prints(tmp_path: Path) -> None:
    body = """
import signal
handled = []
def handler(number, frame):
    handled.append(os.write(2, b"signal\\n"))
    texts.append(output.get())
signal.signal(signal.SIGALRM, handler)
texts = []
with capture() as output:
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    for i in range(1000):
        print("line", i)
        texts.append(output.get())
    signal.setitimer(signal.ITIMER_REAL, 0)
texts.append(output.get())
text = "".join(texts)
record(len(text) - 7 * len(handled), len(handled) > 0)
"""
    # The chunks are not in order here: the handler fetches its own within another fetch.
    outcome = run_with_pipes(tmp_path, body)
    assert outcome.values == [sum(len(f"line {i}\n") for i in range(1000)), True]


@pytest.mark.parametrize("reused", [False, True])
def test_user_code_that_closes_all_descriptors(tmp_path: Path, reused: bool) -> None:
    """Daemons do. Our numbers may be those of other files then, which are none of our business."""
    body = f"""
import os
from sacred.stdout_capturing import get_stdcapturer

with get_stdcapturer("fd")[1]() as output:
    print("before", flush=True)
    os.closerange(3, 200)
    others = [os.open("other.txt", os.O_CREAT | os.O_RDWR) for _ in range(40 * {reused:d})]
    for other in others:
        os.write(other, b"content of another file")
    print("after", flush=True)
for other in others:
    os.fstat(other)
open("recorded.txt", "w").write(output.get())
"""
    script = tmp_path / "script.py"
    script.write_text(body)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "recorded.txt").read_text() == "before\nafter\n"
    if reused:
        assert set((tmp_path / "other.txt").read_text()) <= set("content of another file")
