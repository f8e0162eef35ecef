"""The arguments that a function takes, and the values that fill them."""

from __future__ import annotations

import inspect
import sys
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any

from sacred._base.errors import MissingConfigError, SignatureError

__all__ = ["Signature"]

_EMPTY: Any = object()
# The numbers of `inspect.Parameter.kind`.
_POSITIONAL_ONLY, _EITHER_WAY, _VAR_POSITIONAL, _KEYWORD_ONLY, _VAR_KEYWORD = range(5)
_CO_VARARGS, _CO_VARKEYWORDS = 0x04, 0x08

# Name, kind, default.
_Parameter = tuple[str, int, Any]


def _parameters(function: Callable[..., Any]) -> Iterator[_Parameter]:
    # `inspect` takes longer to load than a short run has; it is for the unusual.
    if isinstance(function, FunctionType) and not function.__dict__:
        return parameters_of_code(function)
    return inspected_parameters(function)


def parameters_of_code(function: FunctionType) -> Iterator[_Parameter]:
    code, defaults = function.__code__, function.__defaults__ or ()
    names = list(code.co_varnames)
    positional, keyword_only = code.co_argcount, code.co_kwonlyargcount
    for number, name in enumerate(names[:positional]):
        kind = _POSITIONAL_ONLY if number < code.co_posonlyargcount else _EITHER_WAY
        behind = number - positional + len(defaults)
        yield name, kind, defaults[behind] if behind >= 0 else _EMPTY
    rest = names[positional + keyword_only :]
    if code.co_flags & _CO_VARARGS:
        yield rest.pop(0), _VAR_POSITIONAL, _EMPTY
    for name in names[positional : positional + keyword_only]:
        yield name, _KEYWORD_ONLY, (function.__kwdefaults__ or {}).get(name, _EMPTY)
    if code.co_flags & _CO_VARKEYWORDS:
        yield rest.pop(0), _VAR_KEYWORD, _EMPTY


def inspected_parameters(function: Callable[..., Any]) -> Iterator[_Parameter]:
    for parameter in _signature(function).parameters.values():
        is_open = parameter.default is inspect.Parameter.empty
        yield parameter.name, parameter.kind, _EMPTY if is_open else parameter.default


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        # Annotations may name what is only imported for type checkers; do not evaluate them.
        import annotationlib

        text = annotationlib.Format.STRING
        return inspect.signature(function, annotation_format=text)
    return inspect.signature(function)


