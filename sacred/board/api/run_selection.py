"""The runs that match a query, in order: kept for a while, so that pages fit together."""

from __future__ import annotations

import heapq
import itertools
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence

from sacred._base.frozen import Frozen, replace
from sacred.board.opened_stores import BoardStore, store_of_key
from sacred.query.names import NO_NAMES, Names, bare_words, free_paths
from sacred.query.parser import parse
from sacred.query.sorting import SortKey, parse_sort, sort_key
from sacred.query.syntax import Expression, Path, paths_of
from sacred.records import RunRecord
from sacred.runs import RunTable
from sacred.runs.columns import column_path
from sacred.runs.damage import shown_value
from sacred.runs.short_names import explain_names

__all__ = ["RunSelection", "RunsQuery", "Selections", "select"]

#: So many selections are kept: of what a few open pages show.
_MAX_KEPT = 16
#: So many of the first runs are asked for by themselves.
_HEAD = 200
_NEWEST_FIRST = (SortKey(Path("start_time"), descending=True),)


class RunsQuery(Frozen):
    """The request for a page of runs.

    Args:
        stores: the keys of stores; if empty, all.
        query: a query in the query language.
        sort: fields, separated by commas; if empty, the newest runs come first.
        columns: the names of fields; if empty, the usual ones.
        in_trash: whether to select from the runs in the trash, instead of the others.
        utc: whether times in the query are in UTC, not in the time zone of this machine.
    """

    stores: tuple[str, ...] = ()
    query: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    in_trash: bool = False
    utc: bool = False


class RunSelection:
    """The runs of a request, in order.

    Its first rows are fetched separately: stores find the first rows of an ordering fast, but all
    rows only by reading everything.

    Args:
        request: the request.
        stores: the stores that are searched.
        tables: the runs of each store.
        sort: the ordering, by which the stores are merged.
        columns: the paths of the columns, by name.

    Attributes:
        stores: the stores that are searched.
        token: the token of this selection, for URLs.
    """

    def __init__(
        self,
        request: RunsQuery,
        stores: Sequence[BoardStore],
        tables: Sequence[RunTable],
        sort: tuple[SortKey, ...],
        columns: Mapping[str, Path],
    ) -> None:
        self.token = secrets.token_urlsafe(9)
        self.request = request
        self.columns = columns
        self.sort = sort
        self.tables = tables
        self.stores = stores
        heads = [replace(table, limit=table.limit or _HEAD) for table in tables]
        self._head = _Rows(stores, heads, sort)
        self._all = _Rows(stores, tables, sort)

    def count(self) -> int:
        """Count the runs, which takes as long as reading all that may match."""
        return self._all.count()

    @property
    def known_count(self) -> int | None:
        """The number of runs, if it is known; None: see `count`."""
        if self._all.is_counted:
            return self._all.count()
        if self._head.is_counted and all(len(table) < _HEAD for table in self._head.tables):
            return self._head.count()
        return None

    def page(self, offset: int, limit: int) -> list[tuple[BoardStore, RunRecord]]:
        """Return some of the runs, with their stores.

        Args:
            offset: the number of runs to skip.
            limit: the maximum number of runs.
        """
        rows = self._head if offset + limit <= _HEAD else self._all
        return rows.page(offset, limit)

    def first(self) -> RunRecord | None:
        """Return one of the runs; None if there is none."""
        return next((run for _, run in self._head.page(0, 1)), None)

    @property
    def problems(self) -> list[str]:
        """Messages about what could not be read so far."""
        unready = [
            f"{store.name} is large and has no index yet: these are its newest runs. The index is "
            "being made, which takes a minute or two"
            for store, table in zip(self.stores, self.tables, strict=True)
            if table.limit is not None
        ]
        # Of a table and its head, it is one list.
        found = [problem for table in self.tables for problem in table.problems]
        return [*unready, *dict.fromkeys(found)]

    def hints(self) -> list[str]:
        """What was probably meant, if no run matches."""
        return [hint for table in self.tables for hint in table.hints()]


