"""JSON in columns of text, as SQLite and PostgreSQL read it.

Parsing the texts takes longer than anything else in a query. SQLite caches the texts that it has
parsed last, so a row costs one parse, however many predicates there are. PostgreSQL caches none:
there each predicate is one path expression, and sort keys are taken out of the text once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred.query.predicates import Predicate

__all__ = [
    "AS_TEXTS",
    "MAX_EXACT_INTEGER",
    "JsonTexts",
    "ListedValues",
    "SortColumns",
    "Steps",
    "bounded",
    "is_flag",
    "path_text",
    "references",
    "sign_of",
]

#: Databases have other integers beyond.
MAX_EXACT_INTEGER = 2**53
#: Annotations that count as texts whatever they are.
AS_TEXTS = frozenset({"group", "notes", "comment"})

Steps = tuple[str, ...]


class SortColumns(Frozen):
    """The sort keys from a column, computed in two steps.

    Args:
        columns: named expressions to take out of the text.
        doubt: an expression of these columns: whether the place of a run is not known.
        keys: expressions of these columns to sort by. NULL comes last.
    """

    columns: Sequence[Any]
    doubt: Any
    keys: Sequence[Any]


class JsonTexts:
    """The JSON functions of a database."""

    def is_valid(self, column: Any) -> Any:
        """Return whether the database can read a text; None: it cannot tell, but will fail."""
        raise NotImplementedError

    def items(self, texts: Sequence[str]) -> Any:
        """Return a subquery of the texts, which may outnumber the parameters of a statement."""
        raise NotImplementedError

    def is_beyond_ascii(self, column: Any) -> Any:
        """Return whether a text has characters that are not ASCII."""
        raise NotImplementedError

    def fits(self, column: Any, steps: Steps, predicate: Predicate) -> Any:
        """Return the condition that a predicate may be true of a JSON text.

        Args:
            column: the column of valid texts.
            steps: keys and indices that lead to the value.
            predicate: on the value.
        """
        raise NotImplementedError

    def is_among(self, column: Any, steps: Steps, listed: Sequence[Predicate]) -> Any:
        """Return whether a stored value is one of any number of values; see `fits`.

        Args:
            column: the column of valid texts.
            steps: keys and indices that lead to the value.
            listed: see `sacred.query.predicates.value_list`.
        """
        raise NotImplementedError

    def sort_columns(self, name: str, column: Any, steps: Steps, number: Any = None) -> SortColumns:
        """Return how to sort by the value there: flags, numbers, strings, and everything else.

        Args:
            name: for the columns.
            column: of the text.
            steps: where in it.
            number: a column that has the number or the flag that is there, or NULL, so that the
                text need not be searched for it. None: there is no such column.
        """
        raise NotImplementedError


def sign_of(predicate: Predicate) -> str:
    """Return how a value has to compare with that of the predicate."""
    return {"equal": "=", "at most": "<=", "at least": ">="}[predicate.test]


class ListedValues(Frozen):
    """The values of a list by their kinds; values of different kinds are never equal."""

    texts: list[str]
    numbers: list[float]
    flags: list[bool]

    @classmethod
    def of(cls, listed: Sequence[Predicate]) -> ListedValues:
        """Return the values of some predicates, by their kinds."""
        values = [predicate.value for predicate in listed]
        return cls(
            texts=[value for value in values if isinstance(value, str)],
            numbers=[float(value) for value in values if type(value) in (int, float)],
            flags=sorted({value for value in values if isinstance(value, bool)}),
        )


def references(steps: Steps) -> Iterator[Steps]:
    """Return where there may be references to other parts of the tree along a path."""
    return ((*steps[:length], "py/id") for length in range(1, len(steps)))


def is_flag(column: Any) -> Any:
    """Return whether a text is that of a flag."""
    return column.is_not(None) & column.in_(["true", "false"])


def bounded(number: Any, low: float | None, high: float | None) -> list[Any]:
    """Return conditions for a number to be within bounds, if there are any.

    Args:
        number: the SQL expression.
        low: lower bound, or None.
        high: upper bound, or None.
    """
    tests = [] if low is None else [number >= low]
    return tests if high is None else [*tests, number <= high]


def path_text(root: str, steps: Steps) -> str:
    """Return a JSON path in the syntax that both databases share.

    Args:
        root: where it starts.
        steps: keys and indices.
    """
    return "".join([root, *(f'."{step}"' for step in steps)])
