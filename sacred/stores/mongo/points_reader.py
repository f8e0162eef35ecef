"""Reading metrics from MongoDB: their names, their points, and aggregates of many at once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from bson import CodecOptions, ObjectId, decode
from bson.raw_bson import RawBSONDocument

from sacred._base.extras import is_installed
from sacred.records import MetricNumbers, Points, RunId
from sacred.records.metric import aggregate
from sacred.serializer import restore
from sacred.stores.mongo.bson_columns import ARRAYS, columns_of
from sacred.stores.mongo.points import AGGREGATIONS, POINTS_PER_DOCUMENT
from sacred.stores.mongo.tails import GROWING_FIELD, TAIL_FIELD, tails_of
from sacred.stores.point_columns import joined
from sacred.stores.store import MALFORMED_DATA_ERRORS

if TYPE_CHECKING:
    from pymongo.collection import Collection as MongoCollection

__all__ = ["MetricDocuments", "is_list_of_metrics"]

#: Fetched at once, all runs together, to work out what the server does not.
_POINTS_AT_ONCE = 200_000
#: What the server says of a document, without sending its points. It does not round as Python does,
#: so the mean is not among it.
_SUMMARY = {
    "run_id": 1,
    "name": 1,
    GROWING_FIELD: 1,
    "is_whole": {"$and": [{"$isArray": "$values"}, {"$isArray": "$steps"}]},
    **{name: number for name, number in AGGREGATIONS.items() if name != "mean"},
}

_Metric = tuple[RunId, str]


class MetricDocuments:
    """Reads the documents of metrics.

    Args:
        runs: the collection of the runs, which list their metrics in ``info``.
        metrics: the collection of these documents.
    """

    def __init__(
        self, runs: MongoCollection[dict[str, Any]], metrics: MongoCollection[dict[str, Any]]
    ) -> None:
        self._runs = runs
        self._metrics = metrics

    def listed(self, ids: Sequence[RunId]) -> dict[RunId, dict[str, Any]]:
        """Return the ids of documents by name, as the observer lists them in ``info``."""
        which = {"_id": ids[0] if len(ids) == 1 else {"$in": list(ids)}}
        found = {}
        for run in self._runs.find(which, {"info.metrics": 1}):
            info = run.get("info")
            listed = info.get("metrics") if isinstance(info, dict) else None
            if not is_list_of_metrics(listed):
                listed = []
            found[run["_id"]] = {item["name"]: item["id"] for item in listed}
        return found

    def names(self, run_id: RunId) -> list[str]:
        """Return the names of the metrics of a run."""
        listed = self.listed([run_id]).get(run_id)
        if not listed:
            found = self._metrics.find({"run_id": run_id}, {"name": 1})
            return list(dict.fromkeys(document["name"] for document in found))
        return list(listed)

    def points(self, run_id: RunId, name: str) -> Points:
        """Return all points of a metric.

        Args:
            run_id: id of the run.
            name: of the metric.
        """
        documents = self._documents(run_id, name)
        columns = {array: joined([d[array] for d in documents]) for array in ARRAYS}
        if len(set(map(len, columns.values()))) > 1:
            raise ValueError(f"the arrays of {name!r} have different lengths")
        return Points(**columns)

    def numbers(
        self, ids: Sequence[RunId], wanted: Collection[tuple[str, str]]
    ) -> dict[RunId, MetricNumbers]:
        """See `Reader.metric_numbers`."""
        kinds: dict[str, set[str]] = defaultdict(set)
        for name, kind in wanted:
            kinds[name].add(kind)
        known: dict[_Metric, dict[str, Any]] = {}
        summaries: dict[_Metric, list[dict[str, Any]]] = defaultdict(list)
        for metric, summary in self._summaries(ids, kinds, known):
            summaries[metric].append(summary)
        open_metrics: dict[_Metric, dict[str, Any]] = {}
        for metric, documents in summaries.items():
            # Of long ones, and of what is no such document, the points are read.
            first, *others = documents
            is_long = others or first.get(GROWING_FIELD) or first["count"] >= POINTS_PER_DOCUMENT
            if is_long or not first["is_whole"]:
                continue
            known[metric] = _numbers_in(first, kinds[metric[1]])
            if kinds[metric[1]] - known[metric].keys():
                open_metrics[metric] = first
        self._add_of_values(open_metrics, kinds, known)
        found: dict[RunId, dict[tuple[str, str], Any]] = defaultdict(dict)
        for (run_id, name), numbers in known.items():
            found[run_id] |= {(name, kind): number for kind, number in numbers.items()}
        return dict(found)

    def _documents(self, run_id: RunId, name: str) -> list[dict[str, Any]]:
        """Of each document its three arrays, in order."""
        while True:
            found = self._documents_that_stay(run_id, name)
            if not any(document.get(GROWING_FIELD) for document in found):
                return found
            last = found[-1]
            length = len(last["values"])
            tails = tails_of(last["_id"], length, self._with_ids)
            # If there are none, they may have been moved to the document by now.
            if tails or self._length_of(last["_id"]) == length:
                return [*found, *tails]

    def _documents_that_stay(self, run_id: RunId, name: str) -> list[dict[str, Any]]:
        first = self.listed([run_id]).get(run_id, {}).get(name)
        which: dict[str, Any] = {"run_id": run_id, "name": name, TAIL_FIELD: {"$exists": False}}
        found: list[dict[str, Any]] = []
        if first is not None and ObjectId.is_valid(first):
            # By its id: there is no index for the ids of runs.
            found = self._columns({"_id": ObjectId(first)})
            if found and len(found[0]["values"]) < POINTS_PER_DOCUMENT:
                return found
            which["_id"] = {"$nin": [ObjectId(first)] if found else []}
        found += self._columns(which)
        return sorted(found, key=lambda document: document.get("part", 0))

    def _with_ids(self, which: Mapping[str, Any]) -> Iterable[tuple[ObjectId, dict[str, Any]]]:
        return ((document["_id"], document) for document in self._columns(which))

    def _length_of(self, document_id: ObjectId) -> int | None:
        """How many points a document has now."""
        fields = {"size": AGGREGATIONS["count"]}
        found = self._metrics.find_one({"_id": document_id}, fields)
        return None if found is None else found["size"]

    def _columns(self, which: Mapping[str, Any]) -> list[dict[str, Any]]:
        if not is_installed("numpy"):
            return [_with_all_arrays(document) for document in self._metrics.find(which)]
        raw = CodecOptions(document_class=RawBSONDocument)
        # The driver copies a batch several times: a large one does not fit into any cache.
        found = self._metrics.with_options(codec_options=raw).find(which, batch_size=2)
        return [
            columns_of(d.raw) or _with_all_arrays(decode(d.raw, self._metrics.codec_options))
            for d in found
        ]

    # ----------------------------------------------------------------- many at once

    def _summaries(
        self,
        ids: Sequence[RunId],
        kinds: Mapping[str, set[str]],
        known: dict[_Metric, dict[str, Any]],
    ) -> Iterable[tuple[_Metric, dict[str, Any]]]:
        """What the server says of the metrics; those that no run has are put into `known`."""
        whose: dict[Any, _Metric] = {}
        unlisted: set[RunId] = set()
        for run_id, listed in self.listed(ids).items():
            if not listed:
                unlisted.add(run_id)
                continue
            for name in kinds:
                if name not in listed:
                    known[run_id, name] = dict.fromkeys(kinds[name])
                elif ObjectId.is_valid(listed[name]):
                    whose[ObjectId(listed[name])] = run_id, name
        for summary in self._asked({"_id": {"$in": list(whose)}}) if whose else ():
            yield whose[summary["_id"]], summary
        if not unlisted:
            return
        # There is no index for the ids of runs, so this is asked once for all of them.
        which = {"run_id": {"$in": list(unlisted)}, "name": {"$in": list(kinds)}}
        missing = {(run_id, name) for run_id in unlisted for name in kinds}
        for summary in self._asked(which):
            metric = summary["run_id"], summary["name"]
            missing.discard(metric)
            yield metric, summary
        known |= {metric: dict.fromkeys(kinds[metric[1]]) for metric in missing}

    def _asked(self, which: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        return self._metrics.aggregate([{"$match": which}, {"$project": _SUMMARY}])

    def _add_of_values(
        self,
        summaries: Mapping[_Metric, Mapping[str, Any]],
        kinds: Mapping[str, set[str]],
        known: dict[_Metric, dict[str, Any]],
    ) -> None:
        """Work out what is missing, as far as there are not too many points."""
        room = _POINTS_AT_ONCE
        whose = {
            summary["_id"]: metric
            for metric, summary in summaries.items()
            if (room := room - summary["count"]) >= 0
        }
        if not whose:
            return
        for document in self._metrics.find({"_id": {"$in": list(whose)}}, {"values": 1}):
            metric = whose[document["_id"]]
            try:
                points = Points(steps=(), values=restore(document["values"]), timestamps=())
            except MALFORMED_DATA_ERRORS:
                continue
            for kind in kinds[metric[1]] - known[metric].keys() - {"step", "last"}:
                known[metric][kind] = aggregate(points, kind)


def _numbers_in(summary: Mapping[str, Any], kinds: Collection[str]) -> dict[str, Any]:
    """What a summary tells for sure."""
    count, least, greatest = summary["count"], summary["min"], summary["max"]
    found: dict[str, Any] = {"count": count}
    if not count:
        found |= dict.fromkeys(("last", "step", "min", "max", "mean"))
    # In the server's order, flags and all else stand outside of numbers, and NaN below them.
    elif _is_number(least) and _is_number(greatest) and not math.isnan(least):
        found |= {"min": _plain(least), "max": _plain(greatest)}
    for kind in ("last", "step"):
        value = summary.get(kind)
        if kind not in found and (value is None or isinstance(value, bool | int | float | str)):
            found[kind] = _plain(value) if _is_number(value) else value
    return {kind: found[kind] for kind in found.keys() & set(kinds)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """Without the driver's own type for long integers."""
    return int(value) if isinstance(value, int) else value


def _with_all_arrays(document: dict[str, Any]) -> dict[str, Any]:
    return document | {array: restore(document.get(array) or []) for array in ARRAYS}


def is_list_of_metrics(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    """Return whether ``info["metrics"]`` is what an observer has put there."""
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("name"), str) and "id" in item
        for item in value
    )
