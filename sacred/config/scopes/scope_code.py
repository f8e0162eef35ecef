"""Turn the source of a config scope into a function that obeys fixed values.

After each statement that binds a name of the scope, another statement is inserted, which
asks a helper for the value that counts. So

    a = 10
    b = [a * i for i in range(3)]

becomes, with the line numbers unchanged,

    a = 10
    a = helper("a", a)
    b = [a * i for i in range(3)]
    b = helper("b", b)
    helper.leave()

The body remains the body of a real function: comprehensions, lambdas and
nested functions see its variables, with every Python version.
"""

from __future__ import annotations
import __future__

import ast
import functools
import operator
from collections.abc import Iterable, Sequence
from types import CodeType, FunctionType
from typing import Any

from sacred.config.scopes.scope_locals import may_set_by_name, route_calls
from sacred.config.scopes.scope_source import FunctionNode, ScopeSource, bound_names, own_statements

__all__ = ["HELPER", "build_function", "entry_names"]

#: Name of the parameter that takes the helper.
HELPER = "__sacred_helper__"
_FACTORY = "__sacred_factory__"

_FUTURE_FLAGS = functools.reduce(
    operator.or_,
    (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names),
)


def build_function(function: FunctionType, source: ScopeSource, asks: bool = True) -> FunctionType:
    """Build the function that runs in place of `function`.

    Args:
        function: the user's function.
        source: its source.
        asks: whether the helper is called at each assignment, or only at the end.

    Returns:
        a function with the same globals and closure. Its parameters must be passed
        by keyword, and so must the helper (see `HELPER`).
    """
    node = _transform(source, asks, entry_names(function.__code__))
    free_names = function.__code__.co_freevars
    module = ast.Module(body=[_enclose(node, free_names)], type_ignores=[])
    flags = function.__code__.co_flags & _FUTURE_FLAGS
    compiled = compile(module, source.filename, "exec", flags=flags, dont_inherit=True)
    code = _find_code(compiled, node.name, node.lineno)
    cells = dict(zip(free_names, function.__closure__ or (), strict=True))
    closure = tuple(cells[name] for name in code.co_freevars)
    made = FunctionType(code, function.__globals__, function.__name__, None, closure)
    made.__qualname__ = function.__qualname__
    made.__module__ = function.__module__
    return made


def entry_names(code: CodeType) -> tuple[str, ...]:
    """Return the names of a scope's own variables, without those of enclosing functions."""
    own = dict.fromkeys((*code.co_varnames, *code.co_cellvars))
    return tuple(name for name in own if name != HELPER)


def _enclose(node: FunctionNode, free_names: Sequence[str]) -> ast.stmt:
    """Put the function into another one that has the variables it shares with outside."""
    if not free_names:
        return node
    factory = ast.parse(f"def {_FACTORY}({', '.join(free_names)}): pass").body[0]
    assert isinstance(factory, ast.FunctionDef)
    factory.body = [node]
    return ast.copy_location(factory, node)


def _find_code(code: CodeType, name: str, line: int) -> CodeType:
    for constant in code.co_consts:
        if not isinstance(constant, CodeType):
            continue
        if constant.co_name == name and constant.co_firstlineno == line:
            return constant
        if constant.co_name == _FACTORY:
            return _find_code(constant, name, line)
    raise AssertionError(f"{name} is not in the code compiled from it")


def _transform(source: ScopeSource, asks: bool, own_names: Sequence[str]) -> FunctionNode:
    sets_by_name = may_set_by_name(source)
    node = source.fresh_node()
    arguments = node.args
    names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    place = _Place(node)
    node.args = ast.arguments(
        posonlyargs=[],
        args=[],
        kwonlyargs=[place.arg(name) for name in (*(a.arg for a in names), HELPER)],
        kw_defaults=[None] * (len(names) + 1),
        defaults=[],
    )
    node.decorator_list = []
    node.returns = None
    if hasattr(node, "type_params"):
        node.type_params = []
    last = _Place(node.body[-1])
    if asks:
        binder = _Binder(_declared_elsewhere(node), any_walrus=source.says(":="))
        node.body = [made for statement in node.body for made in binder.statements(statement)]
    if sets_by_name:
        route_calls(node, HELPER, own_names)
    node.body.append(last.expression(last.call_method("leave")))
    return node


def _declared_elsewhere(node: FunctionNode) -> set[str]:
    return {
        name
        for statement in own_statements(node)
        if isinstance(statement, ast.Global | ast.Nonlocal)
        for name in statement.names
    }


_LOAD = ast.Load()
_STORE = ast.Store()


