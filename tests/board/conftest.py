"""What the tests of the board share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.services.browser import ReusedPage, serve_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from serve_browser()


@pytest.fixture(scope="module")
def reused_page(browser: Browser) -> Iterator[ReusedPage]:
    """The page of those tests that need no window of their own; see `revisiting`."""
    page = ReusedPage(browser)
    yield page
    page.close()
