"""The first k runs of an ordering that a store gives nearly sorted."""

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
    """Return the ids of the first runs.

    Args:
        ranked: all runs with their positions in the store, which order equal ones, and whether each
            is certain to be in its place: then no later run belongs before it.
        keys: the sort keys.
        limit: the number of wanted runs.
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
