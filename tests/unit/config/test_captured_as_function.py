"""Captured functions are functions to everybody who looks."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import logging
import pickle
import subprocess
import sys
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import cloudpickle
import dill
import joblib
import pytest
import wrapt

from sacred.config.bindings import Binding, RunBindings
from sacred.config.captured_function import CapturedFunction, capture_constructor
from sacred.config.captured_function import create_captured_function as capture


def plain(a: int, b: str = "x", *args: int, c: float = 1.0, **kw: Any) -> tuple[Any, ...]:
    """Says what it got."""
    return a, b, args, c, kw


captured = capture(plain)


def bind(*functions: Any, config: dict[str, Any], logger: Any = None) -> RunBindings:
    bindings = RunBindings()
    for function in functions:
        bindings.bind(function, Binding(config=config, logger=logger))
    return bindings


@pytest.mark.parametrize(
    "look",
    [
        inspect.isfunction,
        inspect.isroutine,
        inspect.getfullargspec,
        inspect.signature,
        inspect.getsource,
        inspect.getfile,
        inspect.getmodule,
        inspect.getdoc,
        typing.get_type_hints,
        callable,
        *(
            lambda f, name=name: getattr(f, name)
            for name in [
                "__code__",
                "__defaults__",
                "__kwdefaults__",
                "__globals__",
                "__annotations__",
                "__name__",
                "__qualname__",
                "__module__",
                "__doc__",
                "__closure__",
                "__dict__",
            ]
        ),
    ],
)
def test_what_is_seen_is_the_function(look: Any) -> None:
    assert look(captured) == look(plain)


def test_it_is_a_proxy() -> None:
    assert captured.__wrapped__ is plain
    assert issubclass(type(captured), getattr(wrapt, "BaseObjectProxy", wrapt.ObjectProxy))
    assert isinstance(captured, type(plain))
    assert isinstance(captured, CapturedFunction)
    assert "missing arguments" in str(CapturedFunction.__doc__)
    assert CapturedFunction[int] is CapturedFunction


def test_what_belongs_to_the_proxy_is_not_set_on_the_function() -> None:
    """Two with prefixes of their own are two; other attributes are the function's."""

    def f() -> None:
        pass

    one, two = capture(f, prefix="a"), capture(f, prefix="b")
    one.unobserved = True
    one.config = {"x": 1}
    assert (one.prefix, two.prefix, two.unobserved, two.config) == ("a", "b", False, {})
    assert vars(f) == {}
    assert one != two
    assert len({one, two}) == 2
    one.mark = 5
    assert f.mark == 5
    one.__doc__ = "New."
    assert f.__doc__ == "New."


async def coroutine(a: int) -> int:
    return a


@pytest.mark.parametrize("function", [coroutine, functools.partial(coroutine, a=1)])
def test_coroutine_functions(function: Any) -> None:
    made = capture(function)
    assert inspect.iscoroutinefunction(made)
    assert asyncio.run(made(a=2)) == 2


def test_callables_without_a_name() -> None:
    made = capture(functools.partial(plain, 1))
    assert (made.__name__, made.__qualname__) == ("partial", "partial")
    made.__name__ = "other"
    assert made.__name__ == "other"


# ------------------------------------------------------------------- methods


class K:
    """The decorators of methods on both sides."""

    @capture
    @classmethod
    def of_class(cls, a: int) -> Any:
        return cls, a

    @capture
    @staticmethod
    def static(a: int) -> int:
        return a

    @classmethod
    @capture
    def of_class_outside(cls, a: int) -> Any:
        return cls, a


class Sub(K):
    pass


def test_class_and_static_methods() -> None:
    functions = [vars(K)["of_class"], vars(K)["static"], vars(K)["of_class_outside"].__func__]
    with bind(*functions, config={"a": 1}).activate():
        assert (K.of_class(), K().of_class(2), Sub.of_class()) == ((K, 1), (K, 2), (Sub, 1))
        assert (K.static(), K().static(2)) == (1, 2)
        assert (K.of_class_outside(), Sub().of_class_outside(3)) == ((K, 1), (Sub, 3))


# ------------------------------------------------------------------- classes


@dataclass
class Point:
    x: int
    y: int
    z: list[int] = field(default_factory=list)


class Pair(NamedTuple):
    x: int
    y: int


class Plain:
    limit = 5

    def __init__(self, x: int) -> None:
        self.x = x


class Below(Plain):
    pass


