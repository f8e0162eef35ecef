"""Groups of runs compared: pairing, what is left out, and the sentences that say so."""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from sacred import RunStore
from sacred.display.comparison_text import (
    as_interval,
    as_p,
    comparison_table,
    conclusion,
    conclusions,
    noise_line,
    remarks,
    without_partner,
)
from sacred.query.syntax import Path
from sacred.records import RunRecord
from sacred.runs.errors import UsageError
from sacred.runs.groups import RunGroup, direction_of, measured, parts_by, required_direction
from sacred.runs.identity import changed_entries, identity_of
from sacred.runs.significance import Comparison, compared_groups, noise_by_experiment, pairing_of
from sacred.stores import MemoryStore

RESULT = Path("result")
START = datetime.datetime(2026, 1, 2)


def stored(
    results: Iterable[tuple[Any, Any]], config: Mapping[str, Any] | None = None, **document: Any
) -> list[tuple[str, RunRecord]]:
    """Runs of seeds and results."""
    store = RunStore(MemoryStore())
    for number, (seed, result) in enumerate(results):
        entries = dict(config or {}) | ({} if seed is None else {"seed": seed})
        facts = {
            "status": "COMPLETED",
            "experiment": {"name": "train"},
            "start_time": START + datetime.timedelta(hours=number),
            "config": entries,
            "result": result,
        }
        store.backend.create(None, facts | document, [])
    return [(str(record.id), record) for record in store.runs()]


def group(values: Sequence[float], seeds: Iterable[int] | None = None, name: str = "g") -> RunGroup:
    numbers = range(1, len(values) + 1) if seeds is None else seeds
    return measured(name, stored(zip(numbers, values, strict=True)), RESULT)


def compared(one: RunGroup, other: RunGroup, alpha: float = 0.05) -> Comparison:
    [found] = compared_groups([("", one, other)], alpha)
    return found


# ----------------------------------------------------------------------------- groups


def test_a_run_is_one_sample_however_many_steps_it_has() -> None:
    store = RunStore(MemoryStore())
    from sacred import Experiment
    from sacred.observers import StoreObserver

    experiment = Experiment("steps", interactive=True, save_git_info=False)
    experiment.observers.append(StoreObserver(store.backend))

    @experiment.main
    def train(_run: Any, seed: int) -> None:
        for step in range(1000):
            _run.log_scalar("acc", seed + step / 1000, step)

    for seed in (1, 2):
        experiment.run(config_updates={"seed": seed}, options={"--loglevel": "ERROR"})
    runs = [(str(record.id), record) for record in store.runs()]
    for roll_up, expected in (("max", [1.999, 2.999]), ("mean", [1.4995, 2.4995])):
        found = measured("all", runs, Path("metrics", ("acc", roll_up)))
        assert found.values == pytest.approx(expected)


@pytest.mark.parametrize(
    ("result", "reason", "failed"),
    [
        (math.nan, "result is nan", True),
        (math.inf, "result is inf", True),
        (None, "no result", False),
        ("good", "result is no number", False),
        (True, "result is no number", False),
    ],
)
def test_what_is_no_finite_number_is_left_out_and_named(
    result: Any, reason: str, failed: bool
) -> None:
    found = measured("g", stored([(1, 0.5), (2, result)]), RESULT)
    assert found.values == [0.5]
    [omission] = found.omissions
    assert (omission.run, omission.seed, omission.reason, omission.failed) == (
        "2",
        "2",
        reason,
        failed,
    )


@pytest.mark.parametrize("status", ["RUNNING", "FAILED", "INTERRUPTED", "QUEUED", "TIMEOUT"])
def test_only_completed_runs_count(status: str) -> None:
    found = measured("g", stored([(1, 0.5)], status=status), RESULT)
    assert found.samples == ()
    assert found.omissions[0].reason in (status, "DEAD")
    assert found.omissions[0].failed is (status == "FAILED")


