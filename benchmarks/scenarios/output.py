"""Output of a run: printing it, and bringing it to MongoDB."""

from __future__ import annotations

from benchmarks.model import LIMIT, Row, Scenario, Target

__all__ = ["SCENARIOS"]

PRINTING = Scenario(
    name="printing",
    workload="printing.py",
    limit="the same loop without a run; standard output is a file in all cases",
    rounds=3,
    rows=(
        Row(
            title="printing a line of 1 000 000, `fd` capture, CPU",
            measure="line", unit="µs", scale=1e6, targets=(Target(1.15, LIMIT),),
        ),
        Row(
            title="the same, CPU of the thread that prints",
            measure="thread", unit="µs", scale=1e6, targets=(Target(1.15, LIMIT),),
        ),
        Row(
            title="the same, from start to end of the run",
            measure="whole", unit="µs", scale=1e6,
        ),
        Row(
            title="the same: memory for each byte beyond 63 million",
            measure="growth", unit="bytes", targets=(Target(0.05, "1"),),
        ),
    ),
)  # fmt: skip

TO_MONGO = Scenario(
    name="output-mongo",
    workload="output_to_mongo.py",
    limit="the output itself",
    mongo=True,
    # It takes 30 seconds, and bytes are the same every time.
    rounds=2,
    rows=(
        Row(
            title="8.4 MB of output over 30 s, beats of 1 s: sent to MongoDB",
            measure="sent", unit="MB", scale=1e-6, targets=(Target(2, LIMIT),),
        ),
    ),
)  # fmt: skip

SCENARIOS = (PRINTING, TO_MONGO)
