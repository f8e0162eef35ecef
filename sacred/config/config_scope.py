"""Config scopes: functions whose local variables are the entries."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from types import CoroutineType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any

from sacred._base.errors import ConfigError, InvalidKeyError
from sacred._base.text import did_you_mean
from sacred.config.config_summary import ConfigSummary
from sacred.config.scopes.scope_code import HELPER, build_function, entry_names
from sacred.config.scopes.scope_locals import may_set_by_name
from sacred.config.scopes.scope_source import ScopeSource, find_source
from sacred.config.scopes.scope_variables import ScopeVariables
from sacred.settings import SETTINGS

if TYPE_CHECKING:
    from sacred.config.declared.declaration import Declaration
    from sacred.config.declared.given_values import GivenValues

__all__ = ["ConfigScope"]

_SEED_DOC = "the random seed for this experiment"
_CO_VARARGS, _CO_VARKEYWORDS = 0x04, 0x08


class ConfigScope:
    """Turns a function into a source of configuration.

    The body is executed as a function; each local variable that is left at the end
    is an entry, unless it was bound by ``import``, ``def`` or ``class``, or could not be restored
    from a stored configuration. Fixed values win over what the body assigns, and everything that is
    computed from them uses them. The parameters name entries of earlier sources, or ingredients,
    that the body reads.

    Args:
        func: the function.

    Raises:
        AssertionError: the signature has default values, ``*args`` or ``**kwargs``.
        SyntaxError: the body holds ``return`` or ``yield``.
        ConfigError: the source text of the function cannot be found.
        TypeError: the argument is not a function.

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
        """The names of the parameters."""
        return list(self.parameters)

    @property
    def name(self) -> str:
        """The name of the function."""
        return self._function.__name__

    @property
    def source(self) -> ScopeSource:
        """The source of the scope."""
        return self._source

    @property
    def declared_types(self) -> dict[str, str]:
        """The source text of the annotations of entries."""
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
        return None if self._sets_by_name else self._source.plain_lines()

    @functools.cached_property
    def _sets_by_name(self) -> bool:
        return may_set_by_name(self._source)

    @functools.cached_property
    def sets(self) -> frozenset[str] | None:
        """The names that the scope may set, including its parameters; None if it may set any."""
        if self._sets_by_name:
            return None
        return frozenset((*entry_names(self._function.__code__), "__doc__"))

    @functools.cached_property
    def names_read(self) -> frozenset[str]:
        """The names that the scope reads (cached: a run with updates needs them three times)."""
        import ast  # most runs have no updates

        return frozenset(
            node.id
            for node in ast.walk(self.source.fresh_node())
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        )

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
            fixed: nested dict of values that win; they are all part of the result.
            preset: entries of earlier sources; they are all part of the result.
            fallback: values that can be read, but are not part of the result.

        Raises:
            KeyError: a parameter is neither in `preset` nor in `fallback`, or a key
                of the result is not allowed.
        """
        summary, error = self.evaluate(fixed, preset, fallback)
        if error is not None:
            raise error
        return summary

    def evaluate(
        self,
        fixed: Mapping[str, Any] | None = None,
        preset: Mapping[str, Any] | None = None,
        fallback: Mapping[str, Any] | None = None,
    ) -> tuple[ConfigSummary, BaseException | None]:
        """Evaluate the scope; if its body fails, keep the entries that it has set so far.

        Args:
            fixed: as in a call.
            preset: as in a call.
            fallback: as in a call.

        Returns:
            the entries, and the error that the body raised, if any.
        """
        fixed, preset, fallback = fixed or {}, preset or {}, fallback or {}
        self._check_parameters(preset, fallback)
        readable = {
            name: value
            for name, value in fallback.items()
            # A name that the scope has not asked for is free: an entry beside the ingredient's.
            if name in self.parameters or not isinstance(value, Mapping)
        }
        given = self._given_values(fixed)
        variables = ScopeVariables(fixed, preset, readable, self._bools, given)
        arguments = {name: variables.argument(name) for name in self.parameters}
        body = self._body_for(variables, {*fixed, *preset, *fallback})
        error = _run(body, {**arguments, HELPER: variables})
        if isinstance(error, Exception | SystemExit):
            frame = _frame_of(body, error)
            if frame is not None:
                variables.take(frame)
        elif error is not None:
            raise error
        names = entry_names(body.__code__)
        summary = variables.summary(names, self._source.filename)
        summary.given = given
        summary.ignored_fallbacks |= {n for n in fallback if n not in readable and n in names}
        if isinstance(error, ConfigError):
            error.add_config({**fallback, **preset, **summary})
        return self._documented(summary, {*variables.lines, *fixed}), error

    def _given_values(self, fixed: Mapping[str, Any]) -> GivenValues | None:
        """The fixed values of a scope with annotations, to be converted."""
        if not fixed or not SETTINGS.CONFIG.CHECK_TYPES or fixed.keys().isdisjoint(self.annotated):
            return None
        # Not at the top: a short run, or a scope without annotations, does without.
        from sacred.config.declared.given_values import GivenValues
        from sacred.config.declared.scope_types import scope_declarations

        declared, notes = scope_declarations(self._function, self.annotated, fixed)
        return GivenValues(declared, fixed, notes)

    @functools.cached_property
    def annotated(self) -> Mapping[str, Any]:
        """The syntax trees of the annotations of entries, by name."""
        return self._source.annotations()

    def declarations(self) -> dict[str, Declaration]:
        """The declared types of entries, by name."""
        from sacred.config.declared.scope_types import scope_declarations

        return scope_declarations(self._function, self.annotated, self.annotated)[0]

    def _body_for(self, variables: ScopeVariables, touched: set[str]) -> Any:
        """The body to run, where the names `touched` have values from elsewhere."""
        if self._lines is None or not self._lines.keys().isdisjoint(touched):
            return self._body
        if variables.makes_copies:
            return self._body
        variables.lines.update(self._lines)
        return self._plain_body

    def _documented(self, summary: ConfigSummary, assigned: set[str]) -> ConfigSummary:
        if self._function.__doc__ is not None and "__doc__" not in assigned:
            # First, as it would be if the function had assigned it; the last scope's counts.
            entries = {key: value for key, value in summary.items() if key != "__doc__"}
            summary.clear()
            summary.update({"__doc__": _dedented(self._function.__doc__), **entries})
        summary.docs.update(self._docs)
        return summary

    def _check_parameters(self, preset: Mapping[str, Any], fallback: Mapping[str, Any]) -> None:
        known = {*preset, *fallback}
        for name in self.parameters:
            if name not in known:
                hint = did_you_mean(name, map(str, known))
                error = InvalidKeyError(
                    f"'{name}' not in preset for ConfigScope. "
                    f"Available options are: {sorted(known, key=str)}. {hint}".rstrip()
                )
                source = self._source
                error.locate(f"{self._function.__name__}, {source.filename}, line {source.first}")
                raise error


def _restored(
    function: FunctionType, filename: str, lines: Sequence[str], first: int
) -> ConfigScope:
    """A scope that comes from another process, where its file may be missing.

    Functions that travel by value may have lost the name of their file, too.
    """
    source = ScopeSource.of_text(filename, lines, first)
    return ConfigScope(function, _source=source)


def _dedented(docstring: str) -> str:
    """The docstring as Python 3.13 and later compile it: without the indentation of the body."""
    first, *others = docstring.split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in others if line.strip()), default=0)
    return "\n".join([first.lstrip(), *(line[margin:] if line.strip() else "" for line in others)])


def _run(body: Callable[..., Any], arguments: dict[str, Any]) -> BaseException | None:
    try:
        made = body(**arguments)
        if isinstance(made, CoroutineType):
            import asyncio  # slow to import, and hardly ever needed

            asyncio.run(made)
    except BaseException as error:
        return error
    return None


def _frame_of(body: FunctionType, error: BaseException) -> FrameType | None:
    """The frame of a body that an error has come out of."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is body.__code__:
            return traceback.tb_frame
        traceback = traceback.tb_next
    return None


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
