"""A spool of a run of which the store has only a part any more: what it keeps goes on behind
that, and however often it is replayed, nothing comes twice."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from sacred.runs import open_store
from sacred.stores.changes import AddPoints, Change, SetFields, WriteOutput
from sacred.stores.memory.store import MemoryStore
from sacred.stores.spool import Spool, replay
from sacred.testing import drive
from tests.crash_safety.places import Place
from tests.untrusted_input.mutations import MUTATORS

DOCUMENT = {
    "status": "RUNNING", "command": "main", "config": {"a": 1}, "info": {}, "host": {},
    "experiment": {"name": "ex", "base_dir": "/", "dependencies": [], "repositories": []},
    "captured_out": "", "start_time": drive.T0, "heartbeat": drive.T0, "meta": {}, "result": None,
}  # fmt: skip
BEFORE, OUTPUT = 10, "line\n" * 4


def points(name: str, start: int, stop: int) -> AddPoints:
    numbers = list(range(start, stop))
    times = [drive.T0 + datetime.timedelta(seconds=n) for n in numbers]
    values = [n / 2 for n in numbers]
    return AddPoints(name=name, start=start, steps=numbers, values=values, timestamps=times)


def end_of_run() -> list[Change]:
    """What a spool has of a run whose store had the first points and the first lines."""
    offset = len(OUTPUT.encode())
    return [
        points("loss", BEFORE, 20),
        points("loss", 20, 25),
        points("new", 0, 3),
        WriteOutput(start=len(OUTPUT), offset=offset, text="and "),
        WriteOutput(start=len(OUTPUT) + 4, offset=offset + 4, text="the end €"),
        SetFields(fields={"status": "COMPLETED", "stop_time": drive.T0}),
    ]


def spool_of(run_id: Any, url: str, folder: Path) -> str:
    return Spool(url, run_id, str(folder / "spools")).save(end_of_run(), DOCUMENT)


def expected(count: int, output: str) -> tuple[list[float], list[float], str]:
    steps = [*range(count), *range(BEFORE, 25)]
    return [n / 2 for n in steps], [0, 0.5, 1], output + "and the end €"


def stored(url: str, run_id: Any) -> tuple[list[float], list[float], str]:
    with open_store(url) as store:
        run = store[run_id]
        assert run.status == "COMPLETED"
        return *(list(run.metrics[name].values) for name in ("loss", "new")), run.output


@pytest.mark.slow
@pytest.mark.parametrize("place", MUTATORS, indirect=True)
@pytest.mark.parametrize(
    ("count", "output"),
    [(BEFORE, OUTPUT), (4, "li€"), (0, ""), (4, OUTPUT), (BEFORE, "line\n")],
    ids=["all", "a part", "nothing", "fewer points", "less output"],
)
def test_what_is_left_stays(
    place: Place, count: int, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    writing = place.open()
    run_id = writing.create(None, DOCUMENT, [])
    left: list[Change] = [points("loss", 0, count)] if count else []
    left += [WriteOutput(start=0, offset=0, text=output)] if output else []
    writing.apply(run_id, left)
    writing.close()
    record = spool_of(run_id, place.url, tmp_path)
    for _ in range(3):
        again = place.open()
        assert replay(record, again) == run_id
        again.close()
        assert stored(place.url, run_id) == expected(count, output)


def test_a_store_that_loses_more_between_two_replays(tmp_path: Path) -> None:
    store = MemoryStore()
    run_id = store.create(None, DOCUMENT, [])
    store.apply(run_id, [points("loss", 0, 6), WriteOutput(start=0, offset=0, text="line\n")])
    record = spool_of(run_id, store.url, tmp_path)
    replay(record, store)
    assert [value for _, value, _ in store.runs[run_id]["metrics"]["loss"]][:7] == [
        0, 0.5, 1, 1.5, 2, 2.5, 5,
    ]  # fmt: skip
    del store.runs[run_id]["metrics"]["loss"][3:]
    store.runs[run_id]["output"] = ""
    for _ in range(2):
        replay(record, store)
        values = [value for _, value, _ in store.runs[run_id]["metrics"]["loss"]]
        assert values == expected(3, "")[0]
        assert store.runs[run_id]["output"] == "and the end €"


def test_a_character_of_which_a_part_is_gone(tmp_path: Path) -> None:
    from sacred.stores.schemes import store_from_url

    url = f"file:{tmp_path / 'runs'}"
    store = store_from_url(url)
    run_id = store.create(None, DOCUMENT, [])
    store.apply(run_id, [points("loss", 0, BEFORE), WriteOutput(start=0, offset=0, text="ab€")])
    path = tmp_path / "runs" / str(run_id) / "cout.txt"
    path.write_bytes(path.read_bytes()[:-1])
    record = spool_of(run_id, url, tmp_path)
    for _ in range(2):
        replay(record, store_from_url(url))
        assert stored(url, run_id) == expected(BEFORE, "ab")
