"""Stores that the old library has written are read like any other.

``tests/reference`` has them, and the scripts that recorded them.
"""

import datetime
import shutil
import sqlite3

import pytest

from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.stores.files.index import side_index
from tests.conftest import ROOT
from tests.unit.stores.observer_calls import complete, log, start

REFERENCE = ROOT / "tests" / "reference"


@pytest.fixture(params=["files", "indexed files", "mongo"])
def store(request, tmp_path, monkeypatch):
    """The same two runs of sacred 0.8.7: the first completed, the second took too long."""
    if request.param != "mongo":
        if request.param == "indexed files":
            monkeypatch.setattr(side_index, "MIN_RUNS", 0)
            monkeypatch.setenv("SACRED_INDEX", str(tmp_path / "index"))
        opened = open_store(shutil.copytree(REFERENCE / "files_0.8", tmp_path / "moved"))
        assert (opened.index is not None) == (request.param == "indexed files")
        yield opened
        return
    from bson import json_util

    database = request.getfixturevalue("mongo_db")
    dump = json_util.loads((REFERENCE / "mongo_0.8.json").read_text(encoding="utf-8"))
    for name, documents in dump.items():
        if documents:
            database[name].insert_many(documents)
    server = request.getfixturevalue("mongo_server")
    with open_store(f"mongodb://{server.host}:{server.port}/{database.name}") as opened:
        yield opened


def test_runs_of_0_8(store):
    assert list(store.ids()) == [1, 2]
    run = store[1]
    assert run.problems == []
    assert (run.name, run.command, run.status) == ("old_ex", "main", "COMPLETED")
    assert run.comment == run.meta.comment == "the first"
    assert run.config.opt == {"name": "adam", "betas": run.config.opt.betas}
    assert list(run.config.opt.betas) == [0.9, 0.999]
    assert run.config.layers == [8, 16]
    assert run.result == 0.125
    assert run.info == {"best": 0.25, "when": [1, "two"]}
    assert "training, lr = 0.5\n" in run.output
    assert run.host.hostname == "old-host"
    assert run.experiment.mainfile == "train.py"
    assert "numpy==1.26.4" in run.experiment.dependencies
    assert isinstance(run.start_time, datetime.datetime)
    assert run.start_time <= run.stop_time
    assert store[2].status == "TIMEOUT"
    assert store[2].result is None


def test_metrics_of_0_8(store):
    metrics = store[1].metrics
    assert list(metrics) == ["loss", "train.acc"]
    assert metrics["loss"].values.tolist() == [1.0, 0.5, 1 / 3]
    assert metrics["loss"].steps.tolist() == [0, 10, 20]
    assert metrics["loss"].timestamps.dtype.kind == "M"
    assert metrics["train.acc"].values.tolist() == [0.5] * 3


def test_files_of_0_8(store):
    run = store[1]
    assert run.artifacts["model.txt"].read() == b"weights\n"
    assert sorted(run.sources) == ["helper.py", "train.py"]
    assert run.sources["helper.py"].text() == "# helper.py\n"
    assert "def make_experiment" in run.sources["train.py"].text()
    [resource] = run.resources.values()
    assert resource.name == "/tmp/old_ex/data.csv"


def test_queries_over_runs_of_0_8(store):
    def ids(query):
        return [run.id for run in store.runs(query)]

    assert ids("lr > 0.2") == [1]
    assert ids("slow and status = TIMEOUT") == [2]
    assert ids("result > 0.1 and result < 0.2") == [1]
    assert ids("info.best = 0.25") == [1, 2]
    assert ids("metrics.loss.min < 0.4 and layers.0 = 8") == [1, 2]
    assert ids("missing(result)") == [2]
    assert ids('"the first"') == [1]
    assert store.runs().varying() == ["config.lr", "config.seed", "config.slow"]


