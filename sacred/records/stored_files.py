"""The files of a run: sources, resources, artifacts."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any

from sacred._base.frozen import Frozen

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FileEntry", "StoredFile"]

_CHUNK = 1 << 20


class FileEntry(Frozen):
    """How a file is listed in the document of a run.

    Args:
        name: the name of an artifact or source; for a resource, its path on the machine of the run.
        ref: how the store finds the content; None if the store does not have it.
        md5: the MD5 of the content, if the store knows it.
        content_type: the media type, if the store knows it.
        metadata: the metadata of an artifact.
        path: the path of the local file with the content, if there is one.
    """

    name: str
    ref: Any = None
    md5: str | None = None
    content_type: str | None = None
    metadata: Mapping[str, Any] | None = None
    path: str | None = None


class StoredFile(Frozen, eq=False):
    """A file of a run, for reading. Notebooks display images and text.

    >>> import io
    >>> entry = FileEntry(name="scores.json")
    >>> file = StoredFile(entry=entry, opener=lambda: io.BytesIO(b'{"f1": 0.5}'))
    >>> file.content_type, file.json()
    ('application/json', {'f1': 0.5})
    """

    entry: FileEntry
    opener: Callable[[], IO[bytes]]

    def __repr__(self) -> str:
        return f"StoredFile(entry={self.entry!r})"

    @property
    def name(self) -> str:
        """The name of an artifact or source; the path of a resource on the machine of the run."""
        return self.entry.name

    @property
    def base_name(self) -> str:
        """The last part of the name, also if that is a Windows path."""
        return self.name.replace("\\", "/").rstrip("/").rpartition("/")[2]

    @property
    def path(self) -> Path | None:
        """The path of the file if it is on this machine, else None; see `save_to`."""
        # Not at the top, as others below: `sacred ls` opens no files.
        from pathlib import Path

        path = self.entry.path
        return Path(path) if path and os.path.exists(path) else None

    @property
    def content_type(self) -> str:
        """The media type that was given with an artifact, else that of the suffix of the name."""
        if self.entry.content_type:
            return self.entry.content_type
        import mimetypes

        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata that was given with the artifact."""
        return self.entry.metadata or {}

    def open(self) -> IO[bytes]:
        """Open the file for reading.

        Raises:
            FileNotFoundError: the store does not have it.
        """
        return self.opener()

    def read(self) -> bytes:
        """The whole content."""
        with self.open() as file:
            return file.read()

    def text(self, encoding: str = "utf-8") -> str:
        """Return the whole content as text; bytes that are not UTF-8 are replaced by �."""
        return self.read().decode(encoding, errors="replace")

    def json(self) -> Any:
        """Return the content, parsed as JSON.

        Raises:
            ValueError: it is not JSON.
        """
        return json.loads(self.read())

    def save_to(self, directory: str | os.PathLike[str]) -> Path:
        """Copy the file into a directory, which is created if necessary, under its base name.

        Returns:
            the path of the copy.
        """
        import shutil
        from pathlib import Path

        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        # Names come from a store that others may write: never lead out of the directory.
        target = folder / (self.base_name or "file")
        if target.name in ("", ".", ".."):
            target = folder / "file"
        with self.open() as source, open(target, "wb") as copy:
            shutil.copyfileobj(source, copy, _CHUNK)
        return target

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any] | None:
        """How a notebook shows it: pictures, text, JSON; never HTML, which can run scripts."""
        kind = self.content_type
        if kind in ("image/png", "image/jpeg", "image/gif"):
            return {kind: base64.b64encode(self.read()).decode(), "text/plain": repr(self)}
        if kind.startswith("text/") or kind == "application/json":
            return {"text/plain": self.text()}
        return None
