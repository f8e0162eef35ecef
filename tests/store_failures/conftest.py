"""Servers that only these tests send away, and the place of each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred.observers.store_observer import StoreObserver
from tests.services import serving
from tests.store_failures import places


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoreObserver, "pause", 0.02)
    monkeypatch.setattr(StoreObserver, "closing_attempts", {"COMPLETED": 2, "FAILED": 1})


@pytest.fixture(scope="package")
def failing_mongo() -> Iterator[Any]:
    yield from serving.serve_mongo()


@pytest.fixture(scope="package")
def failing_postgres() -> Iterator[Any]:
    yield from serving.serve_postgres()


@pytest.fixture(scope="package")
def failing_s3() -> Iterator[Any]:
    yield from serving.serve_s3()


@pytest.fixture(scope="package")
def failing_google() -> Iterator[Any]:
    yield from serving.serve_gcs()


@pytest.fixture
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[places.FailingPlace]:
    """The place of the kind that the test is parametrised with; it is there in the end."""
    kind = request.param
    if kind in ("files", "tinydb", "sqlite"):
        for package in {"tinydb": ["tinydb"], "sqlite": ["sqlalchemy"]}.get(kind, []):
            pytest.importorskip(package)
        yield _on_disk(kind, tmp_path / "runs")
        return
    server = request.getfixturevalue(f"failing_{kind}")
    if kind in ("s3", "google"):
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.refusing = False
    if kind == "google":
        monkeypatch.setattr("sacred.stores.buckets.gcs.RETRY_SECONDS", 0.3)
    make = {
        "postgres": lambda: places.PostgresPlace(server),
        "mongo": lambda: places.MongoPlace(server),
        "s3": lambda: places.S3Place(server, tmp_path),
        "google": lambda: places.GooglePlace(server, tmp_path),
    }
    yield make[kind]()
    if not server.running:
        server.start()


def _on_disk(kind: str, directory: Path) -> places.DiskPlace:
    kinds = {
        "files": places.FilesPlace,
        "tinydb": places.TinyDbPlace,
        "sqlite": places.SqlitePlace,
    }
    return kinds[kind](directory)
