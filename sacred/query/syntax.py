"""Queries as frozen values.

A `Path` leads to a value of a record. Every expression is true or false for a record;
docs/querying.rst says when.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sacred.query.moments import Moment
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
#: it is compared as `Moment` with times, and as text with texts.
Value = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Path:
    """A field of the record, and the way into it.

    Of metrics, `steps` are the name and what is asked for: ``("loss", "min")``.
    """

    field: str
    steps: tuple[str, ...] = ()
    column: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        return ".".join((self.field, *self.steps))

    @property
    def metric(self) -> tuple[str, str]:
        """Of a path of metrics: name and aggregate.

        >>> Path("metrics", ("train", "loss", "min")).metric, Path("metrics", ("loss",)).metric
        (('train.loss', 'min'), ('loss', 'last'))
        """
        if len(self.steps) > 1 and self.steps[-1] in AGGREGATES:
            return ".".join(self.steps[:-1]), self.steps[-1]
        return ".".join(self.steps), "last"


@dataclass(frozen=True, slots=True)
class Compare:
    """``path operator value``; `moment` is the value if it can be read as a time."""

    path: Path
    operator: Operator
    value: Value
    moment: Moment | None = None


@dataclass(frozen=True, slots=True)
class ComparePaths:
    """``path operator path``."""

    left: Path
    operator: Operator
    right: Path


@dataclass(frozen=True, slots=True)
class Member:
    """``value in path``: the value is an item of a list, or the name of an entry."""

    value: Value
    path: Path


@dataclass(frozen=True, slots=True)
class Matches:
    """``path ~ /regex/``."""

    path: Path
    regex: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Missing:
    """``missing(path)``: there is nothing, or ``null``."""

    path: Path


@dataclass(frozen=True, slots=True)
class IsTrue:
    """A path alone: the value is ``true``."""

    path: Path


@dataclass(frozen=True, slots=True)
class Search:
    """A text alone: it stands somewhere in the record, in any case of letters."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All of them; of none: true."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    parts: tuple[Expression, ...]


Expression = Compare | ComparePaths | Member | Matches | Missing | IsTrue | Search | Not | And | Or

EVERYTHING = And(())


def paths_of(expression: Expression) -> Iterator[Path]:
    """All paths of an expression, in their order."""
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