class _Place:
    """Makes nodes that stand where another one does."""

    def __init__(self, node: ast.stmt | ast.expr) -> None:
        self._at: dict[str, Any] = {
            "lineno": node.lineno,
            "col_offset": node.col_offset,
            "end_lineno": node.end_lineno,
            "end_col_offset": node.end_col_offset,
        }

    def arg(self, name: str) -> ast.arg:
        return ast.arg(arg=name, **self._at)

    def name(self, name: str) -> ast.Name:
        return ast.Name(id=name, ctx=_LOAD, **self._at)

    def constant(self, value: str) -> ast.Constant:
        return ast.Constant(value=value, **self._at)

    def ask(self, name: str, value: ast.expr) -> ast.Call:
        arguments = [self.constant(name), value]
        return ast.Call(func=self.name(HELPER), args=arguments, keywords=[], **self._at)

    def call_method(self, method: str, *arguments: ast.expr) -> ast.Call:
        function = ast.Attribute(value=self.name(HELPER), attr=method, ctx=_LOAD, **self._at)
        return ast.Call(func=function, args=list(arguments), keywords=[], **self._at)

    def assign(self, name: str, value: ast.expr) -> ast.Assign:
        target = ast.Name(id=name, ctx=_STORE, **self._at)
        return ast.Assign(targets=[target], value=value, **self._at)

    def expression(self, value: ast.expr) -> ast.Expr:
        return ast.Expr(value=value, **self._at)

    def only_if(self, test: ast.expr, then: ast.stmt) -> ast.If:
        return ast.If(test=test, body=[then], orelse=[], **self._at)


class _Binder(ast.NodeTransformer):
    """Puts the questions to the helper where names are bound."""

    def __init__(self, not_ours: set[str], any_walrus: bool) -> None:
        self._not_ours = not_ours
        self._any_walrus = any_walrus

    def statements(self, statement: ast.stmt) -> list[ast.stmt]:
        made = self.visit(statement)
        return made if isinstance(made, list) else [made]

    def _ask(self, names: Iterable[str], where: ast.stmt) -> list[ast.stmt]:
        place = _Place(where)
        return [
            place.assign(name, place.ask(name, place.name(name)))
            for name in dict.fromkeys(names)
            if name not in self._not_ours
        ]

    def _defined(self, names: Iterable[str], where: ast.stmt) -> list[ast.stmt]:
        """As `_ask`, for names that are no entries: of what is imported or defined."""
        place = _Place(where)
        return [
            place.assign(name, place.call_method("defined", place.constant(name), place.name(name)))
            for name in dict.fromkeys(names)
            if name not in self._not_ours
        ]

    def _bound_after(self, node: Any, names: Iterable[str]) -> list[ast.stmt]:
        if self._any_walrus:  # nothing else inside of such a statement binds names
            self.generic_visit(node)
        return [node, *self._ask(names, node)]

    # ------------------------------------------- names bound by the statement

    def visit_Assign(self, node: ast.Assign) -> Any:
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, ast.Name) and not self._any_walrus:
            # The most frequent kind, without a second statement.
            if target.id not in self._not_ours:
                node.value = _Place(node).ask(target.id, node.value)
            return node
        return self._bound_after(node, [n for target in node.targets for n in bound_names(target)])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return self._bound_after(node, bound_names(node.target) if node.value else ())

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        return self._bound_after(node, bound_names(node.target))

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> Any:
        names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        return [node, *self._defined(names, node)]

    visit_ImportFrom = visit_Import

    def visit_TypeAlias(self, node: Any) -> Any:
        return [node, *self._ask([node.name.id], node)]

    def visit_Delete(self, node: ast.Delete) -> Any:
        """A deleted name that is fixed comes back."""
        made: list[ast.stmt] = [node]
        for name in (n for target in node.targets for n in bound_names(target)):
            if name in self._not_ours:
                continue
            place = _Place(node)
            again = place.assign(name, place.call_method("again", place.constant(name)))
            test = place.call_method("deleted", place.constant(name))
            made.append(place.only_if(test, again))
        return made

    # ----------------------------------------- names bound before a block runs

    def _bound_before(self, node: Any, names: Iterable[str]) -> Any:
        asked = self._ask(names, node)
        self.generic_visit(node)
        node.body = [*asked, *node.body]
        return node

    def visit_For(self, node: ast.For | ast.AsyncFor) -> Any:
        return self._bound_before(node, bound_names(node.target))

    visit_AsyncFor = visit_For

    def visit_With(self, node: ast.With | ast.AsyncWith) -> Any:
        names = [n for item in node.items for n in bound_names(item.optional_vars)]
        return self._bound_before(node, names)

    visit_AsyncWith = visit_With

    def visit_Match(self, node: ast.Match) -> Any:
        for case in node.cases:
            captures = [_captured(part) for part in ast.walk(case.pattern)]
            asked = self._ask([name for name in captures if name], case.body[0])
            self.generic_visit(case)
            case.body = [*asked, *case.body]
        node.subject = self.visit(node.subject)
        return node

    # ------------------------------------------------------------- elsewhere

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        self.generic_visit(node)
        if node.target.id not in self._not_ours:
            node.value = _Place(node.value).ask(node.target.id, node.value)
        return node

    def _definition(self, node: Any) -> Any:
        """A function or class: its name is ours, its body is not."""
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        if isinstance(node, FunctionNode):
            self._defaults(node.args)
        return [node, *self._defined([node.name], node)]

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _definition

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        self._defaults(node.args)
        return node

    def _defaults(self, arguments: ast.arguments) -> None:
        # They are worked out in the scope, not in the function.
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        arguments.kw_defaults = [d and self.visit(d) for d in arguments.kw_defaults]


def _captured(pattern: ast.AST) -> str | None:
    if isinstance(pattern, ast.MatchAs | ast.MatchStar):
        return pattern.name
    return pattern.rest if isinstance(pattern, ast.MatchMapping) else None
