"""What the board may launch: the experiments and programs that a project file names.

::

    [experiments.train]
    script = "train.py"          # a path, from the project file
    command = "main"             # default: that of the script
    help = "a small network"
    python = ".venv/bin/python"  # default: the interpreter of the board

Programs are those of `sacred.exec.declared_programs`, with their parameters.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from sacred._base.text import did_you_mean
from sacred.app.project import Project
from sacred.exec.declared_parameters import Parameter
from sacred.exec.declared_programs import declared_program
from sacred.queue.launching import Launchable
from sacred.runs.errors import ProgramError

__all__ = ["launchables_of"]

_KEYS = ("script", "command", "help", "python")
_COMMAND = re.compile(r"[^\W\d][\w.]*")
_JSON_TYPES = {
    "int": "integer", "float": "number", "str": "string", "bool": "boolean", "list": "array",
    "dict": "object",
}  # fmt: skip


def launchables_of(project: Project | None) -> dict[str, Launchable]:
    """Return what a project names, by name; an experiment wins over a program of the same name.

    Args:
        project: None if there is no project; then nothing can be launched.

    Raises:
        ProgramError: there is a mistake in the project file.
    """
    if project is None:
        return {}
    file = str(project.path)
    found = {name: _program(name, table, file) for name, table in project.programs.items()}
    return found | {name: _experiment(name, one, file) for name, one in project.experiments.items()}


def _experiment(name: str, content: Any, file: str) -> Launchable:
    where = f"{file}: the experiment {name!r}"
    table = {"script": content} if isinstance(content, str) else content
    if not isinstance(table, Mapping) or not isinstance(table.get("script"), str):
        raise ProgramError(f'{where} needs a script: [experiments.{name}] and script = "train.py"')
    for key, value in table.items():
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS)
            raise ProgramError(f"{where}: unknown key {key!r}. {hint}".rstrip())
        if not isinstance(value, str):
            raise ProgramError(f"{where}: {key} must be a text, not {value!r}")
    directory = os.path.dirname(file)
    script = os.path.join(directory, table["script"])
    if not os.path.isfile(script):
        raise ProgramError(f"{where}: there is no {script}")
    command = table.get("command", "")
    if command and not _COMMAND.fullmatch(command):
        raise ProgramError(f"{where}: {command!r} is no name of a command")
    python = os.path.join(directory, table["python"]) if "python" in table else sys.executable
    words = (python, script)
    return Launchable(
        name=name,
        kind="experiment",
        directory=directory,
        queueing=(*words, "--queue", *([command] if command else [])),
        asking=(*words, "print_config", "--schema"),
        help=table.get("help", ""),
    )


def _program(name: str, content: Any, file: str) -> Launchable:
    program = declared_program(name, content, file)
    return Launchable(
        name=name,
        kind="program",
        directory=program.directory,
        queueing=(sys.executable, "-m", "sacred", "exec", "--queue", "--quiet", name),
        schema=_schema(program.parameters or ()),
        help=program.help,
    )


def _schema(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return declared parameters as a JSON Schema; groups are paths with dots."""
    root: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for row in parameters:
        place = root
        *groups, name = row.path.split(".")
        for group in groups:
            empty = {"type": "object", "properties": {}}
            place = place["properties"].setdefault(group, empty)
        known = {
            "type": _JSON_TYPES.get(row.type or ""),
            "default": row.default,
            "enum": list(row.choices) or None,
            "minimum": row.min,
            "maximum": row.max,
            "description": row.help or None,
        }
        entry = {key: value for key, value in known.items() if value is not None}
        place["properties"][name] = entry
        if row.default is None:
            place.setdefault("required", []).append(name)
    return root
