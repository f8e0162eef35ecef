"""The ways to name a run.

| text | the run |
|---|---|
| ``7`` | of that id |
| ``4c1c9`` | the only one whose id begins so, if ids are strings |
| ``last``, ``last~2`` | the newest run; the run two before it |
| ``best:result`` | the run with the largest result; works for any field or path of queries |
| ``best:-metrics.loss.min`` | the run with the smallest value |

Existing ids take precedence, so a run may be called ``last``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

from sacred._base.text import nearest_names
from sacred.query.errors import QueryError
from sacred.query.names import free_paths
from sacred.query.sorting import SortKey, parse_sort
from sacred.query.values import MISSING, value_of
from sacred.records import RunRecord, plain_id
from sacred.runs.errors import ProgramError
from sacred.runs.run_store import RunStore
from sacred.runs.short_names import explain_names
from sacred.stores.store import RunNotFoundError

__all__ = ["find_run"]

_LAST_RUN = re.compile(r"last(?:~(\d+))?")
_BEST = re.compile(r"best:([+-]?)(.+)")
#: Fewer characters are no beginning of an id.
_MIN_PREFIX_CHARS = 3
#: So many of the newest ids are looked through for one that was probably meant.
_LOOKED_THROUGH = 10_000


def find_run(store: RunStore, text: str, where: str | Mapping[str, Any] = "") -> RunRecord:
    """Return the run that a text stands for.

    Args:
        store: where it is.
        text: an id, or one of the forms above.
        where: a query: only these runs can be the last or the best one.

    Raises:
        ProgramError: there is no such run.
        QueryError: the field of ``best:`` does not exist.
        StoreError: the store, or the run, cannot be read.
    """
    try:
        return store[plain_id(text)]
    except RunNotFoundError:
        pass
    if found := _LAST_RUN.fullmatch(text):
        return _nth_last(store, int(found[1] or 0), where)
    if found := _BEST.fullmatch(text):
        return _best(store, found[2], found[1] == "-", where)
    if found_id := _only_beginning(store, text):
        return store[found_id]
    raise ProgramError(f"there is no run {text!r} in {store.url}. {_hint(store, text)}".rstrip())


def _nth_last(store: RunStore, number: int, where: Any) -> RunRecord:
    ids = list(store.runs(where).ids if where else store.ids())[::-1]
    if any(isinstance(run_id, str) for run_id in ids):
        # Ids that are names, as those of sweeps, say nothing of the order: the start does.
        ids = list(store.runs(where, sort="-start_time").ids)
    if number >= len(ids):
        only = f"only {len(ids)}" if ids else "no"
        raise ProgramError(f"there are {only} {'such ' if where else ''}runs in {store.url}")
    return store[ids[number]]


def _best(store: RunStore, path: str, smallest: bool, where: Any) -> RunRecord:
    (key, *others) = parse_sort(path)
    if others:
        raise QueryError("here one field is expected", path)
    names = explain_names([store], free_paths([key.path], path), ())
    (key,) = parse_sort(path, names)
    key = SortKey(key.path, descending=not smallest)
    record = store.runs(where, sort=[key], limit=1).first()
    if record is None or value_of(record, key.path) is MISSING:
        raise ProgramError(f"no {'such ' if where else ''}run in {store.url} has {key.path}")
    return record


def _only_beginning(store: RunStore, text: str) -> str | None:
    """The id that begins so, if it is one only, and text; of numbers 1 is not short for 12."""
    if len(text) < _MIN_PREFIX_CHARS:
        return None
    found = [known for known in store.ids() if isinstance(known, str) and known.startswith(text)]
    if len(found) > 1:
        names = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        raise ProgramError(f"several runs begin with {text!r}: {names}")
    return found[0] if found else None


def _hint(store: RunStore, text: str) -> str:
    ids = list(map(str, itertools.islice(store.ids(), _LOOKED_THROUGH)))
    if not ids:
        return "It has no runs."
    near = nearest_names(text, ids) or ids[-3:]
    kind = "Near ids" if nearest_names(text, ids) else "The last ones"
    words = " (also: last, last~1, best:FIELD)" if not text.isdecimal() else ""
    return f"{kind}: {', '.join(near)}{words}"
