"""Config files as sources: with variables, and, for ``@FILE``, with the files that they include.

``base: other.yaml`` is an include in a file that is named with an ``@``, and in the files that
such a file includes. Anywhere else it is an ordinary entry, as it has always been; so no file can
make Sacred open others unless the user asks for it with the ``@``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.errors import ConfigFileError, SacredError, UnreadableConfigFileError
from sacred._base.paths import recursive_update
from sacred._base.text import did_you_mean
from sacred.config.config_files import load_config_file
from sacred.config.file_variables import mark_variables, replace_variables

__all__ = ["INCLUDE_KEY", "is_composed", "read_composed", "read_config_source"]

#: The entry that names the files to include.
INCLUDE_KEY = "base"
# Formats that hold plain data: loading a pickle can run any code.
_PLAIN_SUFFIXES = (".json", ".yaml", ".yml", ".toml")
_MAX_DEPTH = 50


def is_composed(name: str) -> bool:
    """Whether a name means a config file with its includes: ``@FILE``.

    A file whose own name starts with an ``@`` is an ordinary file.
    """
    return name.startswith("@") and len(name) > 1 and not os.path.exists(name)


def read_config_source(filename: str) -> Any:
    """Return the content of one config file, with the values of its variables.

    Raises:
        ConfigFileError: as `load_config_file`, or a variable is missing.
        SacredError, OSError: as `load_config_file`.
    """
    content = load_config_file(filename)
    if not filename.lower().endswith(_PLAIN_SUFFIXES):
        return content
    return replace_variables(mark_variables(content, filename))


def read_composed(filename: str) -> Any:
    """Return the content of a config file, merged with the files that it includes.

    Args:
        filename: without the ``@``.

    Raises:
        UnreadableConfigFileError: an OSError: a file does not exist or cannot be opened.
        ConfigFileError: the files include each other in a circle, an include is malformed, or
            as `read_config_source`. Each message has the chain of files.
    """
    return replace_variables(_Includes().read(filename, ()))


class _Includes:
    """Reads files and those that they include, each once."""

    def __init__(self) -> None:
        self._merged: dict[str, Any] = {}

    def read(self, filename: str, chain: Sequence[str]) -> Any:
        """Return the merged content of a file.

        Args:
            filename: the file.
            chain: the files that lead to it, the first one first.
        """
        real = os.path.realpath(filename)
        way = [*chain, filename]
        if real in map(os.path.realpath, chain):
            raise ConfigFileError(f"Config files include each other in a circle: {' > '.join(way)}")
        if len(way) > _MAX_DEPTH:
            raise ConfigFileError(
                f"Config files include each other more than {_MAX_DEPTH} levels deep: "
                f"{' > '.join(way[:3])} > ..."
            )
        if real not in self._merged:
            self._merged[real] = self._merge(filename, way)
        return self._merged[real]

    def _merge(self, filename: str, way: Sequence[str]) -> Any:
        content = _load(filename, way)
        if not isinstance(content, Mapping):
            if len(way) == 1:
                return content  # whoever asked for it says what is wrong
            raise ConfigFileError(_with_chain(
                f"A configuration is a dict, not {type(content).__name__} in {filename}", way
            ))  # fmt: skip
        content = dict(content)
        merged: dict[Any, Any] = {}
        for name in _included(content, way):
            path = os.path.join(os.path.dirname(filename), name)
            recursive_update(merged, self.read(path, way))
        return recursive_update(merged, content)


def _included(content: dict[Any, Any], way: Sequence[str]) -> list[str]:
    """Take the include out of the content of a file; return the names of the files."""
    names = content.pop(INCLUDE_KEY, [])
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
        raise ConfigFileError(_with_chain(
            f'"{INCLUDE_KEY}" in the config file {way[-1]!r} is neither the name of a file to '
            "include nor a list of names. (It is an entry in files that are named without @.)",
            way,
        ))  # fmt: skip
    for name in names:
        if not name.lower().endswith(_PLAIN_SUFFIXES):
            raise ConfigFileError(_with_chain(
                f"The config file {way[-1]!r} cannot include {name!r}: what is included ends "
                f"with {', '.join(_PLAIN_SUFFIXES)}",
                way,
            ))  # fmt: skip
    return names


def _load(filename: str, way: Sequence[str]) -> Any:
    if not os.path.isfile(filename):
        folder, name = os.path.split(filename)
        reason = "it is no regular file"  # a FIFO would be waited for
        if not os.path.exists(filename):
            reason = f"there is no such file. {did_you_mean(name, _names_in(folder))}".rstrip()
        message = f"Cannot open the config file {filename!r}: {reason}"
        raise UnreadableConfigFileError(_with_chain(message, way))
    try:
        content = load_config_file(filename)
    except SacredError as error:
        error.args = (_with_chain(str(error.args[0]), way), *error.args[1:])
        raise
    plain = filename.lower().endswith(_PLAIN_SUFFIXES)
    return mark_variables(content, filename) if plain else content


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder or ".")
    except OSError:
        return []


def _with_chain(message: str, way: Sequence[str]) -> str:
    return "".join([message, *(f"\n  included by {name}" for name in reversed(way[:-1]))])
