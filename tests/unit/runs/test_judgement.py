"""The verdict on a candidate: the number of seeds is fixed, and luck is no gain."""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Iterable
from typing import Any

import pytest

from sacred.display.judgement_text import judgement_lines
from sacred.runs.errors import ProgramError
from sacred.runs.groups import RunGroup, measured
from sacred.runs.judgement import Judgement, judged, seeds_of_others
from sacred.statistics import LookPlan
from tests.crash_safety.effort import pick
from tests.unit.runs.test_significance import RESULT, START, stored

OLD = [0.90, 0.90, 0.91, 0.92, 0.89, 0.91, 0.90, 0.90]
PLAN = LookPlan(looks=(6,))


def runs_of(values: Iterable[Any], opt: str, seeds: Iterable[int] | None = None) -> RunGroup:
    known = list(values)
    numbers = range(1, len(known) + 1) if seeds is None else seeds
    return measured(opt, stored(zip(numbers, known, strict=True), {"opt": opt}), RESULT)


def verdict(
    new: Iterable[Any], old: Iterable[Any] = OLD, plan: LookPlan = PLAN, **more: Any
) -> Judgement:
    direction = more.pop("direction", "higher")
    return judged(runs_of(new, "new"), runs_of(old, "old"), direction, plan, **more)


def plus(gains: Iterable[float]) -> list[float]:
    return [old + gain for old, gain in zip(OLD, gains, strict=False)]


GAIN = plus([0.02, 0.01, 0.04, 0.01, 0.03, 0.03])


def test_a_gain_in_all_six_pairs_is_kept() -> None:
    found = verdict(GAIN)
    assert (found.verdict, found.reason, found.pairs) == ("KEEP", "better", 6)
    assert list(judgement_lines(found)) == [
        "KEEP",
        "The candidate is better than the incumbent, by more than the seeds explain.",
        "6 pairs, seeds 1, 2, 3, 4, 5, 6: candidate 0.928 ± 0.015, incumbent 0.905 ± 0.011, "
        "difference 0.02333, interval [0.01, 0.04], p = 0.0313",
    ]


def test_a_loss_in_all_six_pairs_is_worse() -> None:
    found = verdict(GAIN, direction="lower")
    assert (found.verdict, found.reason) == ("WORSE", "worse")
    assert list(judgement_lines(found))[1] == (
        "The candidate is worse than the incumbent, by more than the seeds explain."
    )


def test_a_gain_in_five_of_six_pairs_is_noise() -> None:
    found = verdict(plus([0.02, 0.01, 0.04, 0.01, 0.03, -0.001]))
    assert (found.verdict, found.reason) == ("NOISE", "noise")
    assert list(judgement_lines(found))[1] == (
        "The difference is no more than the seeds explain. All planned pairs are used up."
    )


def test_before_all_pairs_are_there_nothing_is_kept() -> None:
    found = verdict(GAIN[:4])
    assert (found.verdict, found.reason, found.missing) == (
        "NOISE",
        "pending",
        ("5", "6", "7", "8"),
    )
    assert list(judgement_lines(found))[1] == (
        "No verdict yet: 4 of 6 pairs. Run the candidate with seeds 5, 6."
    )
    found = verdict(GAIN[:4], OLD[:5])
    assert list(judgement_lines(found))[1] == (
        "No verdict yet: 4 of 6 pairs. Run the candidate with seed 5, and both with 1 more seed."
    )
    assert list(judgement_lines(verdict(GAIN[:4], OLD[:4])))[1] == (
        "No verdict yet: 4 of 6 pairs. Run both with 2 more seeds."
    )


def test_what_cannot_become_better_any_more_is_said_early() -> None:
    found = verdict(plus([0.02, -0.01]))
    assert (found.verdict, found.reason) == ("NOISE", "futile")
    assert list(judgement_lines(found))[1] == (
        "The candidate cannot become better any more: after these 2 pairs, not even gains in all "
        "others of 6 would be significant."
    )
    # With more pairs to come, one loss is not the end.
    assert verdict(plus([0.02, -0.01]), plan=LookPlan(looks=(8,))).reason == "pending"


def test_pairs_beyond_the_plan_do_not_count_and_the_first_ones_run_do() -> None:
    # The seventh and eighth would make it significant, or not.
    noise = plus([0.02, 0.01, 0.04, 0.01, 0.03, -0.03])
    found = verdict([*noise, 0.99, 0.99])
    assert (found.verdict, found.beyond, found.pairs) == ("NOISE", 2, 6)
    assert list(judgement_lines(found))[-1] == "2 more pairs do not count: the plan was 6"
    # Seeds run later count later, whatever their number.
    late = runs_of([*GAIN, 0.1], "new", [2, 3, 4, 5, 6, 7, 1])
    found = judged(late, runs_of(OLD, "old"), "higher", PLAN)
    assert found.pairing.seeds == ("2", "3", "4", "5", "6", "7")


