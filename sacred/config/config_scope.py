"""Config scopes: functions whose local variables are the entries."""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from types import CoroutineType, FunctionType
from typing import Any

from sacred._base.text import did_you_mean
from sacred.config.config_summary import ConfigSummary
from sacred.config.dogmatic import DogmaticDict, undogmatize
from sacred.config.normalize import is_code, normalize_or_die, recursive_fill_in
from sacred.config.provenance import Origin
from sacred.config.read_only import make_read_only
from sacred.config.scope_code import HELPER, build_function, entry_names
from sacred.config.scope_source import ScopeSource, find_source

__all__ = ["ConfigScope"]

_SEED_DOC = "the random seed for this experiment"
_MISSING: Any = object()
_CO_VARARGS, _CO_VARKEYWORDS = 0x04, 0x08


class ConfigScope:
    """Turns a function into a source of configuration.

    The body is executed as a function; each local variable left at the end is an
    entry, unless it is a module, class, function, or something that could not be
    restored from a stored configuration. Fixed values win over what the body
    assigns, and all that is worked out from them sees them. The parameters name
    entries of earlier sources, or ingredients, that the body reads.

    Args:
        func: the function.

    Raises:
        AssertionError: the signature has default values, ``*args`` or ``**kwargs``.
        SyntaxError: the body holds ``return`` or ``yield``.
        ConfigError: the source text of the function cannot be found.
        TypeError: it is no function.

    >>> @ConfigScope
    ... def scope():
    ...     a = 10  # the basis
    ...     powers = [a**i for i in range(3)]
    >>> summary = scope(fixed={"a": 2})
    >>> summary, summary.modified, summary.docs["a"]
    ({'a': 2, 'powers': [1, 2, 4]}, {'a'}, 'the basis')
    """

    def __init__(self, func: Callable[..., Any], *, _source: ScopeSource | None = None) -> None:
        if isinstance(func, ConfigScope):
            func = vars(func)["_function"]
        if not isinstance(func, FunctionType):
            raise TypeError(f"a ConfigScope is made of a function, not of {func!r}")
        _check_signature(func)
        functools.update_wrapper(self, func)
        self._function = func
        self._source = _source or find_source(func)
        #: Names of the parameters: what the scope reads from elsewhere.
        self.parameters: tuple[str, ...] = tuple(_parameters(func))

    def __repr__(self) -> str:
        return f"<ConfigScope {self._function.__qualname__}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Found by name where its module can be imported, as the function itself would be.
        name = self._function.__qualname__
        found: Any = sys.modules.get(self._function.__module__)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is self:
            return name
        source = self._source
        return _restored, (self._function, source.filename, list(source.lines), source.first)

    @property
    def args(self) -> list[str]:
        """Names of the parameters."""
        return list(self.parameters)

    @property
    def source(self) -> ScopeSource:
        """Where and how the scope is written."""
        return self._source

    @property
    def declared_types(self) -> dict[str, str]:
        """Source text of the annotations of entries."""
        return self._source.declared_types()

    @functools.cached_property
    def _body(self) -> FunctionType:
        # Not made when decorating: most named configs of a script are never used.
        return self._built(asks=True)

    @functools.cached_property
    def _plain_body(self) -> FunctionType:
        """As `_body`, for evaluations that change none of its own entries: half the work."""
        return self._built(asks=False)

    def _built(self, asks: bool) -> FunctionType:
        _ = self._docs, self._bools, self._lines  # read off the tree before that is changed
        return build_function(self._function, self._source, asks)

    @functools.cached_property
    def _lines(self) -> dict[str, int] | None:
        return self._source.plain_lines()

    @functools.cached_property
    def _bools(self) -> frozenset[str]:
        return self._source.declared_bools()

    @functools.cached_property
    def _docs(self) -> dict[str, str]:
        return {**self._source.docs(), "seed": _SEED_DOC}

    def __call__(
        self,
        fixed: Mapping[str, Any] | None = None,
        preset: Mapping[str, Any] | None = None,
        fallback: Mapping[str, Any] | None = None,
    ) -> ConfigSummary:
        """Evaluate the scope.

        Args:
            fixed: nested dict of values that win; all are part of the result.
            preset: entries of earlier sources; all are part of the result.
            fallback: values that can be read, and are not part of the result.

        Raises:
            KeyError: a parameter is neither in `preset` nor in `fallback`, or a key
                of the result is not allowed.
        """
        fixed, preset, fallback = fixed or {}, preset or {}, fallback or {}
        self._check_parameters(preset, fallback)
        helper = _Helper(fixed, preset, fallback, self._bools)
        arguments = {name: helper.argument(name) for name in self.parameters}
        if self._lines is None or not self._lines.keys().isdisjoint({*fixed, *preset, *fallback}):
            body = self._body
        else:
            body = self._plain_body
            helper.lines.update(self._lines)
        _run(body, {**arguments, HELPER: helper})
        names = entry_names(body.__code__)
        summary = helper.summary(names, self._source.filename)
        if self._function.__doc__ is not None and "__doc__" not in summary:
            # First, as it would be if the function had assigned it.
            entries = dict(summary)
            summary.clear()
            summary.update({"__doc__": self._function.__doc__, **entries})
        summary.docs.update(self._docs)
        return summary

    def _check_parameters(self, preset: Mapping[str, Any], fallback: Mapping[str, Any]) -> None:
        known = {*preset, *fallback}
        for name in self.parameters:
            if name not in known:
                hint = did_you_mean(name, map(str, known))
                raise KeyError(
                    f"'{name}' not in preset for ConfigScope. "
                    f"Available options are: {sorted(known, key=str)}. {hint}".rstrip()
                )


