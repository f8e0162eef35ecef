"""A store as users see it: its runs, and their annotations."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.clock import utcnow
from sacred.query.errors import QueryError
from sacred.query.mongo_filter import expression_of
from sacred.query.parser import parse
from sacred.query.sorting import SortKey, parse_sort
from sacred.query.syntax import Expression
from sacred.records import DEAD_AFTER, RunId, RunRecord, plain_id
from sacred.runs.run_table import RunTable
from sacred.stores.changes import Change
from sacred.stores.reader import Reader, reader_of
from sacred.stores.schemes import store_from_url
from sacred.stores.store import RunNotFoundError, Store

if TYPE_CHECKING:
    from sacred.stores.query_index import Progress, QueryIndex

__all__ = ["RunStore", "open_store"]


class RunStore:
    """The runs of a store.

    Args:
        store: the store that has them.
        dead_after: see `RunRecord.status`.
        progress: called now and then while a query builds the index of a large directory, with the
            number of runs indexed so far, and the number of all.

    Attributes:
        backend: the store itself, for writing.
        url: its URL without passwords, for messages.

    >>> from sacred.stores.memory.store import MemoryStore
    >>> store = RunStore(MemoryStore())
    >>> for lr in (0.1, 0.01):
    ...     document = {"status": "COMPLETED", "config": {"lr": lr}, "result": 1 - lr}
    ...     run_id = store.backend.create(None, document, [])
    >>> [run.config.lr for run in store.runs("result > 0.5", sort="-result")]
    [0.01, 0.1]
    >>> store[1].result
    0.9
    """

    def __init__(
        self,
        store: Store,
        dead_after: datetime.timedelta = DEAD_AFTER,
        progress: Progress | None = None,
    ) -> None:
        self.backend = store
        self.progress = progress
        self.url = store.url
        self.dead_after = dead_after
        self._reader: Reader | None = None

    @property
    def reader(self) -> Reader:
        """The reader of the store.

        Raises:
            StoreError: the store can only be written.
        """
        if self._reader is None:
            self._reader = reader_of(self.backend)
        return self._reader

    def runs(
        self,
        where: str | Mapping[str, Any] | Expression = "",
        *,
        sort: str | Sequence[str] | Sequence[SortKey] | None = None,
        limit: int | None = None,
        in_trash: bool = False,
        newest_first: bool = False,
    ) -> RunTable:
        """Return the runs that match a query.

        Args:
            where: a query, as a string or parsed, or a MongoDB filter; empty: all runs.
            sort: fields to sort by, with ``-`` in front for descending order; runs without such
                a field come last. Default: the order in which the runs were created, as far as the
                store knows it.
            limit: the maximum number of runs.
            in_trash: select from the runs in the trash, instead of the others.
            newest_first: without `sort`, whether the newest runs come first.

        Raises:
            QueryError: the query is not valid.
        """
        if limit is not None and limit < 0:
            raise QueryError(f"a table cannot have {limit} runs")
        now = utcnow()
        if isinstance(where, Mapping):
            expression = expression_of(where, now)
        else:
            expression = parse(where, now) if isinstance(where, str) else where
        return RunTable(
            reader=self.reader,
            where=expression,
            sort=_sort_keys(sort),
            limit=limit,
            now=now,
            dead_after=self.dead_after,
            in_trash=in_trash,
            backwards=newest_first,
            index=self.index,
            progress=self.progress,
        )

    @property
    def index(self) -> QueryIndex | None:
        """The index that a large directory of runs has, or None."""
        return self.reader.index()

    def rebuild_index(self) -> int | None:
        """Rebuild the index from all runs; see docs/querying.rst.

        Returns:
            the number of runs; None if the store has no index.

        Raises:
            StoreError: the index cannot be written.
        """
        index = self.index
        return None if index is None else index.rebuild(self.progress)

    def __getitem__(self, run_id: RunId) -> RunRecord:
        """The run of an id; ``1`` and ``"1"`` mean the same unless the store has both.

        Raises:
            RunNotFoundError: there is none.
            DamagedRunError: it cannot be read.
        """
        known, document = self._document(run_id)
        return self._record({"_id": known, **document})

    def records(
        self,
        ids: Iterable[RunId] | None = None,
        fields: Collection[str] | None = None,
        report: Callable[[str], None] | None = None,
    ) -> Iterator[RunRecord]:
        """Yield many runs, reading only some of their fields at once.

        Args:
            ids: the ids of the runs, in the wanted order; None: all. Ids that do not exist are
                left out.
            fields: names of top-level fields of the records; None: all but details.
            report: called with a message for each run that cannot be read, which is left out.
        """
        for document in self.reader.documents(ids, fields, report):
            yield self._record(document)

    def get(self, run_id: RunId) -> RunRecord | None:
        """Return the run with an id; None if there is none."""
        try:
            return self[run_id]
        except RunNotFoundError:
            return None

    def __contains__(self, run_id: RunId) -> bool:
        return self.get(run_id) is not None

    def __iter__(self) -> Iterator[RunRecord]:
        return iter(self.runs())

    def ids(self) -> Iterator[RunId]:
        """Return the ids of all runs, except those in the trash."""
        discarded = self.reader.discarded()
        return (run_id for run_id in self.reader.ids() if run_id not in discarded)

    def is_in_trash(self, run_id: RunId) -> bool:
        """Whether a run was discarded; see `sacred.upkeep.discard`."""
        return str(run_id) in map(str, self.reader.discarded())

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """Change a run; see `Store.apply`."""
        self.backend.apply(run_id, changes)

    def close(self) -> None:
        """Close connections; they are opened again when needed."""
        if self._reader is not None:
            self._reader.close()
        self.backend.close()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<runs of {self.url}>"

    def _record(self, document: dict[str, Any]) -> RunRecord:
        return RunRecord(
            id=document["_id"],
            source=self.reader,
            document=document,
            dead_after=self.dead_after,
        )

    def _document(self, run_id: RunId) -> tuple[RunId, dict[str, Any]]:
        try:
            return run_id, self.reader.document(run_id)
        except RunNotFoundError:
            other = plain_id(run_id) if isinstance(run_id, str) else str(run_id)
            if other == run_id:
                raise
            try:
                return other, self.reader.document(other)
            except RunNotFoundError:
                pass
            raise


def _sort_keys(sort: str | Sequence[str] | Sequence[SortKey] | None) -> tuple[SortKey, ...]:
    if sort is None or isinstance(sort, str):
        return parse_sort(sort)
    keys = tuple(key for key in sort if isinstance(key, SortKey))
    return keys or parse_sort([text for text in sort if isinstance(text, str)])


def open_store(
    place: str | os.PathLike[str] | Store,
    dead_after: datetime.timedelta = DEAD_AFTER,
    progress: Progress | None = None,
) -> RunStore:
    """Open the runs of a store for reading.

    Args:
        place: a directory of files (``"runs"``) or a URL: ``mongodb://HOST/DATABASE``,
            ``sqlite:///runs.db``, ``postgresql://...``, ``tinydb:DIRECTORY``,
            ``s3://BUCKET/PREFIX``, ``gs://BUCKET/PREFIX``, ``memory:``, or the URL of
            an installed plug-in. Or a store.
        dead_after: how long after its last heartbeat a run that should be running counts
            as dead.
        progress: called now and then, while a query builds the index of a large directory, with
            the number of runs indexed so far, and the number of all.

    Returns:
        the runs. Neither opening nor reading creates anything: if the store does not exist, an
        error says so when you read from it.

    Raises:
        StoreAddressError: this is not the URL of any store.

    >>> open_store("memory:").url
    'memory:'
    """
    if isinstance(place, Store):
        return RunStore(place, dead_after, progress)
    return RunStore(store_from_url(place), dead_after, progress)