def test_runs_that_repeat_a_seed_count_once() -> None:
    found = group([1, 3, 5], seeds=[7, 7, 8])
    assert found.by_seed == {"7": 2, "8": 5}
    assert found.repeated_seeds == ["7"]


def test_runs_without_a_seed_stand_for_themselves() -> None:
    found = measured("g", stored([(None, 1), (None, 2)]), RESULT)
    assert found.values == [1, 2]
    assert pairing_of(found, found).seeds is not None  # the very same runs
    other = measured("h", stored([(None, 1), (None, 2), (None, 3)])[1:], RESULT)
    assert pairing_of(found, measured("h", stored([(4, 1), (5, 2)]), RESULT)).seeds is None
    assert other.values == [2, 3]


def test_the_identity_of_a_run_leaves_out_seeds_and_nothing_else() -> None:
    base: dict[str, Any] = {"lr": 0.1, "data": {"seed": 5, "size": 3}}

    def identity(config: Mapping[str, Any], seed: int = 1, **document: Any) -> str:
        return identity_of(stored([(seed, 0)], config, **document)[0][1])

    assert identity(base) == identity(base, seed=2)
    assert identity(base) == identity({**base, "data": {"seed": 6, "size": 3}})
    assert identity(base) != identity({**base, "lr": 0.2})
    assert identity(base) != identity({**base, "data": {"seed": 5, "size": 4}})
    assert identity(base) != identity(base, command="evaluate")
    packages = {"name": "train", "dependencies": ["numpy==1"]}
    assert identity(base) != identity(base, experiment=packages)
    sources = {"name": "train", "sources": [["train.py", "0" * 32]]}
    assert identity(base, experiment=sources) == identity(base, experiment=sources)


@pytest.mark.parametrize("packages", [5, None, "numpy", {"numpy": 1}, [None, 3]])
def test_an_odd_record_has_an_identity_too(packages: Any) -> None:
    odd = {"name": "train", "dependencies": packages}
    one, other = (stored([(seed, 0)], experiment=odd)[0][1] for seed in (1, 2))
    assert identity_of(one) == identity_of(other)


def test_changed_entries_are_those_beside_the_seed() -> None:
    runs = [*stored([(1, 0)], {"lr": 0.1, "opt": "sgd"}), *stored([(2, 0)], {"lr": 0.2})]
    assert changed_entries([record for _, record in runs]) == ["lr", "opt"]


def test_parts_come_in_the_order_of_their_values() -> None:
    runs = [run for lr in (0.1, 10, "auto", 2) for run in stored([(1, 0)], {"lr": lr})]
    parts = parts_by(runs, [Path("config", ("lr",))])
    assert [part.values for part in parts.values()] == [(0.1,), (2,), (10,), ("auto",)]
    assert len(parts_by(runs, [])) == 1


@pytest.mark.parametrize(
    ("metric", "given", "direction"),
    [
        (Path("metrics", ("loss", "max")), None, "higher"),
        (Path("metrics", ("accuracy", "min")), None, "lower"),
        (Path("metrics", ("accuracy", "last")), None, None),
        (Path("metrics", ("accuracy",)), None, None),
        (Path("result"), None, None),
        (Path("result", ("max",)), None, None),
        (Path("config", ("loss",)), "lower", "lower"),
        (Path("metrics", ("loss", "max")), "lower", "lower"),
    ],
)
def test_the_direction_is_said_or_that_of_the_roll_up(
    metric: Path, given: Any, direction: Any
) -> None:
    assert direction_of(metric, given) == direction
    if direction is None:
        with pytest.raises(UsageError, match="--higher-is-better or --lower-is-better"):
            required_direction(metric, given)


# ---------------------------------------------------------------------------- pairing


