"""Make all pictures of the documentation anew: ``tox -e pictures``.

``python -m tests.pictures.renew terminals`` (or ``board``, ``notebook``) makes one kind.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT
from tests.pictures import board_pages, notebook, terminal_sessions, terminal_svg

PICTURES = ROOT / "docs/pictures"
#: The texts of the pages that pictures of the board show.
BOARD_TEXTS = PICTURES / "board.json"


def renew_terminals(directory: Path) -> None:
    """Make the pictures of terminals.

    Args:
        directory: an empty one.
    """
    for picture, text in terminal_sessions.play(directory):
        svg = terminal_svg.render(picture.title, text)
        (PICTURES / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
        print(f"{picture.name}.svg", len(svg), flush=True)


def renew_board(directory: Path) -> None:
    """Make the pictures of the board.

    Args:
        directory: an empty one.
    """
    texts = {}
    for picture, png, text in board_pages.take(board_pages.record(directory)):
        texts[picture.name] = text
        (PICTURES / f"{picture.name}.png").write_bytes(png)
        print(f"{picture.name}.png", len(png), flush=True)
    kept = json.dumps(texts, indent=2, ensure_ascii=False)
    BOARD_TEXTS.write_text(kept + "\n", encoding="utf-8")


def renew_notebook(directory: Path) -> None:
    """Execute the notebook of the tutorial; keep its outputs, and its plot as a picture.

    Args:
        directory: an empty one.
    """
    executed = notebook.executed(directory)
    notebook.write(executed)
    png = notebook.plot_of(executed)
    (PICTURES / f"{notebook.PLOT}.png").write_bytes(png)
    print(f"{notebook.PLOT}.png", len(png), flush=True)


KINDS = {"terminals": renew_terminals, "board": renew_board, "notebook": renew_notebook}


def main(kinds: list[str]) -> None:
    """Make the pictures of some kinds (none: of all)."""
    os.environ["OMP_NUM_THREADS"] = "1"  # small networks are slow in many threads
    for kind in kinds or KINDS:
        with tempfile.TemporaryDirectory() as directory:
            KINDS[kind](Path(directory))


if __name__ == "__main__":
    main(sys.argv[1:])
