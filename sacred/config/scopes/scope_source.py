"""Find the source of a config scope, check it, and read its documentation."""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import tokenize
from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any

from sacred._base.errors import ConfigError, ScopeSyntaxError
from sacred._base.frozen import Frozen
from sacred.config.typed_entries import declares_bool
from sacred.settings import SETTINGS

__all__ = ["FunctionNode", "ScopeSource", "bound_names", "find_source", "own_statements"]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
# Where statements hold others, or what holds them in turn.
_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")
Index = dict[tuple[str, int], FunctionNode]
# An attribute of nodes that have been changed.
_USAGE_NAME = "_sacred_used"

# Scopes of one file are mostly defined one after the other.
_MAX_FILES = 8
_files: dict[str, tuple[list[str], Index]] = {}


class ScopeSource(Frozen, kw_only=False):
    """The source of one function.

    Attributes:
        filename: as the function's code names it.
        node: its syntax tree, with the line numbers of the file.
        lines: the lines of the function, starting at `first`.
        first: number of the first of these lines.
    """

    filename: str
    node: FunctionNode
    lines: Sequence[str]
    first: int

    @classmethod
    def of_text(cls, filename: str, lines: Sequence[str], first: int) -> ScopeSource:
        """Create a source from the text of a function alone, when its file is not available.

        Args:
            filename: of the file, for messages.
            lines: the text of the function.
            first: the number of its first line in the file, from 1.
        """
        return cls(filename, _parsed_alone(lines, first), lines, first)

    def says(self, *words: str) -> bool:
        """Whether one of the words occurs anywhere in the text (a cheap check)."""
        return any(word in line for line in self.lines for word in words)

    def fresh_node(self) -> FunctionNode:
        """Return a syntax tree that the caller may change.

        The first time, it is `node` itself, so read everything else from `node` before. After that,
        the source is parsed again, which is much faster than a deep copy.
        """
        if not hasattr(self.node, _USAGE_NAME):
            setattr(self.node, _USAGE_NAME, True)
            return self.node
        return _parsed_alone(self.lines, self.first)

    def declared_types(self) -> dict[str, str]:
        """Source text of the annotation of each annotated entry."""
        return {name: ast.unparse(node) for name, node in self.annotations().items()}

    def annotations(self) -> dict[str, ast.expr]:
        """The syntax tree of the annotation of each annotated entry."""
        node = (
            _parsed_alone(self.lines, self.first) if hasattr(self.node, _USAGE_NAME) else self.node
        )
        return {
            statement.target.id: statement.annotation
            for statement in own_statements(node)
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        }

    def declared_bools(self) -> frozenset[str]:
        """The names of the entries that are annotated as bool."""
        if not self.says("bool"):
            return frozenset()
        declared = self.declared_types().items()
        return frozenset(name for name, annotation in declared if declares_bool(annotation))

    def plain_lines(self) -> dict[str, int] | None:
        """Return the line of each entry, if each is assigned once by a plain statement.

        Returns:
            None if there are blocks, other statements, or names that are bound again.
        """
        lines: dict[str, int] = {}
        if self.says(":="):
            return None
        for node in self.node.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)]):
                    pass
                case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                    pass
                case ast.Expr():
                    continue  # the docstring, a call
                case _:
                    return None
            if name in lines:
                return None
            lines[name] = node.lineno
        return lines

    def docs(self) -> dict[str, str]:
        """The comment of each assigned name: at the end of its line, or directly above it."""
        if not self.says("#"):
            return {}
        statements = list(own_statements(self.node))
        comments = _Comments(self.lines, self.first, statements)
        docs: dict[str, str] = {}
        for node in statements:
            names = list(_assigned_names(node))
            if not names:
                continue
            text = comments.at_end_of(node) or comments.above(node)
            for name in names if text else ():
                docs.setdefault(name, text)
        return docs


class _Comments:
    """The comments of a function, found with the help of its statements: much faster than
    splitting all of it into tokens, and as safe, for strings are parts of statements.
    """

    def __init__(self, lines: Sequence[str], first: int, statements: list[ast.stmt]) -> None:
        self._lines = lines
        self._first = first
        self._ignored = [re.compile(pattern) for pattern in SETTINGS.CONFIG.IGNORED_COMMENTS]
        #: Where the last statement of each line ends.
        self._ends: dict[int, int] = {}
        #: Lines of statements over several lines: what looks like a comment may be a string.
        self._inside: set[int] = set()
        for node in statements:
            line, column = node.end_lineno or node.lineno, node.end_col_offset or 0
            self._ends[line] = max(column, self._ends.get(line, 0))
            if line != node.lineno and not hasattr(node, "body") and not hasattr(node, "cases"):
                self._inside.update(range(node.lineno, line + 1))

    def _text(self, comment: str) -> str:
        text = comment.lstrip("#").strip()
        return "" if any(pattern.match(text) for pattern in self._ignored) else text

    def at_end_of(self, node: ast.stmt) -> str:
        number = node.end_lineno or node.lineno
        line = self._lines[number - self._first]
        if "#" not in line:
            return ""
        # Columns of syntax trees count bytes.
        rest = line.encode()[self._ends[number] :].decode().lstrip("; \t")
        return self._text(rest) if rest.startswith("#") else ""

    def above(self, node: ast.stmt) -> str:
        texts: list[str] = []
        number = node.lineno - 1
        while number > self._first and number not in self._inside:
            line = self._lines[number - self._first].strip()
            if not line.startswith("#"):
                break
            texts.append(self._text(line))
            number -= 1
        return " ".join(text for text in reversed(texts) if text)


