"""All scenarios, by name, in the order of the table."""

from __future__ import annotations

from benchmarks.model import Scenario
from benchmarks.scenarios import (
    board,
    calls,
    comparing,
    configuring,
    metrics,
    output,
    queueing,
    reading_metrics,
    runs,
    searching,
    starting,
    tracing,
    whole_cost,
)

__all__ = ["SCENARIOS"]

_GROUPS = (
    starting,
    tracing,
    calls,
    metrics,
    whole_cost,
    reading_metrics,
    output,
    runs,
    queueing,
    searching,
    board,
    comparing,
    configuring,
)

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario for group in _GROUPS for scenario in group.SCENARIOS
}
