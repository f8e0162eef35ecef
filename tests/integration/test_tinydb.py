"""TinyDbObserver and TinyDbReader: the layout, old databases, many writers, trouble."""

import copy
import datetime
import hashlib
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import tinydb
from hypothesis import given, settings
from tinydb.storages import JSONStorage, MemoryStorage

from sacred import Experiment
from sacred._base.errors import SacredError, UnsafeDataError
from sacred.observers.tinydb_hashfs import TinyDbObserver, TinyDbReader, tiny_db_option
from sacred.observers.tinydb_hashfs.bases import get_db_file_manager
from sacred.stores.spool import replay
from sacred.stores.store import QueueUnsupportedError
from sacred.stores.tinydb import store as tinydb_store
from tests.crash_safety.effort import examples
from tests.unit.stores.comparison import (
    READ_FIELDS,
    FlakyStore,
    MemoryStore,
    StoreObserver,
    play,
    scenarios,
)
from tests.unit.stores.observer_calls import T0, beat, complete, log, start

ROOT = Path(__file__).parents[2]
OLD = ROOT / "tests" / "reference" / "tinydb_0.8"
TIME = "{TinyDate}:2026-01-02T03:04:05.678000"
ISO = "2026-01-02T03:04:05.678000"
FIRST = "0" * 31 + "1"


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def observer(runs, tmp_path):
    return TinyDbObserver(runs, failure_dir=tmp_path / "spool")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(StoreObserver, "pause", 0.01)


@pytest.fixture
def old(tmp_path):
    return shutil.copytree(OLD, tmp_path / "old")


def stored(path):
    """The entries of a database, as any reader of JSON sees them."""
    return list(json.loads((path / "metadata.json").read_text())["runs"].values())


def listed(name, content, *between):
    digest = hashlib.md5(content).hexdigest()
    return [name, *between, digest, f'{{TinyFile}}:"{digest}"']


def hashed(path, content):
    """Where HashFS has the file of that content."""
    digest = hashlib.md5(content).hexdigest()
    return path / "hashfs" / digest[:2] / digest[2:4] / digest[4:6] / digest[6:]


# -------------------------------------------------------------------------- layout


def test_nothing_is_made_before_a_run_starts(observer, runs):
    assert not runs.exists()
    assert (observer.run_entry, observer.db_run_id, observer.priority) == ({}, None, 0)


