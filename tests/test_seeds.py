"""Seeds are part of the contract: they equal those that the old library gave, bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import ROOT

REFERENCE = ROOT / "tests" / "reference"
RECORDED: dict[str, Any] = json.loads((REFERENCE / "seeds.json").read_text())


def without_empty(value: Any) -> Any:
    """Without empty dicts: the old library shows some ingredients without entries, by chance."""
    if isinstance(value, dict):
        return {k: without_empty(v) for k, v in value.items() if v != {} and without_empty(v) != {}}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("mode", ["numpy", "nonumpy", "legacy"])
def test_seeds_equal_the_recorded_ones(mode: str) -> None:
    """Every scenario, with numpy, without it, and with its legacy generators."""
    if mode != "nonumpy":
        pytest.importorskip("numpy")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(REFERENCE / "record_seeds.py"), mode],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    drawn = json.loads(done.stdout)[mode]
    for scenario, runs in RECORDED[mode].items():
        assert without_empty(drawn[scenario]) == without_empty(runs), scenario
    assert len(drawn) == len(RECORDED[mode])
