"""The runs that a call of the program asks for, from all of its stores."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from sacred._base.text import did_you_mean
from sacred.app.session import Session
from sacred.display.run_rows import column_paths
from sacred.display.table import Table
from sacred.query.errors import QueryError
from sacred.query.fields import FIELDS
from sacred.query.names import NO_NAMES, Names, bare_words, free_paths
from sacred.query.sorting import SortKey, parse_sort, sort_key
from sacred.query.syntax import And, IsTrue, paths_of
from sacred.records import RunRecord
from sacred.runs.damage import shown_value
from sacred.runs.short_names import explain_names
from sacred.runs.unknown_fields import SAMPLE, hints

__all__ = ["MatchingRuns"]


class MatchingRuns:
    """The runs of all stores of the call, with the names of the stores.

    Names that are not fields of every run are looked up in the stores if the first run found
    does not have them; see `explain_names`.

    Args:
        session: with the stores.
        words: a query, in one string or several.
        sort: fields to sort by; None: the newest first.
        limit: the maximum number of runs.
        columns: those that will be shown, separated by commas.

    Attributes:
        query: the words as one string.
        columns: the paths of the columns; None: the usual ones.

    Raises:
        QueryError: the query, the order or a column is invalid.
    """

    def __init__(
        self,
        session: Session,
        words: Sequence[str] = (),
        sort: str | None = None,
        limit: int | None = None,
        columns: str | None = None,
    ) -> None:
        self.query = _joined(words, session)
        self._session = session
        self._sort_text, self._limit, self._columns_text = sort, limit, columns
        self._read_names(NO_NAMES)
        found = self._found()
        first = list(itertools.islice(found, 1))
        names = self._names_for(first[0][1] if first else None)
        if names:
            self._read_names(names)
            self._runs = self._found()
        else:
            self._runs = itertools.chain(first, found)

    def __iter__(self) -> Iterator[tuple[str, RunRecord]]:
        for name, record in itertools.islice(self._runs, self._limit):
            yield name, record
            self._session.report(record.problems)

    def _read_names(self, names: Names) -> None:
        self._names = names
        self._where = self._session.parse(self.query, names)
        self._sort = parse_sort(self._sort_text, names)
        self.columns = column_paths(self._columns_text, names) if self._columns_text else None

    def _names_for(self, first: RunRecord | None) -> Names:
        words = set(free_paths(bare_words(self._where), self.query))
        free = [
            *free_paths(paths_of(self._where), self.query),
            *free_paths((key.path for key in self._sort), self._sort_text or ""),
            *free_paths((self.columns or {}).values(), self._columns_text or ""),
        ]
        unclear = [p for p in free if first is None or shown_value(first, p) is None]
        if not unclear:
            return NO_NAMES
        stores = [named.store for named in self._session.stores]
        return explain_names(stores, unclear, words.intersection(unclear))

    def _found(self) -> Iterator[tuple[str, RunRecord]]:
        keys = self._sort
        found = self._session.runs(self._where, keys, self._limit)
        shown = (*(self.columns or {}).values(), *(key.path for key in keys))
        tables = [(name, table.showing(shown)) for name, table in found]
        pairs = ((name, record) for name, table in tables for record in table)
        if keys and len(tables) > 1:
            yield from sorted(pairs, key=lambda pair: sort_key(keys, pair[1]))
        else:
            yield from pairs
        for _, table in tables:
            self._session.report(table.problems)

    @property
    def sort(self) -> tuple[SortKey, ...]:
        """The fields that the runs are sorted by."""
        return self._sort

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The results and metrics that the query asks for: the runs are chosen by them."""
        paths = (path for path in paths_of(self._where) if path.field in ("result", "metrics"))
        return tuple(dict.fromkeys(map(str, paths)))

    def remarks(self, table: Table) -> Iterator[str]:
        """Yield hints about fields that no run has, which are probably typos.

        Args:
            table: of the runs.
        """
        if not table.rows:
            for _, runs in self._session.runs(self._where, (), None):
                yield from runs.hints()
            yield from _words_like_fields(self._names)
            return
        filled = zip(table.names, zip(*table.rows, strict=True), strict=True)
        empty = {name for name, cells in filled if all(value is None for value in cells)}
        paths = self.columns or {}
        unknown = [path for name, path in paths.items() if name in empty]
        # Fields with a value in the table are known.
        shown = {str(paths.get(name, name)) for name in table.names if name not in empty}
        unknown += [key.path for key in self._sort if str(key.path) not in shown]
        if unknown:
            for _, runs in self._session.runs("", (), SAMPLE):
                yield from hints(And(tuple(map(IsTrue, unknown))), runs)


def _joined(words: Sequence[str], session: Session) -> str:
    """Make one query of the words of a command line.

    Each word may be a condition of its own, or part of one; a run must meet all conditions.
    """
    if len(words) > 1 and all(_is_condition(word, session) for word in words):
        return " and ".join(f"({word})" for word in words)
    return " ".join(words)


def _is_condition(word: str, session: Session) -> bool:
    try:
        session.parse(word, NO_NAMES)
    except QueryError:
        return False
    return bool(word.strip())


def _words_like_fields(names: Names) -> Iterable[str]:
    for steps in sorted(names.searched):
        word = ".".join(steps)
        if hint := did_you_mean(word, FIELDS, 1):
            yield f'No run has the text "{word}". {hint}'
