"""`SETTINGS`: process-wide settings of the library.

Change them before you run the experiment::

    >>> from sacred.settings import SETTINGS
    >>> settings = SETTINGS.copy()
    >>> settings.CAPTURE_MODE = "sys"
    >>> settings["CAPTURE_MODE"]
    'sys'
    >>> settings.CONFIG.READ_ONLY_CONFIG
    True

A setting that does not exist, or a value that it does not accept, raises
a `SettingError`::

    >>> settings.CAPTUR_MODE = "no"
    Traceback (most recent call last):
        ...
    sacred.settings.SettingError: Unknown setting: CAPTUR_MODE. Possible keys are: ['CONFIG', \
'HOST_INFO', 'COMMAND_LINE', 'CAPTURE_MODE', 'DISCOVER_DEPENDENCIES', 'DISCOVER_SOURCES', \
'DEFAULT_BEAT_INTERVAL', 'SYSTEM_METRICS', 'REUSE_RUNS']. Did you mean "CAPTURE_MODE"?
    >>> settings.CAPTURE_MODE = "all"
    Traceback (most recent call last):
        ...
    sacred.settings.SettingError: CAPTURE_MODE must be one of 'no', 'sys' or 'fd', not 'all'
"""

from __future__ import annotations

import copy
import sys
from typing import TYPE_CHECKING, Any

from munch import Munch

from sacred._base.errors import SettingError
from sacred._base.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["SETTINGS", "SettingError", "Settings"]


def _check_choice(*choices: str) -> Callable[[str, Any], None]:
    def check(key: str, value: Any) -> None:
        if value not in choices:
            *firsts, last = map(repr, choices)
            expected = f"{', '.join(firsts)} or {last}"
            raise SettingError(f"{key} must be one of {expected}, not {value!r}")

    return check


def _check_interval(key: str, value: Any) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not value >= 0:
        raise SettingError(f"{key} must be a number of seconds, 0 or more, not {value!r}")


def _check_interval_or_switch(key: str, value: Any) -> None:
    if not isinstance(value, bool) and not (isinstance(value, int | float) and value > 0):
        raise SettingError(
            f"{key} must be True, False or a number of seconds above 0, not {value!r}"
        )


def _check_switch_or_note(key: str, value: Any) -> None:
    if not isinstance(value, bool) and value != "note":
        raise SettingError(f"{key} must be True, False or 'note', not {value!r}")


def _check_list(key: str, value: Any) -> None:
    # A single string would silently count as the list of its letters.
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        raise SettingError(f"{key} must be a list of strings, not {value!r}")


def _check_capture_mode(key: str, value: Any) -> None:
    # None: as the platform allows. It is the default's way to say so.
    if value is not None:
        _check_choice("no", "sys", "fd")(key, value)


_CHECKS: dict[str, Callable[[str, Any], None]] = {
    "CAPTURE_MODE": _check_capture_mode,
    "DISCOVER_DEPENDENCIES": _check_choice("none", "imported", "sys", "pkg"),
    "DISCOVER_SOURCES": _check_choice("none", "imported", "sys", "dir"),
    "DEFAULT_BEAT_INTERVAL": _check_interval,
    "SYSTEM_METRICS": _check_interval_or_switch,
    "REUSE_RUNS": _check_switch_or_note,
    "IGNORED_COMMENTS": _check_list,
    "CAPTURED_ENV": _check_list,
}


