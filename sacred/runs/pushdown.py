"""Asking a store to leave out runs that cannot be in the answer to a query."""

from __future__ import annotations

from itertools import islice
from typing import Any

from sacred.query.predicates import implied_by, predicates_in
from sacred.query.syntax import Expression
from sacred.stores.reader import Reader

__all__ = ["prefilter_for"]

#: SQLite refuses expressions that are a thousand deep, and a long condition takes a database
#: longer to plan than it takes to look at each run.
_MAX_PREDICATES = 200


def prefilter_for(expression: Expression, reader: Reader) -> Any:
    """A filter for `Reader.documents` that leaves no answer out; None: there is none.

    Args:
        expression: the condition of a query.
        reader: of the store.
    """
    condition = implied_by(expression)
    if condition is None:
        return None
    is_long = next(islice(predicates_in(condition), _MAX_PREDICATES, None), None) is not None
    return None if is_long else reader.prefilter(condition)
