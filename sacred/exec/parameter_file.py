"""Reading the parameter file of a program, and writing it with the values of a run."""

from __future__ import annotations

import configparser
import datetime
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sacred._base.errors import ConfigFileError
from sacred.cli.updates import convert_value
from sacred.config.config_files import load_config_file, save_config_file
from sacred.exec.parameters import text_of

__all__ = ["SUFFIXES", "read_parameters", "write_parameters"]

_INI = (".ini", ".cfg")
SUFFIXES = (".json", ".yaml", ".yml", ".toml", *_INI)
_BARE_TOML_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_parameters(path: str) -> dict[str, Any]:
    """Return the content of a parameter file.

    Args:
        path: the file, whose suffix determines the format; sections of INI files become dicts.

    Raises:
        ConfigFileError: the format is unknown, or the content is malformed.
        OSError: it cannot be read.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigFileError(
            f"{path!r} is no parameter file: its name ends with none of {', '.join(SUFFIXES)}"
        )
    content = _read_ini(path) if suffix in _INI else load_config_file(path)
    if not isinstance(content, dict):
        raise ConfigFileError(f"The parameter file {path!r} has no names: {type(content).__name__}")
    return content


def write_parameters(original: str, values: Mapping[str, Any], directory: str) -> str:
    """Write a parameter file with the values of a run.

    Args:
        original: the file, which is not changed. If all values are the same, it is copied.
        values: of its parameters.
        directory: for the new file, which gets the name of the original.

    Returns:
        the path of the new file.

    Raises:
        ConfigFileError: its format cannot hold such values.
    """
    target = os.path.join(directory, os.path.basename(original))
    suffix = Path(original).suffix.lower()
    before = read_parameters(original)
    if before == values:
        shutil.copyfile(original, target)
    elif suffix in _INI:
        _write_ini(original, before, values, target)
    elif suffix == ".toml":
        Path(target).write_text("\n".join(_toml_lines(values)) + "\n", encoding="utf-8")
    else:
        save_config_file(dict(values), target)
    return target


def _ini_parser(path: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except (configparser.Error, ValueError) as error:
        raise ConfigFileError(f"The parameter file {path!r} is malformed: {error}") from error
    return parser


def _read_ini(path: str) -> dict[str, Any]:
    parser = _ini_parser(path)
    return {
        section: {name: convert_value(text) for name, text in parser.items(section)}
        for section in parser.sections()
    }


def _write_ini(
    original: str, before: Mapping[str, Any], values: Mapping[str, Any], target: str
) -> None:
    parser = _ini_parser(original)
    for section, entries in values.items():
        if not isinstance(entries, Mapping):
            raise ConfigFileError(
                f"{section!r} is in no section of {original!r}, as INI files need"
            )
        if not parser.has_section(section):
            parser.add_section(section)
        for name, value in entries.items():
            # What has not changed keeps its spelling.
            if name not in before.get(section, {}) or before[section][name] != value:
                parser.set(section, name, text_of(value))
    with open(target, "w", encoding="utf-8") as file:
        parser.write(file)


def _toml_lines(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    for key, value in values.items():
        if key not in tables:
            yield f"{_toml_key(key)} = {_toml_value(value, f'{prefix}{key}')}"
    for key, table in tables.items():
        yield f"[{prefix}{_toml_key(key)}]"
        yield from _toml_lines(table, f"{prefix}{_toml_key(key)}.")


def _toml_key(key: str) -> str:
    return key if _BARE_TOML_KEY.fullmatch(key) else _toml_text(key)


def _toml_value(value: Any, path: str) -> str:
    """Return a value as TOML.

    >>> _toml_value([1, "a", {"b": True}], "x")
    '[1, "a", {b = true}]'
    """
    if isinstance(value, bool | str):
        return _toml_text(value) if isinstance(value, str) else str(value).lower()
    if isinstance(value, int | float):
        return repr(value)  # also inf and nan
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml_value(item, path) for item in value)}]"
    if isinstance(value, Mapping):
        items = (f"{_toml_key(key)} = {_toml_value(item, path)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    raise ConfigFileError(f"TOML has no {type(value).__name__}, which {path!r} is: {value!r}")


def _toml_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
