"""Search spaces from the words of a command line.

After ``sweep``, commas mean alternatives: ``lr=0.1,0.01`` is a list of two values, and
``fast,slow`` are two named configs. Commas in brackets, braces, parentheses or quotes do not count.
``lr=loguniform(1e-5, 1e-1)`` is a distribution: it is read from the syntax tree, and nothing of it
is executed.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from typing import Any

from sacred._base.text import did_you_mean
from sacred.cli.errors import CommandLineError
from sacred.cli.updates import convert_value, parse_updates
from sacred.sweeps.dimensions import (
    DISTRIBUTIONS,
    LISTS,
    Alternative,
    Axis,
    Dimension,
    distribution_or_axis,
)
from sacred.sweeps.errors import SweepError

__all__ = ["dimensions_of", "split_alternatives"]

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_QUOTES = "\"'"


def split_alternatives(text: str) -> list[str]:
    """Split a string at its commas, except those in brackets, braces, parentheses and quotes.

    Args:
        text: what follows ``=``, or a whole word without one.

    Raises:
        SweepError: an alternative is empty, or a bracket is not closed.

    >>> split_alternatives("[64],[64,64]")
    ['[64]', '[64,64]']
    >>> split_alternatives("'a,b',c")
    ["'a,b'", 'c']
    """
    parts, start = [], 0
    waiting: list[str] = []
    quote = ""
    is_escaped = False
    for place, letter in enumerate(text):
        if quote:
            if letter == quote and not is_escaped:
                quote = ""
            is_escaped = letter == "\\" and not is_escaped
        elif letter in _QUOTES and (waiting or not text[start:place].strip()):
            quote = letter  # in the middle of a word, it is an apostrophe
        elif letter in _CLOSING:
            waiting.append(_CLOSING[letter])
        elif waiting and letter == waiting[-1]:
            waiting.pop()
        elif letter == "," and not waiting:
            parts.append(text[start:place].strip())
            start = place + 1
    if quote or waiting:
        raise SweepError(f"in {text!r}, {quote or waiting[-1]} is missing")
    parts.append(text[start:].strip())
    if len(parts) > 1 and not all(parts):
        raise SweepError(f"in {text!r}, an alternative is empty")
    return parts


def dimensions_of(words: Iterable[str]) -> tuple[list[Dimension], list[str]]:
    """Return the dimensions of a space, and the words that are the same at each of its points.

    Args:
        words: those after ``sweep with``.

    Raises:
        SweepError: a word is not valid.
        CommandLineError: a word is not valid after a plain ``with`` either.

    >>> dimensions, fixed = dimensions_of(["lr=0.1,0.01", "fast,slow", "epochs=3"])
    >>> [str(dimension) for dimension in dimensions], fixed
    (['lr: 0.1, 0.01', 'fast,slow: fast, slow'], ['epochs=3'])
    """
    dimensions: list[Dimension] = []
    fixed: list[str] = []
    for word in filter(None, map(str.strip, words)):
        found = _dimension(word)
        if found is None:
            parse_updates([word])  # whatever is wrong with it, it is said now
            fixed.append(word)
        else:
            dimensions.append(found)
    names = [dimension.name for dimension in dimensions]
    for name in names:
        if names.count(name) > 1:
            raise SweepError(f"{name!r} has two lists of alternatives; write one")
    return dimensions, fixed


def _dimension(word: str) -> Dimension | None:
    path, equals, text = (part.strip() for part in word.partition("="))
    if word.startswith("~") or os.path.isfile(word.removeprefix("@")):
        return None
    if not equals:
        names = split_alternatives(word)
        if len(names) == 1:
            return None
        alternatives = [Alternative(word=_unquoted(name), value=_unquoted(name)) for name in names]
        return Axis(name=word, alternatives=tuple(alternatives))
    if (call := _call(path, text)) is not None:
        return call
    values = split_alternatives(text)
    if len(values) == 1:
        return None
    words = [(f"{path}={value}", convert_value(value)) for value in values]
    alternatives = [Alternative(word=word, path=path, value=value) for word, value in words]
    return Axis(name=path, alternatives=tuple(alternatives))


def _unquoted(name: str) -> str:
    is_quoted = len(name) > 1 and name[0] == name[-1] and name[0] in _QUOTES
    return name[1:-1] if is_quoted else name


def _call(path: str, text: str) -> Dimension | None:
    """The dimension that a text describes as a call; None: it does not."""
    name = text.partition("(")[0].strip()
    if not text.endswith(")") or not name.isidentifier():
        return None
    if name not in (known := [*DISTRIBUTIONS, *LISTS]):
        if hint := did_you_mean(name, known):  # else it is a text, as behind a plain `with`
            raise SweepError(
                f"{path}: there is no {name!r} to draw from. {hint} (In quotes, it is a text.)"
            )
        return None
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SweepError(f"{path}: {text!r} is no call that can be read") from None
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        return None
    try:
        arguments = [_literal(argument) for argument in tree.args]
        keywords = {word.arg: _literal(word.value) for word in tree.keywords}
    except CommandLineError as error:
        raise SweepError(f"{path}: {error}") from None
    if unknown := set(keywords) - {"step"}:
        raise SweepError(f"{path}: {tree.func.id} has no argument {min(map(str, unknown))!r}")
    return distribution_or_axis(path, tree.func.id, arguments, keywords.get("step"))


def _literal(node: ast.expr) -> Any:
    """A literal; a name alone is a string, as after a plain ``with``."""
    if isinstance(node, ast.Name) and node.id not in ("True", "False", "None"):
        return node.id
    return convert_value(ast.unparse(node)) if _is_literal(node) else _refuse(node)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return False
    return True


def _refuse(node: ast.expr) -> Any:
    raise SweepError(f"{ast.unparse(node)!r} is no literal; nothing is executed here")
