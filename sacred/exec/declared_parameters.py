"""Declared parameters of a program: types, choices, ranges, defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sacred._base.frozen import Frozen
from sacred._base.paths import set_by_dotted_path
from sacred._base.text import did_you_mean
from sacred.config.typed_entries import as_entry, unmarked
from sacred.runs.errors import ProgramError, UsageError

__all__ = [
    "Parameter",
    "checked_updates",
    "defaults_of",
    "parameters_in_schema",
    "parameters_in_table",
]

#: Name of a type → a value of it, and what Python calls it.
_TYPES: dict[str, tuple[Any, tuple[type, ...]]] = {
    "int": (0, (int,)),
    "float": (0.0, (int, float)),
    "str": ("", (str,)),
    "bool": (False, (bool,)),
    "list": ([], (list,)),
    "dict": ({}, (dict,)),
}
_OF_SCHEMA = {
    "integer": "int",
    "number": "float",
    "string": "str",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}
_KEYS = ("type", "default", "choices", "min", "max", "help")


class Parameter(Frozen):
    """A declared parameter.

    Args:
        path: its name, with dots for groups.
        type: one of ``int``, ``float``, ``str``, ``bool``, ``list``, ``dict``; None: any.
        default: the default; None if the parameter must be given.
        choices: the allowed values; empty for any.
        min: the smallest allowed number; None for any.
        max: the largest allowed number; None for any.
        help: a description.
    """

    path: str
    type: str | None = None
    default: Any = None
    choices: tuple[Any, ...] = ()
    min: float | None = None
    max: float | None = None
    help: str = ""

    def fitted(self, value: Any) -> Any:
        """Convert a value to the declared type; for a bool, ``no`` is False.

        Raises:
            ValueError: the value does not fit; the message says why.
        """
        if self.type is not None:
            sample, classes = _TYPES[self.type]
            value = as_entry(value, sample)
            is_bool = isinstance(value, bool) and self.type != "bool"
            if is_bool or not isinstance(value, classes):
                raise ValueError(f"{value!r} is no {self.type}")
            value = float(value) if self.type == "float" else value  # type: ignore[arg-type]
        value = unmarked(value)
        if self.choices and value not in self.choices:
            raise ValueError(f"{value!r} is none of {', '.join(map(repr, self.choices))}")
        if self.min is not None and value < self.min:
            raise ValueError(f"{value!r} is less than {self.min!r}")
        if self.max is not None and value > self.max:
            raise ValueError(f"{value!r} is more than {self.max!r}")
        return value

    def __str__(self) -> str:
        """For lists: ``n: int = 3 (1, 2, 3)  number of steps``."""
        kind = f": {self.type}" if self.type else ""
        default = "" if self.default is None else f" = {self.default!r}"
        choices = f" ({', '.join(map(repr, self.choices))})" if self.choices else ""
        return f"{self.path}{kind}{default}{choices}{f'  {self.help}' if self.help else ''}"


def parameters_in_table(table: Mapping[str, Any], where: str, group: str = "") -> list[Parameter]:
    """Return the parameters that a table of a project file declares.

    Args:
        table: names with default values, or with ``{type = "int", default = 3, ...}``; another
            table is a group.
        where: the place of the table, for messages.
        group: put before the names, with a dot.

    Raises:
        ProgramError: a declaration has a mistake.
    """
    found: list[Parameter] = []
    for name, value in table.items():
        path = f"{group}{name}"
        if not isinstance(value, Mapping):
            found.append(Parameter(path=path, type=_type_of(value), default=value))
        elif {"type", "default", "choices"} & value.keys():
            found.append(_declared(path, value, where))
        else:
            found += parameters_in_table(value, where, f"{path}.")
    return found


def _declared(path: str, value: Mapping[str, Any], where: str) -> Parameter:
    for key in value:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS)
            raise ProgramError(
                f"{where}: the parameter {path!r} has a key {key!r}. {hint}".rstrip()
            )
    kind = value.get("type", _type_of(value.get("default")))
    if kind is not None and kind not in _TYPES:
        known = ", ".join(_TYPES)
        raise ProgramError(f"{where}: the type of {path!r} is {kind!r}, and none of {known}")
    given = {**value, "type": kind, "choices": tuple(value.get("choices", ()))}
    return _with_fitting_default(Parameter(path=path, **given), where)


def _with_fitting_default(parameter: Parameter, where: str) -> Parameter:
    try:
        if parameter.default is not None:
            parameter.fitted(parameter.default)
    except (ValueError, TypeError) as error:
        raise ProgramError(f"{where}: the default of {parameter.path!r}: {error}") from error
    return parameter


def _type_of(value: Any) -> str | None:
    if isinstance(value, bool):
        return "bool"
    return next((name for name, (_, known) in _TYPES.items() if type(value) in known), None)


def parameters_in_schema(
    schema: Mapping[str, Any], where: str, group: str = ""
) -> Iterator[Parameter]:
    """Yield the parameters that a JSON Schema describes.

    It uses ``properties``, ``type``, ``default``, ``enum``, ``minimum``, ``maximum`` and
    ``description``, and ignores other keywords.

    Args:
        schema: of an object.
        where: the place of the schema, for messages.
        group: put before the names, with a dot.

    Raises:
        ProgramError: a default does not fit.
    """
    properties = schema.get("properties")
    for name, found in (properties if isinstance(properties, Mapping) else {}).items():
        path = f"{group}{name}"
        if isinstance(found, Mapping) and isinstance(found.get("properties"), Mapping):
            yield from parameters_in_schema(found, where, f"{path}.")
        elif isinstance(found, Mapping):
            kind = found.get("type")
            parameter = Parameter(
                path=path,
                type=_OF_SCHEMA.get(kind) if isinstance(kind, str) else None,
                default=found.get("default"),
                choices=tuple(found.get("enum", ())),
                min=found.get("minimum"),
                max=found.get("maximum"),
                help=str(found.get("description", "")),
            )
            yield _with_fitting_default(parameter, where)


def checked_updates(
    parameters: Iterable[Parameter], updates: Mapping[str, Any], program: str
) -> dict[str, Any]:
    """Return updates with values that fit the declared parameters.

    Args:
        parameters: of the program.
        updates: nested, as the user gave them.
        program: its name, for messages.

    Returns:
        values by dotted paths.

    Raises:
        UsageError: parameters are unknown, missing, or do not fit; all of them are named.
    """
    known = {parameter.path: parameter for parameter in parameters}
    problems, found = [], {}
    for path, value in _entries(updates, known):
        if path == "seed" and path not in known:
            found[path] = value
        elif path not in known:
            hint = did_you_mean(path, known) or f"There are {', '.join(known) or 'none'}."
            problems.append(f"{program} has no parameter {path!r}. {hint}")
        else:
            try:
                found[path] = known[path].fitted(value)
            except (ValueError, TypeError) as error:
                problems.append(f"{path}: {error}")
    missing = [path for path, row in known.items() if row.default is None and path not in found]
    if missing and not problems:
        values = " ".join(f"{path}=..." for path in missing)
        problems.append(f"{program} needs {', '.join(missing)}: with {values}")
    if problems:
        raise UsageError("\n  ".join(problems))
    return found


def _entries(
    updates: Mapping[str, Any], known: Mapping[str, Parameter], group: str = ""
) -> Iterator[tuple[str, Any]]:
    """Return the updates by path; the value of a parameter may itself be a dict."""
    for key, value in updates.items():
        path = f"{group}{key}"
        if path not in known and isinstance(value, dict) and value:
            yield from _entries(value, known, f"{path}.")
        else:
            yield path, value


def defaults_of(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return the default values, nested."""
    found: dict[str, Any] = {}
    for row in parameters:
        if row.default is not None:
            set_by_dotted_path(found, row.path, row.default)
    return found