@pytest.mark.parametrize(
    ("one", "other", "paired"),
    [
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        ([1, 2, 3, 5, 6], [1, 2, 4, 5, 6], [1, 2, 5, 6]),
        ([10, 9, 2], [2, 10], [2, 10]),
        ([1, 2, 3, 4], [3, 4, 5, 6], [3, 4]),
        ([1, 2, 3, 4, 5], [5, 4, 8, 9, 7], None),  # fewer than half
        ([1, 2, 3], [4, 5, 6], None),
        ([3], [1, 2, 3, 4], None),  # a single pair shows nothing
    ],
)
def test_groups_are_paired_where_half_the_seeds_agree(
    one: list[int], other: list[int], paired: list[int] | None
) -> None:
    first, second = (group([s / 10 for s in seeds], seeds) for seeds in (one, other))
    pairing = pairing_of(first, second)
    if paired is None:
        assert pairing.seeds is None
        assert (len(pairing.first), len(pairing.second)) == (len(one), len(other))
    else:
        assert pairing.seeds == tuple(map(str, paired))
        assert pairing.first == pairing.second == tuple(seed / 10 for seed in paired)


def test_pairing_does_not_look_at_values() -> None:
    generator = random.Random(1)
    seeds = [1, 2, 3, 4], [3, 4, 5, 6]
    for _ in range(20):
        groups = [group([generator.random() for _ in own], own) for own in seeds]
        assert pairing_of(groups[0], groups[1]).seeds == ("3", "4")


# ------------------------------------------------------------------------- the sentences

A6, B6 = [0.92, 0.91, 0.95, 0.93, 0.92, 0.94], [0.90, 0.90, 0.91, 0.92, 0.89, 0.91]
UNBOUNDED = "The interval of the true difference is unbounded."


def sentence(one: RunGroup, other: RunGroup, direction: Any = None) -> str:
    return conclusion(compared(one, other), direction)


def test_a_difference_that_is_significant() -> None:
    better = sentence(group(A6), group(B6), "higher")
    assert better == (
        "A is better than B, by 0.02333 on average (p = 0.0313; the true difference is likely to "
        "be between 0.01 and 0.04)."
    )
    assert sentence(group(A6), group(B6)).startswith("A is higher than B, by 0.02333")
    assert sentence(group(A6), group(B6), "lower").startswith("B is better than A, by 0.02333")
    assert sentence(group(B6), group(A6), "higher").startswith("B is better than A, by 0.02333")
    assert sentence(group(B6), group(A6), "lower").startswith("A is better than B, by 0.02333")


def test_five_pairs_cannot_show_anything() -> None:
    assert sentence(group(A6[:5]), group(B6)) == (
        "5 paired seeds cannot show a difference at p ≤ 0.05, however large it is: the smallest "
        f"p-value possible is 0.0625. 6 pairs can (0.0313): run both with 1 more seed. {UNBOUNDED}"
    )


def test_two_pairs_cannot_show_anything() -> None:
    assert sentence(group([1, 2]), group([3, 4])) == (
        "2 paired seeds cannot show a difference at p ≤ 0.05, however large it is: the smallest "
        f"p-value possible is 0.5. 6 pairs can (0.0313): run both with 4 more seeds. {UNBOUNDED}"
    )


def test_three_against_three_cannot_show_anything() -> None:
    assert sentence(group([1, 2, 3]), group([4, 5, 6], [4, 5, 6])) == (
        "3 runs against 3 cannot show a difference at p ≤ 0.05, however large it is: the smallest "
        f"p-value possible is 0.1. 4 against 4 can (0.0286): run 1 more seed of each. {UNBOUNDED}"
    )


def test_one_run_cannot_show_anything_against_a_few() -> None:
    assert sentence(group([1]), group([4, 5, 6, 7, 8], [2, 3, 4, 5, 6])) == (
        "1 run against 5 cannot show a difference at p ≤ 0.05, however large it is: the smallest "
        "p-value possible is 0.333. 3 against 5 can (0.0357): run 2 more seeds of A. "
        f"A single run needs 39 others. {UNBOUNDED}"
    )
    found = sentence(group([0]), group(list(range(1, 40)), range(2, 41)), "higher")
    assert found.startswith("B is better than A, by 20 on average (p = 0.05;")


