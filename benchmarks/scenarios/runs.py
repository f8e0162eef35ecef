"""What a run costs that does nothing."""

from __future__ import annotations

from benchmarks.model import Row, Scenario, Target
from benchmarks.repository import make_repository

__all__ = ["SCENARIOS"]

MANY = Scenario(
    name="many-runs",
    workload="many_runs.py",
    arguments=("file",),
    limit="a directory, and four small files of JSON written and moved to their place",
    rows=(
        Row(
            title="each of 200 runs in one process, file store",
            measure="run", unit="ms", scale=1e3, targets=(Target(0.3),),
        ),
        Row(
            title="the same: CPU",
            measure="work", unit="ms", scale=1e3, targets=(Target(0.3),),
        ),
    ),
)  # fmt: skip


def _in_git(what: str, title: str, factor: float) -> Scenario:
    return Scenario(
        name=f"many-runs-git-{what}",
        workload="many_runs.py",
        arguments=(what, "git"),
        limit="a directory, and four small files of JSON written and moved to their place",
        prepare=make_repository,
        rows=(Row(title=title, measure="run", unit="ms", scale=1e3, targets=(Target(factor),)),),
    )


def _full(store: str, *, mongo: bool) -> Scenario:
    return Scenario(
        name=f"full-store-{store}",
        workload="full_store.py",
        arguments=(store,),
        limit="an empty store",
        limit_workload="nothing.py",
        mongo=mongo,
        rounds=5,
        rows=(
            Row(
                title=f"start of a run, {store} store with 10 000 runs",
                measure="full", unit="ms", scale=1e3,
            ),
            Row(title="the same, empty store", measure="empty", unit="ms", scale=1e3),
            Row(
                title="full compared with empty",
                measure="ratio", unit="×", targets=(Target(2, "1"),),
            ),
        ),
    )  # fmt: skip


def _durable(size: str, title: str) -> Scenario:
    return Scenario(
        name=f"durable-runs-{size}",
        workload="durable_runs.py",
        arguments=(size,),
        limit="one file of as many bytes as the artifact (1000 without one) written to the disk",
        old=None,
        rounds=5,
        rows=(
            Row(title=title, measure="durable", unit="ms", scale=1e3),
            Row(title="the same, `fsync` does nothing", measure="quick", unit="ms", scale=1e3),
            Row(
                title="the same: waiting for the disk, each run",
                measure="waiting", unit="ms", scale=1e3,
            ),
            Row(title="the same: calls of `fsync`, each run", measure="calls", unit=""),
        ),
    )  # fmt: skip


SCENARIOS = (
    MANY,
    _in_git("unobserved", "each of 200 runs in a git repository, unobserved", 0.3),
    _in_git("file", "the same with a file observer", 0.5),
    _durable("small", "a run that returns a number, its record on the disk at the end"),
    _durable("large", "a run with 10 000 points and an artifact of 10 MB, on the disk at the end"),
    _full("file", mongo=False),
    _full("mongo", mongo=True),
)
