"""The answer to a query: the runs, read when they are needed."""

from __future__ import annotations

import datetime
import heapq
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, overload

from sacred._base.clock import utcnow
from sacred._base.frozen import Frozen, factory, replace
from sacred.query.errors import QueryError
from sacred.query.evaluate import SEARCHED_FIELDS, holds
from sacred.query.fields import FIELDS
from sacred.query.sorting import SortKey, sort_key
from sacred.query.syntax import EVERYTHING, Expression, Path, Search, paths_of
from sacred.query.values import REQUIRED_FIELDS
from sacred.records import DEAD_AFTER, Document, MetricNumbers, RunId, RunRecord
from sacred.runs.merge import merged_ids
from sacred.runs.prefetch import metrics_in, with_numbers
from sacred.runs.pushdown import ordering_for, prefilter_for
from sacred.runs.top_k import top_k
from sacred.stores.query_index import IndexRequest, Progress, QueryIndex
from sacred.stores.reader import Reader
from sacred.stores.store import MALFORMED_DATA_ERRORS, DamagedRunError

__all__ = ["RunTable"]

#: How many whole documents are fetched at once.
_PAGE_SIZE = 64
_NO_NUMBERS: MetricNumbers = {}
#: In the cache of a table: how many runs it has.
_NUMBER = "number of runs"