def test_one_run_against_one_cannot_show_anything() -> None:
    assert sentence(group([1]), group([2])) == (
        "1 run against 1 cannot show a difference at p ≤ 0.05, however large it is: the smallest "
        "p-value possible is 1. 4 against 4 can (0.0286): run 3 more seeds of each. "
        f"A single run needs 39 others. {UNBOUNDED}"
    )


@pytest.mark.parametrize(
    ("count", "needed", "smallest"),
    [(2, 7, "0.0313"), (3, 7, "0.0469"), (5, 8, "0.0391"), (10, 9, "0.0391")],
)
def test_several_comparisons_need_more_pairs(count: int, needed: int, smallest: str) -> None:
    family = [(f"lr = {n}", group(A6), group(B6)) for n in range(count)]
    [text] = conclusions(compared_groups(family), None)
    names = "; ".join(f"lr = {n}" for n in range(count))
    assert text.startswith(
        f"{names}: 6 paired seeds cannot show a difference at p ≤ 0.05 with {count} comparisons "
        "(Holm), however large it is:"
    )
    more = "1 more seed" if needed == 7 else f"{needed - 6} more seeds"
    assert f"{needed} pairs can ({smallest}): run both with {more}." in text
    assert text.endswith(UNBOUNDED)


def test_what_is_still_possible_is_a_matter_of_the_comparisons_that_are_left() -> None:
    """Of two, one is clear, so six pairs could show the other difference."""
    many = range(1, 11)
    clear = ("a", group([n + 5.0 for n in many], many), group([n * 1.1 for n in many], many))
    unclear = ("b", group([1, 2, 3, 4, 5, 0]), group([0, 0, 0, 0, 0, 1]))
    first, second = compared_groups([clear, unclear])
    assert (first.is_significant, second.is_significant) == (True, False)
    assert (second.left, second.can_be_significant) == (1, True)
    assert conclusion(second, None).startswith("No difference can be concluded (p = 0.0938).")
    wins = ("b", group([1, 2, 3, 4, 5, 6]), group([0, 0, 0, 0, 0, 0]))
    assert compared_groups([clear, wins])[1].is_significant
    five = [("b", group([1, 2, 3, 4, 5]), group([0] * 5)), ("c", group([1] * 5), group([2] * 5))]
    assert conclusion(compared_groups([clear, *five])[1], None).startswith(
        "5 paired seeds cannot show a difference at p ≤ 0.05 with 2 of 3 comparisons left (Holm), "
        "however large it is: the smallest p-value possible is 0.125. 7 pairs can (0.0313):"
    )


@pytest.mark.parametrize("seed", range(40))
def test_impossible_is_what_the_largest_difference_would_not_reach_either(seed: int) -> None:
    generator = random.Random(seed)
    family = []
    for number in range(4):
        seeds = range(generator.choice([4, 5, 6, 7, 8, 9]))
        gain = generator.choice([0, 1, 5])
        one = group([generator.gauss(gain, 1) for _ in seeds], seeds)
        family.append((str(number), one, group([generator.gauss(0, 1) for _ in seeds], seeds)))
    for number, found in enumerate(compared_groups(family)):
        name, one, other = family[number]
        far = group([1000.0 + value for value in other.values], [int(s) for s in one.by_seed])
        best = compared_groups([*family[:number], (name, far, other), *family[number + 1 :]])
        assert found.can_be_significant or not found.is_significant
        if not found.is_significant:
            assert best[number].is_significant == found.can_be_significant


def test_so_many_comparisons_that_no_number_of_runs_is_enough() -> None:
    many = group([float(n) for n in range(18)], range(18))
    [found] = compared_groups([("", many, group([0.0] * 18, range(18)))], comparisons=300)
    assert conclusion(found, None).startswith(
        "18 paired seeds cannot show a difference at p ≤ 0.05 with 300 comparisons (Holm), however "
        "large it is: the smallest p-value possible is 0.06. No number of runs is enough for so "
        "many comparisons at this level."
    )


