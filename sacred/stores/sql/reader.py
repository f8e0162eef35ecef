"""Reading records in an SQL database; one of the old library is read as it is.

Only existing tables and columns are queried, so nothing has to be migrated. Runs are read in
pages, each in a transaction of its own: a slow reader does not keep others from writing.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from sacred._base.masking import mask_passwords
from sacred.records import Document, FileEntry, MetricNumbers, Points, RunId, plain_id
from sacred.stores.point_columns import Later
from sacred.stores.reader import Reader, Report, noticing_damage
from sacred.stores.sql.aggregates import numbers_of
from sacred.stores.sql.documents import DocumentRows, column_names
from sacred.stores.sql.engine import file_of
from sacred.stores.sql.errors import translate_errors
from sacred.stores.sql.output import whole_output
from sacred.stores.sql.points_reader import columns_of, names_of
from sacred.stores.sql.search.candidates import Filter, Ordering, by_column, by_order
from sacred.stores.sql.search.dialects import json_texts
from sacred.stores.sql.search.filters import sql_filter
from sacred.stores.sql.search.order import sql_ordering
from sacred.stores.sql.storable_text import storable
from sacred.stores.sql.tables import TABLES
from sacred.stores.store import DamagedRunError, RunNotFoundError, StoreNotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from sacred.query.predicates import Condition
    from sacred.query.sorting import SortKey
    from sacred.stores.sql.search.json_paths import JsonTexts

__all__ = ["SqlReader"]

PAGE_SIZE = 500
#: So many runs are looked at one by one before all are.
RUNS_AHEAD = 2000
#: PostgreSQL does not know how long it takes to read JSON. Said in one transaction, for that.
_USE_PARALLEL_WORKERS = "SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0"

_RUN = TABLES["run"]


class SqlReader(Reader):
    """Reads the tables of an `SqlObserver`.

    Args:
        engine: of SQLAlchemy, for the database.
        owner: an object kept alive by the reader; connections are closed when it is collected.
    """

    supports_id_lists = True
    supports_value_lists = True

    def __init__(self, engine: Engine, owner: object = None) -> None:
        self._owner = owner
        self.url = mask_passwords(engine.url.render_as_string(hide_password=True))
        self.engine = engine
        self._rows: DocumentRows | None = None

    def prefilter(self, predicate: Condition) -> Filter | None:
        """See `Reader.prefilter`."""
        texts = self._json_texts()
        return None if texts is None else sql_filter(predicate, texts)

    def ordering(self, keys: Sequence[SortKey]) -> Ordering | None:
        """See `Reader.ordering`."""
        texts = self._json_texts()
        return None if texts is None else sql_ordering(keys, texts)

    def _json_texts(self) -> JsonTexts | None:
        with self._connected():  # before, the version of the server is not known
            return json_texts(self.engine.dialect)

    def ids(self) -> Iterator[RunId]:
        """See `Reader.ids`."""
        last = None
        while page := self._page(last, (_RUN.c.id, _RUN.c.run_id), None):
            yield from (_id_of(row) for row in page)
            last = page[-1].id

    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """See `Reader.document`."""
        with self._connected() as (connection, rows):
            columns = rows.columns_for(fields)
            found = connection.execute(sa.select(*columns).where(_is_run(run_id))).all()
            # Some databases take "A" for "a".
            found = [row for row in found if row.run_id in (None, str(run_id))]
            for document in rows.documents(connection, found, fields):
                return document
        raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")

    def documents(
        self,
        ids: Iterable[RunId] | None = None,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[Document]:
        """See `Reader.documents`; `where` is a `Filter`."""
        pages = self._all(fields, where) if ids is None else self._by_ids(ids, fields, where)
        for page in pages:
            with self._connected() as (connection, rows):
                documents = list(rows.documents(connection, page, fields, report))
            yield from documents

    def ordered(
        self,
        field: str,
        descending: bool = False,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[Document]:
        """See `Reader.ordered`."""
        name = "id" if field == "_id" else field
        keys = partial(by_column, name, descending)
        pages = self._in_order(keys, PAGE_SIZE, where)
        return (document for _, document in self._placed(pages, fields, report))

    def ranked(
        self,
        order: Any,
        limit: int,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[tuple[Any, bool, Document]] | None:
        """See `Reader.ranked`; `order` is an `Ordering`."""
        with self._connected() as (_, rows):
            if rows.is_old:
                return None

        size = min(limit, PAGE_SIZE) + 20
        keys = partial(by_order, order)
        pages = self._in_order(keys, size, where, looks_ahead=order.is_quick, is_costly=True)
        try:
            first = next(pages, {})
        except sa.exc.DBAPIError:
            return None  # some text that should be JSON is none for this database
        found = self._placed(itertools.chain([first], pages), fields, report)
        return ((row.id, not doubt, document) for (row, doubt), document in found)

    def _placed(
        self,
        pages: Iterable[dict[int, bool]],
        fields: Collection[str] | None,
        report: Report | None,
    ) -> Iterator[tuple[tuple[Any, bool], Document]]:
        """The documents of these keys, with their rows, and with what was said of the keys."""
        for page in pages:
            remaining = iter(page)
            while keys := list(itertools.islice(remaining, PAGE_SIZE)):
                with self._connected() as (connection, rows):
                    query = sa.select(*rows.columns_for(fields)).where(_RUN.c.id.in_(keys))
                    by_key = {row.id: row for row in connection.execute(query)}
                    there = [by_key[key] for key in keys if key in by_key]
                    pairs = list(rows.pairs(connection, there, fields, report))
                yield from (((row, page[row.id]), document) for row, document in pairs)

    def _in_order(
        self,
        keys: Callable[[Any], Any],
        size: int,
        where: Filter | None,
        looks_ahead: bool = True,
        is_costly: bool = False,
    ) -> Iterator[dict[int, bool]]:
        """Pages of the keys of all runs, with whether their places are doubtful.

        Args:
            keys: the statement for a condition, in order.
            size: of the first page.
            where: the condition, or None.
            looks_ahead: begin with those of the first runs that fulfil it.
            is_costly: all of the table will be looked at.
        """
        with self._connected() as (_, rows):
            where = None if rows.is_old else where
        seen: set[int] = set()
        if looks_ahead and where is not None and where.slow is not None:
            for found in self._first_in_order(keys, size, where):
                seen.update(found)
                yield found
            size += len(seen)
        offset = 0
        while page := self._fetch(partial(_part, keys, size, offset), where, is_costly):
            # If runs are made meanwhile, some come again.
            new = {row.id: bool(row.doubt) for row in page if row.id not in seen}
            seen.update(new)
            yield new
            # Each page sorts all runs, so they grow.
            offset, size = offset + size, size * 2

    def _first_in_order(
        self, keys: Callable[[Any], Any], size: int, where: Filter
    ) -> Iterator[dict[int, bool]]:
        """Of the first runs of the order, those that fulfil the condition.

        To look for it within them takes a moment, and within all runs of a large store a
        hundred times as long. Mostly they are enough.
        """
        quick = Filter(quick=where.quick)
        remaining = iter(self._fetch(partial(_part, keys, RUNS_AHEAD, 0), quick, is_costly=True))
        while page := {row.id: bool(row.doubt) for row in itertools.islice(remaining, size)}:
            query = sa.select(_RUN.c.id).where(_RUN.c.id.in_(page))
            fitting = {row.id for row in self._fetch(query.where, where)}
            yield {key: doubt for key, doubt in page.items() if key in fitting}
            size = min(size * 2, PAGE_SIZE)

    def output(self, run_id: RunId) -> str:
        """See `Reader.output`."""
        with self._connected() as (connection, rows):
            shown = connection.scalar(sa.select(_RUN.c.captured_out).where(_is_run(run_id)))
            if "output" not in rows.existing:
                return shown or ""
            return whole_output(connection, _key(run_id), shown)

    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """See `Reader.metric_names`."""
        with self._connected() as (connection, rows):
            if "metric" not in rows.existing:
                return []
            with self._noticing_damage(run_id):
                return names_of(connection, _key(run_id))

    def points(self, run_id: RunId, name: str) -> Points:
        """See `Reader.points`."""
        steps, values = self._columns(run_id, name, "steps", "values")

        def timestamps() -> Any:
            (times,) = self._columns(run_id, name, "timestamps")
            return times[: len(values)]  # more may have come meanwhile

        # Few readers want them.
        return Points(steps=steps, values=values, timestamps=Later(timestamps))

    def metric_numbers(
        self, ids: Sequence[RunId], wanted: Collection[tuple[str, str]]
    ) -> Mapping[RunId, MetricNumbers]:
        """See `Reader.metric_numbers`."""
        by_key = {_key(run_id): run_id for run_id in ids}
        with self._connected() as (connection, rows):
            if rows.is_old:
                return {}
            found = numbers_of(connection, list(by_key), wanted)
        # Some databases take "A" for "a".
        return {by_key[key]: numbers for key, numbers in found.items() if key in by_key}

    def _columns(self, run_id: RunId, name: str, *wanted: str) -> list[Any]:
        with self._connected() as (connection, rows):
            if "metric" not in rows.existing:
                return [[] for _ in wanted]
            with self._noticing_damage(run_id):
                return columns_of(connection, _key(run_id), str(storable(name)), wanted)

    def _noticing_damage(self, run_id: RunId) -> contextlib.AbstractContextManager[None]:
        return noticing_damage(run_id, f"its points in {self.url}")

    def discarded(self) -> Collection[RunId]:
        """See `Reader.discarded`."""
        with self._connected() as (connection, rows):
            if "discarded" not in rows.existing["run"]:
                return ()
            query = sa.select(_RUN.c.id, _RUN.c.run_id).where(_RUN.c.discarded.is_(True))
            return {_id_of(row) for row in connection.execute(query)}

    def open_file(self, run_id: RunId, entry: FileEntry) -> IO[bytes]:
        """See `Reader.open_file`."""
        kind, number = entry.ref
        table = TABLES[kind]
        key = next(iter(table.primary_key))
        with self._connected() as (connection, _):
            content = connection.scalar(sa.select(table.c.content).where(key == number))
        if content is None:
            raise FileNotFoundError(f"{entry.name!r} of run {run_id!r} is not stored in {self.url}")
        if not isinstance(content, str | bytes):
            raise DamagedRunError(
                f"Run {run_id!r} is damaged: the content of {entry.name!r} in {self.url} is "
                f"of type {type(content).__name__}"
            )
        return io.BytesIO(content.encode() if isinstance(content, str) else content)

    def close(self) -> None:
        """See `Reader.close`."""
        self.engine.dispose()

    # ----------------------------------------------------------------------- pages

    def _all(self, fields: Collection[str] | None, where: Filter | None) -> Iterator[Sequence[Any]]:
        with self._connected() as (_, rows):
            columns = rows.columns_for(fields)
            if rows.is_old:
                where = None  # it may name columns that are not there
        last = None
        while page := self._page(last, columns, where):
            yield page
            last = page[-1].id

    def _by_ids(
        self, ids: Iterable[RunId], fields: Collection[str] | None, where: Filter | None
    ) -> Iterator[Sequence[Any]]:
        remaining = iter(ids)
        while page := list(itertools.islice(remaining, PAGE_SIZE)):
            with self._connected() as (connection, rows):
                condition = sa.or_(
                    _RUN.c.run_id.in_([_key(run_id) for run_id in page]),
                    _RUN.c.run_id.is_(None) & _RUN.c.id.in_([i for i in page if type(i) is int]),
                )
                query = sa.select(*rows.columns_for(fields)).where(condition)
                found = connection.execute(query if where is None else query.where(where.whole))
                by_id = {_id_of(row): row for row in found}
            yield [by_id[run_id] for run_id in page if run_id in by_id]

    def _page(
        self, last: int | None, columns: Iterable[Any], where: Filter | None
    ) -> Sequence[Any]:
        query = sa.select(*columns).order_by(_RUN.c.id).limit(PAGE_SIZE)
        if last is not None:
            query = query.where(_RUN.c.id > last)
        return self._fetch(query.where, where)

    def _fetch(
        self, query: Callable[[Any], Any], where: Filter | None, is_costly: bool = False
    ) -> Sequence[Any]:
        """The rows of a query with a condition; without, if the database cannot answer that.

        Args:
            query: given the condition.
            where: the condition, or None.
            is_costly: all of the table will be looked at.
        """
        if where is not None:
            try:
                with self._connected() as (connection, _):
                    if is_costly and self.engine.dialect.name == "postgresql":
                        connection.exec_driver_sql(_USE_PARALLEL_WORKERS)
                    return connection.execute(query(where.whole)).all()
            except sa.exc.DataError:
                pass  # some text that should be JSON is none for this database
        with self._connected() as (connection, _):
            return connection.execute(query(sa.true())).all()

    @contextlib.contextmanager
    def _connected(self) -> Iterator[tuple[Connection, DocumentRows]]:
        file = file_of(self.engine)
        # To connect would make it.
        if file is not None and not os.path.exists(file):
            raise StoreNotFoundError(f"There is no database {file!r}")
        with translate_errors(self.url), self.engine.connect() as connection:
            if self._rows is None or not self._rows.is_complete:  # somebody may bring it up to date
                existing = column_names(connection)
                if "run" not in existing:
                    raise StoreNotFoundError(f"There is no table of runs in {self.url}")
                self._rows = DocumentRows(self.url, existing)
            yield connection, self._rows


def _key(run_id: RunId) -> str:
    return str(storable(str(run_id)))


def _is_run(run_id: RunId) -> Any:
    by_row = _RUN.c.run_id.is_(None) & (_RUN.c.id == run_id) if type(run_id) is int else sa.false()
    return (_RUN.c.run_id == _key(run_id)) | by_row


def _part(keys: Callable[[Any], Any], size: int, offset: int, where: Any) -> Any:
    return keys(where).limit(size).offset(offset)


def _id_of(row: Any) -> RunId:
    return row.id if row.run_id is None else plain_id(row.run_id)
