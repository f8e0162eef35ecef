"""Text with the colours of a terminal as SVG: small, sharp at any size, read by screen readers.

>>> svg = render("a picture", "$ ls\\n\\x1b[1mruns\\x1b[0m  train.py\\n")
>>> text_of(svg)
'$ ls\\nruns  train.py'
"""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

__all__ = ["COLUMNS", "render", "text_of"]

#: The width of all terminals, so that their letters have the same size in a page.
COLUMNS = 108
_SVG = "{http://www.w3.org/2000/svg}"
_CHAR_WIDTH, _LINE_HEIGHT, _FONT_SIZE = 8, 18, 13
_MARGIN, _BAR_HEIGHT = 16, 30
_FOREGROUND = "#d8dee9"
_COLOURS = {
    31: "#f07178",
    32: "#a6d189",
    33: "#e5c07b",
    34: "#7aa2f7",
    35: "#c99bf0",
    36: "#6fc3c9",
    37: _FOREGROUND,
    90: "#8a93a6",
}
_CODES = re.compile(r"\x1b\[([\d;]*)m")
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}" role="img" aria-label={title}>
<style>text {{ font: {size}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; \
fill: {foreground}; white-space: pre }}</style>
<rect width="{width}" height="{height}" rx="8" fill="#1f2430"/>
<circle cx="18" cy="16" r="5" fill="#f07178"/><circle cx="36" cy="16" r="5" fill="#e5c07b"/>\
<circle cx="54" cy="16" r="5" fill="#a6d189"/>
"""


@dataclass(frozen=True)
class _Style:
    colour: int = 37
    bold: bool = False
    dim: bool = False

    def changed(self, code: int) -> _Style:
        """The style behind an SGR code."""
        if code == 0:
            return _Style()
        if code == 1:
            return _Style(self.colour, True, self.dim)
        if code == 2:
            return _Style(self.colour, self.bold, True)
        if code == 39:
            return _Style(37, self.bold, self.dim)
        if code not in _COLOURS:
            raise ValueError(f"no picture of a terminal knows the code {code}")
        return _Style(code, self.bold, self.dim)

    def attributes(self) -> str:
        """The attributes of an element of SVG."""
        colour = "" if self.colour == 37 else f' fill="{_COLOURS[self.colour]}"'
        weight = ' font-weight="bold"' if self.bold else ""
        return colour + weight + (' opacity="0.65"' if self.dim else "")


def render(title: str, text: str) -> str:
    """Return a picture of a terminal.

    Args:
        title: what the picture shows, for those who do not see it.
        text: with SGR codes of the terminal; no other control characters.

    Raises:
        ValueError: a code is not known.
    """
    lines = list(_styled_lines(text.rstrip("\n")))
    head = _HEAD.format(
        width=2 * _MARGIN + COLUMNS * _CHAR_WIDTH,
        height=_BAR_HEIGHT + len(lines) * _LINE_HEIGHT + _MARGIN,
        title=quoteattr(title),
        size=_FONT_SIZE,
        foreground=_FOREGROUND,
    )
    shown = (
        f'<text y="{_BAR_HEIGHT + (n + 1) * _LINE_HEIGHT - 5}">{"".join(_spans(line))}</text>\n'
        for n, line in enumerate(lines)
    )
    return head + "".join(shown) + "</svg>\n"


def _styled_lines(text: str) -> Iterator[list[tuple[str, _Style]]]:
    """The lines of the screen, as characters with their styles."""
    style = _Style()
    for line in text.split("\n"):
        parts, column = [], 0
        # Every second piece is what stands in a code.
        for n, piece in enumerate(_CODES.split(line)):
            if n % 2:
                for code in piece.split(";"):
                    style = style.changed(int(code or 0))
                continue
            for char in piece:
                if column == COLUMNS:  # what is longer goes on in the next line
                    yield parts
                    parts, column = [], 0
                parts.append((char, style))
                column += 1
        yield parts


def _spans(line: list[tuple[str, _Style]]) -> Iterator[str]:
    column = 0
    for (kind, style), group in itertools.groupby(line, lambda cell: (_kind(cell[0]), cell[1])):
        shown = "".join(char for char, _ in group)
        if kind != "space":
            x, width = _MARGIN + column * _CHAR_WIDTH, len(shown) * _CHAR_WIDTH
            # The width is given because not every machine has a font as wide as this one's.
            yield (
                f'<tspan x="{x}" textLength="{width}"{style.attributes()}>{escape(shown)}</tspan>'
            )
        column += len(shown)


def _kind(char: str) -> str:
    """What stands in one element: other characters come from other fonts, which are wider."""
    if char in " \u2800":
        return "space"
    return "ascii" if char.isascii() else "other"


def text_of(svg: str) -> str:
    """Return the text that a picture of a terminal shows, each character at its place."""
    lines = []
    for row in ElementTree.fromstring(svg).iter(f"{_SVG}text"):
        line = ""
        for part in row.iter(f"{_SVG}tspan"):
            column = (int(part.attrib["x"]) - _MARGIN) // _CHAR_WIDTH
            line = line.ljust(column) + (part.text or "")
        lines.append(line)
    return "\n".join(lines)
