"""Captured functions in other processes."""

import functools
import logging
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest

from sacred.config import bindings as bindings_module
from sacred.config.bindings import Binding, RunBindings, find_run
from sacred.config.captured_function import CapturedFunction
from sacred.config.captured_function import create_captured_function as capture
from sacred.config.snapshot import RemoteRun, Snapshot, receive, take_snapshot

SCRIPT = Path(__file__).with_name("processes_script.py")


@capture
def get(x, _run=None):
    return x


def under_another_name(x):
    return x


alias = capture(under_another_name)


@capture
@functools.lru_cache
def cached(x):
    return x


class Model:
    @capture
    def method(self, x):
        return x


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("function", [get, alias, cached, Model.method])
def test_in_one_process_the_function_stays_the_same(function, protocol):
    assert pickle.loads(pickle.dumps(function, protocol)) is function
    assert cloudpickle.loads(cloudpickle.dumps(function, protocol)) is function


def test_bound_methods():
    assert pickle.loads(pickle.dumps(Model().method)).__func__ is Model.method


def test_local_functions_need_cloudpickle():
    @capture
    def local(x):
        return x + 1 if x > 0 else local(1)

    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(local)
    bindings = RunBindings()
    bindings.bind(local, Binding(config={"x": -1}))
    with bindings.activate():
        made = cloudpickle.loads(cloudpickle.dumps(local))
        assert isinstance(made, CapturedFunction)
        assert made is not local
        assert (made.__name__, made.__qualname__) == ("local", local.__qualname__)
        assert made() == 2
        assert made(x=5) == 6


def forget(monkeypatch, function):
    """As if this were another process."""
    monkeypatch.setattr(bindings_module, "known_runs", {})
    monkeypatch.setattr(bindings_module, "received_run", None)
    function.last_binding = None


class FakeRun:
    def __init__(self):
        self._id = 5
        self.config = {"x": 1}
        self.status = "RUNNING"
        self.experiment_info = {"name": "e"}
        self.meta_info = {}
        self.info = {}


def test_what_is_sent(monkeypatch):
    bindings = RunBindings()
    bindings.bind(get, Binding({"x": 1}, logging.getLogger("a.b"), random.Random(3), FakeRun()))
    with bindings.activate():
        data = pickle.dumps(get)
    forget(monkeypatch, get)
    assert pickle.loads(data) is get
    assert get() == 1
    assert get.logger is logging.getLogger("a.b")
    assert get.rnd.random() == random.Random(3).random()
    assert get.run == RemoteRun(5, {"x": 1}, "RUNNING", {"name": "e"}, {})
    # And on from there.
    assert take_snapshot(get).run is get.run


@pytest.mark.parametrize("name", ["log_scalar", "add_artifact", "add_resource", "open_resource"])
def test_the_stand_in_says_where_the_run_is(name):
    with pytest.raises(RuntimeError, match=r"Run 5 belongs to the parent process.*" + name):
        getattr(RemoteRun(5), name)("x", 1)
    with pytest.raises(RuntimeError, match="info"):
        RemoteRun(5).info  # noqa: B018


def received(config, token, monkeypatch=None):
    key = (get.__module__, get.__qualname__)
    receive(get, Snapshot(token, None, {key: (config, None, None)}))


def test_the_run_received_last_counts(monkeypatch):
    forget(monkeypatch, get)
    received({"x": 1}, "token-1")
    received({"x": 2}, "token-2")
    assert get() == 2
    received({"x": 1}, "token-1")
    assert get() == 1
    own = RunBindings()
    own.bind(get, Binding({"x": 3}))
    assert get() == 3
    received({"x": 2}, "token-2")
    assert get() == 2
    with own.activate():
        assert get() == 3


def test_workers_forget_old_runs(monkeypatch):
    forget(monkeypatch, get)
    for number in range(20):
        received({"x": number}, f"token-{number}")
        assert get() == number
    assert len(bindings_module.known_runs) <= 20


def test_the_run_of_a_function():
    @capture
    def f():
        pass

    assert find_run(f) is None
    assert take_snapshot(f) is None
    bindings = RunBindings()
    bindings.bind(f, Binding())
    assert find_run(f) is bindings
    f.last_binding = None
    assert find_run(f) is None


def expected(a, name, remote):
    config = "ReadOnlyDict"
    lines = [
        [(x + a, (2, True, "L.inner"), 7, remote, config) for x in (1, 2)],
        [6, 24],
        [10],
        [6],
    ]
    return [str(line) for line in lines]


# joblib adds some of its own, which are no backends of all its versions.
START_METHODS = {"fork", "spawn", "forkserver"} & {*multiprocessing.get_all_start_methods()}
KINDS = [*sorted(START_METHODS), "loky", "threading"]


@pytest.mark.parametrize("kind", KINDS)
def test_other_processes(kind):
    """All functions of a main script, in workers that are older and younger than the run."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPT), kind],
        capture_output=True,
        text=True,
        timeout=110,
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[3])},
    )
    assert done.returncode == 0, done.stderr
    young = kind not in ("fork", "threading")
    lines = done.stdout.splitlines()
    assert lines[:4] == expected(10, kind, remote=young)
    assert lines[4:] == expected(20, kind, remote=kind != "threading")
