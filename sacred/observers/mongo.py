"""The observers that store runs in MongoDB, and their command-line option."""

from __future__ import annotations

import os
import warnings
import weakref
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from sacred._base.cli_option import cli_option
from sacred._base.current_run import current_run
from sacred._base.extras import require
from sacred._base.run_ids import RunId
from sacred.events import accepts_timestamps
from sacred.observers.base import JsonDict
from sacred.observers.mongo_address import MongoPlace, parse_mongo_db_arg
from sacred.observers.queue import QueueObserver
from sacred.observers.store_observer import RecordState, StoreObserver
from sacred.stores.changes import SourceFile
from sacred.stores.document import source_files
from sacred.stores.mongo.bson_values import force_bson_encodeable
from sacred.stores.mongo.client import hosts_of, make_client, name_of_place, split_prefix
from sacred.stores.mongo.gridfs_files import content_type_of
from sacred.stores.mongo.store import MongoStore
from sacred.stores.store import RunExistsError

if TYPE_CHECKING:
    from gridfs import GridFS
    from pymongo import MongoClient
    from pymongo.collection import Collection

__all__ = [
    "DEFAULT_MONGO_PRIORITY",
    "MongoObserver",
    "QueueCompatibleMongoObserver",
    "QueuedMongoObserver",
    "force_bson_encodeable",
    "mongo_db_option",
    "parse_mongo_db_arg",
]

DEFAULT_MONGO_PRIORITY = 30

PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_DEFAULT_DATABASE = "sacred"

_RESERVED = frozenset(
    {"fs.files", "fs.chunks", "_properties", "system.indexes", "search_space", "search_spaces"}
)


