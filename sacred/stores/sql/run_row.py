"""The fields of a run's document as columns of its row."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sacred.events import DETAIL_FIELDS
from sacred.serializer import dumps
from sacred.stores.sql.points import finite_number
from sacred.stores.sql.storable_text import storable
from sacred.stores.store import StoreError

__all__ = ["columns_for", "meta_from"]

_Columns = dict[str, Any]

#: Fields that are rows of other tables; with a run that starts, these are still empty.
_FIELDS_ELSEWHERE = frozenset({"experiment", "host", "resources", "artifacts"})


def columns_for(fields: Mapping[str, Any]) -> _Columns:
    r"""Return the columns that hold the given fields.

    Raises:
        StoreError: there is no column for one of them.

    >>> columns_for({"status": "FAILED", "result": {"a": 1}})
    {'status': 'FAILED', 'result': None, 'result_json': '{"a": 1}'}
    >>> columns_for({"fail_trace": ["Traceback\n", "E\n"]})["fail_trace"]
    'Traceback\n\nE\n'
    """
    columns: _Columns = {}
    for name, value in fields.items():
        if name in _MADE_COLUMNS:
            columns |= _MADE_COLUMNS[name](value)
        elif name in _PLAIN_COLUMNS:
            columns[name] = value if isinstance(value, datetime.datetime) else storable(value)
        elif name not in _FIELDS_ELSEWHERE:
            raise StoreError(f"a database of runs has no column for the field {name!r}")
    return columns


def _json(column: str) -> Callable[[Any], _Columns]:
    return lambda value: {column: dumps(value)}


def _result(value: Any) -> _Columns:
    return {"result": finite_number(value), "result_json": dumps(value)}


def _fail_trace(lines: Sequence[str] | None) -> _Columns:
    if isinstance(lines, str):
        return {"fail_trace": storable(lines), "fail_trace_json": dumps(lines)}
    if lines is None:
        return {"fail_trace": None, "fail_trace_json": None}
    # Always with one more line break than there are: so scripts know it.
    return {"fail_trace": storable("\n".join(lines)), "fail_trace_json": dumps(list(lines))}


def _meta(meta: Mapping[str, Any]) -> _Columns:
    priority, comment = meta.get("priority", 0), meta.get("comment", "")
    try:
        number = finite_number(float(priority))
    except (TypeError, ValueError, OverflowError):
        number = None
    text = comment if isinstance(comment, str) else dumps(comment)
    return {"priority": number, "comment": storable(text), "meta_json": dumps(meta)}


def meta_from(text: str | None, comment: str | None, priority: float | None) -> dict[str, Any]:
    """Return the field ``meta`` of a row; the old library has only two of its entries.

    Args:
        text: the column ``meta``, JSON.
        comment: the column of the old library.
        priority: the column of the old library.

    >>> meta_from('{"tags": ["a"]}', "", 0.0), meta_from(None, "so so", None)
    ({'tags': ['a']}, {'comment': 'so so'})
    """
    if text:
        meta: dict[str, Any] = json.loads(text)
        return meta
    old = {"comment": comment, "priority": priority}
    return {name: value for name, value in old.items() if value is not None}


_PLAIN_COLUMNS = frozenset(
    {"command", "status", "start_time", "queue_time", "stop_time", "heartbeat", "captured_out"}
)
_MADE_COLUMNS: dict[str, Callable[[Any], _Columns]] = {
    "config": _json("config"),
    "info": _json("info"),
    "meta": _meta,
    "result": _result,
    "fail_trace": _fail_trace,
    **{name: _json(f"{name}_json") for name in DETAIL_FIELDS},
}
