"""Points of metrics, on their way out of the stores. The old library reads none."""

from __future__ import annotations

from benchmarks.model import Row, Scenario, Target

__all__ = ["SCENARIOS"]


def _reading(store: str, limit: str) -> Scenario:
    return Scenario(
        name=f"reading-{store}",
        workload="reading_metrics.py",
        arguments=(store,),
        limit=f"{limit}, and `numpy.array` of the lists",
        mongo=store == "mongo",
        postgres=store == "postgresql",
        rounds=3,
        old=None,
        rows=(
            Row(
                title=f"1 000 000 points as arrays, {store}, not for the first time",
                measure="seconds", unit="s", targets=(Target(0.2, "1"),),
            ),
            Row(title="the same: CPU", measure="work", unit="s", targets=(Target(0.2, "1"),)),
            Row(title="the same for the first time: CPU", measure="first", unit="s"),
        ),
    )  # fmt: skip


SCENARIOS = (
    _reading("file", "`json.load`"),
    _reading("sqlite", "`sqlite3`: `SELECT step, value`, `fetchall`"),
    _reading("postgresql", "psycopg: `SELECT step, value`, `fetchall`"),
    _reading("mongo", "pymongo: `find`"),
)
