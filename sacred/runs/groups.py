"""Groups of runs as samples: one number of each run, by seed.

A run is one sample, however many steps it has: the points of a metric are not independent.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sacred._base.frozen import Frozen, replace
from sacred.query.syntax import Path
from sacred.query.values import MISSING, value_of
from sacred.records import RunRecord
from sacred.records.sparkline import finite_float
from sacred.runs.damage import shown_value
from sacred.runs.errors import UsageError
from sacred.serializer import dumps
from sacred.statistics.permutation import is_usable
from sacred.status import COMPLETED, FAILED

__all__ = [
    "SEED",
    "Direction",
    "Omission",
    "Part",
    "RunGroup",
    "Sample",
    "direction_of",
    "leave_out_seeds",
    "measured",
    "parts_by",
    "required_direction",
    "seed_of",
    "seed_order",
]

#: Whether a higher value is better, or a lower one.
Direction = Literal["higher", "lower"]

#: Where the seed of a run stands.
SEED = Path("config", ("seed",))
_DIRECTIONS: dict[str, Direction] = {"max": "higher", "min": "lower"}


class Sample(Frozen):
    """The contribution of one run to a group.

    Args:
        run: its id, after the name of its store if there are several stores.
        seed: the seed of the run as JSON; None if it has none.
        value: the value of the metric.
        start: when the run started (naive UTC).
    """

    run: str
    seed: str | None
    value: float
    start: datetime.datetime | None = None


class Omission(Frozen):
    """A run without a number to compare.

    Args:
        run: its id.
        seed: as of `Sample`.
        reason: the reason, in a few words.
        failed: whether it ended without a number, because it failed or its number is not finite.
        start: as of `Sample`.
    """

    run: str
    seed: str | None
    reason: str
    failed: bool
    start: datetime.datetime | None = None


class RunGroup(Frozen):
    """Some runs, and the number of each.

    Args:
        name: the name that the user gave it.
        samples: the samples of the runs that have a number.
        omissions: the other runs.
        records: of all of them.
    """

    name: str
    samples: tuple[Sample, ...] = ()
    omissions: tuple[Omission, ...] = ()
    records: tuple[RunRecord, ...] = ()

    @property
    def runs(self) -> list[str]:
        """The ids of the runs that have a number."""
        return [sample.run for sample in self.samples]

    @property
    def by_seed(self) -> dict[str, float]:
        """The value for each seed; for runs that repeat a seed, their mean.

        A run without a seed counts by itself.
        """
        found: dict[str, list[float]] = {}
        for sample in self.samples:
            key = f"run {sample.run}" if sample.seed is None else sample.seed
            found.setdefault(key, []).append(sample.value)
        return {key: math.fsum(values) / len(values) for key, values in found.items()}

    @property
    def values(self) -> list[float]:
        """The values of `by_seed`."""
        return list(self.by_seed.values())

    @property
    def repeated_seeds(self) -> list[str]:
        """Seeds that several runs have."""
        seeds = [sample.seed for sample in self.samples if sample.seed is not None]
        return sorted({seed for seed in seeds if seeds.count(seed) > 1}, key=seed_order)


def measured(name: str, runs: Iterable[tuple[str, RunRecord]], metric: Path) -> RunGroup:
    """Read the number of each run.

    Args:
        name: of the group.
        runs: with their ids, as they are to be shown.
        metric: the field with the number: ``result``, or ``metrics.accuracy.max``.
    """
    samples, omissions, records = [], [], []
    for run, record in runs:
        records.append(record)
        seed = seed_of(record)
        value = shown_value(record, metric) if record.status == COMPLETED else None
        if value is not None and is_usable(value):
            samples.append(Sample(run=run, seed=seed, value=float(value), start=record.start_time))
            continue
        reason, failed = _why(record, metric, value)
        omissions.append(
            Omission(run=run, seed=seed, reason=reason, failed=failed, start=record.start_time)
        )
    return RunGroup(
        name=name, samples=tuple(samples), omissions=tuple(omissions), records=tuple(records)
    )


class Part(Frozen):
    """The runs that have the same values of some fields.

    Args:
        values: of the fields; None: a run has no such value.
        runs: with their ids.
    """

    values: tuple[Any, ...]
    runs: tuple[tuple[str, RunRecord], ...]


def parts_by(runs: Iterable[tuple[str, RunRecord]], fields: Sequence[Path]) -> dict[str, Part]:
    """Divide runs by the values of some fields.

    Args:
        runs: with their ids.
        fields: the fields that are equal within a part.

    Returns:
        the parts by their values as JSON, sorted as numbers, then as strings.
    """
    found: dict[str, tuple[tuple[Any, ...], list[tuple[str, RunRecord]]]] = {}
    for run, record in runs:
        values = tuple(shown_value(record, path) for path in fields)
        found.setdefault(dumps(values, sort_keys=True), (values, []))[1].append((run, record))
    ordered = sorted(found.items(), key=lambda item: [*map(_value_order, item[1][0])])
    return {key: Part(values=values, runs=tuple(part)) for key, (values, part) in ordered}


def _value_order(value: Any) -> tuple[bool, float, str]:
    is_number = isinstance(value, int | float) and value == value
    return (not is_number, value if is_number else 0, "" if is_number else dumps(value))


def leave_out_seeds(group: RunGroup, seeds: Iterable[str]) -> RunGroup:
    """Return a group without the runs of some seeds.

    Args:
        group: the group.
        seeds: the seeds as strings, in the form of `Sample.seed`.
    """
    left_out = set(seeds)
    return replace(
        group,
        samples=tuple(sample for sample in group.samples if sample.seed not in left_out),
        omissions=tuple(found for found in group.omissions if found.seed not in left_out),
    )


def _why(record: RunRecord, metric: Path, value: Any) -> tuple[str, bool]:
    if record.status != COMPLETED:
        return record.status or "no status", record.status == FAILED
    if value is None:
        return f"no {metric}", False
    if isinstance(value, int | float) and not isinstance(value, bool):
        is_float = isinstance(value, float) or finite_float(value) is not None
        return f"{metric} is {f'{value:g}' if is_float else 'beyond all floats'}", True
    return f"{metric} is no number", False


def seed_of(record: RunRecord) -> str | None:
    """Return the seed of a run as JSON; None if it has none."""
    seed = value_of(record, SEED)
    return None if seed is MISSING else dumps(seed)


def seed_order(seed: str) -> tuple[float, str]:
    """Return a sort key for seeds: numbers by their value, others after them."""
    return (int(seed), "") if seed.isdecimal() else (math.inf, seed)


def direction_of(metric: Path, given: Direction | None) -> Direction | None:
    """Return whether higher or lower values are better; None if that is not known.

    It follows from the aggregate (``metrics.loss.min``), never from the name of the metric.

    Args:
        metric: the metric that is compared.
        given: the direction that the user gave.
    """
    if given is not None or metric.field != "metrics" or not metric.steps:
        return given
    return _DIRECTIONS.get(metric.metric[1])


def required_direction(metric: Path, given: Direction | None) -> Direction:
    """Return whether a higher or a lower value of a metric is better.

    Args:
        metric: the metric; ``metrics.NAME.max`` and ``metrics.NAME.min`` imply a direction.
        given: the direction that the user gave, or None.

    Raises:
        UsageError: neither determines it.
    """
    direction = direction_of(metric, given)
    if direction is None:
        raise UsageError(
            f"is a higher {metric} better, or a lower one? Say --higher-is-better or "
            "--lower-is-better (metrics.NAME.max and metrics.NAME.min say it themselves)"
        )
    return direction