def _assigned_names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from bound_names(target)
    elif isinstance(node, ast.AnnAssign):
        yield from bound_names(node.target)


def bound_names(target: ast.expr | None) -> Iterator[str]:
    """Return the names that an assignment to `target` binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Starred):
        yield from bound_names(target.value)
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from bound_names(element)


def own_statements(function: FunctionNode) -> Iterator[ast.stmt]:
    """Return the statements of a function in order, without nested functions and classes."""
    pending: list[Any] = function.body[::-1]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, FunctionNode | ast.ClassDef):
            blocks = (getattr(node, name, ()) for name in _BLOCKS)
            pending.extend(reversed([inner for block in blocks for inner in block]))


def own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """Return all nodes of a function's body in order, without inner functions and classes."""
    pending: list[ast.AST] = list(reversed(function.body))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, FunctionNode | ast.ClassDef | ast.Lambda):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))


def _parsed_alone(lines: Sequence[str], first: int) -> FunctionNode:
    # The text is moved to where it stands in the file, and an indented block needs
    # something to belong to.
    header = "if 1:\n" if lines[0][:1].isspace() else "\n"
    text = "\n" * (first - 2) + header if first > 1 else ""
    [node] = ast.parse(text + "".join(lines)).body
    function = node.body[0] if isinstance(node, ast.If) else node
    assert isinstance(function, FunctionNode)
    return function


def find_source(function: FunctionType) -> ScopeSource:
    """Find the source of a function.

    Raises:
        ConfigError: there is no source, or it no longer matches the function.
        SyntaxError: the body holds ``return`` or ``yield``.
        TypeError: the function is a lambda expression.
    """
    code = function.__code__
    if code.co_name == "<lambda>":
        raise TypeError("a lambda expression cannot be a ConfigScope: its variables have no names")
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if not lines:
        raise _no_source(function, "there is no source text")
    node = _index(code.co_filename, lines).get((code.co_name, code.co_firstlineno))
    if node is None:
        node = _from_block(function, lines)
    end = node.end_lineno or node.lineno
    source = ScopeSource(
        filename=code.co_filename,
        node=node,
        lines=lines[node.lineno - 1 : end],
        first=node.lineno,
    )
    _check_body(source)
    return source


def _no_source(function: FunctionType, problem: str) -> ConfigError:
    code = function.__code__
    return ConfigError(
        f"Cannot read the source of config scope {code.co_name!r} "
        f'("{code.co_filename}", line {code.co_firstlineno}): {problem}. '
        "Define the scope in a file or a notebook cell, or use add_config() with a dict.",
        filter_traceback="always",
    )


def _index(filename: str, lines: list[str]) -> Index:
    """All functions of a file by name and first line (that of the first decorator)."""
    known = _files.get(filename)
    if known is not None and (known[0] is lines or known[0] == lines):
        return known[1]
    try:
        index = _functions(ast.parse("".join(lines)))
    except (SyntaxError, ValueError):
        index = {}  # the function is part of a document, a notebook, a template, ...
    while len(_files) >= _MAX_FILES:
        _files.pop(next(iter(_files)), None)
    _files[filename] = lines, index
    return index


def _functions(tree: ast.AST) -> Index:
    found: Index = {}
    # Functions are statements, so expressions, which most of a tree is, are passed over.
    pending: list[Any] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, FunctionNode):
            first = min(part.lineno for part in (node, *node.decorator_list))
            found.setdefault((node.name, first), node)
        for name in _BLOCKS:
            pending.extend(getattr(node, name, ()))
    return found


def _from_block(function: FunctionType, lines: list[str]) -> FunctionNode:
    """Parse the lines of the function alone, where the file as a whole is not Python."""
    code = function.__code__
    above = code.co_firstlineno - 1
    try:
        block = inspect.getblock(lines[above:])
        # An indented block needs something to belong to; dedenting it would change
        # strings that go over several lines.
        header = "if 1:\n" if block[0][:1].isspace() else ""
        tree = ast.parse(header + "".join(block))
    except (SyntaxError, ValueError, IndexError, tokenize.TokenError):
        raise _no_source(function, "the text at that place is not the function") from None
    ast.increment_lineno(tree, above - header.count("\n"))
    node = _functions(tree).get((code.co_name, code.co_firstlineno))
    if node is None:
        raise _no_source(function, "the text at that place is not the function")
    return node


def _check_body(source: ScopeSource) -> None:
    if not source.says("return", "yield"):
        return
    for node in own_nodes(source.node):
        if isinstance(node, ast.Return):
            what = "return"
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            what = "yield"
        else:
            continue
        line = source.lines[node.lineno - source.first]
        raise ScopeSyntaxError(
            f"No {what} statements allowed in ConfigScopes "
            f'("{source.filename}", line {node.lineno})',
            (source.filename, node.lineno, node.col_offset + 1, line),
        )
