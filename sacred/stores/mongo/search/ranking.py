"""The first runs of an ordering, as MongoDB itself sorts them.

Computing ranks for all documents takes the server four times as long as sorting them by one of
their fields. Its own order of types is different (objects, which may be numpy numbers,
and flags have other places, and missing values come first), but it is right wherever values are
numbers and strings. So that is tried first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import Frozen

if TYPE_CHECKING:
    from pymongo.collection import Collection

__all__ = ["MongoOrdering", "first_of"]

Where = Mapping[str, Any]
#: Documents, and whether nothing that comes behind one belongs before it.
Placed = list[tuple[dict[str, Any], bool]]

#: Than are wanted: some may be candidates only.
EXTRA_ROWS = 20
#: Of which the server's order is ours, going up, and those that have no rank.
_WELL_SORTED = ["int", "long", "double", "string", "date", "null", "undefined", "array"]


_EXISTS = {"$exists": True}


class MongoOrdering(Frozen):
    """An ordering in the language of the server.

    Args:
        stages: of an aggregation; they leave ``_id`` and ``doubt``, whether the place of a run is
            not known, sorted. What is in doubt comes first.
        path: the path of the values, if there is one key and they may be of any kind.
        doubts: paths; where they exist, the value is stored elsewhere.
        descending: whether the largest comes first.
    """

    stages: Sequence[Mapping[str, Any]]
    path: str | None = None
    doubts: tuple[str, ...] = ()
    descending: bool = False


def first_of(
    runs: Collection[dict[str, Any]],
    order: MongoOrdering,
    limit: int,
    where: Where,
    projection: Mapping[str, int],
) -> Iterator[Placed] | None:
    """Pages of documents in the server's own order; None: it is not ours.

    Args:
        runs: the collection.
        order: the order.
        limit: how many must be placed on the first page.
        where: a filter of the runs.
        projection: it leaves the values and the doubts.
    """
    if order.path is None:
        return None
    parts = [where]
    if not order.descending:
        # What is not there would come first.
        there = [{order.path: {"$ne": None}}, *({name: _EXISTS} for name in order.doubts)]
        parts = [{"$and": [where, {"$or": there}]}, {"$and": [where, {"$nor": there}]}]
    first = _page(runs, order, parts[0], projection, 0, limit + EXTRA_ROWS)
    is_whole = order.descending and len(first) < limit + EXTRA_ROWS
    if not is_whole and sum(placed for _, placed in first) < limit:
        return None
    if not order.descending and _has_others(runs, order.path, where):
        return None
    return _pages(runs, order, parts, projection, first, limit + EXTRA_ROWS)


def _has_others(runs: Collection[dict[str, Any]], path: str, where: Where) -> bool:
    others = {path: {**_EXISTS, "$not": {"$type": _WELL_SORTED}}}
    return runs.find_one({"$and": [where, others]}, {"_id": 1}) is not None


def _pages(
    runs: Collection[dict[str, Any]],
    order: MongoOrdering,
    parts: Sequence[Where],
    projection: Mapping[str, int],
    first: Placed,
    size: int,
) -> Iterator[Placed]:
    known: Placed | None = first
    for part in parts:
        offset = 0
        while True:
            page = _page(runs, order, part, projection, offset, size) if known is None else known
            known = None
            yield page
            if len(page) < size:
                break
            offset, size = offset + size, size * 2


def _page(
    runs: Collection[dict[str, Any]],
    order: MongoOrdering,
    where: Where,
    projection: Mapping[str, int],
    offset: int,
    size: int,
) -> Placed:
    assert order.path is not None
    # What is there comes before what is not.
    by = {**dict.fromkeys(order.doubts, -1), order.path: -1 if order.descending else 1, "_id": 1}
    stages: list[Mapping[str, Any]] = [
        {"$match": where},
        {"$sort": by},
        # Right behind the sorting, so the server keeps no more than that.
        {"$limit": offset + size},
        {"$skip": offset},
        {"$project": projection},
    ]
    found = runs.aggregate(stages, allowDiskUse=True)
    return [(document, _is_placed(document, order)) for document in found]


def _is_placed(document: dict[str, Any], order: MongoOrdering) -> bool:
    assert order.path is not None
    if any(_at(document, name) is not None for name in order.doubts):
        return False
    value = _at(document, order.path)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) or (is_number and not math.isnan(value))


def _at(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document.get(step) if isinstance(document, dict) else None
    return document
