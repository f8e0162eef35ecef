"""Cached evaluations of config scopes.

A scope is evaluated once for the run, and perhaps before that for named configs that read
its entries. Both evaluations must give the same values (a time, a random name, a temporary
directory), unless something that the scope depends on has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from sacred.config.chain import ConfigSource
from sacred.config.config_scope import ConfigScope
from sacred.config.config_summary import ConfigSummary
from sacred.config.differences import is_different
from sacred.config.dogmatic import DogmaticDict, undogmatize
from sacred.config.normalize import normalize_or_die, recursive_fill_in

__all__ = ["EvaluationCache", "is_same", "without_unchanged"]

#: What a scope depends on: fixed values, preset and fallback, of the names that it uses.
_Inputs = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


class EvaluationCache:
    """A cache that evaluates a scope again only if its inputs have changed.

    >>> calls = []
    >>> @ConfigScope
    ... def scope(a): b = calls.append(a) or a + 1
    >>> cache = EvaluationCache()
    >>> [sorted(cache.evaluate(scope, {"c": c}, {"a": 1}).items()) for c in (1, 2)]
    [[('a', 1), ('b', 2), ('c', 1)], [('a', 1), ('b', 2), ('c', 2)]]
    >>> calls
    [1]
    """

    def __init__(self) -> None:
        # The sources are kept alive, so that their ids stay theirs.
        self._known: dict[int, tuple[ConfigSource, list[tuple[_Inputs, ConfigSummary]]]] = {}

    def evaluate(
        self,
        source: ConfigSource,
        fixed: Mapping[str, Any] | None = None,
        preset: Mapping[str, Any] | None = None,
        fallback: Mapping[str, Any] | None = None,
    ) -> ConfigSummary:
        """Evaluate a source, or return its earlier result for the same inputs.

        Args:
            source: the source.
            fixed: values that the source cannot change.
            preset: entries that exist already.
            fallback: values that can be read, but are not entries.

        Raises:
            Exception: whatever the source raises.
        """
        summary, error = self.evaluate_tolerantly(source, fixed, preset, fallback)
        if error is not None:
            raise error
        return summary

    def evaluate_tolerantly(
        self,
        source: ConfigSource,
        fixed: Mapping[str, Any] | None = None,
        preset: Mapping[str, Any] | None = None,
        fallback: Mapping[str, Any] | None = None,
    ) -> tuple[ConfigSummary, BaseException | None]:
        """Evaluate a source; if a scope fails, return what it had set before.

        Args:
            source: the source.
            fixed: values that the source cannot change.
            preset: entries that exist already.
            fallback: values that can be read, but are not entries.

        Returns:
            the summary, and the error or None.
        """
        fixed, preset, fallback = fixed or {}, preset or {}, fallback or {}
        if not isinstance(source, ConfigScope):
            return source(fixed=fixed, preset=preset, fallback=fallback), None
        names = source.sets
        if names is None:  # it may set anything, so it depends on everything
            names = frozenset({*fixed, *preset, *fallback})
        inputs = tuple({n: m[n] for n in m if n in names} for m in (fixed, preset, fallback))
        known = self._known.setdefault(id(source), (source, []))[1]
        summary = next((found for earlier, found in known if is_same(earlier, inputs)), None)
        if summary is None:
            kept = undogmatize(inputs)  # its containers may be changed later on
            summary, error = source.evaluate(*inputs)
            if error is not None:
                return summary, error
            known.append((kept, summary))
        return _completed(summary, names, fixed, preset), None


def _completed(
    known: ConfigSummary, names: Set[str], fixed: Mapping[str, Any], preset: Mapping[str, Any]
) -> ConfigSummary:
    """A summary of the names that a scope uses, with the values of all others."""
    entries = DogmaticDict({name: value for name, value in fixed.items() if name not in names})
    added = entries.revelation(preset)
    summary = ConfigSummary(
        added=known.added | added,
        modified=known.modified | entries.modified,
        typechanged={**known.typechanged, **entries.typechanges},
        ignored_fallbacks=known.ignored_fallbacks,
        docs=known.docs,
        origins=known.origins,
    )
    summary.own_copies, summary.given = known.own_copies, known.given
    summary.overridden = {**entries.overridden, **known.overridden}
    summary.lines = known.lines
    summary.update(undogmatize(dict(known)))
    summary.update((name, normalize_or_die(v)) for name, v in undogmatize(entries).items())
    recursive_fill_in(summary, preset, fixed)
    return summary


def is_same(old: Any, new: Any) -> bool:
    """Whether two values are equal in value and type, at all levels.

    Args:
        old: a value.
        new: a value.

    >>> is_same({"a": [1]}, {"a": [1]}), is_same({"a": [1]}, {"a": [True]})
    (True, False)
    """
    if old is new:
        return True
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(is_same(old[key], new[key]) for key in old)
    if isinstance(old, list | tuple):
        return len(old) == len(new) and all(map(is_same, old, new))
    return not is_different(old, new)


def without_unchanged(found: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a nested dict that differ from the ones that its author was given.

    Args:
        found: the dict.
        given: the entries that its author could read, and may have copied.

    >>> without_unchanged({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 1, "b": {"c": 2, "d": 4}})
    {'b': {'d': 3}}
    """
    changed: dict[str, Any] = {}
    for key, value in found.items():
        before = given.get(key)
        # The seed is one: a value worked out from it must fit the run.
        if key not in given or key == "seed":
            changed[key] = value
        elif isinstance(value, dict) and isinstance(before, dict) and value and before:
            part = without_unchanged(value, before)
            if part:
                changed[key] = part
        elif not is_same(before, value):
            changed[key] = value
    return changed
