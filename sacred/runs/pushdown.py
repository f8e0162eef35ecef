"""Filters with which a store can leave out runs that cannot match a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sacred.query.predicates import Condition, Predicate, id_list, implied_by, value_list
from sacred.query.sorting import SortKey
from sacred.query.syntax import Expression
from sacred.serializer.escaped_text import storable_text
from sacred.stores.reader import Reader

__all__ = ["ordering_for", "prefilter_for"]

#: SQLite refuses expressions that are a thousand deep, and a long condition takes a database
#: longer to plan than it takes to look at each run.
_MAX_PREDICATES = 200


def prefilter_for(expression: Expression, reader: Reader) -> Any:
    """Return a filter for `Reader.documents` that keeps all matches; None if there is none.

    Args:
        expression: the query.
        reader: the reader of the store.
    """
    condition = implied_by(expression)
    if condition is None:
        return None
    is_long = _size(condition, reader) > _MAX_PREDICATES
    return None if is_long else reader.prefilter(condition)


def ordering_for(keys: Sequence[SortKey], reader: Reader) -> Any:
    """Return an ordering for `Reader.ranked`; None if there is none.

    Args:
        keys: the sort keys.
        reader: the reader of the store.
    """
    steps = (step for key in keys for step in key.path.steps)
    # What is stored under another name is looked at run by run.
    return reader.ordering(keys) if all(storable_text(step) is step for step in steps) else None


def _size(condition: Condition, reader: Reader) -> int:
    """The number of predicates; a list of ids or values is one where the store takes it so."""
    if isinstance(condition, Predicate):
        return 1
    if reader.supports_id_lists and id_list(condition) is not None:
        return 1
    if reader.supports_value_lists and value_list(condition) is not None:
        return 1
    return sum(_size(part, reader) for part in condition.parts)
