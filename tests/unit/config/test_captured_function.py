"""Captured functions in and out of runs."""

import asyncio
import copy
import functools
import inspect
import logging
import pydoc
import random
import threading

import pytest

from sacred._base.errors import (
    InvalidConfigError,
    MissingConfigError,
    SacredError,
    SignatureError,
)
from sacred.config.bindings import Binding, RunBindings
from sacred.config.captured_function import CapturedFunction
from sacred.config.captured_function import create_captured_function as capture
from sacred.config.read_only import ReadOnlyDict
from sacred.settings import SETTINGS


@capture
def add(a, b, *, c=1):
    """Add them."""
    return a, b, c


def run_of(*functions, config=None, **attributes):
    """The bindings of a run for these functions."""
    bindings = RunBindings()
    for function in functions:
        bindings.bind(function, Binding(config=config or {}, **attributes))
    return bindings


# ------------------------------------------------------------- like a function


def test_it_looks_like_the_function():
    assert add.__name__ == "add"
    assert add.__qualname__ == "add"
    assert add.__module__ == __name__
    assert add.__doc__ == "Add them."
    assert str(inspect.signature(add)) == "(a, b, *, c=1)"
    assert inspect.isroutine(add)
    assert "Add them." in pydoc.render_doc(add)
    assert repr(add).startswith("<captured function add at 0x")
    assert functools.wraps(add)(lambda: 0).__name__ == "add"
    assert inspect.unwrap(add) is add.__wrapped__


def test_attributes_of_the_function_are_kept():
    def f():
        pass

    f.mark = 5
    made = capture(f)
    assert made.mark == 5
    made.other = 6
    assert made.other == 6


def test_capturing_twice():
    assert capture(add) is add
    assert isinstance(add, CapturedFunction)


def test_other_callables():
    class Call:
        def __call__(self, x):
            return x

    assert capture(Call())(3) == 3
    assert capture(functools.partial(lambda x, y: x + y, 1), prefix="p")(2) == 3
    with pytest.raises(TypeError, match="only functions"):
        capture(5)


def test_copies_are_the_function_itself():
    assert copy.copy(add) is add
    assert copy.deepcopy([add])[0] is add


# ------------------------------------------------------------- outside of runs


def test_outside_of_runs_only_explicit_arguments_and_defaults_count():
    @capture
    def f(a, b=2, _log=None):
        return a, b, _log

    assert f(1) == (1, 2, None)
    assert f(b=5, a=1) == (1, 5, None)
    with pytest.raises(MissingConfigError, match=r"f is missing value\(s\): \['a'\]"):
        f()


def test_attributes_before_any_run():
    @capture
    def f(_rnd):
        pass

    assert (f.config, f.logger, f.rnd, f.run, f.prefix) == ({}, None, None, None, None)
    assert f.uses_randomness
    assert not f.unobserved
    assert not add.uses_randomness
    assert str(f.signature) == "f(_rnd)"


def test_attributes_can_be_set():
    @capture
    def f(a, _log, _seed):
        return a, _log, _seed

    f.config, f.logger, f.rnd = {"a": 1}, "L", random.Random(0)
    assert f() == (1, "L", random.Random(0).randint(1, 10**9))
    f.config = {"a": 2}
    assert f()[0] == 2
    assert f.config == {"a": 2}
    f.unobserved = True
    assert f.unobserved


# ------------------------------------------------------------------ in a run


def test_priority_of_values():
    with run_of(add, config={"a": 1, "b": 2, "c": 30, "zz": 1}).activate():
        assert add() == (1, 2, 30)
        assert add(5) == (5, 2, 30)
        assert add(b=5) == (1, 5, 30)
        assert add(5, c=6) == (5, 2, 6)
        assert add() == (1, 2, 30)


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((1, 2, 3), {}, "add got unexpected argument(s): [3]"),
        ((1, 2), {"a": 3}, "add got multiple values for argument(s) ['a']"),
        ((), {"q": 3}, "add got unexpected kwarg(s): ['q']"),
    ],
)
@pytest.mark.parametrize("config", [{}, {"a": 1, "b": 2}])
def test_wrong_arguments(args, kwargs, message, config):
    with run_of(add, config=config).activate(), pytest.raises(SignatureError) as caught:
        add(*args, **kwargs)
    assert str(caught.value) == message


def test_missing_values():
    with run_of(add, config={"a": 1}).activate(), pytest.raises(MissingConfigError) as caught:
        add()
    assert str(caught.value) == "add is missing value(s): ['b']"


def test_special_arguments():
    @capture
    def f(_config, _log, _run, _seed, _rnd, x):
        return _config, _log, _run, _seed, _rnd, x

    logger, run = logging.getLogger("x"), object()
    rnd = random.Random(3)
    expected = random.Random(3)
    bindings = run_of(f, config={"x": 1}, logger=logger, run=run, rnd=rnd)
    with bindings.activate():
        for _ in range(2):
            config, log, seen, seed, generator, x = f()
            assert (config, log, seen, x) == ({"x": 1}, logger, run, 1)
            assert seed == expected.randint(1, 10**9)
            assert hasattr(generator, "random")


def test_drawing_does_not_depend_on_explicit_values():
    @capture
    def f(_seed, x=0):
        return _seed

    def seeds(*calls):
        with run_of(f, rnd=random.Random(3)).activate():
            return [f(**call) for call in calls]

    plain = seeds({}, {}, {})
    assert seeds({}, {"_seed": 5}, {"x": 1}) == [plain[0], 5, plain[2]]


def test_positional_only_special_arguments():
    @capture
    def f(a, _seed, /, b):
        return a, _seed, b

    with run_of(f, config={"a": 1, "b": 2}, rnd=random.Random(3)).activate():
        expected = random.Random(3)
        assert f() == (1, expected.randint(1, 10**9), 2)
        assert f(7, b=8) == (7, expected.randint(1, 10**9), 8)


