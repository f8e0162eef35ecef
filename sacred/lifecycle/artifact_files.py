"""Files for artifacts that are not files yet: bytes, and figures that can save themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["ArtifactFiles"]


class ArtifactFiles:
    """A temporary directory for the contents of artifacts.

    The files stay until the run is over, because an observer may copy them later.
    """

    def __init__(self) -> None:
        self._directory: Any = None
        self._count = 0

    def write(self, content: Any, name: str | None) -> tuple[str, str] | None:
        """Write bytes or a figure to a file.

        Args:
            content: bytes, or an object with ``savefig``, such as a matplotlib figure.
            name: the name of the artifact; its suffix is the format of a figure (default: PNG).

        Returns:
            the path and the name; None if the content is neither, and therefore a path.

        Raises:
            ValueError: the name is missing.
        """
        is_figure = hasattr(content, "savefig")
        if not is_figure and not isinstance(content, bytes | bytearray | memoryview):
            return None
        if not name:
            raise ValueError(f"an artifact of type {type(content).__name__} needs a name")
        if is_figure and not Path(name).suffix:
            name += ".png"
        path = self.new_path(os.path.basename(name))
        if is_figure:
            content.savefig(path)
        else:
            Path(path).write_bytes(content)
        return path, name

    def new_path(self, name: str) -> str:
        """Return a path for a file with that name."""
        if self._directory is None:
            import tempfile  # most runs need none

            self._directory = tempfile.TemporaryDirectory(prefix="sacred-artifacts-")
        self._count += 1
        folder = Path(self._directory.name, str(self._count))
        folder.mkdir()
        return str(folder / name)

    def close(self) -> None:
        """Delete the files."""
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None