class RunTable(Frozen, eq=False):
    """The runs that match a query, in an order.

    Nothing is read until you look at it. Iterating over the table keeps one page of runs in
    memory; `len`, indexing and sorting keep the ids.

    Args:
        reader: the reader of the store.
        where: the condition.
        sort: the sort keys; without any, the order is that of the store.
        limit: the maximum number of runs.
        now: the time of the query (naive UTC).
        dead_after: see `RunRecord.status`.
        in_trash: select from the runs in the trash, instead of the others.
        backwards: without sort keys, whether the last runs of the store come first.
        index: the index of the store, if it has one.
        shown: paths that will be read of every run.
        progress: called now and then while the index is built.

    Attributes:
        problems: messages about runs that could not be read; the list grows as more is read.
    """

    reader: Reader
    where: Expression = EVERYTHING
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None
    now: datetime.datetime = factory(factory=utcnow)
    dead_after: datetime.timedelta = DEAD_AFTER
    in_trash: bool = False
    backwards: bool = False
    index: QueryIndex | None = None
    shown: tuple[Path, ...] = ()
    progress: Progress | None = None
    problems: list[str] = factory(factory=list)
    _cache: dict[str, Any] = factory(factory=dict)

    # ------------------------------------------------------------------ as a list

    def __iter__(self) -> Iterator[RunRecord]:
        known = self._cache.get(self._ids_key)
        # What had to be sorted is kept; what can be read on and on is not.
        ids = iter(self.ids if self.sort or known is not None else self._found())
        while page := list(itertools.islice(ids, _PAGE_SIZE)):
            yield from self._records(page)

    def __len__(self) -> int:
        if not self.sort or self.limit is not None or self._ids_key in self._cache:
            return len(self.ids)
        if _NUMBER not in self._cache:
            # To sort many runs takes far longer than to count them.
            unsorted = replace(self, sort=(), backwards=False, _cache={})
            self._cache[_NUMBER] = len(unsorted.ids)
        number: int = self._cache[_NUMBER]
        return number

    def __bool__(self) -> bool:
        known = self._cache.get(self._ids_key)
        return self.first() is not None if known is None else bool(known)

    @overload
    def __getitem__(self, index: int) -> RunRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[RunRecord]: ...
    def __getitem__(self, index: int | slice) -> RunRecord | list[RunRecord]:
        if isinstance(index, slice):
            return list(self._records(self.ids[index]))
        run_id = self.ids[index]
        # By itself, an error that it has is worth an error.
        return self._record({"_id": run_id, **self.reader.document(run_id)})

    @property
    def ids(self) -> tuple[RunId, ...]:
        """The ids of all runs of the table."""
        if self._ids_key not in self._cache:
            self._cache[self._ids_key] = tuple(self._found())
        ids: tuple[RunId, ...] = self._cache[self._ids_key]
        return ids

    @property
    def _ids_key(self) -> str:
        # Copies with another limit share the cache.
        return f"ids up to {self.limit}"

    def first(self) -> RunRecord | None:
        """The first run, or None if there is none."""
        return next(iter(self), None)

    # ----------------------------------------------------------------- as a table

    def varying(self) -> list[str]:
        """Return the paths of the config entries that differ between runs of the same experiment.

        They can be used as columns: ``table.to_pandas("id", "result", *table.varying())``.
        """
        # Not at the top, as others below: `sacred ls` makes no columns.
        from sacred.runs.columns import varying

        return varying(self)

    def to_dict(self, *columns: str) -> dict[str, list[Any]]:
        """Return columns as lists, with None where a run has no value.

        Args:
            columns: fields and paths as in queries, ``"metrics.loss.min"`` for example
                (default: id, name, status, start time, duration, result and all entries
                of the config).

        Raises:
            QueryError: a column is not a field.
        """
        from sacred.runs.columns import column_path, columns_of

        return columns_of(self.showing(map(column_path, columns)), columns, self._report)

    def to_pandas(self, *columns: str) -> Any:
        """Return a pandas DataFrame; `columns` as in `to_dict`.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from sacred.runs.columns import as_frame

        return as_frame(self.to_dict(*columns))

    def to_arrow(self, *columns: str) -> Any:
        """Return a pyarrow Table; `columns` as in `to_dict`. Mixed types become JSON strings.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        from sacred.runs.columns import as_arrow

        return as_arrow(self.to_dict(*columns))

    def showing(self, paths: Iterable[Path]) -> RunTable:
        """Return the same runs, prepared for reading these paths of each of them.

        Values that a store can return for many runs at once, such as statistics of metrics, are
        then fetched together with the runs.
        """
        return replace(self, shown=tuple(paths))

    def hints(self) -> list[str]:
        """If no run matches, say which fields of the query no run has, and the nearest ones."""
        if self.where == EVERYTHING or self.first() is not None:
            return []
        from sacred.runs.unknown_fields import SAMPLE, hints

        everything = RunTable(
            reader=self.reader,
            limit=SAMPLE,
            now=self.now,
            dead_after=self.dead_after,
            index=self.index,
        )
        return hints(self.where, everything)

    def _repr_html_(self) -> str:
        from sacred.runs.columns import as_html

        return as_html(self[:_PAGE_SIZE], len(self))

    def __repr__(self) -> str:
        # Only what is known already: a prompt that shows it must not read a whole store.
        known = self._cache.get(self._ids_key)
        size = "runs" if known is None else f"{len(known)} runs"
        return f"<table of {size} of {self.reader.url}>"

    # -------------------------------------------------------------------- finding

    def _found(self) -> Iterator[RunId]:
        """The ids, in order."""
        known = self._known_to_index()
        if known is not None:
            return itertools.islice(known, self.limit)
        if self.backwards and not self.sort:
            return itertools.islice(self._newest_first(), self.limit)
        return itertools.islice(self._scanned(), self.limit)

    def _newest_first(self) -> Iterator[RunId]:
        where = prefilter_for(self.where, self.reader)
        ordered = self._ordered("_id", True, where)
        if ordered is None:
            return iter(tuple(self._oldest_first(where))[::-1])
        return (record.id for record in filter(self._fits, self._judged(ordered)))

    def _known_to_index(self) -> Iterator[RunId] | None:
        if self.index is None:
            return None
        request = IndexRequest(
            where=self.where,
            now=self.now,
            dead_after=self.dead_after,
            sort=self.sort,
            limit=self.limit,
            backwards=self.backwards,
            discarded=self._discarded(),
            in_trash=self.in_trash,
            progress=self.progress,
        )
        found = self.index.find(request)
        return None if found is None else merged_ids(found, request, self._looked_up)

    def _looked_up(self, ids: Sequence[RunId]) -> Iterator[RunRecord]:
        documents = self.reader.documents(ids, fields=self._needed(), report=self._report)
        return filter(self._fits, self._judged(documents))

    def _scanned(self) -> Iterator[RunId]:
        """The same by asking the store, or by reading all of it."""
        # Once: some stores have to look for what they are asked with.
        where = prefilter_for(self.where, self.reader)
        return self._sorted(where) if self.sort else self._oldest_first(where)

    def _oldest_first(self, where: Any) -> Iterator[RunId]:
        if self.where == EVERYTHING:
            return filter(self._is_there, self.reader.ids())
        return (record.id for record in self._matching(where))

    def _sorted(self, where: Any) -> Iterator[RunId]:
        first = self.sort[0]
        ordered = None
        if len(self.sort) == 1 and FIELDS[first.path.field] == "time":
            ordered = self._ordered(first.path.field, first.descending, where)
        if ordered is not None:
            return (record.id for record in filter(self._fits, self._judged(ordered)))
        ranked = self._ranked(where)
        if ranked is not None and self.limit is not None:
            return iter(top_k(ranked, self.sort, self.limit))
        keyed = self._keyed(self._matching(where))

        def key(item: tuple[Any, RunId]) -> Any:
            return item[0]

        # A table of the best twenty holds twenty, whatever the size of the store.
        if self.limit is None:
            best = sorted(keyed, key=key)
        else:
            best = heapq.nsmallest(self.limit, keyed, key=key)
        return (run_id for _, run_id in best)

    def _keyed(self, records: Iterable[RunRecord]) -> Iterator[tuple[Any, RunId]]:
        for record in records:
            try:
                key = sort_key(self.sort, record)
            except (DamagedRunError, *MALFORMED_DATA_ERRORS) as error:
                self._report_damage(record, error)
                continue
            yield key, record.id

    def _ordered(self, field: str, descending: bool, where: Any) -> Iterator[Document] | None:
        """All candidates in order, if the store knows it and few of them are wanted."""
        if self.limit is None:
            return None
        return self.reader.ordered(
            field,
            descending,
            fields=self._needed(),
            report=self._report,
            where=where,
        )

    def _ranked(self, where: Any) -> Iterator[tuple[Any, bool, RunRecord]] | None:
        order = None if self.limit is None else ordering_for(self.sort, self.reader)
        if order is None or self.limit is None:
            return None
        ranked = self.reader.ranked(order, self.limit, self._needed(), self._report, where)
        if ranked is None:
            return None
        # With one more it is seen that nothing behind belongs before them.
        numbered = with_numbers(
            ranked, lambda item: item[2]["_id"], self.reader, self._metrics, first=self.limit + 1
        )
        records = (
            (position, is_placed, self._record(document, numbers))
            for (position, is_placed, document), numbers in numbered
        )
        return (item for item in records if self._fits(item[2]))

    def _matching(self, where: Any) -> Iterator[RunRecord]:
        documents = self.reader.documents(fields=self._needed(), report=self._report, where=where)
        return filter(self._fits, self._judged(documents))

    def _fits(self, record: RunRecord) -> bool:
        if not self._is_there(record.id):
            return False
        try:
            if not holds(self.where, record):
                return False
            if any(key.path.field == "metrics" for key in self.sort):
                sort_key(self.sort, record)  # reads them, and what was read is kept
        except QueryError:
            raise  # which says nothing of the run
        except (DamagedRunError, *MALFORMED_DATA_ERRORS) as error:
            self._report_damage(record, error)
            return False
        return True

    def _report_damage(self, record: RunRecord, error: Exception) -> None:
        problem = str(error)
        if not isinstance(error, DamagedRunError):
            place = f"its values in {self.reader.url}"
            problem = f"Run {record.id!r} is damaged: {place}: {type(error).__name__}: {error}"
        self._report(problem)

    def _is_there(self, run_id: RunId) -> bool:
        """Whether it is in the trash, if that is asked for; else, whether it is not."""
        return (run_id in self._discarded()) is self.in_trash

    def _discarded(self) -> Collection[RunId]:
        if "discarded" not in self._cache:
            self._cache["discarded"] = self.reader.discarded()
        found: Collection[RunId] = self._cache["discarded"]
        return found

    def _needed(self) -> Collection[str]:
        """The fields of documents that tell which runs belong to the table, and their order."""
        # The time is there always: who reads the record of a run notices if it is damaged.
        needed = {"status", "start_time", "heartbeat"}
        if any(isinstance(part, Search) for part in _parts(self.where)):
            needed.update(SEARCHED_FIELDS)
        for path in self._paths:
            needed.update(REQUIRED_FIELDS.get(path.field, (path.field,)))
        return needed

    @property
    def _paths(self) -> list[Path]:
        """What tells which runs belong to the table, and their order."""
        return [*paths_of(self.where), *(key.path for key in self.sort)]

    @property
    def _metrics(self) -> frozenset[tuple[str, str]]:
        return metrics_in(self._paths)

    def _judged(self, documents: Iterable[Document]) -> Iterator[RunRecord]:
        return self._numbered(documents, self._metrics)

    def _records(self, ids: Sequence[RunId]) -> Iterator[RunRecord]:
        documents = self.reader.documents(ids, report=self._report)
        return self._numbered(documents, metrics_in(self.shown))

    def _numbered(
        self, documents: Iterable[Document], metrics: Collection[tuple[str, str]]
    ) -> Iterator[RunRecord]:
        found = with_numbers(documents, itemgetter("_id"), self.reader, metrics)
        return (self._record(document, numbers) for document, numbers in found)

    def _record(self, document: Document, numbers: MetricNumbers = _NO_NUMBERS) -> RunRecord:
        return RunRecord(
            id=document["_id"],
            source=self.reader,
            document=document,
            now=self.now,
            dead_after=self.dead_after,
            numbers=numbers,
        )

    def _report(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def _parts(expression: Expression) -> Iterator[Expression]:
    yield expression
    inner = getattr(expression, "parts", None) or (getattr(expression, "part", None),)
    for part in inner:
        if part is not None:
            yield from _parts(part)
