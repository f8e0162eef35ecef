"""Tokens → expression, by recursive descent::

    query    = [ or ]
    or       = and { "or" and }
    and      = not { "and" not }
    not      = "not" not | "(" or ")" | test
    test     = "missing" "(" path ")"
             | path                               its value is true
             | text                               it stands somewhere in the record
             | path operator value | value operator path
             | path [ "not" ] "in" ( list )       one of these values
             | value [ "not" ] "in" path          an item of this list
             | path "~" /regex/ | path "!~" /regex/

Fields are checked here against `sacred.query.fields`, so that a mistake causes an error with its
position, and not an empty answer.
"""

from __future__ import annotations

import datetime
import re

from sacred._base.clock import utcnow
from sacred._base.text import did_you_mean
from sacred.query.errors import QueryError
from sacred.query.fields import FIELDS
from sacred.query.names import NO_NAMES, Names
from sacred.query.syntax import (
    EVERYTHING,
    And,
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
from sacred.query.tokens import Token, tokenize
from sacred.query.validation import checked_comparison, path_of, value_of_token

__all__ = ["parse"]

_OPERATORS: dict[str, Operator] = {o: o for o in ("=", "!=", "<", "<=", ">", ">=")}
_FLIPPED_OPERATORS: dict[Operator, Operator] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_KEYWORDS = frozenset({"and", "or", "not", "in", "missing"})
# Brackets within brackets: the recursion of this parser, and of what evaluates the expression,
# stays far from Python's limit.
_MAX_DEPTH = 100
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}


def parse(
    query: str,
    now: datetime.datetime | None = None,
    names: Names = NO_NAMES,
    local: bool = False,
) -> Expression:
    """Parse a query into an expression.

    Args:
        query: the query; an empty one is true for every run.
        now: the present time, for times like ``"2 days ago"`` (naive UTC; default: now).
        names: short names that may be used, in addition to the fields of every run.
        local: whether times without an offset are in this machine's time zone; else they are in
            UTC.

    Raises:
        QueryError: the query is not valid.

    >>> parse("result < 1")
    Compare(path=Path(field='result', steps=(), column=0), operator='<', value=1, time_range=None)
    >>> parse("stauts ! 3")
    Traceback (most recent call last):
        ...
    sacred.query.errors.QueryError: "and" or "or" is missing here (column 8)
      stauts ! 3
             ^
    """
    return _Parser(query, now or utcnow(), names, local).parse()


