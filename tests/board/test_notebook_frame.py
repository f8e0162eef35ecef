"""The board in a frame of a notebook."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

import sacred.board
from sacred.runs import open_store
from sacred.stores.store import StoreAddressError
from tests.board import board_runs
from tests.services.browser import serve_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def browser() -> Iterator[Browser]:
    yield from serve_browser()


@pytest.fixture
def notebook() -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a page of another server, and what it has."""
    page = {"html": ""}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page["html"].encode())

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/", page
        server.shutdown()


def test_a_notebook_shows_the_board_in_a_frame(
    tmp_path: Path, browser: Browser, notebook: tuple[str, dict[str, str]]
) -> None:
    address, page_of_notebook = notebook
    with open_store(tmp_path / "runs") as store:
        board_runs.record(store.backend, tmp_path / "files")
        with sacred.board.show(store, height=500) as frame, browser.new_context() as context:
            page_of_notebook["html"] = f"<!doctype html>{frame._repr_html_()}"
            page = context.new_page()
            page.goto(address)
            inner = page.frame_locator("iframe")
            inner.locator("regular-table tbody tr", has_text="0.9").first.wait_for(timeout=20_000)
            assert page.locator("iframe").bounding_box()["height"] >= 500


def test_the_frame_opens_with_its_token_only_and_ends(tmp_path: Path) -> None:
    with open_store(tmp_path / "runs") as store:
        board_runs.record(store.backend, tmp_path / "files")
    frame = sacred.board.show(str(tmp_path / "runs"), read_only=True)
    assert frame.url in repr(frame)
    base = frame.url.partition("?")[0]
    with httpx.Client(base_url=base, trust_env=False) as client:
        assert client.get("/api/v1/runs").status_code == 401
        answer = client.get(frame.url, follow_redirects=True)
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'self' http://localhost:*" in policy
        assert "default-src 'self'" in policy
        assert client.get("/api/v1/runs").json()["total"] == 4
        assert client.post("/api/v1/trash", json={}).status_code in (404, 405)
        frame.close()
        with pytest.raises(httpx.TransportError):
            client.get("/")
    with pytest.raises(StoreAddressError):
        sacred.board.show("nothing://x")
