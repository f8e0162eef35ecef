"""Conditions for candidates as MongoDB filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sacred.query.predicates import (
    AllOf,
    AnyOf,
    Condition,
    Predicate,
    id_list,
    predicates_in,
    value_list,
)
from sacred.records import RunId
from sacred.stores.mongo.search.metric_ids import MetricSearch
from sacred.stores.mongo.search.metrics import metric_filter

__all__ = ["filter_with_metrics", "mongo_filter"]

_NONE: Mapping[Predicate, Sequence[RunId] | None] = {}
_NOTHING: dict[str, Any] = {"_id": {"$in": []}}
_META = frozenset({"tags", "group", "notes", "comment", "starred"})
_OPERATORS = {"equal": "$eq", "at most": "$lte", "at least": "$gte"}
_TEXTS = frozenset({"name", "command", "group", "notes", "comment"})
_NO_SCALAR = {"$type": ["object", "array", "date"]}
#: Of texts that should be, and are something else.
_NO_TEXT = {"$type": ["number", "bool", "object", "array", "date", "objectId"]}


def filter_with_metrics(condition: Condition, search: MetricSearch) -> dict[str, Any]:
    """Return a filter of runs, also by their metrics if searching those first takes less time.

    Args:
        condition: the predicates.
        search: finds the runs whose metrics match a predicate.
    """
    where = mongo_filter(condition)
    of_metrics = [
        predicate
        for predicate in predicates_in(condition)
        if predicate.field == "metrics" and predicate.test != "absent"
    ]
    if not of_metrics or not search.is_cheaper(where):
        return where
    known = {
        predicate: search.ids(predicate.steps[0], metric_filter(predicate))
        for predicate in of_metrics
    }
    return mongo_filter(condition, known)


def mongo_filter(
    condition: Condition, known: Mapping[Predicate, Sequence[RunId] | None] = _NONE
) -> dict[str, Any]:
    """Return the filter for a condition.

    Args:
        condition: the condition.
        known: the ids of the runs for which predicates about metrics may be true. Metrics are in
            documents of their own; by default, the filter ignores them.

    >>> mongo_filter(Predicate("status", (), "equal", "FAILED"))
    {'status': 'FAILED'}
    """
    match condition:
        case AllOf(parts):
            return {"$and": [mongo_filter(part, known) for part in parts]}
        case AnyOf() if (wanted := id_list(condition)) is not None:
            return {"_id": {"$in": [form for value in wanted for form in _ids(value)]}}
        case AnyOf() if (listed := value_list(condition)) is not None:
            values = [predicate.value for predicate in listed]
            if listed[0].field == "status":
                return {"status": {"$in": values}}
            return _of_value(listed[0], {"$in": values})
        case AnyOf(parts):
            return {"$or": [mongo_filter(part, known) for part in parts]} if parts else _NOTHING
        case Predicate("search"):
            return {}  # no operator looks into all of a document
        case Predicate("metrics"):
            ids = known.get(condition)
            return {} if ids is None else {"_id": {"$in": list(ids)}}
        case Predicate("status", _, "equal", value):
            return {"status": value}
        case Predicate("id", _, _, value):
            return {"_id": {"$in": _ids(value)}}
        case Predicate("start_time" | "stop_time" | "heartbeat" | "queue_time" as name):
            # Times that are texts have been written by somebody else.
            return {"$or": [{name: _test(condition)}, {name: {"$type": "string"}}]}
    return _of_value(condition, _test(condition))


def _of_value(predicate: Predicate, test: Any) -> dict[str, Any]:
    field = predicate.field
    name = f"meta.{field}" if field in _META else field
    if field == "name":
        name = "experiment.name"
    steps = name.split(".")
    path = ".".join([*steps, *predicate.steps])
    options: list[dict[str, Any]] = [{path: test}]
    if predicate.test == "absent":
        options.append({path: ""})
        if predicate.steps:
            # The server would look into each item.
            options.append({name: {"$type": "array"}})
    else:
        # What is stored as an object or in a list may be a value that is compared, as are
        # numbers of numpy; and where a text is expected, another value counts as its text.
        options.append({path: _NO_TEXT if field in _TEXTS else _NO_SCALAR})
    # Only the beginning of what is in GridFS is here, and a reference leads elsewhere.
    options.append({f"in_gridfs.{steps[0]}": {"$exists": True}})
    for length in range(1, len(predicate.steps)):
        options.append({".".join([*steps, *predicate.steps[:length], "py/id"]): {"$exists": True}})
    return {"$or": options}


def _test(predicate: Predicate) -> Any:
    match predicate.test:
        case "present":
            return {"$ne": None}
        case "absent":
            return {"$eq": None}
        case "true":
            return {"$eq": True}
        case "texts":
            return {"$type": ["string", "array"]}
        case "contains":
            # A dict contains its keys.
            return {"$eq": predicate.value}
    return {_OPERATORS[predicate.test]: predicate.value}


def _ids(value: Any) -> list[Any]:
    """All ids that are the same to people."""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    number = [int(text)] if text.isdecimal() and text.isascii() and len(text) < 19 else []
    return [value, text, *number] if isinstance(value, float) else [text, *number]
