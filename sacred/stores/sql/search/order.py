"""An ordering of runs as SQL, for SQLite and PostgreSQL.

What the database cannot place as `sacred.query.sorting` does comes first, and is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sacred.query.predicates import is_plain
from sacred.query.sorting import SortKey
from sacred.query.syntax import Path
from sacred.records import TIME_FIELDS
from sacred.stores.sql.search.candidates import Ordering
from sacred.stores.sql.search.filters import JSON_COLUMNS
from sacred.stores.sql.search.json_paths import JsonTexts, SortColumns
from sacred.stores.sql.search.metrics import metric_sort_columns
from sacred.stores.sql.tables import TABLES

__all__ = ["sql_ordering"]

_RUN = TABLES["run"]
#: Results are texts of JSON, too, but short ones.
_SHORT_FIELDS = {*TIME_FIELDS, "result"}


def sql_ordering(keys: Sequence[SortKey], texts: JsonTexts) -> Ordering | None:
    """Return the keys as an SQL ordering; None: the database cannot sort by them.

    Args:
        keys: the keys of the ordering.
        texts: how the database reads JSON.
    """
    parts: list[SortColumns] = []
    order: list[Any] = []
    for number, key in enumerate(keys):
        part = _sort_columns(str(number), key.path, texts)
        if part is None:
            return None
        parts.append(part)
        order += (_directed(key, value) for value in part.keys)
    columns = [column for part in parts for column in part.columns]
    doubt = sa.or_(sa.false(), *(part.doubt for part in parts))
    is_quick = all(key.path.field in _SHORT_FIELDS for key in keys)
    return Ordering(columns=columns, doubt=doubt, keys=order, is_quick=is_quick)


def _sort_columns(name: str, path: Path, texts: JsonTexts) -> SortColumns | None:
    """How to sort by what is at a path; None: a database cannot."""
    field, steps = path.field, path.steps
    if field in TIME_FIELDS:
        time = _RUN.c[field].label(f"time_{name}")
        return SortColumns(columns=(time,), doubt=sa.false(), keys=(sa.column(time.name),))
    if field == "metrics" and steps:
        return metric_sort_columns(name, path.metric)
    if field in JSON_COLUMNS and (steps or field == "result") and is_plain(path):
        number = _RUN.c.result if field == "result" and not steps else None
        return texts.sort_columns(name, _RUN.c[JSON_COLUMNS[field]], steps, number)
    return None


def _directed(key: SortKey, value: Any) -> Any:
    # What is not there comes last in both directions.
    return (value.desc() if key.descending else value.asc()).nulls_last()
