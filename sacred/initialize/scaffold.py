"""The scaffold of one ingredient: its state while a run is configured."""

from __future__ import annotations

import copy
import functools
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.errors import ConfigError, NamedConfigNotFoundError
from sacred._base.paths import (
    get_by_dotted_path,
    get_by_shown_path,
    is_prefix,
    iterate_flattened,
    join_paths,
    recursive_update,
    rel_path,
    set_by_dotted_path,
)
from sacred.config.bindings import Binding, is_built_in
from sacred.config.captured_function import CapturedFunction
from sacred.config.chain import ConfigSource, chain_evaluate_config_scopes
from sacred.config.config_dict import ConfigDict, ConfigModel
from sacred.config.config_scope import ConfigScope
from sacred.config.config_summary import ConfigSummary
from sacred.config.evaluations import is_same, without_unchanged
from sacred.config.typed_entries import annotates_records
from sacred.definition import ConfigHook
from sacred.provenance.origins import Origin
from sacred.randomness import SeedSource, check_seed, get_seed
from sacred.settings import SETTINGS

if TYPE_CHECKING:
    from sacred.config.declared.declaration import Declaration, WrongValue

__all__ = ["Scaffold", "nested_at"]


def nested_at(path: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Nest a configuration below a path.

    Args:
        path: a dotted path; if empty, the configuration stays as it is.
        config: the entries.

    >>> nested_at("a.b", {"c": 1})
    {'a': {'b': {'c': 1}}}
    """
    nested: dict[str, Any] = {}
    set_by_dotted_path(nested, path, dict(config))
    return nested


def _origin_of(hook: ConfigHook) -> Origin:
    name, code = getattr(hook, "__qualname__", repr(hook)), getattr(hook, "__code__", None)
    where = "" if code is None else f"{code.co_filename}, line {code.co_firstlineno}"
    return Origin("hook", where, name)


class Scaffold:
    """Collects the configuration of one ingredient, step by step.

    Args:
        config_scopes: the sources of its configuration.
        subrunners: the scaffolds of the ingredients that it uses, by path.
        path: its own path; ``""`` for the experiment.
        captured_functions: its captured functions, in order of definition.
        commands: its commands by name.
        named_configs: its named configs by name.
        config_hooks: its config hooks.
        generate_seed: whether its seed is an entry of the configuration.
        pre_run_hooks: the functions that run before the command.
        post_run_hooks: the functions that run after the command.
    """

    def __init__(
        self,
        config_scopes: Sequence[ConfigSource],
        subrunners: Mapping[str, Scaffold],
        path: str,
        captured_functions: Iterable[CapturedFunction[Any]],
        commands: Mapping[str, CapturedFunction[Any]],
        named_configs: Mapping[str, ConfigSource],
        config_hooks: Sequence[ConfigHook],
        generate_seed: bool,
        pre_run_hooks: Sequence[CapturedFunction[Any]] = (),
        post_run_hooks: Sequence[CapturedFunction[Any]] = (),
    ) -> None:
        self.config_scopes = config_scopes
        self.subrunners = subrunners
        #: Scaffolds that have become a part of this one, by path; see `gather_fallbacks`.
        self.lodgers: dict[str, Scaffold] = {}
        self.path = path
        self.commands = commands
        self.named_configs = named_configs
        self.config_hooks = config_hooks
        self.generate_seed = generate_seed
        self.pre_run_hooks = pre_run_hooks
        self.post_run_hooks = post_run_hooks
        self._captured_functions = tuple(captured_functions)

        self.config_updates: dict[str, Any] = {}
        self.named_configs_to_use: list[str] = []
        self.config: dict[str, Any] | None = None
        self.fallback: dict[str, Any] | None = None
        self.presets: dict[str, Any] = {}
        self.fixture: dict[str, Any] | None = None
        self.logger: logging.Logger | None = None
        #: The level of the loggers of captured functions; None to leave it as it is.
        self.log_level: int | None = None
        self._seed: int | Callable[[], int] | None = None
        self._rnd: Any = None
        #: How sources are evaluated, where that is not just to call them.
        self.evaluate: Callable[..., ConfigSummary] | None = None
        self.config_mods: ConfigSummary | None = None
        self.summaries: list[ConfigSummary] = []
        #: Values that do not fit the declared types of their entries, apart from given ones.
        self.wrong_values: list[WrongValue] = []
        #: What each config hook has changed, by path, and the hook.
        self.hook_changes: list[tuple[Origin, dict[str, Any]]] = []
        self.captured_args = {
            join_paths(function.prefix or "", name)
            for function in self._captured_functions
            for name in function.signature.arguments
        }
        #: Prefixes of the user's functions that take ``_config``; built-in commands do, too.
        self.prefixes_of_config_readers = {
            function.prefix or ""
            for function in self._captured_functions
            if "_config" in function.signature.arguments and not is_built_in(function)
        }

    def __repr__(self) -> str:
        return f"<Scaffold {self.path!r}>"

    @property
    def has_run_readers(self) -> bool:
        """Whether any of the user's functions take ``_run``, which has the whole configuration."""
        return any(
            "_run" in function.signature.arguments and not is_built_in(function)
            for function in self._captured_functions
        )

    # ---------------------------------------------------------------- seeds

    @property
    def seed(self) -> int | None:
        """The seed of this ingredient, once it is set."""
        if callable(self._seed):
            self._seed = self._seed()
        return self._seed

    @seed.setter
    def seed(self, seed: int | None) -> None:
        self._seed = seed

    @property
    def rnd(self) -> Any:
        """The generator of this ingredient, once its seed is set."""
        return self._rnd.generator() if isinstance(self._rnd, SeedSource) else self._rnd

    @rnd.setter
    def rnd(self, rnd: Any) -> None:
        self._rnd = rnd

    @property
    def seed_source(self) -> Any:
        """The source of seeds for its ingredients; reading this attribute draws nothing."""
        return self._rnd

    def set_up_seed(self, rnd: Any = None) -> None:
        """Set the seed of this ingredient, and of those below its path.

        Args:
            rnd: a generator or a `SeedSource` to draw from; None for the experiment.
        """
        if self._seed is not None:
            return
        config = self._set_up()
        configured = config.get("seed")
        if configured is not None:
            check_seed(configured)
            self._seed = configured
        else:
            self._seed = rnd.promise() if isinstance(rnd, SeedSource) else get_seed(rnd)
        self._rnd = SeedSource(self._seed)
        if self.generate_seed:
            config["seed"] = self.seed
        # A seed is always there, so setting it is a change and never an addition.
        if self.config_mods is not None and "seed" in self.config_mods.added:
            self.config_mods.added.discard("seed")
            self.config_mods.modified.add("seed")
        for path, subrunner in reversed(list(self.subrunners.items())):
            if is_prefix(self.path, path):
                subrunner.set_up_seed(self._rnd)

    # --------------------------------------------------------------- config

    def _set_up(self) -> dict[str, Any]:
        self.set_up_config()
        assert self.config is not None
        return self.config

    def name_of(self, path: str) -> str:
        """Return the name of another ingredient in this one: its path without the common prefix."""
        return rel_path(self.path, path) if is_prefix(self.path, path) else path

    def gather_fallbacks(self) -> None:
        """Make the configurations of its ingredients, as far as known, readable for its sources.

        An ingredient that follows one above its path becomes a part of that one, even if that
        one does not use it.
        """
        before: list[Scaffold] = []
        for used in self._in_order():
            for other in before:
                if other.path != used.path and is_prefix(other.path, used.path):
                    other.lodgers[used.path] = used
            before.append(used)
        fallback: dict[str, Any] = {"_log": self.logger}
        for path, subrunner in self.subrunners.items():
            if subrunner.config is not None:
                # With those of its own ingredients that lie below it.
                part = subrunner.view(subrunner.config, is_whole=False)
                view = nested_at(self.name_of(path), part)
                recursive_update(fallback, view)
        self.fallback = fallback

    def set_up_config(self) -> None:
        """Evaluate the sources, once."""
        if self.config is not None:
            return
        config, self.summaries = self.evaluate_sources(self.config_scopes)
        for summary in self.summaries:
            given = getattr(summary, "given", None)
            if given is not None:
                self.config_updates = given.merged(self.config_updates)
        self.get_config_modifications(config)
        self.config = dict(config)

    def evaluate_sources(
        self, sources: Sequence[ConfigSource]
    ) -> tuple[dict[str, Any], list[ConfigSummary]]:
        """Evaluate some of its sources; see `chain_evaluate_config_scopes`."""
        how = {} if self.evaluate is None else {"evaluate": self.evaluate}
        with ConfigError.track({}, self.path):
            config, summaries = chain_evaluate_config_scopes(
                sources,
                fixed=self.config_updates,
                preset=self.presets,
                fallback=self.fallback or {},
                **how,
            )
        # The ingredient itself lies elsewhere, so the name is free for an entry.
        for summary in summaries:
            own = getattr(summary, "own_copies", {})
            config.update({n: value for n, value in own.items() if not self._is_below(n)})
        return config, summaries

    def declaration(self, path: str) -> Declaration | None:
        """Return the declared type of an entry, from the last source that declares it.

        Args:
            path: the path of the entry; the empty path is the whole.
        """
        name, _, rest = path.partition(".")
        for source in reversed(self.config_scopes):
            found: Declaration | None = None
            if isinstance(source, ConfigModel):
                found = source.declared.get(name) if name else source.record
            elif name and isinstance(source, ConfigScope) and name in source.annotated:
                found = source.declarations().get(name)
            if found is not None:
                for part in rest.split(".") if rest else ():
                    found = found.field(part) if found is not None else None
                return found
        return None

    def _is_below(self, name: str) -> bool:
        """Whether an ingredient lies below it under this name."""
        return any(path == join_paths(self.path, name) for path in self.subrunners)

    def run_named_config(self, config_name: str) -> ConfigSummary:
        """Evaluate one named config, or config file, with the updates fixed.

        Raises:
            NamedConfigNotFoundError: there is no such name and no such file.
        """
        source = self.find_named_config(config_name)
        with ConfigError.track({}, self.path):
            return source(
                fixed=self.get_config_updates_recursive(),
                preset=self.presets,
                fallback=self.fallback or {},
            )

    def find_named_config(self, config_name: str) -> ConfigSource:
        """Find the named config, or config file, with a name.

        Raises:
            NamedConfigNotFoundError: there is no such name and no such file.
        """
        if os.path.isfile(config_name):
            return ConfigDict(config_name)
        if config_name not in self.named_configs:
            if config_name.startswith("@") and len(config_name) > 1:
                return ConfigDict(config_name)
            raise NamedConfigNotFoundError(
                join_paths(self.path, config_name),
                available_named_configs=tuple(self.named_configs),
            )
        return self.named_configs[config_name]

    def run_config_hooks(
        self, config: Mapping[str, Any], command_name: str | None, logger: logging.Logger
    ) -> dict[str, Any]:
        """Call the config hooks, which may change this ingredient's configuration.

        Args:
            config: the whole configuration so far; each hook gets a deep copy, without the
                changes of the other hooks.
            command_name: the name of the command that is going to run.
            logger: the logger of the run.

        Returns:
            all changes; updates from outside win over them, and later hooks over earlier ones.
        """
        changes: dict[str, Any] = {}
        for hook in self.config_hooks:
            answer = hook(copy.deepcopy(dict(config)), command_name, logger)
            if answer:
                own = self._changes_of_hook(answer, config)
                recursive_update(changes, own)
                origin = _origin_of(hook)
                place = ", ".join(filter(None, (origin.name, origin.where)))
                changes = dict(ConfigDict(changes, place)(fixed=self._fixed_of_hooks(changes)))
                self._remember(origin, own, changes, config)
        return changes

    def _remember(
        self,
        origin: Origin,
        own: Mapping[str, Any],
        changes: Mapping[str, Any],
        config: Mapping[str, Any],
    ) -> None:
        """Remember which entries a hook has changed, with the updates that it could not."""
        before = get_by_dotted_path(config, self.path, default={}) if self.path else config
        fixed = dict(iterate_flattened(self._fixed_of_hooks(changes)))
        # One may take back what another has changed.
        by_others = {path: value for _, made in self.hook_changes for path, value in made.items()}
        changed = {}
        for path, value in iterate_flattened(own):
            made = value if path in fixed else get_by_shown_path(changes, path)
            earlier = by_others[path] if path in by_others else get_by_shown_path(before, path)
            if not is_same(earlier, made):
                changed[path] = made
        self.hook_changes.append((origin, changed))

    def _changes_of_hook(
        self, answer: Mapping[str, Any], config: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What a hook returned, but entries of ingredients only if it has changed them.

        Hooks return the whole configuration: that must not undo what the hook before has
        returned for an ingredient.
        """
        changes = dict(answer)
        given = get_by_dotted_path(config, self.path, default={})
        for name in {self.name_of(path).partition(".")[0] for path, _ in self._configs_below()}:
            part, before = changes.get(name), given.get(name)
            if isinstance(part, dict) and isinstance(before, dict):
                changes[name] = without_unchanged(part, before)
        return changes

    def _fixed_of_hooks(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The updates from outside that a hook's changes touch."""
        updates = self.get_config_updates_recursive()
        return {key: value for key, value in updates.items() if key in changes}

    def get_config_modifications(self, config: Mapping[str, Any] | None = None) -> None:
        """Return the changes that updates made, over all sources of this ingredient."""
        added = {path for path, _ in iterate_flattened(self.config_updates)}
        self.config_mods = ConfigSummary(added=added)
        for summary in self.summaries:
            self.config_mods.update_from(summary)

    def get_config_updates_recursive(self) -> dict[str, Any]:
        """Return the updates of this ingredient and of those below it, nested."""
        updates = copy.copy(self.config_updates)
        for path, subrunner in self.subrunners.items():
            if not is_prefix(self.path, path):
                continue
            below = subrunner.get_config_updates_recursive()
            if below:
                set_by_dotted_path(updates, rel_path(self.path, path), below)
        return updates

    def get_fixture(self) -> dict[str, Any]:
        """Return what the captured functions of this ingredient see: entries and ingredients."""
        if self.fixture is None:
            self.fixture = self.view(self.config or {})
        return self.fixture

    def view(self, config: Mapping[str, Any], is_whole: bool = True) -> dict[str, Any]:
        """Return a configuration of this ingredient that includes those of its ingredients.

        If an entry has the name of an ingredient, both are merged; the ingredient wins.

        Args:
            config: its own entries.
            is_whole: whether to include ingredients elsewhere, as its captured functions see it.
        """
        below: dict[str, Any] = {}
        for path, other in self._configs_below():
            if is_whole or is_prefix(self.path, path):
                recursive_update(below, nested_at(self.name_of(path), other))
        view = dict(config)
        for name, part in below.items():
            own = view.get(name)
            if isinstance(own, dict) and isinstance(part, dict):
                part = recursive_update(recursive_update({}, own), part)
            view[name] = part
        return view

    def _in_order(self) -> Iterable[Scaffold]:
        """Yield the scaffolds of its ingredients, each after those that it uses."""
        for subrunner in self.subrunners.values():
            yield from subrunner._in_order()
            yield subrunner

    def _configs_below(self) -> Iterable[tuple[str, dict[str, Any]]]:
        for path, subrunner in self.subrunners.items():
            yield path, subrunner.config or {}
            yield from subrunner._configs_below()
        for path, lodger in self.lodgers.items():
            yield path, lodger.config or {}

    # ------------------------------------------------------------------ run

    def finalize_initialization(self, run: Any) -> None:
        """Bind the captured functions to a run: config, logger and generator for each."""
        config = self._set_up()
        if config.get("seed") is not None:
            check_seed(config["seed"])
            self._seed = config["seed"]  # a hook may have changed it
        assert self._seed is not None
        self._rnd = source = SeedSource(self._seed)
        self.fixture = None
        fixture = self.get_fixture()
        run.bindings.log_level = self.log_level
        for function in self._captured_functions:
            rnd = SeedSource(source.promise())
            run.bindings.bind(function, self._binding(function, fixture, rnd, run))
        for command in self.commands.values():
            # Built-in ones that have no seed, so that those of all others stay as they were.
            if command not in self._captured_functions:
                run.bindings.bind(command, self._binding(command, fixture, None, run))

    def _binding(
        self, function: CapturedFunction[Any], fixture: dict[str, Any], rnd: Any, run: Any
    ) -> Binding:
        logger = self.logger.getChild(function.__name__) if self.logger else None
        prefix = function.prefix or ""
        config = get_by_dotted_path(fixture, prefix, default={})
        return Binding(
            config=config,
            logger=logger,
            rnd=rnd,
            run=run,
            path=join_paths(self.path, prefix),
            instances=self._instances(function, config, prefix),
        )

    def _instances(
        self, function: CapturedFunction[Any], config: Any, prefix: str
    ) -> dict[str, Any]:
        if is_built_in(function) or not annotates_records(function):
            return {}
        if not self._declares_types:
            return {}
        # Not at the top: few functions ask for instances.
        from sacred.config.declared.asked_instances import asked_instances

        return asked_instances(function, config, prefix, self.declaration)

    @functools.cached_property
    def _declares_types(self) -> bool:
        return SETTINGS.CONFIG.CHECK_TYPES and any(
            getattr(source, "declared", None) or getattr(source, "annotated", None)
            for source in self.config_scopes
        )
