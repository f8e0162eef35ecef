"""Asking a store to leave out runs that cannot be in the answer to a query."""

from __future__ import annotations

from typing import Any

from sacred.query.predicates import implied_by
from sacred.query.syntax import Expression
from sacred.stores.reader import Reader

__all__ = ["prefilter_for"]


def prefilter_for(expression: Expression, reader: Reader) -> Any:
    """A filter for `Reader.documents` that leaves no answer out; None: there is none.

    Args:
        expression: the condition of a query.
        reader: of the store.
    """
    condition = implied_by(expression)
    return None if condition is None else reader.prefilter(condition)