class _Parser:
    def __init__(self, query: str, now: datetime.datetime, names: Names, local: bool) -> None:
        self.query = query
        self._now = now
        self._names = names
        self._local = local
        self._tokens = tokenize(query)
        self._next = 0
        self._depth = 0

    def parse(self) -> Expression:
        if self._peek().kind == "end":
            return EVERYTHING
        expression = self._or()
        token = self._peek()
        if token.kind != "end":
            raise self._error('"and" or "or" is missing here', token)
        return expression

    # ----------------------------------------------------------------- structure

    def _or(self) -> Expression:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Expression:
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Expression:
        depth = 0
        while self._take("not"):
            depth += 1
        expression = self._group() if _is_sign(self._peek(), "(") else self._test()
        return Not(expression) if depth % 2 else expression

    def _group(self) -> Expression:
        opened = self._pop()
        if self._depth == _MAX_DEPTH:
            raise self._error(f"brackets are nested more than {_MAX_DEPTH} deep", opened)
        self._depth += 1
        expression = self._or()
        self._depth -= 1
        if not self._take(")"):
            raise self._error("this bracket is never closed", opened)
        return expression

    def _test(self) -> Expression:
        token = self._peek()
        if _keyword(token) == "missing" and _is_sign(self._tokens[self._next + 1], "("):
            return self._missing()
        self._operand(token)
        following = self._peek()
        operator = _OPERATORS.get(following.text) if following.kind == "sign" else None
        if operator is not None:
            self._pop()
            return self._comparison(token, operator)
        if _is_sign(following, "~", "!~"):
            return self._matches(token)
        if _keyword(following) == "in":
            self._pop()
            return self._in(token)
        if _keyword(following) == "not" and _keyword(self._tokens[self._next + 1]) == "in":
            self._next += 2
            return Not(self._in(token))
        if token.kind == "text":
            return Search(token.text)
        if token.kind == "name" and _constant(token) is None:
            if token.steps in self._names.searched:
                return Search(token.text)
            return IsTrue(self._path(token))
        hint = f". Write: id = {token.text}" if token.text.isdecimal() else ""
        raise self._error(f"a value alone is no condition{hint}", token)

    # --------------------------------------------------------------------- tests

    def _missing(self) -> Expression:
        self._pop()
        opened = self._pop()
        path = self._path(self._operand(self._peek()))
        if not self._take(")"):
            raise self._error("this bracket is never closed", opened)
        return Missing(path)

    def _comparison(self, left: Token, operator: Operator) -> Expression:
        right = self._operand(self._peek())
        if self._is_value(left) and not self._is_value(right):
            left, right, operator = right, left, _FLIPPED_OPERATORS.get(operator, operator)
        path = self._path(left)
        if right.kind == "name" and _is_path(right):
            return ComparePaths(path, operator, self._path(right))
        return self._compare(path, operator, right)

    def _compare(self, path: Path, operator: Operator, right: Token) -> Expression:
        return checked_comparison(path, operator, right, self.query, self._now, self._local)

    def _in(self, left: Token) -> Expression:
        if not _is_sign(self._peek(), "(", "["):
            path = self._path(self._operand(self._peek()))
            if FIELDS[path.field] not in ("tree", "texts", "files", "metrics"):
                raise QueryError(f"{path} is no list", self.query, path.column)
            return Member(value_of_token(left, self.query), path)
        opened, path = self._pop(), self._path(left)
        closing = ")" if opened.text == "(" else "]"
        options: list[Expression] = []
        while not self._take(closing):
            token = self._operand(self._peek())
            options.append(self._compare(path, "=", token))
            if not self._take(",") and not _is_sign(self._peek(), closing):
                raise self._error(f'"," or "{closing}" is missing here', self._peek())
        return Or(tuple(options))

    def _matches(self, left: Token) -> Expression:
        operator, path = self._pop(), self._path(left)
        token = self._pop()
        if token.kind not in ("regex", "text"):
            raise self._error("a /regular expression/ is missing here", token)
        flags = 0
        for letter in token.flags:
            if letter not in _FLAGS:
                raise self._error(f"there is no flag {letter!r}, only i, m and s", token)
            flags |= _FLAGS[letter]
        try:
            regex = re.compile(token.text.replace("\\/", "/"), flags)
        except (re.error, OverflowError, RecursionError) as error:
            column = token.column + 1 + (getattr(error, "pos", None) or 0)
            message = getattr(error, "msg", str(error))
            raise QueryError(f"no regular expression: {message}", self.query, column) from None
        return Not(Matches(path, regex)) if operator.text == "!~" else Matches(path, regex)

    # -------------------------------------------------------------------- pieces

    def _operand(self, token: Token) -> Token:
        if token.kind in ("end", "sign", "regex") or _keyword(token) in ("and", "or", "in"):
            here = "the end" if token.kind == "end" else f'"{token.text}"'
            raise self._error(f"a field or a value is missing before {here}", token)
        return self._pop()

    def _path(self, token: Token) -> Path:
        if token.kind != "name":
            hint = "Fields with other letters are written in backquotes: config.`a b`."
            raise QueryError("here a field is expected", self.query, token.column, hint)
        return path_of(token, self.query, self._names)

    def _is_value(self, token: Token) -> bool:
        return token.kind != "name" or _constant(token) is not None

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _pop(self) -> Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _take(self, word: str) -> bool:
        token = self._peek()
        taken = _is_sign(token, word) or _keyword(token) == word
        if taken:
            self._pop()
        return taken

    def _error(self, problem: str, token: Token) -> QueryError:
        hint = did_you_mean(token.text, ("and", "or", "not", "in")) if token.kind == "name" else ""
        return QueryError(problem, self.query, token.column, hint)


def _is_sign(token: Token, *signs: str) -> bool:
    return token.kind == "sign" and token.text in signs


def _keyword(token: Token) -> str | None:
    if token.kind == "sign" and token.text in ("and", "or", "not"):
        return token.text
    word = token.text.lower()
    return word if token.kind == "name" and word in _KEYWORDS else None


def _constant(token: Token) -> str | None:
    word = token.text.lower()
    return word if word in ("true", "false", "null", "none", "nan", "inf") else None


def _is_path(token: Token) -> bool:
    """Whether a word on the right is a field: ``metrics.loss.min``, but not ``result``."""
    return len(token.steps) > 1 and token.steps[0] in FIELDS