def test_nothing_is_drawn_for_functions_that_take_none():
    rnd = random.Random(3)
    with run_of(add, config={"a": 1, "b": 2}, rnd=rnd).activate():
        add()
    assert rnd.random() == random.Random(3).random()


def test_the_config_is_read_only():
    @capture
    def f(_config, d):
        assert type(_config) is ReadOnlyDict
        d["x"] = 1

    config = {"d": {}}
    with run_of(f, config=config).activate(), pytest.raises(SacredError, match="read-only"):
        f()
    assert config == {"d": {}}


def test_the_config_can_be_writable(monkeypatch):
    monkeypatch.setitem(SETTINGS.CONFIG, "READ_ONLY_CONFIG", False)

    @capture
    def f(d):
        d["x"] = 1

    config = {"d": {}}
    with run_of(f, config=config).activate():
        f()
    assert config == {"d": {"x": 1}}


def test_functions_share_one_read_only_config():
    @capture
    def f(_config):
        return _config

    @capture
    def g(_config):
        return _config

    with run_of(f, g, config={"a": 1}).activate():
        assert f() is g() is f()


def test_config_errors_learn_what_the_function_saw():
    def f(a):
        raise InvalidConfigError("bad", "a")

    f = capture(f, prefix="p.q")
    with run_of(f, config={"a": 5}).activate(), pytest.raises(InvalidConfigError) as caught:
        f()
    assert str(caught.value) == "bad\nConflicting configuration values:\n  p.q.a=5"


def test_many_shapes_of_calls():
    @capture
    def f(a, **kw):
        return a, kw

    with run_of(f, config={"a": 1}).activate():
        for i in range(200):
            assert f(**{f"k{i}": i}) == (1, {f"k{i}": i})
            assert f() == (1, {})


# -------------------------------------------------- methods, async, generators


class K:
    """Has captured methods; `self` is never filled."""

    @capture
    def method(self, a, zz=2):
        return self, a, zz

    @classmethod
    @capture
    def of_class(cls, a):
        return cls, a

    @staticmethod
    @capture
    def static(a):
        return a

    @property
    @capture
    def prop(self, a):
        return a


def test_methods():
    functions = [K.method, K.of_class.__func__, K.static, K.__dict__["prop"].fget]
    with run_of(*functions, config={"a": 1, "self": 9, "cls": 9}).activate():
        k = K()
        assert k.method() == (k, 1, 2)
        assert k.method(5) == (k, 5, 2)
        assert K.method(k, zz=3) == (k, 1, 3)
        assert K.of_class() == (K, 1)
        assert k.static() == 1
        assert k.prop == 1
    assert inspect.ismethod(K().method)
    assert str(inspect.signature(K().method)) == "(a, zz=2)"


def test_async():
    @capture
    async def f(a):
        await asyncio.sleep(0)
        return a

    if hasattr(inspect, "markcoroutinefunction"):
        assert inspect.iscoroutinefunction(f)
    else:
        assert asyncio.iscoroutinefunction(f)
    with run_of(f, config={"a": 1}).activate():
        assert asyncio.run(f()) == 1


def test_generators():
    @capture
    def f(a):
        yield from range(a)

    with run_of(f, config={"a": 3}).activate():
        assert list(f()) == [0, 1, 2]


# ------------------------------------------------------------------- isolation


@capture
def get(x):
    return x


def test_nested_runs_restore_the_outer_one():
    with run_of(get, config={"x": "outer"}).activate():
        assert get() == "outer"
        inner = run_of(get, config={"x": "inner"})
        assert get() == "outer"
        with inner.activate():
            assert get() == "inner"
        assert get() == "outer"
        assert get.config == {"x": "outer"}


def test_functions_of_the_outer_run_in_a_nested_one():
    @capture
    def other(x):
        return x, get()

    with (
        run_of(get, config={"x": "outer"}).activate(),
        run_of(other, config={"x": "inner"}).activate(),
    ):
        assert other() == ("inner", "outer")


def test_after_errors_the_outer_run_is_restored():
    with run_of(get, config={"x": "outer"}).activate():
        with pytest.raises(ZeroDivisionError), run_of(get, config={"x": "inner"}).activate():
            1 / 0  # noqa: B018
        assert get() == "outer"


def test_after_the_run_the_last_binding_counts():
    with run_of(get, config={"x": 1}, run="R").activate():
        pass
    assert get() == 1
    assert get.run == "R"


def in_thread(function):
    result = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    thread.join()
    return result[0]


def test_threads_see_the_active_run():
    with run_of(get, config={"x": 1}).activate():
        with run_of(get, config={"x": 2}).activate():
            assert in_thread(get) == 2
        assert in_thread(get) == 1
    assert in_thread(get) == 2  # no active run: the one bound last


def test_parallel_runs_each_see_their_own():
    barrier = threading.Barrier(4)
    seen = {}

    def run(number):
        with run_of(get, config={"x": number}).activate():
            barrier.wait(60)
            seen[number] = [get() for _ in range(50)]
            barrier.wait(60)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {n: [n] * 50 for n in range(4)}


def test_tasks_see_the_run_that_started_them():
    async def task(number):
        with run_of(get, config={"x": number}).activate():
            await asyncio.sleep(0)
            return get()

    async def main():
        return await asyncio.gather(*map(task, range(5)))

    assert asyncio.run(main()) == list(range(5))


def test_a_call_leaves_no_trace_on_the_function():
    def f(x):
        return x

    before = dict(vars(f))
    made = capture(f)
    with run_of(made, config={"x": 1}).activate():
        made()
    assert vars(f) == before
