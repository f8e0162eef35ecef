"""The runs that a query asks for, in order: kept for a while, so that pages fit together."""

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
    """What a page asks for.

    Args:
        stores: keys of stores; none: all.
        query: in the query language.
        sort: fields, separated by commas; empty: the newest first.
        columns: names of fields; none: the usual ones.
        in_trash: the runs in the trash, instead of the others.
        utc: times in the query are in UTC, not in the time zone of this machine.
    """

    stores: tuple[str, ...] = ()
    query: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    in_trash: bool = False
    utc: bool = False


class RunSelection:
    """The runs of a request, in order.

    Its first rows are asked for by themselves: stores find the first of an order fast, and all of
    them only by reading all.

    Args:
        request: what was asked for.
        stores: that are looked into.
        tables: the runs of each of them.
        sort: the order, which merges the stores.
        columns: the paths of the columns by their names.

    Attributes:
        stores: that are looked into.
        token: of this selection, in addresses.
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
        """How many runs there are, which takes as long as to read all that may fit."""
        return self._all.count()

    @property
    def known_count(self) -> int | None:
        """How many runs there are, if that is known; None: see `count`."""
        if self._all.is_counted:
            return self._all.count()
        if self._head.is_counted and all(len(table) < _HEAD for table in self._head.tables):
            return self._head.count()
        return None

    def page(self, offset: int, limit: int) -> list[tuple[BoardStore, RunRecord]]:
        """Return some of the runs, with their stores.

        Args:
            offset: how many are left out in front.
            limit: how many at most.
        """
        rows = self._head if offset + limit <= _HEAD else self._all
        return rows.page(offset, limit)

    def first(self) -> RunRecord | None:
        """One of the runs; None: there is none."""
        return next((run for _, run in self._head.page(0, 1)), None)

    @property
    def problems(self) -> list[str]:
        """What could not be read so far."""
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
        """What was probably meant, if there is no run."""
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
    """The selections that pages look at, by their tokens; the oldest are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, RunSelection] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, token: str | None, request: RunsQuery) -> RunSelection | None:
        """Return a selection, if it is still known and is that of the request.

        Args:
            token: of the selection.
            request: what is asked for; columns do not matter.
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
            selection: of a request.
        """
        with self._lock:
            self._kept[selection.token] = selection
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)


def select(stores: Mapping[str, BoardStore], request: RunsQuery) -> RunSelection:
    """Return the runs of a request.

    Names that are no fields of every run are looked up in the stores if the first run does not
    have them, as the program does.

    Args:
        stores: of the board.
        request: what is asked for.

    Raises:
        QueryError: the query, the order or a column has no meaning.
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
        request: what is asked for.
        names: what its words may stand for.

    Raises:
        QueryError: it has no meaning.
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