class _Rows:
    """The rows of some tables, merged."""

    def __init__(
        self,
        stores: Sequence[BoardStore],
        tables: Sequence[RunTable],
        sort: tuple[SortKey, ...],
    ) -> None:
        self.tables = tables
        self.is_counted = False
        self._stores = stores
        self._sort = sort or _NEWEST_FIRST
        self._merged = self._merge() if len(tables) > 1 else None
        self._known: list[tuple[int, RunRecord]] = []
        self._lock = threading.Lock()

    def count(self) -> int:
        number = sum(len(table) for table in self.tables)
        self.is_counted = True
        return number

    def page(self, offset: int, limit: int) -> list[tuple[BoardStore, RunRecord]]:
        if not self.tables:
            return []
        if self._merged is None:
            found = self.tables[0][offset : offset + limit]
            self.is_counted = True
            return [(self._stores[0], run) for run in found]
        with self._lock:
            missing = offset + limit - len(self._known)
            self._known += itertools.islice(self._merged, max(0, missing))
            return [(self._stores[n], run) for n, run in self._known[offset : offset + limit]]

    def _merge(self) -> Iterator[tuple[int, RunRecord]]:
        def numbered(n: int, table: RunTable) -> Iterator[tuple[int, RunRecord]]:
            return ((n, record) for record in table)

        sources = [numbered(n, table) for n, table in enumerate(self.tables)]
        return heapq.merge(*sources, key=lambda item: sort_key(self._sort, item[1]))


class Selections:
    """The selections that pages use, by token; the oldest are dropped."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, RunSelection] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, token: str | None, request: RunsQuery) -> RunSelection | None:
        """Return a selection, if it is still known and belongs to the request.

        Args:
            token: the token of the selection.
            request: the request, whose columns do not matter.
        """
        with self._lock:
            found = self._kept.get(token or "")
            if found is None or _without_columns(found.request) != _without_columns(request):
                return None
            self._kept.move_to_end(found.token)
            return found

    def keep(self, selection: RunSelection) -> None:
        """Keep a selection for the next pages.

        Args:
            selection: the selection.
        """
        with self._lock:
            self._kept[selection.token] = selection
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)


def select(stores: Mapping[str, BoardStore], request: RunsQuery) -> RunSelection:
    """Return the runs for a request.

    Names that are not fields of every run are looked up in the stores if the first run does not
    have them, as in the program.

    Args:
        stores: the stores of the board.
        request: the request.

    Raises:
        QueryError: the query, the ordering or a column is not valid.
        Problem: there is no such store.
    """
    asked = [store_of_key(stores, key) for key in dict.fromkeys(request.stores)]
    asked = asked or list(stores.values())
    selection = _read(asked, request, NO_NAMES)
    names = _names_for(asked, request, selection)
    return _read(asked, request, names) if names else selection


def parsed(request: RunsQuery, names: Names = NO_NAMES) -> Expression:
    """Return the expression of a request.

    Args:
        request: the request.
        names: short names that may be used.

    Raises:
        QueryError: the query is not valid.
    """
    return parse(request.query, names=names, local=not request.utc)


def _read(asked: Sequence[BoardStore], request: RunsQuery, names: Names) -> RunSelection:
    where = parsed(request, names)
    sort = parse_sort(request.sort, names)
    columns = {name: column_path(name, names) for name in request.columns}
    shown = (*columns.values(), *(key.path for key in sort))
    tables = [store.table(where, sort, request.in_trash).showing(shown) for store in asked]
    return RunSelection(request, asked, tables, sort, columns)


def _names_for(asked: Sequence[BoardStore], request: RunsQuery, selection: RunSelection) -> Names:
    where = parsed(request)
    words = set(free_paths(bare_words(where), request.query))
    free = [
        *free_paths(paths_of(where), request.query),
        *free_paths((key.path for key in selection.sort), request.sort),
        *free_paths(selection.columns.values(), ",".join(request.columns)),
    ]
    if not free:
        return NO_NAMES
    first = selection.first()
    unclear = [path for path in free if first is None or shown_value(first, path) is None]
    if not unclear:
        return NO_NAMES
    return explain_names([store.runs for store in asked], unclear, words.intersection(unclear))


def _without_columns(request: RunsQuery) -> tuple[object, ...]:
    return request.stores, request.query, request.sort, request.in_trash, request.utc
