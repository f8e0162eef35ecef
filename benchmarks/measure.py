"""One process of a workload: started, waited for, and asked what it cost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.model import LIMIT, OLD, Role, Scenario

__all__ = ["Measures", "WorkloadError", "interleaved"]

Measures = dict[str, float]

_WORKLOADS = Path(__file__).resolve().parent / "workloads"


class WorkloadError(RuntimeError):
    """A workload has failed; the message has its output."""


def interleaved(
    scenario: Scenario,
    pythons: Mapping[Role, str],
    rounds: int,
    setting: Mapping[str, str],
) -> Iterator[tuple[Role, Measures]]:
    """The measures of each process, in turn: old, new, limit, old, new, limit, ...

    So whatever else the machine is doing meanwhile concerns all of them.
    """
    for _ in range(rounds):
        for role, python in pythons.items():
            yield role, _measured(scenario, role, python, setting)


def _measured(scenario: Scenario, role: Role, python: str, setting: Mapping[str, str]) -> Measures:
    workload, what = scenario.workload, "run"
    if role == LIMIT:
        workload, what = scenario.limit_workload or workload, "limit"
    elif role == OLD:
        workload = scenario.old_workload or workload
    with tempfile.TemporaryDirectory(prefix="sacred-bench-") as scratch:
        here, result = Path(scratch, "here"), Path(scratch, "result.json")
        here.mkdir()
        # Copies: outside of this project's git repository, which the libraries would look at.
        for file in {scenario.workload, workload, "_tools.py"}:
            shutil.copy(_WORKLOADS / file, here)
        if scenario.prepare is not None:
            scenario.prepare(here)
        command = [python, str(here / workload), *scenario.arguments]
        environment = _environment() | dict(scenario.setting) | dict(setting)
        environment |= {"BENCH_ROLE": what, "BENCH_RESULT": str(result)}
        measures = _cost_of(command, here, environment)
        if result.exists():
            measures |= json.loads(result.read_text())
        return measures


def _environment() -> dict[str, str]:
    # Some machines set these for their own mixed hardware; they slow numpy's start.
    left_out = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONPATH", "COVERAGE_PROCESS_START")
    return {name: value for name, value in os.environ.items() if name not in left_out}


def _cost_of(command: list[str], here: Path, environment: dict[str, str]) -> Measures:
    with open(here.parent / "output", "wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=here, env=environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        text = (here.parent / "output").read_text(errors="replace")
        raise WorkloadError(f"{' '.join(command)} failed ({process.returncode}):\n{text[-3000:]}")
    # Kilobytes on Linux.
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "rss": usage.ru_maxrss * 1024}
