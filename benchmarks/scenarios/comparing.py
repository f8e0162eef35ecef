"""Comparisons of groups of runs. The old library has none."""

from __future__ import annotations

from benchmarks.model import Row, Scenario, Target

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(
        name="comparing",
        workload="comparing.py",
        limit="`scipy.stats.permutation_test`, which gives the p-value without the interval",
        rounds=3,
        old=None,
        rows=(
            Row(
                title="exact sign-flip test of 15 pairs, with interval, CPU",
                measure="pairs", unit="ms", scale=1e3, targets=(Target(27, "1"),),
            ),
            Row(
                title="exact permutation test of 8 and 8, with interval, CPU",
                measure="samples", unit="ms", scale=1e3, targets=(Target(5, "1"),),
            ),
        ),
    ),
)  # fmt: skip
