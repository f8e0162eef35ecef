"""The values with which captured functions are called, for each run.

Nothing is stored in the user's function itself. A run has one `Binding` for
each captured function; a call looks for it

1. in the run that it belongs to (see `sacred._base.current_run`),
2. in the other runs that are active, the innermost first,
3. in the last run that bound it, or that came with it from another process,

so nested, threaded and parallel runs each see their own configuration.
"""

from __future__ import annotations

import itertools
import os
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sacred._base.current_run import active, current_run, runs_in_scope
from sacred._base.errors import SacredError
from sacred.config.read_only import make_tracked, with_secrets
from sacred.config.signature import Signature
from sacred.provenance.usage import UsageLog
from sacred.randomness import SeedSource, create_rnd, get_seed, seed_drawer
from sacred.settings import SETTINGS

if TYPE_CHECKING:
    import logging

__all__ = [
    "Binding",
    "BoundFunction",
    "RunBindings",
    "find_binding",
    "find_run",
    "is_built_in",
    "known_run",
    "name_key",
    "use_received",
]

Call = tuple[tuple[Any, ...], dict[str, Any]]
Key = tuple[str, str]
#: What is added to a call, and the counter of such calls.
_Plan = tuple[Call, list[int]]
_MAX_PLANS = 64
_COUNTABLE_CALLS = 1 << 62
#: Parameters that are filled with what is no entry of the configuration.
_SPECIAL_NAMES = frozenset({"_config", "_log", "_run", "_seed", "_rnd"})


class BoundFunction(Protocol):
    """The part of a captured function that a binding needs."""

    __module__: str
    __qualname__: str
    #: It was made from a pickle that came by value: known to runs by its name only.
    is_copy: bool
    #: What it was bound to last.
    last_binding: Binding | None

    def __hash__(self) -> int: ...


def is_built_in(function: object) -> bool:
    """Whether a captured function belongs to this package: a command that all experiments have."""
    # Functions that `exec` has made may be of no module.
    return str(getattr(function, "__module__", None)).startswith("sacred.")


def is_mistake_in_call(error: BaseException, command: object) -> bool:
    """Whether a built-in command such as ``explain`` reports that it cannot do what was asked.

    Args:
        error: the error that the command raised.
        command: the captured function.
    """
    return isinstance(error, SacredError) and not error.print_traceback and is_built_in(command)


def name_key(function: BoundFunction) -> Key:
    """Return a name for a function that is the same in all processes."""
    module = getattr(function, "__module__", "")  # instances may have none
    # multiprocessing imports the main script once more under this name.
    return "__main__" if module == "__mp_main__" else module, function.__qualname__


class _AlwaysEnabled:
    """Stands for the logger of a function whose calls are recorded, whatever its level is."""

    def isEnabledFor(self, level: int) -> bool:
        """Say yes, as a logger would."""
        return True


