"""The file of a static copy: one HTML page that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
from pathlib import Path
from typing import Any

from sacred.board.page_files import PAGE_ROOT
from sacred.board.static_export.classic_script import classic_script
from sacred.board.static_export.copied_views import Copy

__all__ = ["page_of", "write_copy"]

_STYLES = ("style/base.css", "style/table.css", "style/run.css", "style/charts.css",
           "vendor/uplot/uPlot.min.css")  # fmt: skip
_SCRIPTS = ("theme.js", "vendor/uplot/uPlot.iife.min.js")
_INSTEAD = {
    "transport.js": "recorded/transport.js",
    "operations/pages.js": "recorded/pages.js",
}


def write_copy(copy: Copy, directory: str | os.PathLike[str]) -> Path:
    """Write ``index.html``, replacing an older one atomically.

    Args:
        copy: the content.
        directory: the directory, which is created.

    Returns:
        the path of the file.
    """
    place = Path(directory)
    place.mkdir(parents=True, exist_ok=True)
    written = place / "index.html"
    temporary = place / "index.html.part"
    temporary.write_text(page_of(copy.data), encoding="utf-8")
    os.replace(temporary, written)
    return written


def page_of(data: dict[str, Any]) -> str:
    """Return the page of a copy.

    Args:
        data: the data of a `Copy`.
    """
    vendored = [(PAGE_ROOT / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    script = "\n".join([*vendored, classic_script(PAGE_ROOT, "main.js", _INSTEAD)])
    style = "\n".join((PAGE_ROOT / name).read_text(encoding="utf-8") for name in _STYLES)
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "img-src data:; media-src data:; frame-src data:; base-uri 'none'; form-action 'none'"
    )
    whole = (PAGE_ROOT / "index.html").read_text(encoding="utf-8")
    body = whole[whole.index("<body>") : whole.index("</body>")]
    # What is stored stands in no HTML but this text, in which nothing can end it.
    inlined = json.dumps(data, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">\n'
        "<title>Runs - sacred board</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<style>{style}</style>\n</head>\n{body}<script id="copied" type="application/json">'
        f"{inlined}</script>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
