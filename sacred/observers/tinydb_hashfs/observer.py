"""The observer that stores runs in a TinyDB database, and its command-line option."""

from __future__ import annotations

import os
import warnings
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sacred._base.cli_option import cli_option
from sacred._base.run_ids import RunId
from sacred.observers.base import JsonDict
from sacred.observers.store_observer import StoreObserver
from sacred.observers.tinydb_hashfs.bases import RecordsStorage, form_with_files, open_db
from sacred.stores.document import source_files
from sacred.stores.store import QueueUnsupportedError
from sacred.stores.tinydb.database_file import TablesFile
from sacred.stores.tinydb.hash_files import HashFiles
from sacred.stores.tinydb.store import FORMAT, TABLE, TinyDbStore, local_tinydb

if TYPE_CHECKING:
    from tinydb import TinyDB
    from tinydb.table import Table

__all__ = ["TinyDbObserver", "tiny_db_option"]

PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class QueuedRunError(QueueUnsupportedError, NotImplementedError):
    """TinyDB takes no queued runs; as in 0.8, a `NotImplementedError`."""


class TinyDbObserver(StoreObserver):
    """Stores all runs in one JSON file that TinyDB can read.

    It is meant for a few hundred runs: every change rewrites the whole file.

    Args:
        path: the directory; created when a run starts.
        overwrite: id of an existing run to overwrite instead of inserting a new one.
        failure_dir: directory for records that could not be stored (default:
            ``~/.local/share/sacred/spool``).
    """

    VERSION = FORMAT
    # Unlike a lost connection, a full disk rarely recovers within seconds.
    closing_attempts: ClassVar[Mapping[str, int]] = {"COMPLETED": 3, "FAILED": 1}

    def __init__(
        self,
        path: PathLike = "./runs_db",
        overwrite: RunId | None = None,
        failure_dir: PathLike | None = None,
    ) -> None:
        self.root: str | None = os.path.abspath(os.fsdecode(path))
        self._db_run_id: int | None = None
        self._place: Hashable = os.path.realpath(self.root)
        self.fs: Any = HashFiles(os.path.join(self.root, "hashfs"))
        self._db: TinyDB | None = None
        self._store = local_tinydb(os.fsdecode(path), overwrite)
        spools = None if failure_dir is None else os.fsdecode(failure_dir)
        super().__init__(self._store, failure_dir=spools)

    @classmethod
    def create(cls, path: PathLike = "./runs_db", overwrite: RunId | None = None) -> TinyDbObserver:
        """Deprecated alias of the constructor.

        Args:
            path: the directory of the database (default: ``./runs_db``).
            overwrite: id of a run whose record is replaced (default: None, a new record).
        """
        warnings.warn(
            "TinyDbObserver.create(...) is deprecated; use TinyDbObserver(...) instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        return cls(path, overwrite)

    @classmethod
    def create_from(
        cls, db: TinyDB, fs: Any, overwrite: RunId | None = None, root: PathLike | None = None
    ) -> TinyDbObserver:
        """Create an observer for an existing database.

        Args:
            db: the database. Concurrent writers need one from `get_db_file_manager`.
            fs: storage of files, from `get_db_file_manager` or a HashFS.
            overwrite: id of an existing run to overwrite instead of inserting a new one.
            root: the directory, for the attribute `root`.
        """
        self = cls.__new__(cls)
        self.root = None if root is None else os.fsdecode(root)
        self._place = _place_of(db, root)
        self._db_run_id = None
        self._db, self.fs = db, fs
        storage: Any = db.storage
        tables = storage.tables if isinstance(storage, RecordsStorage) else storage
        # TinyDB caches the results of queries and does not see changes of the file.
        forget = db.table(TABLE).clear_cache
        self._store = TinyDbStore(tables, fs, overwrite, on_write=forget)
        StoreObserver.__init__(self, self._store)
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TinyDbObserver) and self.writes_to == other.writes_to

    def __hash__(self) -> int:
        return hash(self.writes_to)

    def __repr__(self) -> str:
        return f"TinyDbObserver({self.root!r})"

    def __getstate__(self) -> JsonDict:
        # Opened again on demand, because copies of a TinyDB do not work.
        return {**super().__getstate__(), "_db": None}

    def __deepcopy__(self, memo: dict[int, Any]) -> TinyDbObserver:
        # The location is the same, and a database passed by the user cannot be reopened.
        copy = type(self).__new__(type(self))
        copy.__dict__.update({**self.__getstate__(), "_db": self._db})
        return copy

    @property
    def overwrite(self) -> RunId | None:
        """Id of the run to overwrite; None: insert a new one."""
        return self._store.overwrite

    @overwrite.setter
    def overwrite(self, run_id: RunId | None) -> None:
        self._store.overwrite = run_id

    @property
    def db(self) -> TinyDB:
        """The TinyDB database; its documents hold times, arrays and file handles.

        Raises:
            MissingExtraError: TinyDB is not installed.
        """
        if self._db is None:
            self._db = open_db(TablesFile(os.path.join(str(self.root), "metadata.json")), self.fs)
            # No query cache: other writers, and this observer's store, change the file.
            self._db.table(TABLE, cache_size=0)
        return self._db

    @property
    def runs(self) -> Table:
        """The table of the runs; see `db`."""
        return self.db.table(TABLE)

    @property
    def db_run_id(self) -> int | None:
        """TinyDB's document id of the run; None before it starts. It may be assigned."""
        if self._db_run_id is not None:
            return self._db_run_id
        found = self._found
        return None if found is None else found[0]

    @db_run_id.setter
    def db_run_id(self, number: int | None) -> None:
        self._db_run_id = number

    @property
    def run_entry(self) -> JsonDict:
        """The entry of the run; empty before it starts.

        What is edited in it is stored by `save`, which every event calls.
        """
        found = self._found
        stored = {} if found is None else form_with_files(self.fs).decode_entry(found[1])
        return self._record.entry.refresh(stored)

    @run_entry.setter
    def run_entry(self, entry: JsonDict) -> None:
        self._record.entry.replace(entry)

    def save(self) -> None:
        """Store all pending changes, and edits of `run_entry`; every event calls it.

        Raises:
            StoreError: they could not be stored; they are retried with the next event.
        """
        super()._write()

    def save_sources(self, ex_info: Mapping[str, Any]) -> list[list[Any]]:
        """Store source files, unless they are stored already.

        Args:
            ex_info: has ``base_dir`` and ``sources``, a list of names and MD5 digests.

        Returns:
            a list of ``[name, digest, file handle]``.
        """
        handle_of = form_with_files(self.fs).decode
        stored = self._store.store_sources(source_files(ex_info))
        return [[name, digest, handle_of(handle)] for name, digest, handle in stored]

    def queued_event(self, *args: Any, **kwargs: Any) -> RunId:
        """Refuse the run: the records of TinyDB have no place for queued runs.

        See `RunObserver.queued_event`.

        Raises:
            QueuedRunError: always.
        """
        raise QueuedRunError(
            "queued_event method is not implemented for local TinyDbObserver. Other stores take "
            "queued runs: -F DIRECTORY, -s URL, -m DATABASE"
        )

    def _begin(self, *args: Any) -> RunId:
        self._db_run_id = None
        return super()._begin(*args)

    @property
    def _extends_writing(self) -> bool:
        return type(self).save is not TinyDbObserver.save

    def _write(self) -> None:
        self.save()

    @property
    def _found(self) -> tuple[int, JsonDict] | None:
        delivery = self.delivery
        return None if delivery is None else self._store.find(delivery.run_id)

    @property
    def writes_to(self) -> Hashable:
        """See `StoreObserver.writes_to`: the directory, or a database passed by the user."""
        return "tinydb", self._place


def _place_of(db: TinyDB, root: PathLike | None) -> Hashable:
    if root is not None:
        return os.path.realpath(os.fsdecode(root))
    tables = getattr(db.storage, "tables", None)
    if isinstance(tables, TablesFile):
        return os.path.realpath(os.path.dirname(tables.path))
    return id(db)


@cli_option("-t", "--tiny_db")
def tiny_db_option(args: str, run: Any) -> None:
    """Add a `TinyDbObserver` to the run.

    Args:
        args: the directory of its database.
        run: the run that is about to start.
    """
    run.observers.append(TinyDbObserver(args))


tiny_db_option.arg = "DIRECTORY"
tiny_db_option.arg_description = "Directory to write the runs to"
