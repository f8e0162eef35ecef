"""Pictures of the board, by Chromium, with real runs of ``examples/digits.py``."""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import runpy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.board.api_client import TOKEN, served
from tests.conftest import ROOT
from tests.services.browser import serve_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["PICTURES", "BoardPicture", "fingerprint", "record", "take"]

_SIZE = {"width": 1280, "height": 600}
_COLOURS = 96


@dataclass(frozen=True, kw_only=True)
class BoardPicture:
    """A picture of the page.

    Args:
        name: of the file, without its suffix.
        address: the state of the page, as its address has it.
        ready: a CSS selector of what is there when all of it is drawn.
        act: what is done with the page before the picture is taken.
        scheme: of the colours: light or dark.
    """

    name: str
    address: str
    ready: str
    act: Callable[[Page], None] | None = None
    scheme: str = "light"


def _picked(*numbers: int) -> str:
    return "".join(f"&pick=digits/{number}" for number in numbers)


_COLUMNS = "".join(f"&col={name}" for name in ("id", "status", "lr", "hidden", "seed", "result"))
PICTURES = (
    BoardPicture(
        name="board-charts",
        address=f"?q=hidden+%3D+32&sort=seed&panel=charts{_COLUMNS}{_picked(4, 13, 22, 31)}",
        ready=".chart canvas",
    ),
    BoardPicture(name="board-runs", address="?sort=-result", ready="regular-table tbody tr"),
    BoardPicture(
        name="board-groups",
        address="?q=status+%3D+COMPLETED&by=config.lr&panel=charts",
        ready=".chart canvas",
    ),
    BoardPicture(
        name="board-run", address="?run=digits/16&tab=overview", ready="#run", scheme="dark"
    ),
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
    steps = itertools.product((0.03, 0.01, 0.003, 0.001), (16, 32, 64), (1, 2, 3))
    lines = [f"lr={lr} hidden={hidden} epochs=25 seed={seed}" for lr, hidden, seed in steps]
    for line in [*lines, "lr=-1.0 epochs=25 seed=1"]:  # the last one fails
        words = [script, "-l", "CRITICAL", "-F", str(directory / "runs"), "with", *line.split()]
        nowhere = io.StringIO()
        with (
            contextlib.suppress(SystemExit),
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            experiment.run_commandline(words)
    return str(directory / "runs")


def take(store: str) -> Iterator[tuple[BoardPicture, bytes]]:
    """Give each picture and its file.

    Args:
        store: which has the runs.
    """
    for browser in serve_browser():
        with served({"digits": store}) as address:
            for picture in PICTURES:
                yield picture, _small(_screenshot(browser, address, picture))


def _screenshot(browser: Browser, address: str, picture: BoardPicture) -> bytes:
    with browser.new_context(viewport=_SIZE, color_scheme=picture.scheme) as context:
        page = context.new_page()
        page.goto(f"{address}/?token={TOKEN}")
        page.goto(f"{address}/{picture.address}")
        page.locator(picture.ready).first.wait_for()
        if picture.act is not None:
            picture.act(page)
        page.wait_for_timeout(2000)  # charts read finer points
        return page.screenshot()


def _small(png: bytes) -> bytes:
    """The same picture with a palette, a third of the size."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        small = io.BytesIO()
        image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(
            small, "PNG", optimize=True
        )
    return small.getvalue()


def fingerprint() -> str:
    """What the pictures are made of: the page, its runs, and this module."""
    digest = hashlib.sha256()
    page = sorted((ROOT / "sacred/board/page").rglob("*"))
    for path in [*page, ROOT / "examples/digits.py", Path(__file__)]:
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
