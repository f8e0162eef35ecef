"""What an index is asked, and what it says."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any

from sacred._base.frozen import Frozen
from sacred.query.sorting import SortKey
from sacred.query.syntax import Expression
from sacred.records import RunId

__all__ = ["IndexAnswer", "IndexRequest", "Ranks"]

#: Of a run, by the keys of the order; see `sacred.query.sorting`.
Ranks = tuple[tuple[Any, ...] | None, ...]


class IndexRequest(Frozen):
    """What is asked for.

    Args:
        where: the condition.
        sort: the order; without keys, that of ids.
        limit: how many runs at most.
        backwards: the last runs first, if there are no keys.
        now: the time of the question (naive UTC).
        dead_after: see `RunRecord.status`.
        discarded: the ids of the runs in the trash.
        in_trash: these are asked for, instead of the others.
    """

    where: Expression
    now: datetime.datetime
    dead_after: datetime.timedelta
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None
    backwards: bool = False
    discarded: Collection[RunId] = ()
    in_trash: bool = False


class IndexAnswer(Frozen):
    """What the index says.

    Args:
        sure: the ids of runs that fulfil the condition, in order.
        ranks: of these runs; left out if there are no others.
        unsure: the ids of runs of which it does not know whether they do, or where.
    """

    sure: list[RunId]
    ranks: list[Ranks]
    unsure: list[RunId]