def test_runs_are_added_to_those_of_0_8(store, tmp_path):
    before = list(store.runs())
    observer = StoreObserver(store.backend, failure_dir=str(tmp_path / "spool"))
    assert str(start(observer)) == "3"
    log(observer, {"loss": [3.0]})
    complete(observer, 7)
    *old, new = store.runs()
    assert old == before
    assert (new.id, new.result, new.metrics["loss"].values.tolist()) == (3, 7, [3.0])
    assert store[1].metrics["loss"].values.tolist() == [1.0, 0.5, 1 / 3]


def test_resources_of_moved_files_are_found(tmp_path):
    moved = shutil.copytree(REFERENCE / "files_0.8", tmp_path / "moved")
    [resource] = open_store(moved)[1].resources.values()
    assert resource.read() == b"# data.csv\n"


@pytest.fixture
def old_sqlite(tmp_path):
    pytest.importorskip("sqlalchemy")
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript((REFERENCE / "old_sqlite.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


def _tables(path):
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return found


def test_an_sql_database_of_0_8_is_read_as_it_is(old_sqlite):
    before = _tables(old_sqlite)
    with open_store(f"sqlite:///{old_sqlite}") as store:
        assert len(list(store.ids())) == 4
        assert [run.id for run in store.runs(sort="-id")][:2] == ["mine", 4]
        run = store.runs("status = COMPLETED").first()
        assert (run.name, run.command, run.result) == ("old_ex", "main", 3.25)
        assert (run.comment, run.meta.priority) == ("the first", 2.0)
        assert (run.config.lr, run.config.shape) == (0.5, (3, 4))
        assert (run.info, run.output) == ({"epochs": [1, 2]}, "hellö\n")
        assert run.host.os == ["Linux", "Linux-4.19-x86_64"]
        assert run.experiment.dependencies == ["numpy==1.18.1", "sacred==0.8.7"]
        assert run.experiment.repositories[0].dirty is True
        assert run.start_time == datetime.datetime(2020, 1, 2, 3, 4, 5, 678000)
        assert run.artifacts["model.bin"].read() == b"a,b\n1,2\n"
        assert run.resources["/tmp/old_ex/data.csv"].read() == b"a,b\n1,2\n"
        assert run.sources["train.py"].text() == "print('train')\n"
        assert dict(run.metrics) == {}
        failed = store.runs("status = FAILED").first()
        assert failed.fail_trace == "Traceback\nValueError: no\n"
        assert [run.id for run in store.runs("lr = 0.5 and status = INTERRUPTED")] == ["mine"]
        assert len(store.runs("status = DEAD")) == 1
        assert len(store.runs('comment = "the first" and result > 3')) == 1
    assert _tables(old_sqlite) == before


def test_a_tinydb_of_0_8():
    store = open_store(f"tinydb:{REFERENCE / 'tinydb_0.8'}")
    assert list(store.ids()) == ["0" * 31 + "1", "0" * 31 + "2", 3]
    run = store["0" * 31 + "1"]
    assert (run.name, run.status, run.result) == ("first ex", "COMPLETED", 42)
    assert run.config.array.tolist() == [0, 1, 2]
    assert run.info.matrix.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert run.info.when == datetime.datetime(2026, 1, 2, 3, 4, 5, 678)
    assert run.info.single.tolist() == [0.5]
    assert run.info.frame.y.tolist() == ["a", "b"]
    assert (run.output, run.comment) == ("hello é\n", "first ex")
    assert run.artifacts["result"].read() == b"content of out.txt\n"
    assert run.resources["data.csv"].read() == b"content of data.csv\n"
    assert list(run.sources) == ["main.py", "a.py"]
    assert run.problems == []
    failed = store.runs("status = FAILED").first()
    assert failed.fail_trace == "E: bad\n"
    assert [run.id for run in store.runs("config.b.c.0 = 1.5")] == ["0" * 31 + "1"]
    assert [run.id for run in store.runs("info.when > 2026-01-01")] == ["0" * 31 + "1"]
    assert len(store.runs("status = DEAD and seed = 1")) == 1
