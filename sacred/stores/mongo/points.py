"""The points of a run in MongoDB: one document per metric, more for long ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.run_ids import RunId
from sacred.stores.changes import AddPoints
from sacred.stores.mongo.bson_times import with_times
from sacred.stores.mongo.bson_values import force_bson_encodeable

if TYPE_CHECKING:
    from bson import ObjectId
    from pymongo.collection import Collection

__all__ = ["AGGREGATIONS", "POINTS_PER_DOCUMENT", "POINTS_PER_PART", "MongoMetrics"]

#: Beyond, a metric goes on in other documents, which have a ``part``: 1, 2, ... A point
#: takes some 45 bytes, a document has at most 16 MB. Who does not know of the others reads
#: the first one, so it is long.
POINTS_PER_DOCUMENT = 100_000
#: The others are short: a server writes all of a document again when points are pushed to it.
#: As many points as the library hands out at once.
POINTS_PER_PART = 25_000

_VALUES: Any = {"$cond": [{"$isArray": "$values"}, "$values", []]}
_STEPS: Any = {"$cond": [{"$isArray": "$steps"}, "$steps", []]}
#: The aggregates of a document's points, as expressions of the server.
AGGREGATIONS: dict[str, Any] = {
    "count": {"$size": _VALUES},
    "last": {"$arrayElemAt": [_VALUES, -1]},
    "step": {"$arrayElemAt": [_STEPS, -1]},
    "min": {"$min": _VALUES},
    "max": {"$max": _VALUES},
    "mean": {"$avg": _VALUES},
}

_TIMES = "timestamps"


class MongoMetrics:
    """Writes the metrics of one run.

    Args:
        collection: where.
        run_id: of the run.
        is_new: the run has just been made, so nothing can be there yet.
    """

    def __init__(self, collection: Collection[dict[str, Any]], run_id: RunId, is_new: bool) -> None:
        self._collection = collection
        self._run_id = run_id
        self._is_new = is_new
        self._ids: dict[str, list[ObjectId]] = {}

    def id_of(self, name: str, part: int = 0) -> ObjectId:
        """The id of a document; it may not be there yet.

        It is made here and not by the server: after a lost connection, writing to
        the same id again cannot make a second document.
        """
        # Not at the top, as others below: pymongo is optional.
        from bson import ObjectId

        ids = self._ids.get(name)
        if ids is None:
            ids = self._ids[name] = [] if self._is_new else self._stored_ids(name)
        while len(ids) <= part:
            ids.append(ObjectId())
        return ids[part]

    def expect(self, listed: object) -> None:
        """Take over the ids of ``info["metrics"]``, as far as nothing is stored yet.

        Another process has announced them; a spool brings its points only now.
        """
        from bson import ObjectId

        for entry in listed if isinstance(listed, list) else ():
            if not isinstance(entry, dict) or entry.get("name") in self._ids:
                continue
            name, metric_id = entry.get("name"), entry.get("id")
            if isinstance(name, str) and ObjectId.is_valid(metric_id):
                self._ids[name] = self._stored_ids(name) or [ObjectId(metric_id)]

    def listing(self) -> list[dict[str, str]]:
        """What ``info["metrics"]`` has to say: all metrics, or nothing if none was stored here.

        Readers believe it, so it must not leave out those that other processes have stored.
        """
        first = {name: ids[0] for name, ids in self._ids.items() if ids}
        if first and not self._is_new:
            found = self._collection.find({"run_id": self._run_id}, {"name": 1, "part": 1})
            first = {d["name"]: d["_id"] for d in found if not d.get("part")} | first
        return [{"name": name, "id": str(metric_id)} for name, metric_id in first.items()]

    def add(self, points: AddPoints) -> None:
        """Store points; any that were at these indices are replaced."""
        while points:
            part, first, size = _place_of(points.start)
            self._write(points.name, part, points.start - first, points.part(0, first + size))
            points = points.part(first + size)

    def _write(self, name: str, part: int, start: int, points: AddPoints) -> None:
        from bson.errors import InvalidDocument

        document = {
            "_id": self.id_of(name, part),
            "run_id": self._run_id,
            "name": name,
            **({"part": part} if part else {}),
        }
        arrays = {"steps": points.steps, "values": points.values, _TIMES: points.timestamps}
        try:
            self._put(document, arrays, start)
        except (InvalidDocument, OverflowError):
            plain = {name: list(array) for name, array in arrays.items()}
            self._put(document, force_bson_encodeable(plain), start)

    def _put(
        self, document: Mapping[str, Any], arrays: Mapping[str, Sequence[Any]], start: int
    ) -> None:
        times, options = arrays[_TIMES], self._collection.codec_options
        columns = {name: array for name, array in arrays.items() if name != _TIMES}
        which = {"_id": document["_id"]}
        # Nearly always these are the next ones. To insert a document is far less work for the
        # server than to push to one, and this less than a pipeline. Made again, the one finds
        # the same id and the other another length, and neither does anything.
        if start:
            ready = {**which, **{name: {"$size": start} for name in arrays}}
            each = {name: {"$each": column} for name, column in columns.items()}
            push = {"$push": with_times(each, [_TIMES, "$each"], times, options)}
            if self._collection.update_one(ready, push).matched_count:
                return
        elif self._insert(with_times({**document, **columns}, [_TIMES], times, options)):
            return
        self._collection.update_one(which, _update(document, arrays, start), upsert=True)

    def _insert(self, document: Any) -> bool:
        from pymongo.errors import DuplicateKeyError

        try:
            self._collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    def _stored_ids(self, name: str) -> list[ObjectId]:
        found = self._collection.find({"run_id": self._run_id, "name": name}, {"part": 1})
        return [document["_id"] for document in sorted(found, key=lambda d: d.get("part", 0))]


def _place_of(index: int) -> tuple[int, int, int]:
    """The part of a metric in which a point is, the index that it begins with, its size."""
    beyond = index - POINTS_PER_DOCUMENT
    if beyond < 0:
        return 0, 0, POINTS_PER_DOCUMENT
    number = beyond // POINTS_PER_PART
    return 1 + number, POINTS_PER_DOCUMENT + number * POINTS_PER_PART, POINTS_PER_PART


def _update(document: Mapping[str, Any], arrays: Mapping[str, Sequence[Any]], start: int) -> Any:
    """An update after which each array is ``array[:start] + new``, however often it is made."""
    fields = {name: value for name, value in document.items() if name != "_id"}
    if start == 0:
        return {"$set": {**fields, **{name: list(column) for name, column in arrays.items()}}}
    new: dict[str, Any] = {name: {"$literal": value} for name, value in fields.items()}
    for name, elements in arrays.items():
        before = {"$slice": [{"$ifNull": [f"${name}", []]}, start]}
        new[name] = {"$concatArrays": [before, {"$literal": list(elements)}]}
    return [{"$set": new}]