def test_no_difference_is_no_proof_of_equality() -> None:
    one = [0.92, 0.91, 0.93, 0.93, 0.90, 0.94]
    assert sentence(group(one), group([0.91, 0.92, 0.92, 0.92, 0.91, 0.93])) == (
        "No difference can be concluded (p = 0.688). That does not show that they are equal. "
        "The true difference (A - B) may be anything in [-0.01, 0.01]. If it really is as large "
        "as here, a new comparison with about 78 pairs (72 more seeds) would probably find it."
    )


def test_equal_values_are_no_difference() -> None:
    found = compared(group([0.5] * 6), group([0.5] * 6))
    assert (found.p_value, found.interval, found.pairing.effect()) == (1, (0, 0), None)
    assert sentence(group([0.5] * 6), group([0.5] * 6)) == (
        "No difference can be concluded (p = 1). That does not show that they are equal. All "
        "differences (A - B) are 0."
    )


def test_a_difference_that_is_the_same_in_all_pairs() -> None:
    assert sentence(group([2.5, 3.5, 4.5, 5.5, 6.5, 7.5]), group([1, 2, 3, 4, 5, 6])) == (
        "A is higher than B, always by 1.5 (p = 0.0313)."
    )


def test_runs_that_are_all_the_same_may_be_copies_of_one() -> None:
    [line] = remarks(group([0.5] * 6, name="new"), group(A6))
    assert line == (
        "all 6 runs of 'new' have the same number; if the seed does not reach what is measured, "
        "they are copies of one run, and no evidence"
    )
    assert list(remarks(group([0.5]), group([0.5], [2]))) == []
    noise = noise_by_experiment([r for _, r in stored([(1, 0.5), (2, 0.5)])], RESULT)["train"]
    assert noise_line(noise, "result") == (
        "noise floor of result: 0; the seed alone changed nothing (learnt from 2 runs of 1 "
        "configuration)"
    )


def test_a_group_without_numbers_has_nothing_to_compare() -> None:
    nothing = measured("g", stored([(1, math.nan)]), RESULT)
    assert sentence(nothing, group(B6)) == "Nothing to compare: A has no run with a number."
    assert sentence(group(B6), nothing) == "Nothing to compare: B has no run with a number."
    found = compared(nothing, group(B6))
    assert (found.test, found.interval, found.is_significant) == (None, None, False)
    assert comparison_table([found], "result").rows[0][-2:] == [None, None]


def test_a_comparison_without_numbers_costs_the_others_nothing() -> None:
    nothing = measured("g", stored([(1, math.nan)]), RESULT)
    found = compared_groups([("", nothing, group(B6)), ("", group(A6), group(B6))])
    assert [comparison.p_value for comparison in found] == [1, 0.03125]


def test_remarks_name_what_was_left_out_and_what_is_mixed() -> None:
    runs = [
        *stored([(1, 0.5), (1, 0.6), (2, math.nan)], {"lr": 0.1}),
        *stored([(3, 0.7)], {"lr": 0.2}, status="FAILED"),
    ]
    assert list(remarks(measured("all", runs, RESULT))) == [
        "left out of 'all': run 3 (result is nan)",
        "left out of 'all': run 1 (FAILED)",
        "runs that failed or diverged are part of a result: without them it looks better",
        "'all' mixes configurations: lr differ",
        "'all' has several runs with seed 1; their mean counts",
    ]
    assert list(remarks(group(A6))) == []


def test_seeds_without_a_partner_are_named() -> None:
    one, other = group([1, 2, 3, 4], [1, 2, 3, 10], "one"), group([1, 2, 3], [3, 2, 5], "other")
    assert list(without_partner(compared(one, other))) == [
        "left out of 'one': seeds 1, 10 (not in the other)",
        "left out of 'other': seed 5 (not in the other)",
    ]
    assert list(without_partner(compared(group([1]), group([2], [7])))) == []


