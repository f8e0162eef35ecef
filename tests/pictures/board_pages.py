"""Pictures of the board, by Chromium, with real runs of ``examples/digits.py``."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import runpy
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.board.api_client import TOKEN, served
from tests.conftest import ROOT
from tests.pictures import terminal_sessions
from tests.services.browser import serve_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["PICTURES", "BoardPicture", "record", "take"]

_SIZE = {"width": 1280, "height": 600}
_COLOURS = 96
#: Milliseconds.
_PATIENCE = 60_000


@dataclass(frozen=True, kw_only=True)
class BoardPicture:
    """A picture of the page.

    Args:
        name: of the file, without its suffix.
        address: the state of the page, as its address has it.
        ready: a CSS selector of what is there when all of it is drawn.
        scheme: of the colours: light or dark.
    """

    name: str
    address: str
    ready: str
    scheme: str = "light"


def _picked(*numbers: int) -> str:
    return "".join(f"&pick=digits/{number}" for number in numbers)


_COLUMNS = "".join(f"&col={name}" for name in ("id", "status", "lr", "hidden", "seed", "result"))
PICTURES = (
    BoardPicture(
        name="board-charts",
        address=f"?q=status+%3D+COMPLETED&sort=seed&panel=charts{_COLUMNS}{_picked(1, 4, 7, 10)}",
        ready=".chart canvas",
    ),
    BoardPicture(name="board-runs", address="?sort=-result", ready="regular-table tbody tr"),
    BoardPicture(
        name="board-groups",
        address="?q=status+%3D+COMPLETED&by=config.lr&panel=charts",
        ready=".chart canvas",
    ),
    BoardPicture(name="board-run", address="?run=digits/4&tab=config", ready="#run", scheme="dark"),
    BoardPicture(
        name="board-across",
        address=f"?q=result+%3E+0.8&panel=across&kind=parallel{_COLUMNS}",
        ready="#across [data-name]",
    ),
)


def record(directory: Path) -> str:
    """Make the runs that the pictures show; returns the store.

    Args:
        directory: an empty one.
    """
    script = shutil.copy(ROOT / "examples/digits.py", directory)
    experiment = runpy.run_path(script, run_name="digits")["ex"]
    steps = itertools.product((0.03, 0.01, 0.003, 0.001), (1, 2, 3))
    lines = [f"epochs=25 lr={lr} hidden={16 * seed} seed={seed}" for lr, seed in steps]
    for line in [*lines, "epochs=25 lr=-1.0 seed=1"]:  # the last one fails
        words = [script, "-l", "CRITICAL", "-F", str(directory / "runs"), "with", *line.split()]
        nowhere = io.StringIO()
        with (
            contextlib.suppress(SystemExit),
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            experiment.run_commandline(words)
    return str(directory / "runs")


def take(store: str) -> Iterator[tuple[BoardPicture, bytes, str]]:
    """Give each picture, its file, and the text of the page that it shows.

    Args:
        store: which has the runs.
    """
    for browser in serve_browser():
        with served({"digits": store}) as address:
            for picture in PICTURES:
                png, text = _screenshot(browser, address, picture)
                yield picture, _small(png), normalised(text)


def _screenshot(browser: Browser, address: str, picture: BoardPicture) -> tuple[bytes, str]:
    with browser.new_context(
        viewport=_SIZE, color_scheme=picture.scheme, timezone_id="UTC"
    ) as context:
        page = context.new_page()
        page.set_default_timeout(_PATIENCE)
        page.goto(f"{address}/?token={TOKEN}")
        page.goto(f"{address}/{picture.address}")
        page.locator(picture.ready).first.wait_for()
        page.wait_for_timeout(2000)  # charts read finer points
        return page.screenshot(), page.locator("body").inner_text()


def normalised(text: str) -> str:
    """The text of a page without what is another one each time.

    >>> normalised("4  COMPLETED\\t 2 minutes ago\\n\\n2.88s")
    '4 COMPLETED TIME DURATION'
    """
    text = re.sub(r"\b(\d+|an?) (second|minute|hour)s? ago\b|\bjust now\b", "TIME", text)
    return " ".join(terminal_sessions.normalised(text).split())


def _small(png: bytes) -> bytes:
    """The same picture with a palette, a third of the size."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        small = io.BytesIO()
        image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(
            small, "PNG", optimize=True
        )
    return small.getvalue()
