"""Is a candidate better than the incumbent? A verdict that can serve as a gate.

The number of pairs is part of the question and fixed beforehand: until all of them exist, no
candidate is kept. To look earlier, one says at which numbers of pairs, and spends a part of alpha
on each look (`sacred.statistics.looks`).
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Sequence
from typing import Literal

from sacred._base.frozen import Frozen
from sacred.records import RunRecord
from sacred.runs.errors import ProgramError
from sacred.runs.groups import (
    Direction,
    Omission,
    RunGroup,
    Sample,
    leave_out_seeds,
    seed_of,
    seed_order,
)
from sacred.runs.identity import identity_of
from sacred.runs.significance import Pairing, paired
from sacred.statistics.looks import LookPlan, first_rejection
from sacred.statistics.permutation import PermutationTest, sign_flip_test

__all__ = ["Judgement", "Reason", "Verdict", "judged", "seeds_of_others"]

Verdict = Literal["KEEP", "NOISE", "WORSE"]
#: Why it is so: ``better`` and ``worse`` are significant; ``same``: nothing but seeds differs;
#: ``failed``: the candidate has no number for a seed; ``pending``: pairs are missing;
#: ``futile``: they are, and cannot make it better any more; ``noise``: not significant.
Reason = Literal["better", "worse", "same", "failed", "pending", "futile", "noise"]


class Judgement(Frozen):
    """A verdict on a candidate, with its reasons.

    Args:
        verdict: ``KEEP`` if the candidate is significantly better.
        reason: see `Reason`.
        candidate: the runs of the candidate.
        incumbent: the runs that it is compared with.
        pairing: the values of the pairs that count.
        plan: the numbers of pairs at which there may be a verdict.
        test: the test of candidate minus incumbent, over all pairs that count; None without pairs.
        look: the number of pairs at which it was decided; None if it is not significant.
        next_look: the number of pairs at which there may be a verdict next; None if there is one.
        lacking: the number of pairs that are missing until then.
        missing: seeds of the incumbent that the candidate lacks; what `next_look` waits for first.
        failed: runs of the candidate that ended without a number, for seeds that count.
        beyond: pairs beyond the plan, which do not count.
    """

    verdict: Verdict
    reason: Reason
    candidate: RunGroup
    incumbent: RunGroup
    pairing: Pairing
    plan: LookPlan
    test: PermutationTest | None = None
    look: int | None = None
    next_look: int | None = None
    lacking: int = 0
    missing: tuple[str, ...] = ()
    failed: tuple[Omission, ...] = ()
    beyond: int = 0

    @property
    def pairs(self) -> int:
        """The number of pairs that count."""
        return len(self.pairing.first)


def judged(
    candidate: RunGroup,
    incumbent: RunGroup,
    direction: Direction,
    plan: LookPlan,
    selected_on: Iterable[str] = (),
) -> Judgement:
    """Judge a candidate.

    Args:
        candidate: the runs of the candidate.
        incumbent: the runs that it has to beat.
        direction: whether higher or lower values are better.
        plan: the numbers of pairs at which there may be a verdict; the last is the total.
        selected_on: seeds with which one of the two was selected, and which therefore do not count.

    Raises:
        ProgramError: the incumbent has no run with a seed that counts.
    """
    left_out = tuple(selected_on)
    candidate = leave_out_seeds(candidate, left_out)
    incumbent = leave_out_seeds(incumbent, left_out)
    known = _known_seeds(incumbent, bool(left_out))
    started, beyond = _seeds_that_count(candidate, known, plan)
    one = candidate.by_seed
    seeds = [seed for seed in started if seed in one]
    # A look is at the first runs that were started: none is passed over for a later one.
    in_a_row = len(list(itertools.takewhile(one.__contains__, started)))
    pairing = paired(seeds, candidate, incumbent)
    failed = tuple(f for f in candidate.omissions if f.failed and f.seed in known - one.keys())
    verdict, reason, look = _verdict(pairing, direction, plan, in_a_row)
    if _differ_in_seeds_only(candidate, incumbent):
        verdict, reason = "NOISE", "same"
    elif failed and reason != "worse":
        verdict, reason = "NOISE", "failed"
    next_look = next((look for look in plan.looks if look > in_a_row), None)
    # What was started and has no number yet keeps its place, so that a look waits for it.
    awaited = set(started[:next_look])
    missing = sorted(
        known - one.keys() - {found.seed for found in failed},
        key=lambda seed: (seed not in awaited, seed_order(seed)),
    )
    return Judgement(
        verdict=verdict,
        reason=reason,
        candidate=candidate,
        incumbent=incumbent,
        pairing=pairing,
        plan=plan,
        look=look,
        next_look=next_look,
        lacking=0 if next_look is None else next_look - len(one.keys() & awaited),
        test=sign_flip_test(pairing.first, pairing.second) if seeds else None,
        missing=tuple(missing),
        failed=failed,
        beyond=beyond,
    )


def _known_seeds(incumbent: RunGroup, are_some_left_out: bool) -> set[str]:
    known = {sample.seed for sample in incumbent.samples if sample.seed is not None}
    if not known:
        raise ProgramError(
            f"{incumbent.name!r} has no run with a number and a seed"
            + (" that was not used to select" if are_some_left_out else "")
        )
    return known


def _seeds_that_count(
    candidate: RunGroup, known: set[str], plan: LookPlan
) -> tuple[list[str], int]:
    """The seeds of the first pairs, as many as are planned, and how many there are beyond them.

    In the order in which the candidate was run: a pair that is added must not push out another.
    Runs that have no number yet, or were stopped, are among them: else bad seeds could be left out
    by stopping them.
    """
    stopped = [found for found in candidate.omissions if found.start is not None]
    first: dict[str, None] = {}
    runs: list[Sample | Omission] = [*candidate.samples, *stopped]
    for one in sorted(runs, key=_arrival):
        if one.seed in known and one.seed is not None:
            first.setdefault(one.seed)
    seeds, most = list(first), plan.looks[-1]
    return seeds[:most], sum(seed in candidate.by_seed for seed in seeds[most:])


def _arrival(one: Sample | Omission) -> tuple[datetime.datetime, tuple[float, str]]:
    return one.start or datetime.datetime.min, seed_order(one.seed or "")


def _verdict(
    pairing: Pairing, direction: Direction, plan: LookPlan, in_a_row: int
) -> tuple[Verdict, Reason, int | None]:
    """The verdict, why, and the look at which it was made; of the first pairs `in_a_row`."""
    sign = 1 if direction == "higher" else -1
    gains = [sign * (a - b) for a, b in zip(pairing.first, pairing.second, strict=True)]
    del gains[in_a_row:]
    look = _first_rejection(gains, plan)
    if look is not None:
        is_gain = sum(gains[:look]) > 0
        return ("KEEP", "better", look) if is_gain else ("WORSE", "worse", look)
    if len(gains) >= plan.looks[-1]:
        return "NOISE", "noise", None
    return "NOISE", "futile" if _is_futile(gains, plan) else "pending", None


def _first_rejection(gains: Sequence[float], plan: LookPlan) -> int | None:
    if len(plan.looks) > 1:
        return first_rejection(gains, plan)
    last = plan.looks[-1]
    if len(gains) < last:
        return None
    return last if sign_flip_test(gains, [0.0] * last).is_significant(plan.alpha) else None


def _is_futile(gains: Sequence[float], plan: LookPlan) -> bool:
    """Whether not even huge gains in all pairs that are missing could be significant."""
    missing = plan.looks[-1] - len(gains)
    huge = 1e3 * (sum(map(abs, gains)) + 1)
    best = [*gains, *[huge * (n + 1) for n in range(missing)]]
    return not sign_flip_test(best, [0.0] * len(best)).is_significant(plan.alpha)


def _differ_in_seeds_only(candidate: RunGroup, incumbent: RunGroup) -> bool:
    known = {identity_of(record) for record in incumbent.records}
    runs = candidate.records
    return bool(runs) and all(identity_of(record) in known for record in runs)


def seeds_of_others(judgement: Judgement, others: Iterable[RunRecord]) -> dict[str, int]:
    """Return the seeds of pairs, with the number of other configurations that were run with them.

    The incumbent or the candidate may have been chosen among these configurations, by the very runs
    that are compared now.

    Args:
        judgement: the judgement with the pairs and both groups.
        others: runs of the same experiment.
    """
    own = {identity_of(r) for r in (*judgement.candidate.records, *judgement.incumbent.records)}
    found: dict[str, set[str]] = {}
    for record in others:
        seed = seed_of(record)
        if seed in (judgement.pairing.seeds or ()) and seed is not None:
            identity = identity_of(record)
            if identity not in own:
                found.setdefault(seed, set()).add(identity)
    return {seed: len(found[seed]) for seed in sorted(found, key=seed_order)}
