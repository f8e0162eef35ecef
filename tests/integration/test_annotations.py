"""Annotations, in all stores: by the run itself, and by people who look at it."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sacred
from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.stores.changes import SetFields
from sacred.stores.store import RunNotFoundError
from sacred.testing import drive
from sacred.upkeep import annotate
from tests.integration.test_readers import KINDS, new_place

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(params=KINDS)
def place(request, tmp_path):
    with new_place(request.param, request, tmp_path) as found:
        yield found


@pytest.fixture
def store(place):
    with open_store(place.url) as opened:
        yield opened


def other(place, store):
    """As another process has it."""
    return store if place.url == "memory:" else open_store(place.url)


def finished_run(store, meta=None):
    observer = StoreObserver(store.backend)
    run_id = drive.start(observer, meta_info=meta or {})
    drive.complete(observer, 1)
    return store[run_id].id


def test_what_is_not_given_stays(store):
    run_id = finished_run(store, {"comment": "so so", "priority": 2.0, "tags": ["a"]})
    annotate(store, run_id, add_tags=["b", "a"], group="G", starred=True)
    annotate(store, run_id, notes="two\nlines, ünï \U0001f600")
    run = store[run_id]
    assert (run.tags, run.group, run.starred) == (("a", "b"), "G", True)
    assert (run.notes, run.comment, run.meta.priority) == (
        "two\nlines, ünï \U0001f600",
        "so so",
        2.0,
    )
    assert (run.status, run.result) == ("COMPLETED", 1)
    annotate(store, run_id, tags=["c"], group=None, starred=False, notes=None)
    assert store[run_id].meta == {"comment": "so so", "priority": 2.0, "tags": ["c"]}
    annotate(store, run_id, remove_tags=["c", "d"], comment=None)
    assert store[run_id].meta == {"priority": 2.0}
    assert [run.id for run in store.runs("missing(tags) or missing(group)")] == [run_id]


def test_annotations_of_a_run_that_is_under_way_stay_until_its_end(place, store):
    observer = StoreObserver(store.backend)
    run_id = drive.start(observer, meta_info={"tags": ["own"]})
    drive.log(observer, {"loss": [3, 2]})
    drive.beat(observer, "hello")
    visitor = other(place, store)
    annotate(visitor, run_id, add_tags=["seen"], notes="promising")
    drive.log(observer, {"loss": [1]})
    drive.beat(observer, "hello world", {"a": 1})
    observer.meta_info_event({"tags": ["own", "late"]})
    annotate(visitor, run_id, starred=True)
    drive.complete(observer, 5)
    run = visitor[run_id]
    assert (run.tags, run.notes, run.starred) == (("own", "seen", "late"), "promising", True)
    assert (run.status, run.result, run.output) == ("COMPLETED", 5, "hello world")
    assert list(run.metrics["loss"].values) == [3, 2, 1]


@pytest.mark.parametrize("kind", ["memory", "tinydb", "sqlite", "postgres", "mongo"])
def test_nobody_takes_back_what_others_annotate_at_the_same_time(kind, request, tmp_path):
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        run_id = finished_run(store)
        stores = [other(place, store) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: annotate(stores[n % 4], run_id, add_tags=[f"t{n}"]), range(20)))
        assert set(store[run_id].tags) == {f"t{n}" for n in range(20)}


def test_a_run_must_be_there(store):
    finished_run(store)
    with pytest.raises(RunNotFoundError):
        annotate(store, "nobody", starred=True)


def test_setting_the_whole_field_wins_over_annotations_before(store):
    run_id = finished_run(store)
    annotate(store, run_id, add_tags=["a"])
    store.apply(run_id, [SetFields(fields={"meta": {"tags": ["b"]}})])
    assert store[run_id].tags == ("b",)


def test_runs_of_the_old_library_are_annotated(tmp_path):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    path = tmp_path / "old.db"
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        script = (REFERENCE / "old_sqlite.sql").read_text()
        connection.connection.dbapi_connection.executescript(script)
    engine.dispose()
    shutil.copytree(REFERENCE / "tinydb_0.8", tmp_path / "tinydb")
    for url in (f"sqlite:///{path}", f"tinydb:{tmp_path / 'tinydb'}"):
        with open_store(url) as store:
            for run in store:
                annotate(store, run.id, add_tags=["old"])
                assert store[run.id].tags == ("old",)
                assert store[run.id].comment == run.comment
                assert repr(store[run.id].config) == repr(run.config)


def test_files_of_a_run_tell_their_annotations_apart_from_the_record(tmp_path):
    """The process of a run writes run.json at every beat, and nobody else may meanwhile."""
    store = open_store(tmp_path / "runs")
    run_id = finished_run(store, {"comment": "a"})
    before = (tmp_path / "runs/1/run.json").read_bytes()
    annotate(store, run_id, add_tags=["x"], comment=None)
    assert (tmp_path / "runs/1/run.json").read_bytes() == before
    found = json.loads((tmp_path / "runs/1/_annotations.json").read_text())
    assert found == {"tags": ["x"], "comment": None}


@pytest.mark.parametrize("tags", [[""], [" "], "abc"])
def test_strange_tags_are_refused(tags):
    store = open_store("memory:")
    with pytest.raises(ValueError, match="tag"):
        annotate(store, 1, add_tags=tags)


def test_tags_of_a_run_reach_the_stores_with_the_next_beat(tmp_path):
    ex = sacred.Experiment("tagged", interactive=True)
    ex.observers.append(sacred.observers.FileStorageObserver(tmp_path / "runs"))
    seen = []

    @ex.main
    def main(_run):
        seen.append(list(_run.tags))
        _run.tags.append("late")
        _run.heartbeat.beat()
        seen.append(store[_run._id].tags)
        _run.tags = ["only"]
        _run.meta_info["notes"] = "so it was"

    store = open_store(tmp_path / "runs")
    run = ex.run(options={"--tag": "a, b,", "--group": "g"})
    assert seen == [["a", "b"], ("a", "b", "late")]
    record = store[run._id]
    assert (record.tags, record.group, record.notes) == (("only",), "g", "so it was")


def test_options_of_the_command_line(tmp_path):
    ex = sacred.Experiment("tagged", interactive=True)

    @ex.main
    def main(_run):
        return _run.tags, _run.meta_info.get("group")

    line = ["exp.py", "--tag", "a", "main", "--tag=b,c", "--group", "g 1", "--unobserved"]
    assert ex.run_commandline(line).result == (["a", "b", "c"], "g 1")
    run = ex.run_commandline(["exp.py", "--unobserved"])
    assert run.result == ([], None)


def test_what_a_run_puts_into_its_meta_info_is_stored(place, store):
    observer = StoreObserver(store.backend)
    run_id = drive.start(observer, meta_info={"comment": "so so", "gone": 1, "when": drive.T0})
    drive.beat(observer)
    annotate(other(place, store), run_id, notes="promising")
    mine = {"lines": [1, {"a": None}], "until": drive.T0}
    observer.meta_info_event({"comment": "good", "when": drive.T0, **mine})
    drive.complete(observer)
    expected = {"comment": "good", "when": drive.T0, "notes": "promising", **mine}
    assert other(place, store)[run_id].meta == expected


def test_files_have_what_the_run_says_of_itself_in_run_json(tmp_path):
    observer = sacred.observers.FileStorageObserver(tmp_path)
    drive.start(observer, meta_info={"comment": "so so"})
    observer.meta_info_event({"comment": "good", "mine": 1})
    drive.complete(observer)
    stored = json.loads((tmp_path / "1" / "run.json").read_text())
    assert stored["meta"] == {"comment": "good", "mine": 1}
    assert not (tmp_path / "1" / "_annotations.json").exists()


def test_times_in_meta_info_are_times_in_mongo(mongo_server, mongo_db):
    observer = sacred.observers.MongoObserver(mongo_server.url, mongo_db.name)
    drive.start(observer, meta_info={"queue_time": drive.T0})
    observer.meta_info_event({"queue_time": drive.T0, "until": drive.T0})
    drive.complete(observer)
    assert mongo_db.runs.find_one()["meta"] == {"queue_time": drive.T0, "until": drive.T0}
