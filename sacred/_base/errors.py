"""The tree of the library's errors.

::

    Exception
    ├── SacredError
    │   ├── ConfigError
    │   │   ├── InvalidConfigError        raised by users
    │   │   ├── ConfigAddedError
    │   │   └── ConfigTypeError
    │   ├── InvalidKeyError               also a KeyError
    │   ├── InvalidValueError             also a ValueError
    │   ├── MissingConfigError            also a TypeError
    │   ├── SignatureError                also a TypeError
    │   ├── NamedConfigNotFoundError
    │   ├── UnknownIngredientError        also a KeyError
    │   ├── ConfigFileError               also a ValueError
    │   ├── UnreadableConfigFileError     also an OSError
    │   ├── MissingConfigFormatError      also a KeyError
    │   ├── CircularDependencyError
    │   ├── CommandLineError              also a ValueError
    │   ├── UnknownCommandError           also a KeyError
    │   ├── ExperimentSetupError          also a RuntimeError
    │   ├── SettingError
    │   └── UnsafeDataError
    ├── ScopeSyntaxError                  a SyntaxError
    ├── ObserverError
    ├── SacredInterrupt
    │   └── TimeoutInterrupt
    └── MissingExtraError                 an ImportError

An error says *how* it wants to be shown (`print_traceback`, `filter_traceback`,
`print_usage`); showing it is the job of the command line.

The classes name ``sacred.utils`` as their module: that is where users import
them from, and what a traceback should show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sacred._base import paths
from sacred._base.masking import mask_passwords
from sacred._base.text import did_you_mean
from sacred._base.tracebacks import (
    format_filtered_stacktrace,
    format_without_traceback,
    is_shown_briefly,
    show_own_errors_briefly,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

__all__ = [
    "CircularDependencyError",
    "CommandLineError",
    "ConfigAddedError",
    "ConfigError",
    "ConfigFileError",
    "ConfigTypeError",
    "ExperimentSetupError",
    "InvalidConfigError",
    "InvalidKeyError",
    "InvalidValueError",
    "MissingConfigError",
    "MissingConfigFormatError",
    "MissingExtraError",
    "NamedConfigNotFoundError",
    "ObserverError",
    "RecordIncompleteError",
    "SacredError",
    "SacredInterrupt",
    "ScopeSyntaxError",
    "SettingError",
    "SignatureError",
    "TimeoutInterrupt",
    "UnknownCommandError",
    "UnknownIngredientError",
    "UnreadableConfigFileError",
    "UnsafeDataError",
    "format_sacred_error",
]

_FILTERS = ("always", "default", "never")


def _rebuild(cls: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    """Rebuild an error without its constructor, whose arguments are not kept."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _as_names(names: str | Iterable[Any]) -> tuple[Any, ...]:
    """Several names; a single string is one name, not a sequence of letters."""
    return (names,) if isinstance(names, str) else tuple(names)


class _BriefError(Exception):
    """An error whose message says what to do, so that the library's frames would not help."""

    #: Whether the message names the file and the line concerned.
    is_located = False
    print_traceback = False
    filter_traceback = "default"

    def __new__(cls, *args: Any, **details: Any) -> Self:
        """Create the error, and have it shown briefly if it ends the program."""
        show_own_errors_briefly()
        return super().__new__(cls, *args, **details)

    @property
    def _render_traceback_(self) -> Callable[[], list[str]]:
        """What notebooks show (a protocol of IPython), unless the traceback matters."""
        if not is_shown_briefly(self):
            raise AttributeError("_render_traceback_")
        if not self.print_traceback:
            return lambda: format_without_traceback(self).splitlines()
        frames = self.__traceback__
        while frames is not None and frames.tb_frame.f_globals.get("__name__", "")[:7] == "IPython":
            frames = frames.tb_next
        shown = self.with_traceback(frames)
        text = format_filtered_stacktrace("always", shown, is_chained=False)
        return lambda: mask_passwords(text).splitlines()


