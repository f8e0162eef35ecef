"""Dicts and config files as sources of configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.errors import (
    ConfigFileError,
    InvalidKeyError,
    InvalidValueError,
    MissingVariableError,
    UnreadableConfigFileError,
)
from sacred._base.paths import PathType
from sacred._base.script import calling_place
from sacred.config.config_summary import ConfigSummary
from sacred.config.dogmatic import DogmaticDict, undogmatize
from sacred.config.normalize import normalize_or_die, recursive_fill_in
from sacred.provenance.origins import Origin
from sacred.settings import SETTINGS

__all__ = [
    "ConfigDict",
    "ConfigModel",
    "NoDictInFileError",
    "RefusedConfig",
    "is_model",
    "source_from",
]

if TYPE_CHECKING:
    from sacred.config.declared.declaration import Declaration, WrongValue
    from sacred.config.declared.given_values import GivenValues


class NoDictInFileError(ConfigFileError, TypeError):
    """A config file contains something other than a dict."""


def _read(name: str) -> tuple[str, Any]:
    """The name of the file that a source is read from, and its content."""
    # Not at the top: most configurations come from no file.
    from sacred.config.file_includes import is_composed, read_composed, read_config_source

    if is_composed(name):
        return name[1:], read_composed(name[1:])
    if not os.path.exists(name):
        error = UnreadableConfigFileError(f"File not found {name}")
        if not os.path.isabs(name):
            error.add_note(f"It was looked for in {os.getcwd()}")
        raise error
    return name, read_config_source(name)


class ConfigDict:
    """A source that sets the entries of a dict, or of a config file.

    Args:
        d: the dict, or the name of a file that contains one (see `config_files`); ``"@FILE"`` for a
            file with its includes (see `file_includes`).
        place: where the dict comes from, for messages (default: the calling code).

    Raises:
        KeyError: a key is not allowed.
        ValueError: a value could not be restored from a stored configuration, or
            the kind of the file is unknown.
        OSError: the file does not exist.
        TypeError: it is neither a dict nor a file name, or the file does
            not contain a dict (`NoDictInFileError`).

    >>> summary = ConfigDict({"a": 1, "b": {"c": 2}})(fixed={"b": {"c": 3}})
    >>> summary, sorted(summary.modified)
    ({'a': 1, 'b': {'c': 3}}, ['b', 'b.c'])
    """

    #: Declared types of entries, by name.
    declared: Mapping[str, Declaration] = {}

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
        #: File and line of the code that has given the dict; of a file, nothing.
        self.place = "" if self.origin.where else place or calling_place()

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
    def content(self) -> Mapping[str, Any]:
        """The entries that the source sets, nested."""
        return self._conf

    @property
    def names(self) -> frozenset[str]:
        """The names of the entries that the source sets."""
        return frozenset(self._conf)

    def __repr__(self) -> str:
        return f"<ConfigDict {self.origin.where or ', '.join(map(str, self._conf))}>"

    def __call__(
        self,
        fixed: Mapping[str, Any] | None = None,
        preset: Mapping[str, Any] | None = None,
        fallback: Mapping[str, Any] | None = None,
    ) -> ConfigSummary:
        """Return the entries, with the fixed values; see `ConfigScope.__call__`.

        Args:
            fixed: nested dict of values that win; they are all part of the result.
            preset: entries of earlier sources; they are all part of the result.
            fallback: not used.
        """
        fixed, preset = fixed or {}, preset or {}
        given = self._given_values(fixed)
        entries = DogmaticDict(fixed if given is None else given.fixed)
        entries.given = given
        entries.earlier = preset
        entries.bools = frozenset(n for n, v in preset.items() if isinstance(v, bool))
        entries.update(undogmatize(self._conf))  # new containers: results are changed at will
        added = entries.revelation(preset)
        if self.declared:
            added = {path for path in added if path.partition(".")[0] not in self.declared}
        summary = ConfigSummary(added, entries.modified, entries.typechanges)
        summary.given = given
        for name, value in undogmatize(entries).items():
            summary[name] = normalize_or_die(value) if name in fixed else value
        recursive_fill_in(summary, preset, fixed)
        summary.overridden = dict(entries.overridden)
        summary.origins = {
            name: self.origin
            for name in self._conf
            if name not in fixed or isinstance(summary.get(name), dict)  # it may be deleted
        }
        return summary

    def _given_values(self, fixed: Mapping[str, Any]) -> GivenValues | None:
        if not self.declared or not SETTINGS.CONFIG.CHECK_TYPES:
            return None
        # Not at the top: dicts declare no types.
        from sacred.config.declared.given_values import GivenValues

        return GivenValues(self.declared, fixed)


class ConfigModel(ConfigDict):
    """A class whose fields declare entries: dataclass, `TypedDict`, attrs class, pydantic model.

    Args:
        model: the class, or an instance whose values are the defaults.

    Raises:
        TypeError: the model is none of these.

    >>> import dataclasses
    >>> @dataclasses.dataclass
    ... class Model:
    ...     depth: int = 3
    ...     rate: float = 0.5
    >>> ConfigModel(Model)(fixed={"rate": 1})
    {'depth': 3, 'rate': 1.0}
    """

    def __init__(self, model: Any) -> None:
        from sacred.config.declared.from_annotation import declaration_of
        from sacred.config.declared.record_types import Record, plain_form

        record = declaration_of(model if isinstance(model, type) else type(model))
        if not isinstance(record, Record):
            raise TypeError(f"{model!r} is no dataclass, TypedDict, attrs class or pydantic model")
        #: The declaration of the whole.
        self.record = record
        # For notebooks, where a cell defines the class again.
        self.__module__, self.__qualname__ = record.cls.__module__, record.cls.__qualname__
        fields = record.fields.items()
        self.declared = {name: field.declaration for name, field in fields}
        if isinstance(model, type):
            super().__init__(record.defaults())
        else:
            super().__init__(plain_form(model))

    def __repr__(self) -> str:
        return f"<ConfigModel {self.record.name}>"

    @property
    def names(self) -> frozenset[str]:
        """The names of the entries that the source sets."""
        return frozenset(self.declared)

    def check(self, config: dict[str, Any]) -> list[WrongValue]:
        """Convert entries from other sources, in place; the class checks the whole.

        Args:
            config: the configuration, with entries of other sources.

        Returns:
            the values that do not fit, and the entries that are missing.
        """
        from sacred.config.declared.declaration import MISSING, WrongValue

        wrong: list[WrongValue] = []
        for name, declared in self.declared.items():
            value, default = config.get(name, MISSING), self._conf.get(name, MISSING)
            if value is MISSING:
                if self.record.fields[name].is_required:
                    wrong.append(WrongValue(name, MISSING, declared.name))
            elif default is not MISSING and default is not None and not declared.accepts(default):
                continue  # not typed
            elif not declared.accepts(value) and value is not default:
                found: list[WrongValue] = []
                made = declared.update(value, MISSING, name, found)
                wrong += found
                config[name] = config[name] if found else made
        if wrong:
            return wrong
        return self.record.problems({n: config[n] for n in self.declared if n in config}, "")


class RefusedConfig:
    """A source that raises an error when it is used.

    Args:
        error: the error.
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


