"""Read-only dicts whose entries are attributes as well: ``run.config.opt.lr``."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NoReturn

from sacred._base.text import did_you_mean

__all__ = ["Fields", "frozen", "thawed"]


class Fields(dict[Any, Any]):
    """A part of a record. Copies are plain dicts, at every level.

    >>> config = frozen({"opt": {"lr": 0.1}, "items": 3})
    >>> config.opt.lr
    0.1
    >>> config["items"]  # methods of a dict stay what they are
    3
    >>> config.op
    Traceback (most recent call last):
        ...
    AttributeError: no entry 'op'. Did you mean "opt"?
    >>> config["opt"] = 1
    Traceback (most recent call last):
        ...
    TypeError: a record of a run cannot be changed; a copy of it can
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            hint = did_you_mean(name, map(str, self))
            text = f"no entry {name!r}. {hint}".rstrip()
            # Told the object, Python would add the same hint once more.
            raise AttributeError(text, name=name, obj=None) from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(key for key in self if isinstance(key, str))})

    def copy(self) -> dict[Any, Any]:
        """Return a plain copy, at every level."""
        plain: dict[Any, Any] = thawed(self)
        return plain

    def __copy__(self) -> dict[Any, Any]:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(self.copy(), memo)

    def __reduce__(self) -> Any:
        return dict, (self.copy(),)

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("a record of a run cannot be changed; a copy of it can")

    __setitem__ = __delitem__ = __ior__ = __setattr__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def frozen(value: Any) -> Any:
    """Return the value with all its dicts as `Fields`; lists and tuples around them are copied."""
    if isinstance(value, Mapping):
        return Fields({key: frozen(item) for key, item in value.items()})
    if type(value) in (list, tuple):
        return type(value)(map(frozen, value))
    return value


def thawed(value: Any) -> Any:
    """Return the value with plain dicts.

    >>> type(thawed(frozen({"a": [{}]}))["a"][0])
    <class 'dict'>
    """
    if isinstance(value, Fields):
        return {key: thawed(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(thawed, value))
    return value
