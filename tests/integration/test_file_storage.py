"""FileStorageObserver: the layout on the disk, and what happens to it when it fails."""

import copy
import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sacred.observers.file_storage import FileStorageObserver, file_storage_option
from sacred.stores.files.metrics_json import read_metrics
from tests.services.processes import run_together
from tests.unit.stores.comparison import READ_FIELDS, StoreObserver
from tests.unit.stores.observer_calls import T0, beat, complete, log, queue, start

TIME = "2026-01-02T03:04:05.678000"


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def observer(runs, tmp_path):
    return FileStorageObserver(runs, failure_dir=tmp_path / "spool")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(StoreObserver, "pause", 0.01)


def content(path):
    return json.loads(path.read_text(encoding="utf-8"))


def md5(data):
    return hashlib.md5(data).hexdigest()


def everything_in(path):
    """Names of the files of a run or store."""
    return sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file())


# -------------------------------------------------------------------------- layout


def test_nothing_is_made_before_a_run_starts(observer, runs):
    assert not runs.exists()
    assert observer.run_entry is None
    assert observer.dir is None


def test_the_record_at_the_start(observer, runs, tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    assert start(observer, base_dir=tmp_path, sources=[("a.py", "1234")]) == "1"
    stored = f"_sources/a_{md5(b'x = 1' + bytes([10]))}.py"
    assert content(runs / "1" / "run.json") == {
        "experiment": {
            "name": "ex",
            "base_dir": str(tmp_path),
            "sources": [["a.py", stored]],
            "dependencies": ["sacred==1.0.0"],
            "repositories": [],
            "mainfile": None,
        },
        "command": "main",
        "host": {"hostname": "here", "os": ["Linux", "6"]},
        "start_time": TIME,
        "meta": {"comment": "a test"},
        "status": "RUNNING",
        "resources": [],
        "artifacts": [],
        "heartbeat": None,
    }
    assert content(runs / "1" / "config.json") == {"C": 2.0}
    assert (runs / stored).read_bytes() == b"x = 1\n"
    assert everything_in(runs / "1") == [
        "config.json",
        "cout.txt",
        "metrics.json",
        "run.json",
    ]


def test_a_whole_run(observer, runs, tmp_path):
    (tmp_path / "r.csv").write_bytes(b"resource")
    (tmp_path / "m.bin").write_bytes(b"model")
    start(observer)
    observer.resource_event(filename=str(tmp_path / "r.csv"))
    observer.artifact_event(name="models/m.bin", filename=str(tmp_path / "m.bin"))
    log(observer, {"loss": [0.5, 0.25]})
    beat(observer, "hellö\r\n", {"x": (1, 2)}, None)
    complete(observer, 42)
    record = content(runs / "1" / "run.json")
    copy_of_resource = runs / "_resources" / f"r_{md5(b'resource')}.csv"
    assert record["resources"] == [[str(tmp_path / "r.csv"), str(copy_of_resource)]]
    assert copy_of_resource.read_bytes() == b"resource"
    assert record["artifacts"] == ["models/m.bin"]
    assert (runs / "1" / "models" / "m.bin").read_bytes() == b"model"
    assert (record["status"], record["result"]) == ("COMPLETED", 42)
    assert (record["heartbeat"], record["stop_time"]) == (TIME, TIME)
    assert (runs / "1" / "cout.txt").read_bytes() == "hellö\r\n".encode()
    assert content(runs / "1" / "info.json") == {"x": {"py/tuple": [1, 2]}}
    assert content(runs / "1" / "metrics.json") == {
        "loss": {"steps": [0, 1], "values": [0.5, 0.25], "timestamps": [TIME, TIME]}
    }


def test_failed_and_interrupted_runs(observer, runs):
    start(observer)
    observer.failed_event(fail_time=T0, fail_trace=["Traceback\n", "E\n"])
    start(observer)
    observer.interrupted_event(interrupt_time=T0, status="TIMEOUT")
    first, second = (content(runs / name / "run.json") for name in "12")
    assert (first["status"], first["fail_trace"]) == ("FAILED", ["Traceback\n", "E\n"])
    assert (second["status"], second["stop_time"]) == ("TIMEOUT", TIME)


def test_queued_runs(observer, runs):
    assert queue(observer) == "1"
    record = content(runs / "1" / "run.json")
    assert (record["status"], record["queue_time"]) == ("QUEUED", TIME)
    assert everything_in(runs / "1") == ["config.json", "run.json"]


def test_nan_can_be_read_by_every_json_reader(observer, runs):
    start(observer, config={"x": float("nan")})
    beat(observer, "", {"y": float("inf")})
    complete(observer, float("-inf"))
    for name in ("config.json", "info.json", "run.json"):
        json.loads((runs / "1" / name).read_text(), parse_constant=pytest.fail)


def test_files_are_stored_once_by_content(observer, runs, tmp_path):
    source = tmp_path / "a.py"
    for text in ("1", "1", "2"):
        source.write_text(text)
        start(observer, base_dir=tmp_path, sources=[("a.py", "?")])
        observer.resource_event(filename=str(source))
        observer.resource_event(filename=str(source))
        complete(observer)
    assert len(list((runs / "_sources").iterdir())) == 2
    assert len(list((runs / "_resources").iterdir())) == 2
    assert len(content(runs / "3" / "run.json")["resources"]) == 2


def test_sources_that_are_gone_or_found_later(observer, runs, tmp_path):
    (tmp_path / "b.py").write_text("b")
    start(observer, base_dir=tmp_path, sources=[("gone.py", "1234")])
    info = {"name": "ex", "base_dir": str(tmp_path), "sources": [("b.py", "5678")]}
    observer.experiment_info_event(ex_info=info)
    beat(observer, "")  # both are stored at once
    [[name, stored]] = content(runs / "1" / "run.json")["experiment"]["sources"]
    assert name == "b.py"
    assert (runs / stored).read_text() == "b"


def test_sources_in_place(runs, tmp_path):
    (tmp_path / "a.py").write_text("1")
    start(FileStorageObserver(runs, copy_sources=False), base_dir=tmp_path, sources=[("a.py", "")])
    assert content(runs / "1" / "run.json")["experiment"]["sources"] == [["a.py", "../a.py"]]
    assert not (runs / "_sources").exists()


def test_other_directories_for_sources_and_resources(runs, tmp_path):
    (tmp_path / "a.py").write_text("1")
    other = FileStorageObserver(runs, tmp_path / "res", tmp_path / "src")
    start(other, base_dir=tmp_path, sources=[("a.py", "")])
    other.resource_event(filename=str(tmp_path / "a.py"))
    record = content(runs / "1" / "run.json")
    name = f"a_{md5(b'1')}.py"
    assert record["experiment"]["sources"] == [["a.py", f"../src/{name}"]]
    assert record["resources"] == [[str(tmp_path / "a.py"), str(tmp_path / "res" / name)]]


@pytest.mark.parametrize("copy_artifacts", [True, False])
def test_resources_that_lie_among_the_records(runs, copy_artifacts):
    observer = FileStorageObserver(runs, copy_artifacts=copy_artifacts)
    start(observer)
    model = runs / "1" / "model"
    model.write_text("m")
    observer.resource_event(filename=str(model))
    [[_, stored]] = content(runs / "1" / "run.json")["resources"]
    assert (stored == str(model)) is not copy_artifacts
    observer.resource_event(filename=__file__)  # which does not lie there
    _, [_, stored] = content(runs / "1" / "run.json")["resources"]
    assert Path(stored).parent == runs / "_resources"


def test_output_is_appended_and_rewritten(observer, runs):
    start(observer)
    for text in ("10%\r", "é100%", "é100%\ndone", "", "again"):
        beat(observer, text)
        assert (runs / "1" / "cout.txt").read_bytes() == text.encode()
    assert (observer.cout, observer.cout_write_cursor) == ("again", 5)


def test_what_users_read_from_the_observer(observer, runs):
    start(observer)
    assert observer.dir == str(runs / "1")
    assert observer.run_entry["status"] == "RUNNING"
    assert observer.config == {"C": 2.0}
    assert observer.info is None
    log(observer, {"loss": [1]})
    beat(observer, "x", {"a": 1})
    assert observer.info == {"a": 1}
    assert observer.saved_metrics["loss"]["values"] == [1]


# ----------------------------------------------------------------------- artifacts


@pytest.mark.parametrize(
    "name", ["run.json", "config.json", "cout.txt", "info.json", "metrics.json", "./run.json"]
)
def test_artifacts_may_not_replace_the_record(observer, runs, name):
    start(observer)
    before = (runs / "1" / "run.json").read_bytes()
    names = r"run\.json, config\.json, cout\.txt, info\.json, metrics\.json"
    with pytest.raises(FileExistsError, match=names):
        observer.artifact_event(name=name, filename=__file__)
    complete(observer)
    assert before != (runs / "1" / "run.json").read_bytes()
    assert content(runs / "1" / "run.json")["artifacts"] == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/../../x", "/etc/x", "a\0b", "x" * 300, "a/", "d/" * 2000]
)
def test_artifacts_stay_in_the_runs_directory(observer, runs, name):
    start(observer)
    before = everything_in(runs.parent)
    with pytest.raises(ValueError, match="An artifact cannot be called"):
        observer.artifact_event(name=name, filename=__file__)
    assert everything_in(runs.parent) == before


