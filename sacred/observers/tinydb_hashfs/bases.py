"""The storage and the serializers that let a TinyDB database hold runs.

The serializers fit ``SerializationMiddleware.register_serializer`` of the package
tinydb-serialization, for users who create such a database themselves.
"""

from __future__ import annotations

import datetime
import importlib
import json
import os
from typing import IO, TYPE_CHECKING, Any, ClassVar, Protocol

from sacred._base.extras import require
from sacred.stores.tinydb.database_file import TablesFile
from sacred.stores.tinydb.hash_files import HashFiles, StoredFile
from sacred.stores.tinydb.tagged_values import (
    TinyForm,
    array_of,
    array_text,
    date_of,
    date_text,
    frame_of,
    labelled_text,
    series_of,
)

if TYPE_CHECKING:
    from tinydb import TinyDB

__all__ = [
    "BufferedReaderWrapper",
    "DataFrameSerializer",
    "DateTimeSerializer",
    "FileSerializer",
    "NdArraySerializer",
    "RecordsStorage",
    "SeriesSerializer",
    "form_with_files",
    "get_db_file_manager",
    "open_db",
]


class BufferedReaderWrapper(StoredFile):
    """A readable file handle that can be copied; it is opened by the first read.

    Args:
        f_obj: an open file, or anything else with a `name`, which is the path.
    """

    def __init__(self, f_obj: IO[bytes] | StoredFile) -> None:
        super().__init__(os.fspath(f_obj.name))

    def __copy__(self) -> BufferedReaderWrapper:
        return BufferedReaderWrapper(self)

    def __deepcopy__(self, memo: dict[int, object]) -> BufferedReaderWrapper:
        return BufferedReaderWrapper(self)


class _ClassOf:
    """Descriptor of a class of an optional package, imported on access."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __get__(self, instance: object, owner: type) -> Any:
        return getattr(importlib.import_module(self._module), self._name)


class DateTimeSerializer:
    """Times as text (``TinyDate``).

    >>> DateTimeSerializer().encode(datetime.datetime(2026, 1, 2, 3, 4, 5))
    '2026-01-02T03:04:05.000000'
    """

    OBJ_CLASS: ClassVar[Any] = datetime.datetime

    def encode(self, obj: datetime.datetime) -> str:
        """Encode a time."""
        return date_text(obj)

    def decode(self, s: str) -> datetime.datetime:
        """Decode a time."""
        return date_of(s)


class NdArraySerializer:
    """Arrays of numbers as JSON (``TinyArray``); needs numpy."""

    OBJ_CLASS: ClassVar[Any] = _ClassOf("numpy", "ndarray")

    def encode(self, obj: Any) -> str:
        """Encode an array."""
        return array_text(obj)

    def decode(self, s: str) -> Any:
        """Decode an array."""
        return array_of(s)


class DataFrameSerializer:
    """Frames as JSON (``TinyDataFrame``); needs pandas."""

    OBJ_CLASS: ClassVar[Any] = _ClassOf("pandas", "DataFrame")

    def encode(self, obj: Any) -> str:
        """Encode a frame."""
        return labelled_text(obj)

    def decode(self, s: str) -> Any:
        """Decode a frame."""
        return frame_of(s)


class SeriesSerializer:
    """Series as JSON (``TinySeries``); needs pandas."""

    OBJ_CLASS: ClassVar[Any] = _ClassOf("pandas", "Series")

    def encode(self, obj: Any) -> str:
        """Encode a series."""
        return labelled_text(obj)

    def decode(self, s: str) -> Any:
        """Decode a series."""
        return series_of(s)


class _FileSystem(Protocol):
    def put(self, file: Any) -> Any:
        """Store a file; the returned address has its `id`."""

    def get(self, file: str) -> Any:
        """Return the address of a stored file, which has its `abspath`; None: not found."""


class FileSerializer:
    """Open files as the digests of their content (``TinyFile``).

    Args:
        fs: storage of files, a `HashFiles` or a HashFS.
    """

    OBJ_CLASS: ClassVar[Any] = BufferedReaderWrapper

    def __init__(self, fs: _FileSystem) -> None:
        self.fs = fs

    def encode(self, obj: IO[bytes] | StoredFile) -> str:
        """Store an open file and return its digest as JSON."""
        with open(obj.name, "rb") as content:
            return json.dumps(self.fs.put(content).id)

    def decode(self, s: str) -> BufferedReaderWrapper | None:
        """Return a handle of the file with a digest; None: not found."""
        address = self.fs.get(json.loads(s))
        if address is None:
            return None
        return BufferedReaderWrapper(StoredFile(address.abspath))


def form_with_files(fs: _FileSystem) -> TinyForm:
    """Return the encoding of records whose files are handles."""
    files = FileSerializer(fs)

    def open_file(digest: str) -> BufferedReaderWrapper | None:
        return files.decode(json.dumps(digest))

    def digest_of(handle: StoredFile) -> str:
        return str(json.loads(files.encode(handle)))

    return TinyForm(open_file, digest_of)


class RecordsStorage:
    """A TinyDB storage that decodes times, arrays and file handles.

    Args:
        tables: the file of the encoded tables.
        fs: storage of files.
    """

    def __init__(self, tables: TablesFile, fs: _FileSystem) -> None:
        self.tables = tables
        self._form = form_with_files(fs)

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Read all tables; see `TablesFile.read`."""
        tables = self.tables.read()
        if tables is None:
            return None
        decode = self._form.decode_entry
        return {
            table: {number: decode(entry) for number, entry in entries.items()}
            for table, entries in tables.items()
        }

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replace all tables; see `TablesFile.write`."""
        encoded = self._form.encode({name: dict(entries) for name, entries in data.items()})
        self.tables.make()
        with self.tables.exclusive():
            self.tables.write(encoded)

    def close(self) -> None:
        """Do nothing, because no file is kept open."""


def open_db(tables: TablesFile, fs: _FileSystem) -> TinyDB:
    """Open a database for queries.

    Args:
        tables: the file with the records.
        fs: the files that the records name.

    Returns:
        a `tinydb.TinyDB` of them, for reading.

    Raises:
        MissingExtraError: TinyDB is not installed.
    """
    tinydb = require("tinydb", extra="tinydb", purpose="A database of TinyDB")
    database: TinyDB = tinydb.TinyDB(storage=lambda: RecordsStorage(tables, fs))
    return database


def get_db_file_manager(root_dir: str | os.PathLike[str]) -> tuple[TinyDB, HashFiles]:
    """Open the database and the file storage of a directory for ``TinyDbObserver.create_from``.

    Args:
        root_dir: the directory; nothing is created before the first write.

    Raises:
        MissingExtraError: TinyDB is not installed.
    """
    fs = HashFiles(os.path.join(root_dir, "hashfs"))
    return open_db(TablesFile(os.path.join(root_dir, "metadata.json")), fs), fs
