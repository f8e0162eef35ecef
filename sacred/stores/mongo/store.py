"""Records of runs in MongoDB: a document per run, one per metric, files in GridFS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sacred._base.run_ids import RunId
from sacred.events import DETAIL_FIELDS
from sacred.serializer import dumps
from sacred.serializer.escaped_text import storable_text
from sacred.stores.changes import (
    OF_THE_END,
    AddFile,
    AddPoints,
    Annotate,
    Change,
    DropPoints,
    Reopen,
    SetExperiment,
    SetFields,
    SourceFile,
    WriteOutput,
)
from sacred.stores.mongo.bson_values import (
    DISCARD_TIME,
    DISCARDED,
    IN_GRIDFS,
    MAX_FIELD_SIZE,
    QUEUE_ENTRY,
    bson_size,
    force_bson_encodeable,
    shortened,
    with_datetimes,
)
from sacred.stores.mongo.errors import translate_errors
from sacred.stores.mongo.gridfs_files import GridFiles, content_type_of
from sacred.stores.mongo.output import PARTS, MongoOutput
from sacred.stores.mongo.points import MongoMetrics
from sacred.stores.reader import ReadableStore, Reader
from sacred.stores.store import (
    ANSWER_SECONDS,
    RunExistsError,
    RunNotFoundError,
    StoreUnavailableError,
    not_discarded,
)

if TYPE_CHECKING:
    from bson import ObjectId
    from gridfs import GridFS
    from pymongo.collection import Collection

    from sacred.stores.claims import Claims
    from sacred.stores.collector import Collector

__all__ = ["FORMAT", "IN_GRIDFS", "MongoStore"]

#: Others may be annotating the same run.
_ATTEMPTS = 100

FORMAT = "MongoObserver-0.7.0"

#: Fields that a run may have got after its start: those of a run to be overwritten go.
_OWN_FIELDS = (
    "result", "stop_time", "fail_trace", "queue_time", PARTS, IN_GRIDFS, DISCARDED, DISCARD_TIME,
    QUEUE_ENTRY,
    *DETAIL_FIELDS,
)  # fmt: skip

#: When a run was put into the trash for the first time.
_SINCE = {"$ifNull": [f"${DISCARD_TIME}", "$$NOW"]}


class Fence(Protocol):
    """What stands between a store and its collections; see `sacred.stores.mongo.claims`."""

    def runs(self, runs: Collection[Any]) -> Collection[Any]:
        """Return the collection of the runs as it may be changed."""

    def metrics(self, metrics: Collection[Any]) -> Collection[Any]:
        """Return the collection of the metrics as it may be changed."""


class MongoStore(ReadableStore):
    """Stores records in MongoDB.

    Args:
        runs: the collection of the runs.
        fs: GridFS for sources, resources, artifacts and values that are too long.
        metrics: the collection of the metrics; None: they are not stored.
        overwrite: id of a run to overwrite instead of creating a new one.
        url: the name of the place in messages.
        connection: kept alive as long as the store is.
    """

    supports_output_append = True
    supports_details = True
    answer_seconds = ANSWER_SECONDS

    def __init__(
        self,
        runs: Collection[dict[str, Any]],
        fs: GridFS,
        metrics: Collection[dict[str, Any]] | None = None,
        overwrite: RunId | None = None,
        url: str | None = None,
        connection: object = None,
    ) -> None:
        self.url = url or f"mongodb:{runs.full_name}"
        self.overwrite = overwrite
        self._connection = connection
        self.runs = runs
        self._metrics = metrics
        self._fs = fs
        self._files = GridFiles(fs)
        self._open: dict[RunId, _OpenRun] = {}

    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`.

        Raises:
            RuntimeError: the run to overwrite does not exist.
        """
        with translate_errors(self.url):
            self._check_overwritten()
            experiment = dict(document.get("experiment") or {})
            if files or not experiment.get("sources"):  # else a subclass has stored them
                experiment["sources"] = self.store_sources(files)
            meta = with_datetimes(document.get("meta") or {})
            fields = force_bson_encodeable({**document, "experiment": experiment, "meta": meta})
            fields, large = self._fitting(fields)
            entry = {**fields, "format": FORMAT} | ({IN_GRIDFS: large} if large else {})
            if self.overwrite is not None:
                new_id = self._replace(self.overwrite, entry)
            elif run_id is not None:
                new_id = self._insert(run_id, entry)
            else:
                new_id = self.insert_next(entry)
        self._open[new_id] = _OpenRun(self.runs, self._metrics, new_id, self._files, True)
        self._open[new_id].large = dict(large)
        self._open[new_id].shared = frozenset(large.values())
        return new_id

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """See `Store.apply`."""
        with translate_errors(self.url):
            run = self._opened(run_id)
            for change in changes:
                info = change.fields.get("info") if isinstance(change, SetFields) else None
                if run.metrics is not None and isinstance(info, dict):
                    run.metrics.expect(info.get("metrics"))
            for change in changes:
                self._apply(run, change)

    def highest_id(self) -> int:
        """See `Store.highest_id`."""
        with translate_errors(self.url):
            return self._highest_id()

    def discard(self, run_id: RunId) -> None:
        """See `Store.discard`."""
        with translate_errors(self.url):
            # So that nobody has to look through all runs for the few that are discarded;
            # where nobody has thrown anything away, there is no index either.
            self.runs.create_index(DISCARDED, sparse=True)
            self._update(run_id, [{"$set": {DISCARDED: True, DISCARD_TIME: _SINCE}}])

    def recover(self, run_id: RunId) -> None:
        """See `Store.recover`."""
        with translate_errors(self.url):
            self._update(run_id, {"$unset": {DISCARDED: "", DISCARD_TIME: ""}})

    def remove(self, run_id: RunId) -> None:
        """See `Store.remove`; its files in GridFS then belong to no run."""
        with translate_errors(self.url):
            which = {"_id": run_id, DISCARDED: True}
            if self.runs.find_one(which, {"_id": 1}) is None:
                raise not_discarded(run_id, self.url)
            if self._metrics is not None:
                self._metrics.delete_many({"run_id": run_id})
            self.runs.delete_one(which)

    def reader(self) -> Reader:
        """See `ReadableStore.reader`."""
        # Not at the top, as others below: pymongo is optional, readers are for who reads.
        from sacred.stores.mongo.reader import MongoReader

        return MongoReader(self.url, self.runs, self._fs, self._metrics, owner=self)

    def claims(self) -> Claims:
        """See `sacred.stores.claims.claims_of`."""
        from sacred.stores.mongo.claims import MongoClaims

        return MongoClaims(self)

    def with_fence(self, fence: Fence) -> MongoStore:
        """Return the same store for a writer that may write only as long as it has a lease.

        Args:
            fence: what stands between the store and the collections.
        """
        metrics = None if self._metrics is None else fence.metrics(self._metrics)
        return MongoStore(fence.runs(self.runs), self._fs, metrics, url=self.url)

    def collector(self) -> Collector:
        """See `Store.collector`."""
        from sacred.stores.mongo.collector import MongoCollector

        return MongoCollector(self.url, self.runs, self._fs, self._metrics)

    def metric_id(self, run_id: RunId, name: str) -> str | None:
        """Return the id, as text, of the document of a metric, which need not exist yet.

        Args:
            run_id: id of the run.
            name: of the metric.
        """
        metrics = self._opened(run_id).metrics
        return None if metrics is None else str(metrics.id_of(name))

    def is_unreachable(self, error: BaseException) -> bool:
        """See `Store.is_unreachable`; a refusal is an answer."""
        return isinstance(error, StoreUnavailableError) and not isinstance(error, PermissionError)

    def check_reachable(self, within: float) -> None:
        """See `Store.check_reachable`."""
        import pymongo

        with translate_errors(self.url), pymongo.timeout(within):
            # Selects a server, and raises if there is none. The driver's own threads connect
            # to it, so a slow network is no absent server.
            _ = self.runs.database.client.is_primary

    def _opened(self, run_id: RunId) -> _OpenRun:
        run = self._open.get(run_id)
        if run is None:
            run = _OpenRun(self.runs, self._metrics, run_id, self._files, False)
            if self.runs.find_one({"_id": run_id}, {"_id": 1}) is None:
                raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
            self._open[run_id] = run
        return run

    def _apply(self, run: _OpenRun, change: Change) -> None:
        match change:
            case WriteOutput():
                run.output.write(change)
            case AddPoints():
                if run.metrics is not None:
                    run.metrics.add(change)
                    if change.start == 0:
                        self._list_metric(run.run_id, change.name, run.metrics)
            case DropPoints():
                if run.metrics is not None:
                    run.metrics.drop(change.name, change.start)
            case AddFile():
                self._add_file(run.run_id, change)
            case Annotate():
                self._annotate(run.run_id, change)
            case Reopen():
                gone = dict.fromkeys(OF_THE_END, "")
                self._update(run.run_id, {"$set": {"status": change.status}, "$unset": gone})
            case SetExperiment():
                experiment = {**change.info, "sources": self.store_sources(change.files)}
                self._set(run, {"experiment": experiment})
            case SetFields():
                if change.closes and run.metrics is not None:
                    run.metrics.close(self._listed_metrics(run))
                self._set(run, _with_metrics(change.fields, run))
                if change.closes:
                    # What it remembers is not needed any more; if so, it is looked up.
                    self._open.pop(run.run_id, None)

    def _list_metric(self, run_id: RunId, name: str, metrics: MongoMetrics) -> None:
        """Add a new metric to the list of the run, if it has one: readers believe it."""
        listed = {"$elemMatch": {"name": {"$type": "string"}, "id": {"$exists": True}}}
        has_others = {"info.metrics": listed, "info.metrics.name": {"$ne": name}}
        entry = {"name": name, "id": str(metrics.id_of(name))}
        self.runs.update_one({"_id": run_id, **has_others}, {"$push": {"info.metrics": entry}})

    def _listed_metrics(self, run: _OpenRun) -> object:
        """``info["metrics"]`` of a run that another process began."""
        if run.is_new:
            return ()
        found = self.runs.find_one({"_id": run.run_id}, {"info.metrics": 1}) or {}
        info = found.get("info")
        return info.get("metrics") if isinstance(info, dict) else ()

    def _set(self, run: _OpenRun, fields: Mapping[str, Any]) -> None:
        fitting, large = self._fitting(force_bson_encodeable(fields), run.run_id)
        update: dict[str, Any] = {"$set": dict(fitting)}
        replaced = []
        for name in fitting:
            before = run.large.pop(name, None)
            if name in large:
                update["$set"][f"{IN_GRIDFS}.{name}"] = run.large[name] = large[name]
            elif before is not None:
                update["$unset"] = {**update.get("$unset", {}), f"{IN_GRIDFS}.{name}": ""}
            if before not in (None, large.get(name)) and before not in run.shared:
                replaced.append(before)
        self._update(run.run_id, update)
        for file_id in replaced:
            self._files.delete(file_id)

    def _annotate(self, run_id: RunId, change: Annotate) -> None:
        for _ in range(_ATTEMPTS):
            found = self.runs.find_one({"_id": run_id}, {"meta": 1})
            if found is None:
                raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
            before = found.get("meta")
            new = force_bson_encodeable(with_datetimes(change.applied_to(before or {})))
            # If another has just annotated it, nothing is matched, and what he did counts.
            now = {"_id": run_id, "meta": before}
            if self.runs.update_one(now, {"$set": {"meta": new}}).matched_count:
                return
        raise StoreUnavailableError(f"Others keep annotating the run {run_id!r} in {self.url}")

    def _add_file(self, run_id: RunId, change: AddFile) -> None:
        if change.kind == "resource":
            self._files.put_file(change.name, change.path, change.md5)
            resource = {"$literal": [change.name, change.md5]}
            self._list_file(run_id, "resources", resource, {"$eq": ["$$this", resource]}, change)
            return
        content_type = change.content_type or content_type_of(change.name, change.path)
        file_id = self._files.put_file(
            f"artifact://{self.runs.name}/{run_id}/{change.name}",
            change.path,
            metadata=force_bson_encodeable(change.metadata),
            content_type=content_type,
        )
        artifact = {"$literal": {"name": change.name, "file_id": file_id}}
        named = {"$eq": ["$$this.name", {"$literal": change.name}]}
        self._list_file(run_id, "artifacts", artifact, named, change)

    def _list_file(
        self, run_id: RunId, field: str, entry: Any, is_same: Any, change: AddFile
    ) -> None:
        """List a file once more, unless this very change has been applied before."""
        listed: dict[str, Any] = {"$ifNull": [f"${field}", []]}
        count = {"$size": {"$filter": {"input": listed, "cond": is_same}}}
        others = listed
        if change.count == 1:
            # Of a file that is not counted, the latest content is expected at the end.
            is_other = {"$ne": ["$$this", entry]}
            others = {"$filter": {"input": listed, "cond": is_other}}
        added = {"$concatArrays": [others, [entry]]}
        known = {"$and": [{"$gte": [count, change.count]}, {"$in": [entry, listed]}]}
        if change.count > 1 or field == "resources":
            added = {"$cond": [known, listed, added]}
        self._update(run_id, [{"$set": {field: added}}])

    def store_sources(self, files: Sequence[SourceFile]) -> list[list[Any]]:
        """Store sources, unless they are stored already; returns ``[[name, GridFS id], ...]``."""
        return [[file.name, self._store_source(file)] for file in files]

    def _store_source(self, file: SourceFile) -> Any:
        try:
            return self._files.put_file(storable_text(file.origin or file.path), file.path)
        except FileNotFoundError:
            return None  # imported, and gone since

    def _fitting(
        self, fields: dict[str, Any], run_id: RunId | None = None
    ) -> tuple[dict[str, Any], dict[str, ObjectId]]:
        """The fields as they fit into a document, and the files of those that did not.

        Files of a run that has its id already are its own: it removes them when they change.
        """
        own = "" if run_id is None else f"/{run_id}"
        large = {}
        for name, value in fields.items():
            if isinstance(value, (dict, list, str)) and bson_size(value) > MAX_FIELD_SIZE:
                whole = f"{name}://{self.runs.name}{own}"
                kind = "application/json"
                large[name] = self._files.put_text(whole, dumps(value), content_type=kind)
                fields = {**fields, name: shortened(value)}
        return fields, large

    def insert_next(self, entry: dict[str, Any]) -> int:
        """Insert the document of a run under the next free number, and return the number."""
        from pymongo.errors import DuplicateKeyError

        while True:
            highest = self._highest_id()
            entry["_id"] = highest + 1
            try:
                self.runs.insert_one(entry)
                return highest + 1
            except DuplicateKeyError:
                continue  # another run was faster

    def _highest_id(self) -> int:
        # Ids that users gave may be text; these do not count.
        numbers = self.runs.find({"_id": {"$type": "number"}}, {"_id": 1})
        return int(next(iter(numbers.sort("_id", -1).limit(1)), {"_id": 0})["_id"])

    def _insert(self, run_id: RunId, entry: dict[str, Any]) -> RunId:
        from pymongo.errors import DuplicateKeyError

        try:
            self.runs.insert_one({**entry, "_id": run_id})
        except DuplicateKeyError:
            raise RunExistsError(f"There is a run {run_id!r} already in {self.url}") from None
        return run_id

    def _check_overwritten(self) -> None:
        if self.overwrite is not None and not self.runs.find_one({"_id": self.overwrite}, {}):
            raise RuntimeError(f"Could not find the run {self.overwrite!r} to be overwritten")

    def _replace(self, run_id: RunId, entry: dict[str, Any]) -> RunId:
        # Other programs (cluster managers, say) keep fields of their own in the document.
        outdated = dict.fromkeys([name for name in _OWN_FIELDS if name not in entry], "")
        fields = {name: value for name, value in entry.items() if name != "_id"}
        self.runs.update_one({"_id": run_id}, {"$set": fields, "$unset": outdated})
        if self._metrics is not None:
            self._metrics.delete_many({"run_id": run_id})
        return run_id

    def _update(self, run_id: RunId, update: Any) -> None:
        if not self.runs.update_one({"_id": run_id}, update).matched_count:
            raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")


def _with_metrics(fields: Mapping[str, Any], run: _OpenRun) -> Mapping[str, Any]:
    """Fields whose ``info`` lists the metrics, for dashboards find them there.

    An observer lists them by itself; who copies a run does not know of that.
    """
    info = fields.get("info")
    if not isinstance(info, dict) or "metrics" in info or run.metrics is None:
        return fields
    listing = run.metrics.listing()
    return {**fields, "info": {**info, "metrics": listing}} if listing else fields


class _OpenRun:
    """What is remembered of a run that is under way."""

    supports_output_append = True

    def __init__(
        self,
        runs: Collection[dict[str, Any]],
        metrics: Collection[dict[str, Any]] | None,
        run_id: RunId,
        files: GridFiles,
        is_new: bool,
    ) -> None:
        self.run_id = run_id
        #: Whether this process has begun it.
        self.is_new = is_new
        self.output = MongoOutput(runs, run_id, files, is_new)
        self.metrics = None if metrics is None else MongoMetrics(metrics, run_id, is_new)
        #: The files of the fields that do not fit, as far as this process wrote them.
        self.large: dict[str, ObjectId] = {}
        #: Those that another run may have with the same content.
        self.shared: frozenset[ObjectId] = frozenset()
