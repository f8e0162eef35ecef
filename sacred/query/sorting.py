"""The order of sorted runs: flags, then numbers, strings and times; missing values come last."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred.query.errors import QueryError
from sacred.query.evaluate import kind_of
from sacred.query.fields import FIELDS
from sacred.query.names import NO_NAMES, Names
from sacred.query.syntax import Path
from sacred.query.tokens import tokenize
from sacred.query.validation import path_from
from sacred.query.values import MISSING, value_of
from sacred.records import RunRecord, id_key

__all__ = ["Ordered", "SortKey", "as_key", "parse_sort", "sort_key"]

_RANKS = {"flag": 0, "number": 1, "text": 2, "time": 3}


class SortKey(Frozen, kw_only=False):
    """A path to sort by, and whether the largest value comes first."""

    path: Path
    descending: bool = False


def parse_sort(sort: str | Sequence[str] | None, names: Names = NO_NAMES) -> tuple[SortKey, ...]:
    """Parse a sort order such as ``"-result, config.lr"``, or a list of such strings.

    Args:
        sort: fields, separated by commas; a ``-`` in front means descending. None: no keys.
        names: short names that may be used (default: only the names of fields).

    Raises:
        QueryError: one of them is not a field.

    >>> [(str(key.path), key.descending) for key in parse_sort("-result, opt.lr")]
    [('result', True), ('config.opt.lr', False)]
    """
    texts = [sort] if isinstance(sort, str) else list(sort or ())
    pieces = [piece.strip() for text in texts for piece in text.split(",")]
    return tuple(_key(piece, names) for piece in pieces if piece)


def _key(text: str, names: Names) -> SortKey:
    name = text.lstrip("+-").strip()
    token, *rest = tokenize(name)
    if token.kind != "name" or len(rest) != 1:
        raise QueryError("here one field to sort by is expected", text, len(text) - len(name))
    path = path_from(token.steps, text, len(text) - len(name), names)
    if FIELDS[path.field] in ("texts", "files"):
        raise QueryError(f"{path} is a list, which has no order", text)
    return SortKey(path, text.startswith("-"))


def sort_key(keys: Sequence[SortKey], record: RunRecord) -> tuple[Any, ...]:
    """Return a value by which the record can be sorted.

    Args:
        keys: the sort keys, the most important one first.
        record: the record of the run.
    """
    return as_key(keys, [_rank(record, key.path) for key in keys])


def as_key(keys: Sequence[SortKey], ranks: Iterable[tuple[Any, ...] | None]) -> tuple[Any, ...]:
    """Combine known ranks into a value by which their record can be sorted.

    Args:
        keys: the sort keys, the most important one first.
        ranks: one rank per key; None: the record has no such value, and comes last.
    """
    pairs = zip(keys, ranks, strict=True)
    return tuple(Ordered(rank, key.descending) for key, rank in pairs)


def _rank(record: RunRecord, path: Path) -> tuple[Any, ...] | None:
    value = value_of(record, path)
    if path.field == "id":
        return id_key(value)
    kind = kind_of(value)
    # Not `math.isnan`: integers may be too long for a float.
    if value is MISSING or kind == "other" or (kind == "number" and value != value):
        return None
    return (_RANKS[kind], value)


@functools.total_ordering
class Ordered:
    """A rank that may sort in reverse; None comes last in both directions."""

    __slots__ = ("backwards", "rank")

    def __init__(self, rank: tuple[Any, ...] | None, backwards: bool) -> None:
        self.rank = rank
        self.backwards = backwards

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ordered) and self.rank == other.rank

    def __lt__(self, other: Ordered) -> bool:
        if self.rank is None or other.rank is None:
            return self.rank is not None
        return self.rank > other.rank if self.backwards else self.rank < other.rank
