"""Student's t, the noise of repeated runs, sizes of effects: the same as SciPy's."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from scipy import stats

from sacred.statistics import (
    effect_of_pairs,
    effect_of_samples,
    mean_interval,
    noise_of,
    quantile_of_t,
)


@pytest.mark.parametrize("freedom", [1, 2, 3, 5, 10, 30, 100, 1000, 10**6])
@pytest.mark.parametrize("probability", [1e-6, 0.025, 0.3, 0.5, 0.6, 0.95, 0.975, 0.9995, 1 - 1e-9])
def test_quantiles_are_those_of_scipy(freedom: int, probability: float) -> None:
    expected = stats.t(freedom).ppf(probability)
    assert quantile_of_t(probability, freedom) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("probability", "freedom"), [(0, 1), (1, 1), (0.5, 0), (math.nan, 2)])
def test_quantiles_that_do_not_exist_are_refused(probability: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="has no quantile"):
        quantile_of_t(probability, freedom)


@pytest.mark.parametrize("count", [2, 3, 8, 40])
def test_intervals_of_means_are_those_of_scipy(count: int) -> None:
    generator = random.Random(count)
    values = [generator.gauss(3, 2) for _ in range(count)]
    for alpha in (0.05, 0.2):
        found = mean_interval(values, alpha)
        expected = stats.ttest_1samp(values, 0).confidence_interval(1 - alpha)
        assert (found.low, found.high) == (
            pytest.approx(expected.low),
            pytest.approx(expected.high),
        )
        assert found.deviation == pytest.approx(np.std(values, ddof=1))
        assert found.mean == pytest.approx(np.mean(values))


def test_one_value_has_no_bounds() -> None:
    found = mean_interval([3])
    assert (found.count, found.mean, found.low, found.high) == (1, 3, -math.inf, math.inf)
    assert math.isnan(found.deviation)
    with pytest.raises(ValueError, match="no values"):
        mean_interval([])


def test_constants_have_an_interval_without_width() -> None:
    found = mean_interval([0.1] * 5)
    assert (found.low, found.high) == (0.1, 0.1)


def test_noise_is_pooled_over_groups_of_any_size() -> None:
    generator = random.Random(8)
    groups = [
        [generator.gauss(mean, 1) for _ in range(n)] for mean, n in ((0, 4), (9, 2), (5, 1), (2, 6))
    ]
    noise = noise_of(groups)
    assert noise is not None
    repeated = [group for group in groups if len(group) > 1]
    pooled = stats.f_oneway(*repeated)  # its denominator is the pooled variance
    between = sum(
        len(group) * (np.mean(group) - np.mean(np.concatenate(repeated))) ** 2 for group in repeated
    ) / (len(repeated) - 1)
    assert noise.deviation**2 == pytest.approx(between / pooled.statistic)
    assert (noise.freedom, noise.runs, noise.groups) == (9, 12, 3)
    expected = stats.t(9).ppf(0.975) * noise.deviation * math.sqrt(2)
    assert noise.floor() == pytest.approx(expected)


def test_without_repeated_runs_there_is_no_noise() -> None:
    assert noise_of([]) is None
    assert noise_of([[1], [2]]) is None


def test_two_runs_differ_by_more_than_the_floor_in_one_of_twenty_cases() -> None:
    generator = random.Random(5)
    beyond = 0
    for _ in range(4000):
        noise = noise_of([[generator.gauss(0, 1) for _ in range(3)] for _ in range(2)])
        assert noise is not None
        beyond += abs(generator.gauss(0, 1) - generator.gauss(0, 1)) > noise.floor()
    assert beyond / 4000 == pytest.approx(0.05, abs=0.014)


def test_sizes_of_effects_are_those_of_t_tests() -> None:
    first, second = [3.0, 4, 6, 8, 4], [1.0, 4, 2, 5, 1]
    paired, unpaired = effect_of_pairs(first, second), effect_of_samples(first, second)
    assert paired == pytest.approx(stats.ttest_rel(first, second).statistic / math.sqrt(5))
    assert unpaired == pytest.approx(stats.ttest_ind(first, second).statistic * math.sqrt(2 / 5))
    ragged = effect_of_samples(first, second[:3])
    expected = stats.ttest_ind(first, second[:3]).statistic * math.sqrt(1 / 5 + 1 / 3)
    assert ragged == pytest.approx(expected)


def test_without_any_deviation_an_effect_has_no_size() -> None:
    assert effect_of_pairs([1.0], [2.0]) is None
    assert effect_of_pairs([0.3, 0.4], [0.1, 0.2]) is None
    assert effect_of_samples([1.0], [2.0]) is None
    assert effect_of_samples([1.0, 1.0], [2.0, 2.0]) is None
