"""Long runs take a bounded amount of memory, and all of them is stored."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crash_safety.effort import pick
from tests.crash_safety.places import Place

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "scripts" / "long_run.py"
MB = 1 << 20
POINTS, OUTPUT, ARTIFACTS = pick((20_000, 3 * MB, 100), (1_000_000, 100 * MB, 10_000))
#: What a run may take more than one of a tenth: points and output that wait for a beat, and
#: the names of artifacts. Not the output, which goes to the stores in pieces.
GROWTH = 40 * MB


@pytest.mark.parametrize("place", pick(["file"], ["file", "sqlite", "mongo"]), indirect=True)
def test_a_long_run(place: Place, tmp_path: Path) -> None:
    small, _ = _run(tmp_path / "small", place, POINTS // 10, OUTPUT // 10, ARTIFACTS // 10)
    large, seconds = _run(tmp_path / "large", place, POINTS, OUTPUT, ARTIFACTS)
    print(f"{small / MB:.0f} MB at a tenth, {large / MB:.0f} MB at most, in {seconds:.0f} s")
    assert large - small < GROWTH
    stored = place.read(max(place.ids(), key=int))
    assert stored.status == "COMPLETED"
    assert [value for _, value in stored.points["loss"]] == [n / 7 for n in range(POINTS)]
    assert len(stored.artifacts) == ARTIFACTS
    line = "x" * 99 + "\n"
    if "this is not all" not in stored.output:  # MongoDB: the rest is in GridFS
        assert stored.output == line * (OUTPUT // len(line))


def _run(
    directory: Path, place: Place, points: int, output: int, artifacts: int
) -> tuple[int, float]:
    """Returns the peak of its memory in bytes, and seconds."""
    directory.mkdir()
    words = [f"points={points}", f"output={output}", f"artifacts={artifacts}"]
    options = ["-l", "CRITICAL", "-b", "0.5", *place.arguments]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(directory)}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "with", *words, *options],
        cwd=directory,
        env=environment | {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **place.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1]) * 1024, time.monotonic() - began
