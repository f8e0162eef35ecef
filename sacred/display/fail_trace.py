"""Stored tracebacks without the frames of this library."""

from __future__ import annotations

import re

from sacred._base.tracebacks import is_own_file

__all__ = ["user_trace"]

_FRAME = re.compile(r'(?P<indent>[ |]*)File "(?P<path>[^"]*)", line \d+')
#: Where the run was recorded, the library may have been installed elsewhere.
_INSTALLED = re.compile(r"(?:site|dist)-packages[/\\](?:sacred|wrapt)[/\\]")


def user_trace(text: str) -> str:
    r"""Return a traceback without the frames of this library, or all of it if there are no others.

    >>> print(user_trace('''Traceback (most recent call last):
    ...   File "/venv/lib/python3.11/site-packages/sacred/run.py", line 3, in __call__
    ...     self.result = self._main()
    ...   File "/home/me/train.py", line 7, in main
    ...     1 / 0
    ... ZeroDivisionError: division by zero'''))
    Traceback (most recent call last):
      File "/home/me/train.py", line 7, in main
        1 / 0
    ZeroDivisionError: division by zero
    """
    kept: list[str] = []
    skipped_indent: str | None = None
    frames = 0
    for line in text.splitlines():
        if found := _FRAME.match(line):
            is_internal = is_own_file(found["path"]) or _INSTALLED.search(found["path"])
            skipped_indent = found["indent"] if is_internal else None
            frames += not is_internal
        elif skipped_indent is not None and not line.startswith(f"{skipped_indent}  "):
            skipped_indent = None
        if skipped_indent is None:
            kept.append(line)
    return "\n".join(kept) if frames else text.rstrip("\n")