class MongoObserver(StoreObserver):
    """Stores each run in MongoDB.

    Args:
        url: of the server (default: localhost).
        db_name: the database (default: the one of a `url` that is a URI and names one, else
            ``sacred``).
        collection: the collection of the runs (deprecated, use `collection_prefix`).
        collection_prefix: ``"p"`` makes the collections ``p_runs`` and ``p_metrics``; so
            does the option ``collection_prefix=p`` of a `url` that is a URI.
        overwrite: id of an existing run to overwrite instead of inserting a new one.
        priority: observers with a higher priority receive events first.
        client: an existing `pymongo.MongoClient`.
        failure_dir: directory for records that could not be stored (default:
            ``~/.local/share/sacred/spool``).
        kwargs: for `pymongo.MongoClient`. A server that does not answer within 5
            seconds counts as absent, unless ``serverSelectionTimeoutMS`` says otherwise.

    Raises:
        ValueError: mutually exclusive arguments, a `client` of the wrong type, or a
            malformed `url` (`StoreAddressError`).
        KeyError: `collection` is a reserved name.
        MissingExtraError: pymongo is not installed.
    """

    COLLECTION_NAME_BLACKLIST = _RESERVED
    VERSION = "MongoObserver-0.7.0"

    def __init__(
        self,
        url: str | None = None,
        db_name: str = "sacred",
        collection: str = "runs",
        collection_prefix: str = "",
        overwrite: RunId | None = None,
        priority: int = DEFAULT_MONGO_PRIORITY,
        client: MongoClient[JsonDict] | None = None,
        failure_dir: PathLike | None = None,
        **kwargs: Any,
    ) -> None:
        address, prefix = _place(url, collection_prefix)
        names = _collection_names(collection, prefix)
        self._arguments = {"url": url, "db_name": db_name, "collection": collection}
        self._arguments |= {"collection_prefix": collection_prefix, **kwargs}
        self._connection = _Connection(address, kwargs) if client is None else None
        client = _checked(client, url) if self._connection is None else self._connection.client
        if db_name == _DEFAULT_DATABASE and self._connection is not None:
            # As `-m` and `open_store` do; one that is named beside the URL has precedence.
            db_name = client.get_default_database(db_name).name
        gridfs = require("gridfs", extra="mongo", purpose="MongoObserver")
        database = client[db_name]
        self._setup(
            database[names[0]],
            gridfs.GridFS(database),
            overwrite,
            database[names[1]],
            failure_dir,
            priority,
            name_of_place(url, db_name, prefix),
        )

    def _setup(
        self,
        runs: Collection[JsonDict],
        fs: GridFS,
        overwrite: RunId | None,
        metrics: Collection[JsonDict] | None,
        failure_dir: PathLike | None,
        priority: int,
        url: str | None = None,
    ) -> None:
        self.runs = runs
        self.metrics = metrics
        self.fs = fs
        place = (_run_id(overwrite), url, self._connection)
        self._store = MongoStore(runs, fs, metrics, *place)
        # Metric names already listed in info, by id of each active run.
        self._listed: dict[RunId, set[str]] = {}
        # While `insert` is called.
        self._new: _NewRun | None = None
        spools = None if failure_dir is None else os.fsdecode(failure_dir)
        super().__init__(self._store, priority, spools)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MongoObserver) and self.writes_to == other.writes_to

    def __hash__(self) -> int:
        return hash((MongoObserver, self.runs.full_name))

    @property
    def writes_to(self) -> Hashable:
        """See `StoreObserver.writes_to`: the collection of the runs."""
        known = self._connection is not None
        return MongoPlace(self.runs, hosts_of(self._arguments.get("url")) if known else frozenset())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._store.url}, {self.runs.name}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> MongoObserver:
        # A client has threads and sockets, and may be shared between observers.
        copy = type(self).__new__(type(self))
        copy._arguments, copy._connection = self._arguments, self._connection
        copy._setup(
            self.runs,
            self.fs,
            self.overwrite,
            self.metrics,
            self.failure_dir,
            self.priority,
            self._store.url,
        )
        return copy

    def __getstate__(self) -> JsonDict:
        if self._connection is None:
            raise TypeError("a MongoObserver can be pickled only if it was created with a url")
        own = {"overwrite": self.overwrite, "priority": self.priority}
        return {**self._arguments, **own, "failure_dir": self.failure_dir}

    def __setstate__(self, state: JsonDict) -> None:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            self.__init__(**state)  # type: ignore[misc] # connects again

    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> MongoObserver:
        """Deprecated alias of the constructor; see `MongoObserver`."""
        _warn("MongoObserver.create(...) is deprecated; use MongoObserver(...) instead.")
        return cls(*args, **kwargs)

    @classmethod
    def create_from(
        cls,
        runs_collection: Collection[JsonDict],
        fs: GridFS,
        overwrite: RunId | None = None,
        metrics_collection: Collection[JsonDict] | None = None,
        failure_dir: PathLike | None = None,
        priority: int = DEFAULT_MONGO_PRIORITY,
    ) -> MongoObserver:
        """Create an observer for existing collections.

        Args:
            runs_collection: the collection of the runs.
            fs: GridFS for all files.
            overwrite: id of an existing run to overwrite.
            metrics_collection: the collection of the metrics; None: metrics are not stored.
            failure_dir: as for the constructor.
            priority: as for the constructor.
        """
        self = cls.__new__(cls)
        self._arguments, self._connection = {}, None
        self._setup(runs_collection, fs, overwrite, metrics_collection, failure_dir, priority)
        return self

    @property
    def overwrite(self) -> RunId | None:
        """Id of the run to overwrite; None: insert a new one."""
        return self._store.overwrite

    @overwrite.setter
    def overwrite(self, run_id: RunId | None) -> None:
        self._store.overwrite = _run_id(run_id)

    @property
    def run_entry(self) -> JsonDict | None:
        """The document of the run; None before it starts.

        What is edited in it is stored by `save`, which every event calls. Within `insert`, it
        is the document to be inserted.
        """
        if self._new is not None:
            return self._new.document
        if self.delivery is None:
            return None
        stored = self.runs.find_one({"_id": self.delivery.run_id})
        return None if stored is None else self._record.entry.refresh(stored)

    @run_entry.setter
    def run_entry(self, entry: JsonDict) -> None:
        if current_run() not in self._records:  # of a run that is to be inserted
            self._new = _NewRun(RecordState(), entry.get("_id"), entry, [])
        else:
            self._record.entry.replace(entry)

    def insert(self) -> None:
        """Insert `run_entry` as a new document; the start of a run calls it.

        Raises:
            RunExistsError: the run of `run_entry` is stored already.
            RuntimeError: there is no `run_entry`.
        """
        if self._new is None:
            if self.delivery is None:
                raise RuntimeError("There is no run_entry to insert")
            run_id = self.delivery.run_id
            raise RunExistsError(f"There is a run {run_id!r} already in {self._store.url}")
        new, self._new = self._new, None
        run_id = new.document.pop("_id", new.run_id)
        new.document["_id"] = super()._begin(new.record, run_id, new.document, new.files)

    def save(self) -> None:
        """Store all pending changes, and edits of `run_entry`; every event calls it.

        Raises:
            StoreError: the server did not take them; they are retried with the next event.
        """
        super()._write()

    def final_save(self, attempts: int) -> None:
        """Store all pending changes; retry while the server is unavailable, then spool them.

        Args:
            attempts: the number of attempts, a second apart.
        """
        super()._write_finally(attempts)

    def save_sources(self, ex_info: Mapping[str, Any]) -> list[list[Any]]:
        """Store source files, unless they are stored already.

        Args:
            ex_info: has ``base_dir`` and ``sources``, a list of names and MD5 digests.

        Returns:
            a list of ``[name, id in GridFS]``.
        """
        return self._store.store_sources(source_files(ex_info))

    def _begin(
        self,
        record: RecordState,
        run_id: RunId | None,
        document: JsonDict,
        files: Sequence[SourceFile],
    ) -> RunId:
        self._new = _NewRun(record, run_id, document, files)
        try:
            self.insert()
        finally:
            self._new = None
        stored_id: RunId = document.pop("_id")
        return stored_id

    @property
    def _extends_writing(self) -> bool:
        return type(self).save is not MongoObserver.save

    def _write(self) -> None:
        self.save()

    def _write_finally(self, attempts: int) -> str | None:
        self.final_save(attempts)
        return None

    def _storable(self, fields: Mapping[str, Any]) -> JsonDict:
        return dict(fields)  # BSON has types of its own, and the store converts others

    def queued_event(self, *args: Any, **kwargs: Any) -> RunId:
        """Store a queued run; see `StoreObserver.queued_event`.

        Raises:
            RuntimeError: `overwrite` is set; a queued run cannot overwrite another.
        """
        if self.overwrite is not None:
            raise RuntimeError("Can't overwrite with QUEUED run.")
        return super().queued_event(*args, **kwargs)

    @accepts_timestamps
    def log_metrics(self, metrics_by_name: Mapping[str, Mapping[str, Any]], info: JsonDict) -> None:
        """Store new points, and list their metrics in ``info["metrics"]``.

        See `RunObserver.log_metrics`.
        """
        run_id = self._running.run_id
        known = self._listed.setdefault(run_id, set())
        new = [n for n, points in metrics_by_name.items() if points["values"] and n not in known]
        for name in new:
            self._list_metric(run_id, name, info)
            known.add(name)
        try:
            if new:
                # Before the points: if the process is killed ahead of the next heartbeat,
                # dashboards still find them.
                self._add(self._writer.info(info))
        finally:
            super().log_metrics(metrics_by_name, info)

    def artifact_event(
        self,
        name: str,
        filename: str,
        metadata: JsonDict | None = None,
        content_type: str | None = None,
    ) -> None:
        """Store a file that the run has written; see `StoreObserver.artifact_event`.

        A guessed content type is printed.
        """
        super().artifact_event(name, filename, metadata, content_type)
        guess = None if content_type else content_type_of(name, filename)
        if guess is not None:
            shown = getattr(filename, "original", filename)
            print(f"Added {guess} as content-type of artifact {shown}.")

    def _after_close(self, spool: str | None) -> None:
        self._listed.pop(self._running.run_id, None)

    def _list_metric(self, run_id: RunId, name: str, info: JsonDict) -> None:
        metric_id = self._store.metric_id(run_id, name)
        listed = info.setdefault("metrics", [])
        # `info["metrics"]` may hold a value of the user's own, which is left alone.
        if metric_id is not None and isinstance(listed, list):
            listed.append({"name": name, "id": metric_id})


