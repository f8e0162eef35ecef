"""A real browser for the pages of the board: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.services.serving import leave_out

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

__all__ = ["ReusedPage", "new_context", "serve_browser"]

#: Another browser than that on the path.
PATH_VARIABLE = "SACRED_TEST_CHROMIUM"
_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
_VIEWPORT: Any = {"width": 1500, "height": 800}


def serve_browser() -> Iterator[Browser]:
    """A browser, running. Not for a whole session: its event loop would be in the way of others."""
    playwright = pytest.importorskip("playwright.sync_api")
    # Without what a browser has around its pages, they cost half of the time.
    path = (
        os.environ.get(PATH_VARIABLE)
        or shutil.which("chromium-headless-shell")
        or shutil.which("chromium")
    )
    if path is None:
        leave_out(
            "there is no Chromium: on Debian, `python tests/services/debian.py` installs it as "
            f"root; elsewhere, {PATH_VARIABLE} says where it is"
        )
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A context with the usual window; `options` are those of `Browser.new_context`."""
    return browser.new_context(timezone_id="UTC", **{"viewport": dict(_VIEWPORT), **options})


class ReusedPage:
    """A page that tests of one server use one after another, each as if it were new.

    A new context costs a process and compiles the modules of the page again: two seconds of CPU
    time for each test. Tests with options of their own take `new_context`.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._page: Page | None = None
        self._address = ""

    def open(self, address: str) -> Page:
        """An empty page without memory of what the last test did; cookies stay."""
        if self._page is not None and self._address == address:
            self._forget(self._page)
        else:
            self.close()
            self._address = address
            self._page = new_context(self._browser).new_page()
        return self._page

    def close(self) -> None:
        """Close the page, if there is one."""
        if self._page is not None:
            self._page.context.close()
            self._page = None

    def _forget(self, page: Page) -> None:
        for other in page.context.pages:
            if other is not page:
                other.close()
        page.unroute_all(behavior="ignoreErrors")
        # Storage belongs to an origin, which a file that is not there has, too.
        page.goto(f"{self._address}/no-such-file")
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.goto("about:blank")
        page.set_viewport_size(_VIEWPORT)
        page.mouse.move(0, 0)
