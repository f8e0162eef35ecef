"""Captured functions, whose missing arguments are filled from the configuration."""

from __future__ import annotations

import datetime
import sys
import time
import types
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

import wrapt

from sacred._base.errors import ConfigError
from sacred.config.bindings import Binding, Call, find_binding, name_key
from sacred.config.signature import Signature

__all__ = [
    "CapturedFunction",
    "CapturingDecorator",
    "capture_constructor",
    "create_captured_function",
]

R = TypeVar("R")
# To find what was made of a function: a pickle only names the function itself.
_made: weakref.WeakValueDictionary[tuple[int, str | None], CapturedFunction[Any]] = (
    weakref.WeakValueDictionary()
)
# Modules with one of these in their names are to see what a captured function really is.
_PICKLERS = frozenset({"cloudpickle", "dill", "joblib", "pickle"})
_DEBUG = 10  # logging.DEBUG

if TYPE_CHECKING:

    class _Proxy(Generic[R]):
        """What mypy knows of the proxy, and of the function behind it."""

        __wrapped__: Callable[..., R]
        __name__: str
        __qualname__: str
        __code__: types.CodeType

        def __init__(self, wrapped: Callable[..., R]) -> None: ...
else:
    # The plain one of wrapt 2 does not pretend that a function can be iterated over.
    class _Proxy(getattr(wrapt, "BaseObjectProxy", wrapt.ObjectProxy)):
        __slots__ = ("__qualname__",)  # a class cannot have a property of that name

        def __class_getitem__(cls, parameters):
            return cls  # for annotations; what it returns is only known to type checkers


class _OfFunction:
    """An attribute that the class has for itself, and a proxy from its function."""

    def __init__(self, name: str, of_class: Any) -> None:
        self._name = name
        self._of_class = of_class

    def __get__(self, instance: Any, owner: type) -> Any:
        return self._of_class if instance is None else getattr(instance.__wrapped__, self._name)

    def __set__(self, instance: Any, value: Any) -> None:
        setattr(instance.__wrapped__, self._name, value)


