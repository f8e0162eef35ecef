"""The first runs of an order in which the store gives them, nearly."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from typing import Any

from sacred.query.sorting import Ordered, SortKey, sort_key
from sacred.records import RunId, RunRecord

__all__ = ["top_k"]

#: Databases read numbers in their own ways; the last digits may be others.
_TOLERANCE = 1e-9

Ranked = tuple[Any, bool, RunRecord]


def top_k(ranked: Iterable[Ranked], keys: Sequence[SortKey], limit: int) -> list[RunId]:
    """The ids of the first runs.

    Args:
        ranked: all runs with their positions in the store, by which those that are equal are
            sorted, and whether they stand where they belong, as far as the store can tell: then
            nothing that comes behind belongs before them.
        keys: of the order.
        limit: how many are wanted.
    """
    found: list[tuple[tuple[Any, ...], Any, RunId]] = []
    placed: list[tuple[Any, ...]] = []
    for position, is_placed, record in ranked if limit else ():
        key = sort_key(keys, record)
        if is_placed and len(placed) >= limit and _is_behind(key, placed[limit - 1]):
            break
        if is_placed:
            placed.append(key)
        found.append((key, position, record.id))
    best = heapq.nsmallest(limit, found, key=lambda item: item[:2])
    return [run_id for _, _, run_id in best]


def _is_behind(key: Sequence[Ordered], other: Sequence[Ordered]) -> bool:
    """Whether nothing that comes after the one can come before the other."""
    for one, two in zip(key, other, strict=True):
        if one == two:
            continue
        if one.rank is None or two.rank is None or one.rank[0] != two.rank[0]:
            return True
        values = one.rank[1], two.rank[1]
        are_numbers = all(isinstance(value, int | float) for value in values)
        return not (are_numbers and math.isclose(*values, rel_tol=_TOLERANCE))
    return True
