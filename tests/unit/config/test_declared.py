"""Declarations: what they accept, and what becomes a value of them."""

from __future__ import annotations

import collections.abc
import enum
import math
import pathlib
import typing
from typing import Annotated, Any, Final, Literal, NewType, Optional, TypeVar

import numpy as np
import pytest

from sacred._base.secret_text import SecretText
from sacred.config.declared.declaration import MISSING, AnyValue
from sacred.config.declared.from_annotation import declaration_of
from sacred.config.typed_entries import CommandLineText, marked_number

MaybeInt = Optional[int]  # noqa: UP045 - as old scripts write it


class Colour(enum.Enum):
    RED = 1
    BLUE = "b"


Number = TypeVar("Number", bound=float)
Steps = NewType("Steps", int)


def converted(annotation, value, own=MISSING):
    """The value, and the lines about what is wrong with it."""
    wrong = []
    made = declaration_of(annotation).update(value, own, "e", wrong)
    return made if not wrong else [str(one) for one in wrong]


def typed(text):
    return marked_number(int(text) if text.isdigit() else float(text), text)


FITTING = [
    (float, 1, 1.0),
    (float, typed("3"), 3.0),
    (float, CommandLineText("inf"), math.inf),
    (float, CommandLineText("1/4"), 0.25),
    (float, "2.5", 2.5),
    (int, 7, 7),
    (int, typed("7"), 7),
    (int, typed("1e5"), 100000),
    (int, "12", 12),
    (bool, CommandLineText("No"), False),
    (bool, "on", True),
    (bool, 1, True),
    (complex, 2, 2 + 0j),
    (complex, "1+2j", 1 + 2j),
    (str, typed("007.50"), "007.50"),
    (str, CommandLineText("word"), "word"),
    (bytes, b"x", b"x"),
    (None, CommandLineText("null"), None),
    (Literal["a", 2, None, True], CommandLineText("a"), "a"),
    (Literal["a", 2, None], "2", 2),
    (Literal["1", 1], typed("1"), 1),
    (Literal["1"], typed("1"), "1"),
    (Literal["a", None], CommandLineText("null"), None),
    (Literal["auto", False], CommandLineText("no"), False),
    (Colour, "RED", Colour.RED),
    (Colour, CommandLineText("b"), Colour.BLUE),
    (Colour, typed("1"), Colour.RED),
    (Colour, Colour.BLUE, Colour.BLUE),
    (pathlib.Path, CommandLineText("a/b"), pathlib.Path("a/b")),
    (pathlib.PurePosixPath, pathlib.PurePosixPath("x"), pathlib.PurePosixPath("x")),
    (MaybeInt, None, None),
    (MaybeInt, CommandLineText("null"), None),
    (int | None, typed("4"), 4),
    (int | float, 2.5, 2.5),
    (float | int, 2, 2),
    (str | int, typed("5"), 5),
    (bool | str, CommandLineText("no"), False),
    (bool | str, CommandLineText("nothing"), "nothing"),
    (pathlib.Path | str, CommandLineText("x"), "x"),
    (list[int], ["1", 2.0], [1, 2]),
    (list[str], CommandLineText("[a, b]"), ["a", "b"]),
    (list, (1, "a"), [1, "a"]),
    (collections.abc.Sequence[float], [1], [1.0]),
    (typing.List[int], [1], [1]),  # noqa: UP006 - as old scripts write it
    (set[int], ["1", 1], {1}),
    (frozenset, [1], frozenset({1})),
    (tuple[int, str], ["1", "a"], [1, "a"]),
    (tuple[int, ...], ("1", "2", 3), [1, 2, 3]),
    (tuple, [1, "a"], [1, "a"]),
    (dict[str, float], {"a": 1}, {"a": 1.0}),
    (dict[int, bool], {"1": "yes"}, {1: True}),
    (dict, {"a": [1]}, {"a": [1]}),
    (dict[str, list[int]], CommandLineText("{a: [1]}"), {"a": [1]}),
    (Final[int], "3", 3),
    (Annotated[float, "seconds"], 1, 1.0),
    (Number, 1, 1.0),
    (Steps, "1", 1),
    ("float", 1, 1.0),
    (list["int"], ["1"], [1]),
    (Any, "x", "x"),
]


@pytest.mark.parametrize(("annotation", "value", "right"), FITTING)
def test_values_become_what_is_declared(annotation, value, right):
    made = converted(annotation, value)
    assert made == right
    assert type(made) is type(right)


