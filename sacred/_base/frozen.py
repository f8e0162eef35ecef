"""Frozen values, like frozen dataclasses, but their classes are made without generating code.

`dataclasses` writes and compiles the methods of each class. For the 32 classes that a
hello-world run needs, this takes 28 ms of CPU time, a tenth of the whole (``benchmarks/``,
hello); this module takes 2 ms. The values count as dataclasses for everything that asks
(`dataclasses.replace`, `asdict`, `fields`), and for type checkers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

__all__ = ["Frozen", "Sentinel", "factory", "fields_of", "replace"]

T = TypeVar("T", bound="Frozen")


class _DataclassFields:
    """What `dataclasses` looks for, computed on first access."""

    def __init__(self) -> None:
        self._known: dict[type[Frozen], dict[str, Any]] = {}

    def __get__(self, instance: Any, owner: type[Frozen]) -> dict[str, Any]:
        if owner not in self._known:
            self._known[owner] = self._made_for(owner)
        return self._known[owner]

    def _made_for(self, owner: type[Frozen]) -> dict[str, Any]:
        # Not at the top: nobody asks in a short run.
        import dataclasses

        rows: list[Any] = []
        for name in owner._fields:
            known: dict[str, Any] = {}
            if name in owner._factories:
                known["default_factory"] = owner._factories[name]
            elif name in owner._defaults:
                # As factories: empty mappings that nobody changes are refused as defaults.
                known["default_factory"] = functools.partial(owner._defaults.get, name)
            rows.append((name, Any, dataclasses.field(**known)))
        twin = dataclasses.make_dataclass(owner.__name__, rows, kw_only=True)
        fields: dict[str, Any] = vars(twin)["__dataclass_fields__"]
        return fields


class _FrozenMeta(type):
    """Turn annotations into slots. `kw_only` is for type checkers."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        kw_only: bool = True,
        eq: bool = True,
    ) -> Any:
        if not eq:
            namespace |= {"__eq__": object.__eq__, "__hash__": object.__hash__}
        own = tuple(
            field
            for field, annotation in namespace.get("__annotations__", {}).items()
            if not annotation.startswith("ClassVar")
        )
        defaults = {field: namespace.pop(field) for field in own if field in namespace}
        factories = {
            name: d.factory for name, d in defaults.items() if isinstance(d, _DefaultFactory)
        }
        defaults = {name: d for name, d in defaults.items() if name not in factories}
        namespace["__slots__"] = own
        inherited = (name for base in bases for name in getattr(base, "_fields", ()))
        namespace["__match_args__"] = (*inherited, *own)
        cls: Any = super().__new__(mcs, name, bases, namespace)
        for base in bases:
            defaults = {**getattr(base, "_defaults", {}), **defaults}
            factories = {**getattr(base, "_factories", {}), **factories}
            own = (*getattr(base, "_fields", ()), *own)
        cls._fields, cls._defaults, cls._factories = own, defaults, factories
        return cls


class _DefaultFactory:
    """The factory of a default."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def factory(*, factory: Callable[[], Any]) -> Any:
    """Declare a default that is created afresh for each value::

    class Found(Frozen):
        problems: list[str] = factory(factory=list)
    """
    return _DefaultFactory(factory)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(factory,))
class Frozen(metaclass=_FrozenMeta):
    """Base of frozen values: the annotated names are the fields::

        class Point(Frozen):
            x: int
            y: int = 0

        Point(x=1) == Point(x=1, y=0)
        replace(Point(x=1), y=5)

    The module must contain ``from __future__ import annotations``. Fields are passed by
    keyword; with ``class Point(Frozen, kw_only=False)`` also by position. With ``eq=False``,
    each value is equal only to itself. A default must be immutable, because all values share
    it; for other defaults, see `factory`.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}
    _factories: ClassVar[dict[str, Callable[[], Any]]] = {}
    if not TYPE_CHECKING:
        __dataclass_fields__ = _DataclassFields()

        def __init__(self, *values: Any, **given: Any) -> None:
            put = object.__setattr__
            given.update(zip(self._fields, values, strict=False))
            defaults = self._defaults
            for name in self._fields:
                if name in given:
                    put(self, name, given.pop(name))
                elif name in defaults:
                    put(self, name, defaults[name])
                elif name in self._factories:
                    put(self, name, self._factories[name]())
                else:
                    raise TypeError(f"{type(self).__name__}() needs the argument {name!r}")
            if given:
                raise TypeError(f"{type(self).__name__}() takes no argument {next(iter(given))!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be deleted")

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._fields])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__qualname__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), fields_of(self))


def fields_of(value: Frozen) -> dict[str, Any]:
    """Return the fields by name; their values are not copied."""
    return dict(zip(value._fields, value._values(), strict=True))


def replace(value: T, **fields: Any) -> T:
    """Return a copy of a frozen value in which some fields differ.

    Args:
        value: an instance of a `Frozen` class.
        **fields: new values by the names of the fields.

    Raises:
        TypeError: there is no such field.
    """
    return type(value)(**{**fields_of(value), **fields})


def _restored(cls: type[Frozen], fields: dict[str, Any]) -> Frozen:
    return cls(**fields)


class Sentinel:
    """A constant that stands for "no value"; copying or unpickling it gives the same object.

    Args:
        name: the name of the constant.
        module: the module that defines the constant.

    >>> import copy
    >>> NOTHING = Sentinel("NOTHING", __name__)
    >>> NOTHING, copy.deepcopy(NOTHING) is NOTHING
    (NOTHING, True)
    """

    def __init__(self, name: str, module: str) -> None:
        self._name = name
        self.__module__ = module  # where pickle looks for the name

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        return self._name