class SacredError(_BriefError):
    """Base of the library's own errors.

    Args:
        message: what went wrong.
        print_traceback: show the traceback on the command line.
        filter_traceback: leave out the library's own frames: ``"always"``,
            ``"default"`` (unless the error comes from within the library) or
            ``"never"``.
        print_usage: show the usage of the program first.

    Raises:
        ValueError: `filter_traceback` is not one of the three.
    """

    __module__ = "sacred.utils"

    def __init__(
        self,
        message: str = "",
        print_traceback: bool = True,
        filter_traceback: str = "default",
        print_usage: bool = False,
    ) -> None:
        super().__init__(message)
        if filter_traceback not in _FILTERS:
            raise ValueError(
                "filter_traceback must be one of 'always', 'default' or 'never', "
                f"not {filter_traceback}"
            )
        self.print_traceback = print_traceback
        self.filter_traceback = filter_traceback
        self.print_usage = print_usage

    def __reduce__(self) -> Any:
        # The default would call the constructor with the message only, which
        # is not what every subclass takes first.
        return _rebuild, (type(self), self.args, self.__dict__.copy())


class ConfigError(SacredError):
    """Something is wrong with entries of the configuration; the message shows their values.

    Args:
        message: what went wrong.
        conflicting_configs: the path or paths of the entries concerned. Under a
            prefix, they may be relative to it.
        print_conflicting_configs: show the values of these entries.
        config: the configuration to take the values from. By default, the
            captured function that the error passes through adds it.

    >>> print(ConfigError("too large", ("a", "b.c"), config={"a": 1, "b": {"c": "x"}}))
    too large
    Conflicting configuration values:
      a=1
      b.c='x'
    """

    __module__ = "sacred.utils"

    def __init__(
        self,
        message: str,
        conflicting_configs: str | Iterable[str] = (),
        print_conflicting_configs: bool = True,
        print_traceback: bool = True,
        filter_traceback: str = "default",
        print_usage: bool = False,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, print_traceback, filter_traceback, print_usage)
        self.conflicting_configs: tuple[str, ...] = _as_names(conflicting_configs)
        self.print_conflicting_configs = print_conflicting_configs
        self.config: Mapping[str, Any] | None = config
        #: Path of `config` in the whole configuration; None if unknown.
        self.prefix: str | None = None
        self._whole: Mapping[str, Any] = {}

    def add_config(
        self,
        config: Mapping[str, Any],
        prefix: str | None = None,
        whole: Mapping[str, Any] | None = None,
    ) -> None:
        """Record which configuration the code that failed has seen.

        Only the first call counts: it comes from the innermost function. If that call did
        not know the prefix, the prefix of the next call counts.

        Args:
            config: what the function saw, that is, the part under its prefix.
            prefix: path of that part in the whole configuration.
            whole: the whole configuration, for entries that the function did not see.
        """
        if self.config is None:
            self.config = config
        if self.prefix is None:
            self.prefix = prefix
        self._whole = self._whole or whole or {}

    @classmethod
    def track(cls, config: Mapping[str, Any], prefix: str | None = None) -> _Tracker:
        """Return a context manager that adds a configuration to errors of this class.

        Args:
            config: the configuration, or a part of it; see `add_config`.
            prefix: the dotted path of that part.

        >>> try:
        ...     with ConfigError.track({"a": 1}, prefix="p.q"):
        ...         raise InvalidConfigError("bad", ("a",))
        ... except InvalidConfigError as e:
        ...     print(e)
        bad
        Conflicting configuration values:
          p.q.a=1
        """
        return _Tracker(cls, config, prefix)

    def _full_path_and_value(self, path: str) -> tuple[str, Any]:
        missing = object()
        config = self.config if self.config is not None else {}
        prefix, relative = self.prefix or "", path
        unknown = paths.get_by_shown_path(config, path, missing) is missing
        if unknown and prefix and paths.is_prefix(prefix, path):
            relative = paths.rel_path(prefix, path)  # spelled in full
        full = paths.join_paths(prefix, relative)
        value = paths.get_by_shown_path(config, relative, missing)
        if value is missing:
            value = paths.get_by_shown_path(config, full, missing)
        if value is missing:
            elsewhere = paths.get_by_shown_path(self._whole, path, missing)
            return (full, None) if elsewhere is missing else (path, elsewhere)
        return full, value

    def _value_lines(self) -> list[str]:
        if not (self.print_conflicting_configs and self.conflicting_configs):
            return []
        pairs = map(self._full_path_and_value, self.conflicting_configs)
        lines = [f"  {path}={value!r}" for path, value in pairs]
        return ["Conflicting configuration values:", *lines]

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *self._value_lines()])


