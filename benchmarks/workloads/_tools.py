"""What workloads share. They run with the old library, with this one, and without any."""

import json
import os
import resource
import threading
import time

IS_LIMIT = os.environ.get("BENCH_ROLE") == "limit"


def scaled(count):
    """`count`, or the part of it that ``--scale`` wants."""
    return max(1, int(count * float(os.environ.get("BENCH_SCALE", "1"))))


def report(**measures):
    """Tell the driver; may be called several times."""
    path = os.environ["BENCH_RESULT"]
    before = {}
    if os.path.exists(path):
        with open(path) as file:
            before = json.load(file)
    with open(path, "w") as file:
        json.dump({**before, **measures}, file)


def per_call(function, count, *args, **kwargs):
    """Seconds of CPU for one call, the best of many tries; `count` calls in all.

    Whatever else the machine does only makes a try longer: the shorter they are, the more of
    them nothing disturbs.
    """
    tries = 50
    some = max(1, count // tries)
    best = float("inf")
    for _ in range(tries):
        began = time.thread_time()
        for _ in range(some):
            function(*args, **kwargs)
        best = min(best, time.thread_time() - began)
    return best / some


class Stopwatch:
    """Seconds since it was made: passed, and of CPU in this process and its children."""

    def __init__(self):
        self._began, self._cpu_before = time.perf_counter(), _cpu()

    def wall(self):
        return time.perf_counter() - self._began

    def cpu(self):
        return _cpu() - self._cpu_before


def _cpu():
    whose = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, whose))


def peak_memory():
    """The most memory that this process has had, in bytes (Linux).

    `resource` would count that of the process which has started it, before the program began.
    """
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def wait_for_threads():
    """The old library goes on storing when `ex.run()` has returned."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def quiet(ex):
    """Only errors are logged."""
    import logging

    logger = logging.getLogger("bench")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    logger.setLevel(logging.ERROR)
    ex.logger = logger
    return ex
