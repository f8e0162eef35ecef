"""Files in GridFS, each content stored once under its name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.clock import utcnow
from sacred._base.digest import new_md5
from sacred.stores import collector
from sacred.stores.local_files import content_of, md5_of_file
from sacred.stores.reader import timestamp_of

if TYPE_CHECKING:
    from gridfs import GridFS
    from pymongo.collection import Collection

__all__ = ["USED_FIELD", "GridFiles", "content_type_of", "files_of"]

_ATTEMPTS = 3

#: The field of a file's document with the time when a run last started to use it.
USED_FIELD = "used"


def content_type_of(name: str, path: str) -> str | None:
    """Guess the MIME type of an artifact.

    Args:
        name: of the artifact.
        path: of its file, whose name is used if the artifact's says nothing.

    >>> content_type_of("predictions", "/tmp/pred.csv")
    'text/csv'
    """
    # Here, because most runs have no artifacts.
    import mimetypes

    return mimetypes.guess_type(name)[0] or mimetypes.guess_type(path)[0]


def files_of(fs: GridFS) -> Collection[dict[str, Any]] | None:
    """Return the collection with the documents of the files; None: it is not a real GridFS."""
    return getattr(fs, "_files", None)


class GridFiles:
    """Puts files into GridFS.

    Args:
        fs: the GridFS; from `create_from` it may be any object with its methods.
    """

    def __init__(self, fs: GridFS) -> None:
        self._fs = fs
        #: The collection of the files' documents; other objects may have none.
        self._documents = files_of(fs)

    def put_file(self, name: str, path: str, md5: str | None = None, **fields: Any) -> Any:
        """Store a local file unless its content is already there under this name.

        Args:
            name: the file's name in GridFS.
            path: where its content is.
            md5: its digest, if known.
            fields: of the file's document: `content_type`, `metadata`.

        Returns:
            the id in GridFS.

        Raises:
            OSError: the file cannot be read.
        """
        for attempt in range(_ATTEMPTS):
            known = md5 if md5 and not attempt else md5_of_file(path)
            found = self._find(name, known, os.path.getsize(path))
            if found is not None:
                return found
            with open(path, "rb") as content:
                stored = self._put(name, content_of(content), known, fields)
            if stored is not None:
                return stored
        # It is being written to all the time. Then it is stored as it happens to be.
        with open(path, "rb") as content:
            return self._put(name, content_of(content), None, fields)

    def put_text(self, name: str, text: str, **fields: Any) -> Any:
        """Store a text unless it is already there under this name; return its id in GridFS.

        Args:
            name: of the file.
            text: the content.
        """
        data = text.encode()
        md5 = new_md5(data).hexdigest()
        return self._find(name, md5, len(data)) or self._put(name, [data], md5, fields)

    def read(self, file_id: Any) -> bytes:
        """Return the content of a file."""
        with self._fs.get(file_id) as file:
            return bytes(file.read())

    def delete(self, file_id: Any) -> None:
        """Remove a file."""
        self._fs.delete(file_id)

    def _find(self, name: str, md5: str, size: int) -> Any:
        same = {"filename": name, "md5": md5}
        found = self._fs.find_one(same)
        if found is not None and not self._is_whole(found, size):
            found = next((file for file in self._fs.find(same) if self._is_whole(file, size)), None)
        return found._id if found is not None and self._use(found) else None

    def _is_whole(self, found: Any, size: int) -> bool:
        """Whether a stored file has the length and all the chunks that it should have."""
        chunks = getattr(self._fs, "_chunks", None)
        if self._documents is None or chunks is None:
            return True
        wanted = -(-found.length // found.chunk_size)
        if found.length != size:
            return False
        return bool(chunks.count_documents({"files_id": found._id}) == wanted)

    def _use(self, found: Any) -> bool:
        """Say that one more run refers to a file; False: somebody has just removed it."""
        if self._documents is None:
            return True
        last = timestamp_of(found._file.get(USED_FIELD) or found._file.get("uploadDate"))
        # What was used lately need not be marked again.
        if last is not None and utcnow() - last < collector.COUNTS:
            return True
        mark = {"$set": {USED_FIELD: utcnow()}}
        return self._documents.update_one({"_id": found._id}, mark).matched_count > 0

    def _put(
        self, name: str, content: Iterable[bytes], md5: str | None, fields: Mapping[str, Any]
    ) -> Any:
        """Store content; None, and nothing is stored, if it is not that of the digest."""
        digest = new_md5()
        # MongoDB used to add the digest by itself and does so no more.
        labels = {"md5": md5} if md5 else {}
        with self._fs.new_file(filename=name, **labels, **fields) as target:
            for piece in content:
                digest.update(piece)
                target.write(piece)
            if md5 not in (None, digest.hexdigest()):
                target.abort()
                return None
        return target._id
