"""JSON in columns of text, as SQLite and PostgreSQL read it.

To parse the texts takes longer than all else in a question. SQLite keeps those that it has
parsed last, so a row costs one parse whatever is asked about it. PostgreSQL keeps none: there
each fact is one expression of its language of paths, and what is sorted by is taken out of
the text once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sacred._base.values import Value
from sacred.query.coarse import Fact

__all__ = ["JsonTexts", "Place", "texts_of"]

#: Databases read numbers in their own ways; the last digits may be others.
_TOLERANCE = 1e-12
#: Databases have other integers beyond.
_EXACT = 2**53
#: Annotations that count as texts whatever they are.
_AS_TEXTS = frozenset({"group", "notes", "comment"})

#: Of kinds as SQLite calls them. An object may be a number of numpy.
_UNKNOWN = -1
_RANKS = {"real": 1, "integer": 1, "text": 2, "true": 0, "false": 0, "object": _UNKNOWN}
_NULL: Any = sa.literal_column("'null'::jsonb")
_EMPTY: Any = sa.literal_column("""'""'::jsonb""")

_Steps = tuple[str, ...]


class Place(Value):
    """What a column is sorted by, in two steps.

    Args:
        columns: what is taken out of the text, with names.
        doubt: of these columns: whether the database does not know the place of a run.
        keys: of these columns: what to sort by. NULL comes last.
    """

    columns: Sequence[Any]
    doubt: Any
    keys: Sequence[Any]


class JsonTexts:
    """The JSON texts of a database."""

    def is_valid(self, column: Any) -> Any:
        """Whether the database can read it; None: it cannot tell, and an error will."""
        raise NotImplementedError

    def fits(self, column: Any, steps: _Steps, fact: Fact) -> Any:
        """Whether a fact may be true of what a valid text has there."""
        raise NotImplementedError

    def place(self, name: str, column: Any, steps: _Steps, missing: Any) -> Place:
        """How to sort by what is there: flags, numbers, texts, and all else.

        Args:
            name: for the columns.
            column: of the text.
            steps: where in it.
            missing: whether it is not known what is there where there is no text.
        """
        raise NotImplementedError


def texts_of(dialect: Any) -> JsonTexts | None:
    """How a database reads JSON; None: it is not known."""
    version = getattr(dialect, "server_version_info", None) or (0,)
    if dialect.name == "sqlite":
        return _Sqlite()
    # Those before 12 have no paths.
    return _Postgres(version) if dialect.name == "postgresql" and version >= (12,) else None


class _Sqlite(JsonTexts):
    def is_valid(self, column: Any) -> Any:
        return sa.func.json_valid(column) == 1

    def fits(self, column: Any, steps: _Steps, fact: Fact) -> Any:
        kind, value = _kind(column, steps), fact.value
        if fact.test in ("texts", "contains", "present"):
            tests = [kind != "null"]
        elif fact.test == "absent":
            empty = (kind == "text") & (_extract(column, steps, sa.String) == "")
            tests = [kind.is_(None), kind == "null", empty]
        elif fact.test == "true" or isinstance(value, bool):
            tests = [kind == ("false" if value is False else "true")]
        elif isinstance(value, str):
            found = _extract(column, steps, sa.String)
            tests = [(kind == "text") & found.bool_op(_sign(fact))(value)]
            if fact.field in _AS_TEXTS:
                tests.append(kind.not_in(["text", "null"]))
        else:
            found = _extract(column, steps, sa.Double)
            low, high = _bounds(fact)
            bounds = [] if low is None else [found >= low]
            bounds += [] if high is None else [found <= high]
            tests = [sa.and_(kind.in_(["integer", "real"]), *bounds)]
        # An object may stand for a number of numpy, a date, and so on.
        elsewhere = [_kind(column, path).is_not(None) for path in _references(steps)]
        return sa.or_(*tests, kind == "object", *elsewhere)

    def place(self, name: str, column: Any, steps: _Steps, missing: Any) -> Place:
        elsewhere = (_kind(column, path).is_not(None) for path in _references(steps))
        rank: Any = sa.case(
            (column.is_(None), sa.case((missing, _UNKNOWN))),
            (~self.is_valid(column), _UNKNOWN),
            *((found, _UNKNOWN) for found in elsewhere),
            else_=sa.case(_RANKS, value=_kind(column, steps)),
        )
        value: Any = sa.case((self.is_valid(column), _extract(column, steps, sa.Double)))
        columns = (rank.label(f"rank_{name}"), value.label(f"value_{name}"))
        rank, value = (sa.column(found.name, found.type) for found in columns)
        doubt = (rank == _UNKNOWN) | ((rank == _RANKS["real"]) & (sa.func.abs(value) >= _EXACT))
        # Lists are all the same.
        return Place(columns=columns, doubt=doubt, keys=(rank, sa.case((rank >= 0, value))))


def _kind(column: Any, steps: _Steps) -> Any:
    """``object``, ``array``, ``text``, ``integer``, ...; NULL: there is nothing."""
    return sa.func.json_type(column, _path("$", steps), type_=sa.String)


def _extract(column: Any, steps: _Steps, kind: Any) -> Any:
    return sa.func.json_extract(column, _path("$", steps), type_=kind)


class _Postgres(JsonTexts):
    def __init__(self, version: tuple[int, ...]) -> None:
        self._version = version

    def is_valid(self, column: Any) -> Any:
        if self._version < (16,):
            return None
        return sa.func.pg_input_is_valid(column, "jsonb")

    def fits(self, column: Any, steps: _Steps, fact: Fact) -> Any:
        if fact.test == "absent":  # which paths take for an error
            found = _at(column, steps)
            return found.is_(None) | found.in_([_NULL, _EMPTY])
        test, values = _tested(fact)
        tests = [f'exists({_path("$", steps)} ? ({test} || @.type() == "object"))']
        tests += (f"exists({_path('$', path)})" for path in _references(steps))
        path = sa.cast(sa.literal(f"strict {' || '.join(tests)}", sa.Text), postgresql.JSONPATH)
        given = sa.cast(sa.literal(json.dumps(values), sa.Text), postgresql.JSONB)
        return sa.func.jsonb_path_match(
            sa.cast(column, postgresql.JSONB), path, given, sa.true(), type_=sa.Boolean
        )

    def place(self, name: str, column: Any, steps: _Steps, missing: Any) -> Place:
        valid = self.is_valid(column)
        odd: Any = sa.case(
            (column.is_(None), missing),
            *(() if valid is None else [(~valid, sa.true())]),
            else_=sa.or_(
                sa.false(), *(_at(column, path).is_not(None) for path in _references(steps))
            ),
        )
        found = _at(column, steps)
        value: Any = found if valid is None else sa.case((valid, found))
        columns = (odd.label(f"odd_{name}"), value.label(f"value_{name}"))
        odd, value = (sa.column(found.name, found.type) for found in columns)
        kind = sa.func.jsonb_typeof(value, type_=sa.String)
        text = value.op("#>>", return_type=sa.Text())(sa.literal_column("'{}'"))
        number = sa.case(
            (kind == "number", sa.cast(value, sa.Numeric)),
            (kind == "boolean", sa.case((text == "true", 1), else_=0)),
        )
        is_large = (kind == "number") & (sa.func.abs(number) >= _EXACT)
        rank = sa.case({"boolean": 0, "number": 1, "string": 2}, value=kind)
        words = sa.case((kind == "string", sa.collate(text, "C")))
        doubt = odd | (kind == "object") | is_large
        return Place(columns=columns, doubt=doubt, keys=(rank, number, words))


def _tested(fact: Fact) -> tuple[str, dict[str, Any]]:
    """The fact as a filter of a path, and the values in it.

    What cannot be compared is no error within a filter.
    """
    value = fact.value
    if fact.test in ("texts", "contains", "present"):
        return '@.type() != "null"', {}
    if fact.test == "true" or isinstance(value, bool):
        return ("@ == false" if value is False else "@ == true"), {}
    if isinstance(value, str):
        sign = {"=": "=="}.get(_sign(fact), _sign(fact))
        other = '@.type() != "string" && @.type() != "null"'
        return f"@ {sign} $value" + (f" || {other}" * (fact.field in _AS_TEXTS)), {"value": value}
    low, high = _bounds(fact)
    bounds = {"low": low, "high": high}
    tests = [f"@ {sign} ${name}" for name, sign in (("low", ">="), ("high", "<="))
             if bounds[name] is not None]  # fmt: skip
    return " && ".join(tests), {name: bound for name, bound in bounds.items() if bound is not None}


def _at(column: Any, steps: _Steps) -> Any:
    tree = sa.cast(column, postgresql.JSONB)
    texts = postgresql.ARRAY(sa.Text)
    path = sa.cast(sa.literal(list(steps), texts), texts)
    return tree.op("#>", return_type=postgresql.JSONB())(path)


def _sign(fact: Fact) -> str:
    return {"equal": "=", "at most": "<=", "at least": ">="}[fact.test]


def _bounds(fact: Fact) -> tuple[float | None, float | None]:
    """The least and the largest number that may be meant; None: there is no bound."""
    room = abs(fact.value) * _TOLERANCE + 1e-300
    low = None if fact.test == "at most" else fact.value - room
    return low, None if fact.test == "at least" else fact.value + room


def _references(steps: _Steps) -> Iterator[_Steps]:
    """Where a reference to something elsewhere in the tree may be, on the way."""
    return ((*steps[:length], "py/id") for length in range(1, len(steps)))


def _path(root: str, steps: _Steps) -> str:
    return "".join([root, *(f'."{step}"' for step in steps)])