class CapturedFunction(_Proxy[R]):  # noqa: D101 - it has one for the class alone
    __doc__ = _OfFunction(  # type: ignore[assignment,unused-ignore]
        "__doc__",
        """A function whose missing arguments come from the configuration of the run.

    An explicit argument wins over the entry of that name (under `prefix`), which
    wins over the default. ``_config``, ``_seed``, ``_rnd``, ``_log`` and ``_run``
    are filled with what belongs to the run. Make one with
    `create_captured_function`.

    To everybody who looks it is the function: a `wrapt` proxy.

    Attributes:
        prefix: dotted path of the part of the configuration it sees, or None.
        unobserved: whether a run of this command tells no observer.
        signature: the `Signature` of the function.
        uses_randomness: whether it takes ``_seed`` or ``_rnd``.
    """,
    )

    # What the class has is set on the proxy, all else on the function.
    if TYPE_CHECKING:
        prefix: str | None
        unobserved: bool
        #: It was made from a pickle that came by value: known to runs by its name only.
        is_copy: bool
        last_binding: Binding | None
        _self_name: str | None
        _self_signature: Signature | None
        _self_twin: Any
        #: Whether it is called with an instance (None), its class, or neither of them.
        _self_method: type | None
    else:
        __annotations__ = _OfFunction("__annotations__", {})
        prefix = last_binding = None
        unobserved = is_copy = False
        _self_name = _self_signature = _self_twin = _self_method = None

    def __init__(self, function: Callable[..., R], prefix: str | None = None) -> None:
        method: type | None = None
        if isinstance(function, staticmethod | classmethod):
            method, function = type(function), function.__func__
        if not callable(function):
            raise TypeError(f"only functions can be captured, not {function!r}")
        _Proxy.__init__(self, function)
        self.__qualname__ = getattr(function, "__qualname__", self.__name__)
        self.prefix = prefix
        self._self_method = method
        _made[id(function), prefix] = self

    if not TYPE_CHECKING:

        @property
        def __class__(self):
            # For `inspect` it is a function; for picklers, which would take the bare function then,
            # it is what it is. There is no other way to be both.
            caller = sys._getframe(1).f_globals.get("__name__") or ""
            if _PICKLERS.isdisjoint(caller.split(".")):
                return type(self.__wrapped__)
            return CapturedFunction

        @property
        def __name__(self):
            return self._self_name or _name_of(self.__wrapped__)

        @__name__.setter
        def __name__(self, name):
            self._self_name = name

    # Two captured versions of one function, with prefixes of their own, are two.
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__

    # --------------------------------------------------------------- calling

    def __call__(self, /, *args: Any, **kwargs: Any) -> R:
        """Call the function; arguments that are not given come from the configuration.

        Raises:
            SignatureError: the function does not accept the arguments.
            MissingConfigError: an argument is neither given nor in the configuration.
        """
        binding = find_binding(self)
        if binding is None:
            given, kwargs = self.signature.construct_arguments(args, kwargs, {})
            return self.__wrapped__(*given, **kwargs)
        if args or kwargs:
            args, kwargs = binding.call(self.signature, args, kwargs)
        elif (ready := binding.ready_calls) is not None:
            for args, kwargs in ready:  # noqa: B007 - the iterator counts, faster than `+= 1`
                break
        elif binding.drawn_call is not None:
            args, kwargs = binding.drawn_call()
            binding.plain_calls += 1
        else:
            args, kwargs = binding.call(self.signature, args, kwargs)
        try:
            if binding.tracer is None or not binding.tracer.isEnabledFor(_DEBUG):
                return self.__wrapped__(*args, **kwargs)
            return self._traced((args, kwargs), binding)
        except ConfigError as error:
            path = self.prefix if binding.path is None else binding.path
            error.add_config(binding.config, path or "", getattr(binding.run, "config", None))
            raise

    def _traced(self, call: Call, binding: Binding) -> R:
        if binding.tape is None:
            return self._logged(call, binding.logger)
        logger = binding.logger
        is_logged = hasattr(logger, "isEnabledFor") and logger.isEnabledFor(_DEBUG)  # type: ignore[union-attr]

        def go() -> R:
            if is_logged:
                return self._logged(call, logger)
            return self.__wrapped__(*call[0], **call[1])

        result: R = binding.tape.record_call(self, call, go)
        return result

    def _logged(self, call: Call, logger: Any) -> R:
        logger.debug("Started")
        began = time.monotonic()
        result = self.__wrapped__(*call[0], **call[1])
        elapsed = datetime.timedelta(seconds=round(time.monotonic() - began))
        logger.debug("Finished after %s.", elapsed)
        return result

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> CapturedFunction[R]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., R]: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Callable[..., R]:
        """Bind it as a method, as functions do."""
        if self._self_method is classmethod:
            return types.MethodType(self, type(instance) if owner is None else owner)
        if instance is None or self._self_method is staticmethod:
            return self
        return types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<captured function {self.__qualname__} at {id(self):#x}>"

    # ------------------------------------------------------------ attributes

    # It waits until it is needed: a pickled function may refer to itself, and is not
    # complete yet when that is restored.
    @property
    def signature(self) -> Signature:
        """The arguments that the function takes."""
        if self._self_signature is None:
            self._self_signature = Signature(self.__wrapped__)
        return self._self_signature

    @property
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
        """The part of the configuration that it sees now, or saw last; ``{}`` before any run."""
        config: Mapping[str, Any] | None = self._get("config")
        return {} if config is None else config

    @config.setter
    def config(self, value: Mapping[str, Any]) -> None:
        self._set("config", value)

    @property
    def logger(self) -> Any:
        """The logger of this function in the current or last run, or None."""
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

    def __copy__(self) -> CapturedFunction[R]:
        return self  # as functions do

    def __deepcopy__(self, memo: dict[int, Any]) -> CapturedFunction[R]:
        return self

    @property
    def _by_name(self) -> Any:
        """A twin of the function which is found under a name of its own.

        The function's own name leads to this object, so it could not be pickled
        by name, which plain pickle does. Picklers that take functions by value
        (cloudpickle, for those of ``__main__``) do so with the twin.
        """
        if self._self_twin is not None:
            return self._self_twin
        function = self.__wrapped__
        assert isinstance(function, types.FunctionType)
        twin = self._self_twin = types.FunctionType(
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


class CapturingDecorator(Protocol):
    """The result of a capturing decorator that is called with arguments."""

    def __call__(self, function: Callable[..., R], /) -> CapturedFunction[R]:
        """Capture the function."""
        ...


def _name_of(function: Any) -> str:
    name: str = getattr(function, "__name__", type(function).__name__)
    return name


def _find(module: str, qualname: str) -> Any:
    found: Any = sys.modules.get(module)
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found


def _restore(
    function: Any, prefix: str | None, module: str, qualname: str, name: str
) -> CapturedFunction[Any]:
    """The captured function that a pickle stands for; a new one if it came by value."""
    found = _find(module, qualname)
    if function is None and module not in sys.modules:
        __import__(module)
        found = _find(module, qualname)
    if isinstance(found, CapturedFunction) and (function is None or found._self_twin is function):
        return found
    if function is None:
        raise AttributeError(f"cannot restore captured function {module}.{qualname}: not there")
    known = _made.get((id(function), prefix))
    if known is not None:
        return known
    # The function itself may not be complete yet, so nothing is taken from it.
    made: CapturedFunction[Any] = CapturedFunction(function, prefix)
    made.__qualname__, made._self_name = qualname, name
    made.is_copy = True
    return made


def create_captured_function(
    function: Callable[..., R], prefix: str | None = None
) -> CapturedFunction[R]:
    """Make a function take its missing arguments from the configuration.

    Args:
        function: the function; one that is captured already is returned unchanged.
        prefix: dotted path of the part of the configuration that it sees.

    Raises:
        TypeError: the argument is not callable.

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


def capture_constructor(cls: type, prefix: str | None = None) -> CapturedFunction[Any] | None:
    """Capture the constructor of a class, which remains a class.

    Args:
        cls: the class, whose ``__init__`` (or ``__new__``, if it has no other) is replaced.
        prefix: as in `create_captured_function`.

    Returns:
        the captured method; None if the class cannot be changed.

    >>> class Point:
    ...     def __init__(self, x): self.x = x
    >>> capture_constructor(Point).config = {"x": 1}
    >>> Point().x, Point(2).x
    (1, 2)
    """
    methods = {name: getattr(cls, name) for name in ("__init__", "__new__")}
    is_plain = methods["__init__"] is object.__init__
    name = "__new__" if is_plain and methods["__new__"] is not object.__new__ else "__init__"
    method: Any = methods[name]
    if isinstance(method, CapturedFunction):  # of a class that it inherits from
        return method
    captured: CapturedFunction[Any] = create_captured_function(method, prefix)
    try:
        setattr(cls, name, staticmethod(captured) if name == "__new__" else captured)
    except TypeError:
        return None
    # Messages and loggers are to name the class.
    captured.__name__ = captured.signature.name = cls.__name__
    return captured
