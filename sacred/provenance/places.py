"""Files and lines of code, as shown and stored."""

from __future__ import annotations

import os
import re

__all__ = ["Places"]


class Places:
    """Shortens places in code: files of the experiment get relative names.

    Args:
        base_dir: the directory of the experiment; None if only the working directory counts.

    >>> Places("/work/proj")("/work/proj/train.py, line 12")
    'train.py:12'
    """

    def __init__(self, base_dir: str | None = None) -> None:
        self._roots = [os.path.join(root, "") for root in (base_dir, os.getcwd()) if root]
        self._known: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        """Return ``FILE:LINE`` for a file and line in one of the usual forms."""
        place = re.sub(r", line (\d+)$", r":\1", place)
        file, colon, line = place.rpartition(":")
        return self.at(file, line) if colon and line.isdecimal() else place

    def at(self, file: str, line: int | str) -> str:
        """Return ``FILE:LINE``.

        Args:
            file: the path of the file.
            line: the number of the line.
        """
        if file not in self._known:
            self._known[file] = self._shortened(file)
        return f"{self._known[file]}:{line}"

    def _shortened(self, file: str) -> str:
        for path in (file, os.path.realpath(file)):
            for root in self._roots:
                if path.startswith(root):
                    return path[len(root) :]
        return file
