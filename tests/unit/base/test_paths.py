"""Dotted paths and nested dicts."""

from __future__ import annotations

import copy
import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.paths import (
    PATHCHANGE,
    convert_to_nested_dict,
    get_by_dotted_path,
    is_prefix,
    iter_prefixes,
    iterate_flattened,
    iterate_flattened_separately,
    join_paths,
    recursive_update,
    rel_path,
    set_by_dotted_path,
)

KEYS = st.text("abc", min_size=1, max_size=3)
NESTED = st.recursive(
    st.integers() | st.builds(dict),
    lambda children: st.dictionaries(KEYS, children, max_size=3),
    max_leaves=10,
).filter(lambda value: isinstance(value, dict))


@given(NESTED)
def test_nest_is_the_inverse_of_flatten(nested):
    """The leaves and their paths say all about a nested dict."""
    assert convert_to_nested_dict(dict(iterate_flattened(nested))) == nested


@given(NESTED)
def test_flattened_leaves_are_found_by_their_path(nested):
    """Each path leads to its leaf."""
    for path, leaf in iterate_flattened(nested):
        assert get_by_dotted_path(nested, path) == leaf


@given(NESTED, NESTED)
def test_update_wins(d, u):
    """After an update all its leaves that are values are there."""
    recursive_update(d, copy.deepcopy(u))
    for path, leaf in iterate_flattened(u):
        if leaf != {}:
            assert get_by_dotted_path(d, path) == leaf


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        (("a.b.", "c"), "a.b.c"),
        (("a.", ".b.", ".c"), "a.b.c"),
        (("a", "", "b"), "a.b"),
        (("", "a."), "a"),
        (("", "."), ""),
        (("a", "b.c"), "a.b.c"),
    ],
)
def test_paths_are_joined_with_one_dot_each(parts, path):
    """Dots at the ends of parts, and empty parts, add none."""
    assert join_paths(*parts) == path


@given(KEYS, st.lists(KEYS, max_size=3))
def test_rel_path_undoes_join(base, parts):
    """`rel_path` takes off what `join_paths` put in front."""
    path = join_paths(*parts)
    assert rel_path(base, join_paths(base, path)) == path


@pytest.mark.parametrize(
    ("nested", "leaves"),
    [
        ({}, []),
        ({"b": 1, "a": {"y": 1, "x": {}}}, [("a.x", {}), ("a.y", 1), ("b", 1)]),
        ({"a": [1, {"b": 2}]}, [("a", [1, {"b": 2}])]),
        ({"B": 1, "a": 2, "_": 3}, [("B", 1), ("_", 3), ("a", 2)]),
        ({1: 2, "a": 3}, [(1, 2), ("a", 3)]),
    ],
)
def test_iterate_flattened(nested, leaves):
    """Leaves come sorted by key, also if the keys do not compare."""
    assert list(iterate_flattened(nested)) == leaves


@pytest.mark.parametrize(
    ("nested", "manual", "pairs"),
    [
        ({}, None, []),
        (
            {"b": 1, "a": {"y": 1, "x": {}}, "c": 2},
            None,
            [("b", 1), ("c", 2), ("a", PATHCHANGE), ("a.x", {}), ("a.y", 1)],
        ),
        (
            {"b": 1, "a": {"y": 1}, "c": 2},
            ["nope", "c"],
            [("c", 2), ("b", 1), ("a", PATHCHANGE), ("a.y", 1)],
        ),
        (
            {"b": 1, "a": {"y": 1}},
            ["a"],
            [("a", PATHCHANGE), ("a.y", 1), ("b", 1)],
        ),
        ({"a": {"z": 1, "b": 2}}, ["z"], [("a", PATHCHANGE), ("a.z", 1), ("a.b", 2)]),
        ({"a": {}}, None, [("a", {})]),
    ],
)
def test_iterate_flattened_separately(nested, manual, pairs):
    """Manual keys come first, then values, then dicts with their announcement."""
    assert list(iterate_flattened_separately(nested, manual)) == pairs