def test_names_cannot_act_upon_a_terminal() -> None:
    bad = measured("\x1b[31m", stored([(1, math.nan), (2, 1)]), RESULT)
    assert not any("\x1b" in line for line in remarks(bad))


def test_intervals_agree_with_corrected_p_values() -> None:
    generator = random.Random(4)
    for _ in range(60):
        family = []
        for number in range(4):
            gain = generator.choice([0, 1, 2])
            seeds = range(1, 10)
            one = group([generator.gauss(gain, 1) for _ in seeds], seeds)
            family.append((str(number), one, group([generator.gauss(0, 1) for _ in seeds], seeds)))
        for comparison in compared_groups(family):
            assert comparison.interval is not None
            low, high = comparison.interval
            assert comparison.is_significant == (not low <= 0 <= high)


def test_numbers_are_written_as_people_read_them() -> None:
    assert [as_p(1 / 32), as_p(2 / 70), as_p(0.05), as_p(0.0002)] == [
        "0.0313",
        "0.0286",
        "0.05",
        "0.0002",
    ]
    assert as_interval((-math.inf, 0.5)) == "(-∞, 0.5]"


# -------------------------------------------------------------------------------- noise


def test_noise_is_learnt_from_runs_that_differ_in_the_seed_only() -> None:
    runs = [
        *stored([(1, 0.1), (2, 0.3)], {"lr": 1}),
        *stored([(1, 5.1), (2, 5.3), (3, math.nan)], {"lr": 2}),
        *stored([(1, 9.0)], {"lr": 3}),
    ]
    [noise] = noise_by_experiment([record for _, record in runs], RESULT).values()
    assert noise is not None
    assert (noise.runs, noise.groups, noise.freedom) == (4, 2, 2)
    assert noise.deviation == pytest.approx(math.sqrt(0.02))
    assert noise_line(noise, "result") == (
        "noise floor of result: 0.861; by the seed alone, two runs differ by more in 1 of 20 "
        "cases (learnt from 4 runs of 2 configurations)"
    )


def test_the_noise_of_one_experiment_is_not_that_of_another() -> None:
    names = {name: {"name": name} for name in ("calm", "wild")}
    runs = [
        *stored([(1, 0.1), (2, 0.3)], experiment=names["calm"]),
        *stored([(1, 10), (2, 30), (3, 20)], experiment=names["wild"]),
    ]
    found = noise_by_experiment([record for _, record in runs], RESULT)
    deviations = {name: noise.deviation for name, noise in found.items() if noise is not None}
    assert deviations == pytest.approx({"calm": math.sqrt(0.02), "wild": 10})
    assert noise_line(found["wild"], "result", "wild").startswith(
        "noise floor of result in wild: 60.8; by the seed alone, two runs differ by more in 1 of 20"
    )
    assert noise_line(None, "result", "calm").startswith("noise floor of result in calm: unknown;")


def test_among_many_runs_the_noise_floor_that_is_said_is_larger() -> None:
    [noise] = noise_by_experiment([r for _, r in stored([(1, 1), (2, 3), (3, 2)])], RESULT).values()
    assert noise is not None
    assert noise.floor_among(1) == noise.floor_among(2) == noise.floor()
    assert noise.floor_among(5) == noise.floor(0.05 / 10)
    assert noise_line(noise, "result", among=5) == (
        f"noise floor of result: {noise.floor(0.005):.3g}; by the seed alone, any two of 5 runs "
        "differ by more in at most 1 of 20 cases (learnt from 3 runs of 1 configuration)"
    )


def test_the_same_seed_again_is_no_repetition() -> None:
    runs = stored([(1, 0.1), (1, 0.1)], {"lr": 1})
    assert noise_by_experiment([record for _, record in runs], RESULT) == {"train": None}
    assert noise_line(None, "result") == (
        "noise floor of result: unknown; no configuration was run with two seeds or more"
    )
