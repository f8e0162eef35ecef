"""Servers for fixtures: each function leaves the test out where its server cannot be had."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from tests.services.gcs import GcsServer
    from tests.services.mariadb import MariaDbServer
    from tests.services.mongo import MongoServer
    from tests.services.postgres import PostgresServer
    from tests.services.s3 import S3Server

__all__ = ["leave_out", "serve_gcs", "serve_mariadb", "serve_mongo", "serve_postgres", "serve_s3"]


def leave_out(reason: str) -> NoReturn:
    """Skip this test for what is missing here; where ``CI`` is ``true``, nothing may be."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def serve_mongo() -> Iterator[MongoServer]:
    """A MongoDB, running; it may be stopped, killed and restarted."""
    pytest.importorskip("pymongo")
    from tests.services.mongo import MongoServer

    with MongoServer() as server:
        yield server


def serve_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL, running; it may be stopped, killed and restarted."""
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("psycopg")
    from tests.services.child_server import ServerUnavailableError
    from tests.services.postgres import PostgresServer

    try:
        server = PostgresServer().start()
    except ServerUnavailableError as error:
        leave_out(str(error))
    yield server
    server.close()


def serve_mariadb() -> Iterator[MariaDbServer]:
    """A MariaDB, running; it may be stopped, killed and restarted."""
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("pymysql")
    from tests.services.child_server import ServerUnavailableError
    from tests.services.mariadb import MariaDbServer

    try:
        server = MariaDbServer().start()
    except ServerUnavailableError as error:
        leave_out(str(error))
    yield server
    server.close()


def serve_s3() -> Iterator[S3Server]:
    """Something that speaks S3."""
    pytest.importorskip("boto3")
    pytest.importorskip("moto.server")
    from tests.services.s3 import S3Server

    server = S3Server()
    yield server
    server.stop()


def serve_gcs() -> Iterator[GcsServer]:
    """Something that speaks Google Cloud Storage."""
    pytest.importorskip("google.cloud.storage")
    from tests.services.gcs import GcsServer

    server = GcsServer()
    yield server
    server.stop()
