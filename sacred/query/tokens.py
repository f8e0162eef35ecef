"""The tokens of a query."""

from __future__ import annotations

import re
from typing import Literal

from sacred._base.frozen import Frozen
from sacred.query.errors import QueryError

__all__ = ["Token", "tokenize", "written_path"]

Kind = Literal["name", "text", "number", "duration", "regex", "sign", "end"]


class Token(Frozen, kw_only=False):
    """A token: `text` is what is written; for strings and regular expressions, the content.

    Attributes:
        steps: for a name, its parts between the dots.
        flags: for a regular expression, the letters after it.
    """

    kind: Kind
    text: str
    column: int
    steps: tuple[str, ...] = ()
    flags: str = ""


_QUOTED = r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'"
_STEP = rf"[^\W\d][\w/-]*|`[^`]+`|{_QUOTED}|\d+"
_PATTERNS: tuple[tuple[str, str], ...] = (
    # A word; behind dots also numbers (indices of lists) and quoted keys.
    ("name", rf"(?:[^\W\d][\w/-]*|`[^`]+`)(?:\.(?:{_STEP})|\[(?:\d+|{_QUOTED})\])*"),
    ("date", r"\d{4}-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?)?(?![\w-])"),
    ("number", r"[-+]inf\b|[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\w)"),
    ("text", _QUOTED),
    ("sign", r"!=|<=|>=|==|!~|=~|<>|&&|\|\||[=<>~!()\[\],]"),
)
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS))
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|us|min|[wdhms]))+(?!\w)")
_REGEX = re.compile(r"/((?:[^/\\\n]|\\.)*)/([a-z]*)")
_SPACE = re.compile(r"\s*")
_STEPS = re.compile(_STEP)
_PLAIN_STEP = re.compile(r"[^\W\d][\w/-]*|\d+")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
#: Signs with the same meaning.
_SYNONYMS = {"==": "=", "<>": "!=", "=~": "~", "&&": "and", "||": "or", "!": "not"}


def tokenize(query: str) -> list[Token]:
    """Split a query into tokens; the last one has the kind ``end``.

    Raises:
        QueryError: a string is not closed, or a character is not allowed.

    >>> [token.text for token in tokenize("config.opt.lr >= 1e-3")]
    ['config.opt.lr', '>=', '1e-3', '']
    """
    tokens: list[Token] = []
    position = _skip(query, 0)
    while position < len(query):
        found = _next(query, position, tokens)
        tokens.append(found[0])
        position = _skip(query, found[1])
    return [*tokens, Token("end", "", len(query))]


def written_path(*steps: str) -> str:
    """Return a path as it is written in a query.

    Args:
        steps: the parts of the path; the first one is the name of a field.

    >>> written_path("metrics", "val loss (%)", "min"), written_path("config", "layers", "0")
    ('metrics."val loss (%)".min', 'config.layers.0')
    """
    first, *others = steps
    return ".".join([first, *map(_quoted, others)])


def _quoted(step: str) -> str:
    if _PLAIN_STEP.fullmatch(step):
        return step
    text = step.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def _skip(query: str, position: int) -> int:
    found = _SPACE.match(query, position)
    return found.end() if found else position


def _next(query: str, position: int, before: list[Token]) -> tuple[Token, int]:
    sign = before[-1].text if before and before[-1].kind == "sign" else ""
    if query[position] == "/" and sign in ("~", "!~"):
        found = _REGEX.match(query, position)
        if not found:
            raise QueryError("this /regular expression/ has no end", query, position)
        return Token("regex", found[1], position, flags=found[2]), found.end()
    if found := _DURATION.match(query, position):
        return Token("duration", found[0], position), found.end()
    found = _TOKEN.match(query, position)
    if not found:
        letter = query[position]
        problem = "this text has no end" if letter in "\"'`" else f"{letter!r} has no meaning here"
        raise QueryError(problem, query, position)
    text = found[0]
    if found.lastgroup == "name":
        return _name(text, position), found.end()
    if found.lastgroup == "text":
        return Token("text", _unquoted(text), position), found.end()
    if found.lastgroup == "date":
        return Token("text", text, position), found.end()
    if found.lastgroup == "number":
        return Token("number", text, position), found.end()
    return Token("sign", _SYNONYMS.get(text, text), position), found.end()


def _name(text: str, position: int) -> Token:
    steps = tuple(_unquoted(step) for step in _STEPS.findall(text))
    return Token("name", text, position, steps=steps)


def _unquoted(text: str) -> str:
    if text[0] == "`":
        return text[1:-1]
    if text[0] not in "\"'":
        return text
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL)
