"""The entries that named configs read: as the sources give them before the run is configured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred.config.chain import ConfigSource
from sacred.config.config_dict import ConfigDict
from sacred.config.config_scope import ConfigScope
from sacred.config.config_summary import ConfigSummary
from sacred.config.evaluations import EvaluationCache
from sacred.initialize.phases import (
    Scaffolding,
    apply_config_hooks,
    create_scaffolding,
    distribute_config_updates,
    split_prefixes,
)
from sacred.initialize.scaffold import Scaffold
from sacred.randomness import get_seed

if TYPE_CHECKING:
    import logging

    from sacred.ingredient import Ingredient

__all__ = ["EntryReader"]


class EntryReader:
    """Evaluates only the sources on which an entry depends.

    Args:
        experiment: the experiment.
        ingredients: its ingredients and the experiment, see `gather_ingredients_topological`.
        updates: values that win over all sources, nested.
        like: the scaffolds of the run; values that named configs have set in them count, too.
        evaluations: cached evaluations of scopes, which the run will use again.

    Attributes:
        errors: the errors in scopes, in order. Entries that a scope set before it failed are
            known.
    """

    def __init__(
        self,
        experiment: Ingredient,
        ingredients: Sequence[Ingredient],
        updates: Mapping[str, Any],
        like: Scaffolding,
        evaluations: EvaluationCache,
    ) -> None:
        self._scaffolding = create_scaffolding(experiment, ingredients)
        self._evaluations = evaluations
        self.errors: list[BaseException] = []
        for path, scaffold in self._scaffolding.items():
            scaffold.logger = like[path].logger
            scaffold.presets = like[path].presets
            scaffold.evaluate = self._evaluate
        distribute_config_updates(split_prefixes(self._scaffolding), self._scaffolding, updates)

    def read(
        self, path: str, names: Sequence[str], command_name: str | None, logger: logging.Logger
    ) -> dict[str, Any]:
        """Return the entries with some names, as far as they exist.

        Args:
            path: the path of the ingredient that asks.
            names: the names of its own entries, or of its ingredients.
            command_name: passed to config hooks.
            logger: passed to config hooks.
        """
        scaffold = self._scaffolding[path]
        view = scaffold.view(self._evaluate_for(scaffold, names))
        if scaffold.config_hooks and not view.keys() >= set(names) - {"seed"}:
            view = self._evaluate_with_hooks(scaffold, command_name, logger)
        if "seed" in names and scaffold.generate_seed and view.get("seed") is None:
            view["seed"] = get_seed(None)
        return {name: view[name] for name in names if name in view}

    def _evaluate(self, source: ConfigSource, **values: Mapping[str, Any]) -> ConfigSummary:
        try:
            summary, error = self._evaluations.evaluate_tolerantly(source, **values)
        except Exception as caught:
            summary, error = ConfigDict({})(**values), caught
        if error is not None:
            self.errors.append(error)
        return summary

    def _evaluate_for(self, scaffold: Scaffold, names: Iterable[str]) -> dict[str, Any]:
        """The configuration of an ingredient as far as these entries depend on it."""
        sources, needed = _sources_of(scaffold.config_scopes, names)
        for path, used in scaffold.subrunners.items():
            if needed is None or scaffold.name_of(path).partition(".")[0] in needed:
                self._set_up(used)
        scaffold.gather_fallbacks()
        config, _ = scaffold.evaluate_sources(sources)
        return config

    def _set_up(self, scaffold: Scaffold) -> None:
        for used in scaffold.subrunners.values():
            self._set_up(used)
        scaffold.gather_fallbacks()
        scaffold.set_up_config()

    def _evaluate_with_hooks(
        self, scaffold: Scaffold, command_name: str | None, logger: logging.Logger
    ) -> dict[str, Any]:
        """The configuration with what config hooks add, which may be anything."""
        for other in self._scaffolding.values():
            other.gather_fallbacks()
            other.set_up_config()
            apply_config_hooks(self._scaffolding, other, command_name, logger)
            if other is scaffold:
                break
        return scaffold.view(scaffold.config or {})


def _sources_of(
    sources: Sequence[ConfigSource], names: Iterable[str]
) -> tuple[list[ConfigSource], set[str] | None]:
    """The sources that entries depend on, and all names that these use; None for any name."""
    needed: set[str] | None = set(names)
    chosen: list[ConfigSource] = []
    for source in reversed(sources):
        sets, reads = _names_of(source)
        if needed is not None and sets is not None and needed.isdisjoint(sets):
            continue
        chosen.append(source)
        needed = None if needed is None or reads is None else needed.union(reads)
    return chosen[::-1], needed


def _names_of(source: ConfigSource) -> tuple[Iterable[str] | None, Iterable[str] | None]:
    """Names that a source may set, and those that it reads; None for any name."""
    if isinstance(source, ConfigScope):
        return source.sets, source.parameters
    if isinstance(source, ConfigDict):
        return source.names, ()
    return None, None