def test_the_entry_at_the_start(observer, runs, tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    run_id = start(observer, base_dir=tmp_path, sources=[("a.py", "1234")])
    assert uuid.UUID(hex=run_id).hex == run_id
    assert stored(runs) == [
        {
            "_id": run_id,
            "format": TinyDbObserver.VERSION,
            "experiment": {
                "name": "ex",
                "base_dir": str(tmp_path),
                "sources": [listed("a.py", b"x = 1\n")],
                "dependencies": ["sacred==1.0.0"],
                "repositories": [],
                "mainfile": None,
            },
            "command": "main",
            "host": {"hostname": "here", "os": ["Linux", "6"]},
            "start_time": TIME,
            "heartbeat": None,
            "config": {"C": 2.0},
            "meta": {"comment": "a test"},
            "status": "RUNNING",
            "resources": [],
            "artifacts": [],
            "captured_out": "",
            "info": {},
        }
    ]
    assert hashed(runs, b"x = 1\n").read_bytes() == b"x = 1\n"
    assert TinyDbObserver.VERSION.startswith("TinyDbObserver-")


def test_a_whole_run(observer, runs, tmp_path):
    path = tmp_path / "file"
    start(observer)
    path.write_bytes(b"read")
    observer.resource_event(str(path))
    observer.resource_event(str(path))
    path.write_bytes(b"made")
    observer.artifact_event("x.txt", str(path), metadata={"m": 1}, content_type="text/plain")
    beat(observer, "hello\n", {"a": 1}, 0.5)
    beat(observer, "hello world", {"a": 2}, 0.5)
    log(observer, {"loss": [3.0, 2.0]})
    log(observer, {"loss": [float("nan")], "acc": [1]})
    complete(observer, {"best": 42})
    [entry] = stored(runs)
    assert entry["resources"] == [listed(str(path), b"read")] * 2
    assert entry["artifacts"] == [listed("x.txt", b"made", str(path))]
    assert entry["artifact_metadata"] == {
        "x.txt": {"metadata": {"m": 1}, "content_type": "text/plain"}
    }
    assert entry["metrics"] == {
        "loss": {
            "steps": [0, 1, 0],
            "values": [3.0, 2.0, {"py/float": "NaN"}],
            "timestamps": [ISO] * 3,
        },
        "acc": {"steps": [0], "values": [1], "timestamps": [ISO]},
    }
    assert (entry["captured_out"], entry["info"]) == ("hello world", {"a": 2})
    assert (entry["status"], entry["result"]) == ("COMPLETED", {"best": 42})
    assert (entry["heartbeat"], entry["stop_time"]) == (TIME, TIME)


def test_failed_and_interrupted_runs(observer, runs):
    start(observer)
    observer.failed_event(T0, ["Traceback\n", "E: é\n"])
    start(observer)
    observer.interrupted_event(T0, "TIMEOUT")
    failed, interrupted = stored(runs)
    assert (failed["status"], failed["fail_trace"]) == ("FAILED", ["Traceback\n", "E: é\n"])
    assert (interrupted["status"], interrupted["stop_time"]) == ("TIMEOUT", TIME)


def test_serialised_types_and_the_way_back(observer, runs):
    info = {
        "array": np.arange(4.0).reshape(2, 2),
        "single": np.array([0.1], dtype="float32"),
        "frame": pd.DataFrame({"x": [1, 2], "y": [1 / 3, 2.0]}),
        "series": pd.Series([1.5, 2.5]),
        "named": pd.Series([1], name="s"),
        "when": T0,
        "tuple": (1, {2: "two"}),
        "text": "{TinyDate}:never",
    }
    start(observer)
    beat(observer, info=info, result=np.arange(3, dtype="int8"))
    [entry] = stored(runs)
    assert entry["info"]["array"] == "{TinyArray}:[[0.0, 1.0], [2.0, 3.0]]"
    assert entry["info"]["series"] == '{TinySeries}:{"0": 1.5, "1": 2.5}'
    assert entry["info"]["frame"].startswith('{TinyDataFrame}:{"x": {"0": 1, "1": 2}, "y":')
    assert entry["info"]["when"] == TIME
    assert entry["info"]["tuple"][0] == 1  # a list, as in databases of 0.8
    assert entry["result"] == "{TinyArray}:[0, 1, 2]"
    [record] = TinyDbReader(runs).fetch_metadata(indices=0)
    read = record["info"]
    for name in ("array", "single"):
        np.testing.assert_array_equal(read[name], info[name], strict=True)
    np.testing.assert_array_equal(record["result"], np.arange(3, dtype="int8"), strict=True)
    pd.testing.assert_frame_equal(read["frame"], info["frame"], check_index_type=False)
    for name in ("series", "named"):
        pd.testing.assert_series_equal(read[name], info[name], check_index_type=False)
    for name in ("when", "tuple", "text"):
        assert read[name] == info[name]


def test_files_are_stored_once_by_content(observer, runs, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"same")
        start(observer)
        observer.artifact_event(name, str(tmp_path / name))
    assert [p for p in (runs / "hashfs").rglob("*") if p.is_file()] == [hashed(runs, b"same")]


def test_sources_that_are_gone_or_found_later(observer, runs, tmp_path):
    start(observer, base_dir=tmp_path, sources=[("gone.py", "1234")])
    assert stored(runs)[0]["experiment"]["sources"] == [["gone.py", "1234", None]]
    (tmp_path / "b.py").write_bytes(b"b")
    info = {"name": "ex", "base_dir": str(tmp_path), "sources": [("b.py", "")]}
    observer.experiment_info_event(info)
    beat(observer, "")  # both are stored at once
    assert stored(runs)[0]["experiment"]["sources"] == [listed("b.py", b"b")]
    [record] = TinyDbReader(runs).fetch_metadata(indices=0)
    with record["experiment"]["sources"][0][-1] as handle:
        assert handle.read() == b"b"


def test_an_artifact_may_be_stored_again(observer, runs, tmp_path):
    start(observer)
    for content in (b"one", b"two", b"one"):
        (tmp_path / "x").write_bytes(content)
        observer.artifact_event("x", str(tmp_path / "x"))
    [files] = TinyDbReader(runs).fetch_files(indices=0)
    with files["artifacts"]["x"] as handle:
        assert handle.read() == b"one"


def test_queued_runs_are_not_available(observer):
    with pytest.raises(NotImplementedError, match="queued_event method is not implemented") as e:
        observer.queued_event({}, "main", {}, T0, {}, {}, None)
    assert isinstance(e.value, QueueUnsupportedError)  # one line for users, no traceback


def test_explicit_ids(observer, runs):
    assert (start(observer, "mine"), start(observer, 5)) == ("mine", 5)
    before = (runs / "metadata.json").read_bytes()
    with pytest.raises(FileExistsError, match="There is a run 'mine' already in tinydb:"):
        start(observer, "mine")
    assert (runs / "metadata.json").read_bytes() == before


def test_overwrite(observer, runs):
    run_id = start(observer)
    log(observer, {"loss": [1]})
    complete(observer, 1)
    again = TinyDbObserver(runs, overwrite=run_id)
    assert start(again, config={"b": 1}) == run_id
    [entry] = stored(runs)
    assert (entry["config"], entry["status"], entry["_id"]) == ({"b": 1}, "RUNNING", run_id)
    assert "metrics" not in entry
    assert "result" not in entry
    with pytest.raises(RuntimeError, match="Could not find the run 'none'"):
        start(TinyDbObserver(runs, overwrite="none"))


def test_a_real_run_with_the_option(runs, tmp_path):
    ex = Experiment("real", save_git_info=False)
    ex.add_config(a=1)

    @ex.main
    def main(_run, a):
        print("hello")
        _run.log_scalar("loss", 0.5)
        return a + 1

    ex.observers.append(TinyDbObserver(runs))
    run = ex.run(options={"--loglevel": "ERROR", "--capture": "sys"})
    [record] = TinyDbReader(runs).search(tinydb.Query().experiment.name == "real")
    assert record["_id"] == run._id
    assert (record["result"], record["captured_out"]) == (2, "hello\n")
    assert record["metrics"]["loss"]["values"] == [0.5]


# ------------------------------------------------------------------- old databases


def test_the_reports_are_those_of_the_old_library():
    expected = json.loads((OLD / "reports.json").read_text())
    assert TinyDbReader(OLD).fetch_report(indices=[0, 1]) == expected


def test_an_old_database_is_read():
    [record] = TinyDbReader(OLD).fetch_metadata(indices=0)
    np.testing.assert_array_equal(record["config"].pop("array"), [0, 1, 2])
    assert record["config"] == {"a": 1, "b": {"c": [1.5, "x"], "d": None}, "t": [1, 2]}
    assert record["start_time"] == datetime.datetime(2026, 1, 2, 3, 4, 5, 678)
    info = record["info"]
    np.testing.assert_array_equal(info["matrix"], [[0.0, 1.0], [2.0, 3.0]])
    assert info["frame"].to_dict("list") == {"x": [1, 2], "y": ["a", "b"]}
    assert info["series"].tolist() == [1.5, 2.5]
    assert info["when"] == datetime.datetime(2026, 1, 2, 3, 4, 5, 678)
    [files] = TinyDbReader(OLD).fetch_files(indices=0)
    with files["artifacts"]["result"] as handle:
        assert handle.read() == b"content of out.txt\n"


def test_an_old_database_is_appended_to(old):
    before = stored(old)
    observer = TinyDbObserver(old)
    run_id = start(observer)
    complete(observer, 7)
    *entries, new = stored(old)
    assert entries == before
    assert (new["_id"], new["result"], observer.db_run_id) == (run_id, 7, 4)
    assert json.loads((old / "metadata.json").read_text())["_default"] == {}


def test_an_old_run_can_be_overwritten(old):
    assert start(TinyDbObserver(old, overwrite=3)) == 3
    assert [entry["_id"] for entry in stored(old)] == [FIRST, "0" * 31 + "2", 3]


# -------------------------------------------------------------------------- reader


@pytest.fixture
def reader():
    return TinyDbReader(OLD)


def ids(records):
    return [record["_id"] for record in records]


def test_a_reader_of_nothing(tmp_path):
    with pytest.raises(OSError, match=r"Path does not exist: .*nowhere"):
        TinyDbReader(tmp_path / "nowhere")
    assert TinyDbReader(tmp_path).fetch_metadata(exp_name="") == []


@pytest.mark.parametrize("method", ["fetch_metadata", "fetch_files", "fetch_report"])
def test_what_cannot_be_fetched(reader, method):
    fetch = getattr(reader, method)
    with pytest.raises(
        ValueError, match=r"^Must specify an experiment name, indicies or pass custom query$"
    ):
        fetch()
    with pytest.raises(
        ValueError, match=r"^Index value \(9\) must be less than number of records \(3\)$"
    ):
        fetch(indices=[0, 9])
    with pytest.raises(ValueError, match=r"^Index value \(-4\) must be at least -3$"):
        fetch(indices=-4)


def test_choosing_records(reader):
    assert ids(reader.fetch_metadata(indices=-1)) == [3]
    assert ids(reader.fetch_metadata(indices=(2, 0))) == [3, FIRST]
    assert len(reader.fetch_metadata(exp_name="second")) == 2
    assert len(reader.fetch_metadata(exp_name="^(first|second) ex$")) == 3
    assert reader.fetch_metadata(exp_name="ECOND") == []
    completed = tinydb.Query().status == "COMPLETED"
    assert ids(reader.fetch_metadata(query=completed)) == [FIRST]
    assert ids(reader.search(lambda record: record["config"].get("seed") == 1)) == [3]
    # As ever: a query comes first, then the name.
    assert ids(reader.fetch_metadata(exp_name="second", query=completed)) == [FIRST]
    assert ids(reader.fetch_metadata(exp_name="first", indices=2)) == [FIRST]


def test_files_of_records(reader):
    full, _, empty = reader.fetch_files(indices=[0, 1, 2])
    assert list(full) == ["date", "exp_id", "exp_name", "sources", "resources", "artifacts"]
    assert (full["exp_id"], full["exp_name"]) == (FIRST, "first ex")
    assert list(full["sources"]) == ["main.py", "a.py"]
    assert Path(full["resources"]["data.csv"].name) == hashed(OLD, b"content of data.csv\n")
    assert list(empty) == ["date", "exp_id", "exp_name"]


def opened_below(directory):
    """The files in a directory that this process has open; other threads have others."""
    opened = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    return [path for path in opened if path.startswith(f"{directory}/")]


def test_reading_opens_only_what_is_read(reader):
    records = [reader.fetch_metadata(exp_name="ex") for _ in range(5)]
    handle = records[0][0]["artifacts"][0][-1]
    copied = copy.deepcopy(handle)
    if os.path.exists("/proc/self/fd"):
        assert opened_below(OLD.resolve()) == []
    with handle, copied:
        assert handle.read() == copied.read() == b"content of out.txt\n"
        if os.path.exists("/proc/self/fd"):
            assert len(opened_below(OLD.resolve())) == 2


def test_a_file_that_is_gone(old):
    hashed(old, b"content of out.txt\n").unlink()
    [files] = TinyDbReader(old).fetch_files(indices=0)
    assert files["artifacts"] == {"result": None}
    assert "result" in TinyDbReader(old).fetch_report(indices=0)[0]


def test_the_report_of_a_run_that_has_not_ended(reader, observer, runs):
    assert "Duration: 00:00:00.0" in reader.fetch_report(indices=2)[0]
    start(observer)
    beat(observer, time=T0 + datetime.timedelta(seconds=61.5))
    assert "Duration: 00:01:01.5" in TinyDbReader(runs).fetch_report(indices=0)[0]


def test_nothing_is_executed_on_reading(observer, runs, tmp_path):
    start(observer)
    path = runs / "metadata.json"
    tables = json.loads(path.read_text())
    bomb = {"py/reduce": [{"py/type": "os.mkdir"}, {"py/tuple": [str(tmp_path / "bomb")]}]}
    tables["runs"]["1"]["config"] = {"x": bomb}
    path.write_text(json.dumps(tables))
    with pytest.raises(UnsafeDataError, match=r"config\.x: py/reduce of 'os\.mkdir'"):
        TinyDbReader(runs).fetch_metadata(indices=0)
    complete(observer)
    assert not (tmp_path / "bomb").exists()


def test_texts_that_only_look_like_tags(old):
    path = old / "metadata.json"
    tables = json.loads(path.read_text())
    odd = ["{TinyDate}:x", "{TinyArray}:", "{TinyFile}:[", "{TinyNothing}:1", "{Tiny"]
    tables["runs"]["3"]["config"] = {"odd": odd}
    path.write_text(json.dumps(tables))
    assert TinyDbReader(old).fetch_metadata(indices=2)[0]["config"] == {"odd": odd}


# ---------------------------------------------------------------- several writers

WRITER = """
import os, sys
from sacred.observers.tinydb_hashfs import TinyDbObserver
from tests.unit.stores.observer_calls import beat, complete, log, start
observer = TinyDbObserver(sys.argv[1])
sys.stdin.read(1)
for number in range(4):
    path = os.path.join(sys.argv[2], f"{os.getpid()}-{number}")
    with open(path, "w") as file:
        file.write(path)
    start(observer)
    for n in range(3):
        log(observer, {"loss": [n]})
        beat(observer, "x" * n)
    observer.artifact_event("a", path)
    complete(observer, path)
"""


def launch(script, *arguments, **kwargs):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, **kwargs)


