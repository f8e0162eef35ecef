"""Output in TinyDB: a short one in the entry, a long one in files beside the database."""

from __future__ import annotations

import datetime
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from sacred.stores.changes import SetFields, WriteOutput
from sacred.stores.store import DamagedRunError, StoreError
from sacred.stores.tinydb import long_output
from sacred.stores.tinydb.long_output import NOTICE, PARTS
from sacred.stores.tinydb.store import TinyDbStore, local_tinydb

DOCUMENT = {"experiment": {"name": "ex"}, "status": "RUNNING", "captured_out": ""}


@pytest.fixture
def store(tmp_path: Path) -> TinyDbStore:
    return local_tinydb(str(tmp_path / "runs"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("MAX_CHARS_IN_ENTRY", 60), ("HEAD_CHARS", 10), ("TAIL_CHARS", 20)):
        monkeypatch.setattr(long_output, name, size)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(30))
def test_the_output_is_what_was_written(store: TinyDbStore, seed: int) -> None:
    rng = random.Random(seed)
    run_id = store.create(None, DOCUMENT, [])
    reader, written = store.reader(), ""
    for _ in range(12):
        start = len(written) - rng.choice([0, 0, 0, 3, 30, 200])
        start = max(start, 0)
        text = "".join(rng.choices("ab\nü😀{Tiny:}", k=rng.choice([0, 1, 20, 61, 300])))
        change = WriteOutput(start=start, offset=len(written[:start].encode()), text=text)
        written = written[:start] + text
        for _ in range(rng.choice([1, 1, 2])):  # it may come twice
            store.apply(run_id, [change])
        assert reader.output(run_id) == written
        [found] = [store.find(run_id)]
        assert found is not None
        assert len(found[1]["captured_out"]) <= 60 + 10 + len(NOTICE) + len("{TinyText}:")


@pytest.mark.usefixtures("small")
def test_long_output_shows_its_beginning_and_its_end(store: TinyDbStore) -> None:
    run_id = store.create(None, DOCUMENT, [])
    store.apply(run_id, [WriteOutput(start=0, offset=0, text="begin" + "." * 200 + "end")])
    found = store.find(run_id)
    assert found is not None
    shown = found[1]["captured_out"]
    assert shown.startswith("begin.....")
    assert NOTICE in shown
    assert shown.endswith("end")
    with pytest.raises(StoreError, match="output up to 999 is missing"):
        store.apply(run_id, [WriteOutput(start=999, offset=999, text="x")])


@pytest.mark.usefixtures("small")
def test_files_of_output_are_no_garbage(store: TinyDbStore, tmp_path: Path) -> None:
    run_id = store.create(None, DOCUMENT, [])
    store.apply(run_id, [WriteOutput(start=0, offset=0, text="x" * 100 + "y" * 100)])
    later = datetime.datetime(2100, 1, 1)
    assert list(store.collector().find(later)) == []
    assert len(list(store.collector().find(later, without=[run_id]))) > 1
    for path in (tmp_path / "runs" / "hashfs").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(DamagedRunError, match="of the output is not stored"):
        store.reader().output(run_id)


@pytest.mark.usefixtures("small")
def test_a_run_that_is_overwritten_loses_the_files(store: TinyDbStore, tmp_path: Path) -> None:
    run_id = store.create(None, DOCUMENT, [])
    store.apply(run_id, [WriteOutput(start=0, offset=0, text="x" * 200)])
    again = local_tinydb(str(tmp_path / "runs"), overwrite=run_id)
    again.create(None, DOCUMENT, [])
    assert again.reader().output(run_id) == ""


def test_short_output_is_stored_as_ever(store: TinyDbStore) -> None:
    run_id = store.create(None, DOCUMENT, [])
    store.apply(run_id, [WriteOutput(start=0, offset=0, text="hello")])
    store.apply(run_id, [SetFields(fields={"status": "COMPLETED"})])
    found = store.find(run_id)
    assert found is not None
    assert found[1]["captured_out"] == "hello"
    assert PARTS not in found[1]


SCRIPT = """
import json, resource, sys
from sacred import Experiment
from sacred.observers import TinyDbObserver
ex = Experiment("loud", save_git_info=False, interactive=True)
ex.observers.append(TinyDbObserver(sys.argv[1]))
before = []
@ex.main
def main():
    sys.stdout.write("warm\\n" * 1000)
    before.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    for _ in range(100):
        sys.stdout.write(("x" * 99 + "\\n") * 10_000)
ex.run(options={"--beat-interval": 1000, "--loglevel": "ERROR", "--capture": "sys"})
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps((after - before[0]) // 1024), file=sys.stderr)
"""


@pytest.mark.slow
def test_a_beat_of_100_mb_is_stored_in_bounded_memory(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "runs")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert json.loads(done.stderr.splitlines()[-1]) < 40, done.stderr
    reader = local_tinydb(str(tmp_path / "runs")).reader()
    [run_id] = reader.ids()
    assert len(reader.output(run_id)) >= 100_000_000
    assert (tmp_path / "runs" / "metadata.json").stat().st_size < 4_000_000
