"""What a store does not take is saved: values that cannot be written, places likewise."""

import json
import math
import os
import subprocess
import sys
import tempfile

import pytest

from sacred._base.errors import RecordIncompleteError
from sacred.observers.file_storage import FileStorageObserver
from sacred.observers.queue import QueueObserver
from sacred.observers.store_observer import StoreObserver
from sacred.serializer import dumps
from sacred.stores.spool import read_spool, replay, writable
from tests.unit.stores.observer_calls import T0, beat, complete, log, start

HUGE = 16**5000  # more decimal digits than Python writes


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    monkeypatch.setattr(StoreObserver, "pause", 0.01)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def observer(runs, tmp_path):
    return FileStorageObserver(runs, failure_dir=tmp_path / "spool")


def record_of(runs, run_id="1"):
    return json.loads((runs / run_id / "run.json").read_text())


def only(folder):
    [path] = folder.glob("*/record.jsonl")
    return path


def block(directory):
    """Make a directory one that nothing can be written to."""
    if directory.exists():
        directory.rename(directory.with_name(f"{directory.name}-away"))
    directory.write_text("in the way")


# ------------------------------------------------------------------ values


@pytest.mark.parametrize("value", [HUGE, [1, {"deep": HUGE}]], ids=["int", "nested"])
@pytest.mark.parametrize("field", ["result", "info"])
def test_one_value_that_cannot_be_written_does_not_cost_the_end_of_the_run(
    observer, runs, tmp_path, field, value
):
    start(observer)
    log(observer, {"loss": [1, 2]})
    info = {"other": 1, "bad": value} if field == "info" else {}
    with pytest.raises(ValueError, match="digits"):
        beat(observer, "out", info=info, result=value if field == "result" else None)
    complete(observer, result=value if field == "result" else 5)
    assert record_of(runs)["status"] == "COMPLETED"
    assert (runs / "1/cout.txt").read_text() == "out"
    assert json.loads((runs / "1/metrics.json").read_text())["loss"]["values"] == [1, 2]
    path = only(tmp_path / "spool")
    _, changes = read_spool(path)
    [change] = changes
    assert list(change.fields) == [field]
    assert hex(HUGE) in json.dumps(change.fields)
    replay(path, observer.store)
    if field == "info":
        assert json.loads((runs / "1/info.json").read_text())["other"] == 1
    else:
        assert hex(HUGE) in json.dumps(record_of(runs)["result"])


def test_the_other_lines_of_a_spool_are_as_ever(observer, runs, tmp_path):
    start(observer)
    block(runs)
    with pytest.raises(OSError, match=r"Cannot write|Not a directory"):
        log(observer, {"loss": [1]})
    complete(observer, result=HUGE)
    _, changes = read_spool(only(tmp_path / "spool"))
    kinds = [type(change).__name__ for change in changes]
    assert kinds == ["AddPoints", "SetFields", "SetFields"]
    _, changes = read_spool(only(tmp_path / "spool"))
    assert list(changes)[-1].fields == {"status": "COMPLETED", "stop_time": T0}


class Unprintable:
    def __repr__(self):
        raise RuntimeError

    def __reduce_ex__(self, protocol):
        raise RuntimeError


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [HUGE, -HUGE, [HUGE], {"a": {"b": HUGE}}, (1, HUGE), Unprintable(), deep()], ids=type
)
def test_anything_can_be_written(value):
    assert dumps(writable(value))


@pytest.mark.parametrize("value", [1, "a", [1, 2], {"a": None}, 1.5])
def test_what_can_be_written_stays_as_it_is(value):
    assert writable(value) == value
    assert math.isnan(writable(math.nan))


# ------------------------------------------------------------------ places


def test_a_spool_directory_that_cannot_be_written(observer, runs, tmp_path, capsys):
    start(observer)
    block(runs)
    block(tmp_path / "spool")
    complete(observer)
    path = only(tmp_path / "data/sacred/spool")
    assert str(path) in capsys.readouterr().err


def test_temporary_files_are_the_last_place(observer, runs, tmp_path, monkeypatch, capsys):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    start(observer)
    for place in ("runs", "spool", "data"):
        block(tmp_path / place)
    complete(observer)
    path = only(tmp_path / "tmp")
    assert str(path) in capsys.readouterr().err
    assert list(read_spool(path)[1])[-1].fields["status"] == "COMPLETED"


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """From when it is called, nothing can be written at all."""

    def now():
        for place in ("runs", "spool", "data", "tmp"):
            block(tmp_path / place)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))

    return now


MISSING = r"record incomplete: the run '1' of file:.*runs lacks 1 points of 'loss'.*status"


def test_without_any_place_the_error_says_what_is_missing(observer, nowhere):
    start(observer)
    nowhere()
    with pytest.raises(OSError, match=r"Cannot write|Not a directory"):
        log(observer, {"loss": [1]})
    with pytest.raises(RecordIncompleteError, match=MISSING):
        complete(observer)


def test_also_behind_a_queue(observer, nowhere):
    queue = QueueObserver(observer, retry_interval=0.01)
    start(queue)
    nowhere()
    log(queue, {"loss": [1]})
    with pytest.raises(RecordIncompleteError, match=MISSING):
        complete(queue)
    queue.join()


SCRIPT = """
import os, tempfile
from sacred import Experiment
from sacred.observers import FileStorageObserver

ex = Experiment("lost", save_git_info=False)
ex.observers.append(FileStorageObserver("runs"))

@ex.automain
def main():
    os.rename("runs", "away")
    for name in ("runs", "data"):
        open(name, "w").close()
    tempfile.tempdir = "data"
    return 5
"""


def test_a_script_whose_record_is_lost_does_not_exit_with_0(tmp_path):
    (tmp_path / "lost.py").write_text(SCRIPT)
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "lost.py"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "record incomplete: the run '1' of file:runs lacks" in done.stderr
    assert "result" in done.stderr
