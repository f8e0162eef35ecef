"""SqlObserver against SQLite and a real PostgreSQL (and MySQL if SACRED_TEST_MYSQL_URL is set)."""

import contextlib
import copy
import datetime
import json
import math
import os
import pickle
import re
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from sacred import Experiment, open_store
from sacred.observers.sql import DEFAULT_SQL_PRIORITY, SqlObserver, sql_option
from sacred.observers.sql_bases import (
    Artifact,
    Base,
    Dependency,
    Host,
    Metric,
    Output,
    Resource,
    Run,
    Source,
)
from sacred.observers.sql_bases import Experiment as ExperimentRow
from sacred.stores.changes import AddPoints, SetFields, WriteOutput
from sacred.stores.document import RunChangeTracker
from sacred.stores.local_files import md5_of_file
from sacred.stores.sql import database
from sacred.stores.sql.points import step_from, value_from
from sacred.stores.sql.storable_text import storable
from sacred.stores.store import RunNotFoundError, StoreError
from sacred.upkeep import discard, find_garbage, remove_garbage
from tests.crash_safety.effort import examples, pick
from tests.services.processes import run_together
from tests.unit.stores.comparison import READ_FIELDS, MemoryStore, StoreObserver, play, scenarios
from tests.unit.stores.observer_calls import T0, beat, complete, log, queue, start

REFERENCE = Path(__file__).parents[1] / "reference"
MYSQL = os.environ.get("SACRED_TEST_MYSQL_URL")

DATABASES = ["sqlite", "postgres", *(["mysql"] if MYSQL else [])]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(StoreObserver, "pause", 0.05)


@contextlib.contextmanager
def fresh_mysql():
    server = sa.create_engine(MYSQL, isolation_level="AUTOCOMMIT")
    name = f"sacred_test_{uuid.uuid4().hex[:12]}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        yield server.url.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name}")
    server.dispose()


@pytest.fixture(params=DATABASES)
def url(request, tmp_path):
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/runs.db"
    elif request.param == "mysql":
        with fresh_mysql() as address:
            yield address
    else:
        with request.getfixturevalue("postgres").database() as address:
            yield address


@pytest.fixture
def observer(url, tmp_path):
    observer = SqlObserver(url, failure_dir=tmp_path / "spool")
    yield observer
    observer.session.remove()
    observer.store.close()


@pytest.fixture
def rows(observer):
    """A session to look at what is stored, apart from the observer."""
    with Session(observer.engine, autoflush=False) as session:
        yield session


def points_of(session, run_id, name):
    columns = (Metric.step, Metric.step_json, Metric.value, Metric.value_json, Metric.timestamp)
    query = session.query(*columns).filter_by(run_id=run_id, name=name).order_by(Metric.position)
    return [
        (step_from(step, step_json), value_from(value, value_json), timestamp)
        for step, step_json, value, value_json, timestamp in query
    ]


def read_back(session, run_id):
    """A run as `MemoryStore.read` gives it."""
    run = session.query(Run).filter_by(run_id=str(run_id)).one()
    record = {**run.to_json(), "info": json.loads(run.info) if run.info else None}
    names = {name for (name,) in session.query(Metric.name).filter_by(run_id=run.run_id)}
    trace = run.fail_trace_json
    return {
        "output": run.captured_out,
        "metrics": {name: points_of(session, run.run_id, name) for name in names},
        "artifacts": {row.filename: row.content for row in run.artifacts},
        "resources": {row.filename: row.content for row in run.resources},
        **{name: record.get(name) for name in READ_FIELDS},
        "fail_trace": None if trace is None else json.loads(trace),
    }


# ----------------------------------------------------------------------- documents

TABLES = {
    "run": """
        id run_id command start_time heartbeat stop_time queue_time priority comment fail_trace
        captured_out config info status result host_id experiment_id
    """,
    "experiment": "name md5sum base_dir",
    "source": "filename md5sum content",
    "repository": "url commit dirty",
    "dependency": "name version",
    "artifact": "filename content run_id",
    "resource": "filename md5sum content",
    "host": "cpu hostname os os_info python_version",
    "experiments_sources": "experiment_id source_id",
    "experiments_repositories": "experiment_id repository_id",
    "experiments_dependencies": "experiment_id dependency_id",
    "runs_resources": "run_id resource_id",
}


def test_tables_and_columns_have_the_names_that_scripts_know(observer):
    start(observer)
    inspector = sa.inspect(observer.engine)
    for table, promised in TABLES.items():
        columns = {column["name"] for column in inspector.get_columns(table)}
        assert set(promised.split()) <= columns
    unique = inspector.get_unique_constraints("run") + inspector.get_indexes("run")
    assert any(each["column_names"] == ["run_id"] and each.get("unique", True) for each in unique)


