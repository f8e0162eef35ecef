"""Messages for errors on the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from sacred._base.errors import (
    MissingExtraError,
    ObserverError,
    SacredError,
    format_sacred_error,
)
from sacred._base.masking import mask_passwords
from sacred._base.text import did_you_mean
from sacred._base.tracebacks import (
    format_filtered_stacktrace,
    hook_of_others,
    print_filtered_stacktrace,
)
from sacred.cli.errors import CommandLineError

__all__ = ["explain", "no_command", "report", "show_filtered_if_uncaught", "unknown_command"]


def explain(error: BaseException, short_usage: str) -> str:
    """Return the message for users about an error, ending with a newline.

    Args:
        error: the exception.
        short_usage: shown first if the error asks for it.
    """
    if isinstance(error, CommandLineError):
        usage = f"{short_usage}\n" if error.print_usage else ""
        return f"{usage}Error: {error}\n"
    if isinstance(error, SacredError):
        return format_sacred_error(error, short_usage)
    if isinstance(error, ObserverError | MissingExtraError):
        # Their message says what to do; the traceback would not help.
        return f"Error: {error}\n"
    return format_filtered_stacktrace("default", error)


def report(error: BaseException, short_usage: str, post_mortem: bool = False) -> int:
    """Show an error on stderr, or let the program's own exception hook do it.

    Args:
        error: the exception.
        short_usage: shown first if the error asks for it.
        post_mortem: whether to start the debugger where the error was raised.

    Returns:
        the exit code, 1.

    Raises:
        BaseException: the error itself, if a debugger runs the program and waits for it.
    """
    own = (SacredError, ObserverError, MissingExtraError)
    if not isinstance(error, own) and not post_mortem and _is_debugged():
        raise error
    if isinstance(error, own) or not _call_hook(error):
        # What drivers and plug-ins raise may quote a URL.
        message = mask_passwords(explain(error, short_usage))
        print(message, end="", file=sys.stderr, flush=True)
    if post_mortem and error.__traceback__ is not None:
        # Not at the top: only ``--pdb`` needs it.
        import pdb

        pdb.post_mortem(error.__traceback__)
    return 1


def show_filtered_if_uncaught(error: BaseException) -> None:
    """Hide the library's own frames if this error ends the program.

    Args:
        error: the exception, which is about to be raised again.
    """
    before = sys.excepthook

    def show(kind: Any, value: BaseException, traceback: Any) -> None:
        if value is error and hook_of_others(before) is None:
            print_filtered_stacktrace("always", value)
        else:
            before(kind, value, traceback)

    show.replaced_hook = before  # type: ignore[attr-defined]
    sys.excepthook = show


def _call_hook(error: BaseException) -> bool:
    """Do as Python does with an exception that nobody has caught; False: that is ours to show."""
    hook = hook_of_others(sys.excepthook)
    if hook is None:
        return False
    try:
        hook(type(error), error, error.__traceback__)
    except Exception as failure:
        print(f"Error in sys.excepthook: {failure!r}", file=sys.stderr)
        return False
    return True


def _is_debugged() -> bool:
    """Whether the program runs inside pdb, or another debugger of the standard library's kind."""
    frame: Any = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__") != "bdb":
        frame = frame.f_back
    return frame is not None


def unknown_command(name: str, available: Iterable[str]) -> CommandLineError:
    """Return the error for a command that does not exist.

    Args:
        name: the word on the command line.
        available: the full names of all commands.

    >>> print(unknown_command("trian", ["train", "test"]))
    Command "trian" not found. Available commands are: train, test
    Did you mean "train"?
    """
    names = list(available)
    if name == "with":
        hint = 'Behind "with" comes at least one update: with entry=value'
    elif "=" in name:
        hint = f'Updates stand behind "with": with {name}'
    else:
        hint = did_you_mean(name, names)
    text = f'Command "{name}" not found. Available commands are: {", ".join(names)}'
    return CommandLineError(f"{text}\n{hint}".rstrip(), print_usage=True)


def no_command(available: Iterable[str]) -> CommandLineError:
    """Return the error for a call without a command, if there is no main function."""
    return CommandLineError(
        "No command found to be run. Specify a command or define a main function. "
        f"Available commands are: {', '.join(available)}",
        print_usage=True,
    )