def test_set_by_dotted_path_makes_dicts_on_the_way():
    """Missing dicts are made, present ones are kept."""
    d = {"a": {"x": 1}}
    set_by_dotted_path(d, "a.b.c", 2)
    assert d == {"a": {"x": 1, "b": {"c": 2}}}


def test_set_by_dotted_path_refuses_values_on_the_way():
    """A value on the way is an error that names it."""
    with pytest.raises(TypeError, match="'a' is int"):
        set_by_dotted_path({"a": 1}, "a.b", 2)


def test_the_empty_path_is_the_dict_itself():
    """Setting and getting the empty path mean the whole."""
    d = {"a": 1}
    set_by_dotted_path(d, "", {"b": 2})
    assert d == {"b": 2}
    assert get_by_dotted_path(d, "") is d


@pytest.mark.parametrize("path", ["a.b", "a.b.c", "x", "x.y", "a."])
def test_get_by_dotted_path_falls_back(path):
    """A path that leads nowhere gives the default, also through values."""
    assert get_by_dotted_path({"a": 1}, path, "default") == "default"


def test_convert_to_nested_dict_merges():
    """Dotted keys and nested dicts may speak of the same dict, in any order."""
    assert convert_to_nested_dict({"a": {"x": 1}, "a.b": 2}) == {"a": {"x": 1, "b": 2}}
    assert convert_to_nested_dict({"a.b": 1, "a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}
    assert convert_to_nested_dict({"a": {"b.c": 1}}) == {"a": {"b": {"c": 1}}}


def test_convert_to_nested_dict_leaves_its_input_alone():
    """The argument is not changed."""
    dotted = {"a": {"x": 1}, "a.b": 2}
    convert_to_nested_dict(dotted)
    assert dotted == {"a": {"x": 1}, "a.b": 2}


def test_recursive_update_replaces_values_by_dicts():
    """What was a value may become a dict, and the other way round."""
    assert recursive_update({"a": 1, "b": {"c": 1}}, {"a": {"x": 2}, "b": 3}) == {
        "a": {"x": 2},
        "b": 3,
    }


@pytest.mark.parametrize(
    ("pre", "path", "expected"),
    [("a", "a.b", True), ("a", "ab", False), ("a", "a", False), ("", "a", True), ("", "", True)],
)
def test_is_prefix(pre, path, expected):
    """Only whole keys count."""
    assert is_prefix(pre, path) is expected


def test_rel_path_outside_of_the_base():
    """A path that is not below the base is refused."""
    with pytest.raises(AssertionError, match=r"a\.b not a prefix of a"):
        rel_path("a.b", "a")


def test_iter_prefixes():
    """All dicts on the way, then the path."""
    assert list(iter_prefixes("a.b.c")) == ["a", "a.b", "a.b.c"]
    assert list(iter_prefixes("a")) == ["a"]


def test_pathchange_stays_itself():
    """It is compared by identity, so copies must be the same object."""
    assert copy.deepcopy(PATHCHANGE) is PATHCHANGE
    assert pickle.loads(pickle.dumps(PATHCHANGE)) is PATHCHANGE


@pytest.mark.parametrize(
    ("updates", "expected"),
    [
        ({"a.b": 2, "a": {"b": 5, "c": 1}}, {"a": {"b": 2, "c": 1}}),
        (
            {"a.b.c": 1, "a": {"b": {"c": 4, "d": 4}}, "a.b": {"c": 3}},
            {"a": {"b": {"c": 1, "d": 4}}},
        ),
        ({"a.b": {"c": 3}, "a": {"b.c": 4}}, {"a": {"b": {"c": 3}}}),
    ],
)
def test_of_two_values_for_one_entry_that_of_the_longer_key_counts(updates, expected):
    """As in 0.8, whatever the order of the keys."""
    for order in itertools.permutations(updates.items()):
        assert convert_to_nested_dict(dict(order)) == expected
