"""Execution of one query on the tables of an index that is up to date."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred._base.timestamps import datetime_of_microseconds, microseconds
from sacred.query.sorting import SortKey
from sacred.query.syntax import EVERYTHING
from sacred.records import RunId, id_key
from sacred.stores.files.index.conditions import FIRST_TEXT, KnownPath, Translation
from sacred.stores.files.index.ingest import key_of_run
from sacred.stores.query_index import IndexAnswer, IndexRequest, Ranks

__all__ = ["Wanted", "execute"]

# Of times, as `sacred.query.sorting` has it.
_TIME_RANK = 3


class CannotTellError(Exception):
    """The index cannot answer such a query."""


class Wanted(Frozen):
    """The names of runs whose metrics have to be read first."""

    names: list[str]


def execute(connection: sqlite3.Connection, request: IndexRequest) -> IndexAnswer | Wanted:
    """Execute a request on the tables of the index.

    Args:
        connection: to the index.
        request: the query.

    Raises:
        CannotTellError: the index does not have the requested data.
    """
    return _Execution(connection, request).answer()


class _Execution:
    def __init__(self, connection: sqlite3.Connection, request: IndexRequest) -> None:
        self._connection = connection
        self._request = request
        dead_after = request.dead_after // datetime.timedelta(microseconds=1)
        query = "SELECT 1 FROM run WHERE state = 1 LIMIT 1"
        self._knows_all = connection.execute(query).fetchone() is None
        now = microseconds(request.now)
        sql = Translation(self._known, self._paths, self._knows_all, now, dead_after)
        try:
            self._condition = sql.whole(request.where)
            orders = [sql.order(key) for key in request.sort]
        except ValueError as error:
            raise CannotTellError from error
        self._orders = [order for order in orders if order is not None]
        if len(self._orders) < len(orders):
            raise CannotTellError
        self._sql = sql
        if request.where != EVERYTHING or request.sort:
            self._condition = f"CASE WHEN run.state = 0 THEN {self._condition} END"
        odd = " OR ".join(odd for _, _, odd in self._orders if odd)
        # Whether it is known of a run that it belongs to the answer, and where.
        self._sure = f"(({self._condition}) = 1{f' AND NOT ({odd})' if odd else ''})"
        self._unsure = f"({self._condition}) IS NULL"
        if odd:
            self._unsure = f"({self._condition}) IS NOT 0 AND NOT ({self._sure} IS 1)"
        for name, function in sql.functions.items():
            connection.create_function(name, 1, function, deterministic=True)

    def answer(self) -> IndexAnswer | Wanted:
        if self._sql.has_metrics and (names := self._without_metrics()):
            return Wanted(names=names)
        unsure = self._unknown_runs()
        sure, ranks = self._known_runs(with_ranks=bool(unsure))
        return IndexAnswer(sure=sure, ranks=ranks, unsure=unsure)

    # ------------------------------------------------------------------------- runs

    def _known_runs(self, with_ranks: bool) -> tuple[list[RunId], list[Ranks]]:
        columns = "".join(f", {rank}, {value}" for rank, value, _ in self._orders)
        order = ", ".join([*self._order(), *self._position()])
        limit = "" if self._request.limit is None else f"LIMIT {self._request.limit}"
        rest = f"ORDER BY {order} {limit}"
        if not with_ranks:
            found = self._run("", self._sure, rest)
            return [n if name is None else name for n, name in found], []
        rows = [(_id_of(*row[:2]), row[2:]) for row in self._run(columns, self._sure, rest)]
        return [run_id for run_id, _ in rows], [self._ranks(*row) for row in rows]

    def _ranks(self, run_id: RunId, values: Sequence[Any]) -> Ranks:
        pairs = zip(self._request.sort, values[::2], values[1::2], strict=True)
        return tuple(_rank(key, run_id, *pair) for key, *pair in pairs)

    def _unknown_runs(self) -> list[RunId]:
        if self._sql.is_sure and self._knows_all:
            return []
        order = f"ORDER BY {', '.join(self._position())}"
        return [_id_of(n, name) for n, name in self._run("", self._unsure, order)]

    def _without_metrics(self) -> list[str]:
        is_open = f"({self._condition}) IS NOT 0 AND NOT ({self._sure} IS 1)"
        settled = "run.n IN (SELECT n FROM seen WHERE watch_until <= :now * 1000)"
        where = f"run.state = 0 AND run.metrics = 0 AND {settled} AND {is_open}"
        return [str(_id_of(n, name)) for n, name in self._run("", where, "")]

    def _run(self, columns: str, where: str, rest: str) -> Iterator[Any]:
        query = f"SELECT run.n, run.name{columns} FROM run {self._sql.joins} WHERE run.state < 2"
        parameters = dict(self._sql.parameters)
        if self._request.discarded or self._request.in_trash:
            sign = "" if self._request.in_trash else "NOT "
            query += f" AND run.n {sign}IN (SELECT value FROM json_each(:discarded))"
            keys = [key_of_run(self._connection, run_id) for run_id in self._request.discarded]
            parameters["discarded"] = json.dumps([key for key in keys if key is not None])
        return self._connection.execute(f"{query} AND {where} {rest}", parameters)

    def _order(self) -> Iterator[str]:
        for key, (rank, value, _) in zip(self._request.sort, self._orders, strict=True):
            direction = "DESC" if key.descending else "ASC"
            yield f"({rank}) IS NULL, {rank} {direction}, {value} {direction}"

    def _position(self) -> Iterator[str]:
        """The order of ids: numbers, then texts."""
        direction = "DESC" if self._request.backwards else "ASC"
        query = f"SELECT 1 FROM run WHERE n >= {FIRST_TEXT} LIMIT 1"
        if self._connection.execute(query).fetchone() is None:
            yield f"run.n {direction}"
        else:
            yield f"run.n >= {FIRST_TEXT} {direction}"
            yield f"CASE WHEN run.n < {FIRST_TEXT} THEN run.n END {direction}"
            yield f"run.name {direction}"

    def _paths(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        for number, key in self._connection.execute("SELECT path, key FROM path"):
            yield number, tuple(json.loads(key))

    def _known(self, key: str) -> KnownPath | None:
        query = "SELECT path, is_odd FROM path WHERE key = ?"
        found = self._connection.execute(query, (key,)).fetchone()
        return None if found is None else KnownPath(number=found[0], is_odd=bool(found[1]))


def _id_of(n: int, name: str | None) -> RunId:
    return n if name is None else name


def _rank(key: SortKey, run_id: RunId, rank: int | None, value: Any) -> tuple[Any, ...] | None:
    """As `sacred.query.sorting` has it."""
    if key.path.field == "id":
        return id_key(run_id)
    if rank is None:
        return None
    return rank, datetime_of_microseconds(value) if rank == _TIME_RANK else value
