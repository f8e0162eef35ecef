"""What queues, workers and sweeps cost beside the runs."""

from __future__ import annotations

from benchmarks.model import LIMIT, Row, Scenario, Target

__all__ = ["SCENARIOS"]


def _claims(store: str, most_ms: float, *, has_looks: bool = False) -> Scenario:
    looks = (
        Row(
            title="the next claim of 10 000 runs that wait",
            measure="next", unit="ms", scale=1e3, targets=(Target(20, "1"),),
        ),
        Row(
            title="a worker's first look through 1000 runs that do not fit",
            measure="first_look", unit="ms", scale=1e3,
        ),
        Row(
            title="its next look, with what it has read before",
            measure="later_look", unit="ms", scale=1e3,
        ),
    )  # fmt: skip
    return Scenario(
        name=f"claims-{store}",
        workload="queueing.py",
        arguments=(store,),
        limit="one file, renamed",
        old=None,
        mongo=store == "mongo",
        postgres=store == "postgresql",
        rounds=3,
        rows=(
            Row(
                title=f"time from claim to claim, 8 workers at once: {store}",
                measure="claim", unit="ms", scale=1e3, targets=(Target(most_ms, "1"),),
            ),
            *(looks if has_looks else ()),
        ),
    )  # fmt: skip


SCENARIOS = (
    _claims("file", 10, has_looks=True),
    _claims("sqlite", 5, has_looks=True),
    _claims("mongo", 2),
    _claims("postgresql", 5),
    Scenario(
        name="sweep-plan",
        workload="sweeping.py",
        arguments=("plan",),
        limit="nothing",
        limit_workload="nothing.py",
        old=None,
        rounds=3,
        rows=(
            Row(
                title="sweep --dry-run of 10 000 points, the whole process",
                measure="dry_run", unit="s", targets=(Target(2, "1"),),
            ),
            Row(
                title="the next point by Optuna, of 1000 finished runs in SQLite",
                measure="ask", unit="s", targets=(Target(0.1, "1"),),
            ),
        ),
    ),
    Scenario(
        name="worker-run",
        workload="sweeping.py",
        arguments=("worker",),
        limit="the script itself",
        old=None,
        rounds=3,
        rows=(
            Row(
                title="a trivial run by a worker",
                measure="run", unit="ms", scale=1e3, targets=(Target(1.3, LIMIT),),
            ),
        ),
    ),
    Scenario(
        name="sweep-trials",
        workload="sweeping.py",
        arguments=("trials",),
        limit="Optuna with its own SQLite storage, 4 processes",
        old=None,
        rounds=1,
        rows=(
            Row(
                title="a trial of 1 s, 4 at once, in SQLite",
                measure="minutes", unit="s", scale=60, targets=(Target(1, LIMIT),),
            ),
        ),
    ),
)  # fmt: skip
