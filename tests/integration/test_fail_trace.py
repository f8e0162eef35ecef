"""Tracebacks that third parties pass as one text, in every store."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from sacred import open_store
from sacred.observers.store_observer import StoreObserver
from sacred.stores.schemes import store_from_url

TEXT = "Traceback (most recent call last):\n  ...\nValueError: the reason\n"


@pytest.fixture(params=["files", "tinydb", "sqlite", "mongo"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "mongo":
        server, database = (request.getfixturevalue(n) for n in ("mongo_server", "mongo_db"))
        return f"mongodb://{server.host}:{server.port}/{database.name}"
    if request.param == "sqlite":
        pytest.importorskip("sqlalchemy")
        return f"sqlite:///{tmp_path / 'runs.db'}"
    if request.param == "tinydb":
        pytest.importorskip("tinydb")
    return f"{'tinydb' if request.param == 'tinydb' else 'file'}:{tmp_path / 'runs'}"


@pytest.mark.parametrize("trace", [TEXT, TEXT.splitlines(keepends=True), ""])
def test_it_is_stored_as_given(url: str, trace: Any) -> None:
    """Not as a list of its letters."""
    observer = StoreObserver(store_from_url(url))
    now = datetime.datetime(2030, 1, 1)
    info = {"name": "test", "sources": [], "base_dir": ".", "dependencies": []}
    run_id = observer.started_event(info, "main", {}, now, {}, {}, None)
    observer.failed_event(now, trace)
    record = open_store(url)[run_id]
    assert record.stored("fail_trace") == trace
    assert record.fail_trace == ("".join(trace) or None)
