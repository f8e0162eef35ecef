"""The values from outside of one source, converted while it is evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sacred.config.declared.compounds import OneOf
from sacred.config.declared.declaration import (
    MISSING,
    AnyValue,
    Declaration,
    WrongValue,
    untyped,
)
from sacred.config.declared.scalars import Scalar
from sacred.config.typed_entries import DELETED

__all__ = ["GivenValues"]


class GivenValues:
    """Values from outside, which are converted to the declared types of the entries of a source.

    The default from the source decides whether an entry is typed: if it does not fit the
    annotation, the entry is not typed, and if it is None, the entry also accepts None.

    Args:
        declared: declarations by name of the entry; those of given values are enough.
        fixed: the given values, nested.
        notes: the remarks so far.

    Attributes:
        fixed: the given values, converted where their entries are known; in the end without those
            that do not fit.
        wrong: the values that do not fit, by name of the entry.
        notes: remarks for the log, about entries that are not typed.

    >>> given = GivenValues({"lr": Scalar(float), "n": Scalar(int)}, {"lr": 1, "n": "x", "m": 2})
    >>> given.assign("lr", 0.1), given.assign("n", 5)
    (True, False)
    >>> given.assign_rest({"lr", "n"}, {})
    >>> given.fixed, [str(one) for one in given.wrong["n"]]
    ({'lr': 1.0, 'm': 2}, ["n = 'x': expected int."])
    """

    def __init__(
        self,
        declared: Mapping[str, Declaration],
        fixed: Mapping[Any, Any],
        notes: Sequence[str] = (),
    ) -> None:
        self.fixed = dict(fixed)
        self.notes = list(notes)
        self.wrong: dict[str, list[WrongValue]] = {}
        self._raw = dict(fixed)
        self._declared = {
            name: one
            for name, one in declared.items()
            if name in fixed and fixed[name] is not DELETED and not isinstance(one, AnyValue)
        }

    def assign(self, name: Any, own: Any = MISSING) -> bool:
        """Convert the given value of an entry when the source sets it.

        Args:
            name: of the entry.
            own: the value from the source.

        Returns:
            whether the given value fits, and therefore counts.
        """
        declaration = self._declared.get(name)
        if declaration is None:
            return name in self.fixed
        if own is not MISSING and own is not None and not declaration.accepts(own):
            self._leave_untyped(name, own, declaration)
            return True
        if own is None and not declaration.accepts(None):
            declaration = OneOf([declaration, Scalar(type(None))])
        wrong: list[WrongValue] = []
        made = declaration.update(self._raw[name], MISSING if own is None else own, name, wrong)
        self.fixed[name] = self._raw[name] if wrong else made
        self.wrong[name] = wrong
        return not wrong

    def _leave_untyped(self, name: str, own: Any, declaration: Declaration) -> None:
        self.notes.append(untyped(name, f"its default {own!r:.80} is not {declaration.name}"))
        del self._declared[name]
        self.wrong.pop(name, None)
        self.fixed[name] = self._raw[name]

    def assign_rest(self, assigned: Any, earlier: Mapping[Any, Any]) -> None:
        """Convert the given values of the entries that the source has not set, in the end.

        Args:
            assigned: contains the names of those that it has set.
            earlier: what sources before it give to them.
        """
        for name in [name for name in self._declared if name not in assigned]:
            self.assign(name, earlier.get(name, MISSING))
        self.wrong = {name: wrong for name, wrong in self.wrong.items() if wrong}
        for name in self.wrong:
            del self.fixed[name]

    def really_added(self, added: Iterable[str]) -> set[str]:
        """Return the paths of added entries, without those that are fields of declared records."""
        fields = {name for name, one in self._declared.items() if one.has_fields}
        return {path for path in added if path.partition(".")[0] not in fields}

    def merged(self, updates: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return updates with the converted values in place of the given ones.

        Args:
            updates: all updates of the ingredient, which include these values.
        """
        return {
            name: self.fixed.get(name, value)
            for name, value in updates.items()
            if name not in self.wrong
        }