def test_the_rows_at_the_start(observer, rows, tmp_path):
    (tmp_path / "a.py").write_text("x = 'é'")
    repository = {"url": "git@host:ex", "commit": "c" * 40, "dirty": True}
    extra = {"repositories": [repository], "dependencies": ["numpy==1.2", "odd"]}
    assert start(observer, base_dir=tmp_path, sources=[("a.py", "12ab")], **extra) == "1"
    run = rows.query(Run).one()
    assert (run.run_id, run.command, run.status) == ("1", "main", "RUNNING")
    assert (run.start_time, run.heartbeat, run.stop_time) == (T0, None, None)
    assert (run.comment, run.priority, run.captured_out) == ("a test", 0, "")
    assert (json.loads(run.config), json.loads(run.info)) == ({"C": 2.0}, {})
    assert (run.host.hostname, run.host.os, run.host.os_info) == ("here", "Linux", "6")
    assert (run.experiment.name, run.experiment.base_dir) == ("ex", str(tmp_path))
    [source] = run.experiment.sources
    assert (source.filename, source.md5sum, source.content) == ("a.py", "12ab", "x = 'é'")
    assert [d.to_json() for d in run.experiment.dependencies] == ["numpy==1.2", "odd"]
    assert [r.to_json() for r in run.experiment.repositories] == [repository]


def test_a_whole_run(observer, rows, tmp_path):
    file = tmp_path / "r.csv"
    file.write_bytes(b"\0\xff" * 100_000)
    start(observer)
    observer.resource_event(filename=str(file))
    observer.artifact_event(name="d/m", filename=str(file), metadata={"a": (1,)}, content_type="x")
    log(observer, {"loss": [0.5, math.inf]})
    beat(observer, "hellö 😀\n", {"k": [1]}, None)
    complete(observer, 42)
    run = rows.query(Run).filter_by(status="COMPLETED").one()
    assert (run.heartbeat, run.stop_time, run.result) == (T0, T0, 42.0)
    assert run.captured_out == "hellö 😀\n"
    assert [r.content for r in run.resources] == [file.read_bytes()]
    [artifact] = run.artifacts
    assert (artifact.filename, artifact.content_type) == ("d/m", "x")
    assert artifact.content == file.read_bytes()
    assert json.loads(artifact.metadata_json) == {"a": {"py/tuple": [1]}}
    assert artifact.run is run
    assert points_of(rows, "1", "loss") == [(0, 0.5, T0), (1, math.inf, T0)]


def test_failed_interrupted_and_queued_runs(observer, rows):
    start(observer)
    observer.failed_event(fail_time=T0, fail_trace=["Traceback\n", "E\n"])
    start(observer)
    observer.interrupted_event(interrupt_time=T0, status="A_STATUS_OF_MY_OWN")
    assert queue(observer) == "3"
    failed, interrupted, queued = rows.query(Run).order_by(Run.id)
    assert (failed.status, failed.fail_trace) == ("FAILED", "Traceback\n\nE\n")
    assert json.loads(failed.fail_trace_json) == ["Traceback\n", "E\n"]
    assert (interrupted.status, interrupted.stop_time) == ("A_STATUS_OF_MY_OWN", T0)
    assert (queued.status, queued.queue_time, queued.start_time) == ("QUEUED", T0, None)


@pytest.mark.parametrize(
    ("result", "number"),
    [
        (3, 3.0),
        (2.5, 2.5),
        (True, 1.0),
        (None, None),
        ("done", None),
        ({"a": [1, (2,)], 3: "x"}, None),
        (math.inf, None),
        (10**400, None),
        (2**60 + 1, float(2**60)),
    ],
)
def test_a_run_completes_with_any_result(observer, rows, result, number):
    """The old library left it RUNNING."""
    start(observer)
    beat(observer, "", {}, result)
    complete(observer, result)
    run = rows.query(Run).one()
    assert (run.status, run.result) == ("COMPLETED", number)
    stored = observer.query("1")["result"]
    assert stored == result
    assert type(stored) is type(result)


def test_nan_everywhere(observer, rows):
    start(observer, config={"x": math.nan})
    log(observer, {"loss": [math.nan, 1.0]})
    beat(observer, "", {"y": math.nan}, math.nan)
    complete(observer, math.nan)
    record = observer.query("1")
    assert math.isnan(record["config"]["x"])
    assert math.isnan(record["info"]["y"])
    assert math.isnan(record["result"])
    (_, first, _), (_, second, _) = points_of(rows, "1", "loss")
    assert math.isnan(first)
    assert second == 1.0
    text = rows.query(Run.config).scalar()
    assert "NaN" not in re.sub('"NaN"', "", text)  # any JSON reader can read it


