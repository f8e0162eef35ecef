"""Numbers as a table, and as a page that says where they come from."""

from __future__ import annotations

import datetime
import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.measure import Measures
from benchmarks.model import LIMIT, NEW, OLD, Role, Row, Scenario, Target

__all__ = ["Results", "table", "write"]

_HEAD = (
    *("scenario", "unit", "old", "new", "limit"),
    *("new/old", "fastest", "new/limit", "fastest", "target", "met"),
)
_MARK = "<!-- What follows the table is written by hand and kept. -->"


@dataclass
class Results:
    """The measures of all processes, by scenario and role, in the order of the rounds."""

    _measured: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """What has been measured before; nothing if there is no such file."""
        return cls(json.loads(path.read_text()) if path.exists() else {})

    def save(self, path: Path) -> None:
        """Write all of it, for `of_file`."""
        path.write_text(json.dumps(self._measured, indent=1) + "\n")

    def begin(self, scenario: Scenario, versions: Mapping[Role, Mapping[str, str]]) -> None:
        """A scenario is measured anew, now and with these."""
        told = {role: _versions(found) for role, found in versions.items()}
        today = f"{datetime.date.today()}"
        self._measured[scenario.name] = {"date": today, "versions": told, "measures": {}}

    def add(self, scenario: Scenario, role: Role, measures: Measures) -> None:
        """Take in what one process has cost."""
        self._measured[scenario.name]["measures"].setdefault(role, []).append(measures)

    def take(self, other: Results) -> None:
        """Take over all scenarios of others; they are newer."""
        self._measured |= other._measured

    def among(self, scenarios: Iterable[Scenario]) -> list[Scenario]:
        """Those that have been measured."""
        return [scenario for scenario in scenarios if scenario.name in self._measured]

    def origins(self, scenarios: Iterable[Scenario]) -> dict[str, list[str]]:
        """The names of scenarios, by when and with what they were measured."""
        found: dict[str, list[str]] = {}
        for name in (scenario.name for scenario in scenarios):
            known = self._measured[name]
            versions = "; ".join(f"{role}: {text}" for role, text in known["versions"].items())
            found.setdefault(f"{known['date']}, {versions}", []).append(f"`{name}`")
        return found

    def values(self, scenario: Scenario, row: Row, role: Role) -> list[float]:
        """The numbers of a row, round by round; empty if it does not concern this role."""
        measures = self._measured[scenario.name]["measures"].get(role, [])
        found = [m[row.measure] for m in measures if row.measure in m]
        if row.over_limit and role != LIMIT:
            limits = self.values(scenario, row, LIMIT)
            found = [value - limit for value, limit in zip(found, limits, strict=False)]
        return found


def table(results: Results, scenarios: Iterable[Scenario]) -> str:
    """A table in Markdown: median and (lowest to highest) of each side, and ratios.

    A ratio is the median of the ratios of the rounds: what disturbs one round
    disturbs all sides of it. Beside it is that of the fastest rounds: whatever else a machine
    does only makes a round longer.
    """
    lines = [_HEAD, tuple("---" for _ in _HEAD)]
    for scenario in scenarios:
        lines += [_line(results, scenario, row) for row in scenario.rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
    return "\n".join(
        "| "
        + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )


def _line(results: Results, scenario: Scenario, row: Row) -> tuple[str, ...]:
    numbers = {role: results.values(scenario, row, role) for role in (OLD, NEW, LIMIT)}
    shown = [_spread([value * row.scale for value in numbers[role]]) for role in numbers]
    ratios = {role: _ratio(numbers[NEW], numbers[role]) for role in (OLD, LIMIT)}
    fastest = {role: _fastest(numbers[NEW], numbers[role]) for role in (OLD, LIMIT)}
    texts = [_as_text(found[role]) for role in (OLD, LIMIT) for found in (ratios, fastest)]
    if row.over_limit:
        texts[2:] = "", ""
    targets = ", ".join(map(str, row.targets))
    return (row.title, row.unit, *shown, *texts, targets, _verdict(row, numbers, ratios, fastest))


def _verdict(
    row: Row,
    numbers: Mapping[Role, Sequence[float]],
    ratios: Mapping[Role, float | None],
    fastest: Mapping[Role, float | None],
) -> str:
    known = [_is_met(target, row, numbers[NEW], ratios) for target in row.targets]
    if None in known or not known:
        return ""
    if all(known):
        return "yes"
    at_best = [_is_met(target, row, numbers[NEW], fastest) for target in row.targets]
    return "by the fastest" if all(at_best) else "**no**"


def _spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    middle = _number(statistics.median(values))
    return f"{middle} ({_number(min(values))} to {_number(max(values))})" if values[1:] else middle


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _ratio(these: Sequence[float], those: Sequence[float]) -> float | None:
    ratios = [one / other for one, other in zip(these, those, strict=False) if other > 0]
    return statistics.median(ratios) if ratios else None


def _fastest(these: Sequence[float], those: Sequence[float]) -> float | None:
    return min(these) / min(those) if these and those and min(those) > 0 else None


def _as_text(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3g}"


def _is_met(
    target: Target, row: Row, new: Sequence[float], ratios: Mapping[Role, float | None]
) -> bool | None:
    if target.of == "1":
        return statistics.median(new) * row.scale <= target.factor if new else None
    ratio = ratios.get(target.of)
    return None if ratio is None else ratio <= target.factor


def write(path: Path, results: Results, scenarios: Iterable[Scenario]) -> None:
    """Write the page; what was written by hand below the table stays."""
    by_hand = path.read_text().partition(_MARK)[2] if path.exists() else "\n"
    known = results.among(scenarios)
    lines = [
        "# Results",
        "",
        "Made by `python benchmarks/run.py --write`, which keeps what it does not measure anew.",
        f"Machine: {_machine()}.",
        "",
        "Each number is the median of interleaved processes, and in parentheses the lowest and",
        "the highest one. A ratio is the median of the ratios of the rounds; beside it is that of",
        "the fastest rounds, which others who use the machine disturb least: two processors of one",
        "core, for example, are half as fast when both are busy. CPU is user + system.",
        "",
        table(results, known),
        "",
        "## Measured when and with what",
        "",
        *(f"* {what}: {', '.join(names)}" for what, names in results.origins(known).items()),
        "",
        "## Limits",
        "",
        *(f"* `{scenario.name}`: {scenario.limit}" for scenario in known),
        "",
        _MARK,
    ]
    path.write_text("\n".join(lines) + by_hand)


def _machine() -> str:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    return f"{cpu}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}"


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())
