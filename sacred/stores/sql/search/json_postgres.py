"""JSON texts in PostgreSQL: ``jsonb``, and paths of SQL/JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sacred.query.predicates import Predicate, bounds_of
from sacred.stores.sql.search.json_paths import (
    AS_TEXTS,
    MAX_EXACT_INTEGER,
    JsonTexts,
    ListedValues,
    SortColumns,
    Steps,
    is_flag,
    path_text,
    references,
    sign_of,
)

__all__ = ["PostgresTexts"]

_RANKS = {"boolean": 0, "number": 1, "string": 2}
#: The server reads these numbers as Python does.
_DOUBLES: Any = (sa.literal_column("1e-300"), sa.literal_column("1e300"))
_NULL: Any = sa.literal_column("'null'::jsonb")
_EMPTY: Any = sa.literal_column("""'""'::jsonb""")


class PostgresTexts(JsonTexts):
    """JSON texts, read as ``jsonb``.

    Args:
        version: the version of the server.
    """

    def __init__(self, version: tuple[int, ...]) -> None:
        self._version = version

    def is_valid(self, column: Any) -> Any:
        """See `JsonTexts.is_valid`."""
        if self._version < (16,):
            return None
        return sa.func.pg_input_is_valid(column, "jsonb")

    def items(self, texts: Sequence[str]) -> Any:
        """See `JsonTexts.items`."""
        array = sa.cast(sa.literal(json.dumps(list(texts)), sa.Text), postgresql.JSONB)
        return sa.select(sa.func.jsonb_array_elements_text(array))

    def is_beyond_ascii(self, column: Any) -> Any:
        """See `JsonTexts.is_beyond_ascii`."""
        return sa.func.octet_length(column) != sa.func.length(column)

    def fits(self, column: Any, steps: Steps, predicate: Predicate) -> Any:
        """See `JsonTexts.fits`."""
        if predicate.test == "absent":  # which paths take for an error
            found = _at(column, steps)
            return found.is_(None) | found.in_([_NULL, _EMPTY])
        test, values = _tested(predicate)
        tests = [f'exists({path_text("$", steps)} ? ({test} || @.type() == "object"))']
        tests += (f"exists({path_text('$', path)})" for path in references(steps))
        path = sa.cast(sa.literal(f"strict {' || '.join(tests)}", sa.Text), postgresql.JSONPATH)
        given = sa.cast(sa.literal(json.dumps(values), sa.Text), postgresql.JSONB)
        return sa.func.jsonb_path_match(
            sa.cast(column, postgresql.JSONB), path, given, sa.true(), type_=sa.Boolean
        )

    def is_among(self, column: Any, steps: Steps, listed: Sequence[Predicate]) -> Any:
        """See `JsonTexts.is_among`."""
        found, values = _at(column, steps), ListedValues.of(listed)
        kind = sa.func.jsonb_typeof(found, type_=sa.String)
        tests = [kind == "object"]
        tests += (_at(column, path).is_not(None) for path in references(steps))
        text = found.op("#>>", return_type=sa.Text())(sa.literal_column("'{}'"))
        if values.flags:
            tests.append(
                (kind == "boolean") & text.in_([json.dumps(flag) for flag in values.flags])
            )
        if values.texts:
            tests.append((kind == "string") & text.in_(self.items(values.texts)))
        if values.numbers:
            number = sa.case((kind == "number", sa.cast(found, sa.Numeric)))
            # Others are no numbers of this type, which is an error.
            is_double = (number == 0) | sa.func.abs(number).between(*_DOUBLES)
            wanted = self.items(list(map(repr, values.numbers))).subquery()
            numbers = sa.select(sa.cast(wanted.c[0], sa.Double))
            is_wanted = sa.case((is_double, sa.cast(number, sa.Double)), else_=None).in_(numbers)
            tests.append((kind == "number") & (~is_double | is_wanted))
        if listed[0].field in AS_TEXTS:
            tests.append(kind.not_in(["string", "null"]))
        return sa.or_(*tests)

    def sort_columns(self, name: str, column: Any, steps: Steps, number: Any = None) -> SortColumns:
        """See `JsonTexts.sort_columns`."""
        valid = self.is_valid(column)
        is_known = sa.false() if number is None else number.is_not(None)
        odd: Any = sa.case(
            (is_known | column.is_(None), sa.false()),
            *(() if valid is None else [(~valid, sa.true())]),
            else_=sa.or_(
                sa.false(), *(_at(column, path).is_not(None) for path in references(steps))
            ),
        )
        is_read = ~is_known if valid is None else ~is_known & valid
        columns = [
            odd.label(f"odd_{name}"),
            sa.case((is_read, _at(column, steps))).label(f"value_{name}"),
        ]
        if number is not None:
            rank = sa.case((is_flag(column), _RANKS["boolean"]), else_=_RANKS["number"])
            columns += [number.label(f"number_{name}"), rank.label(f"rank_{name}")]
        odd, value, *known = (sa.column(found.name, found.type) for found in columns)
        return _place(columns, odd, value, known)


def _tested(predicate: Predicate) -> tuple[str, dict[str, Any]]:
    """The predicate as a filter of a path, and the values in it.

    What cannot be compared is no error within a filter.
    """
    value = predicate.value
    if predicate.test in ("texts", "contains", "present"):
        return '@.type() != "null"', {}
    if predicate.test == "true" or isinstance(value, bool):
        return ("@ == false" if value is False else "@ == true"), {}
    if isinstance(value, str):
        sign = {"=": "=="}.get(sign_of(predicate), sign_of(predicate))
        other = '@.type() != "string" && @.type() != "null"'
        return f"@ {sign} $value" + (f" || {other}" * (predicate.field in AS_TEXTS)), {
            "value": value
        }
    low, high = bounds_of(predicate)
    bounds = {"low": low, "high": high}
    tests = [f"@ {sign} ${name}" for name, sign in (("low", ">="), ("high", "<="))
             if bounds[name] is not None]  # fmt: skip
    return " && ".join(tests), {name: bound for name, bound in bounds.items() if bound is not None}


def _place(columns: Sequence[Any], odd: Any, value: Any, known: Sequence[Any]) -> SortColumns:
    """How to sort by a value, unless its number and its rank are known."""
    kind = sa.func.jsonb_typeof(value, type_=sa.String)
    text = value.op("#>>", return_type=sa.Text())(sa.literal_column("'{}'"))
    rank: Any = sa.case(_RANKS, value=kind)
    number: Any = sa.case(
        (kind == "number", sa.cast(value, sa.Numeric)),
        (kind == "boolean", sa.case((text == "true", 1), else_=0)),
    )
    doubt = odd | (kind == "object")
    if known:
        # Then nothing else is a number or a flag.
        doubt |= kind.in_(["number", "boolean"])
        number, rank = known[0], sa.case((known[0].is_not(None), known[1]), else_=rank)
    doubt |= (rank == _RANKS["number"]) & (sa.func.abs(number) >= MAX_EXACT_INTEGER)
    words = sa.case((kind == "string", sa.collate(text, "C")))
    return SortColumns(columns=columns, doubt=doubt, keys=(rank, number, words))


def _at(column: Any, steps: Steps) -> Any:
    tree = sa.cast(column, postgresql.JSONB)
    texts = postgresql.ARRAY(sa.Text)
    path = sa.cast(sa.literal(list(steps), texts), texts)
    return tree.op("#>", return_type=postgresql.JSONB())(path)
