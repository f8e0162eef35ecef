"""Tracebacks without the library's own frames."""

from __future__ import annotations

import io

import pytest

from sacred._base import paths, tracebacks
from sacred._base.errors import SacredError, format_sacred_error
from sacred._base.functions import optional_kwargs_decorator
from sacred._base.tracebacks import (
    format_filtered_stacktrace,
    is_own_file,
    print_filtered_stacktrace,
)

FILTERED = "Traceback (most recent calls WITHOUT Sacred internals):"


@optional_kwargs_decorator
def through_the_library(function):
    """Calls `function` with a frame of the library in between."""
    return function()


def fail():
    raise KeyError("inner")


def fail_with_cause():
    try:
        through_the_library(fail)
    except KeyError as error:
        raise ValueError("outer") from error


def formatted(function, filter_traceback="default"):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any error will do
        function()
    return format_filtered_stacktrace(filter_traceback, caught.value)


def test_own_frames_are_dropped():
    """Only the user's frames remain, under the header that says so."""
    text = formatted(lambda: through_the_library(fail))
    assert text.startswith(FILTERED)
    assert "in fail" in text
    assert "_base" not in text
    assert text.endswith("KeyError: 'inner'\n")


def test_never_keeps_all():
    """`never` is Python's own traceback."""
    text = formatted(lambda: through_the_library(fail), "never")
    assert text.startswith("Traceback (most recent call last):")
    assert "functions.py" in text


def test_causes_are_filtered_too():
    """The chain of exceptions stays, without the library in any part."""
    text = formatted(lambda: through_the_library(fail_with_cause))
    assert text.count(FILTERED) == 2
    assert "direct cause" in text
    assert "functions.py" not in text


def test_errors_of_the_library_show_it_all():
    """If the innermost frame is the library's own, hiding it would hide the reason."""
    text = formatted(lambda: paths.rel_path("a", "b"))
    assert text.startswith("Exception originated from within Sacred.\nTraceback")
    assert "in rel_path" in text


def test_always_hides_even_then():
    """`always` means always."""
    text = formatted(lambda: paths.rel_path("a", "b"), "always")
    assert text.startswith(FILTERED)
    assert "in rel_path" not in text


def test_exception_groups():
    """Each member of a group is filtered."""

    def group():
        errors = []
        for function in (fail, fail_with_cause):
            try:
                through_the_library(function)
            except Exception as error:
                errors.append(error)
        raise ExceptionGroup("several", errors)

    text = formatted(group)
    assert "functions.py" not in text
    assert "KeyError: 'inner'" in text
    assert "ValueError: outer" in text
    assert "most recent call last" not in text


def test_the_exception_being_handled():
    """Without an argument the current exception is meant; without one there is no text."""
    assert format_filtered_stacktrace() == ""
    try:
        fail()
    except KeyError:
        assert "in fail" in format_filtered_stacktrace()
        stream = io.StringIO()
        print_filtered_stacktrace(file=stream)
        assert stream.getvalue() == format_filtered_stacktrace()


def test_a_wrong_filter_is_refused():
    """As in the errors' constructor."""
    with pytest.raises(ValueError, match="sometimes"):
        format_filtered_stacktrace("sometimes")


@pytest.mark.parametrize(("usage", "traceback"), [(True, True), (True, False), (False, False)])
def test_format_sacred_error(usage, traceback):
    """The error's attributes say what is shown."""
    try:
        raise SacredError("msg", print_usage=usage, print_traceback=traceback)
    except SacredError as error:
        text = format_sacred_error(error, "USAGE")
    assert text.startswith("USAGE\n") is usage
    assert ("Traceback" in text) is traceback
    assert text.endswith("sacred.utils.SacredError: msg\n")


def test_is_own_file():
    """Files of the package are its own, tests are not."""
    assert is_own_file(tracebacks.__file__)
    assert not is_own_file(__file__)
