"""Questions for the keys of runs: which of them may be meant, and in which order.

Rows of runs are wide; what a database sorts should be narrow. So it is asked for keys, and
then for the rows of those that are wanted.
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
    """What has to be true of a run.

    Args:
        quick: of columns as they are.
        slow: of what is within texts, or in other tables; None: nothing.
    """

    quick: Any
    slow: Any = None

    @property
    def whole(self) -> Any:
        """All of it as one condition."""
        return self.quick if self.slow is None else self.quick & self.slow


class Ordering(Frozen):
    """An order of runs.

    Args:
        columns: what has to be taken out of a row of ``run``, with names.
        doubt: of these columns: whether the place of a run is not known.
        keys: of these columns: what to sort by.
        is_quick: nothing has to be taken out of long texts, or out of other tables.
    """

    columns: Sequence[Any]
    doubt: Any
    keys: Sequence[Any]
    is_quick: bool


def by_column(name: str, descending: bool, where: Any) -> Any:
    """Return a statement for ``id`` and ``doubt`` of the candidates, sorted by a column.

    Args:
        name: of the column.
        descending: the largest first.
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