def test_eight_processes_lose_nothing(runs, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    processes = [launch(WRITER, runs, files, stdin=subprocess.PIPE) for _ in range(8)]
    for process in processes:
        process.stdin.write(b"x")
        process.stdin.close()
    assert [process.wait() for process in processes] == [0] * 8
    entries = stored(runs)
    assert len({entry["_id"] for entry in entries}) == len(entries) == 32
    for entry in entries:
        assert (entry["status"], entry["captured_out"]) == ("COMPLETED", "xx")
        assert entry["metrics"]["loss"]["values"] == [0, 1, 2]
        assert entry["artifacts"] == [listed("a", entry["result"].encode(), entry["result"])]
        assert hashed(runs, entry["result"].encode()).read_text() == entry["result"]
    assert {path.name for path in runs.iterdir()} == {"hashfs", "metadata.json", "metadata.lock"}


KILLED = """
import os, sys
from sacred.observers.tinydb_hashfs import TinyDbObserver
from tests.unit.stores.observer_calls import beat, log, start
observer = TinyDbObserver(sys.argv[1])
start(observer)
truth = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
text = ""
for number in range(10**9):
    text += f"line {number}\\n"
    log(observer, {"loss": [number, -number]})
    beat(observer, text, {"n": number, "long": ["x"] * 100})
    os.write(truth, b"%d\\n" % number)
"""


def test_killed_at_any_moment_everything_is_readable(runs, tmp_path):
    for trial in range(5):
        truth = tmp_path / f"truth{trial}"
        process = launch(KILLED, runs, truth)
        deadline = time.monotonic() + 30
        while not (truth.exists() and truth.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05 + 0.0371 * trial)
        process.send_signal(signal.SIGKILL)
        process.wait()
        told = int(truth.read_text().split("\n")[-2])
        entry = stored(runs)[trial]
        assert entry["info"]["n"] >= told
        assert len(entry["metrics"]["loss"]["values"]) >= 2 * (told + 1)
        assert len(entry["captured_out"].splitlines()) >= told + 1


# ------------------------------------------------------------------------- trouble


def read_back(path, run_id):
    """A run as `MemoryStore.read` gives it."""
    [entry] = [entry for entry in stored(path) if entry["_id"] == run_id]
    [record] = TinyDbReader(path).search(lambda record: record["_id"] == run_id)
    # The plain form, as the memory has it.
    plain = {name: entry.get(name) for name in READ_FIELDS}
    contents = {}
    [files] = TinyDbReader(path).fetch_files(query=lambda record: record["_id"] == run_id)
    for kind in ("artifacts", "resources"):
        contents[kind] = {}
        for name, handle in files.get(kind, {}).items():
            with handle:
                contents[kind][name] = handle.read()
    metrics = {
        name: list(zip(m["steps"], m["values"], [T0] * len(m["steps"]), strict=True))
        for name, m in record.get("metrics", {}).items()
    }
    return {"output": record["captured_out"], "metrics": metrics, **contents, **plain}


@given(scenarios)
@settings(max_examples=examples(8, 20))
def test_any_life_over_a_store_that_fails_now_and_then(tmp_path_factory, scenario):
    directory = tmp_path_factory.mktemp("scenario")
    memory = MemoryStore()
    play(StoreObserver(memory), scenario, directory)
    store = FlakyStore(TinyDbObserver(directory / "runs").store, 0.3, seed=1)
    observer = StoreObserver(store, failure_dir=str(directory / "spool"))
    run_id = play(observer, scenario, directory)
    for record in (directory / "spool").glob("*/record.jsonl"):
        replay(record, store.store)
    assert read_back(directory / "runs", run_id) == memory.read(1)


def test_a_full_disk_leaves_all_as_it_was(observer, runs, monkeypatch):
    start(observer)
    before = (runs / "metadata.json").read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"Cannot write to .*: No space left on device"):
            beat(observer, "one\n")
    assert (runs / "metadata.json").read_bytes() == before
    assert [path.name for path in runs.iterdir() if path.suffix == ".tmp"] == []
    complete(observer, 1)
    [entry] = stored(runs)
    assert (entry["captured_out"], entry["result"]) == ("one\n", 1)


