"""Config scopes that set variables by ``locals()``, ``vars()`` or ``exec``.

Python lets a function read its variables this way, but not set them. In such a scope, the
calls return a dict that sets entries; names that no statement binds are looked up in it, and names
that a statement binds are set again after each statement. Scopes without these calls are not
changed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sacred.config.scopes.scope_source import FunctionNode, ScopeSource

__all__ = ["ScopeLocals", "may_set_by_name", "route_calls"]

_CALLS = {"locals": 0, "vars": 0, "exec": 1}  # by number of arguments
_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")
# Their code has variables of its own.
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class ScopeLocals(dict[str, Any]):
    """The result of ``locals()`` in a scope: what is assigned to it becomes an entry.

    Args:
        variables: the variables so far.
        assign: sets an entry and returns the value that counts.
        remove: removes an entry.
    """

    def __init__(
        self,
        variables: Mapping[str, Any],
        assign: Callable[[str, Any], Any],
        remove: Callable[[str], None],
    ) -> None:
        super().__init__(variables)
        self._assign = assign
        self._remove = remove

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, self._assign(name, value))

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._remove(name)

    def update(self, *others: Any, **values: Any) -> None:
        """Set several variables.

        Args:
            *others: at most one mapping, or pairs of name and value.
            **values: further variables.
        """
        for name, value in dict(*others, **values).items():
            self[name] = value

    def __ior__(self, other: Any) -> ScopeLocals:  # type: ignore[override,misc]
        self.update(other)
        return self

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return a variable; if it is not set, set it to the default first.

        Args:
            name: the name of the variable.
            default: the value if it is not set (default: None).
        """
        if name not in self:
            self[name] = default
        return self[name]

    def pop(self, name: str, *default: Any) -> Any:
        """Remove a variable and return its value.

        Args:
            name: the name of the variable.
            *default: the result if it is not set.

        Raises:
            KeyError: the variable is not set, and there is no default.
        """
        value = super().pop(name, *default)
        self._remove(name)
        return value


def may_set_by_name(source: ScopeSource) -> bool:
    """Whether the scope calls one of the functions that set variables by name."""
    if not source.says(*_CALLS):
        return False
    return any(_is_call(node) for node in ast.walk(source.node))


def _is_call(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _CALLS.get(name) == len(arguments)
    return False


def route_calls(node: FunctionNode, helper: str, own_names: Collection[str]) -> None:
    """Change a scope, in place, so that its calls set variables.

    Args:
        node: the scope.
        helper: the name of the variable with the helper, see `config_scope`.
        own_names: the names of the variables that its statements bind.
    """
    bound = {*own_names, *_names_bound_inside(node)}
    names = _Names(helper, bound)
    node.body = [names.visit(statement) for statement in node.body]
    _after_each_statement(node, helper, sorted(own_names))


def _names_bound_inside(node: FunctionNode) -> set[str]:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not _is_read(n)}
    arguments = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    return names | arguments


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


class _Names(ast.NodeTransformer):
    """Leads the calls, and names that nothing binds, to the helper."""

    def __init__(self, helper: str, bound: Collection[str]) -> None:
        self._helper = helper
        self._bound = bound
        self._depth = 0

    def visit(self, node: ast.AST) -> Any:
        inner = isinstance(node, _INNER)
        self._depth += inner
        try:
            return super().visit(node)
        finally:
            self._depth -= inner

    def _expression(self, text: str, at: ast.expr) -> ast.expr:
        made = ast.parse(text, mode="eval").body
        for part in ast.walk(made):
            if isinstance(part, ast.expr):
                ast.copy_location(part, at)
        return made

    def visit_Call(self, node: ast.Call) -> Any:
        if self._depth or not _is_call(node):
            return self.generic_visit(node)
        assert isinstance(node.func, ast.Name)
        method = "exec" if node.func.id == "exec" else "locals"
        node.func = self._expression(f"{self._helper}.{method}", node.func)
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id in self._bound or not _is_read(node):
            return node
        known = f"{self._helper}.is_set({node.id!r})"
        return self._expression(
            f"{self._helper}.again({node.id!r}) if {known} else {node.id}", node
        )


def _after_each_statement(node: Any, helper: str, names: Collection[str]) -> None:
    for block in _BLOCKS:
        inner = getattr(node, block, None)
        if not isinstance(inner, list) or not inner:
            continue
        if block in ("handlers", "cases"):
            for part in inner:
                _after_each_statement(part, helper, names)
            continue
        statements: list[ast.stmt] = []
        for statement in inner:
            if not isinstance(statement, _INNER):
                _after_each_statement(statement, helper, names)
            statements.append(statement)
            statements.extend(_take_over(statement, helper, names))
        setattr(node, block, statements)


def _take_over(statement: ast.stmt, helper: str, names: Collection[str]) -> list[ast.stmt]:
    if not names or isinstance(statement, ast.Break | ast.Continue | ast.Raise):
        return []
    lines = [f" if {helper}.is_due({name!r}): {name} = {helper}.again({name!r})" for name in names]
    made = ast.parse("\n".join([f"if {helper}.due:", *lines])).body
    for part in made:
        for inner in ast.walk(part):
            if isinstance(inner, ast.stmt | ast.expr):
                ast.copy_location(inner, statement)
    return made
