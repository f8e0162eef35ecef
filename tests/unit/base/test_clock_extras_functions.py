"""The clock, optional packages, decorators and lookups."""

from __future__ import annotations

import datetime
import subprocess
import sys
import threading

import packaging.version
import pytest

from sacred._base import functions
from sacred._base.clock import IntervalTimer, utcnow
from sacred._base.errors import MissingExtraError
from sacred._base.extras import is_installed, require
from sacred._base.loggers import NO_LOGGER, create_basic_stream_logger


def test_utcnow_is_naive_utc():
    """The time is that of UTC, and says nothing about a zone."""
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert abs(utcnow() - now) < datetime.timedelta(seconds=60)
    assert utcnow().tzinfo is None


def test_interval_timer_calls_repeatedly_and_at_the_end():
    """It calls at intervals, and once more after it was stopped."""
    calls = []
    third = threading.Event()

    def beat():
        calls.append(1)
        if len(calls) == 3:
            third.set()

    stop, timer = IntervalTimer.create(beat, 0.01)
    assert timer.daemon
    timer.start()
    assert third.wait(60)
    stop.set()
    timer.join(60)
    assert not timer.is_alive()
    assert len(calls) >= 4


def test_interval_timer_wakes_at_once():
    """Stopping does not wait for the interval to pass."""
    calls = []
    stop, timer = IntervalTimer.create(lambda: calls.append(1), 1000)
    timer.start()
    stop.set()
    timer.join(60)
    assert calls == [1]


def test_require_gives_the_module():
    """A package that is there is imported."""
    import json

    assert require("json") is json


@pytest.mark.parametrize("name", ["no_such_package", "no_such_package.inner"])
def test_require_names_the_extra(name):
    """The error says who needs it and how to get it."""
    with pytest.raises(MissingExtraError, match=r'Thing needs .*pip install "sacred\[mongo\]"'):
        require(name, extra="mongo", purpose="Thing")


def test_require_shows_the_error_of_a_broken_package(tmp_path, monkeypatch):
    """A package that is there but fails shows its own error."""
    (tmp_path / "broken_package.py").write_text("import no_such_thing\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_thing"):
        require("broken_package", extra="mongo")


def test_is_installed(monkeypatch):
    """Present, absent and blocked modules."""
    monkeypatch.setitem(sys.modules, "blocked_module", None)
    assert is_installed("json.decoder")
    assert not is_installed("no_such_package.inner")
    assert not is_installed("blocked_module")
    assert not is_installed("json.decoder.inner")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CamelCase", "camel_case"),
        ("camelCase", "camel_case"),
        ("HTTPServer", "http_server"),
        ("getHTTPResponse", "get_http_response"),
        ("A", "a"),
        ("ABC", "abc"),
        ("Already_Snake", "already__snake"),
        ("Foo2Bar", "foo2_bar"),
        ("MongoDbOption", "mongo_db_option"),
        ("X1Y2", "x1_y2"),
        ("foo", "foo"),
        ("", ""),
    ],
)
def test_snake_case(name, expected):
    """As the old library did it."""
    assert functions.convert_camel_case_to_snake_case(name) == expected


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ("prog with a=1", ["prog", "with", "a=1"]),
        ('prog "with space" b', ["prog", "with space", "b"]),
        (["p", "x"], ["p", "x"]),
        (("p", "x"), ["p", "x"]),
        ([], []),
    ],
)
def test_ensure_wellformed_argv(argv, expected):
    """Strings are split as a shell does."""
    assert functions.ensure_wellformed_argv(argv) == expected


def test_ensure_wellformed_argv_default_and_error(monkeypatch):
    """None means `sys.argv`; other types are refused."""
    monkeypatch.setattr(sys, "argv", ["me", "-u"])
    assert functions.ensure_wellformed_argv(None) == ["me", "-u"]
    with pytest.raises(ValueError, match="argv must be str or list"):
        functions.ensure_wellformed_argv(5)


def test_optional_kwargs_decorator():
    """With and without arguments, and called directly."""

    @functions.optional_kwargs_decorator
    def decorate(f, opt=1):
        """Its doc."""
        return f, opt

    def q():
        pass

    assert decorate(q) == (q, 1)
    assert decorate()(q) == (q, 1)
    assert decorate(opt=3)(q) == (q, 3)
    assert decorate(q, opt=3) == (q, 3)
    assert decorate.__doc__ == "Its doc."


def test_get_inheritors():
    """All generations, each once, also with two ways to it."""

    class A:
        pass

    class B(A):
        pass

    class C(A):
        pass

    class D(B, C):
        pass

    assert functions.get_inheritors(A) == {B, C, D}


def test_modules():
    """Existence and presence, without importing."""
    assert functions.modules_exist()
    assert functions.modules_exist("os", "sys")
    assert not functions.modules_exist("os", "nope")
    assert functions.module_is_in_cache("os")
    assert not functions.module_is_in_cache("nope")


def test_versions():
    """Of a module with and without ``__version__``, and of none."""
    import jsonpickle

    assert functions.get_package_version("packaging") >= packaging.version.parse("21")
    assert str(functions.get_package_version("jsonpickle")) == jsonpickle.__version__
    with pytest.raises(ModuleNotFoundError, match="No module named 'nope'"):
        functions.get_package_version("nope")
    with pytest.raises(packaging.version.InvalidVersion):
        functions.parse_version("x")


def test_basic_stream_logger(monkeypatch):
    """The root logger is configured if nobody has done so, and left alone else."""
    import logging

    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", logging.WARNING)
    assert create_basic_stream_logger() is root
    (handler,) = root.handlers
    record = logging.makeLogRecord({"levelname": "INFO", "name": "ex", "msg": "hello"})
    assert handler.format(record) == "INFO - ex - hello"
    assert root.level == logging.INFO
    create_basic_stream_logger()
    assert root.handlers == [handler]


def test_no_logger_is_silent():
    """It is disabled."""
    assert NO_LOGGER.disabled
    assert NO_LOGGER.name == "ignore"


def test_the_ground_floor_is_light():
    """Importing all of it loads nothing heavy."""
    script = """
import sys
import sacred._base.paths, sacred._base.text, sacred._base.errors, sacred._base.tracebacks
import sacred._base.clock, sacred._base.registry, sacred._base.extras, sacred._base.functions
import sacred._base.cli_option
heavy = "numpy pandas yaml munch jsonpickle packaging importlib.metadata difflib inspect typing_x"
print([name for name in heavy.split() if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
