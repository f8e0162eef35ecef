"""Frozen values are dataclasses to everybody, and cost less to make."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Mapping
from typing import ClassVar

import pytest

from sacred._base.frozen import Frozen, factory, fields_of, replace


class Point(Frozen):
    """Two fields, one with a default, and something that is no field."""

    kind: ClassVar[str] = "point"
    x: int
    y: int = 0


class Named(Point):
    """One more field."""

    name: str = "here"
    notes: Mapping[str, int] = {}


class Pair(Frozen, kw_only=False):
    """By position."""

    a: int
    b: int = 2


def test_fields_and_defaults():
    assert (Point(x=1).x, Point(x=1).y, Point.kind) == (1, 0, "point")
    assert fields_of(Named(x=1, name="there")) == {"x": 1, "y": 0, "name": "there", "notes": {}}
    assert Pair(1) == Pair(a=1, b=2)


@pytest.mark.parametrize("arguments", [{}, {"x": 1, "z": 2}])
def test_wrong_arguments(arguments):
    with pytest.raises(TypeError, match=r"Point\(\) (needs|takes no) argument|needs the argument"):
        Point(**arguments)


def test_values_are_frozen():
    point = Point(x=1)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 2
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    with pytest.raises(AttributeError):
        point.other = 2
    assert not hasattr(point, "__dict__")


def test_equality_is_that_of_type_and_fields():
    assert Point(x=1) == Point(x=1, y=0)
    assert Point(x=1) != Point(x=2)
    assert Point(x=1) != Named(x=1)
    assert len({Point(x=1), Point(x=1), Point(x=2)}) == 2


class Single(Point, eq=False):
    """Each is itself only."""


def test_those_without_equality_are_themselves_only():
    one, other = Single(x=1), Single(x=1)
    assert one == one
    assert one != other
    assert len({one, other}) == 2
    assert replace(one, x=2).x == 2
    assert Point(x=1) == Point(x=1)


def test_copies_and_pickles():
    named = Named(x=1, y=2, name="n")
    assert replace(named, y=5) == Named(x=1, y=5, name="n")
    assert pickle.loads(pickle.dumps(named)) == named
    assert copy.deepcopy(named) == named
    assert repr(named) == "Named(x=1, y=2, name='n', notes={})"


def test_they_are_dataclasses_to_those_who_ask():
    named = Named(x=1)
    assert dataclasses.is_dataclass(named)
    assert dataclasses.replace(named, y=3) == Named(x=1, y=3)
    assert dataclasses.asdict(named) == {"x": 1, "y": 0, "name": "here", "notes": {}}
    assert [field.name for field in dataclasses.fields(Point)] == ["x", "y"]


class Collected(Point):
    """A list of its own."""

    found: list[int] = factory(factory=list)


def test_defaults_that_are_made_are_made_for_each():
    first, second = Collected(x=1), Collected(x=1)
    first.found.append(7)
    assert (first.found, second.found) == ([7], [])
    assert Collected(x=1, found=[7]) == first
    assert dataclasses.replace(first, x=2).found == [7]
    assert [field.name for field in dataclasses.fields(Collected)] == ["x", "y", "found"]


def test_they_can_be_matched_by_position():
    match Collected(x=1, y=2):
        case Collected(1, y, found):
            assert (y, found) == (2, [])
        case _:
            pytest.fail("not matched")


def test_they_can_be_matched():
    match Point(x=1, y=2):
        case Point(x=1, y=y):
            assert y == 2
        case _:
            pytest.fail("not matched")
