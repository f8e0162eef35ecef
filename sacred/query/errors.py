"""The error for queries that are not valid."""

from __future__ import annotations

from sacred._base.errors import SacredError

__all__ = ["QueryError"]


class QueryError(SacredError, ValueError):
    """A query that is not valid.

    Args:
        problem: what is wrong.
        query: the query as written.
        column: the position in the query, from 0.
        hint: what was probably meant instead.

    >>> print(QueryError("a value is missing", "result >", 8))
    a value is missing (column 9)
      result >
              ^
    """

    def __init__(self, problem: str, query: str = "", column: int = 0, hint: str = "") -> None:
        self.problem = problem
        self.query = query
        self.column = column
        self.hint = hint
        super().__init__(self._text(), print_traceback=False)

    def _text(self) -> str:
        text = f"{self.problem} (column {self.column + 1})" if self.query else self.problem
        if self.hint:
            text += f". {self.hint}"
        if not self.query:
            return text
        # Of a text of several lines, the one that is meant.
        before, after = self.query[: self.column], self.query[self.column :]
        start = before.rpartition("\n")[2]
        line = start + after.partition("\n")[0]
        pad = "".join("\t" if letter == "\t" else " " for letter in start)
        return f"{text}\n  {line}\n  {pad}^"
