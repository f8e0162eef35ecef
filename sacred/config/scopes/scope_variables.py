"""The values that the variables of a config scope get while its body runs."""

from __future__ import annotations

import contextlib
import copy
import sys
from collections.abc import Collection, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any

from sacred._base.errors import InvalidKeyError
from sacred.config.config_summary import ConfigSummary
from sacred.config.dogmatic import DogmaticDict, undogmatize
from sacred.config.normalize import is_code, normalize_or_die, recursive_fill_in
from sacred.config.read_only import ReadOnlyContainer, make_given, make_plain
from sacred.config.scopes.scope_code import HELPER
from sacred.config.scopes.scope_locals import ScopeLocals
from sacred.provenance.origins import Origin

if TYPE_CHECKING:
    from sacred.config.declared.given_values import GivenValues

__all__ = ["ScopeVariables"]

_MISSING: Any = object()


class ScopeVariables:
    """Decides, while the body of a scope runs, which value an assigned name gets.

    Args:
        fixed: values set from outside.
        preset: entries of earlier sources.
        fallback: values that the scope has asked for, but that are not entries.
        bools: names of entries that are declared to be bools.
        given: the fixed values, if some of their entries have declared types.
    """

    def __init__(
        self,
        fixed: Mapping[str, Any],
        preset: Mapping[str, Any],
        fallback: Mapping[str, Any],
        bools: frozenset[str],
        given: GivenValues | None = None,
    ) -> None:
        self._fixed = fixed
        self._preset = preset
        self._fallback = {
            name: value
            for name, value in fallback.items()
            if name not in preset and name not in fixed
        }
        self._entries = DogmaticDict(fixed if given is None else given.fixed)
        self._entries.given = self._given = given
        self._entries.earlier = preset
        self._entries.bools = bools | {n for n, v in preset.items() if isinstance(v, bool)}
        # What it reads of these ignores changes; copies of that are made to be changed.
        self.makes_copies = any(isinstance(v, dict | list | tuple) for v in self._fallback.values())
        self._ignored: set[str] = set()
        #: Names of what is imported or defined: no entries.
        self._defined: set[str] = set()
        self._set_by_name: set[str] = set()
        #: Variables set through `locals()` that the body does not have yet.
        self.due: set[str] = set()
        #: Where each entry was assigned last.
        self.lines: dict[str, int] = {}
        self._locals: dict[str, Any] = {}

    def argument(self, name: str) -> Any:
        """Return the value of a parameter of the scope."""
        if name in self._fallback:
            return make_given(self._fallback[name])
        value = self._preset[name] if name in self._preset else self._fixed[name]
        return self._assign(name, _own_containers(value))

    def _assign(self, name: str, value: Any) -> Any:
        self._entries[name] = value
        return dict.__getitem__(self._entries, name)

    def _bind(self, name: str, value: Any, line: int) -> Any:
        if self.makes_copies and not isinstance(value, ReadOnlyContainer):
            value = _changeable(value)  # otherwise another name of what it was given, no copy
        if name in self._fallback:
            self._ignored.add(name)  # the scope's own copy, then
            return value
        self._defined.discard(name)
        self.lines[name] = line
        return self._assign(name, value)

    def __call__(self, name: str, value: Any) -> Any:
        """Return the value that `name` gets when `value` is assigned to it."""
        return self._bind(name, value, sys._getframe(1).f_lineno)

    def defined(self, name: str, value: Any) -> Any:
        """Return the value that a name gets when an import or a definition binds it.

        Args:
            name: the variable.
            value: the imported or defined object.

        Returns:
            the fixed value if there is one, else `value`.
        """
        if name in self._fixed:
            return self._bind(name, value, sys._getframe(1).f_lineno)
        self._defined.add(name)
        self._entries.pop(name, None)
        return value

    def locals(self) -> ScopeLocals:
        """The result of `locals()`: assigning to it sets variables."""
        return self._locals_of(sys._getframe(1))

    def exec(self, code: Any) -> None:
        """Execute code that sets variables."""
        frame = sys._getframe(1)
        exec(code, frame.f_globals, self._locals_of(frame))

    def _locals_of(self, frame: FrameType) -> ScopeLocals:
        line = frame.f_lineno
        variables = {name: value for name, value in frame.f_locals.items() if name != HELPER}
        variables |= {name: self.again(name) for name in self._set_by_name}

        def assign(name: str, value: Any) -> Any:
            self._set_by_name.add(name)
            self.due.add(name)
            return self._bind(name, value, line)

        return ScopeLocals(variables, assign, self._set_by_name_removed)

    def _set_by_name_removed(self, name: str) -> None:
        if not self.deleted(name):
            self._set_by_name.discard(name)

    def is_set(self, name: str) -> bool:
        """Whether a variable has been set through `locals()`."""
        return name in self._set_by_name

    def is_due(self, name: str) -> bool:
        """Whether a variable that was set this way is not in the body yet."""
        return name in self.due

    def deleted(self, name: str) -> bool:
        """Record that a name was deleted; return whether it must be restored."""
        if name in self._fixed or name in self._fallback:
            return True
        self._entries.pop(name, None)
        return False

    def again(self, name: str) -> Any:
        """Return the value of a name that cannot be deleted, or was set through `locals()`."""
        self.due.discard(name)
        if name in self._fallback:
            return make_given(self._fallback[name])
        return dict.__getitem__(self._entries, name)

    def leave(self) -> None:
        """Take over the variables of the body, at its end."""
        self.take(sys._getframe(1))

    def take(self, frame: FrameType) -> None:
        """Take over the variables that the frame of the body has now."""
        self._locals = dict(frame.f_locals)

    def summary(self, names: Collection[str], filename: str) -> ConfigSummary:
        """Return the entries that the scope has set, and how they relate to the given ones.

        Args:
            names: the local variables of the function.
            filename: of its file, for errors.

        Raises:
            InvalidKeyError: a dict of the scope has a key that no entry can have.
        """
        self._take_locals(names)
        added = self._entries.revelation(self._preset)
        if self._given is not None:
            added = self._given.really_added(added)
        summary = ConfigSummary(
            added=added,
            modified=self._entries.modified,
            typechanged=self._entries.typechanges,
            ignored_fallbacks=self._ignored,
        )
        for name, value in self._entries.items():
            if not isinstance(value, ScopeLocals):
                try:
                    self._enter(name, undogmatize(value), summary)
                except InvalidKeyError as error:
                    line = f"{filename}, line {self.lines.get(name, '?')}"
                    given = _has_invalid_key(self._fixed.get(name))
                    error.locate("set by an update or a named config" if given else line)
                    raise
        recursive_fill_in(summary, self._preset, self._fixed)
        summary.overridden = dict(self._entries.overridden)
        summary.lines = self.lines
        summary.origins = {
            name: Origin("scope", f"{filename}:{line}")
            for name, line in self.lines.items()
            if name in summary and (name not in self._fixed or isinstance(summary[name], dict))
        }
        for name in self._ignored & self._locals.keys():
            with contextlib.suppress(ValueError):
                summary.own_copies[name] = normalize_or_die(make_plain(self._locals[name]))
        return summary

    def _take_locals(self, names: Collection[str]) -> None:
        """A nested function may have assigned (`nonlocal`), an `except ... as` deleted."""
        own = frozenset(names)
        # Entries stand in the order in which they are assigned.
        for name in dict.fromkeys((*self.lines, *names)):
            value = self._locals.get(name, _MISSING)
            if name not in own or name in self._fallback or name in self._defined:
                continue
            if value is _MISSING:
                dict.pop(self._entries, name, None)
            elif dict.get(self._entries, name, _MISSING) is not value:
                self._entries[name] = value

    def _enter(self, name: str, value: Any, summary: ConfigSummary) -> None:
        if name in self._fixed:
            summary[name] = normalize_or_die(value, name)
        elif not is_code(value):
            try:
                summary[name] = normalize_or_die(value, name)
            except ValueError:
                pass  # a file, a lock, a generator: the scope's own business


def _has_invalid_key(value: Any) -> bool:
    try:
        normalize_or_die(value)
    except (InvalidKeyError, ValueError) as error:
        return isinstance(error, InvalidKeyError)
    return False


def _own_containers(value: Any) -> Any:
    # The body may change what it reads; objects that cannot be copied are shared.
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def _changeable(value: Any) -> Any:
    """The value without read-only containers inside: a copy is made to be changed."""
    return make_plain(value) if _has_read_only(value) else value


def _has_read_only(value: Any) -> bool:
    if isinstance(value, ReadOnlyContainer):
        return True
    if isinstance(value, dict):
        return any(map(_has_read_only, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_read_only, value))
