"""What the servers that tests start have in common: a port, data, a log, an end with the tests."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

__all__ = ["ChildServer", "DatabaseServer", "ServerUnavailableError", "fetch_wheels", "free_port"]

# Runs beside each server: when the test process has died, without having been able to clean
# up, it ends the server and removes its directory. (A death signal of the kernel would come
# at the end of the *thread* that started the server; tests restart servers from threads.)
_WATCHDOG = """\
import os, shutil, sys, time
parent, server, how, directory = *map(int, sys.argv[1:4]), sys.argv[4]
while os.getppid() == parent:
    time.sleep(0.2)
try:
    os.kill(server, how)
except ProcessLookupError:
    pass
for _ in range(20):
    shutil.rmtree(directory, ignore_errors=True)
    time.sleep(0.1)
"""


class ServerUnavailableError(RuntimeError):
    """There is no such server here and none could be installed, or it does not start."""


def fetch_wheels(requirements: str, platform: list[str], scratch: Path) -> list[Path]:
    """Download wheels that are pinned by hash, without installing them.

    Args:
        requirements: the text of a requirements file.
        platform: pip's options for the Python and system that the wheels exist for.
        scratch: a directory to work in.

    Raises:
        ServerUnavailableError: pip cannot get them.
    """
    listed = scratch / "requirements.txt"
    listed.write_text(requirements)
    wheels = scratch / "wheels"
    pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
    pip += ["--only-binary=:all:", "--require-hashes", *platform, f"--dest={wheels}"]
    done = subprocess.run([*pip, "-r", str(listed)], capture_output=True, text=True)
    if done.returncode:
        raise ServerUnavailableError(f"no server here, and pip cannot fetch one:\n{done.stderr}")
    return sorted(wheels.iterdir())


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ChildServer(ABC):
    """A server of our own on a free loopback port, with its data in a scratch directory."""

    host = "127.0.0.1"
    #: What ends it in order, and what is a crash.
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    kill_signal: ClassVar[signal.Signals] = signal.SIGKILL
    #: What its log says if somebody else has the port.
    port_taken: ClassVar[str]

    def __init__(self) -> None:
        self.port = free_port()
        self.owner = os.getpid()
        self.directory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _make_directory(self) -> Path:
        """A scratch directory with all that the first start needs."""

    @abstractmethod
    def _command(self, directory: Path) -> tuple[list[str], dict[str, Any]]:
        """The command, and arguments for `subprocess.Popen` (``env``, for example)."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it accepts writes by now."""

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of the process.

        Raises:
            RuntimeError: it does not run.
        """
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    def start(self) -> Self:
        """Start and return once the server answers; data of an earlier start are there."""
        if self.running:
            raise RuntimeError("the server is running already")
        first = self.directory is None
        for attempts_left in reversed(range(5)):
            try:
                self._launch()
                self._wait()
                return self
            except ServerUnavailableError:
                self.kill()
                # Somebody may have taken the port since we chose it. Later, clients know it.
                if not first or not attempts_left or self.port_taken not in self.log():
                    raise
                self.port = free_port()
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Shut down in order; sessions of clients are ended."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """Crash: no chance to say goodbye to clients or to flush."""
        self._end(self.kill_signal)

    def restart(self) -> Self:
        """Start again (after `stop` or `kill`, or right away) on the same port and data."""
        self.stop()
        return self.start()

    def close(self) -> None:
        """End the server and remove its data."""
        if os.getpid() != self.owner:
            return  # a forked child that leaves through atexit
        self.kill()
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None
        atexit.unregister(self.close)

    def log(self) -> str:
        """What the server wrote since it was first started."""
        path = self.directory and self.directory / "log"
        return path.read_text(errors="replace") if path and path.exists() else ""

    def __enter__(self) -> Self:
        return self if self.running else self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _launch(self) -> None:
        if self.directory is None:
            self.directory = self._make_directory()
            atexit.register(self.close)
        command, how = self._command(self.directory)
        with open(self.directory / "log", "ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop the server
                **how,
            )
        watched = (os.getpid(), self._process.pid, int(self.kill_signal), self.directory)
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WATCHDOG, *map(str, watched)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def _wait(self, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.running:
            if self._answers():
                return
            time.sleep(0.05)  # it is still starting
        tail = "\n".join(self.log().splitlines()[-15:])
        raise ServerUnavailableError(
            f"{type(self).__name__} does not start; the end of its log:\n{tail}"
        )

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            watchdog.kill()
            watchdog.wait()


class DatabaseServer(ChildServer):
    """One with databases in SQL."""

    user: str
    password = "secret"

    @abstractmethod
    def create_database(self) -> str:
        """Make an empty database; returns its address for SQLAlchemy."""

    @abstractmethod
    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is connected."""

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The address of an empty database, which is removed afterwards."""
        url = self.create_database()
        try:
            yield url
        finally:
            self.drop_database(url)
