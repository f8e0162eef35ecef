"""The protocol of an index beside a store: most of a query's answer without reading the runs.

An index need not know everything. Of the runs that it is unsure about it gives the ids, and
`sacred.runs.merge` reads these and puts both parts together.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection
from typing import Any, Protocol

from sacred._base.frozen import Frozen
from sacred.query.sorting import SortKey
from sacred.query.syntax import Expression
from sacred.records import RunId

__all__ = ["IndexAnswer", "IndexRequest", "Progress", "QueryIndex", "Ranks"]

#: Of a run, by the keys of the ordering; see `sacred.query.sorting`.
Ranks = tuple[tuple[Any, ...] | None, ...]

#: Called with the number of runs that the index knows, and with that of all runs.
Progress = Callable[[int, int], None]


class IndexRequest(Frozen):
    """A query as an index gets it.

    Args:
        where: the condition.
        sort: the ordering; without keys, that of ids.
        limit: how many runs at most.
        backwards: the last runs first, if there are no keys.
        now: the time of the query (naive UTC).
        dead_after: see `RunRecord.status`.
        discarded: the ids of the runs in the trash.
        in_trash: these are asked for, instead of the others.
        progress: called now and then while many runs are read first.
    """

    where: Expression
    now: datetime.datetime
    dead_after: datetime.timedelta
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None
    backwards: bool = False
    discarded: Collection[RunId] = ()
    in_trash: bool = False
    progress: Progress | None = None


class IndexAnswer(Frozen):
    """The part of an answer that an index knows, and what has to be looked up.

    Args:
        sure: the ids of runs that fulfil the condition, in order.
        ranks: of these runs; left out if there are no others.
        unsure: the ids of runs of which it does not know whether they do, or where.
    """

    sure: list[RunId]
    ranks: list[Ranks]
    unsure: list[RunId]


class QueryIndex(Protocol):
    """An index of the runs of a store; it brings itself up to date with every query."""

    @property
    def path(self) -> str:
        """The file that it is in."""

    def find(self, request: IndexRequest, /) -> IndexAnswer | None:
        """The answer to a query; None: the index is not to be had, or cannot tell.

        Raises:
            StoreError: the store cannot be read.
        """

    def rebuild(self, progress: Progress | None = None) -> int:
        """Rebuild the index from all runs; returns how many there are.

        Args:
            progress: called now and then meanwhile.

        Raises:
            StoreError: it cannot be written.
        """

    def remove(self) -> None:
        """Remove what it keeps."""
