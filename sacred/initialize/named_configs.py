"""Named configs, resolved from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.errors import ConfigError, InvalidKeyError
from sacred._base.paths import (
    get_by_dotted_path,
    join_paths,
    recursive_update,
    set_by_dotted_path,
)
from sacred.config.config_scope import ConfigScope
from sacred.config.evaluations import EvaluationCache, without_unchanged
from sacred.initialize.config_layers import NamedLayer, leaves_of
from sacred.initialize.entry_reader import EntryReader
from sacred.initialize.phases import (
    Scaffolding,
    distribute_presets,
    get_scaffolding_and_config_name,
    split_prefixes,
)
from sacred.initialize.scaffold import Scaffold

if TYPE_CHECKING:
    import logging

    from sacred.ingredient import Ingredient

__all__ = ["NamedConfigs"]


class NamedConfigs:
    """Evaluates the named configs of a run, whose values are fixed for the sources.

    Each may read any entry: it gets the value that the sources compute with the updates and
    the named configs to its left. The evaluations of scopes for this are kept for the run.

    Args:
        experiment: the experiment.
        ingredients: its ingredients and the experiment, see `gather_ingredients_topological`.
        scaffolding: the scaffolds of the run, with the updates distributed.
        logger: the logger of the run.
        evaluations: cached evaluations of scopes.
    """

    def __init__(
        self,
        experiment: Ingredient,
        ingredients: Sequence[Ingredient],
        scaffolding: Scaffolding,
        logger: logging.Logger,
        evaluations: EvaluationCache | None = None,
    ) -> None:
        self._experiment = experiment
        self._ingredients = ingredients
        self._scaffolding = scaffolding
        self._prefixes = split_prefixes(scaffolding)
        self._logger = logger
        self._evaluations = evaluations or EvaluationCache()
        #: What each of them has set.
        self.layers: list[NamedLayer] = []
        for scaffold in scaffolding.values():
            scaffold.evaluate = self._evaluations.evaluate

    def resolve(
        self, names: Sequence[str], updates: Mapping[str, Any], command_name: str | None
    ) -> dict[str, Any]:
        """Evaluate named configs in order.

        Args:
            names: the names of named configs or config files.
            updates: values from outside, nested; they win over every named config.
            command_name: passed to config hooks.

        Returns:
            all values that are fixed for the sources, nested.

        Raises:
            NamedConfigNotFoundError, KeyError: a named config or ingredient is unknown.
        """
        fixed: dict[str, Any] = {}
        for name in names:
            scaffold, config_name = get_scaffolding_and_config_name(name, self._scaffolding)
            everything: dict[str, Any] = recursive_update(recursive_update({}, fixed), updates)
            found = self._evaluate(scaffold, config_name, everything, command_name)
            distribute_presets(scaffold.path, self._prefixes, self._scaffolding, found)
            for key, value in found.items():
                path = join_paths(scaffold.path, key)
                earlier = get_by_dotted_path(fixed, path)
                if isinstance(value, dict):  # a copy: others have that which was found
                    before = earlier if isinstance(earlier, dict) else {}
                    value = recursive_update(recursive_update({}, before), value)
                set_by_dotted_path(fixed, path, value)
        return recursive_update(fixed, updates)

    def _evaluate(
        self,
        scaffold: Scaffold,
        config_name: str,
        updates: Mapping[str, Any],
        command_name: str | None,
    ) -> dict[str, Any]:
        source = scaffold.find_named_config(config_name)
        scaffold.gather_fallbacks()
        fallback = scaffold.fallback or {}
        given: dict[str, Any] = {}
        errors: Sequence[BaseException] = ()
        asked = [n for n in getattr(source, "parameters", ()) if n not in fallback]
        if asked and isinstance(source, ConfigScope):
            reader = EntryReader(
                self._experiment, self._ingredients, updates, self._scaffolding, self._evaluations
            )
            given = reader.read(scaffold.path, asked, command_name, self._logger)
            errors = reader.errors
        missing = [name for name in asked if name not in given]
        fixed = scaffold.get_config_updates_recursive()
        # It reads typed entries as every source does: converted.
        fixed = fixed | {
            name: value
            for name, value in given.items()
            if not isinstance(fixed.get(name, {}), dict) and scaffold.declaration(name)
        }
        try:
            with ConfigError.track({}, scaffold.path):
                found = source(fixed=fixed, preset=given, fallback=fallback)
        except KeyError as error:
            if not (missing and errors):
                raise
            cause = errors[0]  # but for that, the entry might be there
            failure = f"A scope that may set it failed: {type(cause).__name__}: {cause}"
            message, newline, place = str(error.args[0]).partition("\n")
            raise InvalidKeyError(f"{message} {failure}{newline}{place}") from cause
        values = dict(found)
        values.pop("__doc__", None)  # it describes the named config, not the run
        # Not the entries that it has only read, or taken over.
        values = without_unchanged(values, given)
        self.layers.append(
            NamedLayer(
                path=scaffold.path, name=config_name, source=source, summary=found,
                values=values, fixed=frozenset(path for path, _ in leaves_of(fixed)),
            )
        )  # fmt: skip
        return values
