"""What a run uses of its machine, as metrics ``system.*`` of the run.

================================ ==============================================================
``system.cpu``                   percent of one processor, by the process and its children
``system.memory``                bytes in main memory, of the process and its children; what these
                                 share counts for each of them
``system.io.read``, ``.write``   bytes per second that were read from and written to storage
``system.gpu.N.utilization``     percent of the time in which GPU number N did something
``system.gpu.N.memory``          bytes in use on it, by all
================================ ==============================================================

They are off by default, because old dashboards list every metric; turn them on with
``SETTINGS.SYSTEM_METRICS = True``. They are measured with heartbeats, at most every ten seconds
(or as many seconds as the setting says). On Linux the numbers come from ``/proc``, elsewhere from
psutil if that is installed. The numbers of GPUs come from NVML (``pip install nvidia-ml-py``) if
that is installed.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sacred._base.extras import is_installed

__all__ = ["DEFAULT_INTERVAL", "SystemMetrics", "logging_samples"]

#: Seconds between two samples.
DEFAULT_INTERVAL = 10.0
# Places of the fields of /proc/PID/stat behind the name of the program (proc_pid_stat(5)).
_USER_TICKS, _SYSTEM_TICKS, _RESIDENT_PAGES = 11, 12, 21


class _Usage(NamedTuple):
    """The usage of a process and its children since they started."""

    cpu_seconds: float
    memory: int
    bytes_read: int
    bytes_written: int


class SystemMetrics:
    """Samples of what this process and its children use.

    Args:
        interval: seconds between two samples, approximately.
        proc: the directory where Linux shows its processes.

    >>> metrics = SystemMetrics()
    >>> metrics.sample()["system.memory"] > 1_000_000
    True
    >>> metrics.sample()  # it is not time yet
    {}
    """

    def __init__(self, interval: float = DEFAULT_INTERVAL, proc: str = "/proc") -> None:
        self._proc = proc
        # Heartbeats are not punctual: one of ten seconds may come a little early.
        self._interval = 0.9 * interval
        self._due = 0.0
        self._last = time.monotonic(), _usage(proc)
        self._gpus = _Gpus()

    def sample(self) -> dict[str, float]:
        """Return the numbers by the names of their metrics; empty if it is not time yet.

        Rates are averages since the last sample, or since this object was created.
        """
        now = time.monotonic()
        if now < self._due:
            return {}
        self._due = now + self._interval
        (then, before), usage = self._last, _usage(self._proc)
        self._last = now, usage
        found: dict[str, float] = {}
        if usage is not None:
            found["system.memory"] = usage.memory
        if usage is not None and before is not None and now > then:
            found |= _rates(before, usage, now - then)
        return found | self._gpus.sample()


def _rates(before: _Usage, now: _Usage, seconds: float) -> dict[str, float]:
    # A child that has ended takes its numbers along: never below zero.
    used = max(0.0, now.cpu_seconds - before.cpu_seconds)
    return {
        "system.cpu": round(100 * used / seconds, 2),
        "system.io.read": round(max(0, now.bytes_read - before.bytes_read) / seconds),
        "system.io.write": round(max(0, now.bytes_written - before.bytes_written) / seconds),
    }


def _usage(proc: str) -> _Usage | None:
    """What this process and its children use; None if that cannot be determined."""
    if os.path.exists(f"{proc}/self/stat"):
        return _usage_by_proc(proc)
    return _usage_by_psutil() if is_installed("psutil") else None


def _usage_by_proc(proc: str) -> _Usage:
    ticks, pages = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    cpu = memory = read = written = 0
    for fields, io in _processes(f"{proc}/{os.getpid()}"):
        cpu += int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
        memory += int(fields[_RESIDENT_PAGES]) * pages
        read += io.get("read_bytes", 0)
        written += io.get("write_bytes", 0)
    return _Usage(cpu / ticks, memory, read, written)


def _processes(directory: str) -> Iterator[tuple[list[str], dict[str, int]]]:
    """The fields of ``stat`` and ``io`` of a process and its descendants.

    Args:
        directory: the directory of the process.
    """
    waiting = [directory]
    while waiting:
        process = waiting.pop()
        # It may end at any time, and then there is nothing to be read.
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = _read(f"{process}/stat").rpartition(")")[2].split()
            yield fields, _io(process)
            for thread in os.listdir(f"{process}/task"):
                children = _children(f"{process}/task/{thread}")
                waiting += (f"{os.path.dirname(process)}/{pid}" for pid in children)


def _children(thread: str) -> list[str]:
    with contextlib.suppress(OSError):  # not every kernel has it
        return _read(f"{thread}/children").split()
    return []


def _io(process: str) -> dict[str, int]:
    with contextlib.suppress(OSError):
        lines = _read(f"{process}/io").splitlines()
        return {name: int(number) for name, _, number in (line.partition(":") for line in lines)}
    return {}


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _usage_by_psutil() -> _Usage:
    import psutil  # where there is no /proc

    cpu, memory, read, written = 0.0, 0, 0, 0
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            cpu += times.user + times.system
            memory += process.memory_info().rss
            if hasattr(process, "io_counters"):  # not on macOS
                io = process.io_counters()
                read += io.read_bytes
                written += io.write_bytes
    return _Usage(cpu, memory, read, written)


class _Gpus:
    """The GPUs of this machine, by NVML."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._handles: list[Any] | None = None

    def sample(self) -> dict[str, float]:
        if self._handles is None:
            self._handles = self._open()
        found: dict[str, float] = {}
        for number, handle in enumerate(self._handles):
            with contextlib.suppress(Exception):  # of a driver that has been unloaded
                rates = self._nvml.nvmlDeviceGetUtilizationRates(handle)
                memory = self._nvml.nvmlDeviceGetMemoryInfo(handle)
                found[f"system.gpu.{number}.utilization"] = rates.gpu
                found[f"system.gpu.{number}.memory"] = memory.used
        return found

    def _open(self) -> list[Any]:
        if not is_installed("pynvml"):
            return []
        # Whatever is wrong with a driver, there are no numbers then.
        with contextlib.suppress(Exception):
            import pynvml

            pynvml.nvmlInit()
            self._nvml = pynvml
            count = pynvml.nvmlDeviceGetCount()
            return [pynvml.nvmlDeviceGetHandleByIndex(number) for number in range(count)]
        return []


def logging_samples(
    metrics: SystemMetrics, log_scalars: Callable[[Mapping[str, float]], None]
) -> Callable[[], Iterable[Any]]:
    """Return a function that logs a sample if it is time, for use with each heartbeat.

    Args:
        metrics: takes the samples.
        log_scalars: logs one sample.
    """

    def log() -> Iterable[Any]:
        if found := metrics.sample():
            log_scalars(found)
        return ()

    return log
