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


class Cost:
    """What this process and a server have cost since it was made (Linux).

    Args:
        server: the process id of a server; it and all that it has started count.
    """

    def __init__(self, server=None):
        self._server = server
        self._watch = Stopwatch()
        self._before = self._now()

    def __call__(self):
        """Seconds passed, of CPU here and there, and bytes written by both."""
        server, written = (
            now - before for now, before in zip(self._now(), self._before, strict=True)
        )
        return {
            "seconds": self._watch.wall(),
            "work": self._watch.cpu(),
            "server": server,
            "written": written,
        }

    def _now(self):
        processes = [] if self._server is None else _family(self._server)
        cpu = sum(map(_cpu_of, processes))
        return cpu, sum(map(_written_by, [os.getpid(), *processes]))


def _family(pid):
    """The ids of a process and of all that it has started, which are running."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        children = map(int, file.read().split())
    return [pid, *(member for child in children for member in _family(child))]


def _cpu_of(pid):
    """Seconds, with those of children that have ended."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _written_by(pid):
    """Bytes, with those of children that have ended; sockets count little."""
    with open(f"/proc/{pid}/io") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("wchar"))


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
