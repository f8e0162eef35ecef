"""All options of an experiment: built-in ones, those of plug-ins, and the user's."""

from __future__ import annotations

import copy
import importlib
import sys
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.cli_option import CLIOption
from sacred._base.errors import MissingExtraError, ObserverError
from sacred._base.extras import is_installed
from sacred._base.registry import Registry
from sacred.cli.errors import CommandLineError
from sacred.cli.option_table import OptionRow, available_rows

if TYPE_CHECKING:
    from sacred.run import Run

__all__ = [
    "BuiltInOption",
    "apply_options",
    "default_options",
    "gather_command_line_options",
    "is_given",
]

#: Entry points of distributions that add options; each is a `CLIOption`.
PLUGINS = Registry("sacred.cli_options")

# Errors caused by a value of the user's or by the machine.
_USER_ERRORS = (ValueError, OSError, MissingExtraError, ObserverError)


class BuiltInOption(CLIOption):
    """An option of the table; its function is imported when it is applied.

    Args:
        row: its row in the table.
    """

    def __init__(self, row: OptionRow) -> None:
        super().__init__(self._call_target, row.short or None, row.long, row.is_flag)
        self.row = row
        self.arg = row.argument
        self.repeats = row.repeats
        self.is_new = row.is_new
        self.choices = row.choices
        self.__doc__ = row.description

    def _call_target(self, args: Any, run: Run) -> Any:
        module, _, attribute = self.row.target.partition(":")
        target = getattr(importlib.import_module(module), attribute)
        return target(args, run)

    def get_name(self) -> str:
        """Return the name of the function."""
        return self.row.target.partition(":")[2]

    def get_description(self) -> str:
        """Return the help text."""
        return self.row.description

    def apply(self, args: Any, run: Run) -> Any:
        """Apply the option to a run that is about to start.

        Args:
            args: the value of the option; True for a flag.
            run: the run, whose configuration is complete.

        Raises:
            CommandLineError: the value is wrong, or refers to something that cannot be used.
        """
        try:
            return self._call_target(args, run)
        except CommandLineError:
            raise
        except _USER_ERRORS as error:
            raise CommandLineError(f"{self.long_flag}={args}: {error}") from error

    def __reduce__(self) -> Any:
        return BuiltInOption, (self.row,)


def gather_command_line_options(
    additional: Iterable[CLIOption] = (), filter_disabled: bool | None = None
) -> list[CLIOption]:
    """Return all options of an experiment: built-in, plug-ins, deprecated classes, its own.

    Args:
        additional: the experiment's own options.
        filter_disabled: whether to leave out options whose packages are not
            installed (default: as ``SETTINGS.COMMAND_LINE.SHOW_DISABLED_OPTIONS`` says).

    Raises:
        ValueError: two of `additional` have the same long flag, or one has that of an option of
            Sacred 0.8.7.

    >>> [option.get_flag() for option in gather_command_line_options()][:3]
    ['--beat-interval', '--capture', '--comment']
    """
    if filter_disabled is None:
        # Not at the top: it loads munch, and an import of `Experiment` asks for no option.
        from sacred.settings import SETTINGS

        filter_disabled = not SETTINGS.COMMAND_LINE.SHOW_DISABLED_OPTIONS
    options: dict[str, CLIOption] = {
        row.long: BuiltInOption(row)
        for row in available_rows()
        if not filter_disabled or all(map(is_installed, row.packages))
    }
    for option in (*_plugin_options(), *_declared_classes()):
        # A clash of installed or imported options is no error of this experiment.
        before = options.get(option.get_flag())
        if before is None or (isinstance(before, BuiltInOption) and before.is_new):
            options[option.get_flag()] = option
    for option in additional:
        flag = option.get_flag()
        if flag in options and not options[flag].is_new:
            raise ValueError(f"the command-line option {flag} exists already: {options[flag]!r}")
        options[flag] = option
    return list(options.values())


def _declared_classes() -> list[CLIOption]:
    # Loaded already if anybody has declared options as classes.
    legacy = sys.modules.get("sacred.cli.option_classes")
    return [] if legacy is None else legacy.declared_classes()


def _plugin_options() -> list[CLIOption]:
    options = []
    for name, option in PLUGINS.load_all().items():
        if isinstance(option, CLIOption):
            option = copy.copy(option)
            option.is_new = True  # installing a plug-in must not break scripts
            options.append(option)
        else:
            warnings.warn(
                f"the plug-in {name!r} ({PLUGINS.group}) is ignored: it is no function "
                f"decorated with sacred.cli_option, but {option!r}",
                RuntimeWarning,
                stacklevel=3,
            )
    return options


def default_options(options: Iterable[CLIOption]) -> dict[str, Any]:
    """Return the default values of options: False for flags, else None.

    >>> defaults = default_options(gather_command_line_options())
    >>> defaults["--force"], defaults["--comment"]
    (False, None)
    """
    return {option.get_flag(): False if option.is_flag else None for option in options}


def is_given(value: Any) -> bool:
    """Whether an option with this value was given."""
    return value is not None and value is not False and value != []


def apply_options(options: Iterable[CLIOption], values: Mapping[str, Any], run: Run) -> None:
    """Apply the given options to a run.

    Args:
        options: all options, in the order in which they are applied.
        values: the values by long flag, as in `default_options`.
        run: the run, not started yet.

    Raises:
        CommandLineError: a built-in option has a wrong value.
        BaseException: anything that the user's own options raise.
    """
    for option in options:
        value = values.get(option.get_flag())
        if is_given(value):
            option.apply(value, run)
