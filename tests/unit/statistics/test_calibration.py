"""Simulations: false alarms are as rare as promised, and intervals hold the truth as often.

``SACRED_TEST_FORM=long`` makes 10 000 comparisons of each kind.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable

import pytest

from sacred.statistics import (
    LookPlan,
    PermutationTest,
    attainable_level,
    first_rejection,
    holm,
    mean_interval,
    permutation_test,
    runs_for_effect,
    sign_flip_test,
    smallest_p_of_pairs,
    smallest_p_of_samples,
)
from tests.crash_safety.effort import pick

COMPARISONS = pick(2000, 10_000)
ALPHA = 0.05
#: No two sums of some of their roots are equal, so there are no ties.
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23)

Draw = Callable[[random.Random], float]
DRAWS: dict[str, Draw] = {
    "normal": lambda generator: generator.gauss(0, 1),
    "skewed": lambda generator: generator.expovariate(1),
    "heavy tails": lambda generator: generator.gauss(0, 1) / (abs(generator.gauss(0, 1)) + 1e-9),
}


def close_to(rate: float) -> object:
    """Within four standard deviations of what so many comparisons give."""
    return pytest.approx(rate, abs=4 * math.sqrt(rate * (1 - rate) / COMPARISONS))


def paired(generator: random.Random, count: int, draw: Draw, gain: float = 0) -> PermutationTest:
    """A comparison on the same seeds: what a seed does to both is in both values."""
    seeds = [generator.gauss(0, 3) for _ in range(count)]
    first = [seed + draw(generator) + gain for seed in seeds]
    return sign_flip_test(first, [seed + draw(generator) for seed in seeds])


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("pairs", [5, 6, 7])
def test_false_alarms_of_pairs_are_as_frequent_as_attainable(kind: str, pairs: int) -> None:
    generator = random.Random(f"{kind} {pairs}")
    alarms = sum(
        paired(generator, pairs, DRAWS[kind]).is_significant(ALPHA) for _ in range(COMPARISONS)
    )
    level = attainable_level(smallest_p_of_pairs(pairs), ALPHA)
    assert alarms / COMPARISONS == close_to(level)
    assert (level == 0) is (pairs == 5)


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("sizes", [(3, 3), (4, 4), (3, 6), (1, 39)])
def test_false_alarms_of_samples_are_as_frequent_as_attainable(
    kind: str, sizes: tuple[int, int]
) -> None:
    generator, draw = random.Random(f"{kind} {sizes}"), DRAWS[kind]
    alarms = 0
    for _ in range(COMPARISONS):
        first, second = ([draw(generator) for _ in range(size)] for size in sizes)
        alarms += permutation_test(first, second).is_significant(ALPHA)
    level = attainable_level(smallest_p_of_samples(*sizes), ALPHA)
    assert alarms / COMPARISONS == close_to(level)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1, 0.3])
@pytest.mark.parametrize("pairs", range(1, 10))
def test_of_all_signs_of_pairs_exactly_the_attainable_part_is_rejected(
    pairs: int, alpha: float
) -> None:
    """If nothing changed, all signs are as likely; so this is the size of the test, not drawn."""
    sizes = [math.sqrt(prime) for prime in PRIMES[:pairs]]
    rejected = 0
    for signs in itertools.product((1, -1), repeat=pairs):
        differences = [sign * size for sign, size in zip(signs, sizes, strict=True)]
        rejected += sign_flip_test(differences, [0.0] * pairs).is_significant(alpha)
    level = attainable_level(smallest_p_of_pairs(pairs), alpha)
    assert rejected / 2**pairs == pytest.approx(level)
    assert level <= alpha + 1e-12


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("sizes", [(1, 1), (1, 5), (2, 2), (2, 5), (3, 3), (3, 4), (4, 4), (4, 5)])
def test_of_all_dealings_of_samples_exactly_the_attainable_part_is_rejected(
    sizes: tuple[int, int], alpha: float
) -> None:
    values = [math.sqrt(prime) for prime in PRIMES[: sum(sizes)]]
    rejected = dealings = 0
    for chosen in itertools.combinations(range(sum(sizes)), sizes[0]):
        first = [values[n] for n in chosen]
        second = [value for n, value in enumerate(values) if n not in chosen]
        rejected += permutation_test(first, second).is_significant(alpha)
        dealings += 1
    level = attainable_level(smallest_p_of_samples(*sizes), alpha)
    assert rejected / dealings == pytest.approx(level)
    assert level <= alpha + 1e-12


@pytest.mark.parametrize("values", [2, 3])
def test_ties_make_false_alarms_rarer(values: int) -> None:
    generator = random.Random(values)
    alarms = sum(
        paired(generator, 6, lambda g: g.randrange(values) / 10).is_significant(ALPHA)
        for _ in range(COMPARISONS)
    )
    assert alarms / COMPARISONS < 2 / 64


@pytest.mark.parametrize("pairs", [6, 8])
def test_intervals_of_pairs_hold_the_true_difference_as_often_as_promised(pairs: int) -> None:
    generator = random.Random(f"coverage {pairs}")
    misses = 0
    for _ in range(COMPARISONS):
        low, high = paired(generator, pairs, DRAWS["normal"], gain=0.7).interval(ALPHA)
        misses += not low <= 0.7 <= high
    assert misses / COMPARISONS == close_to(attainable_level(smallest_p_of_pairs(pairs), ALPHA))


def test_intervals_of_samples_hold_the_true_difference_as_often_as_promised() -> None:
    generator, draw = random.Random("coverage"), DRAWS["skewed"]
    misses = 0
    for _ in range(COMPARISONS):
        first = [draw(generator) + 0.7 for _ in range(5)]
        low, high = permutation_test(first, [draw(generator) for _ in range(4)]).interval(ALPHA)
        misses += not low <= 0.7 <= high
    assert misses / COMPARISONS == close_to(attainable_level(smallest_p_of_samples(5, 4), ALPHA))


def test_intervals_of_means_hold_the_true_mean_as_often_as_promised() -> None:
    generator = random.Random("means")
    misses = 0
    for _ in range(COMPARISONS):
        interval = mean_interval([generator.gauss(2, 1) for _ in range(4)], ALPHA)
        misses += not interval.low <= 2 <= interval.high
    assert misses / COMPARISONS == close_to(0.05)


def test_with_holm_any_false_alarm_among_ten_is_rare() -> None:
    generator = random.Random("holm")
    rounds = COMPARISONS // 8
    alarms = uncorrected = 0
    for _ in range(rounds):
        p_values = [paired(generator, 9, DRAWS["normal"]).p_value() for _ in range(10)]
        alarms += min(holm(p_values)) <= ALPHA
        uncorrected += min(p_values) <= ALPHA
    assert alarms / rounds <= ALPHA + 4 * math.sqrt(ALPHA / rounds)
    assert uncorrected / rounds > 0.3


@pytest.mark.parametrize("effect", [1.0, 1.5, 3.0])
def test_the_proposed_number_of_pairs_finds_the_effect_in_four_of_five_cases(effect: float) -> None:
    generator = random.Random(f"power {effect}")
    pairs = runs_for_effect(effect, ALPHA)
    assert pairs is not None
    rounds, found = 200, 0
    for _ in range(rounds):
        differences = [generator.gauss(effect, 1) for _ in range(pairs)]
        found += sign_flip_test(differences, [0.0] * pairs).is_significant(ALPHA)
    assert 0.7 < found / rounds <= 1
    assert pairs == 6 or found / rounds < 0.95


# ------------------------------------------------------------------------------ looks

PLAN = LookPlan(looks=(6, 7, 8, 9, 10), alpha=ALPHA)


def test_looking_after_each_pair_keeps_the_level_only_with_a_plan() -> None:
    generator = random.Random("looks")
    rounds = COMPARISONS // 4
    alarms = naive = 0
    for _ in range(rounds):
        differences = [generator.gauss(0, 1) for _ in range(10)]
        alarms += first_rejection(differences, PLAN) is not None
        naive += any(
            sign_flip_test(differences[:n], [0.0] * n).is_significant(ALPHA) for n in PLAN.looks
        )
    assert alarms / rounds <= ALPHA + 4 * math.sqrt(ALPHA * (1 - ALPHA) / rounds)
    assert naive / rounds > 1.5 * ALPHA


@pytest.mark.parametrize(
    "looks", [(6,), (8,), (6, 8), (5, 6, 7, 8, 9), tuple(range(1, 10)), (2, 9)]
)
@pytest.mark.parametrize("sizes", ["different", "equal", "some zero"])
def test_of_all_signs_at_most_the_level_is_rejected_at_any_look(
    looks: tuple[int, ...], sizes: str
) -> None:
    """This is the proof for given sizes of differences; the level holds for them, so for all."""
    generator = random.Random(sizes)
    most = looks[-1]
    known = {
        "different": [generator.expovariate(1) for _ in range(most)],
        "equal": [1.0] * most,
        "some zero": [float(n % 3) for n in range(most)],
    }[sizes]
    plan = LookPlan(looks=looks, alpha=ALPHA)
    rejected = 0
    for signs in itertools.product((1, -1), repeat=most):
        differences = [sign * size for sign, size in zip(signs, known, strict=True)]
        rejected += first_rejection(differences, plan) is not None
    assert rejected / 2**most <= ALPHA
    if sizes == "different":
        # And hardly less: no level is given away.
        assert rejected / 2**most > ALPHA - 2 / 2**most


def test_one_look_is_the_plain_test() -> None:
    generator = random.Random("one look")
    for _ in range(200):
        differences = [generator.gauss(0.5, 1) for _ in range(8)]
        found = first_rejection(differences, LookPlan(looks=(8,), alpha=ALPHA))
        significant = sign_flip_test(differences, [0.0] * 8).is_significant(ALPHA)
        assert found == (8 if significant else None)


def test_what_is_rejected_at_a_look_stays_so() -> None:
    generator = random.Random("stays")
    for _ in range(200):
        differences = [generator.gauss(1, 1) for _ in range(10)]
        found = [first_rejection(differences[:n], PLAN) for n in range(6, 11)]
        first = next((look for look in found if look is not None), None)
        after = [look for look in found if look is not None]
        assert after == [first] * len(after)


def test_pairs_beyond_the_plan_do_not_count() -> None:
    differences = [1.0, -1, 2, -2, 3, -3, 1, -1]
    plan = LookPlan(looks=(6,))
    assert first_rejection([*differences[:6], 1e6, 1e6], plan) is None
    with pytest.raises(ValueError, match="up to 17 pairs"):
        first_rejection(differences, LookPlan(looks=(6, 30)))
