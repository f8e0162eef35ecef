"""Digests of the values that functions take and give."""

from __future__ import annotations

import dataclasses
import enum
import random
from pathlib import Path

import numpy as np
import pytest

from sacred.lifecycle.value_digest import value_digest


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Colour(enum.IntEnum):
    RED = 1
    BLUE = 2


class Opaque:
    def __init__(self, value: object) -> None:
        self.value = value


def generator(seed: int, draws: int = 0) -> np.random.Generator:
    made = np.random.default_rng(seed)
    made.random(draws)
    return made


EQUAL = [
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({"x", "y", "z"}, {"z", "x", "y"}),
    (np.arange(4), np.arange(4)),
    (np.arange(8)[::2], np.arange(8)[::2].copy()),
    (Point(1, 2), Point(1, 2)),
    (Opaque(1), Opaque(2)),
    (float("nan"), float("nan")),
    (generator(1), generator(1)),
    (random.Random(1), random.Random(1)),
    (np.random.RandomState(1), np.random.RandomState(1)),
]
DIFFERENT = [
    (1, 2),
    (1, 1.0),
    (1, True),
    (1, "1"),
    ("a", b"a"),
    (None, "None"),
    ([1, [2]], [[1], 2]),
    (["ab", "c"], ["a", "bc"]),
    ([1], (1,)),
    ({"a": 1}, {"a": 2}),
    ({"a": "b"}, {"b": "a"}),
    ({1, 2}, [1, 2]),
    (np.zeros(4), np.zeros((2, 2))),
    (np.zeros(2), np.zeros(4, dtype="f4")),
    (np.array(["a", None], dtype=object), np.array(["b", None], dtype=object)),
    (np.float64(1), np.float32(1)),
    (Point(1, 2), Point(2, 1)),
    (Colour.RED, Colour.BLUE),
    (generator(1), generator(2)),
    (generator(1), generator(1, draws=1)),
    (random.Random(1), random.Random(2)),
    (np.random.RandomState(1), np.random.RandomState(2)),
]


def names(pairs: list[tuple[object, object]]) -> list[str]:
    return [f"{number}-{type(one).__name__}" for number, (one, _) in enumerate(pairs)]


@pytest.mark.parametrize(("one", "other"), EQUAL, ids=names(EQUAL))
def test_equal_values_have_one_digest(one: object, other: object) -> None:
    assert value_digest(one) == value_digest(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=names(DIFFERENT))
def test_others_have_others(one: object, other: object) -> None:
    assert value_digest(one) != value_digest(other)


def test_texts_are_masked() -> None:
    def masked(text: str) -> str:
        return text.replace("/tmp/x", "<directory>")

    assert value_digest(["/tmp/x/a"], masked) == value_digest(["<directory>/a"])
    assert value_digest(Path("a")) == value_digest(Path("b"))


def test_what_contains_itself_has_an_end() -> None:
    value: list[object] = [1]
    value.append(value)
    assert value_digest(value) == value_digest(value)


def test_frames_of_pandas_count_by_their_content() -> None:
    pandas = pytest.importorskip("pandas")
    frames = [pandas.DataFrame({"a": [1, last]}) for last in (2, 2, 3)]
    digests = [value_digest(frame) for frame in frames]
    assert digests[0] == digests[1] != digests[2]
    assert value_digest(frames[0].rename(columns={"a": "b"})) != digests[0]
