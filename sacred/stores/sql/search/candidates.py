"""Queries for the keys of candidate runs, and for their order.

Rows of runs are wide; what a database sorts should be narrow. So it is queried for keys first,
and then for the rows of those that are wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sacred._base.frozen import Frozen
from sacred.stores.sql.tables import TABLES

__all__ = ["Filter", "Ordering", "by_column", "by_order"]

_RUN = TABLES["run"]


class Filter(Frozen):
    """A condition that a run has to meet.

    Args:
        quick: the part about plain columns.
        slow: the part about the content of texts, or about other tables; None: there is none.
    """

    quick: Any
    slow: Any = None

    @property
    def whole(self) -> Any:
        """Both parts as one condition."""
        return self.quick if self.slow is None else self.quick & self.slow


class Ordering(Frozen):
    """An ordering of runs.

    Args:
        columns: named expressions to take out of a row of ``run``.
        doubt: an expression of these columns: whether the place of a run is not known.
        keys: expressions of these columns to sort by.
        is_quick: whether neither long texts nor other tables are needed.
    """

    columns: Sequence[Any]
    doubt: Any
    keys: Sequence[Any]
    is_quick: bool


def by_column(name: str, descending: bool, where: Any) -> Any:
    """Return a statement for ``id`` and ``doubt`` of the candidates, sorted by a column.

    Args:
        name: of the column.
        descending: whether the largest comes first.
        where: a condition; None: all runs.
    """
    column = _RUN.c[name]
    direction = column.desc() if descending else column.asc()
    # By its key alone, the database need not sort, and reads no more than is wanted.
    order = (direction,) if name == "id" else (column.is_(None), direction, _RUN.c.id)
    return sa.select(_RUN.c.id, sa.literal(0).label("doubt")).where(where).order_by(*order)


def by_order(order: Ordering, where: Any) -> Any:
    """Return a statement for the candidates in an ordering.

    Doubtful ones come first, equal ones in the order of ``id``.

    Args:
        order: of the candidates.
        where: a condition; None: all runs.
    """
    taken = sa.select(_RUN.c.id, *order.columns).where(where)
    # With an offset, the parts of statements stay apart: else what is taken out of a row would
    # be taken out of it again wherever it is named.
    inner = taken.offset(sa.literal_column("0")).subquery("candidate")
    doubt = sa.case((order.doubt, 1), else_=0)
    query = sa.select(inner.c.id, doubt.label("doubt"))
    return query.order_by(sa.desc("doubt"), *order.keys, inner.c.id)
