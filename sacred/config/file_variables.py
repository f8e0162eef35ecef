"""Environment variables and secrets in config files: ``${env:NAME}``, ``${secret:NAME}``."""

from __future__ import annotations

import ast
import os
import re
from typing import Any

from sacred._base.errors import ConfigFileError, MissingVariableError
from sacred._base.paths import join_paths
from sacred._base.secret_text import VARIABLE, SecretText, escape_variables, unescaped

__all__ = ["mark_variables", "replace_variables"]

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
# Longer ones are texts: integers of any length can be written in hexadecimal digits.
_MAX_LITERAL_CHARS = 1000
_CONSTANTS = {"true": True, "false": False, "null": None}


class _FileText(str):
    """A text that may have variables, with the file that it stands in."""

    file: str


def mark_variables(value: Any, filename: str) -> Any:
    """Mark each string that may have variables with its file, for `replace_variables`.

    Variables in entries that including files override are never looked up.

    Args:
        value: the content of a config file, nested.
        filename: the file.
    """
    if type(value) is dict:
        return {key: mark_variables(item, filename) for key, item in value.items()}
    if type(value) is list:
        return [mark_variables(item, filename) for item in value]
    if type(value) is str and "${" in value:
        value = _FileText(value)
        value.file = filename
    return value


def replace_variables(value: Any, path: str = "") -> Any:
    """Return the content of config files, with variables replaced by their values.

    Args:
        value: from `mark_variables`.
        path: of the value in the configuration, for messages.

    Raises:
        MissingVariableError: a variable is missing; the message has its name, the entry and the
            file.
        ConfigFileError: a name is malformed.

    >>> os.environ["DOCTEST_LR"] = "0.5"
    >>> texts = ["${env:DOCTEST_LR}", "lr-${env:DOCTEST_LR}", "${env:DOCTEST_NO,3}", "$${env:X}"]
    >>> replace_variables(mark_variables(texts, "x.yaml"))
    [0.5, 'lr-0.5', 3, '${env:X}']
    """
    if type(value) is dict:
        return {k: replace_variables(v, join_paths(path, str(k))) for k, v in value.items()}
    if type(value) is list:
        return [replace_variables(v, join_paths(path, str(n))) for n, v in enumerate(value)]
    return _replaced(value, path) if type(value) is _FileText else value


def _replaced(text: _FileText, path: str) -> Any:
    place = f'in the entry "{path}" of the config file {text.file!r}'
    whole = re.fullmatch(VARIABLE, text)
    if whole and not whole[1] and whole[2] == "env":
        return _literal(_environment(whole[3], place))
    secrets = [m[3] for m in re.finditer(VARIABLE, text) if not m[1] and m[2] == "secret"]
    for name in secrets:
        _check_secret(name, place)

    def replacement(match: re.Match[str]) -> str:
        if match[1]:  # with a secret beside it, the text is unescaped where that is revealed
            return match[0] if secrets else unescaped(match)
        if match[2] == "secret":
            return match[0]
        value = _environment(match[3], place)
        return str(escape_variables(value)) if secrets else value

    replaced = re.sub(VARIABLE, replacement, text)
    if not secrets:
        return replaced
    left = [m[3] for m in re.finditer(VARIABLE, replaced) if not m[1] and m[2] == "secret"]
    if left != secrets:
        raise ConfigFileError(
            f'The value of a variable ends with "$" before a secret, {place}: put something '
            "between them"
        )
    return SecretText(replaced)


def _environment(words: str, place: str) -> str:
    name, comma, default = words.partition(",")
    _check_name("env", name, place)
    value = os.environ.get(name, default if comma else None)
    if value is None:
        raise MissingVariableError(
            f'The environment variable "{name}" is not set, {place}. '
            f"${{env:{name},DEFAULT}} has a default"
        )
    return value


def _check_secret(name: str, place: str) -> None:
    _check_name("secret", name, place)
    if name not in os.environ:
        raise MissingVariableError(
            f'The secret "{name}" is missing, {place}: there is no environment variable of '
            "that name"
        )


def _check_name(kind: str, name: str, place: str) -> None:
    if not re.fullmatch(_NAME, name):
        hint = " (a secret has no default)" if kind == "secret" and "," in name else ""
        raise ConfigFileError(
            f"{name!r} is no name of an environment variable{hint}, {place}: "
            f"it looks like ${{{kind}:NAME}}"
        )


def _literal(text: str) -> Any:
    """What a text means where it is the whole value: a literal of Python or JSON, else a text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if len(text) > _MAX_LITERAL_CHARS:
        return text
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text
    plain = isinstance(value, str | int | float | list | tuple | dict | None)
    return value if plain else text