def test_points_keep_their_types(observer, rows):
    start(observer)
    values = [1, 1.0, True, 2**60 + 1, "text", None, -math.inf]
    log(observer, {"m": values, "M": [0.5], "é😀": [1.5]})
    got = [value for _, value, _ in points_of(rows, "1", "m")]
    assert got == values
    assert [type(value) for value in got] == [type(value) for value in values]
    assert [value for _, value, _ in points_of(rows, "1", "M")] == [0.5]
    assert [value for _, value, _ in points_of(rows, "1", "é😀")] == [1.5]
    # And SQL can compute with them.
    assert rows.query(sa.func.max(Metric.value)).filter_by(name="m").scalar() == 2.0**60


def test_steps_may_be_anything(observer, rows):
    start(observer)
    steps = [None, 3, 0.5, 2**60, "s"]
    points = {"values": [1.0] * 5, "steps": steps, "timestamps": [T0] * 5}
    observer.log_metrics({"m": {"name": "m", **points}}, {})
    assert [step for step, _, _ in points_of(rows, "1", "m")] == steps


def test_long_and_strange_texts(observer, rows, tmp_path):
    long = "ä" * 70_000
    name = "n" * 500 + "/x\ud800"
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "s.py").write_bytes(b"# \xe9 \0")
    start(observer, base_dir=tmp_path, sources=[("s.py", "1")], config={"a": long, "b": "\0\ud800"})
    observer.artifact_event(name=name, filename=str(tmp_path / "a"))
    beat(observer, long + "\0\n")
    beat(observer, long + "\0\n" + "more")
    observer.failed_event(fail_time=T0, fail_trace=[long, "\0"])
    run = rows.query(Run).one()
    assert run.captured_out == long + "␀\nmore"
    assert observer.query("1")["config"] == {"a": long, "b": "\0\ud800"}
    assert json.loads(run.fail_trace_json) == [long, "\0"]
    assert run.artifacts[0].filename == "n" * 500 + "/x\ufdd0d800"
    assert run.experiment.sources[0].content == "# é ␀"


def test_runs_share_rows(observer, rows, tmp_path):
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "r").write_text("r")
    for _ in range(3):
        start(observer, base_dir=tmp_path, sources=[("a.py", "1")])
        observer.resource_event(filename=str(tmp_path / "r"))
    (tmp_path / "r").write_text("changed")
    observer.resource_event(filename=str(tmp_path / "r"))
    start(observer, base_dir=tmp_path, sources=[("a.py", "2")])
    counts = {kind: rows.query(kind).count() for kind in (ExperimentRow, Source, Dependency, Host)}
    assert counts == {ExperimentRow: 2, Source: 2, Dependency: 1, Host: 1}
    assert rows.query(Resource).count() == 2
    assert [len(run.resources) for run in rows.query(Run).order_by(Run.id)] == [1, 1, 2, 0]


def test_sources_found_later(observer, rows, tmp_path):
    (tmp_path / "b.py").write_text("b")
    start(observer, base_dir=tmp_path, sources=[("gone.py", "1234")])
    info = {"name": "ex", "base_dir": str(tmp_path), "sources": [("b.py", "5678")]}
    observer.experiment_info_event(ex_info=info)
    beat(observer, "")  # both are stored at once
    [source] = rows.query(Run).one().experiment.sources
    assert (source.filename, source.content) == ("b.py", "b")
    assert rows.query(Source).filter_by(filename="gone.py").one().content is None


def test_an_artifact_that_is_added_twice_is_listed_twice(observer, rows, tmp_path):
    start(observer)
    for text in ("A", "B"):
        (tmp_path / "a").write_text(text)
        observer.artifact_event(name="a", filename=str(tmp_path / "a"))
    found = rows.query(Artifact).order_by(Artifact.artifact_id).all()
    assert [(row.filename, row.content) for row in found] == [("a", b"A"), ("a", b"B")]


def test_a_resource_that_is_opened_twice_is_listed_twice(observer, rows, tmp_path):
    """As by the old library, and as in files; the content is stored once."""
    start(observer)
    for _ in range(2):
        (tmp_path / "a").write_text("A")
        observer.resource_event(filename=str(tmp_path / "a"))
    complete(observer)
    links = rows.execute(sa.text("SELECT run_id, resource_id FROM runs_resources")).all()
    assert len(links) == 2
    assert len(set(links)) == 1


