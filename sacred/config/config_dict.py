"""Dicts and config files as sources of configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sacred._base.errors import (
    ConfigFileError,
    InvalidKeyError,
    InvalidValueError,
    MissingVariableError,
)
from sacred._base.paths import PathType
from sacred._base.script import calling_place
from sacred.config.config_summary import ConfigSummary
from sacred.config.dogmatic import DogmaticDict, undogmatize
from sacred.config.normalize import normalize_or_die, recursive_fill_in
from sacred.config.provenance import Origin

__all__ = ["ConfigDict", "NoDictInFileError", "RefusedConfig", "source_from"]


class NoDictInFileError(ConfigFileError, TypeError):
    """A config file holds something else than a dict."""


def _read(name: str) -> tuple[str, Any]:
    """The name of the file that a source is read from, and its content."""
    # Not at the top: most configurations come from no file.
    from sacred.config.file_includes import is_composed, read_composed, read_config_source

    if is_composed(name):
        return name[1:], read_composed(name[1:])
    if not os.path.exists(name):
        error = OSError(f"File not found {name}")
        if not os.path.isabs(name):
            error.add_note(f"It was looked for in {os.getcwd()}")
        raise error
    return name, read_config_source(name)


class ConfigDict:
    """A source that sets the entries of a dict, or of a config file.

    Args:
        d: the dict, or the name of a file that holds one (see `config_files`); ``"@FILE"`` for a
            file with those that it includes (see `file_includes`).
        place: where the dict comes from, for messages (default: the code that calls).

    Raises:
        KeyError: a key is not allowed.
        ValueError: a value could not be restored from a stored configuration, or
            the file is of an unknown kind.
        OSError: there is no such file.
        TypeError: it is neither dict nor file name, or the file holds no dict
            (`NoDictInFileError`).

    >>> summary = ConfigDict({"a": 1, "b": {"c": 2}})(fixed={"b": {"c": 3}})
    >>> summary, sorted(summary.modified)
    ({'a': 1, 'b': {'c': 3}}, ['b', 'b.c'])
    """

    def __init__(self, d: Mapping[str, Any] | PathType, place: str | None = None) -> None:
        self.origin = Origin("dict")
        if isinstance(d, str | bytes | os.PathLike):
            filename, d = _read(os.fsdecode(d))
            self.origin = Origin("file", filename)
        if not isinstance(d, Mapping):
            message = f"a configuration is a dict, not {type(d).__name__}"
            if self.origin.where:
                raise NoDictInFileError(f"{message} in {self.origin.where}")
            raise TypeError(message)
        self._conf: dict[str, Any] = self._normalized(dict(d), place)

    def _normalized(self, d: dict[str, Any], place: str | None) -> Any:
        try:
            return normalize_or_die(d)
        except (InvalidKeyError, InvalidValueError) as error:
            # The frames of the recursion say nothing.
            if not self.origin.where:
                error.locate(place or calling_place())
                raise error.with_traceback(None) from None
            # One message that names the file, in place of a traceback.
            raise ConfigFileError(
                f"In the config file {self.origin.where!r}: {error.args[0]}"
            ) from error

    @property
    def names(self) -> frozenset[str]:
        """Names of the entries that it sets."""
        return frozenset(self._conf)

    def __repr__(self) -> str:
        return f"<ConfigDict {self.origin.where or ', '.join(map(str, self._conf))}>"

    def __call__(
        self,
        fixed: Mapping[str, Any] | None = None,
        preset: Mapping[str, Any] | None = None,
        fallback: Mapping[str, Any] | None = None,
    ) -> ConfigSummary:
        """The entries, with the fixed values; see `ConfigScope.__call__`.

        Args:
            fixed: nested dict of values that win; all are part of the result.
            preset: entries of earlier sources; all are part of the result.
            fallback: not used.
        """
        fixed, preset = fixed or {}, preset or {}
        entries = DogmaticDict(fixed)
        entries.earlier = preset
        entries.bools = frozenset(n for n, v in preset.items() if isinstance(v, bool))
        entries.update(undogmatize(self._conf))  # new containers: results are changed at will
        added = entries.revelation(preset)
        summary = ConfigSummary(added, entries.modified, entries.typechanges)
        for name, value in undogmatize(entries).items():
            summary[name] = normalize_or_die(value) if name in fixed else value
        recursive_fill_in(summary, preset, fixed)
        summary.origins = {
            name: self.origin
            for name in self._conf
            if name not in fixed or isinstance(summary[name], dict)
        }
        return summary


class RefusedConfig:
    """A source that must not be used, and says so when it is.

    Args:
        error: what is wrong with it.
    """

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __repr__(self) -> str:
        return f"<RefusedConfig {self._error}>"

    def __call__(
        self,
        fixed: Mapping[str, Any] | None = None,
        preset: Mapping[str, Any] | None = None,
        fallback: Mapping[str, Any] | None = None,
    ) -> ConfigSummary:
        """Refused.

        Args:
            fixed: not used.
            preset: not used.
            fallback: not used.

        Raises:
            Exception: the error.
        """
        raise self._error


def source_from(
    cfg_or_file: dict[str, Any] | PathType | None, keywords: dict[str, Any]
) -> ConfigDict | RefusedConfig:
    """Make a source of exactly one of: a dict, a config file, keyword arguments.

    A variable that a file lacks is an error when the source is used: help and the rest of the
    experiment need none.

    Args:
        cfg_or_file: a dict, or the name of a config file; None: the keywords are meant.
        keywords: entries; empty: the other argument is meant.

    Raises:
        ValueError: more than one source, or none.
        TypeError: neither dict nor file name.
    """
    if cfg_or_file is not None and keywords:
        raise ValueError("cannot combine keyword args with dict or filename")
    if cfg_or_file is None:
        if not keywords:
            raise ValueError("Empty configuration: pass a dict, a file name or keywords")
        return ConfigDict(keywords)
    if isinstance(cfg_or_file, dict | str | os.PathLike):
        try:
            return ConfigDict(cfg_or_file)
        except MissingVariableError as error:
            return RefusedConfig(error)
    raise TypeError(
        f"Invalid argument type {type(cfg_or_file).__name__!r}: "
        "expected a dict or the name of a config file"
    )