class _NewRun(NamedTuple):
    """What `MongoObserver.insert` inserts."""

    record: RecordState
    run_id: RunId | None
    document: JsonDict
    files: Sequence[SourceFile]


class QueueCompatibleMongoObserver(MongoObserver):
    """A `MongoObserver` for a `QueueObserver`: it retries by time, not by number."""

    closing_patience: ClassVar[float] = 30.0


class QueuedMongoObserver(QueueObserver):
    """A `MongoObserver` behind a `QueueObserver`.

    Args:
        interval: see `QueueObserver`.
        retry_interval: see `QueueObserver`.
        url: see `MongoObserver`, as for all that follow.
        db_name: the database.
        collection: the collection of the runs (deprecated).
        overwrite: id of an existing run to overwrite.
        priority: observers with a higher priority receive events first.
        client: an existing `pymongo.MongoClient`.
        kwargs: `collection_prefix`, `failure_dir`, or for `pymongo.MongoClient`.
    """

    def __init__(
        self,
        interval: float = 20.0,
        retry_interval: float = 10.0,
        url: str | None = None,
        db_name: str = "sacred",
        collection: str = "runs",
        overwrite: RunId | None = None,
        priority: int = DEFAULT_MONGO_PRIORITY,
        client: MongoClient[JsonDict] | None = None,
        **kwargs: Any,
    ) -> None:
        covered = QueueCompatibleMongoObserver(
            url=url,
            db_name=db_name,
            collection=collection,
            overwrite=overwrite,
            priority=priority,
            client=client,
            **kwargs,
        )
        super().__init__(covered, interval=interval, retry_interval=retry_interval)

    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> QueuedMongoObserver:
        """Deprecated alias of the constructor; see `QueuedMongoObserver`."""
        _warn("QueuedMongoObserver.create(...) is deprecated; use QueuedMongoObserver(...).")
        return cls(*args, **kwargs)


