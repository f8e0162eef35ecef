"""A real browser for the pages of the board: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.services.serving import leave_out

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["serve_browser"]

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


def serve_browser() -> Iterator[Browser]:
    """A browser, running. Not for a whole session: its event loop would be in the way of others."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get(PATH_VARIABLE) or shutil.which("chromium")
    if path is None:
        leave_out(
            "there is no Chromium: on Debian, `python tests/services/debian.py` installs it as "
            f"root; elsewhere, {PATH_VARIABLE} says where it is"
        )
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()
