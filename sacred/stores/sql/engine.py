"""Engines for database URLs, with installed drivers and time limits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sacred._base.errors import MissingExtraError
from sacred._base.extras import is_installed, require
from sacred.stores.store import StoreAddressError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine

__all__ = ["BUSY_TIMEOUT", "file_of", "make_engine", "url_of"]

#: Seconds to wait while others are writing.
BUSY_TIMEOUT = 60

# If the first driver, which is what SQLAlchemy takes, is missing, the second will do.
_DRIVERS = {
    "postgresql": (("psycopg2", "psycopg"), "psycopg[binary]"),
    "mysql": (("MySQLdb", "pymysql"), "pymysql"),
    "mariadb": (("MySQLdb", "pymysql"), "pymysql"),
}

# A server that is silently gone must not hold up a run for ever.
_POSTGRESQL_LIMITS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_LIMITS: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": BUSY_TIMEOUT},
    "psycopg": _POSTGRESQL_LIMITS,
    "psycopg2": _POSTGRESQL_LIMITS,
    "pymysql": {"connect_timeout": 10, "read_timeout": 120, "write_timeout": 120},
    "mysqldb": {"connect_timeout": 10},
}


def url_of(text: str) -> URL:
    """Return a database URL with an installed driver and absolute paths.

    Raises:
        StoreAddressError: it is not a database URL.
        MissingExtraError: SQLAlchemy is not installed.

    >>> url_of("sqlite:////data/runs.db").database
    '/data/runs.db'
    >>> url_of("runs.db")
    Traceback (most recent call last):
        ...
    sacred.stores.store.StoreAddressError: that is no database URL; it looks like \
sqlite:///runs.db or postgresql://user@host:5432/database
    """
    sqlalchemy = require("sqlalchemy", extra="sql", purpose="SqlObserver")
    try:
        url: URL = sqlalchemy.make_url(text)
    except sqlalchemy.exc.ArgumentError as error:
        # The text is not repeated: it may have a password.
        raise StoreAddressError(
            "that is no database URL; it looks like sqlite:///runs.db or "
            "postgresql://user@host:5432/database"
        ) from error
    backend = url.get_backend_name()
    if backend == url.drivername and backend in _DRIVERS:
        (usual, other), _ = _DRIVERS[backend]
        if not is_installed(usual) and is_installed(other):
            url = url.set(drivername=f"{backend}+{other}")
    if backend == "sqlite" and url.database and not _is_special(url.database):
        # The run may change its directory, and then connect again.
        url = url.set(database=os.path.abspath(url.database))
    return url


def make_engine(text: str, echo: bool = False) -> Engine:
    """Return an engine for a URL; it connects on use.

    Args:
        text: the URL.
        echo: log all statements.

    Raises:
        StoreAddressError: it is not a database URL.
        MissingExtraError: SQLAlchemy or the driver is not installed.
    """
    url = url_of(text)
    # Not at the top: SQLAlchemy is optional.
    import sqlalchemy as sa

    # An error, which may be logged, does not show a million numbers, or what is in a config.
    options: dict[str, Any] = {"echo": echo, "pool_pre_ping": True, "hide_parameters": not echo}
    try:
        if url.get_backend_name() == "sqlite" and _is_in_memory(url):
            # Such a database is one connection; that of the heartbeat must be the same.
            options |= {"poolclass": sa.StaticPool, "connect_args": {"check_same_thread": False}}
        else:
            options["connect_args"] = connection_limits(url)
        if url.get_backend_name() in ("mysql", "mariadb"):
            # Else a session that has read once sees nothing new before its transaction ends.
            options["isolation_level"] = "READ COMMITTED"
        return sa.create_engine(url, **options)
    except sa.exc.NoSuchModuleError as error:
        raise StoreAddressError(f"SQLAlchemy knows no database {url.drivername!r}") from error
    except ModuleNotFoundError as error:
        package = _DRIVERS.get(url.get_backend_name(), ((), error.name))[1]
        raise MissingExtraError(
            f"SqlObserver needs the package {error.name!r} for {url.drivername}, which is not "
            f'installed; try: pip install "{package}"',
            name=error.name,
        ) from error


def file_of(engine: Engine) -> str | None:
    """Return the file of an SQLite database; None: it has no file, or is another database."""
    url = engine.url
    if url.get_backend_name() != "sqlite" or _is_in_memory(url) or _is_special(url.database or ""):
        return None
    return url.database


def connection_limits(url: URL) -> dict[str, Any]:
    driver = url.get_backend_name()
    if driver != "sqlite":
        driver = url.get_dialect().driver
    # What the user says has precedence.
    limits = _LIMITS.get(driver, {}).items()
    return {name: value for name, value in limits if name not in url.query}


def _is_in_memory(url: URL) -> bool:
    name = url.database or ""
    in_memory = url.query.get("mode") == "memory"
    return in_memory or name in ("", ":memory:") or name.startswith("file::memory:")


def _is_special(name: str) -> bool:
    return name == ":memory:" or name.startswith("file:")
