"""Reading records in MongoDB, those of the old library included."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from sacred.events import DETAIL_FIELDS
from sacred.records import (
    TIME_FIELDS,
    Document,
    FileEntry,
    MetricNumbers,
    Points,
    RunId,
    id_key,
)
from sacred.stores.mongo.bson_values import (
    DISCARD_TIME,
    DISCARDED,
    IN_GRIDFS,
    QUEUE_ENTRY,
    with_large_integers,
)
from sacred.stores.mongo.errors import translate_errors
from sacred.stores.mongo.gridfs_files import GridFiles
from sacred.stores.mongo.output import PARTS, read_output
from sacred.stores.mongo.points_reader import MetricDocuments, is_list_of_metrics
from sacred.stores.mongo.search.filters import filter_with_metrics
from sacred.stores.mongo.search.metric_ids import MetricOrdering, MetricSearch
from sacred.stores.mongo.search.order import mongo_ordering
from sacred.stores.mongo.search.ranking import MongoOrdering, Placed, first_of
from sacred.stores.reader import (
    LIST_FIELDS,
    Reader,
    Report,
    UnusableId,
    noticing_damage,
    only,
    timestamp_of,
    usable_id,
)
from sacred.stores.store import DamagedRunError, RunNotFoundError, StoreNotFoundError

if TYPE_CHECKING:
    from gridfs import GridFS
    from pymongo.collection import Collection as MongoCollection

    from sacred.query.predicates import Condition
    from sacred.query.sorting import SortKey

__all__ = ["MongoReader"]

#: Of the stored document, what canonical fields with other names are made of.
_MADE_OF = {"sources": "experiment"}
_OUTPUT_FIELDS = ("captured_out", PARTS)
PAGE_SIZE = 200


class MongoReader(Reader):
    """Reads the collections of a `MongoObserver`.

    Args:
        url: for messages.
        runs: the collection of the runs.
        fs: the GridFS of their files.
        metrics: the collection of their metrics (default: ``metrics`` of the database).
        owner: an object kept alive by the reader; the client is closed when it is collected.
    """

    supports_id_lists = True
    supports_value_lists = True

    def __init__(
        self,
        url: str,
        runs: MongoCollection[dict[str, Any]],
        fs: GridFS,
        metrics: MongoCollection[dict[str, Any]] | None = None,
        owner: object = None,
    ) -> None:
        self.url = url
        self._owner = owner
        self._fs = fs
        if metrics is None:
            metrics = runs.database["metrics"]
        runs, metrics = _with_all_values(runs), _with_all_values(metrics)
        self.runs = runs
        self._metrics = MetricDocuments(runs, metrics)
        self._search = MetricSearch(url, runs, metrics)

    def prefilter(self, predicate: Condition) -> dict[str, Any]:
        """See `Reader.prefilter`."""
        return filter_with_metrics(predicate, self._search)

    def ordering(self, keys: Sequence[SortKey]) -> MongoOrdering | MetricOrdering | None:
        """See `Reader.ordering`."""
        return mongo_ordering(keys)

    def ids(self) -> Iterator[RunId]:
        """See `Reader.ids`."""
        for document in self._find({}, {"_id": 1}):
            yield usable_id(document["_id"])

    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """See `Reader.document`."""
        if isinstance(run_id, UnusableId):
            raise run_id.damage(self.url)
        with translate_errors(self.url):
            stored = self.runs.find_one({"_id": run_id}, _projection(fields))
        if stored is None:
            raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
        return self._canonical(stored, fields)

    def documents(
        self,
        ids: Iterable[RunId] | None = None,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[Document]:
        """See `Reader.documents`; `where` is a filter of MongoDB."""
        found = self._find(where or {}, _projection(fields)) if ids is None else None
        if found is None:
            found = self._by_ids(self._usable(ids or (), report), where, fields)
        return self._readable(found, fields, report)

    def ordered(
        self,
        field: str,
        descending: bool = False,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[Document] | None:
        """See `Reader.ordered`."""
        with translate_errors(self.url):
            # Times that are texts have another order there.
            self._check_it_is_there()
            texts = {field: {"$type": "string"}}
            if field != "_id" and self.runs.find_one(texts, {"_id": 1}) is not None:
                return None
        return self._in_order(field, -1 if descending else 1, fields, report, where or {})

    def ranked(
        self,
        order: Any,
        limit: int,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[tuple[Any, bool, Document]] | None:
        """See `Reader.ranked`; `order` is a `MongoOrdering` or a `MetricOrdering`."""
        if isinstance(order, MetricOrdering):
            return self._by_metric(order, limit, fields, report, where or {})
        with translate_errors(self.url):
            self._check_it_is_there()
            pages = first_of(self.runs, order, limit, where or {}, _projection(fields))
        if pages is None:
            return self._ranked(order.stages, limit + 20, fields, report, where or {})
        return self._placed(pages, fields, report)

    def _by_metric(
        self,
        order: MetricOrdering,
        limit: int,
        fields: Collection[str] | None,
        report: Report | None,
        where: Mapping[str, Any],
    ) -> Iterator[tuple[Any, bool, Document]] | None:
        with translate_errors(self.url):
            self._check_it_is_there()
        pages = self._search.pages(order, limit + 20) if self._search.is_cheaper(where) else None
        if pages is None:
            return None
        return self._with_metric(order.name, pages, fields, report, where)

    def _with_metric(
        self,
        name: str,
        pages: Iterable[Sequence[Mapping[str, Any]]],
        fields: Collection[str] | None,
        report: Report | None,
        where: Mapping[str, Any],
    ) -> Iterator[tuple[Any, bool, Document]]:
        seen: set[RunId] = set()
        for page in pages:
            new = {item["run_id"]: item for item in page if item["run_id"] not in seen}
            seen.update(new)
            with translate_errors(self.url):
                listed = self._metrics.listed(list(new))
            for document in self.documents(new, fields, report, where):
                run_id = document["_id"]
                metrics, item = listed.get(run_id), new[run_id]
                # Should the run know of another document, or of none, that is what counts.
                is_meant = not metrics or str(metrics.get(name)) == str(item["_id"])
                yield id_key(run_id), is_meant and not item["odd"], document
        others = {"$and": [where, {"_id": {"$nin": list(seen)}}]}
        for document in self.documents(None, fields, report, others):
            yield id_key(document["_id"]), True, document

    def _placed(
        self, pages: Iterator[Placed], fields: Collection[str] | None, report: Report | None
    ) -> Iterator[tuple[Any, bool, Document]]:
        while True:
            with translate_errors(self.url):
                page = next(pages, None)
            if page is None:
                return
            for stored, is_placed in page:
                for document in self._readable([stored], fields, report):
                    yield id_key(document["_id"]), is_placed, document

    def _ranked(
        self,
        order: Sequence[Mapping[str, Any]],
        size: int,
        fields: Collection[str] | None,
        report: Report | None,
        where: Mapping[str, Any],
    ) -> Iterator[tuple[Any, bool, Document]]:
        offset = 0
        while True:
            # The limit comes right behind the sorting, so the server keeps no more than that.
            stages = [{"$match": where}, *order, {"$limit": offset + size}, {"$skip": offset}]
            with translate_errors(self.url):
                found = list(self.runs.aggregate(stages, allowDiskUse=True))
            known = {usable_id(item["_id"]): not item["doubt"] for item in found}
            for document in self.documents(known, fields, report):
                yield id_key(document["_id"]), known[document["_id"]], document
            if len(found) < size:
                return
            offset, size = offset + size, size * 2

    def output(self, run_id: RunId) -> str:
        """See `Reader.output`."""
        wanted = dict.fromkeys(_OUTPUT_FIELDS, 1)
        with translate_errors(self.url), noticing_damage(run_id, f"its output in {self.url}"):
            stored = self.runs.find_one({"_id": run_id}, wanted) or {}
            return read_output(stored, GridFiles(self._fs))

    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """See `Reader.metric_names`."""
        with translate_errors(self.url), self._noticing_damage(run_id):
            return self._metrics.names(run_id)

    def points(self, run_id: RunId, name: str) -> Points:
        """See `Reader.points`."""
        with translate_errors(self.url), self._noticing_damage(run_id):
            return self._metrics.points(run_id, name)

    def _noticing_damage(self, run_id: RunId) -> contextlib.AbstractContextManager[None]:
        return noticing_damage(run_id, f"its metrics in {self.url}")

    def metric_numbers(
        self, ids: Sequence[RunId], wanted: Collection[tuple[str, str]]
    ) -> Mapping[RunId, MetricNumbers]:
        """See `Reader.metric_numbers`."""
        with translate_errors(self.url):
            return self._metrics.numbers(ids, wanted)

    def discarded(self) -> Collection[RunId]:
        """See `Reader.discarded`."""
        with translate_errors(self.url):
            if f"{DISCARDED}_1" not in self.runs.index_information():
                return ()
            found = self.runs.find({DISCARDED: True}, {"_id": 1})
            return {usable_id(document["_id"]) for document in found}

    def open_file(self, run_id: RunId, entry: FileEntry) -> IO[bytes]:
        """See `Reader.open_file`."""
        with translate_errors(self.url):
            # Resources are listed with their digests, all others with their ids.
            labels = {"filename": entry.name, "md5": entry.md5}
            found = self._fs.find_one(labels if entry.ref is None else {"_id": entry.ref})
        if found is not None:
            return found
        raise FileNotFoundError(f"{entry.name!r} of run {run_id!r} is not stored in {self.url}")

    # ------------------------------------------------------------------- documents

    def _find(self, where: Mapping[str, Any], projection: Any) -> Iterator[dict[str, Any]]:
        with translate_errors(self.url):
            empty = True
            for document in self.runs.find(where, projection).sort("_id", 1):
                empty = False
                yield document
            if empty:
                self._check_it_is_there()

    def _check_it_is_there(self) -> None:
        names = {"name": self.runs.name}
        if not self.runs.database.list_collection_names(filter=names):
            raise StoreNotFoundError(f"There is no collection of runs at {self.url}")

    def _by_ids(
        self, ids: Iterable[RunId], where: Any, fields: Collection[str] | None
    ) -> Iterator[dict[str, Any]]:
        remaining = iter(ids)
        while page := list(itertools.islice(remaining, PAGE_SIZE)):
            with translate_errors(self.url):
                wanted = {"$and": [{"_id": {"$in": page}}, where or {}]}
                found = {d["_id"]: d for d in self.runs.find(wanted, _projection(fields))}
            yield from (found[run_id] for run_id in page if run_id in found)

    def _in_order(
        self,
        field: str,
        direction: int,
        fields: Collection[str] | None,
        report: Report | None,
        where: Mapping[str, Any],
    ) -> Iterator[Document]:
        parts: tuple[dict[str, Any], ...] = ({},)
        if field != "_id":
            parts = {field: {"$type": "date"}}, {field: {"$not": {"$type": "date"}}}
        for part in parts:
            wanted = {"$and": [where, part]}
            size = PAGE_SIZE
            while True:
                with translate_errors(self.url):
                    # With a limit, the server keeps no more than that many while it sorts.
                    found = self.runs.find(wanted, _projection(fields))
                    by_field = [] if field == "_id" else [(field, direction)]
                    found = found.sort([*by_field, ("_id", 1 if by_field else direction)])
                    page = list(found.skip(size - PAGE_SIZE).limit(size))
                yield from self._readable(page, fields, report)
                if len(page) < size:
                    break
                size *= 2

    def _usable(self, ids: Iterable[RunId], report: Report | None) -> Iterator[RunId]:
        for run_id in ids:
            if not isinstance(run_id, UnusableId):
                yield run_id
            elif report is not None:
                report(str(run_id.damage(self.url)))

    def _readable(
        self,
        documents: Iterable[dict[str, Any]],
        fields: Collection[str] | None,
        report: Report | None,
    ) -> Iterator[Document]:
        for stored in documents:
            try:
                yield self._canonical(stored, fields)
            except DamagedRunError as error:
                if report is not None:
                    report(str(error))

    def _canonical(self, stored: dict[str, Any], fields: Collection[str] | None) -> Document:
        run_id = usable_id(stored["_id"])
        if isinstance(run_id, UnusableId):
            raise run_id.damage(self.url)
        try:
            with translate_errors(self.url):
                return self._document_of(stored, fields)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            problem = f"{type(error).__name__}: {error}"
            raise DamagedRunError(
                f"Run {run_id!r} is damaged: its document in {self.url}: {problem}"
            ) from error

    def _document_of(self, stored: dict[str, Any], fields: Collection[str] | None) -> Document:
        document = {key: value for key, value in stored.items() if key not in LIST_FIELDS}
        for name in (DISCARDED, DISCARD_TIME, QUEUE_ENTRY):
            document.pop(name, None)
        for name, file_id in document.pop(IN_GRIDFS, {}).items():
            if name in document:  # there is only its beginning
                document[name] = json.loads(self._fs.get(file_id).read())
        document |= {name: timestamp_of(stored[name]) for name in TIME_FIELDS if name in stored}
        if isinstance(document.get("info"), dict):
            document["info"] = _without_metrics(document["info"])
        experiment = dict(document.get("experiment") or {})
        sources = experiment.pop("sources", None) or ()
        document["experiment"] = experiment
        files = self._files_of([*(ref for _, ref in sources), *_artifact_ids(stored)], fields)
        document["sources"] = [_entry(name, ref, files) for name, ref in sources]
        document["artifacts"] = [_artifact(item, files) for item in stored.get("artifacts") or ()]
        document["resources"] = [
            FileEntry(name=str(name), md5=md5) for name, md5 in stored.get("resources") or ()
        ]
        return only(document, fields)

    def _files_of(self, refs: list[Any], fields: Collection[str] | None) -> dict[Any, Any]:
        """What GridFS says of files, where somebody wants to know."""
        wanted = fields is None or not {"sources", "artifacts"}.isdisjoint(fields)
        # To the server, a dict may be an operator; it is found to be none when it is looked up.
        known = [ref for ref in refs if ref is not None and isinstance(ref, Hashable)]
        if not known or not wanted:
            return {}
        # The properties of a file that have these are deprecated.
        return {file._id: file._file for file in self._fs.find({"_id": {"$in": known}})}


def _with_all_values(collection: MongoCollection[dict[str, Any]]) -> Any:
    """The same collection; large integers come back, and times that Python cannot have are near.

    Otherwise one such time anywhere in a document is an error of all that are fetched with it.
    """
    # Not at the top: pymongo is optional.
    from bson.codec_options import TypeRegistry

    options = collection.codec_options
    if options.type_registry == TypeRegistry():  # that of somebody's own client stays
        options = options.with_options(type_registry=with_large_integers())
    try:  # pymongo 4.2 does not have it
        from bson.codec_options import DatetimeConversion
    except ImportError:
        return collection.with_options(options)

    clamped = DatetimeConversion.DATETIME_CLAMP
    return collection.with_options(options.with_options(datetime_conversion=clamped))


def _projection(fields: Collection[str] | None) -> dict[str, int]:
    if fields is None:
        return dict.fromkeys((*_OUTPUT_FIELDS, *DETAIL_FIELDS), 0)
    return dict.fromkeys(("_id", IN_GRIDFS, *(_MADE_OF.get(name, name) for name in fields)), 1)


def _without_metrics(info: dict[str, Any]) -> dict[str, Any]:
    if not is_list_of_metrics(info.get("metrics")):
        return info
    return {name: value for name, value in info.items() if name != "metrics"}


def _artifact_ids(stored: Mapping[str, Any]) -> list[Any]:
    artifacts = stored.get("artifacts") or ()
    return [item["file_id"] for item in artifacts if isinstance(item, dict)]


def _entry(name: str, ref: Any, files: Mapping[Any, Any]) -> FileEntry:
    return FileEntry(name=str(name), ref=ref, md5=files.get(ref, {}).get("md5"))


def _artifact(item: Any, files: Mapping[Any, Any]) -> FileEntry:
    if not isinstance(item, dict):  # of the first versions
        return FileEntry(name=str(item))
    file = files.get(item["file_id"], {})
    return FileEntry(
        name=str(item["name"]),
        ref=item["file_id"],
        md5=file.get("md5"),
        content_type=file.get("contentType"),
        metadata=file.get("metadata"),
    )