class _Tracker:
    """The context manager that `ConfigError.track` returns."""

    def __init__(
        self, kind: type[ConfigError], config: Mapping[str, Any], prefix: str | None
    ) -> None:
        self._kind = kind
        self._config = config
        self._prefix = prefix

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, self._kind):
            error.add_config(self._config, self._prefix)


class InvalidConfigError(ConfigError):
    """For users: raise this where entries do not fit together.

    Args:
        message: what went wrong.
        conflicting_configs: the path or paths of the entries concerned.
        more: further paths, then the arguments of `ConfigError` by position.
        how: the arguments of `ConfigError` by name.

    >>> print(InvalidConfigError("must differ", ("a", "b"), config={"a": 1, "b": 1}))
    must differ
    Conflicting configuration values:
      a=1
      b=1
    >>> print(InvalidConfigError("too large", "a", "b.c", config={"a": 9, "b": {"c": 5}}))
    too large
    Conflicting configuration values:
      a=9
      b.c=5
    """

    __module__ = "sacred.utils"

    def __init__(
        self, message: str, conflicting_configs: str | Iterable[str] = (), *more: Any, **how: Any
    ) -> None:
        # Old code passes flags by position, and they are no texts.
        count = next((n for n, item in enumerate(more) if not isinstance(item, str)), len(more))
        entries = (*_as_names(conflicting_configs), *more[:count])
        super().__init__(message, entries, *more[count:], **how)


class _InvalidEntryError(SacredError):
    """A configuration entry that is not allowed; the message says which, and where it is set."""

    __module__ = "sacred.utils"

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)

    # KeyError shows the quoted form.
    __str__ = Exception.__str__

    def locate(self, line: str) -> None:
        """Add a line that says where the entry is, the innermost place first."""
        self.args = (f"{self.args[0]}\n  {line}",)
        self.is_located = True


class InvalidKeyError(_InvalidEntryError, KeyError):
    """A configuration has a key that is not allowed, or lacks one that a scope asks for."""

    __module__ = "sacred.utils"


class InvalidValueError(_InvalidEntryError, ValueError):
    """A configuration has a value that could not be restored from its record."""

    __module__ = "sacred.utils"


class MissingConfigError(SacredError, TypeError):
    """A function lacks arguments, and the configuration does not have them either.

    Args:
        message: a string; the list of missing names is appended to it.
        missing_configs: the names; if empty, the message stands alone.
    """

    __module__ = "sacred.utils"

    def __init__(
        self,
        message: str = "Configuration values are missing:",
        missing_configs: str | Iterable[str] = (),
        print_traceback: bool = False,
        filter_traceback: str = "default",
        print_usage: bool = True,
    ) -> None:
        self.missing_configs = list(_as_names(missing_configs))
        if self.missing_configs:
            message = f"{message} {self.missing_configs}"
        super().__init__(message, print_traceback, filter_traceback, print_usage)


class NamedConfigNotFoundError(SacredError):
    """There is no named config with that name.

    >>> print(NamedConfigNotFoundError("tiny", available_named_configs=("big", "small")))
    Named config not found: "tiny". Available config values are: ('big', 'small')
    """

    __module__ = "sacred.utils"

    def __init__(
        self,
        named_config: str,
        message: str = "Named config not found:",
        available_named_configs: str | Sequence[str] = (),
        print_traceback: bool = False,
        filter_traceback: str = "default",
        print_usage: bool = False,
    ) -> None:
        available = _as_names(available_named_configs)
        # The name alone: a mistyped ingredient is another error.
        hint = did_you_mean(named_config.rpartition(".")[2], available)
        text = f'{message} "{named_config}". Available config values are: {available}. {hint}'
        text = text.removesuffix(". ")
        super().__init__(text, print_traceback, filter_traceback, print_usage)
        self.named_config = named_config
        self.available_named_configs = available