def test_seeds_that_were_used_to_select_do_not_count() -> None:
    found = verdict(GAIN, selected_on=["1", "2"])
    assert (found.reason, found.pairing.seeds) == ("pending", ("3", "4", "5", "6"))
    with pytest.raises(ProgramError, match="no run with a number and a seed that was not used"):
        verdict(GAIN, OLD[:2], selected_on=["1", "2"])


def test_a_change_of_seed_alone_is_never_a_gain() -> None:
    lucky = measured("new", stored(enumerate(GAIN, start=1), {"opt": "old"}), RESULT)
    found = judged(lucky, runs_of(OLD, "old"), "higher", PLAN)
    assert (found.verdict, found.reason) == ("NOISE", "same")
    assert list(judgement_lines(found))[1] == (
        "The candidate differs from the incumbent in nothing but the seed, and a change of seed "
        "is never a gain."
    )


@pytest.mark.parametrize(("result", "reason"), [(math.nan, "nan"), (math.inf, "inf")])
def test_a_candidate_that_diverged_on_a_seed_is_not_kept(result: float, reason: str) -> None:
    found = verdict([*GAIN, result])
    assert (found.verdict, found.reason, found.pairs) == ("NOISE", "failed", 6)
    assert list(judgement_lines(found))[1] == (
        "The candidate has no number for every seed: "
        f"run 7 (seed 7: result is {reason}). Repeat these seeds, and no others."
    )


def test_seeds_are_not_left_out_by_stopping_their_runs() -> None:
    before = START - datetime.timedelta(days=1)
    stopped = stored(
        [(7, None), (8, None)], {"opt": "new"}, status="INTERRUPTED", start_time=before
    )
    runs = [*stopped, *stored(enumerate(GAIN, start=1), {"opt": "new"})]
    old = runs_of(OLD, "old")
    found = judged(measured("new", runs, RESULT), old, "higher", PLAN)
    assert (found.verdict, found.reason, found.pairs) == ("NOISE", "pending", 4)
    assert list(judgement_lines(found))[1].endswith("Run the candidate with seeds 7, 8.")
    again = stored([(7, 0.8), (8, 0.8)], {"opt": "new"})
    found = judged(measured("new", [*runs, *again], RESULT), old, "higher", PLAN)
    assert (found.verdict, found.reason, found.pairs) == ("NOISE", "noise", 6)


def test_a_look_passes_over_no_run_for_a_later_one() -> None:
    stopped = stored([(7, None)], {"opt": "new"}, status="TIMEOUT", start_time=START)
    runs = [*stored(enumerate(GAIN, start=1), {"opt": "new"})[1:], *stopped]
    plan = LookPlan(looks=(5, 7))
    found = judged(measured("new", runs, RESULT), runs_of(OLD, "old"), "lower", plan)
    assert (found.verdict, found.reason, found.look) == ("NOISE", "pending", None)


def test_a_stopped_run_is_the_first_that_is_asked_for() -> None:
    """Its place is among those that count, so runs of other seeds would never be enough."""
    stopped = stored([(19, None)], {"opt": "new"}, status="INTERRUPTED", start_time=START)
    old = runs_of([0.5 + n / 1000 for n in range(1, 21)], "old")
    runs = [*stopped, *stored(enumerate(GAIN, start=1), {"opt": "new"})]
    for looks, asked in (((6,), "5 of 6"), ((8,), "6 of 8"), ((6, 12), "5 of 6")):
        found = judged(measured("new", runs, RESULT), old, "higher", LookPlan(looks=looks))
        assert (found.reason, found.missing[0]) == ("pending", "19")
        seeds = "seeds 19, 7" if looks == (8,) else "seed 19"
        assert list(judgement_lines(found))[1] == (
            f"No verdict yet: {asked} pairs. Run the candidate with {seeds}."
        )


def test_one_pair_is_no_pairs() -> None:
    assert list(judgement_lines(verdict(GAIN[:1])))[2].startswith("1 pair, seed 1: ")
    assert list(judgement_lines(verdict([*GAIN, 0.9])))[-1].startswith("1 more pair does not count")
    lost = verdict(plus([-0.1]), plan=PLAN)
    assert "after this pair, not even gains" in list(judgement_lines(lost))[1]


def test_a_candidate_that_failed_on_a_seed_is_not_kept_until_it_is_repeated() -> None:
    runs = stored(enumerate(GAIN, start=1), {"opt": "new"})
    failed = stored([(7, None)], {"opt": "new"}, status="FAILED")
    old = runs_of(OLD, "old")
    candidate = measured("new", [*runs, *failed], RESULT)
    assert judged(candidate, old, "higher", PLAN).reason == "failed"
    again = stored([(7, 0.95)], {"opt": "new"})
    repaired = measured("new", [*runs, *failed, *again], RESULT)
    assert judged(repaired, old, "higher", PLAN).verdict == "KEEP"
    # For a seed that the incumbent does not have, it does not matter.
    assert judged(candidate, runs_of(OLD[:6], "old"), "higher", PLAN).verdict == "KEEP"


