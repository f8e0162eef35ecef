"""Permutation tests and their intervals: the same as SciPy's, and never at odds."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sacred.statistics import PermutationTest, permutation_test, sign_flip_test
from sacred.statistics.permutation import SAMPLED_ARRANGEMENTS, is_exact
from tests.crash_safety.effort import examples

SIZES = [(2, 2), (3, 3), (4, 4), (3, 5), (7, 2), (2, 9), (8, 8)]


def normal(count: int, seed: Any, mean: float = 0.0) -> list[float]:
    generator = random.Random(f"{seed}")
    return [generator.gauss(mean, 1) for _ in range(count)]


def difference(first: Any, second: Any, axis: int) -> Any:
    return np.mean(first, axis=axis) - np.mean(second, axis=axis)


def by_scipy(first: Sequence[float], second: Sequence[float], paired: bool) -> float:
    kind = "samples" if paired else "independent"
    found = stats.permutation_test(
        (first, second), difference, permutation_type=kind, n_resamples=10**6, vectorized=True
    )
    return float(found.pvalue)


@pytest.mark.parametrize("pairs", [2, 5, 6, 9, 12])
@pytest.mark.parametrize("mean", [0, 1])
def test_pairs_have_the_p_value_of_scipy(pairs: int, mean: float) -> None:
    first, second = normal(pairs, f"first {mean}", mean), normal(pairs, f"second {mean}")
    assert sign_flip_test(first, second).p_value() == pytest.approx(by_scipy(first, second, True))


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("mean", [0, 2])
def test_samples_have_the_p_value_of_scipy(sizes: tuple[int, int], mean: float) -> None:
    first, second = normal(sizes[0], f"first {mean}", mean), normal(sizes[1], f"second {mean}")
    expected = by_scipy(first, second, False)
    assert permutation_test(first, second).p_value() == pytest.approx(expected)


@pytest.mark.parametrize("paired", [True, False])
def test_whole_numbers_with_many_ties_have_the_p_value_of_scipy(paired: bool) -> None:
    test = sign_flip_test if paired else permutation_test
    for seed in range(40):
        generator = random.Random(seed)
        first = [float(generator.randrange(4)) for _ in range(6)]
        second = [float(generator.randrange(4)) for _ in range(6 if paired else 5)]
        assert test(first, second).p_value() == pytest.approx(by_scipy(first, second, paired))


def test_what_is_equal_in_decimals_is_a_tie() -> None:
    # 0.3 - 0.2 is less than 0.2 - 0.1 in binary.
    tenths = sign_flip_test([0.3, 0.2, 0.5, 0.1], [0.2, 0.1, 0.4, 0.2])
    assert tenths.p_value() == sign_flip_test([3, 2, 5, 1], [2, 1, 4, 2]).p_value()
    mixed = permutation_test([0.1, 0.2, 0.3], [0.3, 0.2, 0.1])
    assert (mixed.estimate, mixed.p_value()) == (0, 1)


@pytest.mark.parametrize("sizes", [(20, 20), (30, 12), (12, 30)])
def test_large_samples_are_drawn_and_near_scipy(sizes: tuple[int, int]) -> None:
    first, second = normal(sizes[0], "a", 0.5), normal(sizes[1], "b")
    test = permutation_test(first, second)
    assert (test.is_exact, test.arrangements) == (False, SAMPLED_ARRANGEMENTS)
    found = stats.permutation_test(
        (first, second), difference, n_resamples=20_000, vectorized=True, rng=1
    )
    assert test.p_value() == pytest.approx(found.pvalue, abs=0.02)


def test_many_pairs_are_drawn_and_near_the_exact_value() -> None:
    first, second = normal(24, "a", 0.5), normal(24, "b")
    test = sign_flip_test(first, second)
    assert not test.is_exact
    # (b + 1) / (B + 1): the arrangement that was seen counts, so there is no p of 0.
    assert sign_flip_test([9.0] * 24, list(range(24, 0, -1))).p_value() >= 2 / SAMPLED_ARRANGEMENTS
    exact = stats.permutation_test(
        (first, second),
        difference,
        permutation_type="samples",
        n_resamples=20_000,
        vectorized=True,
        rng=1,
    )
    assert test.p_value() == pytest.approx(exact.pvalue, abs=0.02)


def test_a_drawn_test_says_the_same_each_time() -> None:
    first, second = normal(25, "a"), normal(25, "b")
    state = random.getstate()
    assert sign_flip_test(first, second) == sign_flip_test(first, second)
    assert permutation_test(first, second) == permutation_test(first, second)
    assert random.getstate() == state


def shifted(first: Sequence[float], by: float) -> list[float]:
    return [value - by for value in first]


@pytest.mark.parametrize("paired", [True, False])
def test_the_p_value_of_a_shift_is_that_of_shifted_values(paired: bool) -> None:
    test = sign_flip_test if paired else permutation_test
    first, second = normal(6, "a"), normal(6 if paired else 4, "b")
    for shift in np.linspace(-3, 3, 41):
        moved = test(shifted(first, shift), second)
        assert test(first, second).p_value(shift) == pytest.approx(moved.p_value())


numbers = st.one_of(
    st.integers(-5, 5).map(lambda n: n / 10),
    st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False),
)
samples = st.lists(numbers, min_size=1, max_size=8)
levels = st.sampled_from([0.01, 0.05, 0.1, 0.3])


def both_tests(first: list[float], second: list[float]) -> list[PermutationTest]:
    pairs = list(zip(first, second, strict=False))
    return [permutation_test(first, second), sign_flip_test(*zip(*pairs, strict=True))]


@given(first=samples, second=samples, alpha=levels)
def test_the_interval_leaves_zero_out_exactly_if_the_test_is_significant(
    first: list[float], second: list[float], alpha: float
) -> None:
    for test in both_tests(first, second):
        low, high = test.interval(alpha)
        assert low <= high
        assert (not low <= 0 <= high) == test.is_significant(alpha) == (test.p_value() <= alpha)
        # And for any other difference: its ends are not rejected, what is beyond them is.
        for end, beyond in ((low, -math.inf), (high, math.inf)):
            if math.isfinite(end):
                assert test.p_value(end) > alpha
                assert test.p_value(math.nextafter(end, beyond)) <= alpha


@given(first=samples, second=samples)
def test_the_other_way_round_everything_changes_its_sign(
    first: list[float], second: list[float]
) -> None:
    for one, other in zip(both_tests(first, second), both_tests(second, first), strict=True):
        assert one.p_value() == other.p_value()
        low, high = one.interval(0.1)
        assert other.interval(0.1) == (pytest.approx(-high), pytest.approx(-low))


@settings(max_examples=examples(30))
@given(first=samples, second=samples, order=st.randoms(use_true_random=False))
def test_the_order_does_not_matter(
    first: list[float], second: list[float], order: random.Random
) -> None:
    pairs = list(zip(first, second, strict=False))
    before = sign_flip_test(*zip(*pairs, strict=True)).p_value()
    order.shuffle(pairs)
    assert sign_flip_test(*zip(*pairs, strict=True)).p_value() == before


@pytest.mark.parametrize(("one", "other"), [(11, 12), (12, 11), (20, 20)])
def test_drawn_arrangements_depend_on_neither_sides_nor_order(one: int, other: int) -> None:
    first, second = normal(one, "a"), [value + 0.5 for value in normal(other, "b")]
    for found, test in zip(both_tests(first, second), both_tests(second, first), strict=True):
        assert found.p_value() == test.p_value()
        low, high = test.interval(0.1)
        assert found.interval(0.1) == (pytest.approx(-high), pytest.approx(-low))
    assert permutation_test(first[::-1], second[::-1]) == permutation_test(first, second)
    pairs = list(zip(first, second, strict=False))
    before = sign_flip_test(*zip(*pairs, strict=True))
    assert sign_flip_test(*zip(*pairs[::-1], strict=True)).p_value() == before.p_value()


def test_too_few_runs_have_an_unbounded_interval() -> None:
    assert sign_flip_test([1, 2, 3, 4, 5], [0] * 5).interval(0.05) == (-math.inf, math.inf)
    low, high = sign_flip_test([1, 2, 3, 4, 5, 6], [0] * 6).interval(0.05)
    assert (low, high) == (1, 6)


def test_constants_are_no_difference() -> None:
    same = sign_flip_test([0.7] * 8, [0.7] * 8)
    assert (same.estimate, same.p_value(), same.interval(0.05)) == (0, 1, (0, 0))
    always = sign_flip_test([0.9] * 8, [0.7] * 8)
    assert always.p_value() == 2 / 2**8
    assert always.interval(0.05) == (pytest.approx(0.2), pytest.approx(0.2))
    assert permutation_test([1] * 4, [1] * 4).p_value() == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200, True, None, "1"])
def test_what_is_no_finite_number_is_refused(value: Any) -> None:
    for test in (sign_flip_test, permutation_test):
        with pytest.raises(ValueError, match="finite numbers"):
            test([1, 2], [1, value])


def test_one_value_of_each_shows_nothing() -> None:
    for test in (sign_flip_test, permutation_test):
        assert test([1], [2]).p_value() == 1
        assert test([1], [2]).interval(0.05) == (-math.inf, math.inf)


def test_nothing_and_ragged_pairs_are_refused() -> None:
    for test in (sign_flip_test, permutation_test):
        with pytest.raises(ValueError, match="at least one value"):
            test([], [])
    with pytest.raises(ValueError, match="3 and 2 values are no pairs"):
        sign_flip_test([1, 2, 3], [1, 2])


def test_all_arrangements_are_counted_up_to_17_pairs_and_10_and_10() -> None:
    assert [is_exact(17), is_exact(18), is_exact(10, 10), is_exact(11, 11)] == [
        True,
        False,
        True,
        False,
    ]
    assert sign_flip_test(normal(10, 1), normal(10, 2)).arrangements == 2**10
    assert permutation_test(normal(4, 1), normal(5, 2)).arrangements == math.comb(9, 4)


def test_thresholds_of_two_samples_are_those_of_a_plain_enumeration() -> None:
    first, second = normal(3, "a"), normal(4, "b")
    values = [*first, *second]
    for shift in (-1.0, 0.2, 0.9):
        moved = [value - shift * (n < 3) for n, value in enumerate(values)]
        seen = sum(moved[:3]) / 3 - sum(moved[3:]) / 4
        larger = smaller = 0
        for chosen in itertools.combinations(range(7), 3):
            inside = sum(moved[n] for n in chosen)
            found = inside / 3 - (sum(moved) - inside) / 4
            larger += found >= seen - 1e-12
            smaller += found <= seen + 1e-12
        expected = min(1, 2 * min(larger, smaller) / math.comb(7, 3))
        assert permutation_test(first, second).p_value(shift) == pytest.approx(expected)