class Settings(Munch):  # type: ignore[misc]  # munch has no types
    """Nested settings, available as items and as attributes; the set of keys is fixed.

    Reading an unknown setting raises an `AttributeError` or `KeyError`; setting one
    raises a `SettingError`.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        dict.__init__(self, values)  # Munch's would ask `__setitem__`

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in self:
            hint = did_you_mean(key, self)
            raise SettingError(
                f"Unknown setting: {key}. Possible keys are: {list(self)}"
                + (f". {hint}" if hint else "")
            )
        old = self[key]
        if isinstance(old, Settings):
            if not isinstance(value, dict):
                raise SettingError(
                    f"Can't set this setting ({key}) to {value!r}: it is a nested setting!"
                )
            # In place, so that whoever holds the part sees the change.
            old.update(value)
            return
        check = _CHECKS.get(key)
        if check is not None:
            check(key, value)
        super().__setitem__(key, value)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several settings; all must exist, and each value must be allowed.

        Args:
            *args: at most one mapping, or pairs of name and value.
            **kwargs: further settings.

        Raises:
            SettingError: a setting does not exist, or its value is not allowed.
        """
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of a setting; every setting has one.

        Args:
            key: the name of the setting.
            default: never used.

        Raises:
            SettingError: there is no such setting.
        """
        if key not in self:
            self[key] = default  # raises the error that names the possible keys
        return self[key]

    def __ior__(self, other: Any) -> Settings:
        self.update(other)
        return self

    def __delitem__(self, key: str) -> None:
        raise SettingError(f"Settings cannot be removed: {key}")

    def __delattr__(self, key: str) -> None:
        del self[key]

    def pop(self, key: str, *default: Any) -> Any:
        """Raise an error: settings cannot be removed.

        Args:
            key: the name of the setting.
            *default: not used.

        Raises:
            SettingError: always.
        """
        raise SettingError(f"Settings cannot be removed: {key}")

    def popitem(self) -> tuple[str, Any]:
        """Raise an error: settings cannot be removed."""
        raise SettingError("Settings cannot be removed")

    def clear(self) -> None:
        """Raise an error: settings cannot be removed."""
        raise SettingError("Settings cannot be removed")

    def copy(self) -> Settings:
        """An independent copy."""
        return copy.deepcopy(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Settings:
        return Settings({key: copy.deepcopy(value, memo) for key, value in self.items()})

    def __reduce__(self) -> Any:
        return Settings, (dict(self),)


SETTINGS = Settings(
    {
        "CONFIG": Settings(
            {
                # Keys must not contain "." nor start with "$": MongoDB refuses them.
                "ENFORCE_KEYS_MONGO_COMPATIBLE": True,
                # Keys must not be one of jsonpickle's tags ("py/object", ...), nor
                # start with "json://": such data would not come back as it was.
                "ENFORCE_KEYS_JSONPICKLE_COMPATIBLE": True,
                # Keys must be usable as names of variables.
                "ENFORCE_VALID_PYTHON_IDENTIFIER_KEYS": False,
                # Keys must be strings.
                "ENFORCE_STRING_KEYS": False,
                # Keys must not contain "=": they could not be set on the command line.
                "ENFORCE_KEYS_NO_EQUALS": True,
                # Updates must not set entries that neither a source sets nor a captured
                # function takes, not in nested dicts either (as with `--strict`).
                "ENFORCE_KNOWN_ENTRIES": False,
                # Values from outside are converted to the declared types of their entries
                # (annotations, dataclasses, ...), and refused where they do not fit.
                "CHECK_TYPES": True,
                # What captured functions get of the configuration cannot be changed.
                "READ_ONLY_CONFIG": True,
                # Regular expressions: comments in config scopes that document nothing.
                "IGNORED_COMMENTS": ["^pylint:", "^noinspection"],
                # `_rnd` is a `numpy.random.RandomState`, not a `numpy.random.Generator`.
                "NUMPY_RANDOM_LEGACY_API": False,
            }
        ),
        "HOST_INFO": Settings(
            {
                # Ask nvidia-smi for the GPUs of this computer.
                "INCLUDE_GPU_INFO": True,
                # Find out the name of the processor.
                "INCLUDE_CPU_INFO": True,
                # Names of environment variables to store with each run.
                "CAPTURED_ENV": [],
            }
        ),
        "COMMAND_LINE": Settings(
            {
                # Values of updates must be Python literals: `a="text"`, not `a=text`.
                "STRICT_PARSING": False,
                # Show options in the help whose packages are not installed.
                "SHOW_DISABLED_OPTIONS": True,
            }
        ),
        # How the output of a run is captured: "no"; "sys": what Python writes;
        # "fd": what the process writes, C code and child processes included.
        # Windows has no such file descriptors to swap.
        "CAPTURE_MODE": "sys" if sys.platform == "win32" else "fd",
        # Which packages count as dependencies: "none"; "imported": by the globals
        # of the experiment's file; "sys": all in sys.modules; "pkg": all installed.
        "DISCOVER_DEPENDENCIES": "imported",
        # Which files count as sources: "none"; "imported": by the globals of the
        # experiment's file, and what these import in turn; "sys": all in sys.modules;
        # "dir": all of the directory.
        "DISCOVER_SOURCES": "imported",
        # Seconds between two heartbeats; 0: as often as is sensible.
        "DEFAULT_BEAT_INTERVAL": 10.0,
        # Log what the process and its children use (metrics system.*): True, about every
        # ten seconds; or the number of seconds between two samples.
        "SYSTEM_METRICS": False,
        # A run that a stored one was the same as is not started (as with `--reuse`); "note": its
        # log names that one.
        "REUSE_RUNS": False,
    }
)
