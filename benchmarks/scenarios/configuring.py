"""A large configuration, and named configs that read entries."""

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

#: 0.8.7 has no named configs that read entries of the experiment. What this measures is the reuse
#: in `sacred.config.evaluations`: without it, each named config evaluates the ten scopes again.
NAMED = Scenario(
    name="named-configs",
    workload="named_configs.py",
    limit="the same functions, each called once",
    old=None,
    rows=(
        Row(
            title="8 named configs that read an entry, 10 scopes of 20 entries: evaluate, CPU",
            measure="named8", unit="ms", scale=1e3,
        ),
        Row(
            title="16 of them, CPU",
            measure="named16", unit="ms", scale=1e3,
        ),
    ),
)  # fmt: skip

SCENARIOS = (LARGE, NAMED)
