"""Calls of captured functions."""

from __future__ import annotations

from benchmarks.model import LIMIT, Row, Scenario, Target

__all__ = ["SCENARIOS"]

CAPTURED = Scenario(
    name="captured-call",
    workload="captured_call.py",
    limit="a closure that merges a dict of three values into the keywords of the call",
    rows=(
        Row(
            title="captured call, 3 injected values, CPU",
            measure="call", unit="µs", scale=1e6, targets=(Target(0.15),),
        ),
        Row(
            title="the same, configuration of 200 entries",
            measure="large_call", unit="µs", scale=1e6, targets=(Target(0.15),),
        ),
        Row(
            title="200 entries compared with 3",
            measure="large_ratio", unit="×", targets=(Target(1.1, "1"),),
        ),
    ),
)  # fmt: skip

RANDOM = Scenario(
    name="random-call",
    workload="random_call.py",
    limit="`int(rnd.integers(1, 10**9, dtype=int))`, and `default_rng` of that",
    rows=(
        Row(
            title="captured call with `_seed`, CPU",
            measure="seed", unit="µs", scale=1e6, targets=(Target(1.4, LIMIT),),
        ),
        Row(
            title="captured call with `_rnd`, CPU",
            measure="generator", unit="µs", scale=1e6, targets=(Target(1.4, LIMIT),),
        ),
    ),
)  # fmt: skip

TAPE = Scenario(
    name="tape",
    workload="tape.py",
    limit="the same calls in a run without a tape",
    old=None,
    rows=(
        Row(title="captured call with `--tape`, CPU", measure="plain", unit="µs", scale=1e6),
        Row(title="the same with `_rnd`", measure="random", unit="µs", scale=1e6),
        Row(title="the same with an array of 1 MB", measure="array", unit="ms", scale=1e3),
    ),
)

SCENARIOS = (CAPTURED, RANDOM, TAPE)
