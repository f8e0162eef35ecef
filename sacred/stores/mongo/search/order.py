"""An ordering of runs as a MongoDB aggregation.

What the server cannot place as `sacred.query.sorting` does comes first, and is marked. With one
key, `sacred.stores.mongo.search.ranking` first tries the server's own order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sacred.query.fields import FIELDS
from sacred.query.predicates import is_plain
from sacred.query.sorting import SortKey
from sacred.stores.mongo.search.metric_ids import MetricOrdering
from sacred.stores.mongo.search.metrics import metric_ordering
from sacred.stores.mongo.search.ranking import MongoOrdering

__all__ = ["mongo_ordering"]

_TREES = frozenset({"config", "info", "meta", "host", "result"})
#: Of types of BSON; those in neither are doubtful, as numbers of numpy are, which are objects.
_RANKS = {"bool": 0, "int": 1, "long": 1, "double": 1, "string": 2, "date": 3}
_WITHOUT_RANK = ["missing", "null", "undefined", "array"]


def mongo_ordering(keys: Sequence[SortKey]) -> MongoOrdering | MetricOrdering | None:
    """Return the keys as an ordering for the server; None: it cannot sort by them."""
    path = keys[0].path
    if len(keys) == 1 and path.field == "metrics" and path.steps:
        return metric_ordering(path.metric, keys[0].descending)
    return _of_documents(keys)


def _of_documents(keys: Sequence[SortKey]) -> MongoOrdering | None:
    doubts: list[Any] = []
    fields: dict[str, Any] = {}
    order: dict[str, int] = {"doubt": -1}
    for number, key in enumerate(keys):
        field, steps = key.path.field, key.path.steps
        is_time = FIELDS[field] == "time"
        if not is_time and (field not in _TREES or not (steps or field == "result")):
            return None
        if not is_plain(key.path) or (field, *steps[:1]) == ("info", "metrics"):
            return None
        path = "$" + ".".join((field, *steps))
        doubts += _doubts(field, steps, path, is_time)
        rank = _rank(path)
        fields |= {f"last{number}": {"$eq": [rank, None]}, f"rank{number}": rank}
        # Lists would be compared by their items.
        fields[f"value{number}"] = {"$cond": [{"$eq": [rank, None]}, None, path]}
        direction = -1 if key.descending else 1
        order |= {f"last{number}": 1, f"rank{number}": direction, f"value{number}": direction}
    project = {"doubt": {"$or": doubts}, **fields}
    stages = [{"$project": project}, {"$sort": {**order, "_id": 1}}, {"$project": {"doubt": 1}}]
    if len(keys) > 1 or FIELDS[keys[0].path.field] == "time":
        return MongoOrdering(stages=stages)
    field, steps = keys[0].path.field, keys[0].path.steps
    return MongoOrdering(
        stages=stages,
        path=".".join((field, *steps)),
        doubts=tuple(_elsewhere(field, steps)),
        descending=keys[0].descending,
    )


def _rank(path: str) -> dict[str, Any]:
    branches = [
        {"case": {"$eq": [{"$type": path}, name]}, "then": rank} for name, rank in _RANKS.items()
    ]
    ranked = {"$switch": {"branches": branches, "default": None}}
    return {"$cond": [{"$eq": [path, math.nan]}, None, ranked]}


def _doubts(field: str, steps: tuple[str, ...], path: str, is_time: bool) -> list[Any]:
    known = [*(["date"] if is_time else _RANKS), *_WITHOUT_RANK]
    doubts: list[Any] = [{"$not": [{"$in": [{"$type": path}, known]}]}]
    doubts += [{"$ne": [{"$type": f"${name}"}, "missing"]} for name in _elsewhere(field, steps)]
    return doubts


def _elsewhere(field: str, steps: tuple[str, ...]) -> list[str]:
    """Paths: where there is something, the document does not have the value."""
    references = (".".join((field, *steps[:length], "py/id")) for length in range(1, len(steps)))
    return [f"in_gridfs.{field}", *references]
