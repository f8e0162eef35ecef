"""A large configuration."""

from __future__ import annotations

from benchmarks.model import Row, Scenario, Target

__all__ = ["SCENARIOS"]

LARGE = Scenario(
    name="large-config",
    workload="large_config.py",
    limit="the same scopes as plain functions that return `locals()`",
    rows=(
        Row(
            title="1000 entries, 50 scopes, 20 ingredients: define, CPU",
            measure="define", unit="ms", scale=1e3, targets=(Target(0.3),),
        ),
        Row(
            title="the same: evaluate, from `ex.run()` to the main function, CPU",
            measure="evaluate", unit="ms", scale=1e3, targets=(Target(0.3),),
        ),
    ),
)  # fmt: skip

SCENARIOS = (LARGE,)
