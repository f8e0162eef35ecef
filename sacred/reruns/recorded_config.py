"""The recorded configuration as a file for the command line of an experiment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sacred._base.paths import iterate_flattened
from sacred._base.secret_text import VARIABLE
from sacred.records import RunRecord
from sacred.records.stored_values import SHOWN_AS_STORED, restored
from sacred.serializer import dumps
from sacred.serializer.object_text import ObjectText

__all__ = ["config_file_text"]


def config_file_text(record: RunRecord) -> tuple[str, list[str]]:
    """Return the configuration of a run as JSON.

    Args:
        record: the run.

    Returns:
        the text of the file, and the entries that are not in it. Of a class, for example, only the
        name is stored, and of a ``torch.device`` a string, so the sources give their values.
    """
    problems: list[str] = []
    config = restored(record.stored("config") or {}, problems.append)
    left_out = [problem.partition(f" {SHOWN_AS_STORED}")[0] for problem in problems]
    left_out += [path for path, value in iterate_flattened(config) if _has_object_text(value)]
    for path in left_out:
        _remove(config, path.split("."))
    return dumps(_literal(config), indent=2), left_out


def _has_object_text(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_object_text, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_object_text, value))
    return isinstance(value, ObjectText)


def _remove(config: Any, steps: list[str]) -> None:
    *parents, last = steps
    for step in parents:
        config = config.get(step) if isinstance(config, dict) else None
    if isinstance(config, dict):
        config.pop(last, None)


def _literal(value: Any) -> Any:
    """The value with texts that mean themselves: ``${env:X}`` was one before it was recorded."""
    if isinstance(value, str):
        return re.sub(VARIABLE, _escaped, value) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_literal, value))
    return value


def _escaped(match: re.Match[str]) -> str:
    dollars, kind, _ = match.groups()
    # Of a secret, the name is what is recorded.
    return match[0] if kind == "secret" and not dollars else f"${match[0]}"