def test_a_damaged_database_is_left_alone(observer, runs):
    runs.mkdir()
    (runs / "metadata.json").write_text('{"runs": {"1": {')
    with pytest.raises(SacredError, match=r"metadata\.json' is damaged"):
        start(observer)
    assert (runs / "metadata.json").read_text() == '{"runs": {"1": {'


def test_what_changes_nothing_is_not_written(observer, runs):
    start(observer)
    beat(observer, "one", {"a": 1})
    before = (runs / "metadata.json").stat().st_mtime_ns
    beat(observer, "one", {"a": 1})
    assert (runs / "metadata.json").stat().st_mtime_ns == before


def test_beats_alone_are_rare_where_writing_is_slow(observer, runs, monkeypatch):
    monkeypatch.setattr(tinydb_store, "SLOW_WRITE_SECONDS", 0.0)
    monkeypatch.setattr(tinydb_store, "HEARTBEAT_TIME_SHARE", 1e-6)
    start(observer)
    beat(observer)
    later = T0 + datetime.timedelta(seconds=1)
    beat(observer, time=later)
    assert stored(runs)[0]["heartbeat"] == TIME
    beat(observer, "text", time=later)
    assert stored(runs)[0]["heartbeat"] == TIME.replace("05.678", "06.678")


# ----------------------------------------------------------------- object and option


