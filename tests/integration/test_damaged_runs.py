"""One odd run does not hide the others, in whatever store: it is named, and the rest goes on."""

import decimal
import json
import sqlite3

import pytest

from sacred.display.report import report
from sacred.runs import open_store
from sacred.stores import AddFile, AddPoints, SetFields
from sacred.testing.drive import T0
from sacred.upkeep import copy_runs
from tests.integration.test_readers import new_place

DOCUMENT = {
    "status": "COMPLETED",
    "config": {"a": 1},
    "experiment": {"name": "e", "sources": []},
    "host": {},
    "meta": {},
    "info": {},
    "command": "main",
    "start_time": T0,
    "heartbeat": T0,
}
COLUMNS = ("id", "stop_time", "duration", "metrics.loss.min", "config.a")


def three_runs(store):
    for number in range(3):
        run_id = store.backend.create(number + 1, DOCUMENT, [])
        times = [T0]
        points = AddPoints(name="loss", start=0, steps=[0], values=[number], timestamps=times)
        store.backend.apply(run_id, [points, SetFields(fields={"stop_time": T0, "result": 1})])


def in_files(**fields):
    def spoil(place, directory):
        for name, value in fields.items():
            path = directory / "runs" / "2" / f"{name}.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | value))

    return spoil


def in_tinydb(**fields):
    def spoil(place, directory):
        path = directory / "runs" / "metadata.json"
        tables = json.loads(path.read_text())
        next(run for run in tables["runs"].values() if run["_id"] == 2).update(fields)
        path.write_text(json.dumps(tables))

    return spoil


def in_sqlite(statement):
    def spoil(place, directory):
        with sqlite3.connect(directory / "runs.db") as connection:
            connection.execute(statement)
        connection.close()

    return spoil


def in_mongo(change):
    def spoil(place, directory):
        import pymongo

        with pymongo.MongoClient(place.url) as client:
            change(client.get_default_database())

    return spoil


def with_document_as_id(database):
    run = database.runs.find_one({"_id": 2})
    database.runs.delete_one({"_id": 2})
    database.runs.insert_one(run | {"_id": {"a": 1}})
    database.metrics.update_one({"run_id": 2}, {"$set": {"run_id": {"a": 1}}})


SPOILS = {
    "file: text as a time": ("file", in_files(run={"stop_time": "yesterday"})),
    "file: a number as an experiment": ("file", in_files(run={"experiment": 7})),
    "file: a number as a metric": ("file", in_files(metrics={"loss": 5})),
    "file: a number as values": (
        "file",
        in_files(metrics={"loss": {"steps": [], "values": 5, "timestamps": []}}),
    ),
    "file: a list as meta": ("file", in_files(run={"meta": [1]})),
    "tinydb: a number as metrics": ("tinydb", in_tinydb(metrics=5)),
    "tinydb: a number as a metric": ("tinydb", in_tinydb(metrics={"loss": 5})),
    "tinydb: text as a time": ("tinydb", in_tinydb(stop_time="yesterday")),
    "tinydb: a number as meta": ("tinydb", in_tinydb(meta=7)),
    "sqlite: text as a time": (
        "sqlite",
        in_sqlite("UPDATE run SET stop_time = 'yesterday' WHERE run_id = '2'"),
    ),
    "sqlite: a number as a time": (
        "sqlite",
        in_sqlite("UPDATE run SET heartbeat = 5 WHERE run_id = '2'"),
    ),
    "sqlite: a list as meta": (
        "sqlite",
        in_sqlite("UPDATE run SET meta_json = '[1]' WHERE run_id = '2'"),
    ),
    "sqlite: a value that is no JSON": (
        "sqlite",
        in_sqlite("UPDATE metric SET value_json = '{' WHERE run_id = '2'"),
    ),
    "mongo: a document as id": ("mongo", in_mongo(with_document_as_id)),
    "mongo: text as a time": (
        "mongo",
        in_mongo(lambda db: db.runs.update_one({"_id": 2}, {"$set": {"stop_time": "yesterday"}})),
    ),
    "mongo: a number as values": (
        "mongo",
        in_mongo(lambda db: db.metrics.update_one({"run_id": 2}, {"$set": {"values": 5}})),
    ),
    "mongo: a number as an experiment": (
        "mongo",
        in_mongo(lambda db: db.runs.update_one({"_id": 2}, {"$set": {"experiment": 7}})),
    ),
}


@pytest.fixture(params=SPOILS)
def store(request, tmp_path):
    kind, spoil = SPOILS[request.param]
    with new_place(kind, request, tmp_path) as place:
        with open_store(place.url) as before:
            three_runs(before)
        spoil(place, tmp_path)
        with open_store(place.url) as store:
            yield store


@pytest.mark.parametrize("query", ["", "a = 1", "metrics.loss.min <= 3", "stop_time > 2020"])
@pytest.mark.parametrize("how", [{}, {"sort": "stop_time", "limit": 3}, {"newest_first": True}])
def test_other_runs_are_found(store, query, how):
    table = store.runs(query, **how)
    found = [run.id for run in table]
    assert set(found) - {2} == {1, 3}
    assert 2 in found or query == "stop_time > 2020" or "amaged" in " ".join(table.problems)


def test_other_runs_have_their_columns(store):
    table = store.runs()
    columns = table.to_dict(*COLUMNS)
    minima = dict(zip(columns["id"], columns["metrics.loss.min"], strict=True))
    assert {minima[1], minima[3]} == {0, 2}
    problems = " ".join(table.problems)
    assert minima.get(2) == 1 or "is damaged" in problems
    assert table.to_dict()["config.a"].count(1) >= 2


def test_other_runs_are_in_a_report(store):
    page = "".join(report([("", run) for run in store.runs()], "all"))
    assert page.count("<details") >= 2


def test_other_runs_are_copied(store):
    with open_store("memory:") as target:
        done = copy_runs(store, target)
        assert {1, 3} <= done.copied.keys()
        assert (
            len(done.copied) == 3
            or any("amaged" in text for text in done.problems)
            or any("run 2 " in text for text in done.problems)
        )


NAMES = ["a/", "config.json", "n" * 300, "d/../e", "nul\0inside", ".", "ünï 😀"]


@pytest.mark.parametrize("kind", ["file", "tinydb", "sqlite", "postgres", "mongo"])
def test_what_the_target_cannot_have_gets_another_form(kind, request, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with open_store("memory:") as source, new_place(kind, request, tmp_path) as place:
        three_runs(source)
        backend = source.backend
        # As another store would have taken it.
        backend.check = lambda change: None
        backend.apply(2, [AddFile(kind="artifact", name=name, path=str(path)) for name in NAMES])
        value = decimal.Decimal("0.5")
        points = AddPoints(name="loss", start=1, steps=[1], values=[value], timestamps=[T0])
        backend.apply(1, [points])
        with open_store(place.url) as target:
            done = copy_runs(source, target)
            assert done.copied.keys() >= {2, 3}
            assert 1 in done.copied or any(text.startswith("run 1 ") for text in done.problems)
            artifacts = target[done.copied[2]].artifacts
            assert len(artifacts) == len(NAMES)
            assert {file.read() for file in artifacts.values()} == {b"content"}
            for name in NAMES:
                # Some databases have no NUL in a text; its picture stands for it.
                if artifacts.keys().isdisjoint({name, name.replace("\0", "␀")}):
                    assert any(f"{name!r} is stored as" in text for text in done.problems)
            assert copy_runs(source, target).copied.keys() <= {1}
