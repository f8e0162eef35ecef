"""Garbage in MongoDB: files in GridFS, and points of runs that are gone.

GridFS belongs to the whole database: other collections of runs and documents of the user may
refer to its files as well. So the ids in all documents of all collections count.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bson import ObjectId

from sacred._base.clock import utcnow
from sacred._base.run_ids import RunId
from sacred.status import RUNNING, shown_status
from sacred.stores.collector import Collector, Garbage, Progress, Report
from sacred.stores.mongo.bson_values import DISCARD_TIME
from sacred.stores.mongo.errors import translate_errors
from sacred.stores.mongo.gridfs_files import USED_FIELD, files_of
from sacred.stores.mongo.points import MongoMetrics
from sacred.stores.mongo.tails import GROWING_FIELD
from sacred.stores.reader import timestamp_of

if TYPE_CHECKING:
    from gridfs import GridFS
    from pymongo.collection import Collection as MongoCollection

__all__ = ["MongoCollector"]

#: Fields of runs and metrics that are long and refer to nothing.
_LONG_FIELDS = ("captured_out", "steps", "values", "timestamps")
#: The names that the library gives to what it puts into GridFS: URLs of its own, and the
#: paths of sources and resources. All else there is somebody else's.
_OUR_URL = re.compile(
    r"(artifact|captured_out|config|info|result|meta|host|experiment|fail_trace)://"
)
_PATH = re.compile(r"/|[A-Za-z]:[\\/]")


class MongoCollector(Collector):
    """Looks through a database.

    Args:
        url: for messages.
        runs: the collection of the runs.
        fs: the GridFS of their files.
        metrics: the collection of their metrics.
    """

    def __init__(
        self,
        url: str,
        runs: MongoCollection[dict[str, Any]],
        fs: GridFS,
        metrics: MongoCollection[dict[str, Any]] | None,
    ) -> None:
        self._url = url
        self._runs = runs
        self._metrics = metrics
        self._files = files_of(fs)

    def find(
        self,
        before: datetime.datetime,
        without: Collection[RunId] = (),
        report: Report | None = None,
    ) -> Iterator[Garbage]:
        """See `Collector.find`."""
        with translate_errors(self._url):
            files = [] if self._files is None else list(self._old_files(before))
            # Behind that: what refers to a file that is stored from now on does not matter.
            references = _References()
            for document in self._documents(without):
                references.add(document)
            for file in files:
                if file["_id"] not in references.ids and not references.has(file):
                    kind, name = _named(file["filename"])
                    yield Garbage(kind=kind, name=name, size=file["length"], ref=file["_id"])
            yield from self._pieces(before)
            # Those of the runs that do not count go with their runs.
            yield from self._points(before, references.runs | set(map(_plain, without)))

    def remove(
        self, garbage: Sequence[Garbage], before: datetime.datetime, report: Report | None = None
    ) -> Iterator[Garbage]:
        """See `Collector.remove`."""
        unused = {(item.kind, item.ref) for item in self.find(before, report=report)}
        with translate_errors(self._url):
            for item in garbage:
                if (item.kind, item.ref) in unused and self._removed(item, before):
                    yield item

    def rebuild(self, progress: Progress | None = None) -> Iterator[str]:
        """See `Collector.rebuild`: what killed runs have left in tails is moved to documents."""
        if self._metrics is None:
            return
        with translate_errors(self._url):
            found = list(self._metrics.find({GROWING_FIELD: True}, {"run_id": 1, "name": 1}))
            for done, metric in enumerate(found, start=1):
                run_id, name = metric.get("run_id"), metric.get("name")
                if run_id is not None and isinstance(name, str) and not self._is_running(run_id):
                    MongoMetrics(self._metrics, metric["run_id"], is_new=False).settle(name)
                    yield f"metric {name} of run {run_id}"
                if progress is not None:
                    progress(done, len(found))

    def _is_running(self, run_id: Any) -> bool:
        run = self._runs.find_one({"_id": run_id}, {"status": 1, "heartbeat": 1}) or {}
        heartbeat = timestamp_of(run.get("heartbeat"))
        silent_for = None if heartbeat is None else utcnow() - heartbeat
        return shown_status(run.get("status"), silent_for) == RUNNING

    def discard_time(self, run_id: RunId) -> datetime.datetime | None:
        """See `Collector.discard_time`."""
        with translate_errors(self._url):
            found = self._runs.find_one({"_id": run_id}, {DISCARD_TIME: 1}) or {}
        return timestamp_of(found.get(DISCARD_TIME))

    def _old_files(self, before: datetime.datetime) -> Iterator[dict[str, Any]]:
        """Files of the library that were neither stored nor used since then."""
        assert self._files is not None
        wanted = {"filename": 1, "length": 1, "md5": 1}
        for file in self._files.find(_unused_since(before), wanted):
            name = file.get("filename")
            # Sources and resources have digests; a path alone may be anybody's.
            if isinstance(name, str) and (
                _OUR_URL.match(name) or (_PATH.match(name) and file.get("md5"))
            ):
                yield file

    def _documents(self, without: Collection[RunId]) -> Iterator[dict[str, Any]]:
        """All documents that may refer to files, except for these runs."""
        database, own = self._runs.database, set() if self._files is None else _parts(self._files)
        for name in database.list_collection_names():
            if name in own or name.startswith("system."):
                continue
            gone = list(without) if name == self._runs.name else []
            wanted = {"_id": {"$nin": gone}} if gone else {}
            is_ours = name.endswith(("runs", "metrics")) or name == self._runs.name
            yield from database[name].find(
                wanted, dict.fromkeys(_LONG_FIELDS, 0) if is_ours else None
            )

    def _pieces(self, before: datetime.datetime) -> Iterator[Garbage]:
        """What has been sent of files by those who were killed before the end."""
        if self._files is None:
            return
        chunks = self._files.database[self._chunks_of(self._files)]
        stages = [{"$group": {"_id": "$files_id"}}]
        started = [
            row["_id"]
            for row in chunks.aggregate(stages, allowDiskUse=True)
            if isinstance(row["_id"], ObjectId) and _time_of(row["_id"]) < before
        ]
        complete = {row["_id"] for row in self._files.find({}, {"_id": 1})}
        for file_id in started:
            if file_id not in complete:
                yield Garbage(kind="chunk of a file", name=str(file_id), ref=file_id)

    def _points(self, before: datetime.datetime, runs: set[Any]) -> Iterator[Garbage]:
        """Points of runs that are not there, in this collection or in any other."""
        if self._metrics is None:
            return
        for metric in self._metrics.find({}, {"run_id": 1, "name": 1}):
            is_old = isinstance(metric["_id"], ObjectId) and _time_of(metric["_id"]) < before
            if is_old and "run_id" in metric and _plain(metric["run_id"]) not in runs:
                name = f"{metric.get('name')} of run {metric['run_id']}"
                yield Garbage(kind="metric", name=name, ref=metric["_id"])

    def _removed(self, item: Garbage, before: datetime.datetime) -> bool:
        if item.kind == "metric":
            assert self._metrics is not None
            return self._metrics.delete_one({"_id": item.ref}).deleted_count > 0
        assert self._files is not None
        chunks = self._files.database[self._chunks_of(self._files)]
        if item.kind != "chunk of a file":
            # Who has said meanwhile that it uses the file keeps it; who says so from now on
            # is told that it is gone, and stores it again.
            still = {"$and": [{"_id": item.ref}, _unused_since(before)]}
            if not self._files.delete_one(still).deleted_count:
                return False
        chunks.delete_many({"files_id": item.ref})
        return True

    @staticmethod
    def _chunks_of(files: MongoCollection[dict[str, Any]]) -> str:
        return files.name.removesuffix(".files") + ".chunks"


class _References:
    """What documents refer to, as far as it may be a file."""

    def __init__(self) -> None:
        self.ids: set[ObjectId] = set()
        self.runs: set[Any] = set()
        self._resources: set[tuple[str, str]] = set()

    def add(self, document: Mapping[str, Any]) -> None:
        """All that is in a document."""
        self.runs.add(_plain(document.get("_id")))
        resources = document.get("resources")
        if isinstance(resources, list):
            # Each with its path and its digest, which find the file.
            pairs = (item for item in resources if isinstance(item, list) and len(item) > 1)
            self._resources.update((str(name), str(md5)) for name, md5, *_ in pairs)
        self.ids.update(_object_ids(document.values()))

    def has(self, file: Mapping[str, Any]) -> bool:
        """Whether it is the file of a resource."""
        return (str(file["filename"]), str(file.get("md5"))) in self._resources


def _object_ids(values: Iterable[Any]) -> Iterator[ObjectId]:
    for value in values:
        if isinstance(value, ObjectId):
            yield value
        elif isinstance(value, str):
            if len(value) == 24 and ObjectId.is_valid(value):
                yield ObjectId(value)
        elif isinstance(value, Mapping):
            yield from _object_ids(value.values())
        elif isinstance(value, list):
            yield from _object_ids(value)


def _unused_since(before: datetime.datetime) -> dict[str, Any]:
    return {"uploadDate": {"$lt": before}, USED_FIELD: {"$not": {"$gte": before}}}


def _parts(files: MongoCollection[dict[str, Any]]) -> set[str]:
    """The names of the collections of a GridFS."""
    return {files.name, files.name.removesuffix(".files") + ".chunks"}


def _named(filename: str) -> tuple[str, str]:
    scheme, found, rest = filename.partition("://")
    if not found:
        return "file", filename
    kinds = {"artifact": "artifact", "captured_out": "output"}
    return kinds.get(scheme, f"long {scheme}"), rest


def _time_of(object_id: ObjectId) -> datetime.datetime:
    return object_id.generation_time.replace(tzinfo=None)


def _plain(run_id: Any) -> Any:
    return run_id if isinstance(run_id, int | str) else str(run_id)