REFUSED = [
    (float, "abc", ["e = 'abc': expected float."]),
    (float, True, ["e = True: expected float."]),
    (float, 10**400, [f"e = {'1' + '0' * 76}...: expected float."]),
    (int, 2.5, ["e = 2.5: expected int. The nearest: 2"]),
    (int, "2.7", ["e = '2.7': expected int."]),
    (int, math.inf, ["e = inf: expected int."]),
    (bool, "maybe", ["e = 'maybe': expected bool."]),
    (bool, 2, ["e = 2: expected bool."]),
    (str, 5, ["e = 5: expected str. As a text: e=\"'5'\""]),
    (str, [1], ["e = [1]: expected str."]),
    (complex, "x", ["e = 'x': expected complex."]),
    (bytes, "x", ["e = 'x': expected bytes."]),
    (None, 0, ["e = 0: expected None."]),
    (
        Literal["adam", "sgd"],
        "adma",
        ["e = 'adma': expected one of 'adam', 'sgd'. Did you mean \"adam\"?"],
    ),
    (Literal[1], True, ["e = True: expected one of 1."]),
    (Colour, "BLEU", ["e = 'BLEU': expected one of RED, BLUE. Did you mean \"BLUE\"?"]),
    (pathlib.Path, 5, ["e = 5: expected a path."]),
    (MaybeInt, "x", ["e = 'x': expected int or None."]),
    (list[int], 5, ["e = 5: expected a list of int. As a list: e=[5]"]),
    (
        list[int],
        [1, "x", 2.5],
        ["e.1 = 'x': expected int.", "e.2 = 2.5: expected int. The nearest: 2"],
    ),
    (set[int], {"a": 1}, ["e = {'a': 1}: expected a list of int."]),
    (set[dict], [{}], ["e = [{}]: expected a list of a dict."]),
    (tuple[int, str], [1], ["e = [1]: expected a list (int, str)."]),
    (dict[str, int], 5, ["e = 5: expected a dict of str to int. As an entry of it: e.NAME=VALUE"]),
    (dict[str, int], {"a": "x", "b": 1}, ["e.a = 'x': expected int."]),
    (dict[int, int], {"a": 1}, ["e.a = 'a': expected int."]),
    (list[int] | None, [1, "x"], ["e.1 = 'x': expected int."]),
]


@pytest.mark.parametrize(("annotation", "value", "lines"), REFUSED)
def test_what_does_not_fit_is_said_with_the_nearest_right_thing(annotation, value, lines):
    assert converted(annotation, value) == lines


@pytest.mark.parametrize(
    ("annotation", "value", "own", "right"),
    [
        (list[float], {"0": 1, "-1": 2}, [0.5, 0.5], {"0": 1.0, "-1": 2.0}),
        (list[float], {"5": 1}, [0.5], {"5": 1.0}),
        (tuple[int, str], {"1": typed("3")}, [1, "a"], {"1": "3"}),
        (dict[str, dict[str, float]], {"a": {"x": 1}}, {"a": {"x": 0.5}}, {"a": {"x": 1.0}}),
        (dict[str, list[int]], {"a": {"0": "1"}}, {"a": [5]}, {"a": {"0": 1}}),
        (list[int] | dict[str, float], {"0": 1}, [5], {"0": 1}),
        (list[int] | dict[str, float], {"0": 1}, {"0": 0.5}, {"0": 1.0}),
    ],
)
def test_parts_of_what_an_entry_has_are_converted(annotation, value, own, right):
    made = converted(annotation, value, own)
    assert made == right
    assert [type(item) for item in made.values()] == [type(item) for item in right.values()]


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (float, 1),
        (float, np.float32(1)),
        (int, np.int64(1)),
        (int, True),
        (bool, np.bool_(True)),
        (list[int], (1, 2)),
        (tuple[int, str], [1, "a"]),
        (dict[str, float], {"a": 1}),
        (set[int], {1}),
        (MaybeInt, None),
        (pathlib.Path, "x"),
        (Colour, Colour.RED),
        (Literal["a"], "a"),
        (Any, object()),
    ],
)
def test_defaults_that_fit(annotation, default):
    assert declaration_of(annotation).accepts(default)


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (int, "auto"),
        (int, 1.5),
        (float, "1"),
        (str, None),
        (list[int], ["a"]),
        (list[int], {1}),
        (tuple[int], [1, 2]),
        (dict[str, int], {"a": "x"}),
        (dict[str, int], {1: 1}),
        (Literal["a"], "b"),
        (Colour, 5),
    ],
)
def test_defaults_that_do_not_fit(annotation, default):
    assert not declaration_of(annotation).accepts(default)


@pytest.mark.parametrize(
    "annotation", [np.ndarray, typing.Callable, "object", collections.deque, 5]
)
def test_types_that_say_nothing_about_configurations_take_all(annotation):
    assert isinstance(declaration_of(annotation), AnyValue)


def test_the_name_of_a_secret_stays():
    made = converted(str, SecretText("${secret:PW}"))
    assert type(made) is SecretText


def test_passwords_of_urls_are_not_shown():
    assert converted(int, "http://ada:pw@host/") == ["e = 'http://ada:***@host/': expected int."]