@pytest.mark.parametrize(
    ("cls", "expected"), [(Point, Point(1, 2, [])), (Pair, Pair(1, 2))], ids=["init", "new"]
)
def test_the_constructor_of_a_class(cls: Any, expected: Any, monkeypatch: Any) -> None:
    """The class stays one: for `isinstance`, subclasses, pickles."""
    for name in ("__init__", "__new__"):
        monkeypatch.setattr(cls, name, getattr(cls, name))  # to be restored
    constructor = capture_constructor(cls)
    with bind(constructor, config={"x": 1, "y": 2}).activate():
        made = cls()
        assert made == expected
        assert type(made) is cls
        assert cls(y=5).y == 5
        assert type("Sub", (cls,), {})().x == 1
        assert pickle.loads(pickle.dumps(made)) == expected
    assert constructor.__name__ == cls.__name__


def test_subclasses_and_messages() -> None:
    constructor = capture_constructor(Plain)
    assert capture_constructor(Below) is constructor
    with bind(constructor, config={"x": 1}).activate():
        assert (Below().x, Plain(3).x, Plain.limit) == (1, 3, 5)
    with (
        bind(constructor, config={}).activate(),
        pytest.raises(TypeError, match="Plain is missing"),
    ):
        Plain()


def test_classes_that_cannot_be_changed() -> None:
    assert capture_constructor(dict) is None


# ------------------------------------------------------------------- pickling


@pytest.mark.parametrize("module", [pickle, cloudpickle, dill], ids=lambda module: module.__name__)
def test_pickles_of_importable_functions(module: Any) -> None:
    """By name, so it is the same one."""
    assert module.loads(module.dumps(captured)) is captured
    assert module.loads(module.dumps({"f": [captured]}))["f"][0] is captured
    assert copy.copy(captured) is copy.deepcopy(captured) is captured


SCRIPT = """
import sys
from sacred import Experiment, Ingredient

data = Ingredient("data", interactive=True)
data.add_config(size=3)
ex = Experiment("pickles", ingredients=[data], interactive=True)
ex.add_config(a=1, seed=1)

@data.capture
def load(size): return size

@ex.capture
def work(x, a, _config):
    return x + a + load() + _config["a"]

class Model:
    @ex.capture
    def method(self, x, a): return x * a

@ex.main
def main():
    how = sys.argv[1]
    if how == "joblib":
        import joblib
        return joblib.Parallel(n_jobs=2)(joblib.delayed(work)(x) for x in (1, 2))
    import subprocess, os
    module = __import__(how)
    # Without that, dill refers to globals of a `__main__` that the other process has not got.
    more = {"recurse": True} if how == "dill" else {}
    out = module.dumps((work, Model().method), **more)
    code = (f"import sys, {how}; work, method = {how}.loads(sys.stdin.buffer.read());"
            "print([work(1), work(2)], method(7), type(work).__name__)")
    done = subprocess.run([sys.executable, "-c", code], input=out, capture_output=True)
    return done.stdout.decode().strip() + done.stderr.decode()

if __name__ == "__main__":
    print(ex.run(options={"--loglevel": "ERROR"}).result)
"""


def _dill_takes_functions() -> bool:
    """Whether dill knows the code objects of this Python; 0.4.1 not those of 3.15."""
    import dill

    try:
        dill.dumps(eval("lambda: 3", {"__name__": "__main__"}))
    except AttributeError:
        return False
    return True


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("cloudpickle", "[6, 7] 7 CapturedFunction"),
        ("dill", "[6, 7] 7 CapturedFunction"),
        ("joblib", "[6, 7]"),
    ],
)
def test_functions_of_a_main_script_in_another_process(
    how: str, expected: str, tmp_path: Path
) -> None:
    """With all that they are called with in the run, and all functions that they call."""
    if how == "dill" and not _dill_takes_functions():
        pytest.skip("this dill can pickle no function of this Python")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-W", "ignore", str(script), how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert (done.stdout.strip(), done.stderr) == (expected, "")


def test_joblib_caches_and_hashes_them(tmp_path: Path) -> None:
    assert joblib.hash(captured)
    cached = joblib.Memory(tmp_path, verbose=0).cache(captured)
    assert cached(1) == cached(1) == plain(1)


# -------------------------------------------------------------------- logging


def test_calls_are_logged_at_debug_level(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("captured.calls")

    @capture
    def f(a: int) -> int:
        if a < 0:
            raise ValueError(a)
        return a

    with bind(f, config={"a": 1}, logger=logger).activate():
        with caplog.at_level(logging.INFO, "captured.calls"):
            assert f() == 1
        assert caplog.messages == []
        with caplog.at_level(logging.DEBUG, "captured.calls"):
            assert f() == 1
            with pytest.raises(ValueError, match="-1"):
                f(-1)
    assert caplog.messages == ["Started", "Finished after 0:00:00.", "Started"]


def test_what_is_no_logger_is_not_asked() -> None:
    @capture
    def f(_log: Any) -> Any:
        return _log

    f.logger = "anything"
    assert f() == "anything"