class UnknownIngredientError(SacredError, KeyError):
    """A path names an ingredient that the experiment does not use."""

    __module__ = "sacred.utils"

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)

    # KeyError shows the quoted form.
    __str__ = Exception.__str__


class ConfigFileError(SacredError, ValueError):
    """The content of a config file cannot be understood."""

    __module__ = "sacred.utils"

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)


class MissingVariableError(ConfigFileError):
    """A config file names an environment variable or a secret that does not exist."""

    __module__ = "sacred.utils"


class UnreadableConfigFileError(SacredError, OSError):
    """A config file does not exist, or cannot be opened."""

    __module__ = "sacred.utils"

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)


class MissingConfigFormatError(SacredError, KeyError):
    """A config file needs a package that is not installed."""

    __module__ = "sacred.utils"

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)

    # KeyError shows the quoted form.
    __str__ = Exception.__str__


class ConfigAddedError(ConfigError):
    """An entry was set from outside, but nothing uses it.

    Args:
        conflicting_configs: the new entries.
        captured_args: the names that captured functions would take.
        print_suggestions: list these names, and offer the nearest ones.
        config: the final configuration.
        hint: a last line that says what was probably meant instead.
    """

    __module__ = "sacred.utils"

    #: Arguments that the library fills in itself; they are not configuration entries.
    SPECIAL_ARGS = frozenset(
        {"_log", "_config", "_seed", "__doc__", "config_filename", "_run", "_rnd"}
    )

    def __init__(
        self,
        conflicting_configs: str | Iterable[str],
        message: str = "Added new config entry that is not used anywhere",
        captured_args: str | Iterable[str] = (),
        print_conflicting_configs: bool = True,
        print_traceback: bool = False,
        filter_traceback: str = "default",
        print_usage: bool = False,
        print_suggestions: bool = True,
        config: Mapping[str, Any] | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(
            message,
            conflicting_configs,
            print_conflicting_configs,
            print_traceback,
            filter_traceback,
            print_usage,
            config,
        )
        self.captured_args = _as_names(captured_args)
        self.print_suggestions = print_suggestions
        self.hint = hint

    def _suggestions(self) -> list[str]:
        if not self.print_suggestions:
            return []
        possible = sorted(set(self.captured_args) - self.SPECIAL_ARGS)
        lines = []
        if possible:
            lines.append(f"Possible config keys are: {{{', '.join(map(repr, possible))}}}")
        candidates = self._known_entries().union(possible)
        for path in self.conflicting_configs:
            hint = did_you_mean(path, candidates)
            # One entry: the question is clear. Several: say what it is about.
            if hint and len(self.conflicting_configs) > 1:
                hint = f"{path}: {hint}"
            if hint:
                lines.append(hint)
        return lines

    def _known_entries(self) -> set[str]:
        new = self.conflicting_configs
        entries = {str(path) for path, _ in paths.iterate_flattened(self.config or {})}
        return {
            path
            for path in entries
            if path not in new and not any(paths.is_prefix(other, path) for other in new)
        }

    def __str__(self) -> str:
        hints = [self.hint] if self.hint else []
        return "\n".join([super().__str__(), *self._suggestions(), *hints])


class ConfigTypeError(ConfigError):
    """Values from outside do not fit the declared types of their entries; the message names all.

    Args:
        problems: one line each, or objects that `str` turns into one; they may have a `path`.

    >>> print(ConfigTypeError(["n = 'x': expected int.", "k = 3: expected str."]))
    2 values do not fit their entries:
      n = 'x': expected int.
      k = 3: expected str.
    """

    __module__ = "sacred.utils"

    def __init__(self, problems: Sequence[Any]) -> None:
        many = f"{len(problems)} values do not fit their entries:"
        head = many if len(problems) > 1 else "A value does not fit its entry:"
        lines = [f"  {problem}" for problem in problems]
        entries = [problem.path for problem in problems if hasattr(problem, "path")]
        super().__init__(
            "\n".join([head, *lines]),
            entries,
            print_conflicting_configs=False,
            print_traceback=False,
        )
        self.problems = tuple(problems)


class SignatureError(SacredError, TypeError):
    """A function was called with arguments that it does not take."""

    __module__ = "sacred.utils"

    def __init__(
        self,
        message: str,
        print_traceback: bool = True,
        filter_traceback: str = "always",
        print_usage: bool = False,
    ) -> None:
        super().__init__(message, print_traceback, filter_traceback, print_usage)


class CircularDependencyError(SacredError):
    """Ingredients use each other in a circle.

    Args:
        message: the text before the circle.
        ingredients: those of the circle in order, with the first one repeated at the end.
    """

    __module__ = "sacred.utils"

    def __init__(
        self,
        message: str = "Circular dependency detected:",
        ingredients: str | Iterable[Any] | None = None,
        print_traceback: bool = True,
        filter_traceback: str = "default",
        print_usage: bool = False,
    ) -> None:
        way = "->".join(str(getattr(part, "path", part)) for part in _as_names(ingredients or ()))
        super().__init__(message + way, print_traceback, filter_traceback, print_usage)


class CommandLineError(SacredError, ValueError):
    """The command line cannot be understood; shown as one message, without a traceback.

    Args:
        message: what is wrong, and what would be right.
        print_usage: show the usage of the program first.
    """

    __module__ = "sacred.cli.errors"

    def __init__(self, message: str, print_usage: bool = False) -> None:
        super().__init__(message, print_traceback=False, print_usage=print_usage)


class UnknownCommandError(SacredError, KeyError):
    """There is no command with that name.

    Args:
        message: what was asked for, and which commands there are.
    """

    __module__ = "sacred.utils"

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)

    # KeyError shows the quoted form.
    __str__ = Exception.__str__


