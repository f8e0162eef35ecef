"""The pictures of the documentation are current, described, used, and small."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pictures import board_pages, notebook, terminal_sessions, terminal_svg
from tests.pictures.renew import BOARD_TEXTS, PICTURES

PAGES = [ROOT / "README.rst", *sorted((ROOT / "docs").rglob("*.rst"))]
#: Of all pictures together.
MOST_BYTES = 1_500_000


def shown_pictures() -> list[tuple[Path, Path, str]]:
    """Each picture that a page shows: the page, the file, and the options of the directive."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for name, options in re.findall(
            r"^ *\.\. (?:image|figure):: (\S+)\n((?: +:.*\n(?: {6,}.*\n)*)*)", text, re.MULTILINE
        ):
            found.append((page, (page.parent / name).resolve(), options))
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_terminals_show_what_the_commands_print_today(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    different = []
    for picture, text in terminal_sessions.play(tmp_path):
        kept = (PICTURES / f"{picture.name}.svg").read_text(encoding="utf-8")
        today = terminal_svg.render(picture.title, text)
        shown, printed = (
            terminal_sessions.normalised(terminal_svg.text_of(svg)) for svg in (kept, today)
        )
        if shown != printed:
            different.append(f"{picture.name}.svg shows\n{shown}\nand today it is\n{printed}")
    assert not different, "\n\n".join([*different, "`tox -e pictures` makes them anew"])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pictures_of_the_board_show_what_its_page_says_today(tmp_path: Path) -> None:
    for package in ("sklearn", "starlette", "PIL"):
        pytest.importorskip(package)
    kept = json.loads(BOARD_TEXTS.read_text(encoding="utf-8"))
    store = board_pages.record(tmp_path)
    today = {picture.name: text for picture, _, text in board_pages.take(store)}
    assert kept == today, "`tox -e pictures -- board` makes them anew"
    assert {f"{name}.png" for name in kept} <= {path.name for path in PICTURES.iterdir()}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_notebook_prints_what_stands_in_it(tmp_path: Path) -> None:
    for package in ("nbclient", "ipykernel", "sklearn", "matplotlib"):
        pytest.importorskip(package)
    kept = json.loads(notebook.NOTEBOOK.read_text(encoding="utf-8"))
    today = notebook.executed(tmp_path)
    shown, printed = (
        [terminal_sessions.normalised(text) for text in notebook.text_outputs(one)]
        for one in (kept, today)
    )
    assert shown == printed, "`tox -e pictures -- notebook` executes it anew"
    assert any("pairs, p = 0.03" in text for text in printed)
    assert notebook.plot_of(today).startswith(b"\x89PNG")
    assert (PICTURES / f"{notebook.PLOT}.png").read_bytes() == notebook.plot_of(kept)


def test_pages_show_all_pictures_and_say_what_is_on_them() -> None:
    shown = shown_pictures()
    missing = [f"{page.name}: {path.name}" for page, path, _ in shown if not path.is_file()]
    assert missing == []
    assert [path.name for _, path, options in shown if ":alt: " not in options] == []
    files = {path for path in PICTURES.iterdir() if path.suffix in (".svg", ".png")}
    assert {path.name for path in files - {path for _, path, _ in shown}} == set()


def test_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) <= MOST_BYTES


def test_a_picture_of_a_terminal_shows_the_text_with_its_colours() -> None:
    svg = terminal_svg.render("a <title>", "\x1b[1;32mok\x1b[0m  <&>\n\nx" + "y" * 200)
    lines = terminal_svg.text_of(svg).split("\n")
    assert lines[:2] == ["ok  <&>", ""]
    assert "".join(lines[2:]) == "x" + "y" * 200
    assert len(lines[2]) == terminal_svg.COLUMNS
    assert 'fill="#a6d189" font-weight="bold">ok<' in svg


def test_a_code_that_no_picture_can_show_is_an_error() -> None:
    with pytest.raises(ValueError, match="the code 45"):
        terminal_svg.render("", "\x1b[45mx")