def test_query_tells_what_it_always_told(observer, tmp_path):
    (tmp_path / "a.py").write_text("1")
    start(observer, base_dir=tmp_path, sources=[("a.py", "12ab")], config={"t": (1, 2)})
    observer.artifact_event(name="art", filename=str(tmp_path / "a.py"))
    complete(observer, {"a": 1})
    record = observer.query("1")
    assert record == observer.query(1)
    assert record.pop("info") == {}  # it told nothing of that
    assert record.pop("experiment").pop("sources") == [{"filename": "a.py", "md5sum": "12ab"}]
    assert record == {
        "_id": "1",
        "command": "main",
        "start_time": T0,
        "heartbeat": None,
        "stop_time": T0,
        "queue_time": None,
        "status": "COMPLETED",
        "result": {"a": 1},
        "meta": {"comment": "a test", "priority": 0.0},
        "resources": [],
        "artifacts": [{"_id": 1, "filename": "art"}],
        "host": {"hostname": "here", "os": ["Linux", "6"], "cpu": None, "python_version": None},
        "config": {"t": (1, 2)},
        "captured_out": "",
        "fail_trace": None,
    }
    with pytest.raises(RunNotFoundError, match="There is no run 99 in "):
        observer.query(99)


def test_queries_of_old_scripts(observer):
    assert observer.run is None
    start(observer)
    assert observer.session.query(Run).filter_by(status="RUNNING").count() == 1
    run = observer.session.query(Run).first()
    beat(observer, "more")
    assert run.captured_out == "more"  # the session saw the event
    assert observer.run is run
    complete(observer, 7)
    assert (observer.run.status, observer.run.result) == ("COMPLETED", 7.0)
    query = observer.session.query(Run).join(Run.experiment).filter_by(name="ex")
    assert query.order_by(Run.start_time.desc()).first().to_json()["_id"] == "1"


def test_the_session_of_create_from_sees_each_event(url):
    options = {"isolation_level": "READ COMMITTED"} if url.startswith("mysql") else {}
    engine = sa.create_engine(url, **options)
    with sessionmaker(engine)() as session:
        observer = SqlObserver.create_from(engine, session, priority=3)
        assert (observer.engine, observer.session, observer.priority) == (engine, session, 3)
        start(observer)
        run = session.query(Run).one()
        beat(observer, "a")
        assert session.query(Run).one().captured_out == "a"
        run.comment = "mine"
        complete(observer)
        assert run.comment == "mine"  # what is not yet stored is left alone
        session.rollback()
        assert run.status == "COMPLETED"
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(observer)
        assert copy.deepcopy(observer) == observer
    engine.dispose()


def test_a_database_in_memory():
    observer = SqlObserver("sqlite://")
    start(observer)
    thread = threading.Thread(target=beat, args=(observer, "from the heartbeat"))
    thread.start()
    thread.join()
    assert observer.query("1")["captured_out"] == "from the heartbeat"
    assert copy.deepcopy(observer).query("1")["_id"] == "1"
    observer.session.remove()


def test_an_experiment(url):
    ex = Experiment("sql", save_git_info=False)
    ex.observers.append(SqlObserver(url))
    ex.add_config(a=1)

    @ex.main
    def main(_run, a):
        _run.log_scalar("loss", 0.5)
        print("hello")
        return {"a": a}

    run = ex.run()
    record = ex.observers[0].query(run._id)
    assert (record["status"], record["result"]) == ("COMPLETED", {"a": 1})
    assert "hello" in record["captured_out"]
    with Session(ex.observers[0].engine) as session:
        assert [value for _, value, _ in points_of(session, run._id, "loss")] == [0.5]


# ----------------------------------------------------------------------------- ids


def test_ids_go_on_from_the_highest_number(observer, rows):
    assert start(observer, 7) == 7
    assert start(observer, "text") == "text"
    assert start(observer, "12345678901234567890123") == "12345678901234567890123"
    assert start(observer) == "8"
    with pytest.raises(FileExistsError, match="There is a run '8' already in"):
        start(observer, "8")
    assert start(observer) == "9"
    beat(observer, "x")
    assert rows.query(Run).filter_by(run_id="9").one().captured_out == "x"


def test_no_points_of_a_deleted_run_are_inherited(observer, rows):
    start(observer)
    log(observer, {"m": [1.0]})
    rows.delete(rows.query(Run).one())
    rows.commit()
    assert start(observer) == "1"
    assert points_of(rows, "1", "m") == []


IMPORTS = """
import tempfile
import psycopg, sqlalchemy.dialects.postgresql.psycopg, sqlalchemy.dialects.sqlite, sqlalchemy.orm
from sacred.observers.sql import SqlObserver
from tests.unit.stores.observer_calls import beat, complete, log, start
"""
#: Processes that start at once; importing all this takes each of them most of a second.
STARTS = pick(8, 24)
MANY = """
observer = SqlObserver(sys.argv[1])
print(start(observer))
with tempfile.NamedTemporaryFile() as file:
    file.write(b"same")
    file.flush()
    observer.resource_event(filename=sys.argv[2])
    observer.artifact_event(name="a", filename=file.name)
log(observer, {"m": [1.0]})
beat(observer, "out")
complete(observer, "done")
"""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_processes_that_start_at_once_in_an_empty_database(url, observer, rows):
    ids = run_together(STARTS, IMPORTS, MANY, url, __file__)
    assert sorted(ids) == list(range(1, STARTS + 1))
    assert rows.query(Run).filter_by(status="COMPLETED").count() == STARTS
    for kind in (ExperimentRow, Host, Dependency, Resource):
        assert rows.query(kind).count() == 1
    assert rows.query(Artifact).count() == rows.query(Metric).count() == STARTS


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_processes_that_start_at_once_upgrade_an_old_database(old_url):
    ids = run_together(STARTS, IMPORTS, MANY, old_url, __file__)
    assert sorted(ids) == list(range(5, 5 + STARTS))
    assert SqlObserver(old_url).query("0")["result"] == 3.25


