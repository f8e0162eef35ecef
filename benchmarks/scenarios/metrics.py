"""Points of metrics, on their way into the stores."""

from __future__ import annotations

from benchmarks.model import Row, Scenario, Target

__all__ = ["SCENARIOS"]

LOG_SCALAR = Scenario(
    name="log-scalar",
    workload="log_scalar.py",
    limit="append a tuple of name, value and time to a list",
    rows=(
        Row(
            title="`log_scalar`, foreground, CPU",
            measure="call", unit="µs", scale=1e6, targets=(Target(0.3),),
        ),
    ),
)  # fmt: skip


def _many(store: str, title: str, limit: str, *, factor: float, mongo: bool) -> Scenario:
    memory = (Target(100, "1"),) if store == "file" else ()
    return Scenario(
        name=f"scalars-{store}",
        workload="many_scalars.py",
        arguments=(store,),
        limit=limit,
        mongo=mongo,
        rounds=3,
        rows=(
            Row(title=title, measure="seconds", unit="s", targets=(Target(factor),)),
            Row(
                title="the same: CPU of the process",
                measure="work", unit="s", targets=(Target(factor),),
            ),
            Row(
                title="the same: peak memory of the process",
                measure="memory", unit="MB", scale=1e-6, targets=memory,
            ),
            Row(
                title="the same: CPU for a point, compared with 250 000 points",
                measure="growth", unit="×", targets=(Target(1.25, "1"),),
            ),
            Row(title="the same: points lost", measure="lost", unit="", targets=(Target(0, "1"),)),
        ),
    )  # fmt: skip


SCENARIOS = (
    LOG_SCALAR,
    _many(
        "file",
        "1 000 000 scalars into the file store",
        "`json.dumps` of each point, appended to a file as a line",
        factor=0.25,
        mongo=False,
    ),
    _many(
        "mongo",
        "1 000 000 scalars into MongoDB",
        "the columns in ten documents of 100 000 points, `insert_one` each",
        factor=0.4,
        mongo=True,
    ),
)
