"""What it costs that a record which claims to be whole is on the disk.

Runs in turns: as they are, and with an `os.fsync` that does nothing. ``small`` runs return a
number; ``large`` ones have 10 000 points, 100 kB of output and an artifact of 10 MB.
"""

import os
import statistics
import sys
import time

import _tools

# The script's directory is on the disk that is measured.
COUNT = _tools.scaled(40 if sys.argv[1] == "small" else 10)
IS_LARGE = sys.argv[1] == "large"


class Disk:
    """Stands in the place of `os.fsync`; counts calls and seconds."""

    def __init__(self):
        self.waits = True
        self.calls, self.seconds = 0, 0.0
        self._fsync = os.fsync

    def __call__(self, fd):
        """Wait for the disk, or not."""
        if not self.waits:
            return
        began = time.perf_counter()
        self._fsync(fd)
        self.calls += 1
        self.seconds += time.perf_counter() - began


def experiment():
    from sacred import Experiment
    from sacred.observers import FileStorageObserver

    ex = _tools.quiet(Experiment("runs", save_git_info=False))
    ex.observers.append(FileStorageObserver("runs"))
    ex.add_config(a=1, b=2)

    @ex.main
    def main(a, b, _run):
        if IS_LARGE:
            for step in range(10_000):
                _run.log_scalar("loss", step / 7)
            print("output\n" * (100_000 // 7))
            _run.add_artifact("artifact.bin", name=f"{a}.bin")
        return a + b

    return ex


def seconds_of(ex, number):
    began = time.perf_counter()
    ex.run(config_updates={"a": number}, options={"--capture": "sys"})
    return time.perf_counter() - began


if _tools.IS_LIMIT:
    # The least: one file, on the disk.
    seconds = []
    for _ in range(COUNT):
        began = time.perf_counter()
        with open("file.tmp", "wb") as file:
            file.write(bytes(10_000_000 if IS_LARGE else 1000))
            file.flush()
            os.fsync(file.fileno())
        os.replace("file.tmp", "file")
        seconds.append(time.perf_counter() - began)
    _tools.report(durable=statistics.median(seconds))
else:
    with open("artifact.bin", "wb") as file:
        file.write(os.urandom(10_000_000))
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process lives
    os.fsync = disk = Disk()
    ex = experiment()
    seconds_of(ex, 0)
    disk.calls, disk.seconds = 0, 0.0
    durable, quick = [], []
    for number in range(COUNT):
        for times, disk.waits in ((durable, True), (quick, False)):
            times.append(seconds_of(ex, number))
            os.sync()  # what one run leaves to be written is not for the next to wait for
    _tools.report(
        durable=statistics.median(durable),
        quick=statistics.median(quick),
        waiting=disk.seconds / COUNT,
        calls=disk.calls / COUNT,
    )
