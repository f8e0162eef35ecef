"""A real MariaDB for the tests: start, crash and restart the server of this machine.

Its programs are those of Debian's package ``mariadb-server`` (``tests/services/debian.py``
installs it for root); there is no wheel that carries them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Any

import pymysql

from tests.services import scratch
from tests.services.child_server import DatabaseServer, ServerUnavailableError

__all__ = ["MariaDbServer"]


class MariaDbServer(DatabaseServer):
    """A MariaDB of our own on a free loopback port, with its data in a scratch directory.

    >>> with MariaDbServer() as server:  # doctest: +SKIP
    ...     url = server.create_database()
    ...     server.kill()  # a crash
    ...     server.restart()  # same port, same data
    """

    user = "sacred"
    stop_signal = signal.SIGTERM
    port_taken = "Can't start server: Bind on TCP/IP port"

    def url(self, database: str) -> str:
        """The address of a database for SQLAlchemy; the same between starts."""
        who = f"{self.user}:{self.password}"
        return f"mariadb+pymysql://{who}@{self.host}:{self.port}/{database}?charset=utf8mb4"

    def create_database(self) -> str:
        """Make an empty database; returns its `url`."""
        name = f"sacred_test_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database."""
        name = url.rpartition("/")[2].partition("?")[0]
        self.execute(f"DROP DATABASE {name}")

    def execute(self, statement: str) -> None:
        """Execute a statement."""
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def _connect(self) -> pymysql.Connection[Any]:
        return pymysql.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            connect_timeout=5,
            autocommit=True,
        )

    def _make_directory(self) -> Path:
        install = shutil.which("mariadb-install-db")
        if install is None:
            raise ServerUnavailableError("there is no MariaDB here (mariadb-install-db)")
        directory = Path(tempfile.mkdtemp(prefix="sacred-mariadb-", dir=scratch.directory()))
        user = _server_user()
        # Of its own: a server that starts removes the temporary tables of all others there.
        (directory / "tmp").mkdir()
        command = [install, "--no-defaults", f"--datadir={directory / 'data'}"]
        command.append(f"--tmpdir={directory / 'tmp'}")
        command += ["--skip-test-db", "--auth-root-authentication-method=normal"]
        if user is not None:
            shutil.chown(directory, user)
            shutil.chown(directory / "tmp", user)
            command.append(f"--user={user}")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(directory, ignore_errors=True)
            raise ServerUnavailableError(f"mariadb-install-db failed:\n{done.stdout}{done.stderr}")
        (directory / "first.sql").write_text(
            f"CREATE USER IF NOT EXISTS '{self.user}'@'%' IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL ON *.* TO '{self.user}'@'%';\n"
        )
        return directory

    def _command(self, directory: Path) -> tuple[list[str], dict[str, Any]]:
        # Debian has it where only root's PATH leads.
        program = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise ServerUnavailableError("there is no MariaDB here (mariadbd)")
        options: dict[str, object] = {
            "datadir": directory / "data",
            "tmpdir": directory / "tmp",
            "socket": directory / "socket",
            "pid-file": directory / "pid",
            "port": self.port,
            "bind-address": self.host,
            "init-file": directory / "first.sql",
            "innodb-flush-log-at-trx-commit": 2,  # the machine does not crash, only the server
            "innodb-buffer-pool-size": "64M",
        }
        if (user := _server_user()) is not None:
            options["user"] = user
        command = [program, "--no-defaults", "--skip-name-resolve"]
        return [*command, *(f"--{name}={value}" for name, value in options.items())], {}

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except pymysql.Error:
            return False
        return True


def _server_user() -> str | None:
    """Whom root runs it as; None: we are somebody else."""
    return "nobody" if os.geteuid() == 0 else None
