"""Evaluations of scopes that are used again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.config import ConfigScope
from sacred.config.evaluations import EvaluationCache, is_same

names = st.sampled_from(["a", "b", "c", "other", "more"])
entries = st.dictionaries(names, st.integers(0, 2) | st.just({"x": 1}) | st.booleans(), max_size=4)

calls: list[int] = []


@ConfigScope
def scope(a):
    """What it is."""
    b = a
    c = {"x": (calls.append(1), 0)[1], "y": 2}  # documented


@given(
    entries, entries.map(lambda d: {"a": 1, **d}), st.dictionaries(names, st.just({}), max_size=2)
)
def test_it_gives_what_the_scope_gives(fixed, preset, fallback):
    """All that is known of a configuration, whatever was evaluated before."""
    cache = EvaluationCache()
    cache.evaluate(scope, {}, {"a": 1}, {})
    for _ in range(2):
        expected = scope(fixed, preset, fallback)
        found = cache.evaluate(scope, fixed, preset, fallback)
        assert found == expected
        assert vars(found) == vars(expected)


def test_values_that_it_does_not_depend_on():
    cache = EvaluationCache()
    calls.clear()
    for number in range(3):
        found = cache.evaluate(scope, {"other": number}, {"a": 1, "more": number}, {"ing": {}})
        assert (found["other"], found["more"]) == (number, number)
        found["c"]["x"] = "changed"
    assert len(calls) == 1
    assert cache.evaluate(scope, {"c": {"x": 5}}, {"a": 1})["c"] == {"x": 5, "y": 2}
    assert len(calls) == 2


def test_the_inputs_are_remembered_as_they_were():
    cache = EvaluationCache()
    calls.clear()
    preset = {"a": [1]}
    cache.evaluate(scope, None, preset)
    preset["a"].append(2)
    assert cache.evaluate(scope, None, preset)["b"] == [1, 2]
    assert len(calls) == 2


def test_failures_are_not_remembered():
    @ConfigScope
    def fails():
        a = 1
        raise RuntimeError("no")

    cache = EvaluationCache()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no"):
            cache.evaluate(fails)
        summary, error = cache.evaluate_tolerantly(fails)
        assert (summary, str(error)) == ({"a": 1}, "no")


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (1, True, False),
        (1, 1.0, False),
        ([1], (1,), False),
        ({"a": [np.ones(2)]}, {"a": [np.ones(2)]}, True),
        (np.ones(2), np.zeros(2), False),
        (scope, scope, True),
        ({"a": 1}, {"b": 1}, False),
    ],
)
def test_same(old, new, same):
    assert is_same(old, new) is same
