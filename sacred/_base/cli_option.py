"""The declaration of a command-line option."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CLIOption", "cli_option"]


def _is_word(text: str) -> bool:
    """Whether a string starts with a letter, digit or ``_`` and contains only these and ``-``."""
    return text[:1] != "-" and ("_" + text.replace("-", "_")).isidentifier() and bool(text)


class CLIOption:
    """An option of the command line: its flags, and what it does to a run.

    Made by the decorator `cli_option`.

    Args:
        apply_function: takes ``(args, run)``; its docstring is the help text.
        short_flag: such as ``-j``; None if the option has none.
        long_flag: such as ``--my-flag``.
        is_flag: whether the option takes no value.

    Raises:
        ValueError: a flag is malformed.
    """

    #: Whether the option may be repeated; its value is then a list.
    repeats = False
    #: Whether the option is newer than Sacred 0.8.7; see `sacred.cli.option_table`.
    is_new = False

    def __init__(
        self,
        apply_function: Callable[..., Any],
        short_flag: str | None,
        long_flag: str,
        is_flag: bool,
    ) -> None:
        short, long = str(short_flag), str(long_flag)
        is_short = len(short) == 2 and short[0] == "-" and _is_word(short[1])
        if short_flag is not None and not is_short:
            raise ValueError(
                f"Short flag malformed: {short_flag!r}. One correct short flag would be: `-j`."
            )
        if not (long.startswith("--") and _is_word(long[2:])):
            raise ValueError(
                f"Long flag malformed: {long_flag!r}. "
                "One correct long flag would be: `--my-pretty-flag`."
            )
        self.apply_function = apply_function
        #: The short flag; empty if there is none.
        self.short_flag = short_flag or ""
        self.long_flag = long_flag
        self.is_flag = is_flag
        #: Name of the value in the usage, or None.
        self.arg: str | None = None if is_flag else "VALUE"
        #: Description of the value in the usage, or None.
        self.arg_description: str | None = None if is_flag else ""
        # pydoc and help() show the function's docstring.
        self.__doc__ = apply_function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself."""
        return self.apply_function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<CLIOption {', '.join(filter(None, self.get_flags()))}>"

    def get_name(self) -> str:
        """The name of the function."""
        return str(getattr(self.apply_function, "__name__", self.long_flag))

    def get_description(self) -> str:
        """The help text."""
        return self.apply_function.__doc__ or ""

    def get_flag(self) -> str:
        """The long flag, which is the option's key among the parsed options."""
        return self.long_flag

    def get_short_flag(self) -> str:
        """The short flag; empty if the option has none."""
        return self.short_flag

    def get_flags(self) -> tuple[str, str]:
        """The short and the long flag."""
        return self.short_flag, self.long_flag

    def apply(self, args: Any, run: Any) -> Any:
        """Apply the option to a run that is about to start.

        Args:
            args: the value of the option; True for a flag.
            run: the run, whose configuration is complete.

        Returns:
            what the function of the option returns.
        """
        return self.apply_function(args, run)


def cli_option(
    short_flag: str, long_flag: str, is_flag: bool = False
) -> Callable[[Callable[..., Any]], CLIOption]:
    """Make a function ``(args, run)`` a command-line option.

    Pass it to ``Experiment(additional_cli_options=[…])``.

    Args:
        short_flag: such as ``-j``.
        long_flag: such as ``--my-flag``.
        is_flag: whether the option takes no value.

    Raises:
        ValueError: a flag is malformed.

    >>> @cli_option("-g", "--greet")
    ... def greet_option(args, run):
    ...     '''Greet somebody.'''
    ...     return f"hello {args}"
    >>> greet_option.get_flags(), greet_option.apply("you", run=None)
    (('-g', '--greet'), 'hello you')
    """

    def decorator(function: Callable[..., Any]) -> CLIOption:
        # Scripts have to choose a letter: only ours do without, lest they take one of a script's.
        return CLIOption(function, str(short_flag), long_flag, is_flag)

    return decorator