class ExperimentSetupError(SacredError, RuntimeError):
    """An experiment lacks something that it needs: a name, a main function, a script.

    Args:
        message: what is missing, and what would be right.
    """

    __module__ = "sacred.utils"

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)


class ScopeSyntaxError(_BriefError, SyntaxError):
    """A config scope contains a statement that makes no sense there."""

    __module__ = "sacred.utils"
    is_located = True


class SettingError(SacredError):
    """A setting that does not exist, or a value that it cannot take.

    Args:
        message: which setting is concerned, and what would be right.
    """

    __module__ = "sacred.settings"

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)


class UnsafeDataError(SacredError):
    """Data from outside would create objects that are not on the allow-list.

    Args:
        tag: the offending tag, for example ``py/reduce``.
        path: where in the data it is.
        reason: what is wrong, if it is not the tag itself.
    """

    __module__ = "sacred.serializer"

    def __init__(self, tag: str, path: str = "", reason: str = "is not allowed") -> None:
        where = f" at {path}" if path else ""
        super().__init__(
            f"refused to restore data{where}: {tag} {reason} "
            "(only plain data, tuples, sets, dates, numpy and pandas values are)",
            filter_traceback="always",
        )
        self.tag = tag
        self.path = path


class RecordIncompleteError(SacredError):
    """Part of a run's record could not be stored, and could not be saved elsewhere either."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)


class ObserverError(_BriefError):
    """For observers: the run cannot be observed as requested, and must not start."""

    __module__ = "sacred.utils"


class SacredInterrupt(Exception):
    """For users: stops the run, which then has the status `STATUS`.

    Subclass it for statuses of your own.
    """

    __module__ = "sacred.utils"
    STATUS = "INTERRUPTED"


class TimeoutInterrupt(SacredInterrupt):
    """Stops the run because its time is up."""

    __module__ = "sacred.utils"
    STATUS = "TIMEOUT"


class MissingExtraError(_BriefError, ImportError):
    """An optional package that is needed is not installed."""

    __module__ = "sacred.utils"


def format_sacred_error(e: SacredError, short_usage: str) -> str:
    """Return the text of one of the library's own errors, in the form that its class asks for.

    Args:
        e: the error; its attributes say whether usage and traceback are shown.
        short_usage: text to begin with if the error asks for the usage.

    Returns:
        the text, ending with a newline.
    """
    # Not at the top: it is needed for errors, and takes 2 ms to load.
    import traceback

    parts = []
    if e.print_usage:
        parts.append(short_usage + "\n")
    if e.print_traceback:
        parts.append(format_filtered_stacktrace(e.filter_traceback, e))
    else:
        parts.extend(traceback.format_exception_only(type(e), e))
    return "".join(parts)