def _restored(
    function: FunctionType, filename: str, lines: Sequence[str], first: int
) -> ConfigScope:
    """A scope that comes from another process, where its file may be missing.

    Functions that travel by value may have lost the name of their file, too.
    """
    source = ScopeSource.of_text(filename, lines, first)
    return ConfigScope(function, _source=source)


def _run(body: Callable[..., Any], arguments: dict[str, Any]) -> None:
    made = body(**arguments)
    if isinstance(made, CoroutineType):
        import asyncio  # slow to import, and hardly ever needed

        asyncio.run(made)


def _parameters(function: FunctionType) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _check_signature(function: FunctionType) -> None:
    # AssertionErrors for callers that catch them; not assert statements, which
    # `python -O` leaves out.
    name = function.__name__
    if function.__defaults__ or function.__kwdefaults__:
        raise AssertionError(f"default values are not allowed for ConfigScope functions: {name}")
    if function.__code__.co_flags & _CO_VARARGS:
        raise AssertionError(f"*args not allowed for ConfigScope functions: {name}")
    if function.__code__.co_flags & _CO_VARKEYWORDS:
        raise AssertionError(f"**kwargs not allowed for ConfigScope functions: {name}")


class _Helper:
    """Decides, while the body runs, which value an assigned name gets."""

    def __init__(
        self,
        fixed: Mapping[str, Any],
        preset: Mapping[str, Any],
        fallback: Mapping[str, Any],
        bools: frozenset[str],
    ) -> None:
        self._fixed = fixed
        self._preset = preset
        self._fallback = {
            name: value
            for name, value in fallback.items()
            if name not in preset and name not in fixed
        }
        self._entries = DogmaticDict(fixed)
        self._entries.bools = bools | {n for n, v in preset.items() if isinstance(v, bool)}
        self._ignored: set[str] = set()
        #: Where each entry was assigned last.
        self.lines: dict[str, int] = {}
        self._locals: dict[str, Any] = {}

    def argument(self, name: str) -> Any:
        """What a parameter of the scope is called with."""
        if name in self._fallback:
            return make_read_only(self._fallback[name])
        value = self._preset[name] if name in self._preset else self._fixed[name]
        return self._assign(name, _own_containers(value))

    def _assign(self, name: str, value: Any) -> Any:
        self._entries[name] = value
        return dict.__getitem__(self._entries, name)

    def __call__(self, name: str, value: Any) -> Any:
        """The value that `name` gets when `value` is assigned to it."""
        if name in self._fallback:
            self._ignored.add(name)
            return make_read_only(self._fallback[name])
        self.lines[name] = sys._getframe(1).f_lineno
        return self._assign(name, value)

    def deleted(self, name: str) -> bool:
        """Note that a name has been deleted; whether it has to come back."""
        if name in self._fixed or name in self._fallback:
            return True
        self._entries.pop(name, None)
        return False

    def again(self, name: str) -> Any:
        """The value of a name that cannot be deleted."""
        if name in self._fallback:
            return make_read_only(self._fallback[name])
        return dict.__getitem__(self._entries, name)

    def leave(self) -> None:
        """Take the variables of the body, at its end."""
        self._locals = dict(sys._getframe(1).f_locals)

    def summary(self, names: Collection[str], filename: str) -> ConfigSummary:
        """What came out of it."""
        self._take_locals(names)
        added = self._entries.revelation(self._preset)
        summary = ConfigSummary(
            added=added,
            modified=self._entries.modified,
            typechanged=self._entries.typechanges,
            ignored_fallbacks=self._ignored,
        )
        for name, value in self._entries.items():
            self._enter(name, undogmatize(value), summary)
        recursive_fill_in(summary, self._preset, self._fixed)
        summary.origins = {
            name: Origin("scope", f"{filename}:{line}")
            for name, line in self.lines.items()
            if name in summary and (name not in self._fixed or isinstance(summary[name], dict))
        }
        return summary

    def _take_locals(self, names: Collection[str]) -> None:
        """A nested function may have assigned (`nonlocal`), an `except ... as` deleted."""
        own = frozenset(names)
        # Entries stand in the order in which they are assigned.
        for name in dict.fromkeys((*self.lines, *names)):
            value = self._locals.get(name, _MISSING)
            if name not in own or name in self._fallback:
                continue
            if value is _MISSING:
                dict.pop(self._entries, name, None)
            elif dict.get(self._entries, name, _MISSING) is not value:
                self._entries[name] = value

    def _enter(self, name: str, value: Any, summary: ConfigSummary) -> None:
        if name in self._fixed:
            summary[name] = normalize_or_die(value)
        elif not is_code(value):
            try:
                summary[name] = normalize_or_die(value)
            except ValueError:
                pass  # a file, a lock, a generator: the scope's own business


def _own_containers(value: Any) -> Any:
    # The body may change what it reads; objects that cannot be copied are shared.
    try:
        return copy.deepcopy(value)
    except Exception:
        return value
