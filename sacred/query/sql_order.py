"""An order of runs as SQL, for SQLite and PostgreSQL.

What the database cannot place as `sacred.query.order` does comes first, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sacred.query.coarse import is_plain
from sacred.query.order import SortKey
from sacred.query.sql_json import JsonTexts
from sacred.query.to_sql import JSON_COLUMNS
from sacred.records import TIME_FIELDS
from sacred.stores.sql_candidates import RowOrder
from sacred.stores.sql_tables import Base

__all__ = ["sql_order"]

_RUN = Base.metadata.tables["run"]


def sql_order(keys: Sequence[SortKey], texts: JsonTexts) -> RowOrder | None:
    """The order; None: there is none."""
    columns: list[Any] = []
    doubts: list[Any] = []
    order: list[Any] = []
    for number, key in enumerate(keys):
        field, steps = key.path.field, key.path.steps
        if field in TIME_FIELDS:
            time = _RUN.c[field].label(f"time_{number}")
            columns.append(time)
            order.append(_directed(key, sa.column(time.name)))
        elif field in JSON_COLUMNS and (steps or field == "result") and is_plain(key.path):
            # Of a run of the old library, the result is in another column.
            missing = _RUN.c.result.is_not(None) if field == "result" else sa.false()
            place = texts.place(str(number), _RUN.c[JSON_COLUMNS[field]], steps, missing)
            columns += place.columns
            doubts.append(place.doubt)
            order += (_directed(key, value) for value in place.keys)
        else:
            return None
    return RowOrder(columns=columns, doubt=sa.or_(sa.false(), *doubts), keys=order)


def _directed(key: SortKey, value: Any) -> Any:
    # What is not there comes last in both directions.
    return (value.desc() if key.descending else value.asc()).nulls_last()
