"""What no run refers to is removed while runs start, and no run loses anything."""

from __future__ import annotations

import contextlib
import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sacred import open_store
from sacred.stores.store import StoreNotFoundError
from sacred.upkeep import find_garbage, remove_garbage
from tests.conftest import ROOT
from tests.crash_safety.effort import SEED, pick
from tests.crash_safety.places import Place

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "scripts" / "collected.py"
PROCESSES = 4
#: Seconds, and how many runs at least.
LENGTH = (str(pick(4, 60)), str(pick(12, 25)))
KINDS = ["file", "sqlite", "mongo", "postgres", "tinydb"]
#: The runs say each time what they use, so what they need is a moment.
GRACE = datetime.timedelta(seconds=2)


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_runs_that_start_meanwhile_lose_nothing(place: Place, tmp_path: Path) -> None:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(tmp_path)}
    environment |= {"LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **place.environment}
    processes = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), place.url, f"{SEED}-{number}", *LENGTH],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for number in range(PROCESSES)
    ]
    runs = files = 0
    with open_store(place.url) as store:
        while any(process.poll() is None for process in processes):
            with contextlib.suppress(StoreNotFoundError):  # nobody has begun yet
                removed = remove_garbage(store, find_garbage(store, grace=GRACE))
                runs, files = runs + len(removed.runs), files + len(removed.garbage)
        errors = [process.communicate()[1] for process in processes]
        assert [process.returncode for process in processes] == [0] * PROCESSES, errors
        left = store.runs()
        assert len(left) == PROCESSES
        for run in left:
            for file in (*run.sources.values(), *run.resources.values(), *run.artifacts.values()):
                assert file.read().decode() == f"content of {os.path.basename(file.name)}"
    print(f"{place.url}: {runs} runs and {files} contents removed")
    assert runs > 0
    assert files > 0
