"""Tracebacks without the library's own frames."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from sacred._base.masking import mask_passwords

if TYPE_CHECKING:
    import traceback
    from types import TracebackType

__all__ = [
    "format_filtered_stacktrace",
    "format_without_traceback",
    "hook_of_others",
    "is_own_file",
    "is_shown_briefly",
    "print_filtered_stacktrace",
    "show_own_errors_briefly",
]

_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
_STANDARD_HEADER = "Traceback (most recent call last):"
_FILTERED_HEADER = "Traceback (most recent calls WITHOUT Sacred internals):"
_INTERNAL_NOTE = "Exception originated from within Sacred.\n"
_INTERNAL_HEADER = "Traceback (most recent calls):"


def is_own_file(filename: str) -> bool:
    """Whether a file belongs to this package."""
    return filename.startswith(_PACKAGE)


def _comes_from_within(traceback: TracebackType | None) -> bool:
    """Whether the innermost frame is the library's own."""
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return is_own_file(traceback.tb_frame.f_code.co_filename)


def _without_own_frames(report: traceback.TracebackException) -> None:
    """Drop the library's frames from an exception and from all that led to it."""
    # Not at the top, as others below: it is needed for errors, and takes 2 ms to load.
    import traceback

    pending = [report]
    while pending:
        current = pending.pop()
        foreign = [frame for frame in current.stack if not is_own_file(frame.filename)]
        current.stack = traceback.StackSummary.from_list(foreign)
        parts = [current.__cause__, current.__context__, *(current.exceptions or ())]
        pending.extend(part for part in parts if part is not None)


def _with_header(lines: list[str], header: str) -> str:
    # A header is an item of its own, perhaps behind the bars of an exception group.
    ending = _STANDARD_HEADER + "\n"
    return "".join(
        line.replace(_STANDARD_HEADER, header) if line.endswith(ending) else line for line in lines
    )


def format_filtered_stacktrace(
    filter_traceback: str = "default",
    exception: BaseException | None = None,
    *,
    is_chained: bool = True,
) -> str:
    """The traceback of an exception, with those of the exceptions that led to it.

    Args:
        filter_traceback: leave out the library's own frames: ``"always"``,
            ``"never"``, or ``"default"``: unless the innermost frame is one of
            them, because then they are what matters.
        exception: the exception; by default, the one being handled.
        is_chained: whether to include the exceptions that led to it.

    Returns:
        the text, ending with a newline; empty if there is no exception.

    Raises:
        ValueError: `filter_traceback` is not one of the three.
    """
    import traceback

    if filter_traceback not in ("always", "default", "never"):
        raise ValueError(
            f"filter_traceback must be 'always', 'default' or 'never', not {filter_traceback!r}"
        )
    if exception is None:
        exception = sys.exc_info()[1]
    if exception is None:
        return ""
    report = traceback.TracebackException.from_exception(exception)
    if filter_traceback == "never":
        return "".join(report.format(chain=is_chained))
    if filter_traceback == "default" and _comes_from_within(exception.__traceback__):
        return _INTERNAL_NOTE + _with_header(
            list(report.format(chain=is_chained)), _INTERNAL_HEADER
        )
    _without_own_frames(report)
    return _with_header(list(report.format(chain=is_chained)), _FILTERED_HEADER)


def print_filtered_stacktrace(
    filter_traceback: str = "default",
    exception: BaseException | None = None,
    file: TextIO | None = None,
) -> None:
    """Write what `format_filtered_stacktrace` gives to `file` (default: ``sys.stderr``).

    Args:
        filter_traceback: as for `format_filtered_stacktrace`.
        exception: the exception; if None, the one being handled.
        file: a text stream.
    """
    text = format_filtered_stacktrace(filter_traceback, exception)
    print(text, end="", file=sys.stderr if file is None else file)


def format_without_traceback(error: BaseException) -> str:
    """Return the type and the message of an exception, without passwords, ending with a newline."""
    import traceback

    # What drivers and plug-ins raise may quote a URL.
    return mask_passwords("".join(traceback.format_exception_only(type(error), error)))


def hook_of_others(hook: Any) -> Any:
    """The exception hook that somebody else has set, or None.

    Args:
        hook: ``sys.excepthook``; the library's own have an attribute ``replaced_hook``.
    """
    while hasattr(hook, "replaced_hook"):
        hook = hook.replaced_hook
    return None if hook in (sys.__excepthook__, None) else hook


def is_shown_briefly(error: BaseException) -> bool:
    """Whether the library's frames before its own error tell users nothing.

    Args:
        error: an exception; those of the library say how they want to be shown.
    """
    wish = getattr(error, "filter_traceback", "never")
    if getattr(error, "print_traceback", True):
        # Raised by users' code, it is an exception like others.
        return wish != "never" and _comes_from_within(error.__traceback__)
    return True


def show_own_errors_briefly() -> None:
    """If an error of the library ends a program, show only the user's frames and the message.

    This is called when such an error is created. Programs with their own exception hook are
    left alone.
    """
    before = sys.excepthook
    if before is not sys.__excepthook__:
        return

    def show(kind: Any, error: BaseException, traceback: Any) -> None:
        if not is_shown_briefly(error):
            before(kind, error, traceback)
        elif getattr(error, "is_located", False):
            print(format_without_traceback(error), end="", file=sys.stderr)
        else:
            text = format_filtered_stacktrace("always", error, is_chained=False)
            print(mask_passwords(text), end="", file=sys.stderr)

    show.replaced_hook = before  # type: ignore[attr-defined]
    sys.excepthook = show
