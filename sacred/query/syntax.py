"""Queries as frozen values.

A `Path` leads to a value of a record. Every expression is true or false for a record;
docs/querying.rst says when.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from sacred._base.frozen import Frozen
from sacred.query.times import TimeRange
from sacred.records.metric import AGGREGATES

__all__ = [
    "EVERYTHING",
    "And",
    "Compare",
    "ComparePaths",
    "Expression",
    "IsTrue",
    "Matches",
    "Member",
    "Missing",
    "Not",
    "Operator",
    "Or",
    "Path",
    "Search",
    "Value",
    "paths_of",
]

Operator = Literal["=", "!=", "<", "<=", ">", ">="]

#: What can stand on the right of a comparison. A text may be meant as a time: then
#: it is compared as `TimeRange` with times, and as text with texts.
Value = bool | int | float | str | None


class Path(Frozen, kw_only=False):
    """A field of the record, and the way to a value in it.

    For metrics, `steps` are the name and the aggregate: ``("loss", "min")``.
    """

    field: str
    steps: tuple[str, ...] = ()
    column: int = 0

    def __eq__(self, other: object) -> bool:
        # Wherever it stands in a query.
        if not isinstance(other, Path):
            return NotImplemented
        return (self.field, self.steps) == (other.field, other.steps)

    def __hash__(self) -> int:
        return hash((self.field, self.steps))

    def __str__(self) -> str:
        return ".".join((self.field, *self.steps))

    @property
    def metric(self) -> tuple[str, str]:
        """The name and the aggregate that a path of metrics stands for.

        >>> Path("metrics", ("train", "loss", "min")).metric, Path("metrics", ("loss",)).metric
        (('train.loss', 'min'), ('loss', 'last'))
        """
        if len(self.steps) > 1 and self.steps[-1] in AGGREGATES:
            return ".".join(self.steps[:-1]), self.steps[-1]
        return ".".join(self.steps), "last"


class Compare(Frozen, kw_only=False):
    """``path operator value``; `time_range` is the value if it can be read as a time."""

    path: Path
    operator: Operator
    value: Value
    time_range: TimeRange | None = None


class ComparePaths(Frozen, kw_only=False):
    """``path operator path``."""

    left: Path
    operator: Operator
    right: Path


class Member(Frozen, kw_only=False):
    """``value in path``: the value is an item of a list, or the name of an entry."""

    value: Value
    path: Path


class Matches(Frozen, kw_only=False):
    """``path ~ /regex/``."""

    path: Path
    regex: re.Pattern[str]


class Missing(Frozen, kw_only=False):
    """``missing(path)``: there is nothing, or ``null``."""

    path: Path


class IsTrue(Frozen, kw_only=False):
    """A path alone: the value is ``true``."""

    path: Path


class Search(Frozen, kw_only=False):
    """A string alone: it occurs somewhere in the record, ignoring case."""

    text: str


class Not(Frozen, kw_only=False):
    """The negation of an expression."""

    part: Expression


class And(Frozen, kw_only=False):
    """All parts are true; true without parts."""

    parts: tuple[Expression, ...]


class Or(Frozen, kw_only=False):
    """At least one part is true."""

    parts: tuple[Expression, ...]


Expression = Compare | ComparePaths | Member | Matches | Missing | IsTrue | Search | Not | And | Or

EVERYTHING = And(())


def paths_of(expression: Expression) -> Iterator[Path]:
    """Return all paths of an expression, in order."""
    match expression:
        case Not(part):
            yield from paths_of(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from paths_of(part)
        case ComparePaths(left, _, right):
            yield left
            yield right
        case Search():
            pass
        case _:
            yield expression.path