# ------------------------------------------------------------------ old databases


@pytest.fixture(params=["sqlite", "postgres"])
def old_url(request, tmp_path):
    """A database as the old library left it."""
    script = (REFERENCE / f"old_{request.param}.sql").read_text()
    if request.param == "sqlite":
        with contextlib.closing(sqlite3.connect(tmp_path / "old.db")) as connection:
            connection.executescript(script)
        yield f"sqlite:///{tmp_path}/old.db"
    else:
        server = request.getfixturevalue("postgres")
        with server.database() as address:
            server.execute(script, address.rpartition("/")[2])
            yield address


def table_contents(url):
    """All rows of all tables, by name of table and column."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        contents = {
            name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for name, table in metadata.tables.items()
        }
    engine.dispose()
    return contents


def test_an_old_database_is_upgraded_without_losing_a_row(old_url, tmp_path):
    before = table_contents(old_url)
    observer = SqlObserver(old_url)
    assert observer.query("0") == {
        "_id": "0",
        "command": "main",
        "start_time": datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),
        "heartbeat": datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),
        "stop_time": datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),
        "queue_time": None,
        "status": "COMPLETED",
        "result": 3.25,
        "meta": {"comment": "the first", "priority": 2.0},
        "resources": [
            {"filename": "/tmp/old_ex/data.csv", "md5sum": "e5ebd4c02cefbe7955977c67ada242b7"}
        ],
        "artifacts": [{"_id": 1, "filename": "model.bin"}],
        "host": {
            "cpu": "Some CPU",
            "hostname": "old-host",
            "os": ["Linux", "Linux-4.19-x86_64"],
            "python_version": "3.7.3",
        },
        "experiment": {
            "name": "old_ex",
            "base_dir": "/tmp/old_ex",
            "sources": [{"filename": "train.py", "md5sum": "7b7407fdf45908376dc9b05dd0145854"}],
            "repositories": [{"url": "git@host:me/ex.git", "commit": "c" * 40, "dirty": True}],
            "dependencies": ["numpy==1.18.1", "sacred==0.8.7"],
        },
        "config": {"lr": 0.5, "layers": [1, 2, "x"], "shape": (3, 4), "seed": 7},
        "info": {"epochs": [1, 2]},
        "captured_out": "hellö\n",
        "fail_trace": None,
    }
    assert observer.query("2")["fail_trace"] == "Traceback\n\nValueError: no\n"
    assert observer.query("mine")["status"] == "INTERRUPTED"
    after = table_contents(old_url)
    for table, old_rows in before.items():
        for old, new in zip(old_rows, after[table], strict=True):
            assert new | old == new


def test_an_upgraded_database_takes_new_runs_of_any_length(old_url):
    observer = SqlObserver(old_url)
    assert start(observer) == "5"
    complete(observer, {"any": "result"})
    assert start(observer, "i" * 200, name="n" * 200) == "i" * 200
    assert queue(observer) == "6"
    other = SqlObserver(old_url)  # nothing is left to be upgraded
    assert other.query("5")["result"] == {"any": "result"}
    assert other.query("6")["status"] == "QUEUED"
    with other.engine.connect() as connection:
        assert database.statements_for(connection) == []


def test_a_half_upgraded_database_is_completed(old_url):
    engine = sa.create_engine(old_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE run ADD COLUMN result_json TEXT")
        Base.metadata.tables["metric"].create(connection)
    engine.dispose()
    observer = SqlObserver(old_url)
    start(observer)
    log(observer, {"m": [1.0]})
    complete(observer, "text")
    assert observer.query("5")["result"] == "text"


# ------------------------------------------------------------------- once and again


def test_changes_applied_twice_are_as_applied_once(observer, rows, tmp_path):
    (tmp_path / "a").write_text("a")
    start(observer)
    store, tracker = observer.store, RunChangeTracker()
    [artifact] = tracker.artifact("a", str(tmp_path / "a"))
    changes = [
        WriteOutput(start=0, offset=0, text="hello"),
        WriteOutput(start=4, offset=4, text="😀\nx"),
        WriteOutput(start=6, offset=9, text="y"),
        AddPoints(name="m", start=0, steps=[0, 1], values=[1.0, 2.0], timestamps=[T0, T0]),
        AddPoints(name="m", start=2, steps=[2], values=[3.0], timestamps=[T0]),
        artifact,
        *tracker.resource(str(tmp_path / "a")),
        *tracker.experiment_info({"name": "ex", "base_dir": "/", "sources": []}),
        SetFields(fields={"status": "COMPLETED", "stop_time": T0, "result": "r"}),
    ]
    store.apply("1", changes)
    once = read_back(rows, "1")
    rows.rollback()
    for change in changes:
        store.apply("1", [change])
        store.apply("1", [change])
    rows.expire_all()
    assert read_back(rows, "1") == once
    assert once["output"] == "hell😀\ny"


def test_output_is_not_sent_again(observer):
    start(observer)
    beat(observer, "a" * 100_000)
    with statements_of(observer.engine) as found:
        beat(observer, "a" * 100_000 + "b")
    assert len(repr(found)) < 10_000
    assert observer.query("1")["captured_out"] == "a" * 100_000 + "b"


#: In place of the notice that the output goes on elsewhere.
_SHORT = "\n[...]\n"


@pytest.fixture
def small_rows(monkeypatch):
    """As if a row of a run could have 60 characters of output."""
    sizes = {
        "MAX_CHARS_IN_ROW": 60,
        "HEAD_CHARS": 10,
        "TAIL_CHARS": 12,
        "CHARS_AT_ONCE": 25,
        "TAIL_START": 10 + len(_SHORT),
    }
    # As in truth, the beginning and the end are less than may be there.
    monkeypatch.setattr("sacred.stores.sql.output.NOTICE", _SHORT)
    for name, size in sizes.items():
        monkeypatch.setattr(f"sacred.stores.sql.output.{name}", size)


@given(st.lists(st.tuples(st.integers(0, 40), st.text(max_size=80)), max_size=8), st.booleans())
@example([(0, "0" * 30), (0, "1" * 31), (5, "é" * 80), (40, "")], False)
@settings(
    max_examples=settings.default.max_examples // pick(3, 1),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_output_of_any_length(observer, rows, small_rows, writes, twice):
    """Also if its end, or something long ago, is written anew, or a change is made again."""
    run_id, output = start(observer), ""
    for back, text in writes:
        output, at = output[: max(len(output) - back, 0)], max(len(output) - back, 0)
        change = WriteOutput(start=at, offset=len(output.encode()), text=text)
        for _ in range(1 + twice):
            observer.store.apply(run_id, [change])
        output += storable(text)
    assert observer.store.reader().output(run_id) == output
    rows.rollback()
    shown = rows.query(Run).filter_by(run_id=run_id).one().captured_out or ""
    pieces = rows.query(Output).filter_by(run_id=run_id).order_by(Output.position).all()
    assert len(shown) <= 60
    assert [piece.text for piece in pieces] == [output[p.position : p.stop] for p in pieces]
    if pieces:
        assert shown == output[:10] + _SHORT + output[pieces[-1].stop :]


def test_long_output_is_gone_with_its_run(observer, rows, small_rows):
    run_id = start(observer)
    beat(observer, "line\n" * 100)
    complete(observer)
    assert rows.query(Output).count() > 1
    rows.rollback()
    observer.store.discard(run_id)
    observer.store.remove(run_id)
    assert rows.query(Output).count() == 0


def test_output_left_behind_is_garbage(url, observer, rows, small_rows):
    run_id = start(observer)
    beat(observer, "line\n" * 100)
    rows.execute(sa.delete(Run).where(Run.run_id == run_id))
    rows.commit()
    with open_store(url) as store:
        waste = find_garbage(store, grace=datetime.timedelta(0))
        assert ("output", f"output of run {run_id}") in {(i.kind, i.name) for i in waste.garbage}
        remove_garbage(store, waste)
    assert rows.query(Output).count() == 0


def test_a_reader_does_not_take_new_rows_for_removed_ones(url, observer, tmp_path):
    """The databases give their numbers to others, once those with the highest are removed."""
    with open_store(url) as store:
        for text in ("first", "other"):
            (tmp_path / f"{text}.py").write_text(text)
            source = (f"{text}.py", md5_of_file(str(tmp_path / f"{text}.py")))
            run_id = start(observer, base_dir=tmp_path, sources=[source])
            complete(observer)
            [file] = store[run_id].sources.values()
            assert (file.name, file.read()) == (f"{text}.py", text.encode())
            discard(store, [run_id])
            remove_garbage(store, find_garbage(store, grace=datetime.timedelta(0)))


def test_one_bad_change_does_not_take_others_with_it(observer, rows):
    start(observer)
    good = SetFields(fields={"info": {"a": 1}})
    with pytest.raises(StoreError, match="no column for the field 'odd'"):
        observer.store.apply("1", [good, SetFields(fields={"odd": 1})])
    assert observer.query("1")["info"] == {"a": 1}


def test_changes_of_a_run_that_is_not_there(observer):
    with pytest.raises(RunNotFoundError, match="There is no run '5' in"):
        observer.store.apply("5", [SetFields(fields={"status": "COMPLETED"})])


@pytest.mark.parametrize("url", ["mysql"] if MYSQL else [], indirect=True)
@given(scenarios)
@settings(max_examples=examples(8, 25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_life_is_stored_as_in_memory_by_mysql(tmp_path_factory, observer, rows, scenario):
    directory = tmp_path_factory.mktemp("scenario")
    memory = MemoryStore()
    play(StoreObserver(memory), scenario, directory)
    run_id = play(observer, scenario, directory)
    rows.rollback()
    rows.expire_all()
    assert read_back(rows, run_id) == memory.read(1)


@contextlib.contextmanager
def statements_of(engine):
    """The statements that are executed meanwhile, each with its parameters."""
    found = []

    def note(connection, cursor, statement, parameters, context, executemany):
        found.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(engine, "before_cursor_execute", note)


def test_many_points_go_in_large_pieces(observer, rows):
    start(observer)
    values = [number / 2 for number in range(25_000)]
    with statements_of(observer.engine) as found:
        log(observer, {"m": values})
    insert = "INSERT INTO metric "
    pieces = [parameters for statement, parameters in found if statement.startswith(insert)]
    assert [len(piece) for piece in pieces] == [10_000, 10_000, 5_000]
    with statements_of(observer.engine) as found:
        log(observer, {"m": [-1.0]})
    assert len(found) < 10  # however many there were before
    assert [value for _, value, _ in points_of(rows, "1", "m")] == [*values, -1.0]


# ------------------------------------------------------------------------- failures


def test_the_server_comes_back_while_the_run_ends(own_postgres, tmp_path, monkeypatch):
    monkeypatch.setattr(StoreObserver, "pause", 0.5)
    observer = SqlObserver(own_postgres.create_database(), failure_dir=tmp_path / "spool")
    start(observer)
    own_postgres.kill()
    later = threading.Timer(1.0, own_postgres.start)
    later.start()
    complete(observer, 1)
    later.join()
    assert observer.query("1")["status"] == "COMPLETED"


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_no_right_to_write(postgres, url):
    name = url.rpartition("/")[2]
    start(SqlObserver(url))
    postgres.execute(f"CREATE USER u_{name} PASSWORD 'p'")
    postgres.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO u_{name}", name)
    reader = SqlObserver(url.replace("postgres:secret", f"u_{name}:p"))
    assert reader.query("1")["status"] == "RUNNING"
    with pytest.raises(PermissionError, match="permission denied for"):
        start(reader)


def test_no_such_database(postgres):
    with pytest.raises(OSError, match='database "absent" does not exist'):
        start(SqlObserver(postgres.url("absent")))


def test_a_read_only_file(tmp_path):
    start(SqlObserver(f"sqlite:///{tmp_path}/runs.db"))
    reader = SqlObserver(f"sqlite:///file:{tmp_path}/runs.db?mode=ro&uri=true")
    assert reader.query("1")["status"] == "RUNNING"
    with pytest.raises(PermissionError, match="readonly database"):
        start(reader)


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "runs.db").write_text("something else, and long enough" * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        start(SqlObserver(f"sqlite:///{tmp_path}/runs.db"))


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        start(SqlObserver(f"sqlite:///{tmp_path}/file/runs.db"))


def test_a_full_disk(tmp_path):
    """As far as SQLite tells it: a database that may not grow any more."""
    observer = SqlObserver(f"sqlite:///{tmp_path}/runs.db", failure_dir=tmp_path / "spool")
    start(observer)

    @sa.event.listens_for(observer.engine, "begin")
    def limit(connection):
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    with pytest.raises(OSError, match="database or disk is full"):
        beat(observer, "x" * 10_000_000)
    sa.event.remove(observer.engine, "begin", limit)
    with observer.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    observer.delivery.quiet_until = 0
    complete(observer, 1)
    assert len(observer.query("1")["captured_out"]) == 10_000_000


def test_others_that_write_are_waited_for(tmp_path):
    observer = SqlObserver(f"sqlite:///{tmp_path}/runs.db")
    start(observer)
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    later = threading.Timer(0.5, other.execute, ["COMMIT"])
    later.start()
    beat(observer, "waited")
    later.join()
    other.close()
    assert observer.query("1")["captured_out"] == "waited"


def test_readers_do_not_disturb(tmp_path):
    """A dashboard may hold a result open as long as it likes."""
    if not database.is_on_local_disk(str(tmp_path / "runs.db")):
        pytest.skip("what disk this is cannot be told here (a chroot), so there is no WAL")
    observer = SqlObserver(f"sqlite:///{tmp_path}/runs.db")
    start(observer)
    with contextlib.closing(sqlite3.connect(tmp_path / "runs.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM run").fetchone()
        beat(observer, "written")
    assert observer.query("1")["captured_out"] == "written"


def test_a_network_disk_has_no_write_ahead_log(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "is_on_local_disk", lambda name: False)
    start(SqlObserver(f"sqlite:///{tmp_path}/runs.db"))
    assert [path.name for path in tmp_path.iterdir()] == ["runs.db"]


def test_a_run_that_changes_its_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    observer = SqlObserver("sqlite:///sub/runs.db")
    start(observer)
    monkeypatch.chdir("/")
    observer.engine.dispose()
    complete(observer, 1)
    assert SqlObserver(f"sqlite:///{tmp_path}/sub/runs.db").query("1")["result"] == 1


def test_a_finished_run_holds_no_connection(url):
    """Servers have few, and a program may keep hundreds of finished runs."""
    runs = []
    for _ in range(3):
        experiment = Experiment("e", save_git_info=False)
        experiment.observers.append(SqlObserver(url))

        @experiment.main
        def main(_run):
            _run.log_scalar("loss", 1.0)

        runs.append(experiment.run())
    engines = [run.observers[0].engine for run in runs]
    if engines[0].dialect.name != "sqlite":
        assert [engine.pool.checkedin() for engine in engines] == [0, 0, 0]
        with engines[0].connect() as connection:
            # The one that asks. A server takes a moment to end the others.
            deadline = time.monotonic() + 60
            while (count := _connections(connection)) > 1 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert count == 1
    assert [engine.pool.checkedout() for engine in engines] == [0, 0, 0]
    assert runs[0].observers[0].query("3")["status"] == "COMPLETED"  # it connects again


def _connections(connection):
    if connection.dialect.name == "postgresql":
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    else:
        query = "SELECT count(*) FROM information_schema.processlist WHERE db = database()"
    return connection.execute(sa.text(query)).scalar()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_its_own_connections(url):
    script = """
