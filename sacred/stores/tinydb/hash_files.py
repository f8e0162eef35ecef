"""Files stored under the digest of their content, in the layout of the package HashFS.

That package has not been maintained since 2019 and writes through the system's
directory for temporary files, so that what it stores can be seen half-written.
The layout is simple: MD5, three directories of two digits each, then the rest.
"""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from sacred._base.digest import new_md5
from sacred.stores.local_files import (
    content_of,
    has_digest,
    mark_used,
    md5_of_file,
    translate_errors,
)
from sacred.stores.tinydb.database_file import replace_file

__all__ = ["HashAddress", "HashFiles", "LazyFile", "StoredFile", "is_digest", "text_of"]

_CHUNK = 1 << 20
_DIGEST = re.compile("[0-9a-f]{32}")


class HashAddress(NamedTuple):
    """Where a file is stored.

    Attributes:
        id: the digest of its content.
        relpath: its path within the store.
        abspath: its path.
        is_duplicate: whether it was there before.
    """

    id: str
    relpath: str
    abspath: str
    is_duplicate: bool = False


def is_digest(text: str) -> bool:
    """Whether a string has the form of a digest.

    >>> is_digest("d41d8cd98f00b204e9800998ecf8427e"), is_digest("../../etc/passwd")
    (True, False)
    """
    return _DIGEST.fullmatch(text) is not None


def text_of(files: Any, digest: str) -> str:
    """Return the text in a stored file.

    Args:
        files: `HashFiles`, or the package HashFS.
        digest: of the content.

    Raises:
        ValueError: there is no such file, or it is not text.
    """
    address = files.get(digest) if is_digest(digest) else None
    if address is None:
        raise ValueError(f"the file {digest!r} of the output is not stored")
    with open(address.abspath, "rb") as file:
        return file.read().decode()


class HashFiles:
    """A directory of files that are named by their content, with HashFS' methods.

    Args:
        root: the directory, made when the first file is stored.

    >>> files = HashFiles("/runs/hashfs")
    >>> files.idpath("d41d8cd98f00b204e9800998ecf8427e")
    '/runs/hashfs/d4/1d/8c/d98f00b204e9800998ecf8427e'
    """

    depth = 3
    width = 2
    algorithm = "md5"

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.path.realpath(root)

    def put(self, file: str | os.PathLike[str] | IO[bytes]) -> HashAddress:
        """Store a file, given by its path or open for reading, unless it is there.

        Raises:
            FileNotFoundError: there is no such file.
            StoreUnavailableError: the store cannot be written.
        """
        if isinstance(file, str | os.PathLike):
            path = self.idpath(known := md5_of_file(os.fspath(file)))
            if mark_used(path) and has_digest(path, known):
                return HashAddress(known, self._relative(path), path, True)
            with open(file, "rb") as content:
                return self._store(content_of(content))
        position = file.tell()
        file.seek(0)
        try:
            return self._store(iter(lambda: file.read(_CHUNK), b""))
        finally:
            file.seek(position)

    def get(self, file: str) -> HashAddress | None:
        """Return the address of a stored file by its digest, or by a path of the same content."""
        return self._by_digest(file) or self._by_path(file)

    def exists(self, file: str) -> bool:
        """Whether a file of that digest, or the content of that path, is stored."""
        return self.get(file) is not None

    def open(self, file: str, mode: str = "rb") -> IO[bytes]:
        """Open a stored file by its digest.

        Args:
            file: the digest.
            mode: as for `open`.

        Raises:
            FileNotFoundError: it is not there.
        """
        address = self.get(file)
        if address is None:
            raise FileNotFoundError(f"Could not locate file: {file}")
        return open(address.abspath, mode)

    def idpath(self, id: str) -> str:
        """Return the path where the file of a digest is stored."""
        size = self.width
        parts = [id[n * size : (n + 1) * size] for n in range(self.depth)]
        return os.path.join(self.root, *parts, id[self.depth * size :])

    def __contains__(self, file: str) -> bool:
        return self.exists(file)

    def _by_digest(self, digest: str) -> HashAddress | None:
        if not is_digest(digest):
            return None
        path = self.idpath(digest)
        # HashFS can store files with an extension.
        found = [path] if os.path.isfile(path) else glob.glob(f"{glob.escape(path)}.*")
        # A link may lead anywhere.
        if not found or not os.path.realpath(found[0]).startswith(os.path.join(self.root, "")):
            return None
        return HashAddress(digest, self._relative(found[0]), found[0])

    def _by_path(self, path: str) -> HashAddress | None:
        try:
            return self._by_digest(md5_of_file(path))
        except OSError:  # it is no path of a file
            return None

    def _store(self, content: Iterator[bytes]) -> HashAddress:
        # The name is that of what has been copied: somebody may be writing to the file.
        digest = new_md5()

        def passing() -> Iterator[bytes]:
            for piece in content:
                digest.update(piece)
                yield piece

        with translate_errors(self.root):
            replace_file(lambda: self.idpath(digest.hexdigest()), passing(), self.root)
        path = self.idpath(digest.hexdigest())
        return HashAddress(digest.hexdigest(), self._relative(path), path)

    def _relative(self, path: str) -> str:
        return os.path.relpath(path, self.root)


class LazyFile(io.RawIOBase):
    """A file that is opened when somebody reads it.

    A record may list thousands of files, and a reader wants one of them.

    Args:
        name: its path.
    """

    mode = "rb"

    def __init__(self, name: str) -> None:
        self.name = name
        self._file: io.FileIO | None = None

    def readable(self) -> bool:
        """Return True: the file can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: the file has positions."""
        return True

    def readinto(self, buffer: object) -> int | None:
        """Read bytes into a buffer; as `io.RawIOBase.readinto`.

        Raises:
            OSError: it cannot be opened or read.
        """
        return self._opened().readinto(buffer)  # type: ignore[arg-type]

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position; as `io.IOBase.seek`.

        Args:
            offset: in bytes.
            whence: what it is relative to.
        """
        return self._opened().seek(offset, whence)

    def tell(self) -> int:
        """Return the position; as `io.IOBase.tell`."""
        return 0 if self._file is None else self._file.tell()

    def fileno(self) -> int:
        """Return the descriptor; as `io.IOBase.fileno`."""
        return self._opened().fileno()

    def close(self) -> None:
        """Close the file; as `io.IOBase.close`."""
        if self._file is not None:
            self._file.close()
        super().close()

    def _opened(self) -> io.FileIO:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        if self._file is None:
            self._file = io.FileIO(self.name)
        return self._file


class StoredFile(io.BufferedReader):
    """A stored file, to be read; it is opened by the first read and can be copied.

    Args:
        path: of the file.
    """

    def __init__(self, path: str) -> None:
        super().__init__(LazyFile(path))

    def __copy__(self) -> StoredFile:
        return StoredFile(str(self.name))

    def __deepcopy__(self, memo: dict[int, object]) -> StoredFile:
        return self.__copy__()
