"""Fixtures for observers that send messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.http import HttpServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    """An HTTP server on loopback, reached without the proxies of the environment."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with HttpServer() as running:
        yield running