import os, sys, warnings
from sacred.observers.sql import SqlObserver
from tests.unit.stores.observer_calls import complete, start
warnings.simplefilter("ignore", DeprecationWarning)
observer = SqlObserver(sys.argv[1])
start(observer)
child = os.fork()
for _ in range(5):
    start(observer)
    complete(observer)
if child:
    assert os.waitpid(child, 0)[1] == 0
    print("done")
"""
    environment = {**os.environ, "PYTHONPATH": str(REFERENCE.parents[1])}
    command = [sys.executable, "-c", script, url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert SqlObserver(url).query("11")["status"] == "COMPLETED"


# ---------------------------------------------------------------------- the object


def test_equality_copies_and_names(tmp_path):
    first = SqlObserver(f"sqlite:///{tmp_path}/a.db", priority=7)
    same, other = SqlObserver(f"sqlite:///{tmp_path}/a.db"), SqlObserver(f"sqlite:///{tmp_path}/b")
    assert first == same
    assert hash(first) == hash(same)
    assert first != other
    assert first != "a.db"
    assert repr(first) == f"<SqlObserver of sqlite:///{tmp_path}/a.db>"
    twin = pickle.loads(pickle.dumps(first))
    assert (twin, twin.priority) == (first, 7)
    assert copy.deepcopy(first).engine is first.engine
    assert SqlObserver("sqlite://").priority == DEFAULT_SQL_PRIORITY == 40
    assert list(tmp_path.iterdir()) == []  # nothing before a run starts


def test_create_is_deprecated():
    with pytest.warns(DeprecationWarning, match=r"use SqlObserver\(\.\.\.\) instead"):
        assert SqlObserver.create("sqlite://", priority=3).priority == 3


def test_the_option(tmp_path):
    run = SimpleNamespace(observers=[])
    sql_option.apply(f"sqlite:///{tmp_path}/a.db", run)
    assert run.observers == [SqlObserver(f"sqlite:///{tmp_path}/a.db")]
    assert (sql_option.get_flags(), sql_option.arg) == (("-s", "--sql"), "DB_URL")


def test_the_option_on_a_command_line(tmp_path, run_script):
    script = """
from sacred import Experiment
ex = Experiment("e", save_git_info=False)

@ex.automain
def main():
    return "a text"
"""
    done = run_script(script, "-s", f"sqlite:///{tmp_path}/a.db")
    assert done.returncode == 0, done.stderr
    assert 'Started run with ID "1"' in done.stdout + done.stderr
    record = SqlObserver(f"sqlite:///{tmp_path}/a.db").query("1")
    assert (record["status"], record["result"]) == ("COMPLETED", "a text")
