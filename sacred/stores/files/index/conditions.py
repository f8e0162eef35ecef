"""Expressions as SQL over the tables of the index.

SQL has the three truth values that are needed: NULL for a run means that the index does not know,
and that the files of the run have to be read. Any other value agrees with `sacred.query.evaluate`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred._base.timestamps import microseconds
from sacred.query.errors import QueryError
from sacred.query.evaluate import kind_of
from sacred.query.fields import FIELDS
from sacred.query.regex_search import matches
from sacred.query.sorting import SortKey
from sacred.query.syntax import (
    And,
    Compare,
    ComparePaths,
    Expression,
    IsTrue,
    Matches,
    Member,
    Missing,
    Not,
    Operator,
    Or,
    Path,
    Search,
)
from sacred.records import id_key
from sacred.status import is_gone
from sacred.stores.files.index.rows import (
    CUT_CONTAINER,
    FLAG,
    KINDS,
    NAN,
    NOTHING,
    NUMBER,
    OPAQUE_VALUE,
    OTHER,
    TEXT,
    TIME,
    key_of,
)
from sacred.stores.files.index.text_search import Paths, search_condition

__all__ = ["FIRST_TEXT", "KnownPath", "Translation"]

#: Rows of runs whose ids are numbers have these, all others come behind.
FIRST_TEXT = 2**62

_NULL = "NULL"
#: What a run always has, and what is neither more nor less than anything.
_ALWAYS_PRESENT = frozenset({"tags", "artifacts", "resources", "sources", "metrics", "experiment"})
# So many tables can be joined.
_MOST_JOINS = 50


class KnownPath(Frozen):
    """A path that some run has.

    Args:
        number: in the index.
        is_odd: whether the index does not know the value, or what is in it, for some run.
    """

    number: int
    is_odd: bool


class Cell(Frozen):
    """SQL for the kind and for the value of a path; `odd`: when they are not known."""

    kind: str
    value: str
    odd: str = ""

    def sure(self, sql: str) -> str:
        """The value, or NULL where it is not known."""
        return f"CASE WHEN {self.odd} THEN NULL ELSE {sql} END" if self.odd else sql


class Translation:
    """Translates conditions and orders to SQL for one query.

    Args:
        known: finds the path of a key.
        paths: gives all paths, with their numbers.
        knows_all: whether the index knows the values of all runs.
        now: microseconds.
        dead_after: microseconds.

    Attributes:
        parameters: SQL parameters by their names.
        functions: functions of strings, by their names in SQL.
        is_sure: whether the result is never NULL for a run that the index knows.
        has_metrics: whether the query is about metrics.
    """

    def __init__(
        self,
        known: Callable[[str], KnownPath | None],
        paths: Callable[[], Paths],
        knows_all: bool,
        now: int,
        dead_after: int,
    ) -> None:
        self._known = known
        self._paths = paths
        self._knows_all = knows_all
        self._required: set[int] = set()
        self._joined_paths: dict[int, str] = {}
        self.parameters: dict[str, Any] = {"now": now, "dead_after": dead_after}
        self.functions: dict[str, Callable[[Any], int | None]] = {}
        self.is_sure = True
        self.has_metrics = False

    @property
    def joins(self) -> str:
        """The tables that the SQL needs in addition to ``run``."""
        return " ".join(
            f"{'' if number in self._required else 'LEFT '}JOIN entry AS {alias} "
            f"ON {alias}.path = {number} AND {alias}.n = run.n"
            for number, alias in self._joined_paths.items()
        )

    # ------------------------------------------------------------------- conditions

    def whole(self, expression: Expression) -> str:
        """Return the condition of a query, which selects the runs for which it is not 0.

        Runs that lack a value that all matches must have are skipped.
        """
        condition = self.condition(expression)
        parts = expression.parts if isinstance(expression, And) else (expression,)
        for part in parts:
            if self._knows_all and isinstance(part, Compare | IsTrue | Matches):
                self._require(part.path)
        return condition

    def _require(self, path: Path) -> None:
        before = len(self._joined_paths)
        cell = self._cell(path)
        known = None if cell is None or cell.odd else self._known(key_of((path.field, *path.steps)))
        if known is not None and before == len(self._joined_paths):
            self._required.add(known.number)

    def condition(self, expression: Expression) -> str:
        """Return a condition in SQL: 1, 0, or NULL."""
        match expression:
            case And(parts):
                return self._joined(parts, "AND", "1")
            case Or(parts):
                return self._joined(parts, "OR", "0")
            case Not(part):
                return f"(NOT {self.condition(part)})"
            case Compare(path):
                return self._compared(expression, path)
            case ComparePaths(left, sign, right):
                return self._compared_paths(left, sign, right)
            case Missing(path):
                return self._of(path, lambda cell: f"({cell.kind} IS NULL OR {cell.kind} = 0)")
            case IsTrue(path):
                test = "IFNULL({0.kind} = 1 AND {0.value} = 1, 0)"
                return self._of(path, lambda cell: f"({test.format(cell)})")
            case Matches(path, regex):
                return self._matched(path, regex)
            case Member(wanted, path):
                return self._member(wanted, path)
            case Search(text):
                return self._searched(text)

    def _joined(self, parts: Sequence[Expression], word: str, empty: str) -> str:
        return f"({f' {word} '.join(map(self.condition, parts))})" if parts else empty

    def _compared(self, test: Compare, path: Path) -> str:
        if path.field == "id":
            return self._compared_ids(test)
        return self._of(path, lambda cell: self._comparison(cell, test))

    def _comparison(self, cell: Cell, test: Compare) -> str:
        kind, value, sign = cell.kind, cell.value, test.operator
        wanted = KINDS.get(kind_of(test.value), OTHER)
        cases = [
            f"WHEN {kind} IS NULL OR {kind} = {NOTHING} THEN 0",
            _case(OPAQUE_VALUE, _NULL, kind),
        ]
        if test.time_range is not None:
            start, stop = map(microseconds, (test.time_range.start, test.time_range.stop))
            cases.append(_case(TIME, self._in_time(value, sign, start, stop), kind))
        if wanted == NUMBER:
            cases += self._number_cases(cell, sign, test.value)
        elif wanted in (TEXT, FLAG):
            ordered = wanted == TEXT or sign in ("=", "!=")
            test_sql = f"{value} {sign} {self._given(test.value)}" if ordered else "0"
            cases.append(_case(wanted, test_sql, kind))
        return f"(CASE {' '.join(cases)} ELSE {int(sign == '!=')} END)"

    def _number_cases(self, cell: Cell, sign: Operator, wanted: Any) -> Iterator[str]:
        if isinstance(wanted, float) and math.isnan(wanted):
            yield _case(NAN, str(int(sign in ("=", "<=", ">="))), cell.kind)
            yield _case(NUMBER, str(int(sign == "!=")), cell.kind)
            return
        yield _case(NAN, str(int(sign == "!=")), cell.kind)
        if isinstance(wanted, int) and not -(2**63) <= wanted < 2**63:
            self.is_sure = False
            yield _case(NUMBER, _NULL, cell.kind)
        else:
            yield _case(NUMBER, f"{cell.value} {sign} {self._given(wanted)}", cell.kind)

    def _in_time(self, value: str, sign: Operator, start: int, stop: int) -> str:
        first, last = self._given(start), self._given(stop)
        within = f"({value} >= {first} AND {value} < {last} OR {value} = {first})"
        match sign:
            case "=":
                return within
            case "!=":
                return f"(NOT {within})"
            case "<":
                return f"({value} < {first})"
            case "<=":
                return f"({value} < {first} OR {within})"
            case ">":
                return f"({value} > {first} AND NOT {within})"
        return f"({value} >= {first})"

    def _compared_ids(self, test: Compare) -> str:
        rank, number, text = id_key(test.value)
        if math.isnan(number):
            return self._unknown()
        other = int(test.operator == "!=")
        is_number = f"run.n < {FIRST_TEXT}"
        if rank == 0:
            if abs(number) >= FIRST_TEXT:
                return self._unknown()
            given = self._given(number)
            return f"(CASE WHEN {is_number} THEN run.n {test.operator} {given} ELSE {other} END)"
        given = self._given(text)
        return f"(CASE WHEN {is_number} THEN {other} ELSE run.name {test.operator} {given} END)"

    def _compared_paths(self, left: Path, sign: Operator, right: Path) -> str:
        if "id" in (left.field, right.field):
            return self._unknown()
        one, two = self._cell(left), self._cell(right)
        if one is None or two is None:
            return self._unknown()
        self.is_sure = False  # lists are compared elsewhere
        both, other = (one.kind, two.kind), int(sign == "!=")
        numbers = f"({NUMBER}, {NAN})"
        nans = int(sign in ("=", "<=", ">="))
        compared = f"{one.value} {sign} {two.value}"
        is_flag = compared if sign in ("=", "!=") else "0"
        cases = [
            *(f"WHEN {kind} IS NULL OR {kind} = {NOTHING} THEN 0" for kind in both),
            *(_case(OPAQUE_VALUE, _NULL, kind) for kind in both),
            f"WHEN {one.kind} >= {OTHER} AND {two.kind} >= {OTHER} THEN "
            f"CASE WHEN {one.kind} = {NAN} AND {two.kind} = {NAN} THEN {nans} "
            f"WHEN {NAN} IN ({one.kind}, {two.kind}) THEN {other} ELSE {_NULL} END",
            f"WHEN {NAN} IN ({one.kind}, {two.kind}) THEN {other}",
            f"WHEN {one.kind} IN {numbers} AND {two.kind} IN {numbers} THEN {compared}",
            f"WHEN {one.kind} <> {two.kind} THEN {other}",
            f"WHEN {one.kind} = {FLAG} THEN {is_flag}",
        ]
        return one.sure(two.sure(f"(CASE {' '.join(cases)} ELSE {compared} END)"))

    def _matched(self, path: Path, regex: re.Pattern[str]) -> str:
        if FIELDS[path.field] in ("texts", "files", "metrics") and not path.steps:
            return self._unknown()

        def test(cell: Cell) -> str:
            name = self._function(_matcher(regex))
            self.is_sure = False  # lists with such texts
            unknown = f"WHEN {cell.kind} IN ({OPAQUE_VALUE}, {OTHER}, {CUT_CONTAINER}) THEN {_NULL}"
            found = _case(TEXT, f"{name}({cell.value})", cell.kind)
            return f"(CASE {unknown} {found} ELSE 0 END)"

        return self._of(path, test)

    def _member(self, wanted: Any, path: Path) -> str:
        if path.field == "tags":
            if not isinstance(wanted, str):
                return "0"
            cell = self._entry(("tags", wanted))
            return f"({cell.kind} IS NOT NULL)"
        if FIELDS[path.field] != "tree":
            return self._unknown()

        def test(cell: Cell) -> str:
            self.is_sure = False
            return f"(CASE WHEN {cell.kind} IN ({OTHER}, {CUT_CONTAINER}) THEN {_NULL} ELSE 0 END)"

        return self._of(path, test)

    def _searched(self, text: str) -> str:
        self.is_sure = False
        status = self._cell(Path("status"))
        assert status is not None
        found = search_condition(text, self._paths(), status.value, self._function)
        return _NULL if found is None else found

    def _function(self, function: Callable[[str], int | None]) -> str:
        """The name that a function has in SQL; of NULL, it is NULL."""
        name = f"test_{len(self.functions)}"
        self.functions[name] = lambda text: None if text is None else function(text)
        return name

    def _of(self, path: Path, test: Callable[[Cell], str]) -> str:
        cell = self._cell(path)
        return self._unknown() if cell is None else cell.sure(test(cell))

    def _unknown(self) -> str:
        self.is_sure = False
        return _NULL

    # ------------------------------------------------------------------------ order

    def order(self, key: SortKey) -> tuple[str, str, str] | None:
        """Return rank and value to sort by, and when they are not known; None: they never are.

        Runs without a rank come last.
        """
        if key.path.field == "id":
            rank = f"CASE WHEN run.n < {FIRST_TEXT} THEN 0 ELSE 1 END"
            return rank, f"CASE WHEN run.n < {FIRST_TEXT} THEN run.n ELSE run.name END", ""
        cell = self._cell(key.path)
        if cell is None:
            return None
        has_rank = f"WHEN {cell.kind} BETWEEN {FLAG} AND {TIME} THEN"
        odd = f"IFNULL({cell.kind} = {OPAQUE_VALUE}, 0)" + (f" OR {cell.odd}" if cell.odd else "")
        rank = f"CASE {has_rank} {cell.kind} - 1 END"
        return rank, f"CASE {has_rank} {cell.value} END", odd

    # ------------------------------------------------------------------------ cells

    def _cell(self, path: Path) -> Cell | None:
        """The value of a path; None: the index does not have it."""
        field, steps = path.field, path.steps
        if field == "status":
            return self._status()
        if field in _ALWAYS_PRESENT and not steps:
            return Cell(kind=str(OTHER), value="NULL")
        if field == "metrics":
            self.has_metrics, self.is_sure = True, False
            found = self._entry(("metrics", *path.metric))
            return Cell(kind=found.kind, value=found.value, odd="run.metrics <> 1")
        if field in ("experiment", "output", "id"):
            return None
        # Other stores of the same number: 07 for 7.
        if any(step.isdecimal() and str(int(step)) != step for step in steps):
            return None
        return self._entry((field, *steps))

    def _status(self) -> Cell:
        is_dead = f":now - run.sign > :dead_after OR {self._function(is_gone)}(run.process)"
        return Cell(
            kind=f"CASE WHEN run.status IS NOT NULL THEN {TEXT} END",
            value=f"CASE WHEN run.status = 'RUNNING' AND ({is_dead}) "
            "THEN 'DEAD' ELSE run.status END",
        )

    def _entry(self, steps: tuple[str, ...]) -> Cell:
        odd = [
            f"{alias}.kind IS {CUT_CONTAINER}"
            for length in range(1, len(steps))
            if (alias := self._alias(steps[:length], only_odd=True)) is not None
        ]
        alias = self._alias(steps)
        if alias is None:
            return Cell(kind="NULL", value="NULL", odd=" OR ".join(odd))
        return Cell(kind=f"{alias}.kind", value=f"{alias}.value", odd=" OR ".join(odd))

    def _alias(self, steps: tuple[str, ...], only_odd: bool = False) -> str | None:
        """The name of the joined table with the values of a path; None: no run has it."""
        known = self._known(key_of(steps))
        if known is None or (only_odd and not known.is_odd):
            return None
        if known.is_odd:
            self.is_sure = False
        alias = f"e{known.number}"
        if known.number not in self._joined_paths:
            if len(self._joined_paths) >= _MOST_JOINS:
                raise ValueError("a query about too many fields")
            self._joined_paths[known.number] = alias
        return alias

    def _given(self, value: Any) -> str:
        if isinstance(value, str):
            value.encode()  # what has no UTF-8 is a ValueError
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"


def _case(kind: int, result: str, column: str) -> str:
    return f"WHEN {column} = {kind} THEN {result}"


def _matcher(regex: re.Pattern[str]) -> Callable[[str], int | None]:
    """Make a function for SQLite; once a text has taken too long, the others are unknown.

    Whoever looks at one of these runs raises the error, which SQLite would hide.
    """
    took_too_long = False

    def found(text: str) -> int | None:
        nonlocal took_too_long
        if took_too_long:
            return None
        try:
            return int(matches(regex, text))
        except QueryError:
            took_too_long = True
            return None

    return found