def test_without_a_seed_in_common_there_are_no_pairs() -> None:
    found = judged(runs_of(GAIN, "new", range(11, 17)), runs_of(OLD, "old"), "higher", PLAN)
    assert (found.verdict, found.reason, found.pairs, found.test) == ("NOISE", "pending", 0, None)
    assert list(judgement_lines(found)) == [
        "NOISE",
        "No verdict yet: 0 of 6 pairs. Run the candidate with seeds 1, 2, 3, 4, 5, 6.",
    ]
    with pytest.raises(ProgramError, match="'old' has no run with a number and a seed"):
        verdict(GAIN, [math.nan])


def test_other_configurations_with_the_same_seeds_are_counted() -> None:
    found = verdict(GAIN)
    others = [
        *stored([(1, 0.1), (2, 0.1), (99, 0.1)], {"opt": "third"}),
        *stored([(2, 0.1)], {"opt": "fourth"}),
        *stored([(3, 0.1)], {"opt": "old"}),
    ]
    records = [record for _, record in others]
    assert seeds_of_others(found, records) == {"1": 1, "2": 2}


# ---------------------------------------------------------------------------- the level


@pytest.mark.parametrize("looks", [(6,), (8,), (6, 8, 10)])
def test_of_candidates_that_are_no_better_few_are_kept_however_often_one_looks(
    looks: tuple[int, ...],
) -> None:
    """One asks after each new pair, and stops at the first verdict that is not noise."""
    generator = random.Random(f"{looks}")
    plan = LookPlan(looks=looks)
    rounds, kept, worse = pick(100, 2000), 0, 0
    incumbent = runs_of([0.0] * looks[-1], "old")
    for _ in range(rounds):
        candidate = runs_of([generator.gauss(0, 1) for _ in range(looks[-1])], "new")
        for pairs in range(1, looks[-1] + 1):
            part = RunGroup(
                name="new",
                samples=candidate.samples[:pairs],
                records=candidate.records[:pairs],
            )
            found = judged(part, incumbent, "higher", plan)
            if found.verdict != "NOISE":
                kept += found.verdict == "KEEP"
                worse += found.verdict == "WORSE"
                break
    most = plan.alpha + 4 * math.sqrt(plan.alpha * (1 - plan.alpha) / rounds)
    assert (kept + worse) / rounds <= most
    assert kept / rounds <= plan.alpha / 2 + 4 * math.sqrt(0.025 / rounds)
    assert kept + worse > 0


def test_at_the_last_of_several_looks_a_small_p_value_may_not_be_enough() -> None:
    generator = random.Random(2)
    plan = LookPlan(looks=(8, 9, 10))
    between = 0
    for _ in range(300):
        new = [generator.gauss(0.6, 1) for _ in range(10)]
        found = judged(runs_of(new, "new"), runs_of([0.0] * 10, "old"), "higher", plan)
        assert found.test is not None
        if found.reason == "noise" and found.test.p_value() <= 0.05:
            between += 1
            assert list(judgement_lines(found))[1] == (
                "The difference is no more than the seeds explain. All planned pairs are used up. "
                "After 3 looks, p ≤ 0.05 at the last one is not enough: a part of the level was "
                "spent at the others."
            )
    assert between > 0


def test_what_was_decided_at_a_look_stays_decided() -> None:
    new = [*plus([0.02, 0.01, 0.04, 0.01, 0.03, 0.03, 0.02, 0.01]), 0.5, 0.5]
    incumbent = runs_of([*OLD, 0.9, 0.9], "old")
    found = judged(runs_of(new, "new"), incumbent, "higher", LookPlan(looks=(8, 10)))
    assert (found.verdict, found.look, found.pairs) == ("KEEP", 8, 10)
    assert list(judgement_lines(found))[1] == (
        "The candidate is better than the incumbent, by more than the seeds explain. "
        "That was decided at 8 pairs."
    )


def test_a_real_gain_is_found_at_an_early_look() -> None:
    plan = LookPlan(looks=(8, 12))
    new = [old + 0.02 + n / 1000 for n, old in enumerate([*OLD, *OLD[:4]])]
    candidate = runs_of(new[:8], "new")
    incumbent = runs_of([*OLD, *OLD[:4]], "old")
    assert judged(candidate, incumbent, "higher", plan).verdict == "KEEP"
    assert judged(runs_of(new[:7], "new"), incumbent, "higher", plan).reason == "pending"
