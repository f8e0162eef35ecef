"""All scenarios, by name, in the order of the table."""

from __future__ import annotations

from benchmarks.model import Scenario
from benchmarks.scenarios import calls, configuring, metrics, output, runs, searching, starting

__all__ = ["SCENARIOS"]

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for group in (starting, calls, metrics, output, runs, searching, configuring)
    for scenario in group.SCENARIOS
}
