"""A test of pairs that is looked at several times, without more false alarms than a single look.

Testing after each new pair, and stopping at the first success, finds one far too often. Here the
level is spent over the looks (Lan and DeMets), most of it at the last one, and each look accounts
for the earlier ones: arrangements of signs that an earlier look would have stopped at no longer
count. The probability of any false alarm is at most the level, whatever the values are; leaving
out a look can only make the test weaker.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from statistics import NormalDist

from sacred._base.frozen import Frozen
from sacred.statistics.permutation import MAX_EXACT_PAIRS

__all__ = ["LookPlan", "first_rejection"]


class LookPlan(Frozen):
    """The numbers of pairs at which a test is looked at; fixed before the first look.

    Args:
        looks: the numbers of pairs, in increasing order.
        alpha: the probability of a false alarm at any of them.
    """

    looks: tuple[int, ...]
    alpha: float = 0.05

    def spent_until(self, pairs: int) -> float:
        """The part of alpha that may be spent up to the look at this number of pairs.

        >>> plan = LookPlan(looks=(8, 12, 16))
        >>> [round(plan.spent_until(pairs), 4) for pairs in plan.looks]
        [0.0056, 0.0236, 0.05]
        """
        if pairs >= self.looks[-1]:
            return self.alpha
        normal = NormalDist()
        quantile = normal.inv_cdf(1 - self.alpha / 2)
        return 2 * normal.cdf(-quantile / math.sqrt(pairs / self.looks[-1]))


def first_rejection(differences: Sequence[float], plan: LookPlan) -> int | None:
    """The first look of a plan at which the hypothesis of no difference is rejected.

    Args:
        differences: those of the pairs, in the order in which they came in.
        plan: with the looks.

    Returns:
        the number of pairs at that look; None: no look so far rejects it.

    Raises:
        ValueError: a look has too many pairs for an exact count.

    >>> plan = LookPlan(looks=(6, 8))
    >>> first_rejection([1, 2, 3, 1, 2, 3, 4, 5], plan), first_rejection([1, 2, 3], plan)
    (8, None)
    """
    if plan.looks[-1] > MAX_EXACT_PAIRS:
        raise ValueError(f"several looks are possible at up to {MAX_EXACT_PAIRS} pairs")
    used = differences[: plan.looks[-1]]
    tolerance = 8 * len(used) * sys.float_info.epsilon * sum(map(abs, used))
    # Sums of the first differences under all signs; the first one is what was seen.
    sums, spent = [0.0], 0.0
    for count, difference in enumerate(used, start=1):
        sums = [s + difference for s in sums] + [s - difference for s in sums]
        if count not in plan.looks:
            continue
        allowed = int((plan.spent_until(count) - spent) * 2**count + 1e-9)
        boundary = sorted(map(abs, sums), reverse=True)[allowed] if allowed < len(sums) else -1.0
        if abs(sums[0]) > boundary + tolerance:
            return count
        kept = [s for s in sums if abs(s) <= boundary + tolerance]
        spent += (len(sums) - len(kept)) / 2**count
        sums = kept
    return None