def test_an_artifact_may_be_stored_again(observer, runs, tmp_path):
    start(observer)
    for text in ("1", "2"):
        (tmp_path / "a").write_text(text)
        observer.artifact_event(name="a", filename=str(tmp_path / "a"))
    assert (runs / "1" / "a").read_text() == "2"
    assert content(runs / "1" / "run.json")["artifacts"] == ["a", "a"]


def test_a_file_where_a_directory_should_be(observer, runs, tmp_path):
    start(observer)
    observer.artifact_event(name="a", filename=__file__)
    with pytest.raises(OSError, match="Cannot write to"):
        observer.artifact_event(name="a/b", filename=__file__)
    complete(observer)
    # The rest of the record has not suffered, and that file is in the spool.
    assert content(runs / "1" / "run.json")["status"] == "COMPLETED"
    assert len(list((tmp_path / "spool").glob("*/record.jsonl"))) == 1


# ----------------------------------------------------------------------------- ids


def test_an_explicit_id_is_used_as_it_is(observer, runs):
    assert start(observer, "my run") == "my run"
    assert start(observer, 12) == "12"
    assert start(observer) == "13"
    before = everything_in(runs)
    with pytest.raises(FileExistsError, match="There is a run '12' already"):
        start(observer, "12")
    assert everything_in(runs) == before


