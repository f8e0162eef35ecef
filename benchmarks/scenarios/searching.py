"""What it costs to find runs in a large store."""

from __future__ import annotations

from benchmarks.model import Row, Scenario, Target

__all__ = ["SCENARIOS"]

_TABLE = "a table of {} with nothing but what is asked for"


def _searching(store: str, limit: str, *, mlflow: bool = False) -> Scenario:
    first = Row(
        title="the first query of 100 000 runs, which makes the index",
        measure="first", unit="s",
    )  # fmt: skip
    # To store more of them with mlflow takes longer than all else that is measured.
    beside = Row(title="the best 20 of 500 runs (old: mlflow)", measure="beside", unit="s")
    return Scenario(
        name=f"searching-{store}",
        workload="searching.py",
        arguments=(store,),
        limit=limit,
        mongo=store == "mongo",
        postgres=store == "postgresql",
        rounds=2,
        old="mlflow" if mlflow else None,
        old_workload="searching_mlflow.py",
        rows=(
            Row(
                title=f"the best 20 of 100 000 runs, filtered and sorted: {store}",
                measure="best", unit="s", targets=(Target(0.3, "1"),),
            ),
            Row(
                title="the same: sacred ls, the whole process",
                measure="program", unit="s", targets=(Target(0.3, "1"),),
            ),
            Row(
                title="the best 20 of those whose loss was low enough",
                measure="by_metric", unit="s",
            ),
            Row(title="the newest 20 that fulfil the query", measure="newest", unit="s"),
            Row(title="the best 20 of 10 000 runs", measure="few", unit="s"),
            *((beside,) if mlflow else ()),
            Row(
                title="memory of sacred ls, 100 000 runs compared with 2000",
                measure="memory", unit="×", targets=(Target(1.5, "1"),),
            ),
            *((first,) if store == "file" else ()),
        ),
    )  # fmt: skip


SCENARIOS = (
    _searching("file", _TABLE.format("SQLite"), mlflow=True),
    _searching("sqlite", _TABLE.format("SQLite"), mlflow=True),
    _searching("postgresql", _TABLE.format("PostgreSQL")),
    _searching("mongo", "the same query by pymongo"),
)
