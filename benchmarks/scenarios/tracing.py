"""What it costs a program that its files are traced (``sacred exec``)."""

from __future__ import annotations

from benchmarks.model import LIMIT, Row, Scenario, Target

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(
        name="tracing",
        workload="tracing.py",
        limit="the same programs, not traced",
        rounds=7,
        old=None,
        rows=(
            Row(
                title="a program that computes, traced by strace: CPU",
                measure="computing", unit="s", targets=(Target(1.1, LIMIT),),
            ),
            Row(title="one that imports numpy", measure="importing", unit="s"),
            Row(
                title="one that opens 20 000 files",
                measure="opening", unit="s", targets=(Target(3, LIMIT),),
            ),
            Row(
                title="the same; limit: strace, and no call but `openat`",
                measure="beside", unit="s",
            ),
            Row(title="to read that trace: CPU", measure="reading", unit="s"),
        ),
    ),
)  # fmt: skip
