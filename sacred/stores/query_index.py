"""The protocol of an index beside a store: most of a query's answer without reading the runs.

An index need not know everything. It lists the ids of the runs that it is unsure about, and
`sacred.runs.merge` reads those runs and joins both parts.
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

#: The ranks of a run by the keys of the ordering; see `sacred.query.sorting`.
Ranks = tuple[tuple[Any, ...] | None, ...]

#: Called with the number of runs that the index knows, and the number of all runs.
Progress = Callable[[int, int], None]


class IndexRequest(Frozen):
    """A query as passed to an index.

    Args:
        where: the condition.
        sort: the ordering; without keys, by ids.
        limit: the maximum number of runs.
        backwards: the last runs first, if there are no keys.
        now: the time of the query (naive UTC).
        dead_after: see `RunRecord.status`.
        discarded: the ids of the runs in the trash.
        in_trash: whether to find these instead of the others.
        progress: called from time to time while many runs have to be read first.
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
    """The part of an answer that an index knows, and what is left to look up.

    Args:
        sure: the ids of runs that match, in order.
        ranks: of these runs; omitted if there are no others.
        unsure: the ids of runs that may match, or whose place is not known.
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
        """Answer a query; None: the index is not available, or cannot answer it.

        Raises:
            StoreError: the store cannot be read.
        """

    def rebuild(self, progress: Progress | None = None) -> int:
        """Rebuild the index from all runs, and return their number.

        Args:
            progress: called from time to time meanwhile.

        Raises:
            StoreError: it cannot be written.
        """

    def remove(self) -> None:
        """Remove the files of the index."""
