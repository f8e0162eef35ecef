"""Evaluate the sources of a configuration in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from sacred.config.config_summary import ConfigSummary
from sacred.config.dogmatic import DogmaticDict, undogmatize
from sacred.config.normalize import recursive_fill_in

__all__ = ["ConfigSource", "chain_evaluate_config_scopes"]


class ConfigSource(Protocol):
    """The protocol of elements of ``configurations``."""

    def __call__(
        self,
        fixed: Mapping[str, Any] | None = None,
        preset: Mapping[str, Any] | None = None,
        fallback: Mapping[str, Any] | None = None,
    ) -> ConfigSummary:
        """See `ConfigScope.__call__`."""
        ...


def _call(source: ConfigSource, **values: Mapping[str, Any]) -> ConfigSummary:
    return source(**values)


def chain_evaluate_config_scopes(
    config_scopes: Iterable[ConfigSource],
    fixed: Mapping[str, Any] | None = None,
    preset: Mapping[str, Any] | None = None,
    fallback: Mapping[str, Any] | None = None,
    evaluate: Callable[..., ConfigSummary] = _call,
) -> tuple[dict[str, Any], list[ConfigSummary]]:
    """Evaluate sources in order; each sees what the earlier ones have set.

    Args:
        config_scopes: the sources.
        fixed: nested dict of values that win over all of them.
        preset: entries that the first source may read; they are part of the result.
        fallback: values that all sources may read; they are not part of the result.
        evaluate: the function that calls a source with the other arguments.

    Returns:
        the configuration, and the summary of each source.

    >>> from sacred.config.config_dict import ConfigDict
    >>> chain_evaluate_config_scopes([ConfigDict({"a": 1}), ConfigDict({"b": 2})], {"a": 3})[0]
    {'a': 3, 'b': 2}
    """
    fixed, preset, fallback = fixed or {}, preset or {}, fallback or {}
    summaries: list[ConfigSummary] = []
    known: Mapping[str, Any] = preset
    for source in config_scopes:
        summary = evaluate(source, fixed=fixed, preset=known, fallback=fallback)
        summaries.append(summary)
        known = summary
        given = getattr(summary, "given", None)
        if given is not None:
            fixed = given.merged(fixed)
    if summaries:
        # Entries stand in the order in which the sources declare them.
        order = dict.fromkeys(name for summary in summaries for name in summary)
        whole: dict[str, Any] = undogmatize(known)
        return {**{name: whole[name] for name in order if name in whole}, **whole}, summaries
    entries = DogmaticDict(fixed)
    entries.revelation(preset)
    config: dict[str, Any] = undogmatize(entries)
    recursive_fill_in(config, undogmatize(preset), fixed)
    return config, summaries
