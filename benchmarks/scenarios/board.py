"""What it costs to look at runs in the page of the board."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.model import Row, Scenario, Target

__all__ = ["SCENARIOS"]

_WORKLOADS = Path(__file__).resolve().parents[1] / "workloads"


def _prepare(here: Path) -> None:
    for name in ("_pages.py", "searching.py"):
        shutil.copy(_WORKLOADS / name, here)


def _row(title: str, measure: str, most: float, unit: str = "s", scale: float = 1.0) -> Row:
    targets = (Target(most, "1"),)
    return Row(title=title, measure=measure, unit=unit, scale=scale, targets=targets)


def _board(store: str, mlflow: bool = False) -> Scenario:
    beside = (
        Row(title="first rows of 500 runs (old: mlflow ui)", measure="beside", unit="s"),
        Row(title="the same filtered (old: mlflow ui)", measure="beside_filter", unit="s"),
    )
    return Scenario(
        name=f"board-{store}",
        workload="board_page.py",
        arguments=(store,),
        limit="a page of plain HTML with 50 rows, from a server that has nothing but that",
        old="mlflow" if mlflow else None,
        old_workload="board_mlflow.py",
        mongo=store == "mongo",
        rounds=2,
        prepare=_prepare,
        rows=(
            _row(f"page of the board, 100 000 runs, {store}: first rows", "rows", 1),
            _row("the same: sort", "sort", 0.5),
            _row("the same: filter", "filter", 0.5),
            _row("the same: jump to the middle", "jump", 0.2),
            _row("the same: heap of the page", "heap", 60, "MB", 1e-6),
            _row("the same: requests to anything but the server", "foreign", 0, ""),
            _row("the same: memory of the server, compared with 2000 runs", "memory", 1.5, "×"),
            *(beside if mlflow else beside[:1]),
            _row("ten curves of 100 000 points: drawn", "plot", 1),
            _row("the same: bytes sent", "bytes", 300, "kB", 1e-3),
            _row("the same: zoom", "zoom", 0.3),
            _row("means and bands of 50 runs of 10 000 points: drawn", "band", 1),
            _row("a printed line is seen in the page", "seen", 2),
        ),
    )


SCENARIOS = (_board("file"), _board("sqlite", mlflow=True), _board("mongo"))