def test_fifty_processes_get_fifty_ids(runs):
    imports = (
        "from sacred.observers.file_storage import FileStorageObserver\n"
        "from tests.unit.stores.observer_calls import complete, start\n"
    )
    body = "observer = FileStorageObserver(sys.argv[1]); print(start(observer)); complete(observer)"
    ids = run_together(50, imports, body, str(runs))
    assert sorted(ids) == list(range(1, 51))
    records = [content(path) for path in runs.glob("*/run.json")]
    assert [record["status"] for record in records] == ["COMPLETED"] * 50


# ------------------------------------------------------------------------- failures


def read_back(path):
    """A run as `MemoryStore.read` gives it."""
    record = content(path / "run.json")
    record["config"] = content(path / "config.json")
    info = path / "info.json"
    record["info"] = content(info) if info.exists() else {}
    metrics = {
        name: list(zip(m["steps"], m["values"], [T0] * len(m["steps"]), strict=True))
        for name, m in read_metrics(path).items()
    }
    return {
        "output": (path / "cout.txt").read_bytes().decode(),
        "metrics": metrics,
        "artifacts": {name: (path / name).read_bytes() for name in record["artifacts"]},
        "resources": {name: Path(stored).read_bytes() for name, stored in record["resources"]},
        **{name: record.get(name) for name in READ_FIELDS},
    }


KILLED = """
import json, os, sys
from sacred.observers.file_storage import FileStorageObserver
from sacred.stores.files import metrics_json
from tests.unit.stores.observer_calls import beat, log, start
metrics_json.SMALL_FILE_BYTES = 3000
observer = FileStorageObserver(sys.argv[1])
start(observer)
truth = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
text = ""
for number in range(10**9):
    text += f"line {number}\\n"
    log(observer, {"loss": [number, -number], "acc": [number]})
    beat(observer, text, {"n": number, "long": ["x"] * 100})
    observer.artifact_event(name=f"a{number % 9}", filename=sys.argv[3])
    os.write(truth, b"%d\\n" % number)
"""


