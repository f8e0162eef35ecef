"""Text for people: colours, control characters, suggestions for misspelt names, masked secrets."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BLUE",
    "COLOR_ADDED",
    "COLOR_DIRTY",
    "COLOR_DOC",
    "COLOR_MODIFIED",
    "COLOR_TYPECHANGED",
    "DIM",
    "ENDC",
    "GREEN",
    "RED",
    "apply_backspaces_and_linefeeds",
    "common_prefix_length",
    "did_you_mean",
    "mask_passwords",
    "nearest_names",
    "use_colour",
]

BLUE = "\033[34m"
GREEN = "\033[32m"
RED = "\033[31m"
DIM = "\033[2m"
ENDC = "\033[0m"

COLOR_MODIFIED = BLUE
COLOR_ADDED = GREEN
COLOR_TYPECHANGED = RED
COLOR_DIRTY = RED
COLOR_DOC = DIM


def use_colour(stream: Any = None) -> bool:
    """Whether text for `stream` (default: ``sys.stdout``) should be coloured.

    ``NO_COLOR`` (https://no-color.org) says no, else ``FORCE_COLOR`` says yes
    (``0``: no), else the stream must be a terminal that is not dumb.
    """
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    stream = sys.stdout if stream is None else stream
    try:
        terminal = bool(stream.isatty())
    except (AttributeError, ValueError):  # no real stream, or a closed one
        return False
    if terminal and sys.platform == "win32":
        # Old Windows consoles show escape sequences literally unless configured.
        import colorama

        colorama.just_fix_windows_console()
    return terminal and os.environ.get("TERM") != "dumb"


def apply_backspaces_and_linefeeds(text: str) -> str:
    r"""What a terminal would show of `text`.

    A carriage return goes back to the start of the line, a backspace one
    character; what follows overwrites. A carriage return at the very end of
    the text is kept, because what it does is not known yet.

    >>> apply_backspaces_and_linefeeds("10%\r100%\nab\b!")
    '100%\na!'
    """
    if "\r" not in text and "\b" not in text:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if "\r" in line or "\b" in line:
            lines[number] = _shown(line)
    return "\n".join(lines) + ("\r" if text.endswith("\r") else "")


def _shown(line: str) -> str:
    # The last segment that reaches a column is the one seen there; going
    # backwards, each earlier one only adds what sticks out. Linear in the text
    # even for a progress bar with a million steps.
    shown: list[str] = []
    width = 0
    for segment in reversed(line.split("\r")):
        if "\b" in segment:
            segment = _after_backspaces(segment)
        if len(segment) > width:
            shown.append(segment[width:])
            width = len(segment)
    return "".join(shown)


def _after_backspaces(segment: str) -> str:
    shown: list[str] = []
    cursor = 0
    for piece in segment.split("\b"):
        # There is one backspace before each piece but the first, which starts at
        # column 0, where stepping back does nothing.
        cursor = max(cursor - 1, 0)
        shown[cursor : cursor + len(piece)] = piece
        cursor += len(piece)
    return "".join(shown)


def nearest_names(name: str, candidates: Iterable[str], n: int = 3) -> list[str]:
    """Return up to `n` candidates most similar to `name`, the best first.

    >>> nearest_names("seeed", ["lr", "seed", "speed"])
    ['seed', 'speed']
    """
    import difflib

    by_lower = {str(candidate).lower(): str(candidate) for candidate in candidates}
    matches = difflib.get_close_matches(str(name).lower(), list(by_lower), n=n, cutoff=0.6)
    return [by_lower[match] for match in matches]


def did_you_mean(name: str, candidates: Iterable[str], n: int = 3) -> str:
    """Return a question that suggests up to `n` similar names, or the empty string.

    >>> did_you_mean("leraning_rate", ["learning_rate", "momentum"])
    'Did you mean "learning_rate"?'
    >>> did_you_mean("x", ["learning_rate"])
    ''
    """
    names = [f'"{near}"' for near in nearest_names(name, candidates, n)]
    if not names:
        return ""
    alternatives = ", ".join(names[:-1]) + " or " if len(names) > 1 else ""
    return f"Did you mean {alternatives}{names[-1]}?"


def common_prefix_length(a: str, b: str) -> int:
    r"""Return the length of the common prefix of two texts.

    >>> common_prefix_length("10%\r", "100%")
    2
    """
    low, high = 0, min(len(a), len(b))
    # Bisection with comparisons of slices: these run at the speed of memory, where a
    # loop over the characters would take seconds for a long output.
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


# The password of a URL ends at the last @ before the path. Where there is none, somebody has not
# escaped a slash, a blank, ...: then it ends at a later one, unless all that is a port.
_PASSWORD = (
    r"(://[^\s/:@?#'\"]*):"
    r"(?:[^\s/?#]*@|(?!\d{1,5}(?:[/?#\s'\"]|$))(?:(?:(?!://)\S)*@|(?:(?!://)[^@\n])*@))"
)
# A user without a password is a token there.
_HTTP_USER = r"(?i)(\bhttps?://)[^\s/?#@:]+@"
_SECRET_PARAMETER = (
    r"(?i)([?&;][\w.%-]*"
    r"(?:passw|passphrase|pwd|secret|token|credential|signature|api_?key|access_?key)"
    r"[\w.%-]*=)[^&#\s'\"]*"
)
_SECRET_PROPERTY = r"(?i)(AWS_SESSION_TOKEN(?::|%3A))[^&,#\s'\"]*"


def mask_passwords(text: str) -> str:
    """Return a text in which the secrets of URLs are ``***``: for records and messages.

    Secrets are passwords, tokens in place of users (HTTP), and parameters with such a name.
    What only looks like one is masked rather than shown.

    >>> mask_passwords("postgresql://ada:s3cr@t@db:5432/runs?sslpassword=x&tls=1 is away")
    'postgresql://ada:***@db:5432/runs?sslpassword=***&tls=1 is away'
    >>> mask_passwords("https://ghp_1a2b3c@git.example.org/x")
    'https://***@git.example.org/x'
    """
    if "://" not in text:
        return text
    text = re.sub(_PASSWORD, r"\1:***@", text)
    text = re.sub(_HTTP_USER, r"\1***@", text)
    text = re.sub(_SECRET_PARAMETER, r"\1***", text)
    return re.sub(_SECRET_PROPERTY, r"\1***", text)
