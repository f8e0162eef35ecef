"""Many runs that start at once in one store: each gets an id of its own and a whole record."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crash_safety.effort import pick
from tests.crash_safety.places import Place

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "scripts" / "many.py"
PROCESSES, RUNS = pick((2, 2), (8, 25))
KINDS = ["file", "sqlite", "mongo", "postgres", "tinydb", "s3"]


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_runs_that_start_at_once(place: Place, tmp_path: Path) -> None:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(tmp_path)}
    environment |= {"LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **place.environment}
    processes = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(number), str(RUNS), *place.arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for number in range(PROCESSES)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, errors
    ids = place.ids()
    assert len(ids) == len(set(ids)) == PROCESSES * RUNS
    records = [place.read(run_id) for run_id in ids]
    assert {record.status for record in records} == {"COMPLETED"}
    results = sorted(record.result for record in records)
    assert results == [1000 * p + n for p in range(PROCESSES) for n in range(RUNS)]
    for record in records:
        process, number = divmod(int(record.result), 1000)
        # boto3 may have logged where it found its credentials.
        assert record.output.endswith(f"output of {process}/{number}\n")
        assert record.info == {"which": [process, number]}
        assert record.points == {"loss": [(step, process + step / 8) for step in range(5)]}
