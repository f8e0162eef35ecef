"""The content of the stores: runs by status, and the fields that queries can use."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sacred._base.paths import iterate_flattened
from sacred.board.api.operations import Call
from sacred.board.api.run_pages import request_of
from sacred.board.api.run_selection import select
from sacred.board.opened_stores import BoardStore, store_of_key
from sacred.display.field_summary import type_name
from sacred.display.value_text import as_json, as_text
from sacred.query.fields import FIELDS
from sacred.query.syntax import EVERYTHING, And, Compare, Path
from sacred.query.tokens import written_path
from sacred.records import RunRecord
from sacred.records.metric import AGGREGATES
from sacred.runs import RunTable
from sacred.runs.damage import shown_value
from sacred.status import (
    CANCELLED,
    COMPLETED,
    DEAD,
    FAILED,
    INTERRUPTED,
    PRUNED,
    QUEUED,
    RUNNING,
    TIMEOUT,
)
from sacred.stores.store import StoreError

__all__ = ["list_fields", "list_stores"]

#: The most frequent ones first: counting ends when all runs are counted.
_STATUSES = (COMPLETED, FAILED, RUNNING, INTERRUPTED, DEAD, TIMEOUT, QUEUED, PRUNED, CANCELLED)
#: So many of the newest runs of each store are looked at, and for the names of metrics so many.
_MAX_RUNS, _MAX_RUNS_WITH_METRICS = 200, 20
_MAX_SAMPLES, _MAX_SAMPLE_CHARS = 12, 60
_TREES = ("config", "info", "result", "meta", "host", "experiment")
_KINDS = {"id": "id", "text": "text", "time": "time", "seconds": "duration", "flag": "bool",
          "texts": "list", "files": "list"}  # fmt: skip


def list_stores(call: Call) -> dict[str, Any]:
    """Return the stores, each with its runs by status, or only those that match a query.

    Args:
        call: with the query.
    """
    keys = call.values["store"] or list(call.board.stores)
    stores = [_counted(call, store_of_key(call.board.stores, key)) for key in keys]
    return {"stores": stores, "read_only": call.board.read_only}


def _counted(call: Call, store: BoardStore) -> dict[str, Any]:
    about = {"key": store.key, "name": store.name, "url": store.runs.url}
    request = request_of(call)
    try:
        if not store.index.is_ready():
            return {**about, "total": None, "statuses": {}, "error": None, "preparing": True}
        selection = select({store.key: store}, request)
        (table,) = selection.tables
        total = len(table)
        counts = dict(_by_status(store, table, total))
    except StoreError as error:
        return {**about, "total": None, "statuses": {}, "error": str(error), "preparing": False}
    return {**about, "total": total, "statuses": counts, "error": None, "preparing": False}


def _by_status(store: BoardStore, table: RunTable, total: int) -> Iterator[tuple[str, int]]:
    rest = total
    for status in _STATUSES:
        if rest <= 0:
            return
        where = And((table.where, Compare(Path("status"), "=", status)))
        found = len(store.runs.runs(where, in_trash=table.in_trash))
        rest -= found
        if found:
            yield status, found
    if rest > 0:
        yield "OTHER", rest


def list_fields(call: Call) -> dict[str, Any]:
    """Return the fields of the newest runs: types, how many have them, whether they vary, samples.

    Args:
        call: with the stores.
    """
    keys = call.values["store"] or list(call.board.stores)
    found: dict[str, _Field] = {}
    for key in keys:
        store = store_of_key(call.board.stores, key)
        try:
            newest = store.table(EVERYTHING)
            for n, run in enumerate(itertools.islice(newest, _MAX_RUNS)):
                for name, kind, value in _fields_of(run, n < _MAX_RUNS_WITH_METRICS):
                    found.setdefault(name, _Field(kind)).add(value)
        except StoreError:
            continue  # which `list_stores` says
    return {"fields": [field.to_dict(name) for name, field in found.items()]}


class _Field:
    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.types: dict[str, None] = {}
        self.runs = 0
        self.samples: dict[str, Any] = {}

    def add(self, value: Any) -> None:
        """Note the value of one more run; None: it is not read."""
        self.runs += 1
        if value is None:
            return
        self.types[type_name(value)] = None
        items = value if self.kind == "list" and isinstance(value, tuple) else (value,)
        for item in items:
            text = as_text(item)
            if len(text) <= _MAX_SAMPLE_CHARS and len(self.samples) <= _MAX_SAMPLES:
                self.samples.setdefault(text, as_json(item))

    def to_dict(self, name: str) -> dict[str, Any]:
        """The field as JSON."""
        return {
            "name": name,
            "kind": self.kind,
            "types": sorted(self.types),
            "runs": self.runs,
            "varies": len(self.samples) > 1,
            "samples": list(self.samples.values())[:_MAX_SAMPLES],
        }


def _fields_of(run: RunRecord, with_metrics: bool) -> Iterator[tuple[str, str, Any]]:
    for name, kind in FIELDS.items():
        if kind in _KINDS and name not in ("output", "fail_trace", "notes"):
            value = shown_value(run, Path(name))
            if value is not None and value != ():
                yield name, _KINDS[kind], value
    for tree in _TREES:
        yield from _entries(tree, getattr(run, tree))
    if with_metrics:
        for metric in shown_value(run, Path("metrics")) or ():
            steps = str(metric).split(".")
            for aggregate in AGGREGATES:
                yield written_path("metrics", *steps, aggregate), "metric", None


def _entries(tree: str, value: Any) -> Iterable[tuple[str, str, Any]]:
    if not isinstance(value, Mapping):
        if value is not None:
            yield tree, "entry", value
        return
    for path, item in itertools.islice(iterate_flattened(value), 1000):
        if item is not None:
            yield written_path(tree, *str(path).split(".")), "entry", item
