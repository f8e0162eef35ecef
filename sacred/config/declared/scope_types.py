"""The declared types of a config scope: its annotations, evaluated when they are needed."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Any

from sacred.config.declared.declaration import Declaration, untyped
from sacred.config.declared.from_annotation import declaration_of

__all__ = ["scope_declarations"]


def scope_declarations(
    function: FunctionType, annotations: Mapping[str, ast.expr], names: Iterable[str]
) -> tuple[dict[str, Declaration], list[str]]:
    """Evaluate annotations of a config scope.

    Python itself never evaluates annotations of local variables. So if one cannot be evaluated,
    that is not an error: its entry is just not typed.

    Args:
        function: the scope.
        annotations: syntax trees of the annotations of its entries.
        names: the names of the entries that are wanted.

    Returns:
        the declarations by name, and remarks about entries that are not typed.
    """
    known = {**vars(builtins), **function.__globals__, **_closure(function)}
    found: dict[str, Declaration] = {}
    notes: list[str] = []
    for name in names:
        if name not in annotations:
            continue
        code = compile(ast.Expression(annotations[name]), function.__code__.co_filename, "eval")
        try:
            found[name] = declaration_of(eval(code, known), known)
        except Exception as error:
            notes.append(untyped(name, f"its annotation: {type(error).__name__}: {error}"))
    return found, notes


def _closure(function: FunctionType) -> dict[str, Any]:
    closure: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            closure[name] = cell.cell_contents
        except ValueError:  # not set yet
            pass
    return closure
