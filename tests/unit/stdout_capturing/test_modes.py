"""What all capture modes have in common, and the modes `sys` and `no`."""

from __future__ import annotations

import io
import logging
import sys
import threading

import pytest

from sacred.settings import SETTINGS
from sacred.stdout_capturing import CapturedOutput, get_stdcapturer
from sacred.stdout_capturing.write_hook import TeeStream, listen


@pytest.mark.parametrize("mode", ["fd", "sys", "no"])
def test_mode_is_returned_with_a_factory(mode: str) -> None:
    name, capture = get_stdcapturer(mode)
    assert name == mode
    with capture() as output:
        assert not output.closed
    assert output.closed


def test_unknown_mode() -> None:
    with pytest.raises(KeyError, match=r"Unknown capture mode 'foo'.*\['fd', 'no', 'sys'\]"):
        get_stdcapturer("foo")


def test_default_comes_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SETTINGS, "CAPTURE_MODE", "no")
    assert get_stdcapturer()[0] == "no"
    monkeypatch.setitem(SETTINGS, "CAPTURE_MODE", None)
    assert get_stdcapturer()[0] == ("sys" if sys.platform == "win32" else "fd")


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_get_returns_what_is_new(mode: str, capfd: pytest.CaptureFixture[str]) -> None:
    with get_stdcapturer(mode)[1]() as output:
        print("one")
        first = output.get()
        nothing = output.get()
        print("two", file=sys.stderr)
        second = output.get()
        print("three")
    assert [first, nothing, second, output.get(), output.get()] == [
        "one\n", "", "two\n", "three\n", ""
    ]  # fmt: skip
    seen = capfd.readouterr()
    assert (seen.out, seen.err) == ("one\nthree\n", "two\n")


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_order_of_the_streams(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    with get_stdcapturer(mode)[1]() as output:
        for i in range(50):
            print("out", i)
            print("err", i, file=sys.stderr)
    assert output.get() == "".join(f"out {i}\nerr {i}\n" for i in range(50))


@pytest.mark.parametrize("mode", ["fd", "sys", "no"])
def test_finalize_may_be_called_again(mode: str, capfd: pytest.CaptureFixture[str]) -> None:
    with get_stdcapturer(mode)[1]() as output:
        print("text")
        output.finalize()
        output.finalize()
        print("later")
    output.flush()
    assert output.get() == ("" if mode == "no" else "text\n")


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_exceptions_restore_everything(mode: str, capfd: pytest.CaptureFixture[str]) -> None:
    streams, writes = (sys.stdout, sys.stderr), (sys.stdout.write, sys.stderr.write)

    def failing_body() -> None:
        with get_stdcapturer(mode)[1]() as output:
            outputs.append(output)
            print("before")
            raise KeyboardInterrupt

    outputs: list[CapturedOutput] = []
    with pytest.raises(KeyboardInterrupt):
        failing_body()
    assert outputs[0].get() == "before\n"
    assert (sys.stdout, sys.stderr) == streams
    assert (sys.stdout.write, sys.stderr.write) == writes
    assert "write" not in vars(sys.stdout)


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_nested(mode: str, capfd: pytest.CaptureFixture[str]) -> None:
    capture = get_stdcapturer(mode)[1]
    with capture() as outer:
        print("a")
        with capture() as inner:
            print("b")
            print("c", file=sys.stderr)
        print("d")
    assert inner.get() == "b\nc\n"
    assert outer.get() == "a\nb\nc\nd\n"
    assert capfd.readouterr().out == "a\nb\nd\n"


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_overlapping_captures_of_parallel_runs(
    mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    capture = get_stdcapturer(mode)[1]
    first, second = capture(), capture()
    with first as one:
        print("1")
        two = second.__enter__()
        print("2")
    print("3")
    two.finalize()
    print("4")
    assert (one.get(), two.get()) == ("1\n2\n", "2\n3\n")
    assert capfd.readouterr().out == "1\n2\n3\n4\n"


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_handler_that_holds_the_stream_from_before(
    mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    logger = logging.Logger("held")
    logger.addHandler(logging.StreamHandler(sys.stderr))
    with get_stdcapturer(mode)[1]() as output:
        logger.warning("from a handler")
    assert output.get() == "from a handler\n"


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_missing_streams(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with get_stdcapturer(mode)[1]() as output:
        print("nowhere")
        assert output.get() == ""


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_one_object_for_both_streams(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    with get_stdcapturer(mode)[1]() as output:
        print("a")
        print("b", file=sys.stderr)
    assert output.get() == stream.getvalue() == "a\nb\n"


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_threads(mode: str, capfd: pytest.CaptureFixture[str]) -> None:
    def work(name: str) -> None:
        for i in range(200):
            sys.stdout.write(f"{name} {i}\n")

    with get_stdcapturer(mode)[1]() as output:
        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        text = ""
        while any(thread.is_alive() for thread in threads):
            text += output.get()
    text += output.get()
    assert sorted(text.splitlines()) == sorted(f"{n} {i}" for n in "abcd" for i in range(200))


class _Slots:
    """A stream like some of extension modules: nothing can be set on it."""

    __slots__ = ("text",)

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_stream_that_takes_no_attributes(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _Slots()
    monkeypatch.setattr(sys, "stdout", stream)
    capture = get_stdcapturer(mode)[1]
    with capture() as outer, capture() as inner:
        print("hello")
        sys.stdout.writelines(["a\n", "b\n"])
        assert isinstance(sys.stdout, TeeStream)
        assert sys.stdout.isatty()
    assert vars(sys)["stdout"] is stream
    assert outer.get() == inner.get() == stream.text == "hello\na\nb\n"


def test_sys_keeps_the_stream_what_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    with get_stdcapturer("sys")[1]():
        assert sys.stdout is before
        assert sys.stdout.write("abc") == 3
        with pytest.raises(TypeError):
            sys.stdout.write(5)  # type: ignore[arg-type]


def test_sys_records_what_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Broken())
    with get_stdcapturer("sys")[1]() as output, pytest.raises(BrokenPipeError):
        print("text", end="")
    assert output.get() == "text"


def test_write_set_by_the_user_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    written: list[str] = []

    def own_write(text: str) -> int:
        written.append(text)
        return 0

    stream.write = own_write  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdout", stream)

    class Listener:
        def before(self, text: str) -> None:
            written.append("before")

        def after(self, text: str) -> None:
            written.append("after")

    stop = listen("stdout", Listener())
    sys.stdout.write("x")
    stop()
    stop()
    sys.stdout.write("y")
    assert written == ["before", "x", "after", "y"]
    assert stream.write is own_write


def test_write_covered_by_the_user_during_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    with get_stdcapturer("sys")[1]() as output:
        hooked = sys.stdout.write
        sys.stdout.write = lambda text: hooked(text.upper())  # type: ignore[method-assign]
        print("a")
    print("b")
    del sys.stdout.write
    assert output.get() == "A\n"
    assert capfd.readouterr().out == "A\nB\n"
