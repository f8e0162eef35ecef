"""Merge the answer of an index with the runs that had to be read."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sacred.query.sorting import Ordered, as_key, sort_key
from sacred.records import RunId, RunRecord, id_key
from sacred.stores.query_index import IndexAnswer, IndexRequest

__all__ = ["merged_ids"]


def merged_ids(
    found: IndexAnswer,
    request: IndexRequest,
    looked_up: Callable[[list[RunId]], Iterator[RunRecord]],
) -> Iterator[RunId]:
    """Return the ids of the runs that match a query, in order.

    Args:
        found: the answer of the index.
        request: the request that it answers.
        looked_up: the records of the other runs that match, in order.
    """

    def key(item: tuple[RunId, tuple[Any, ...]]) -> tuple[Any, ...]:
        position = Ordered(id_key(item[0]), request.backwards)
        return (*item[1], position)

    if not found.unsure:
        return iter(found.sure)
    sort = request.sort
    known = zip(found.sure, found.ranks, strict=True)
    sure = ((run_id, as_key(sort, ranks)) for run_id, ranks in known)
    more: Iterable[tuple[RunId, tuple[Any, ...]]] = (
        (record.id, sort_key(sort, record)) for record in looked_up(found.unsure)
    )
    if sort:
        more = sorted(more, key=key)
    return (run_id for run_id, _ in heapq.merge(sure, more, key=key))