class Signature:
    """The signature of a function, and the rules by which its arguments are filled.

    Args:
        f: the function.

    Attributes:
        name: the function's ``__name__``.
        arguments: the names of all arguments except ``*args`` and ``**kwargs``.
        positional_args: the names of those without default that can be given by position.
        kwargs: ordered name → default.
        vararg_name: name of ``*args``, or None.
        kw_wildcard_name: name of ``**kwargs``, or None.
        takes_random: whether it takes ``_seed`` or ``_rnd``.

    >>> def train(lr, *data, epochs=3, **rest): pass
    >>> signature = Signature(train)
    >>> str(signature)
    'train(lr, *data, epochs=3, **rest)'
    >>> signature.construct_arguments((), {"epochs": 5}, {"lr": 0.1, "epochs": 10})
    ([], {'epochs': 5, 'lr': 0.1})
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.name: str = getattr(f, "__name__", type(f).__name__)
        self.arguments: list[str] = []
        self.positional_args: list[str] = []
        self.kwargs: OrderedDict[str, Any] = OrderedDict()
        self.vararg_name: str | None = None
        self.kw_wildcard_name: str | None = None
        self._positional: list[str] = []  # what positional arguments fill, in order
        self._positional_only: list[str] = []
        self._required: list[str] = []
        self._required_keywords: list[str] = []
        for name, kind, default in _parameters(f):
            self._add(name, kind, default)
        self.takes_random = not {"_seed", "_rnd"}.isdisjoint(self.arguments)

    def _add(self, name: str, kind: int, default: Any) -> None:
        if kind == _VAR_POSITIONAL:
            self.vararg_name = name
            return
        if kind == _VAR_KEYWORD:
            self.kw_wildcard_name = name
            return
        self.arguments.append(name)
        if kind != _KEYWORD_ONLY:
            self._positional.append(name)
        if kind == _POSITIONAL_ONLY:
            self._positional_only.append(name)
        if default is not _EMPTY:
            self.kwargs[name] = default
            return
        self._required.append(name)
        (self._required_keywords if kind == _KEYWORD_ONLY else self.positional_args).append(name)

    def __str__(self) -> str:
        parts = list(self.positional_args)
        if self.vararg_name is not None:
            parts.append(f"*{self.vararg_name}")
        elif self._required_keywords:
            parts.append("*")
        parts += self._required_keywords
        parts += [f"{name}={default!r}" for name, default in self.kwargs.items()]
        if self.kw_wildcard_name is not None:
            parts.append(f"**{self.kw_wildcard_name}")
        return f"{self.name}({', '.join(parts)})"

    def __repr__(self) -> str:
        return f"<Signature at {id(self):#x} for {self.name!r}>"

    def get_free_parameters(
        self, args: Sequence[Any], kwargs: Collection[str], bound: bool = False
    ) -> list[str]:
        """Return the names of the arguments that a call with these values leaves open.

        Args:
            args: positional arguments of the call.
            kwargs: its keyword arguments.
            bound: leave out the first argument of the function (``self``).

        >>> Signature(lambda a, b, c=3: 0).get_free_parameters((1,), {"c": 2})
        ['b']
        """
        given = {*self._names(bound, self._positional)[: len(args)], *kwargs}
        return [name for name in self._names(bound, self.arguments) if name not in given]

    def construct_arguments(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        options: Mapping[str, Any],
        bound: bool = False,
    ) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments of a call: the explicit ones, and the others from `options`.

        Args:
            args: positional arguments of the call.
            kwargs: its keyword arguments.
            options: values for arguments that are left open; unknown names are ignored.
            bound: leave out the first argument of the function (``self``).

        Returns:
            positional and keyword arguments; the inputs are not modified.

        Raises:
            SignatureError: there are too many arguments, unknown ones, or one is given twice.
            MissingConfigError: an argument without a default is neither given nor
                in `options`.
        """
        positional = self._names(bound, self._positional)
        self._check(args, kwargs, positional)
        given = positional[: len(args)]
        filled = dict(kwargs)
        for name in self._names(bound, self.arguments):
            if name in options and name not in filled and name not in given:
                filled[name] = options[name]
        made = list(args)
        if self._positional_only:
            made = self._with_positional_only(made, kwargs, options, positional)
            for name in self._positional_only:
                if name in filled and name not in kwargs:
                    del filled[name]
            given = positional[: len(made)]
        missing = [
            name
            for name in self._names(bound, self._required)
            if name not in given and (name not in filled or name in self._positional_only)
        ]
        if missing:
            raise MissingConfigError(f"{self.name} is missing value(s):", missing)
        return made, filled

    def _names(self, bound: bool, names: list[str]) -> list[str]:
        if not bound or names[:1] != self._positional[:1]:
            return names
        return names[1:]

    def _check(self, args: Sequence[Any], kwargs: Mapping[str, Any], positional: list[str]) -> None:
        if self.vararg_name is None and len(args) > len(positional):
            unexpected = list(args[len(positional) :])
            raise SignatureError(f"{self.name} got unexpected argument(s): {unexpected}")
        if not kwargs:
            return
        if self.kw_wildcard_name is None:
            known = set(self.arguments).difference(self._positional_only)
            if not kwargs.keys() <= known:
                unknown = sorted(kwargs.keys() - known)
                raise SignatureError(f"{self.name} got unexpected kwarg(s): {unknown}")
        # A positional-only name is free to be a key of `**kwargs`.
        twice = [
            name
            for name in positional[: len(args)]
            if name in kwargs and name not in self._positional_only
        ]
        if twice:
            raise SignatureError(f"{self.name} got multiple values for argument(s) {twice}")

    def _with_positional_only(
        self,
        args: list[Any],
        kwargs: Mapping[str, Any],
        options: Mapping[str, Any],
        positional: list[str],
    ) -> list[Any]:
        """Add the positional-only arguments that come from the options."""
        names = [name for name in positional[len(args) :] if name in self._positional_only]
        made = list(args)
        for position, name in enumerate(names):
            if name in options:
                made.append(options[name])
            elif name in self.kwargs and any(n in options for n in names[position:]):
                made.append(self.kwargs[name])  # a later one can only be given if this one is
            else:
                break
        return made
