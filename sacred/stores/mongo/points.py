"""The points of a run in MongoDB: one document per metric, several for a long one.

A growing document is not written again with every heartbeat, see `sacred.stores.mongo.tails`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from sacred._base.run_ids import RunId
from sacred.stores.changes import AddPoints, joined_times
from sacred.stores.mongo.bson_times import with_times
from sacred.stores.mongo.bson_values import force_bson_encodeable
from sacred.stores.mongo.tails import (
    GROWING_FIELD,
    MAX_PUSHED_POINTS,
    PART_OF_TAILS,
    TAIL_FIELD,
    is_due,
    tail_id,
    tails_of,
)
from sacred.stores.store import MissingPartError

if TYPE_CHECKING:
    from bson import ObjectId
    from bson.raw_bson import RawBSONDocument
    from pymongo.collection import Collection

__all__ = ["AGGREGATIONS", "POINTS_PER_DOCUMENT", "POINTS_PER_PART", "MongoMetrics"]

#: Beyond this, a metric continues in other documents, which have a ``part``: 1, 2, ... A point
#: takes some 45 bytes, a document has at most 16 MB. Readers that do not know of the others
#: read the first one, so it is long.
POINTS_PER_DOCUMENT = 100_000
#: The others are shorter, as many points as the library hands out at once.
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


class _Growing:
    """The last document of a metric, which still grows.

    Args:
        part: which document of the metric it is.
        length: how many points it has.
        tails: how many points each of its tails has.
    """

    def __init__(self, part: int, length: int = 0, tails: Iterable[int] = ()) -> None:
        self.part = part
        self.length = length
        self.tails = list(tails)

    @property
    def stop(self) -> int:
        """How many points there are, with those in the tails."""
        return self.length + sum(self.tails)


class MongoMetrics:
    """Writes the metrics of one run.

    Args:
        collection: where.
        run_id: of the run.
        is_new: the run has just been made by this process, so nothing can be there yet, and
            tails are used, until `close`. Else there are none as soon as `add` has returned.
    """

    def __init__(self, collection: Collection[dict[str, Any]], run_id: RunId, is_new: bool) -> None:
        self._collection = collection
        self._run_id = run_id
        self._is_new = is_new
        self._ids: dict[str, list[ObjectId]] = {}
        self._growing: dict[str, _Growing] = {}
        #: The metrics whose first document says that it is growing.
        self._marked: set[str] = set()
        #: Tails whose points are elsewhere by now.
        self._moved: list[ObjectId] = []

    def id_of(self, name: str, part: int = 0) -> ObjectId:
        """Return the id of the document of a metric, which need not exist yet.

        It is made here and not by the server: after a lost connection, writing to
        the same id again cannot make a second document.

        Args:
            name: of the metric.
            part: number of the document; 0: the first one.
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
        for name, metric_id in _listed_ids(listed):
            if name not in self._ids:
                self._ids[name] = self._stored_ids(name) or [metric_id]

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
        if not self._is_new:
            self.settle(points.name)
        while points:
            part, first, size = _place_of(points.start)
            self._add(part, points.start - first, size, points.part(0, first + size))
            points = points.part(first + size)

    def drop(self, name: str, start: int) -> None:
        """Remove the points of a metric from an index on; its first document stays.

        Args:
            name: of the metric.
            start: the index.
        """
        self.settle(name)
        self._move_tails(name, self._growing.pop(name))
        part, first, _ = _place_of(start)
        beyond = self._ids[name][part + 1 :]
        del self._ids[name][part + 1 :]
        kept = {
            array: {"$slice": [f"${array}", start - first] if start > first else []}
            for array in ("steps", "values", _TIMES)
        }
        if start == first:
            kept = {array: {"$literal": []} for array in kept}
        self._collection.update_one({"_id": self.id_of(name, part)}, [{"$set": kept}])
        self._collection.delete_many({"_id": {"$in": beyond}})

    def settle(self, name: str) -> None:
        """Move the tails that another process has left of a metric.

        Nothing is asked any more once this has been done.
        """
        if name in self._growing:
            return
        self.id_of(name)
        ids = self._ids[name]
        is_growing = {"_id": ids[0], GROWING_FIELD: True}
        if self._collection.find_one(is_growing, {"_id": 1}) is None:
            self._growing[name] = _Growing(max(len(ids) - 1, 0))
            return
        length = next((size for _, size in self._sizes({"_id": ids[-1]})), 0)
        growing = _Growing(len(ids) - 1, length, tails_of(ids[-1], length, self._sizes))
        self._marked.add(name)
        self._move_tails(name, growing)
        self._unmark()
        self._growing[name] = growing

    def close(self, listed: object = ()) -> None:
        """Move all tails, which leaves the record in its final form.

        Args:
            listed: ``info["metrics"]`` of a run that another process began.
        """
        if not self._is_new:
            for name in self._names_of_growing(listed):
                self.settle(name)
        for name, growing in self._growing.items():
            self._move_tails(name, growing)
        self._unmark()

    def _add(self, part: int, start: int, size: int, points: AddPoints) -> None:
        """Store points of one document, or of its tails.

        Args:
            part: which document of the metric.
            start: the place of the first point in it.
            size: how many points it may have.
            points: the points.
        """
        name, stop = points.name, start + len(points)
        growing = self._growing.get(name)
        if growing is None or growing.part != part:
            growing = self._growing[name] = _Growing(part)
        if start != growing.stop or not self._is_new:
            # Points that are stored again, or a process that goes on with a run.
            self._move_tails(name, growing)
            self._write(name, part, start, points)
            growing.length = stop
        elif stop <= MAX_PUSHED_POINTS or is_due(growing.length, stop, size):
            self._move_tails(name, growing, points)
        else:
            self._add_tail(name, growing, points)

    def _add_tail(self, name: str, growing: _Growing, points: AddPoints) -> None:
        if name not in self._marked:
            first = {"_id": self.id_of(name)}
            self._collection.update_one(first, {"$set": {GROWING_FIELD: True}})
            self._marked.add(name)
        tails = growing.tails
        if not tails or tails[-1] + len(points) > MAX_PUSHED_POINTS:
            tails.append(0)
        number = len(tails) - 1
        document = {
            "_id": tail_id(self.id_of(name, growing.part), growing.length, number),
            "run_id": self._run_id,
            "name": name,
            "part": PART_OF_TAILS + number,
            TAIL_FIELD: number,
        }
        self._put_points(document, tails[-1], points)
        tails[-1] += len(points)

    def _move_tails(self, name: str, growing: _Growing, last: AddPoints | None = None) -> None:
        """Append what is in the tails to the document, and then `last`."""
        document_id, length = self.id_of(name, growing.part), growing.length
        tails = [tail_id(document_id, length, number) for number in range(len(growing.tails))]
        sizes = dict(zip(tails, growing.tails, strict=True))
        points = self._in_tails(name, length, sizes) if tails else last
        if tails and points is not None and last is not None:
            points = points.then(last.at(points.stop))
        if points is not None:
            self._write(name, growing.part, length, points)
            # If something fails from here on, they must not be looked for in the tails.
            growing.length, growing.tails = length + len(points), []
            self._moved += tails
        # Also those that could not be deleted the last time.
        if self._moved:
            self._collection.delete_many({"_id": {"$in": self._moved}})
            self._moved = []

    def _in_tails(self, name: str, start: int, sizes: Mapping[ObjectId, int]) -> AddPoints:
        """The points of tails, as far as each is known to be stored.

        What follows comes again, since the writer was not told that it had arrived.
        """
        from sacred.stores.mongo.bson_appending import columns_in

        options = self._collection.codec_options
        found = {tail["_id"]: tail.raw for tail in self._raw().find({"_id": {"$in": [*sizes]}})}
        columns: dict[str, list[Sequence[Any]]] = {"steps": [], "values": [], _TIMES: []}
        for wanted, size in sizes.items():
            if wanted in found:
                elements = columns_in(found[wanted], [*columns], options)
                for array, parts in columns.items():
                    parts.append(elements[array][:size])
        return AddPoints(
            name=name,
            start=start,
            steps=[*chain.from_iterable(columns["steps"])],
            values=[*chain.from_iterable(columns["values"])],
            timestamps=joined_times(columns[_TIMES]),
        )

    def _raw(self) -> Collection[RawBSONDocument]:
        """The collection, whose documents are not decoded."""
        from bson.raw_bson import RawBSONDocument

        options = self._collection.codec_options
        return self._collection.with_options(options.with_options(document_class=RawBSONDocument))

    def _sizes(self, which: Mapping[str, Any]) -> Iterable[tuple[ObjectId, int]]:
        fields = {"size": AGGREGATIONS["count"]}
        return ((found["_id"], found["size"]) for found in self._collection.find(which, fields))

    def _unmark(self) -> None:
        """Take the mark from the first documents, when no metric has tails."""
        if self._marked:
            first = [self.id_of(name) for name in self._marked]
            self._collection.update_many({"_id": {"$in": first}}, {"$unset": {GROWING_FIELD: ""}})
            self._marked.clear()

    def _write(self, name: str, part: int, start: int, points: AddPoints) -> None:
        document = {
            "_id": self.id_of(name, part),
            "run_id": self._run_id,
            "name": name,
            **({"part": part} if part else {}),
        }
        self._put_points(document, start, points)

    def _put_points(self, document: Mapping[str, Any], start: int, points: AddPoints) -> None:
        from bson.errors import InvalidDocument

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
            if len(times) > MAX_PUSHED_POINTS and self._set_longer(ready, arrays, start):
                return
            each = {name: {"$each": column} for name, column in columns.items()}
            push = {"$push": with_times(each, [_TIMES, "$each"], times, options)}
            if self._collection.update_one(ready, push).matched_count:
                return
        elif self._insert(with_times({**document, **columns}, [_TIMES], times, options)):
            return
        if start and not self._is_new:
            # Who brings a spool has to know: behind fewer points, they would be others each time.
            last = {**which, f"{_TIMES}.{start - 1}": {"$exists": True}}
            if self._collection.find_one(last, {"_id": 1}) is None:
                missing = f"Points of {document['name']!r} before {start}"
                raise MissingPartError(f"{missing} are missing in {self._collection.full_name}")
        self._collection.update_one(which, _update(document, arrays, start), upsert=True)

    def _set_longer(
        self, ready: Mapping[str, Any], arrays: Mapping[str, Sequence[Any]], start: int
    ) -> bool:
        """Put many points behind those of a document, which fulfils `ready`, if it still does."""
        from sacred.stores.mongo.bson_appending import setting_longer

        found = self._raw().find_one(ready, dict.fromkeys(arrays, 1))
        if found is None:
            return False
        longer = setting_longer(found.raw, arrays, start, self._collection.codec_options)
        return longer is not None and self._collection.update_one(ready, longer).matched_count > 0

    def _insert(self, document: Any) -> bool:
        from pymongo.errors import DuplicateKeyError

        try:
            self._collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    def _names_of_growing(self, listed: object) -> list[str]:
        """The listed metrics that may have tails, by one look at the index of the ids."""
        names = {metric_id: name for name, metric_id in _listed_ids(listed)}
        found = self._collection.find({"_id": {"$in": [*names]}, GROWING_FIELD: True}, {"_id": 1})
        return [names[document["_id"]] for document in found]

    def _stored_ids(self, name: str) -> list[ObjectId]:
        which = {"run_id": self._run_id, "name": name, TAIL_FIELD: {"$exists": False}}
        found = self._collection.find(which, {"part": 1})
        return [document["_id"] for document in sorted(found, key=lambda d: d.get("part", 0))]


def _listed_ids(listed: object) -> Iterator[tuple[str, ObjectId]]:
    """The names and first documents of metrics, out of ``info["metrics"]``."""
    from bson import ObjectId

    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            name, metric_id = entry.get("name"), entry.get("id")
            if isinstance(name, str) and ObjectId.is_valid(metric_id):
                yield name, ObjectId(metric_id)


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
