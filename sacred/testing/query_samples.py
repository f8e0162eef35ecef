"""Runs and queries that show whether a store's search gives the same answers as a scan."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import IO, Any

from sacred._base.frozen import replace
from sacred.records import Document, FileEntry, Points, RunId
from sacred.runs import RunTable
from sacred.stores.reader import Reader, only

__all__ = ["CONFIGS", "LOSSES", "QUERIES", "SORTS", "STATUSES", "ScanReader"]

#: Of runs; a metric ``loss`` and a status for each stand below.
CONFIGS: tuple[dict[Any, Any], ...] = (
    {"n": 0, "lr": 0.1, "name": "adam", "opt": {"lr": 1}},
    {"n": 1, "lr": 0.01, "name": "sgd", "opt": {"lr": "1"}, "on": True},
    {"n": 2, "lr": "0.1", "name": "SGD", "opt": None, "on": False},
    {"n": 3, "lr": math.nan, "name": "", "opt": {"lr": [1, 2]}, "on": 1},
    {"n": 4, "lr": 2**53 + 1, "name": "ünï 😀 50%_\\"},
    {"n": 5, "lr": -math.inf, "opt": [], 1: "one", "1": "text"},
    {"n": 6, "lr": [0.1], "name": ["adam"], "opt": {"lr": (1,)}},
    {"n": 7, "lr": True, "name": "it's", "py/id": 3},
)
LOSSES: tuple[list[float], ...] = ([3, 1, 2], [0.5], [], [math.nan], [], [2**53 + 1], [], [1, 1])
STATUSES = ("COMPLETED", "FAILED", "RUNNING", "COMPLETED", "QUEUED", "DEAD", "RUNNING", "FAILED")

_TESTS = (
    "status = COMPLETED",
    "status = DEAD",
    "status != FAILED",
    "status in (RUNNING, QUEUED)",
    "id = 1",
    "command = main",
    "command != main",
    "lr = 0.1",
    "lr <= 0.1",
    "lr != 0.1",
    "lr = nan",
    "lr > 9007199254740992",
    "name = adam",
    "name < b",
    "name ~ /a|d/i",
    "missing(config.name)",
    "opt.lr = 1",
    "missing(opt.lr)",
    "opt.lr.0 = 1",
    "on",
    "on = false",
    "config.1 = one",
    "1 in opt.lr",
    '"sgd"',
    '"ünï"',
    "result >= 1",
    "missing(result)",
    "metrics.loss.min < 1",
    "metrics.loss.last >= 1",
    "missing(metrics.loss.mean)",
    "metrics.loss.count = 3",
    "start_time >= 2026-01-02",
    "missing(stop_time)",
)
#: Each test alone, its opposite, and together with others.
QUERIES = (
    *_TESTS,
    *(f"not ({test})" for test in _TESTS),
    # Three at a time: all of them take the same iterator.
    *(
        f"({one} or {two}) and not ({three})"
        for one, two, three in zip(*[iter(_TESTS)] * 3, strict=True)
    ),
)
SORTS = (
    "lr",
    "-lr",
    "-opt.lr",
    "result",
    "-result",
    "name, -config.n",
    "status, -id",
    "-start_time",
    "metrics.loss.min",
    "-metrics.loss.last",
    "-metrics.loss.mean",
)


class ScanReader(Reader):
    """Reads with the abstract methods of another reader, each run once, and searches nothing."""

    def __init__(self, reader: Reader) -> None:
        self.url = reader.url
        self._reader = reader
        self._ids = list(reader.ids())
        self._documents = {run_id: reader.document(run_id) for run_id in self._ids}
        self._names = {run_id: reader.metric_names(run_id) for run_id in self._ids}
        self._points = {
            (run_id, name): reader.points(run_id, name)
            for run_id, names in self._names.items()
            for name in names
        }

    def answer(self, table: RunTable) -> RunTable:
        """The same query, answered by looking at every run."""
        return replace(table, reader=self, index=None, problems=[], _cache={})

    def ids(self) -> Iterator[RunId]:
        """See `Reader.ids`."""
        return iter(self._ids)

    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """See `Reader.document`."""
        return only(dict(self._documents[run_id]), fields)

    def output(self, run_id: RunId) -> str:
        """See `Reader.output`."""
        return self._reader.output(run_id)

    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """See `Reader.metric_names`."""
        return self._names[run_id]

    def points(self, run_id: RunId, name: str) -> Points:
        """See `Reader.points`."""
        return self._points[run_id, name]

    def open_file(self, run_id: RunId, entry: FileEntry) -> IO[bytes]:
        """See `Reader.open_file`."""
        return self._reader.open_file(run_id, entry)
