"""What a number of runs can show at all."""

from __future__ import annotations

import random

import pytest

from sacred.statistics import (
    attainable_level,
    holm,
    pairs_needed,
    permutation_test,
    runs_to_add,
    sign_flip_test,
    smallest_p_of_pairs,
    smallest_p_of_samples,
)
from sacred.statistics.permutation import SAMPLED_ARRANGEMENTS


@pytest.mark.parametrize(
    ("pairs", "p_value"), [(0, 1), (1, 1), (2, 0.5), (5, 0.0625), (6, 0.03125), (7, 0.015625)]
)
def test_the_smallest_p_value_of_pairs(pairs: int, p_value: float) -> None:
    assert smallest_p_of_pairs(pairs) == p_value
    if pairs:
        assert sign_flip_test(range(1, pairs + 1), [0] * pairs).p_value() == p_value


@pytest.mark.parametrize(
    ("sizes", "p_value"),
    [((3, 3), 0.1), ((4, 4), 2 / 70), ((1, 1), 1), ((1, 38), 2 / 39), ((1, 39), 0.05)],
)
def test_the_smallest_p_value_of_samples(sizes: tuple[int, int], p_value: float) -> None:
    first, second = sizes
    assert smallest_p_of_samples(first, second) == pytest.approx(p_value)
    found = permutation_test(range(100, 100 + first), range(second)).p_value()
    assert found == pytest.approx(p_value)


def test_of_drawn_arrangements_the_smallest_p_value_is_known_too() -> None:
    assert smallest_p_of_pairs(18) == smallest_p_of_samples(20, 20) == 2 / SAMPLED_ARRANGEMENTS
    assert smallest_p_of_samples(0, 5) == 1


@pytest.mark.parametrize(
    ("comparisons", "pairs"), [(1, 6), (2, 7), (3, 7), (4, 8), (5, 8), (6, 8), (7, 9), (10, 9)]
)
def test_how_many_pairs_are_needed_with_holm(comparisons: int, pairs: int) -> None:
    assert pairs_needed(0.05, comparisons) == pairs
    assert holm([smallest_p_of_pairs(pairs)] * comparisons)[0] <= 0.05
    assert holm([smallest_p_of_pairs(pairs - 1)] * comparisons)[0] > 0.05


def test_of_so_many_comparisons_none_can_be_significant() -> None:
    assert pairs_needed(0.05, 3276) == 17
    assert pairs_needed(0.05, 3277) is None


def test_one_run_needs_39_others() -> None:
    added = runs_to_add(1, 38, 0.05)
    assert added is not None
    assert sum(added) == 1
    assert smallest_p_of_samples(1, 39) <= 0.05 < smallest_p_of_samples(1, 38)


@pytest.mark.parametrize(
    ("sizes", "added"),
    [((3, 3), (1, 1)), ((4, 4), (0, 0)), ((1, 5), (2, 0)), ((5, 1), (0, 2)), ((1, 1), (3, 3))],
)
def test_how_many_runs_to_add(sizes: tuple[int, int], added: tuple[int, int]) -> None:
    found = runs_to_add(*sizes, 0.05)
    assert found == added
    first, second = (size + more for size, more in zip(sizes, found, strict=True))
    assert smallest_p_of_samples(first, second) <= 0.05


def test_no_number_of_runs_is_enough_for_any_number_of_comparisons() -> None:
    assert runs_to_add(3, 3, 0.05, comparisons=100_000) is None


def test_holm_is_that_of_others() -> None:
    generator = random.Random(3)
    for count in (1, 2, 5, 10):
        p_values = [generator.random() ** 3 for _ in range(count)]
        ordered = sorted(p_values)
        by_hand, largest = {}, 0.0
        for rank, p_value in enumerate(ordered):
            largest = max(largest, min(1, p_value * (count - rank)))
            by_hand[p_value] = largest
        assert holm(p_values) == [by_hand[p_value] for p_value in p_values]
    # None is smaller than before, and the smallest one is Bonferroni's.
    assert min(holm(p_values)) == min(1, min(p_values) * count)
    assert all(a >= b for a, b in zip(holm(p_values), p_values, strict=True))
    assert holm([]) == []


def test_holm_of_a_part_is_never_below_that_of_all() -> None:
    p_values = [0.001, 0.01, 0.02, 0.3, 0.9]
    assert all(
        part >= whole
        for part, whole in zip(holm(p_values[1:], comparisons=5), holm(p_values)[1:], strict=True)
    )


@pytest.mark.parametrize(
    ("pairs", "alpha", "level"),
    [(5, 0.05, 0), (6, 0.05, 2 / 64), (7, 0.05, 6 / 128), (8, 0.05, 12 / 256), (6, 0.1, 6 / 64)],
)
def test_the_attainable_level(pairs: int, alpha: float, level: float) -> None:
    assert attainable_level(smallest_p_of_pairs(pairs), alpha) == pytest.approx(level)


def test_the_attainable_level_of_one_against_39() -> None:
    assert attainable_level(smallest_p_of_samples(1, 39), 0.05) == pytest.approx(0.05)
