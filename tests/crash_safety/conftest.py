"""Stores to crash beside, the time limit, and the seed that each test prints."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash_safety import places
from tests.crash_safety.effort import LONG, SEED

TESTS = Path(__file__).parents[1]
FOLDERS = tuple(f"{TESTS / name}{os.sep}" for name in ("crash_safety", "untrusted_input"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test starts many processes: on a loaded machine they take minutes."""
    for item in items:
        if str(item.path).startswith(FOLDERS):
            item.add_marker(pytest.mark.timeout(3600 if LONG else 900))


@pytest.fixture(autouse=True)
def seed() -> int:
    """Printed with every test that fails."""
    print(f"SACRED_TEST_SEED={SEED}")
    return SEED


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[places.Place]:
    """An empty store; to be parametrized indirectly by the name of a kind."""
    kind = request.param
    if kind == "file":
        yield places.FilePlace(tmp_path / "runs")
    elif kind == "sqlite":
        yield places.SqlitePlace(tmp_path / "runs.db")
    elif kind == "tinydb":
        yield places.TinyDbPlace(tmp_path / "tinydb")
    elif kind == "mongo":
        server = request.getfixturevalue("mongo_server")
        with places.MongoPlace(server.url, f"sacred_test_{uuid.uuid4().hex[:12]}") as found:
            yield found
    elif kind == "postgres":
        with request.getfixturevalue("postgres").database() as url:
            yield places.PostgresPlace(url)
    elif kind == "google":
        server = request.getfixturevalue("gcs_server")
        yield places.GooglePlace(server, f"bucket-{uuid.uuid4().hex[:12]}")
    else:
        assert kind == "s3"
        server = request.getfixturevalue("s3_server")
        yield places.S3Place(server.environment, f"bucket-{uuid.uuid4().hex[:12]}")
