"""Ingredients: reusable parts of experiments, declared with decorators.

The decorators only fill plain lists (``configurations``, ``captured_functions``,
``commands``, ...). Nothing is evaluated until somebody asks for a run or its configuration.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, overload

from sacred._base.errors import CircularDependencyError, ExperimentSetupError, UnsafeDataError
from sacred._base.paths import join_paths
from sacred._base.script import calling_globals, main_file_of, unite_script_and_module
from sacred.definition import ConfigHook, IngredientDef

if TYPE_CHECKING:
    from typing import TypeVar

    from sacred.config.captured_function import CapturedFunction, CapturingDecorator
    from sacred.config.chain import ConfigSource
    from sacred.config.config_scope import ConfigScope
    from sacred.dependencies import PackageDependency, Source
    from sacred.dependencies.experiment_info import ExperimentInfoGatherer, Findings, Script

    Function = TypeVar("Function", bound=Callable[..., Any])
    R = TypeVar("R")

__all__ = ["Ingredient"]

PathLike = str | os.PathLike[str]


class Ingredient:
    """A reusable part of an experiment with configuration, functions and commands.

    Args:
        path: dotted name; the ingredient's entries are found under it in the
            configuration of a run.
        ingredients: the ingredients that this one uses.
        interactive: allow a definition without a script (REPL, notebook); there,
            defining a function again replaces the earlier one.
        base_dir: root of the sources that are recorded (default: the directory
            of the script).
        save_git_info: record url, commit and state of the git repositories.

    Raises:
        RuntimeError: defined without a script and ``interactive`` is not set.

    >>> data = Ingredient("data", interactive=True)
    >>> _ = data.add_config(filename="iris.csv")
    >>> @data.capture
    ... def load(filename):
    ...     return filename
    >>> load("other.csv")
    'other.csv'
    """

    def __init__(
        self,
        path: PathLike,
        ingredients: Sequence[Ingredient] = (),
        interactive: bool = False,
        _caller_globals: dict[str, Any] | None = None,
        base_dir: PathLike | None = None,
        save_git_info: bool = True,
    ) -> None:
        self.path = os.fspath(path)
        self.interactive = interactive
        self.save_git_info = save_git_info
        self.ingredients: list[Ingredient] = list(ingredients)
        self.configurations: list[ConfigSource] = []
        self.named_configs: dict[str, ConfigSource] = {}
        self.config_hooks: list[ConfigHook] = []
        self.captured_functions: list[CapturedFunction[Any]] = []
        self.commands: dict[str, CapturedFunction[Any]] = {}
        self.pre_run_hooks: list[CapturedFunction[Any]] = []
        self.post_run_hooks: list[CapturedFunction[Any]] = []
        self.logger: Any = None
        self._caller_globals = _caller_globals or calling_globals(self)
        #: The docstring of the script that defines it, or None.
        self.doc: str | None = self._caller_globals.get("__doc__")
        self.mainfile = main_file_of(self._caller_globals)
        unite_script_and_module(self._caller_globals)
        if self.mainfile is None and not interactive:
            raise ExperimentSetupError(
                "Defining an experiment in interactive mode! The source code cannot be stored "
                "and the experiment won't be reproducible. If you still want to run it, pass "
                "interactive=True."
            )
        base = base_dir or os.path.dirname(self.mainfile or os.path.abspath("_"))
        self.base_dir = os.path.realpath(base)
        self._added_sources: set[Source] = set()
        self._added_dependencies: set[PackageDependency] = set()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path!r}>"

    # ------------------------------------------------------------ functions

    def _replace_or_append(self, items: list[Any], new: Any, old: Any = None) -> None:
        """Add to a list; in a notebook, take the place of what is defined again."""
        if old is not None:
            for index, item in enumerate(items):
                if item is old:
                    items[index] = new
                    return
        items.append(new)

    def _earlier(self, items: Sequence[Any], function: Callable[..., Any]) -> Any:
        """The item that an interactively repeated definition replaces, or None."""
        if not (self.interactive and hasattr(function, "__qualname__")):  # as partial objects
            return None
        key = (function.__module__, function.__qualname__)
        for item in items:
            if (getattr(item, "__module__", None), getattr(item, "__qualname__", None)) == key:
                return item
        return None

    def _capture(self, function: Callable[..., Any], prefix: str | None) -> CapturedFunction[Any]:
        # Not at the top, as others below: what a script does not use it does not load, and
        # loading is nearly all of a short run. This one loads wrapt, which is most of it.
        from sacred.config.captured_function import CapturedFunction, create_captured_function

        if isinstance(function, CapturedFunction) and function in self.captured_functions:
            return function
        earlier = self._earlier(self.captured_functions, function)
        captured = create_captured_function(function, prefix=prefix)
        self._replace_or_append(self.captured_functions, captured, earlier)
        return captured

    @overload
    def capture(
        self, function: Callable[..., R], prefix: str | None = None
    ) -> CapturedFunction[R]: ...
    @overload
    def capture(self, function: None = None, prefix: str | None = None) -> CapturingDecorator: ...
    def capture(
        self, function: Callable[..., Any] | None = None, prefix: str | None = None
    ) -> CapturedFunction[Any] | CapturingDecorator:
        """Decorator: fill in the function's missing arguments from the configuration.

        Args:
            function: the function; without it, a decorator is returned.
            prefix: dotted path of the part of the configuration that it sees.

        Returns:
            a captured function; one that is captured already is returned unchanged. A class stays a
            class: its constructor is captured.
        """

        def declare(inner: Callable[..., Any]) -> Any:
            if isinstance(inner, type):
                from sacred.config.captured_function import capture_constructor

                constructor = capture_constructor(inner, prefix)
                if constructor is not None:
                    self._capture(constructor, prefix)
                    return inner
            return self._capture(inner, prefix)

        return _now_or_later(function, declare)

    def _hook(
        self, hooks: list[CapturedFunction[Any]], function: Callable[..., Any], prefix: str | None
    ) -> CapturedFunction[Any]:
        earlier = self._earlier(hooks, function)
        captured = self._capture(function, prefix)
        self._replace_or_append(hooks, captured, earlier)
        return captured

    @overload
    def pre_run_hook(
        self, func: Callable[..., R], prefix: str | None = None
    ) -> CapturedFunction[R]: ...
    @overload
    def pre_run_hook(self, func: None = None, prefix: str | None = None) -> CapturingDecorator: ...
    def pre_run_hook(
        self, func: Callable[..., Any] | None = None, prefix: str | None = None
    ) -> CapturedFunction[Any] | CapturingDecorator:
        """Run the decorated captured function before the main function; see `capture`."""
        return _now_or_later(func, lambda inner: self._hook(self.pre_run_hooks, inner, prefix))

    @overload
    def post_run_hook(
        self, func: Callable[..., R], prefix: str | None = None
    ) -> CapturedFunction[R]: ...
    @overload
    def post_run_hook(self, func: None = None, prefix: str | None = None) -> CapturingDecorator: ...
    def post_run_hook(
        self, func: Callable[..., Any] | None = None, prefix: str | None = None
    ) -> CapturedFunction[Any] | CapturingDecorator:
        """Run the decorated captured function after the main function; see `capture`."""
        return _now_or_later(func, lambda inner: self._hook(self.post_run_hooks, inner, prefix))

    @overload
    def command(
        self, function: Callable[..., R], prefix: str | None = None, unobserved: bool = False
    ) -> CapturedFunction[R]: ...
    @overload
    def command(
        self, function: None = None, prefix: str | None = None, unobserved: bool = False
    ) -> CapturingDecorator: ...
    def command(
        self,
        function: Callable[..., Any] | None = None,
        prefix: str | None = None,
        unobserved: bool = False,
    ) -> CapturedFunction[Any] | CapturingDecorator:
        """Decorator: make a captured function callable from the command line.

        Args:
            function: the function; its name is the command's name.
            prefix: dotted path of the part of the configuration that it sees.
            unobserved: run it without observers.
        """

        def declare(inner: Callable[..., Any]) -> CapturedFunction[Any]:
            captured = self._capture(inner, prefix)
            captured.unobserved = unobserved
            self.commands[inner.__name__] = captured
            return captured

        return _now_or_later(function, declare)

    # -------------------------------------------------------- configuration

    @overload
    def config(self, function: type[R]) -> type[R]: ...  # type: ignore[overload-overlap]
    @overload
    def config(self, function: Callable[..., Any]) -> ConfigScope: ...
    def config(self, function: Any) -> Any:
        """Decorator: turn local variables of a function, or fields of a class, into entries.

        Raises:
            SyntaxError: the body holds ``return`` or ``yield``.
            AssertionError: the signature has defaults, ``*args`` or ``**kwargs``.
        """
        from sacred.config.config_dict import ConfigModel
        from sacred.config.config_scope import ConfigScope

        earlier = self._earlier(self.configurations, function)
        source: Any = (ConfigModel if isinstance(function, type) else ConfigScope)(function)
        self._replace_or_append(self.configurations, source, earlier)
        return function if isinstance(function, type) else source

    def named_config(self, func: Callable[..., Any]) -> ConfigScope:
        """Decorator: declare a config scope that is used only in runs that name it."""
        from sacred.config.config_scope import ConfigScope

        self._add_named_config(func.__name__, scope := ConfigScope(func))
        return scope

    def config_hook(self, func: Function) -> Function:
        """Decorator: declare a function that sees the whole configuration and may change it.

        It takes exactly ``(config, command_name, logger)`` and returns a dict of
        changes for this ingredient, or None.

        Raises:
            ValueError: other parameters, or defaults.
        """
        import inspect

        parameters = inspect.signature(func).parameters
        wanted = ["config", "command_name", "logger"]
        if list(parameters) != wanted or any(p.default is not p.empty for p in parameters.values()):
            raise ValueError(
                f"Wrong signature for config_hook {func.__name__!r}. Expected: "
                f"(config, command_name, logger), got: ({', '.join(map(str, parameters.values()))})"
            )
        self._replace_or_append(self.config_hooks, func, self._earlier(self.config_hooks, func))
        return func

    def add_config(self, cfg_or_file: Any = None, **kw_conf: Any) -> ConfigSource:
        """Add entries from a dict, a file, a class, or keyword arguments (exactly one of these).

        Args:
            cfg_or_file: a dict, the name of a config file (``"@FILE"``: with its includes), or
                a dataclass, ``TypedDict``, attrs class or pydantic model, or an instance of one.
            **kw_conf: entries as keyword arguments.

        Raises:
            ValueError: more than one source, none, or an unknown kind of file.
            OSError: the file does not exist.
            TypeError, KeyError: the source is of another type, or a key cannot be stored.
        """
        from sacred.config.config_dict import source_from

        self.configurations.append(source := source_from(cfg_or_file, kw_conf))
        return source

    def _add_named_config(self, name: str, source: ConfigSource) -> None:
        if name in self.named_configs and not self.interactive:
            raise KeyError(f'Configuration name "{name}" already in use!')
        self.named_configs[name] = source

    def add_named_config(
        self, name: str, cfg_or_file: dict[str, Any] | PathLike | None = None, **kw_conf: Any
    ) -> None:
        """Add entries that are used only in runs that name them.

        If a file has unsafe content, it is refused when the named config is used; the rest of the
        experiment works.

        Args:
            name: the name of the named config.
            cfg_or_file: a dict, or the path of a config file; without it, `kw_conf` has the
                entries.
            **kw_conf: the entries as keyword arguments.

        Raises:
            KeyError: the name is in use.
            ValueError, OSError, TypeError: as :meth:`add_config`.
        """
        from sacred.config.config_dict import RefusedConfig, source_from

        try:
            source: ConfigSource = source_from(cfg_or_file, kw_conf)
        except UnsafeDataError as error:
            source = RefusedConfig(error)
        self._add_named_config(name, source)

    # ------------------------------------------------------------- sources

    def add_source_file(self, filename: PathLike) -> None:
        """Record one more source file with every run.

        Raises:
            ValueError: there is no such file.
        """
        from sacred.dependencies import Source

        self._added_sources.add(Source.create(os.path.abspath(filename), self.save_git_info))

    def add_package_dependency(self, package_name: str, version: str) -> None:
        """Record one more package on which the runs depend.

        Args:
            package_name: its name on the package index.
            version: its version, by the rules of PEP 440.

        Raises:
            ValueError: ``Invalid Version: "x"``.
        """
        from sacred.dependencies import PEP440_VERSION_PATTERN, PackageDependency

        if not PEP440_VERSION_PATTERN.match(version):
            raise ValueError(f'Invalid Version: "{version}"')
        self._added_dependencies.add(PackageDependency(package_name, version))

    def _script(self) -> Script:
        from sacred.dependencies.cells import sources_of_cells
        from sacred.dependencies.experiment_info import Script

        cells = sources_of_cells(self.path, self.freeze()) if self.interactive else set()
        return Script(
            self._caller_globals,
            self.base_dir,
            self.save_git_info,
            self._added_sources | cells,
            self._added_dependencies,
        )

    @property
    def sources(self) -> set[Source]:
        """The sources at present: those that were imported, and those that were added by hand."""
        return set(self._findings().sources.values())

    @property
    def dependencies(self) -> set[PackageDependency]:
        """The packages at present: those that were imported, and those that were added by hand."""
        return set(self._findings().dependencies.values())

    def _findings(self) -> Findings:
        from sacred.dependencies.experiment_info import Findings

        findings = Findings()
        findings.look([self._script()])
        return findings

    def get_experiment_info(self) -> dict[str, Any]:
        """Return name, sources, packages and repositories, as observers store them.

        Returns:
            a dict with ``name``, ``base_dir``, ``sources`` (``(path, md5)``),
            ``dependencies`` (``name==version``), ``repositories``, ``mainfile``, ``module``.
        """
        return self.experiment_info_gatherer()()

    def experiment_info_gatherer(self, *, soon: bool = True) -> ExperimentInfoGatherer:
        """Return a function like :meth:`get_experiment_info`, for one run.

        Each call adds what has been imported since the last one. A source that it has
        seen keeps its first digest: that is the version that runs, even if the file changes. Git is
        called once.

        Args:
            soon: whether it will be called soon; git then starts at once.
        """
        from sacred.dependencies.experiment_info import ExperimentInfoGatherer

        gatherer = ExperimentInfoGatherer(
            self._script(),
            lambda: [used._script() for used, _ in self.traverse_ingredients()],
            name=self.path,
            mainfile=self.mainfile,
        )
        if soon:
            gatherer.begin()
        return gatherer

    # ------------------------------------------------------------ the tree

    def traverse_ingredients(self) -> Generator[tuple[Ingredient, int], None, None]:
        """Yield this ingredient and all that it uses, in pre-order, with their depth.

        Raises:
            CircularDependencyError: an ingredient uses itself, directly or indirectly.
        """
        yield from self._walk(())

    def _walk(self, users: tuple[Ingredient, ...]) -> Generator[tuple[Ingredient, int], None, None]:
        if any(user is self for user in users):
            raise CircularDependencyError(ingredients=[*users, self])
        yield self, len(users)
        for ingredient in self.ingredients:
            yield from ingredient._walk((*users, self))

    def post_process_name(self, name: str, ingredient: Ingredient) -> str:
        """Return the name that users write for a full name; subclasses override this.

        Args:
            name: the name of a command or named config, with the path of its ingredient.
            ingredient: the one that has it.
        """
        return name

    def gather_commands(self) -> Generator[tuple[str, CapturedFunction[Any]], None, None]:
        """Yield all commands, including those of ingredients, as ``(full name, function)``."""
        for ingredient, _ in self.traverse_ingredients():
            for name, command in ingredient.commands.items():
                full_name = join_paths(ingredient.path, name)
                yield self.post_process_name(full_name, ingredient), command

    def gather_named_configs(self) -> Generator[tuple[str, ConfigSource], None, None]:
        """Yield all named configs, including those of ingredients, as ``(full name, source)``."""
        for ingredient, _ in self.traverse_ingredients():
            for name, source in ingredient.named_configs.items():
                full_name = join_paths(ingredient.path, name)
                yield self.post_process_name(full_name, ingredient), source

    def freeze(self) -> IngredientDef:
        """Return what has been declared so far, as a frozen value."""
        return IngredientDef(
            path=self.path,
            configurations=tuple(self.configurations),
            named_configs=dict(self.named_configs),
            config_hooks=tuple(self.config_hooks),
            captured_functions=tuple(self.captured_functions),
            commands=dict(self.commands),
            pre_run_hooks=tuple(self.pre_run_hooks),
            post_run_hooks=tuple(self.post_run_hooks),
        )

    # ------------------------------------------------------------- pickling

    _process_bound: tuple[str, ...] = ("_caller_globals", "logger")

    def __reduce__(self) -> tuple[Any, ...]:
        # By name where the receiving process imports the same module; the state is
        # there for processes that cannot (joblib's workers do not import __main__).
        state = {k: v for k, v in self.__dict__.items() if k not in self._process_bound}
        module = self._caller_globals.get("__name__", "__main__")
        names = (k for k, v in list(self._caller_globals.items()) if v is self)
        return (_find_or_make, (type(self), module, next(names, None)), state)

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "path" in self.__dict__:
            return  # found by name: it is what its own module made it
        self.__dict__.update(state)
        self.__dict__.update(_caller_globals={}, logger=None)


def _now_or_later(
    function: Callable[..., Any] | None, declare: CapturingDecorator
) -> CapturedFunction[Any] | CapturingDecorator:
    """Apply a decorator now, or return it for the function to come: with and without arguments."""
    return declare if function is None else declare(function)


def _find_or_make(cls: type[Ingredient], module: str, name: str | None) -> Ingredient:
    found = getattr(sys.modules.get(module), name, None) if name else None
    return found if isinstance(found, cls) else cls.__new__(cls)