class Binding:
    """The values with which one captured function is called in one run.

    Set attributes before the first call, or through the function
    (``function.config = …``): the values for calls are computed once.

    Attributes:
        config: the part of the configuration under the function's prefix.
        logger: a logger named after the function, or None.
        rnd: the function's own random number generator, a `SeedSource` of it, or None.
        run: the run, or None.
        path: of `config` in the configuration of the run; None if that is not known.
        instances: the instances of declared records, by the names of the parameters that ask for
            them.
    """

    __slots__ = (
        "_counters",
        "_plans",
        "config",
        "drawn_call",
        "first_call",
        "instances",
        "logger",
        "order",
        "path",
        "plain_calls",
        "ready_calls",
        "rnd",
        "run",
        "tape",
        "tracer",
    )

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        logger: logging.Logger | None = None,
        rnd: Any = None,
        run: Any = None,
        path: str | None = None,
        instances: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = path
        self.instances: Mapping[str, Any] = instances or {}
        self.config: Mapping[str, Any] = {} if config is None else config
        self.logger = logger
        self.rnd = rnd
        self.run = run
        self.order = 0
        #: Yields the arguments of a call without explicit ones, if they are always the same, and
        #: knows how often it has.
        self.ready_calls: itertools.repeat[Call] | None = None
        # What is filled in depends on which arguments are given, not on their values.
        self._plans: dict[Any, _Plan] = {}
        # How many calls have taken these entries; `taken` adds `plain_calls`.
        self._counters: dict[tuple[str, ...], list[int]] = {}
        #: Calls that were made with `drawn_call`.
        self.plain_calls = 0
        #: The position of the first call among those of all functions; 0: there was none.
        self.first_call = 0
        #: Makes the arguments of a call without explicit ones, if each takes other random
        #: numbers.
        self.drawn_call: Callable[[], Call] | None = None
        #: Records each call, if it is asked for.
        self.tape: Any = None
        #: The logger, if it is one: calls are logged at debug level.
        self.tracer: logging.Logger | _AlwaysEnabled | None = None
        self.forget()

    def __repr__(self) -> str:
        return f"Binding(config={self.config!r}, run={self.run!r})"

    def forget(self) -> None:
        """Compute the values for calls again, because an attribute has changed."""
        self._count_plain_calls()
        self.ready_calls = self.drawn_call = None
        self._plans.clear()
        self.tracer = self.logger if hasattr(self.logger, "isEnabledFor") else None
        if self.tape is not None:
            self.tracer = _AlwaysEnabled()  # so that plain calls need not ask for it

    def _count_plain_calls(self) -> None:
        plan = self._plans.get(0)
        if self.ready_calls is not None:
            self.plain_calls += _COUNTABLE_CALLS - self.ready_calls.__length_hint__()
            self.ready_calls = None
        if plan is not None:
            plan[1][0] += self.plain_calls
        self.plain_calls = 0

    def taken(self) -> Mapping[tuple[str, ...], int]:
        """The number of calls that have taken each entry; names are relative to `path`."""
        self._count_plain_calls()
        return {names: counter[0] for names, counter in list(self._counters.items())}

    def generator(self) -> Any:
        """The function's own random number generator, or None."""
        if isinstance(self.rnd, SeedSource):
            self.rnd = self.rnd.generator()
        return self.rnd

    def call(self, signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        """Return the arguments with which a function is called.

        Args:
            signature: of the function.
            args: the positional arguments of the caller.
            kwargs: the keyword arguments of the caller.

        Raises:
            SignatureError, MissingConfigError: see `Signature.construct_arguments`.
        """
        key = (len(args), *kwargs) if kwargs else len(args)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._make_plan(key, signature, args, kwargs)
        (more_args, fill), counter = plan
        counter[0] += 1
        if self.rnd is not None and signature.takes_random:
            # Drawn even if it is given explicitly: the next call must not depend on it.
            seed = get_seed(self.generator())
            if not (args or kwargs or more_args):
                self.drawn_call = _drawing(seed_drawer(self.rnd), fill)
            if more_args:  # positional-only: it may be one of these two
                drawn = {"_seed": seed, "_rnd": create_rnd(seed)}
                options = {**self._options(signature), **drawn}
                given, filled = signature.construct_arguments(args, kwargs, options)
                return tuple(given), filled
            filled = {**fill, **kwargs}
            if "_seed" in fill:
                filled["_seed"] = seed
            if "_rnd" in fill:
                filled["_rnd"] = create_rnd(seed)
            return args, filled
        if not args and not kwargs:
            self.ready_calls = itertools.repeat(plan[0], _COUNTABLE_CALLS)
            return plan[0]
        return args + more_args, {**fill, **kwargs}

    def _make_plan(
        self, key: Any, signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> _Plan:
        """Positional and keyword arguments to add to a call of this shape, and its counter."""
        options = self._options(signature)
        made, filled = signature.construct_arguments(args, kwargs, options)
        fill = {name: value for name, value in filled.items() if name not in kwargs}
        free = signature.get_free_parameters(args, kwargs)
        names = tuple(name for name in free if name in options and name not in _SPECIAL_NAMES)
        if len(self._plans) >= _MAX_PLANS:  # a function of any keyword arguments
            self._count_plain_calls()
            self._plans.clear()
        plan = (tuple(made[len(args) :]), fill), self._counters.setdefault(names, [0])
        self._plans[key] = plan
        self.first_call = self.first_call or next(_clock)
        return plan

    def _options(self, signature: Signature) -> dict[str, Any]:
        special = {"_config": self.config, "_log": self.logger, "_run": self.run}
        if self.rnd is not None:
            special.update(_seed=None, _rnd=None)  # another one for each call
        config = self.config
        # Not by the method of a `ReadOnlyDict`: what is taken is counted with each call.
        get: Any = dict.__getitem__ if isinstance(config, dict) else type(config).__getitem__
        options: dict[str, Any] = {}
        for name in signature.arguments:
            if name in self.instances:
                options[name] = self.instances[name]
            elif name in special:
                options[name] = special[name]
            elif name in config:
                options[name] = get(config, name)
        return options


def _drawing(draw: Callable[[], int], fill: dict[str, Any]) -> Callable[[], Call]:
    """What makes the arguments of one call after the other; `fill` are those to be given."""

    def with_seed() -> Call:
        return (), {**fill, "_seed": draw()}

    def with_generator() -> Call:
        return (), {**fill, "_rnd": create_rnd(draw())}

    def with_both() -> Call:
        seed = draw()
        return (), {**fill, "_seed": seed, "_rnd": create_rnd(seed)}

    if "_seed" not in fill:
        return with_generator
    return with_both if "_rnd" in fill else with_seed


_clock = itertools.count(1)
#: The runs of this process by their tokens.
known_runs: weakref.WeakValueDictionary[str, RunBindings] = weakref.WeakValueDictionary()


class RunBindings:
    """All bindings of one run.

    Args:
        token: identifies the run in all processes; by default a new one.
        run: the run that they belong to.

    >>> from sacred.config.captured_function import create_captured_function
    >>> @create_captured_function
    ... def greet(name): return f"Hello, {name}!"
    >>> bindings = RunBindings()
    >>> bindings.bind(greet, Binding(config={"name": "Ada"}))
    >>> with bindings.activate():
    ...     greet()
    'Hello, Ada!'
    """

    def __init__(self, token: str | None = None, run: Any = None) -> None:
        self.token = token or os.urandom(16).hex()
        #: The level of the functions' loggers while the run is active; None to leave it.
        self.log_level: int | None = None
        self.run = run
        self.order = 0
        self._bindings: dict[BoundFunction, Binding] = {}
        self._by_name: dict[Key, Binding] = {}
        #: From another process: functions are known by name only.
        self.received = token is not None
        self._views: dict[int, tuple[Any, Any]] = {}
        #: Which entries of the configuration have been read, but for those that calls take.
        self.usage = UsageLog()
        known_runs[self.token] = self

    def bind(self, function: BoundFunction, binding: Binding) -> None:
        """Set the values with which a function is called in this run.

        With ``SETTINGS.CONFIG.READ_ONLY_CONFIG`` the configuration becomes
        read-only.

        Args:
            function: the captured function.
            binding: the values and objects that its parameters are filled with.
        """
        self._bindings[function] = binding
        self.bind_name(name_key(function), binding)
        function.last_binding = binding

    def bind_name(self, key: Key, binding: Binding) -> None:
        """Set the values for a function that is known only by its name.

        Args:
            key: its module and qualified name.
            binding: the values and objects that its parameters are filled with.
        """
        if SETTINGS.CONFIG.READ_ONLY_CONFIG:
            binding.config = self._view(binding.config, binding.path or "")
        else:
            self.usage.is_shared = True  # nobody can see what is read
            binding.config = with_secrets(binding.config)
        binding.order = next(_clock)
        self._by_name[key] = binding

    def _view(self, config: Mapping[str, Any], path: str) -> Mapping[str, Any]:
        # Most functions see one and the same configuration; it is copied once. The
        # original is kept, so that its id stays its own.
        if id(config) not in self._views:
            self._views[id(config)] = config, make_tracked(config, self.usage, path)
        view: Mapping[str, Any] = self._views[id(config)][1]
        return view

    def get(self, function: BoundFunction) -> Binding | None:
        """Return the binding of a function in this run; None if the run does not bind it."""
        found = self._bindings.get(function)
        if found is None and (self.received or function.is_copy):
            found = self._by_name.get(name_key(function))
        return found

    def by_function(self) -> dict[BoundFunction, Binding]:
        """All bindings by function."""
        return dict(self._bindings)

    def by_name(self) -> dict[Key, Binding]:
        """All bindings by module and qualified name of the function."""
        return dict(self._by_name)

    @contextmanager
    def activate(self) -> Iterator[None]:
        """Let calls see the bindings of this run, within this context."""
        # Loggers live as long as the process, and `main` is not the only one of its name.
        levels = {} if self.log_level is None else self._set_levels(self.log_level)
        try:
            with active(self):
                yield
        finally:
            for logger, level in levels.items():
                if logger.level == self.log_level:
                    logger.setLevel(level)

    def _set_levels(self, level: int) -> dict[logging.Logger, int]:
        """Set the level of the functions' loggers; returns those that they had."""
        known = {binding.logger for binding in self._by_name.values()}
        loggers = (logger for logger in known if hasattr(logger, "isEnabledFor"))
        levels = {logger: logger.level for logger in loggers if logger is not None}
        for logger in levels:
            logger.setLevel(level)
        return levels


#: The run of another process that was received last.
received_run: RunBindings | None = None


def known_run(token: str) -> RunBindings | None:
    """Return the run with a token, if it is in this process."""
    return known_runs.get(token)


def use_received(run: RunBindings) -> None:
    """Let functions that no run of this process binds use bindings from another process."""
    global received_run
    run.order = next(_clock)
    received_run = run


def find_binding(function: BoundFunction) -> Binding | None:
    """Return the binding for a call of a function made here and now; None outside of runs."""
    run: RunBindings | None = current_run()
    if run is not None:
        # The usual case, without another call.
        binding = run._bindings.get(function)
        if binding is not None:
            return binding
        for run in runs_in_scope():
            binding = run.get(function)
            if binding is not None:
                return binding
    last = function.last_binding
    if received_run is not None and (last is None or received_run.order > last.order):
        return received_run.get(function) or last
    return last


def find_run(function: BoundFunction) -> RunBindings | None:
    """Return the run in which `find_binding` finds the binding."""
    binding = find_binding(function)
    if binding is None:
        return None
    runs: list[RunBindings] = [*runs_in_scope(), *list(known_runs.values())]
    if received_run is not None:
        runs.append(received_run)
    return next((run for run in runs if run.get(function) is binding), None)
