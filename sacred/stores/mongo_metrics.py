"""The points of a run in MongoDB: one document per metric, more for long ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.moments import Moments
from sacred.stores.base import RunId
from sacred.stores.bson_form import force_bson_encodeable
from sacred.stores.changes import AddPoints

if TYPE_CHECKING:
    from bson import ObjectId
    from pymongo.collection import Collection

__all__ = ["POINTS_PER_DOCUMENT", "MongoMetrics"]

#: Beyond, a metric goes on in another document, which has a ``part``: 1, 2, ... A point
#: takes some 45 bytes, a document has at most 16 MB.
POINTS_PER_DOCUMENT = 100_000


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

    def add(self, points: AddPoints) -> None:
        """Store points; any that were at these indices are replaced."""
        size = POINTS_PER_DOCUMENT
        for part in range(points.start // size, (points.stop - 1) // size + 1):
            inside = points.part(part * size, (part + 1) * size)
            self._write(points.name, part, inside.start - part * size, inside)

    def _write(self, name: str, part: int, start: int, points: AddPoints) -> None:
        from bson.errors import InvalidDocument

        fields = {"run_id": self._run_id, "name": name} | ({"part": part} if part else {})
        arrays: dict[str, Sequence[Any]] = {
            "steps": points.steps,
            "values": points.values,
            "timestamps": _times(points.timestamps),
        }
        document = {"_id": self.id_of(name, part)}
        try:
            self._put(document, fields, arrays, start)
        except (InvalidDocument, OverflowError):
            self._put(document, fields, force_bson_encodeable(arrays), start)

    def _put(
        self,
        document: Mapping[str, Any],
        fields: Mapping[str, Any],
        arrays: Mapping[str, Sequence[Any]],
        start: int,
    ) -> None:
        if start:
            # Nearly always these are the next ones. To push them is far less work for the
            # server than a pipeline, and made again it finds another length and does nothing.
            ready = {**document, **{name: {"$size": start} for name in arrays}}
            push = {name: {"$each": elements} for name, elements in arrays.items()}
            if self._collection.update_one(ready, {"$push": push}).matched_count:
                return
        self._collection.update_one(document, _update(fields, arrays, start), upsert=True)

    def _stored_ids(self, name: str) -> list[ObjectId]:
        found = self._collection.find({"run_id": self._run_id, "name": name}, {"part": 1})
        return [document["_id"] for document in sorted(found, key=lambda d: d.get("part", 0))]


def _times(moments: Sequence[Any]) -> list[Any]:
    # BSON's times are no finer, and to make them is most of the work.
    return moments.in_milliseconds() if isinstance(moments, Moments) else list(moments)


def _update(fields: Mapping[str, Any], arrays: Mapping[str, Sequence[Any]], start: int) -> Any:
    """An update after which each array is ``array[:start] + new``, however often it is made."""
    if start == 0:
        return {"$set": {**fields, **arrays}}
    new: dict[str, Any] = {name: {"$literal": value} for name, value in fields.items()}
    for name, elements in arrays.items():
        before = {"$slice": [{"$ifNull": [f"${name}", []]}, start]}
        new[name] = {"$concatArrays": [before, {"$literal": list(elements)}]}
    return [{"$set": new}]