def is_model(value: Any) -> bool:
    """Whether an object is a class with declared fields, or an instance of one."""
    cls = value if isinstance(value, type) else type(value)
    if cls.__module__ == "builtins":
        return False
    from sacred.config.declared.record_types import is_record_class

    return is_record_class(cls)


def source_from(cfg_or_file: Any, keywords: dict[str, Any]) -> ConfigDict | RefusedConfig:
    """Create a source from a dict, a config file, a class, or keyword arguments (exactly one).

    A missing variable in a file raises an error only when the source is used, so help and the rest
    of the experiment still work.

    Args:
        cfg_or_file: a dict, the name of a config file, or a class with declared fields (or an
            instance, see `ConfigModel`); None: the keywords are meant.
        keywords: the entries; empty: the other argument is meant.

    Raises:
        ValueError: more than one source, or none.
        TypeError: it is none of these.
    """
    if cfg_or_file is not None and keywords:
        raise ValueError("cannot combine keyword args with dict or filename")
    if cfg_or_file is None:
        if not keywords:
            raise ValueError("Empty configuration: pass a dict, a file name or keywords")
        return ConfigDict(keywords)
    if is_model(cfg_or_file):
        return ConfigModel(cfg_or_file)
    if isinstance(cfg_or_file, dict | str | os.PathLike):
        try:
            return ConfigDict(cfg_or_file)
        except MissingVariableError as error:
            return RefusedConfig(error)
    raise TypeError(
        f"Invalid argument type {type(cfg_or_file).__name__!r}: "
        "expected a dict or the name of a config file"
    )
