"""Run as a script by `test_snapshot.py`: captured functions in other processes.

usage: processes_script.py KIND, one of fork, spawn, forkserver, loky, threading
"""

import functools
import logging
import multiprocessing
import random
import sys

from sacred.config.bindings import Binding, RunBindings
from sacred.config.captured_function import create_captured_function as capture


@capture
def inner(b, _seed, _log):
    return b, isinstance(_seed, int), _log.name


@capture
def outer(x, a, _run, _config):
    try:
        _run.log_scalar("x", 1)
        said = "logged"
    except RuntimeError as error:
        said = str(error)
    return x + a, inner(), _run._id, "belongs to the parent" in said, type(_config).__name__


@capture
def factorial(n, one):
    return one if n <= 1 else n * factorial(n - 1)


def doubled(function):
    @functools.wraps(function)
    def double(*args, **kwargs):
        return 2 * function(*args, **kwargs)

    return double


@capture
@doubled
def decorated(a):
    return a


class Model:
    @capture
    def method(self, a, *, k=1):
        return a + k


class FakeRun:
    _id = 7
    status = "RUNNING"

    def log_scalar(self, *args):
        self.lock = None

    def __reduce__(self):
        raise TypeError("a run stays where it is")


def run_of(a):
    bindings, config = RunBindings(), {"a": a, "b": 2, "one": 1}
    for function in (inner, outer, factorial, Model.method, decorated):
        logger = logging.getLogger("L." + function.__name__)
        bindings.bind(function, Binding(config, logger, random.Random(1), FakeRun()))
    return bindings


def use_pool(map_):
    print(map_(outer, [1, 2]))
    print(map_(factorial, [3, 4]))
    print(map_(decorated, [5]))
    print(map_(Model().method, [5]))


def main(kind):
    if kind in multiprocessing.get_all_start_methods():
        # The second one is there before its run.
        with multiprocessing.get_context(kind).Pool(2) as early:
            with run_of(10).activate(), multiprocessing.get_context(kind).Pool(2) as pool:
                use_pool(pool.map)
            with run_of(20).activate():
                use_pool(early.map)
        return
    import joblib

    for a in (10, 20):
        with run_of(a).activate(), joblib.parallel_backend(kind, n_jobs=2):
            use_pool(lambda f, xs: joblib.Parallel()(joblib.delayed(f)(x) for x in xs))


if __name__ == "__main__":
    main(sys.argv[1])
