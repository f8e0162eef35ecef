"""Instances of declared records, for captured functions whose annotations ask for them."""

from __future__ import annotations

import builtins
import copy
from collections.abc import Callable, Mapping
from typing import Any

from sacred._base.errors import ConfigTypeError
from sacred._base.paths import join_paths
from sacred.config.declared.declaration import MISSING, Declaration, WrongValue
from sacred.config.declared.from_annotation import declaration_of
from sacred.config.declared.record_types import Record
from sacred.config.read_only import with_secrets

__all__ = ["asked_instances"]


def asked_instances(
    function: Any,
    config: Mapping[str, Any],
    path: str,
    find: Callable[[str], Declaration | None],
) -> dict[str, Any]:
    """Make the instances that a function gets in place of dicts.

    Args:
        function: the captured function.
        config: the part of the configuration that it sees.
        path: of that part.
        find: finds the declaration of an entry by its path; the empty path is the whole.

    Returns:
        the instances by name of the parameter; each function gets its own.

    Raises:
        ConfigTypeError: a class does not accept the values.
    """
    made: dict[str, Any] = {}
    for name, annotation in _annotations(function).items():
        if name not in function.signature.arguments:
            continue
        full = path if name == "_config" else join_paths(path, name)
        value = config if name == "_config" else config.get(name)
        if value is None:
            continue
        declared = find(full)
        if declared is None or declared.records.isdisjoint(_records(function, annotation)):
            continue
        if isinstance(declared, Record) and isinstance(value, Mapping):
            value = {key: item for key, item in value.items() if key in declared.fields}
        if declared.accepts(value):
            made[name] = _instance(declared, value, full)
    return made


def _annotations(function: Any) -> Mapping[str, Any]:
    try:
        return function.__annotations__ or {}
    except Exception:  # from Python 3.14 on, they are evaluated here
        return {}


def _records(function: Any, annotation: Any) -> frozenset[Any]:
    known = {**vars(builtins), **getattr(function.__wrapped__, "__globals__", {})}
    try:
        return declaration_of(annotation, known).records
    except Exception:  # of a name that is imported for type checkers only
        return frozenset()


def _instance(declared: Declaration, value: Any, path: str) -> Any:
    try:
        return declared.instance(copy.deepcopy(with_secrets(value)))
    except Exception as error:
        problem = f"{declared.name}: {error}"
        raise ConfigTypeError(
            [WrongValue(path, MISSING, declared.name, problem=problem)]
        ) from error
