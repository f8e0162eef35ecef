"""Temporary replacement of a method of a class."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import TracebackType
from typing import Any

__all__ = ["ContextMethodDecorator"]

# Marks an attribute that a class has only inherited.
_INHERITED = object()


class ContextMethodDecorator:
    """A context manager in which a method of a class does something else.

    Several such managers for one method can be nested; the inner one sees the
    outer one's method as the original.

    Args:
        classx: the class.
        method_name: the method.
        decorator_func: called as ``decorator_func(instance, original_method,
            original_args, original_kwargs)`` in place of the method; what it returns is
            what the method returns.

    >>> class Greeter:
    ...     def greet(self, name):
    ...         return f"Hello {name}"
    >>> def louder(instance, original_method, original_args, original_kwargs):
    ...     return original_method(instance, *original_args, **original_kwargs).upper()
    >>> with ContextMethodDecorator(Greeter, "greet", louder):
    ...     Greeter().greet("you")
    'HELLO YOU'
    >>> Greeter().greet("you")
    'Hello you'
    """

    def __init__(
        self,
        classx: type,
        method_name: str,
        decorator_func: Callable[[Any, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any],
    ) -> None:
        self.classx = classx
        self.method_name = method_name
        self.decorator_func = decorator_func
        # A stack: one manager may be entered again inside itself.
        self._replaced: list[tuple[Any, Any]] = []

    def __enter__(self) -> ContextMethodDecorator:
        before = vars(self.classx).get(self.method_name, _INHERITED)
        replacement = self._replacement(getattr(self.classx, self.method_name))
        setattr(self.classx, self.method_name, replacement)
        self._replaced.append((before, replacement))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        before, replacement = self._replaced.pop()
        # A replacement by others meanwhile stays.
        if vars(self.classx).get(self.method_name) is not replacement:
            return
        if before is _INHERITED:
            delattr(self.classx, self.method_name)
        else:
            setattr(self.classx, self.method_name, before)

    def _replacement(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def method(instance: Any, /, *args: Any, **kwargs: Any) -> Any:
            return self.decorator_func(instance, original, args, kwargs)

        return method
