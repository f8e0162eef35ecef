"""Captured functions: their missing arguments are filled from the configuration."""

from __future__ import annotations

import functools
import sys
import types
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from sacred._base.errors import ConfigError
from sacred.config.bindings import Binding, find_binding, name_key
from sacred.config.signature import Signature

__all__ = ["CapturedFunction", "create_captured_function"]

# To find what was made of a function: a pickle only names the function itself.
_made: weakref.WeakValueDictionary[tuple[int, str | None], CapturedFunction] = (
    weakref.WeakValueDictionary()
)


class CapturedFunction:
    """A function whose missing arguments come from the configuration of the run.

    An explicit argument wins over the entry of that name (under `prefix`), which
    wins over the default. ``_config``, ``_seed``, ``_rnd``, ``_log`` and ``_run``
    are filled with what belongs to the run. Make one with
    `create_captured_function`.

    Attributes:
        prefix: dotted path of the part of the configuration it sees, or None.
        unobserved: whether a run of this command tells no observer.
        signature: the `Signature` of the function.
        uses_randomness: whether it takes ``_seed`` or ``_rnd``.
    """

    __wrapped__: Callable[..., Any]
    __name__: str
    __qualname__: str  # type: ignore[assignment,unused-ignore]

    def __init__(self, function: Callable[..., Any], prefix: str | None = None) -> None:
        if not callable(function):
            raise TypeError(f"only functions can be captured, not {function!r}")
        functools.update_wrapper(self, function)
        self._set_up(function, prefix, _name_of(function))
        _made[id(function), prefix] = self

    def _set_up(self, function: Callable[..., Any], prefix: str | None, name: str) -> None:
        self.__wrapped__ = function
        self.__name__ = name
        self.__dict__.setdefault("__qualname__", name)
        self.prefix = prefix
        self.unobserved = False
        self.is_copy = False
        self.last_binding: Binding | None = None
        if _is_coroutine_function(function):
            _mark_coroutine_function(self)

    # --------------------------------------------------------------- calling

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function; what is not given comes from the configuration.

        Raises:
            SignatureError: arguments that it does not take.
            MissingConfigError: an argument is neither given nor in the configuration.
        """
        binding = find_binding(self)
        if binding is None:
            args, kwargs = self.signature.construct_arguments(args, kwargs, {})
        elif args or kwargs:
            args, kwargs = binding.call(self.signature, args, kwargs)
        elif binding.ready_call is not None:
            args, kwargs = binding.ready_call
        elif binding.drawn_call is not None:
            args, kwargs = binding.drawn_call()
        else:
            args, kwargs = binding.call(self.signature, args, kwargs)
        try:
            return self.__wrapped__(*args, **kwargs)
        except ConfigError as error:
            if binding is not None:
                error.add_config(binding.config, self.prefix)
            raise

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        # As functions do; also what makes `inspect` and `pydoc` see a function.
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<captured function {self.__qualname__} at {id(self):#x}>"

    # ------------------------------------------------------------ attributes

    # These two wait until they are needed: a pickled function may refer to itself,
    # and is not complete yet when that is restored.
    @functools.cached_property
    def signature(self) -> Signature:
        """What arguments the function takes."""
        return Signature(self.__wrapped__)

    @functools.cached_property
    def uses_randomness(self) -> bool:
        """Whether the function takes ``_seed`` or ``_rnd``."""
        return self.signature.takes_random

    def _get(self, name: str) -> Any:
        binding = find_binding(self)
        return getattr(binding, name) if binding is not None else None

    def _set(self, name: str, value: Any) -> None:
        binding = find_binding(self)
        if binding is None:
            binding = self.last_binding = Binding()
        setattr(binding, name, value)
        binding.forget()

    @property
    def config(self) -> Mapping[str, Any]:
        """The part of the configuration it sees now, or saw last; ``{}`` before any run."""
        config: Mapping[str, Any] | None = self._get("config")
        return {} if config is None else config

    @config.setter
    def config(self, value: Mapping[str, Any]) -> None:
        self._set("config", value)

    @property
    def logger(self) -> Any:
        """Its logger in the current or last run, or None."""
        return self._get("logger")

    @logger.setter
    def logger(self, value: Any) -> None:
        self._set("logger", value)

    @property
    def rnd(self) -> Any:
        """Its random number generator in the current or last run, or None."""
        binding = find_binding(self)
        return binding.generator() if binding is not None else None

    @rnd.setter
    def rnd(self, value: Any) -> None:
        self._set("rnd", value)

    @property
    def run(self) -> Any:
        """The current or last run, or None."""
        return self._get("run")

    @run.setter
    def run(self, value: Any) -> None:
        self._set("run", value)

    # --------------------------------------------------- copying and pickling

    def __copy__(self) -> CapturedFunction:
        return self  # as functions do

    def __deepcopy__(self, memo: dict[int, Any]) -> CapturedFunction:
        return self

    @functools.cached_property
    def _by_name(self) -> Any:
        """A twin of the function which is found under a name of its own.

        The function's own name leads to this object, so it could not be pickled
        by name, which plain pickle does. Picklers that take functions by value
        (cloudpickle, for those of ``__main__``) do so with the twin.
        """
        function = self.__wrapped__
        assert isinstance(function, types.FunctionType)
        twin = types.FunctionType(
            function.__code__,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        twin.__kwdefaults__ = function.__kwdefaults__
        twin.__doc__ = function.__doc__
        twin.__module__ = name_key(self)[0]
        twin.__dict__.update(function.__dict__)
        twin.__qualname__ = f"{self.__qualname__}._by_name"
        return twin

    def _is_function(self) -> bool:
        return isinstance(self.__wrapped__, types.FunctionType)

    def __reduce_ex__(self, protocol: Any) -> Any:
        module, qualname = name_key(self)
        names = (module, qualname, self.__name__)
        found = _find(module, qualname)
        if found is self.__wrapped__:  # captured under another name: `g = capture(f)`
            function: Any = found
        elif found is self and (protocol < 4 or not self._is_function()):
            # By name only. Old protocols would find the twin by pickling this object first.
            function = None
        elif self._is_function():
            function = self._by_name
        else:
            function = self.__wrapped__
        # Most runs stay in one process.
        from sacred.config.snapshot import take_snapshot

        state = {"unobserved": self.unobserved, "snapshot": take_snapshot(self)}
        return _restore, (function, self.prefix, *names), state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.unobserved = state["unobserved"]
        if state["snapshot"] is not None:
            from sacred.config.snapshot import receive

            receive(self, state["snapshot"])


def _name_of(function: Any) -> str:
    name: str = getattr(function, "__name__", type(function).__name__)
    return name


_CO_COROUTINE = 0x80


def _is_coroutine_function(function: Any) -> bool:
    if isinstance(function, types.FunctionType) and not function.__dict__:
        return bool(function.__code__.co_flags & _CO_COROUTINE)
    import inspect  # for what is marked as one, and for partial functions

    return inspect.iscoroutinefunction(function)


def _mark_coroutine_function(function: Any) -> None:
    import inspect

    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(function)
    else:
        import asyncio.coroutines

        # There is no public way on 3.11.
        function._is_coroutine = vars(asyncio.coroutines)["_is_coroutine"]


def _find(module: str, qualname: str) -> Any:
    found: Any = sys.modules.get(module)
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found


def _restore(
    function: Any, prefix: str | None, module: str, qualname: str, name: str
) -> CapturedFunction:
    """The captured function that a pickle stands for; a new one if it came by value."""
    found = _find(module, qualname)
    if function is None and module not in sys.modules:
        __import__(module)
        found = _find(module, qualname)
    if isinstance(found, CapturedFunction) and (
        function is None or found.__dict__.get("_by_name") is function
    ):
        return found
    if function is None:
        raise AttributeError(f"cannot restore captured function {module}.{qualname}: not there")
    known = _made.get((id(function), prefix))
    if known is not None:
        return known
    # The function itself may not be complete yet, so nothing is taken from it.
    made = CapturedFunction.__new__(CapturedFunction)
    made.__module__ = module
    made.__qualname__ = qualname
    made._set_up(function, prefix, name)
    made.is_copy = True
    _made[id(function), prefix] = made
    return made


def create_captured_function(
    function: Callable[..., Any], prefix: str | None = None
) -> CapturedFunction:
    """Let the missing arguments of a function be filled from the configuration.

    Args:
        function: the function; a captured one is returned as it is.
        prefix: dotted path of the part of the configuration that it sees.

    Raises:
        TypeError: it cannot be called.

    >>> @create_captured_function
    ... def area(width, height=2): return width * height
    >>> area(3)
    6
    >>> area.config = {"width": 4}
    >>> area()
    8
    >>> area(height=1)
    4
    """
    if isinstance(function, CapturedFunction):
        return function
    return CapturedFunction(function, prefix)
