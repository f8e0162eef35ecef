"""Decorators with optional arguments, and lookups of classes, modules and versions."""

from __future__ import annotations

import functools
import re
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from sacred._base.extras import is_installed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packaging.version import Version

__all__ = [
    "convert_camel_case_to_snake_case",
    "ensure_wellformed_argv",
    "get_inheritors",
    "get_package_version",
    "module_exists",
    "module_is_in_cache",
    "modules_exist",
    "optional_kwargs_decorator",
    "parse_version",
]

T = TypeVar("T")


def optional_kwargs_decorator(f: Callable[..., Any]) -> Callable[..., Any]:
    """Let a decorator be used with or without arguments.

    Args:
        f: takes the decorated object first, then options with defaults.

    >>> @optional_kwargs_decorator
    ... def note(function, text="none"):
    ...     function.text = text
    ...     return function
    >>> @note
    ... def a(): pass
    >>> @note(text="hello")
    ... def b(): pass
    >>> a.text, b.text
    ('none', 'hello')
    """

    @functools.wraps(f)
    def decorator(*args: Any, **kwargs: Any) -> Any:
        if args:
            return f(*args, **kwargs)
        return functools.partial(f, **kwargs)

    return decorator


def get_inheritors(cls: type[T]) -> set[type[T]]:
    """Return all direct and indirect subclasses.

    >>> class A: pass
    >>> class B(A): pass
    >>> class C(B): pass
    >>> sorted(c.__name__ for c in get_inheritors(A))
    ['B', 'C']
    """
    found: set[type[T]] = set()
    pending = [cls]
    while pending:
        for child in pending.pop().__subclasses__():
            if child not in found:
                found.add(child)
                pending.append(child)
    return found


def module_exists(modname: str) -> bool:
    """Whether a module could be imported, without doing so."""
    return is_installed(modname)


def modules_exist(*modnames: str) -> bool:
    """Whether all these modules could be imported, without doing so.

    >>> modules_exist("json", "re"), modules_exist("json", "no_such_module")
    (True, False)
    """
    return all(module_exists(modname) for modname in modnames)


def module_is_in_cache(modname: str) -> bool:
    """Whether a module has been imported.

    >>> module_is_in_cache("sys")
    True
    """
    return modname in sys.modules


_WORD_STARTS = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])"  # aB
    r"|(?<=[A-Za-z0-9_])(?=[A-Z][a-z])"  # ABc: the last capital begins a word
)


def convert_camel_case_to_snake_case(name: str) -> str:
    """Convert ``CamelCase`` to ``snake_case``.

    >>> convert_camel_case_to_snake_case("getHTTPResponse")
    'get_http_response'
    """
    return _WORD_STARTS.sub("_", name).lower()


def parse_version(version_string: Any) -> Version:
    """Return a version that compares by PEP 440.

    Raises:
        packaging.version.InvalidVersion: the version is malformed (a `ValueError`).

    >>> parse_version("1.10") > parse_version("1.9")
    True
    """
    # Not at the top, as others below: most runs compare no versions.
    import packaging.version

    return packaging.version.parse(str(version_string))


def get_package_version(name: str) -> Version:
    """Return the version of an installed module: its ``__version__``, else its distribution's.

    Raises:
        ModuleNotFoundError: there is no such module (nor distribution).
    """
    import importlib.metadata

    try:
        version = getattr(importlib.import_module(name), "__version__", None)
    except ModuleNotFoundError:
        version = None
        if module_exists(name):
            raise
    if version is None:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name) from None
    return parse_version(version)


def ensure_wellformed_argv(argv: str | Sequence[str] | None) -> list[str]:
    """Return arguments as a list like ``sys.argv``.

    Args:
        argv: such a list, one string (split as a shell does), or None for
            ``sys.argv``.

    Raises:
        ValueError: `argv` is something else.

    >>> ensure_wellformed_argv("prog with 'a=1 2' -u")
    ['prog', 'with', 'a=1 2', '-u']
    """
    if argv is None:
        return list(sys.argv)
    if isinstance(argv, str):
        import shlex

        return shlex.split(argv)
    if isinstance(argv, list | tuple):
        return list(argv)
    raise ValueError(f"argv must be str or list, but was {type(argv)}")