def _place(url: str | None, prefix: str) -> tuple[str | None, str]:
    """Return the address for pymongo and the collection prefix given beside or within it."""
    if url is None:
        return None, prefix
    address, in_url = split_prefix(url)
    if prefix and in_url and prefix != in_url:
        raise ValueError(f"The url has another collection prefix, {in_url!r}, than {prefix!r}.")
    return address, prefix or in_url


def _collection_names(collection: str, prefix: str) -> tuple[str, str]:
    if prefix:
        if collection != "runs":
            raise ValueError("Cannot pass both collection and a collection prefix.")
        return f"{prefix}_runs", f"{prefix}_metrics"
    if collection in _RESERVED:
        raise KeyError(f'Collection name "{collection}" is reserved. Please use a different one.')
    if collection != "runs":
        _warn('Argument "collection" is deprecated; use "collection_prefix" instead.', level=4)
    return collection, "metrics"


class _Connection:
    """A client owned by observers, closed when the last one that shares it is collected."""

    def __init__(self, url: str | None, options: Mapping[str, Any]) -> None:
        self.client = make_client(url, options)
        weakref.finalize(self, self.client.close)


def _checked(client: Any, url: str | None) -> MongoClient[JsonDict]:
    pymongo = require("pymongo", extra="mongo", purpose="MongoObserver")
    if not isinstance(client, pymongo.MongoClient):
        raise ValueError(f"client needs to be a pymongo.MongoClient, but is {type(client)} instead")
    if url is not None:
        raise ValueError("Cannot pass both a client and a url.")
    return cast("MongoClient[JsonDict]", client)


def _run_id(overwrite: RunId | None) -> RunId | None:
    # The command line passes text.
    return int(overwrite) if isinstance(overwrite, str) and overwrite.isdecimal() else overwrite


def _warn(message: str, level: int = 3) -> None:
    warnings.warn(message, DeprecationWarning, stacklevel=level)


@cli_option("-m", "--mongo_db")
def mongo_db_option(args: str, run: Any) -> None:
    """Add a `MongoObserver` to the run.

    Args:
        args: the address; see `parse_mongo_db_arg`.
        run: the run that is about to start.

    Raises:
        ValueError: the address has another form.
    """
    arguments = parse_mongo_db_arg(args)
    # The collection is part of the option's syntax, where it is not deprecated.
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        run.observers.append(MongoObserver(**arguments))


mongo_db_option.arg = "DB"
mongo_db_option.arg_description = (
    "Database specification. Can be [host:port:]db_name[.collection[:id]][!priority]"
)
