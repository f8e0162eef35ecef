"""Runs with the numbers of their metrics, which some stores can return for many runs at once.

Reading the points of a run takes a millisecond or two; for a hundred thousand runs, that is
minutes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from sacred.query.syntax import Path
from sacred.records import MetricNumbers, RunId
from sacred.serializer.escaped_text import storable_text
from sacred.stores.reader import Reader

__all__ = ["metrics_in", "with_numbers"]

_T = TypeVar("_T")

#: So many runs are asked for at first, for some stop after the first run, and at last.
_FIRST_PAGE, _MAX_PAGE = 16, 1024
_NO_NUMBERS: MetricNumbers = {}


def metrics_in(paths: Iterable[Path]) -> frozenset[tuple[str, str]]:
    """Return the metrics that paths ask for: names and aggregates.

    >>> metrics_in([Path("metrics", ("loss", "min")), Path("status")])
    frozenset({('loss', 'min')})
    """
    return frozenset(path.metric for path in paths if path.field == "metrics" and path.steps)


def with_numbers(
    items: Iterable[_T],
    id_of: Callable[[_T], RunId],
    reader: Reader,
    wanted: Collection[tuple[str, str]],
    first: int = _FIRST_PAGE,
) -> Iterator[tuple[_T, MetricNumbers]]:
    """Yield each item with the numbers of its run, as far as the reader can return them.

    Args:
        items: one item per run.
        id_of: returns the id of the item's run.
        reader: the reader of the store.
        wanted: see `Reader.metric_numbers`; if empty, nothing is read.
        first: how many items are likely to be needed.
    """
    if not wanted:
        yield from ((item, _NO_NUMBERS) for item in items)
        return
    remaining, size = iter(items), min(first, _MAX_PAGE)
    stored = {(storable_text(name), kind): (name, kind) for name, kind in wanted}
    has_escapes = any(key != metric for key, metric in stored.items())
    while page := list(itertools.islice(remaining, size)):
        numbers = reader.metric_numbers([id_of(item) for item in page], stored)
        for item in page:
            found = numbers.get(id_of(item), _NO_NUMBERS)
            if has_escapes:
                found = {stored[key]: number for key, number in found.items()}
            yield item, found
        size = min(2 * size, _MAX_PAGE)
