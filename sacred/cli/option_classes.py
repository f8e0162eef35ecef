"""Command-line options declared as classes (deprecated in favour of `cli_option`)."""

from __future__ import annotations

import warnings
from typing import Any

from sacred._base.cli_option import CLIOption
from sacred._base.functions import convert_camel_case_to_snake_case, get_inheritors

__all__ = ["ClassOption", "CommandLineOption", "declared_classes"]


class CommandLineOption:
    """Base class of options; deprecated, use the decorator `sacred.cli_option`.

    A subclass is an option of every experiment that is created after it. Its docstring
    is the help text, and `apply` does the work. ``class LearnFastOption`` has the flag
    ``--learn_fast``.
    """

    #: A letter; None: the first one of the long flag.
    short_flag: str | None = None
    #: Name of the value in the usage; None for a flag.
    arg: str | None = None
    #: Text about the value in the usage.
    arg_description: str | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        warnings.warn(
            f"{cls.__name__}: subclassing CommandLineOption is deprecated; decorate a function "
            "(args, run) with sacred.cli_option instead",
            DeprecationWarning,
            stacklevel=2,
        )

    @classmethod
    def get_flag(cls) -> str:
        """Return the long flag, from the name of the class."""
        name = cls.__name__
        if name != "Option":
            name = name.removesuffix("Option")
        return "--" + convert_camel_case_to_snake_case(name)

    @classmethod
    def get_short_flag(cls) -> str:
        """Return the short flag."""
        return "-" + (cls.short_flag or cls.get_flag()[2]).lstrip("-")

    @classmethod
    def get_flags(cls) -> tuple[str, str]:
        """Return the short and the long flag."""
        return cls.get_short_flag(), cls.get_flag()

    @classmethod
    def apply(cls, args: Any, run: Any) -> Any:
        """Apply the option to a run that is about to start; subclasses override this.

        Args:
            args: the value of the option as a string; True for a flag.
            run: the run, whose configuration is complete.

        Raises:
            NotImplementedError: the subclass does not override it.
        """
        raise NotImplementedError(f"{cls.__name__} does not say what it does: override apply()")


class ClassOption(CLIOption):
    """Adapter from a `CommandLineOption` class to `CLIOption`.

    Args:
        declared: the class.
    """

    def __init__(self, declared: type[CommandLineOption]) -> None:
        super().__init__(
            declared.apply, declared.get_short_flag(), declared.get_flag(), declared.arg is None
        )
        self.declared = declared
        self.arg = declared.arg
        self.arg_description = declared.arg_description

    def get_description(self) -> str:
        """The docstring of the class."""
        return self.declared.__doc__ or ""

    def __reduce__(self) -> Any:
        return ClassOption, (self.declared,)


def declared_classes() -> list[ClassOption]:
    """Return the options of all subclasses, by flag."""
    classes = sorted(get_inheritors(CommandLineOption), key=lambda cls: cls.get_flag())
    return [ClassOption(cls) for cls in classes]