def test_killed_at_any_moment_everything_is_readable(tmp_path):
    """kill -9 while it writes all the time; at most what the last beat brought is missing."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    for trial in range(6):
        runs, truth = tmp_path / f"runs{trial}", tmp_path / f"truth{trial}"
        command = [sys.executable, "-c", KILLED, str(runs), str(truth), __file__]
        process = subprocess.Popen(command, env=environment)
        deadline = time.monotonic() + 30
        while not (truth.exists() and truth.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05 + 0.0371 * trial)
        process.send_signal(signal.SIGKILL)
        process.wait()
        told = int(truth.read_text().split("\n")[-2])
        run = read_back(runs / "1")
        json.loads((runs / "1" / "metrics.json").read_text())
        assert run["status"] == "RUNNING"
        assert len(run["output"].splitlines()) >= told + 1
        assert len(run["metrics"]["loss"]) >= 2 * (told + 1)
        assert run["info"]["n"] >= told
        assert all(data == Path(__file__).read_bytes() for data in run["artifacts"].values())


def test_a_source_that_cannot_be_stored_leaves_no_half_record(runs, tmp_path):
    (tmp_path / "a.py").write_text("")
    (tmp_path / "file").write_text("")
    observer = FileStorageObserver(runs, source_dir=tmp_path / "file" / "sources")
    with pytest.raises(OSError, match=r"Cannot write to|Not a directory"):
        start(observer, base_dir=tmp_path, sources=[("a.py", "")])
    assert not runs.exists()


# ----------------------------------------------------------------- object and option


def test_equal_if_the_base_directory_is_the_same(runs):
    assert FileStorageObserver(runs) == FileStorageObserver(str(runs), copy_sources=False)
    assert FileStorageObserver(runs) != FileStorageObserver(runs / "x")
    assert len({FileStorageObserver(runs), FileStorageObserver(runs)}) == 1
    assert FileStorageObserver(os.fsencode(runs)).basedir == str(runs)


def test_copies_and_pickles_observe_runs_of_their_own(observer, runs):
    start(observer)
    for other in (copy.deepcopy(observer), pickle.loads(pickle.dumps(observer))):
        assert other == observer
        start(other)
        complete(other)
    beat(observer, "mine")
    complete(observer)
    assert (runs / "1" / "cout.txt").read_text() == "mine"


@pytest.mark.parametrize("method", ["create", "create_from"])
def test_deprecated_constructors(runs, method):
    with pytest.warns(DeprecationWarning, match="FileStorageObserver"):
        made = getattr(FileStorageObserver, method)(runs, None, None, None, priority=3)
    assert (made.basedir, made.priority) == (str(runs), 3)


def test_the_option(runs):
    run = SimpleNamespace(observers=[])
    assert file_storage_option.get_flags() == ("-F", "--file_storage")
    file_storage_option.apply(str(runs), run)
    assert run.observers == [FileStorageObserver(runs)]
    assert run.observers[0].priority == 20


# ------------------------------------------------------------------------ template

TEMPLATE = "${run['status']} ${config['C']} ${info['x']} ${cout} ${savedir}"


def report(observer):
    start(observer)
    beat(observer, "out", {"x": 7})
    complete(observer)
    return Path(observer.dir)


def test_a_report_is_made_from_a_template(runs, tmp_path):
    (tmp_path / "t.md").write_text(TEMPLATE)
    directory = report(FileStorageObserver(runs, template=tmp_path / "t.md"))
    assert (directory / "report.md").read_text() == f"COMPLETED 2.0 7 out {directory}"


def test_the_template_that_is_there_anyhow(runs):
    runs.mkdir()
    (runs / "template.html").write_text("<b>${run['command']}</b>")
    assert (report(FileStorageObserver(runs)) / "report.html").read_text() == "<b>main</b>"


def test_a_template_that_is_not_there(runs):
    with pytest.raises(FileNotFoundError, match=r"nothing\.html"):
        FileStorageObserver(runs, template="nothing.html")
    assert "report.html" not in os.listdir(report(FileStorageObserver(runs)))
