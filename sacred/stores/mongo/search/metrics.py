"""Aggregates of metrics in MongoDB filters and orderings, on the documents of metrics.

A long metric has several documents. A filter matches at least one of them if the predicate is
true; in an ordering, the place of such a metric is in doubt.
"""

from __future__ import annotations

import math
from typing import Any

from sacred.query.predicates import Predicate, bounds_of
from sacred.stores.mongo.points import AGGREGATIONS, POINTS_PER_DOCUMENT
from sacred.stores.mongo.search.metric_ids import MetricOrdering
from sacred.stores.mongo.tails import GROWING_FIELD

__all__ = ["metric_filter", "metric_ordering"]

_COUNT = AGGREGATIONS["count"]
_LARGEST = {"$max": [{"$abs": AGGREGATIONS["min"]}, {"$abs": AGGREGATIONS["max"]}]}
#: Among the values, there may be numbers of numpy; or it is no document of ours.
_IS_ODD: list[Any] = [
    {"values": {"$type": "object"}},
    {"values": {"$not": {"$type": "array"}}},
]
#: The server adds in another order, and rounds: a sum of those of a document is off by less than
#: this part of the largest value for each of them.
_ROUNDING_ERROR = 1e-9


def metric_filter(predicate: Predicate) -> dict[str, Any]:
    """Return a filter that some document of the metric matches if the predicate is true.

    >>> metric_filter(Predicate("metrics", ("loss", "min"), "present"))
    {}
    """
    kind = predicate.steps[1]
    if predicate.test == "present":
        return {}
    low, high = bounds_of(predicate)
    if kind in ("min", "max"):
        return _of_extreme(kind, low, high)
    number = AGGREGATIONS[kind]
    if kind in ("last", "step"):
        is_none = {"$not": [{"$isNumber": number}]}
        return {"$expr": {"$or": [is_none, _within(number, number, low, high)]}}
    if kind == "count":
        return {"$expr": {"$or": [_has_parts(), _within(number, number, low, high)]}}
    room = {"$multiply": [_LARGEST, _ROUNDING_ERROR]}
    least, greatest = {"$subtract": [number, room]}, {"$add": [number, room]}
    are_numbers = {"$and": _are_numbers()}
    # What is no number must not get into the arithmetic.
    test = {"$cond": [are_numbers, _within(least, greatest, low, high), True]}
    return {"$or": [*_IS_ODD, {"$expr": {"$or": [_has_parts(), test]}}]}


def metric_ordering(metric: tuple[str, str], descending: bool) -> MetricOrdering:
    """Return an ordering by an aggregate of a metric.

    Args:
        metric: its name, and the aggregate.
        descending: whether the largest comes first.
    """
    name, kind = metric
    number = AGGREGATIONS[kind]
    odd: list[Any] = [_has_parts(), {"$not": [{"$isArray": "$values"}]}]
    if kind in ("last", "step"):
        is_number = {"$and": [{"$isNumber": number}, {"$ne": [number, math.nan]}]}
        is_none = {"$lte": [number, None]}
        odd.append({"$not": [{"$or": [is_number, is_none]}]})
    elif kind != "count":
        some = {"$gt": [_COUNT, 0]}
        odd.append({"$and": [some, {"$not": [{"$and": _are_numbers()}]}]})
    project: dict[str, Any] = {"run_id": 1, "number": number, "odd": {"$or": odd}}
    stages: list[dict[str, Any]] = [{"$project": project}]
    if kind == "mean":
        project["largest"] = {"$cond": [{"$and": _are_numbers()}, _LARGEST, 0]}
        is_rough = {"$gt": ["$largest", {"$multiply": [10, {"$abs": "$number"}]}]}
        stages.append({"$addFields": {"odd": {"$or": ["$odd", is_rough]}}})
    stages.append({"$addFields": {"none": {"$lte": ["$number", None]}}})
    direction = -1 if descending else 1
    stages.append({"$sort": {"odd": -1, "none": 1, "number": direction, "run_id": 1}})
    return MetricOrdering(name=name, stages=stages)


def _of_extreme(kind: str, low: float | None, high: float | None) -> dict[str, Any]:
    """Some value is within the bounds, and none beyond the one that matters."""
    bounds = {"$gte": low, "$lte": high}
    within = {sign: bound for sign, bound in bounds.items() if bound is not None}
    tests: list[dict[str, Any]] = [{"$or": [{"values": {"$elemMatch": within}}, *_IS_ODD]}]
    beyond = {"$lt": low} if kind == "min" else {"$gt": high}
    if None not in beyond.values():
        tests.append({"values": {"$not": {"$elemMatch": beyond}}})
    return {"$and": tests}


def _are_numbers() -> list[Any]:
    """In the server's order, flags and all else stand outside of numbers, and NaN below them."""
    least, greatest = AGGREGATIONS["min"], AGGREGATIONS["max"]
    return [{"$isNumber": least}, {"$isNumber": greatest}, {"$ne": [least, math.nan]}]


def _within(least: Any, greatest: Any, low: float | None, high: float | None) -> dict[str, Any]:
    tests = [] if low is None else [{"$gte": [greatest, low]}]
    return {"$and": tests if high is None else [*tests, {"$lte": [least, high]}]}


def _has_parts() -> dict[str, Any]:
    """A condition on a document of a metric: there may be more of them for the same metric."""
    return {
        "$or": [
            {"$gte": [_COUNT, POINTS_PER_DOCUMENT]},
            {"$gt": ["$part", 0]},
            {"$eq": [f"${GROWING_FIELD}", True]},
        ]
    }
