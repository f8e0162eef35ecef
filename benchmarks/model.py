"""What is measured, and what it should be: the vocabulary of the scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

__all__ = ["LIMIT", "NEW", "OLD", "ROLES", "Role", "Row", "Scenario", "Target"]

Role = Literal["old", "new", "limit"]
OLD: Role = "old"
NEW: Role = "new"
LIMIT: Role = "limit"
ROLES: tuple[Role, ...] = (OLD, NEW, LIMIT)


@dataclass(frozen=True, slots=True)
class Target:
    """At most `factor` times what `of` needs; of ``"1"``: at most `factor` itself.

    >>> str(Target(0.25, OLD)), str(Target(100, "1"))
    ('≤ 0.25 × old', '≤ 100')
    """

    factor: float
    of: Role | Literal["1"] = OLD

    def __str__(self) -> str:
        return f"≤ {self.factor:g}" + ("" if self.of == "1" else f" × {self.of}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Args:
        title: what it says.
        measure: which of the measures of the scenario; ``wall``, ``cpu`` (seconds) and
            ``rss`` (peak memory in bytes) of the whole process are always there.
        unit: of the numbers shown.
        scale: what a measure is multiplied with to be in that unit.
        over_limit: what counts is how much is needed over the limit.
        targets: all have to be met.
    """

    title: str
    measure: str
    unit: str
    scale: float = 1.0
    over_limit: bool = False
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A piece of work that both libraries and the limit do, each in processes of its own.

    Args:
        name: for the command line.
        workload: file in ``workloads/``; ``BENCH_ROLE`` tells it to do the ``limit``.
        arguments: of its command line.
        limit: what the limit is.
        limit_workload: another file for the limit.
        old: what stands in the place of the old library: ``sacred``, ``mlflow``; None: nothing.
        old_workload: its file.
        rows: what is shown of it.
        rounds: how often each does it.
        mongo: a server is needed.
        postgres: one of PostgreSQL.
        prepare: adds to the working directory, which has the workload, before each process.
        setting: environment variables.
    """

    name: str
    workload: str
    limit: str
    rows: tuple[Row, ...]
    arguments: tuple[str, ...] = ()
    limit_workload: str | None = None
    old: Literal["sacred", "mlflow"] | None = "sacred"
    old_workload: str | None = None
    rounds: int = 9
    mongo: bool = False
    postgres: bool = False
    prepare: Callable[[Path], None] | None = None
    setting: Mapping[str, str] = field(default_factory=dict)
