"""Named implementations: the built-in ones, and those of installed plug-ins.

A plug-in is an entry point of a distribution. Names are read on first use, objects are loaded
when they are asked for.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from sacred._base.errors import SacredError
from sacred._base.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Registry", "resolve"]

_OWN_DISTRIBUTION = "sacred"


class _Row(NamedTuple):
    target: str  # "module:attribute"
    distribution: str


class Registry:
    """The implementations of one extension point, by name.

    Args:
        group: the group of the entry points, for example ``"sacred.observers"``.
        builtin: name → ``"module:attribute"``.
        kind: the type that all objects must have, if any; others cannot be loaded.

    >>> formats = Registry("sacred.example_formats", {"json": "json:loads"})
    >>> formats.names()
    ['json']
    >>> formats.load("json")("[1]")
    [1]
    """

    def __init__(
        self, group: str, builtin: Mapping[str, str] | None = None, kind: type = object
    ) -> None:
        self.group = group
        self._kind = kind
        self._builtin = dict(builtin or {})
        self._rows: dict[str, _Row] | None = None
        self._objects: dict[str, Any] = {}
        self._broken: set[str] = set()

    def names(self) -> list[str]:
        """Return all names: built-in ones in their order, then plug-ins by name."""
        return list(self._read())

    def __contains__(self, name: object) -> bool:
        return name in self._read()

    def load(self, name: str) -> Any:
        """Return the object registered under a name.

        Raises:
            KeyError: the name is not registered.
            SacredError: the object cannot be loaded.
        """
        if name in self._objects:
            return self._objects[name]
        rows = self._read()
        if name not in rows:
            hint = did_you_mean(name, rows)
            raise KeyError(f"nothing called {name!r} in {self.group}. {hint}".rstrip())
        row = rows[name]
        try:
            target = resolve(row.target)
            if not isinstance(target, self._kind):
                raise TypeError(f"{row.target} is no {self._kind.__name__}")
        except Exception as error:
            # A plug-in may fail in any way while it is imported.
            raise SacredError(
                f"{name!r} ({self.group}) of the distribution {row.distribution!r} "
                f"cannot be loaded: {type(error).__name__}: {error}"
            ) from error
        return self._objects.setdefault(name, target)

    def load_all(self) -> dict[str, Any]:
        """Return all objects by name; broken ones are left out with one warning each."""
        loaded = {}
        for name in self.names():
            try:
                loaded[name] = self.load(name)
            except SacredError as error:
                if name not in self._broken:
                    self._broken.add(name)
                    warnings.warn(str(error), RuntimeWarning, stacklevel=2)
        return loaded

    def _read(self) -> dict[str, _Row]:
        if self._rows is None:
            rows = {name: _Row(to, _OWN_DISTRIBUTION) for name, to in self._builtin.items()}
            for name, row in _entry_points(self.group):
                self._add(rows, name, row)
            self._rows = rows
        return self._rows

    def _add(self, rows: dict[str, _Row], name: str, row: _Row) -> None:
        other = rows.setdefault(name, row)
        # One and the same entry point may be found twice, in two places of sys.path.
        if other != row:
            warnings.warn(
                f"both {other.distribution!r} ({other.target}) and {row.distribution!r} "
                f"({row.target}) provide {name!r} in {self.group}; the first one is used",
                RuntimeWarning,
                stacklevel=4,
            )


def _entry_points(group: str) -> list[tuple[str, _Row]]:
    if not _may_have_plugins(group):
        return []
    # Not at the top: it takes a seventh of the time of `sacred ls`, mostly for nothing.
    import importlib.metadata

    try:
        return sorted(
            (point.name, _Row(point.value, point.dist.name if point.dist else "unknown"))
            for point in importlib.metadata.entry_points(group=group)
        )
    except Exception as error:  # broken metadata of a foreign package is no reason to fail
        warnings.warn(f"cannot read the plug-ins of {group}: {error}", RuntimeWarning, stacklevel=4)
        return []


def _may_have_plugins(group: str) -> bool:
    """Whether an installed distribution declares the group, or cannot be checked by its files."""
    header = f"[{group}]".encode()
    for directory in dict.fromkeys(sys.path):
        try:
            names = os.listdir(directory or ".")
        except NotADirectoryError:
            return True  # packages in a zip file
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                path = os.path.join(directory, name, "entry_points.txt")
                try:
                    with open(path, "rb") as file:
                        if header in file.read():
                            return True
                except OSError:
                    pass  # it has none
    return False


def resolve(target: str) -> Any:
    """Import what a name stands for.

    Args:
        target: ``"module:attribute"``.

    >>> resolve("json:loads")("[1]")
    [1]
    """
    # "module:attribute [extra]" is an allowed form of an entry point's value.
    module_name, _, attributes = target.split("[")[0].strip().partition(":")
    found: Any = importlib.import_module(module_name.strip())
    for attribute in filter(None, attributes.strip().split(".")):
        found = getattr(found, attribute)
    return found
