r"""The programs that a project file declares::

[programs.train]
command = "./train --lr {lr}"        # or a list of words
metrics = ['loss: loss=(\S+)']
outputs = ["*.bin"]

[programs.train.parameters]
lr = 0.1
n = {type = "int", default = 3, choices = [1, 2, 3], help = "number of steps"}
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from typing import Any, cast

from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean
from sacred.exec.declared_parameters import Parameter, parameters_in_schema, parameters_in_table
from sacred.exec.request import ARG_STYLES, ArgStyle
from sacred.runs.errors import ProgramError

__all__ = ["DeclaredProgram", "declared_program"]

_TEXTS = ("help", "arg-style", "config-file", "schema")
_LISTS = ("metrics", "metrics-files", "inputs", "outputs")
_KEYS = ("command", "parameters", *_TEXTS, *_LISTS)


class DeclaredProgram(Frozen):
    """A program of a project.

    Args:
        name: the name of the program.
        words: program and arguments.
        directory: of the project; the program runs there.
        parameters: the declared ones; None: any are accepted.
        arg_style: see `ExecRequest`, also for the next ones.
        config_file: likewise.
        metrics: likewise, as strings.
        metrics_files: likewise.
        inputs: likewise.
        outputs: likewise.
        help: what it is for.
    """

    name: str
    words: tuple[str, ...]
    directory: str
    parameters: tuple[Parameter, ...] | None = None
    arg_style: ArgStyle | None = None
    config_file: str | None = None
    metrics: tuple[str, ...] = ()
    metrics_files: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    help: str = ""


def declared_program(name: str, content: Any, file: str) -> DeclaredProgram:
    """Return a program that a project file declares.

    Args:
        name: of the program.
        content: its table.
        file: the path of the project file.

    Raises:
        ProgramError: there is a mistake in it.
    """
    where = f"{file}: the program {name!r}"
    if not isinstance(content, Mapping):
        raise ProgramError(f'{where} must be a table: [programs.{name}] and command = "./{name}"')
    _check_keys(content, where)
    directory = os.path.dirname(file)
    style = content.get("arg-style")
    if style is not None and style not in ARG_STYLES:
        raise ProgramError(f"{where}: arg-style is {style!r}, and none of {', '.join(ARG_STYLES)}")
    lists = {key.replace("-", "_"): tuple(content.get(key, ())) for key in _LISTS}
    return DeclaredProgram(
        name=name,
        words=_words(content.get("command"), where),
        directory=directory,
        parameters=_parameters(content, where, directory),
        arg_style=cast("ArgStyle | None", style),
        config_file=content.get("config-file"),
        help=content.get("help", ""),
        **lists,
    )


def _check_keys(content: Mapping[str, Any], where: str) -> None:
    for key, value in content.items():
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS)
            raise ProgramError(f"{where}: unknown key {key!r}. {hint}".rstrip())
        if key in _TEXTS and not isinstance(value, str):
            raise ProgramError(f"{where}: {key} must be a text, not {value!r}")
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if key in _LISTS and not is_list:
            raise ProgramError(f"{where}: {key} must be a list of texts, not {value!r}")
        if key == "parameters" and not isinstance(value, Mapping):
            raise ProgramError(f"{where}: parameters must be a table: name = value")


def _words(command: Any, where: str) -> tuple[str, ...]:
    if isinstance(command, str):
        try:
            command = shlex.split(command)
        except ValueError as error:
            raise ProgramError(f"{where}: command: {error}") from error
    is_list = isinstance(command, list) and all(isinstance(word, str) for word in command)
    if not is_list or not command:
        raise ProgramError(f'{where} needs a command: command = "./train --lr {{lr}}"')
    return tuple(command)


def _parameters(
    content: Mapping[str, Any], where: str, directory: str
) -> tuple[Parameter, ...] | None:
    found: list[Parameter] = []
    if "schema" in content:
        path = os.path.join(directory, content["schema"])
        try:
            with open(path, encoding="utf-8") as file:
                schema = json.load(file)
        except (OSError, ValueError) as error:
            raise ProgramError(f"{where}: the schema {path} cannot be read: {error}") from error
        if not isinstance(schema, Mapping):
            raise ProgramError(f"{where}: {path} is no JSON Schema of an object")
        found += parameters_in_schema(schema, where)
    found += parameters_in_table(content.get("parameters", {}), where)
    return tuple({row.path: row for row in found}.values()) or None