def test_what_users_read_from_the_observer(observer, runs, tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    start(observer)
    start(observer)
    observer.artifact_event("x", str(tmp_path / "x"))
    assert observer.root == str(runs)
    assert observer.db_run_id == 2
    assert observer.run_entry["start_time"] == T0
    with observer.run_entry["artifacts"][0][-1] as handle:
        assert handle.read() == b"x"
    running = tinydb.Query().status == "RUNNING"
    assert len(observer.runs.search(running)) == len(observer.runs) == 2
    complete(observer)
    assert len(observer.runs.search(running)) == 1
    assert isinstance(observer.db, tinydb.TinyDB)


def test_users_may_change_the_database(observer, runs, tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    start(observer)
    observer.artifact_event("x", str(tmp_path / "x"))
    beat(observer, info={"a": np.float32([1, 2]), "text": "{TinyDate}:", "t": (1, 2)})
    [before] = stored(runs)
    observer.runs.update({"tag": "good"}, doc_ids=[1])
    assert stored(runs) == [{**before, "tag": "good"}]
    observer.runs.remove(doc_ids=[1])
    assert stored(runs) == []


@pytest.mark.parametrize("storage", ["memory", "json", "own"])
def test_a_database_that_was_made_by_hand(tmp_path, storage):
    db, fs = get_db_file_manager(tmp_path / "runs")
    if storage == "memory":
        db = tinydb.TinyDB(storage=MemoryStorage)
    elif storage == "json":
        db = tinydb.TinyDB(tmp_path / "db.json", storage=JSONStorage)
    observer = TinyDbObserver.create_from(db, fs, root="somewhere")
    run_id = start(observer, config={"a": np.eye(2)})
    running = tinydb.Query().status == "RUNNING"
    assert len(db.table("runs").search(running)) == 1
    log(observer, {"loss": [1]})
    beat(observer, "text", {"a": np.arange(3)})
    beat(observer, "text", {"a": np.arange(4)})
    complete(observer, 3)
    assert db.table("runs").search(running) == []
    entry = observer.run_entry
    assert (entry["_id"], entry["result"], entry["start_time"]) == (run_id, 3, T0)
    assert (observer.db, observer.fs, observer.root) == (db, fs, "somewhere")
    assert copy.deepcopy(observer).db is db
    again = TinyDbObserver.create_from(db, fs, overwrite=run_id)
    assert start(again) == run_id
    db.close()


def test_equal_if_the_place_is_the_same(tmp_path):
    one, same, other = (TinyDbObserver(tmp_path / name) for name in ("a", "a", "b"))
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    db = tinydb.TinyDB(storage=MemoryStorage)
    assert TinyDbObserver.create_from(db, None) == TinyDbObserver.create_from(db, None)
    assert repr(one) == f"TinyDbObserver({str(tmp_path / 'a')!r})"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies_and_pickles_observe_runs_of_their_own(observer, runs, duplicate):
    start(observer)
    assert len(observer.runs) == 1
    other = duplicate(observer)
    assert other == observer
    assert other.run_entry == {}
    start(other)
    complete(other, 2)
    assert [entry["status"] for entry in stored(runs)] == ["RUNNING", "COMPLETED"]
    assert len(other.runs) == 2


def test_the_deprecated_constructor(runs):
    with pytest.warns(DeprecationWarning, match=r"TinyDbObserver\.create\(\.\.\.\) is deprecated"):
        observer = TinyDbObserver.create(runs, overwrite="x")
    assert observer == TinyDbObserver(runs)
    assert observer.overwrite == "x"


def test_the_option(runs):
    run = SimpleNamespace(observers=[])
    tiny_db_option.apply(str(runs), run)
    assert run.observers == [TinyDbObserver(runs)]
    assert tiny_db_option.get_flags() == ("-t", "--tiny_db")


def test_without_tinydb_runs_are_stored_and_read(runs, run_script):
    done = run_script(
        "import sys\n"
        "sys.modules['tinydb'] = None\n"
        "from sacred.observers.tinydb_hashfs import TinyDbObserver, TinyDbReader\n"
        "from tests.unit.stores.observer_calls import start\n"
        "observer = TinyDbObserver(sys.argv[1])\n"
        "start(observer)\n"
        "print(len(TinyDbReader(sys.argv[1]).fetch_report(indices=0)))\n"
        "try:\n"
        "    observer.db\n"
        "except ImportError as error:\n"
        "    print(error)\n",
        runs,
    )
    assert done.returncode == 0, done.stderr
    assert 'pip install "sacred[tinydb]"' in done.stdout
