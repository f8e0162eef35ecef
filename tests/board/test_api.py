"""The REST API of the board over files, SQLite and MongoDB."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import struct
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats

from sacred._base.clock import utcnow
from sacred.board.api.buckets_of_points import bucketed
from sacred.board.api.group_statistics import STATISTICS, band_of
from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.testing import drive
from sacred.upkeep import annotate, discard
from tests import sample_runs
from tests.board import board_runs
from tests.board.api_client import Api, served
from tests.integration.test_readers import new_place

KINDS = ("file", "sqlite", "mongo")


@pytest.fixture(scope="module", params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("board")
    with new_place(request.param, request, directory) as place:
        with open_store(place.url) as store:
            sample_runs.record(store.backend, directory)
        yield place.url


@pytest.fixture(scope="module")
def api(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Of all tests that change nothing that others see."""
    views = tmp_path_factory.mktemp("views") / "views.json"
    with served({"lab": url}, views=views) as address:
        client = Api(address)
        yield client
        client.close()


@pytest.fixture
def fresh_run(url: str) -> Iterator[str]:
    """The key of a run of which the test may do what it likes; it is thrown away."""
    with open_store(url) as store:
        observer = StoreObserver(store.backend)
        run_id = drive.start(observer, config={"fresh": True})
        drive.complete(observer, 1)
        key = str(store[run_id].id)
        yield key
        if not store.is_in_trash(store[run_id].id):
            discard(store, [store[run_id].id])


def numbers(api: Api, **query: Any) -> list[Any]:
    page = api.get("/runs", column=["n", "result"], **query)
    return page["data"]["n"]


@pytest.mark.parametrize(("query", "expected"), sample_runs.GOLDEN[6:14])
def test_queries_find_the_runs_that_they_mean(api: Api, query: str, expected: set[int]) -> None:
    page = api.get("/runs", q=query, column="config.n", utc=True)
    assert set(page["data"]["config.n"]) == expected
    assert page["total"] == len(expected)


def test_runs_are_sorted_by_several_keys_and_come_in_pages(api: Api) -> None:
    wanted = numbers(api, sort="name,-config.n")
    assert wanted == [9, 6, 3, 0, 10, 7, 4, 1, 11, 8, 5, 2]
    first = api.get("/runs", sort="name,-config.n", column="n", limit=5)
    rest = api.get(
        "/runs", sort="name,-config.n", column="n", limit=50, offset=5, snapshot=first["snapshot"]
    )
    assert first["data"]["n"] + rest["data"]["n"] == wanted
    assert first["snapshot"] == rest["snapshot"]
    assert (first["total"], rest["offset"]) == (12, 5)


def test_the_newest_runs_come_first_with_the_usual_columns(api: Api) -> None:
    page = api.get("/runs", limit=12)
    names = [column["name"] for column in page["columns"]]
    assert names[:8] == [
        "id", "status", "name", "command", "start_time", "duration", "result", "tags",
    ]  # fmt: skip
    # Entries that vary within an experiment, and metrics.
    assert "config.n" in names
    assert "metrics.loss" in names
    assert page["data"]["config.n"] == list(range(11, -1, -1))
    row = page["runs"][2]
    assert (row["status"], row["active"], row["store"]) == ("RUNNING", True, "lab")
    assert page["data"]["tags"][11] == ["base", "good one"]
    assert page["data"]["result"][5:8] == [{"f1": 0.9, "per": [1, 2.5]}, "good", "NaN"]


def test_short_names_and_columns_of_metrics_mean_what_they_mean_in_the_program(api: Api) -> None:
    page = api.get("/runs", q="lr < 0.05", column=["lr", "metrics.loss.min", "acc"])
    assert page["data"] == {"lr": [0.01], "metrics.loss.min": [0.9], "acc": [0.25]}
    paths = {column["name"]: column["path"] for column in page["columns"]}
    assert paths["lr"] == "config.opt.lr"
    assert paths["acc"] == "metrics.train.acc"


def test_a_mistake_in_a_query_is_a_problem_with_its_column(api: Api) -> None:
    problem = api.get("/runs", 400, q="result > and")
    assert problem["query"] == "result > and"
    assert problem["column"] == 10
    assert problem["detail"]


def test_a_field_that_no_run_has_is_explained(api: Api) -> None:
    page = api.get("/runs", q="config.op.lr > 0")
    assert page["total"] == 0
    assert "No run has config.op.lr" in page["hints"][0]


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"limit": "many"}, "whole number"),
        ({"limit": 5000}, "at most 1000"),
        ({"lmit": 5}, 'Did you mean "limit"?'),
        ({"sort": "tags"}, "no order"),
        ({"trash": "maybe"}, "true or false"),
    ],
)
def test_parameters_are_checked(api: Api, params: dict[str, Any], word: str) -> None:
    assert word in api.get("/runs", 400, **params)["detail"]


def test_stores_are_counted_by_status(api: Api, url: str) -> None:
    (store,) = api.get("/stores")["stores"]
    assert (store["key"], store["name"], store["total"]) == ("lab", "lab", 12)
    assert store["statuses"] == {
        "COMPLETED": 7, "FAILED": 1, "RUNNING": 1, "INTERRUPTED": 1, "DEAD": 1, "QUEUED": 1,
    }  # fmt: skip
    (store,) = api.get("/stores", q="config.n < 4")["stores"]
    assert store["statuses"] == {"COMPLETED": 3, "FAILED": 1}


def test_fields_have_types_and_samples(api: Api) -> None:
    found = {field["name"]: field for field in api.get("/fields")["fields"]}
    assert found["config.opt.name"]["samples"] == ["SGD", "sgd", "adam"]
    assert found["config.opt.lr"]["types"] == ["float", "int", "text"]
    assert found["config.opt.lr"]["varies"] is True
    assert found["tags"]["samples"] == ["base", "good one"]
    assert "metrics.train.acc.max" in found
    # Each can be used as it stands.
    api.get("/runs", column=list(found), limit=12)


def test_one_run_has_everything(api: Api) -> None:
    key = api.get("/runs", q="n = 0", limit=1)["runs"][0]["key"]
    run = api.get(f"/runs/lab/{key}")
    assert (run["status"], run["name"], run["result"]) == ("COMPLETED", "ex0", 0.5)
    assert run["start_time"] == "2026-01-02T03:04:05"
    assert run["annotations"]["tags"] == ["base", "good one"]
    assert run["metrics"] == ["loss"]
    assert [file["name"] for file in run["artifacts"]] == ["model.pt"]
    assert run["host"]["hostname"] == "host-0"
    config = api.get(f"/runs/lab/{key}/config")["config"]
    assert config["opt"] == {"name": "adam", "lr": 0.1}
    record = api.get(f"/runs/lab/{key}/record")
    assert record["status"] == "COMPLETED"
    assert record["config"]["n"] == 0
    failed = api.get("/runs", q="status = FAILED")["runs"][0]["key"]
    assert "ValueError: no" in api.get(f"/runs/lab/{failed}")["user_trace"]


def test_output_comes_in_ranges_that_cut_no_letter(url: str, api: Api) -> None:
    with open_store(url) as store:
        observer = StoreObserver(store.backend)
        run_id = drive.start(observer)
        drive.beat(observer, "ab€cd")
        drive.complete(observer, 1)
    whole = api.get(f"/runs/lab/{run_id}/output")
    assert (whole["text"], whole["total"], whole["active"]) == ("ab€cd", 7, False)
    assert api.get(f"/runs/lab/{run_id}/output", from_=3)["text"] == "cd"
    assert api.get(f"/runs/lab/{run_id}/output", from_=-1)["text"] == "d"
    assert api.get(f"/runs/lab/{run_id}/output", to=3)["text"] == "ab€"
    assert api.get(f"/runs/lab/{run_id}/output", from_=99)["text"] == ""
    with open_store(url) as store:
        discard(store, [store[run_id].id])


def test_what_is_not_there_is_a_problem(api: Api) -> None:
    assert "no store 'lap'" in api.get("/runs/lap/1", 404)["detail"]
    assert "4711" in api.get("/runs/lab/4711", 404)["detail"]
    assert api.get("/nothing", 404)["status"] == 404
    assert api.send("POST", "/runs", {}, 405)["status"] == 405
    key = api.get("/runs", q="n = 0", limit=1)["runs"][0]["key"]
    assert "no such file" in api.get(f"/runs/lab/{key}/files", 404, name="x")["detail"]


def test_files_come_in_ranges_and_only_to_be_saved(api: Api) -> None:
    key = api.get("/runs", q="n = 0", limit=1)["runs"][0]["key"]
    path = f"/runs/lab/{key}/files"
    whole = api.get(path, name="model.pt")
    assert whole.content == b"model"
    assert whole.headers["content-disposition"].startswith("attachment")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in whole.headers["content-security-policy"]
    part = api.get(path, 206, headers={"Range": "bytes=1-3"}, name="model.pt")
    assert (part.content, part.headers["content-range"]) == (b"ode", "bytes 1-3/5")
    tail = api.get(path, 206, headers={"Range": "bytes=-2"}, name="model.pt")
    assert tail.content == b"el"
    known = {"If-None-Match": whole.headers["etag"]}
    assert api.get(path, 304, headers=known, name="model.pt").content == b""
    assert api.get(path, 416, headers={"Range": "bytes=9-"}, name="model.pt")["status"] == 416


def curves(response: Any) -> tuple[list[dict[str, Any]], list[np.ndarray]]:
    """What a response of ``/series`` says, and five rows of numbers for each curve."""
    (length,) = struct.unpack_from("<I", response.content)
    about = json.loads(response.content[4 : 4 + length])["series"]
    columns = np.frombuffer(response.content, "<f8", offset=4 + length)
    found, place = [], 0
    for one in about:
        size = 5 * one["buckets"]
        found.append(columns[place : place + size].reshape(5, -1))
        place += size
    assert place == len(columns)
    return about, found


def test_points_come_as_binary_numbers(api: Api) -> None:
    page = api.get("/runs", q="n in (0, 2)", sort="n", column="n")
    names = [f"lab/{row['key']}" for row in page["runs"]]
    about, found = curves(api.get("/series", run=names, name="loss"))
    assert [one["points"] for one in about] == [3, 3]
    x, first, last, low, high = found[0]
    assert x.tolist() == [0, 10, 20]
    assert first.tolist() == last.tolist() == low.tolist() == high.tolist() == [0.9, 0.5, 0.7]
    about, found = curves(api.get("/series", run=names[0], name=["loss", "none"], x="relative"))
    assert found[0][0].tolist() == [0, 0, 0]
    assert (about[1]["buckets"], "no metric 'none'" in about[1]["error"]) == (0, True)
    _, found = curves(api.get("/series", run=names[0], name="loss", from_=5, to=15))
    assert found[0][0].tolist() == [10]
    _, found = curves(api.get("/series", run=names[0], name="loss", buckets=1))
    assert found[0][1:, 0].tolist() == [0.9, 0.7, 0.5, 0.9]
    _, found = curves(api.get("/series", run=names[0], name="loss", x="metric:loss"))
    assert found[0][0].tolist() == [0.5, 0.7, 0.9]
    assert "STORE/KEY" in api.get("/series", 400, run="lab")["detail"]


def test_buckets_with_nan_are_listed(api: Api) -> None:
    page = api.get("/runs", q="n in (1, 2)", sort="n", column="n")
    names = [f"lab/{row['key']}" for row in page["runs"]]
    about, _ = curves(api.get("/series", run=names, name="loss"))
    assert [one["gaps"] for one in about] == [[1], []]
    found = bucketed(range(100), [math.nan if n in (17, 18, 55) else n for n in range(100)], 10)
    assert list(found.gaps) == [1, 5]
    assert list(bucketed([0, 1, 2], [0, math.nan, math.inf], 10).gaps) == [1]


def test_the_configuration_has_the_origins_that_are_known(
    api: Api, fresh_run: str, url: str
) -> None:
    assert api.get(f"/runs/lab/{fresh_run}/config")["origins"] == {}
    with open_store(url) as store:
        observer = StoreObserver(store.backend)
        run_id = drive.start(observer, config={"lr": 2, "seed": 1})
        was = {"value": 0.5, "source": "dict", "where": "a.json"}
        rows = [{"path": "lr", "source": "update", "where": "argument 1", "overrode": [was],
                 "readers": [{"function": "main", "calls": 2, "where": "a.py:3"}]}]  # fmt: skip
        observer.details_event("provenance", {"rows": rows})
        drive.complete(observer, 1)
        found = api.get(f"/runs/lab/{store[run_id].id}/config")
        discard(store, [store[run_id].id])
    assert found["origins"] == {
        "lr": {
            "origin": "argument 1",
            "overridden": ["0.5  dict a.json"],
            "readers": ["main, a.py:3"],
        }
    }


def test_several_runs_are_compared(api: Api) -> None:
    page = api.get("/runs", q="n in (0, 1, 2)", sort="n", column="n")
    names = [f"lab/{row['key']}" for row in page["runs"]]
    found = api.get("/comparison", run=names, part=["config", "outcome", "metrics"])
    assert [f"{run['store']}/{run['key']}" for run in found["runs"]] == names
    assert {one["name"]: one["runs"] for one in found["metrics"]} == {"loss": 3, "train.acc": 1}
    config = {one["name"]: one["values"] for one in found["parts"]["config"]}
    assert config["n"] == [0, 1, 2]
    assert config["opt.name"] == ["adam", "adam", "sgd"]
    assert config["debug"] == [None, None, True]
    assert "n" in [one["name"] for one in found["labels"]]
    assert "origins" not in found["parts"]["config"][0]  # not recorded
    outcome = {one["name"]: one["values"] for one in found["parts"]["outcome"]}
    assert outcome == {"result": [0.5, 0.25, 3]}
    metrics = {one["name"]: one["values"] for one in found["parts"]["metrics"]}
    assert metrics["loss.min"] == [0.5, 0.9, 1]
    # A run that is gone hides no other.
    found = api.get("/comparison", run=[names[0], "lab/777777"])
    assert (len(found["runs"]), len(found["problems"])) == (1, 1)
    assert "no store" in api.get("/comparison", 404, run="nowhere/1")["detail"]
    assert "part" in api.get("/comparison", 400, run=names, part="everything")["detail"]
    assert api.get("/comparison")["runs"] == []


def test_buckets_keep_first_last_and_extremes() -> None:
    y = [math.sin(n / 50) * n for n in range(10_000)]
    y[777] = 1e9
    y[778] = math.nan
    found = bucketed(range(10_000), y, 100)
    assert len(found.x) == 100
    assert max(found.high) == 1e9
    assert min(found.low) == min(value for value in y if value == value)
    assert (found.first[0], found.last[-1], found.points) == (y[0], y[-1], 10_000)
    shuffled = bucketed([3, 1, 2, math.nan], [30, 10, 20, 5], 10)
    assert (shuffled.x, shuffled.first) == ([1, 2, 3], [10, 20, 30])
    same = bucketed([7] * 100, list(range(100)), 10)
    assert sum(low is not None for low in same.low) == 10
    assert bucketed([], [], 10).x == []


def test_annotations_change_for_who_has_seen_the_last_ones(
    api: Api, url: str, fresh_run: str
) -> None:
    path = f"/runs/lab/{fresh_run}"
    etag = api.get(path)["etag"]
    changed = api.send(
        "PATCH", path, {"tags": ["a", "b"], "notes": "x\ny", "starred": True}, If_Match=etag
    )
    assert changed["annotations"] == {
        "tags": ["a", "b"], "notes": "x\ny", "comment": "a test", "group": None, "starred": True,
    }  # fmt: skip
    with open_store(url) as store:
        assert store[fresh_run].tags == ("a", "b")
        annotate(store, store[fresh_run].id, notes="meanwhile")
    late = api.send("PATCH", path, {"notes": "mine"}, 412, If_Match=changed["etag"])
    assert late["current"]["notes"] == "meanwhile"
    again = api.send("PATCH", path, {"notes": "mine"}, If_Match=late["etag"])
    assert again["annotations"]["notes"] == "mine"
    assert api.send("PATCH", path, {"notes": "x"}, 428)["status"] == 428


@pytest.mark.parametrize(
    "body", [{}, [], {"status": "COMPLETED"}, {"tags": "a"}, {"tags": [""]}, {"starred": 1}]
)
def test_only_annotations_can_be_changed(api: Api, fresh_run: str, body: Any) -> None:
    problem = api.send("PATCH", f"/runs/lab/{fresh_run}", body, 422, If_Match="*")
    assert problem["title"] == "The body makes no sense"


def test_the_trash_takes_runs_and_gives_them_back(api: Api, fresh_run: str) -> None:
    names = {"runs": [{"store": "lab", "key": fresh_run}]}
    assert api.send("POST", "/trash", names) == {"changed": 1}
    assert api.get("/runs", q="fresh")["total"] == 0
    assert api.get("/runs", q="fresh and id = " + fresh_run, trash=True)["total"] == 1
    assert api.get(f"/runs/lab/{fresh_run}")["in_trash"] is True
    problem = api.send("PATCH", f"/runs/lab/{fresh_run}", {"notes": "x"}, 409, If_Match="*")
    assert "in the trash" in problem["detail"]
    assert api.send("POST", "/restore", names) == {"changed": 1}
    assert api.get("/runs", q="fresh")["total"] == 1
    running = api.get("/runs", q="status = RUNNING")["runs"][0]["key"]
    names = {"runs": [{"store": "lab", "key": running}]}
    assert "still running" in api.send("POST", "/trash", names, 409)["detail"]
    assert api.send("POST", "/trash", {"runs": []}, 422)["status"] == 422


def test_tables_are_exported(api: Api) -> None:
    query = {"q": "n < 3", "sort": "n", "column": ["n", "opt.name", "result"]}
    rows = list(csv.reader(io.StringIO(api.get("/export", format="csv", **query).text)))
    assert rows == [
        ["n", "opt.name", "result"], ["0", "adam", "0.5"], ["1", "adam", "0.25"], ["2", "sgd", "3"],
    ]  # fmt: skip
    assert json.loads(api.get("/export", format="json", **query).text)[0]["n"] == 0
    assert r"\toprule" in api.get("/export", format="latex", **query).text
    assert "| 0 | adam | 0.5 |" in api.get("/export", format="markdown", **query).text
    assert "markdown" in api.get("/export", 400, format="excel")["detail"]


def test_views_are_saved_and_deleted(api: Api) -> None:
    assert api.get("/views") == {"views": [], "shared": True}
    api.send("POST", "/views", {"name": "best", "address": "q=result%3E1&sort=-result"})
    saved = api.send("POST", "/views", {"name": "ünï", "address": "q="})["views"]
    assert [view["name"] for view in saved] == ["best", "ünï"]
    assert api.send("POST", "/views", {"name": "best"})["views"] == saved[1:]
    assert api.send("POST", "/views", {"name": " "}, 422)["status"] == 422


def events(api: Api, **headers: str) -> Iterator[tuple[str, Any]]:
    """The events of the stream, for some seconds: their kinds and data."""
    deadline = time.monotonic() + 30
    with api.client.stream("GET", "/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        kind = ""
        for line in response.iter_lines():
            assert time.monotonic() < deadline
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield kind, json.loads(line.removeprefix("data: "))


def test_runs_that_come_grow_and_end_are_events(api: Api, url: str) -> None:
    with contextlib.closing(events(api)) as stream, open_store(url) as store:
        assert next(stream) == ("hello", {})
        # The first look of the watcher is what later ones are compared with.
        time.sleep(1)
        observer = StoreObserver(store.backend)
        key = str(drive.start(observer))
        assert any(key in change["new"] for _, change in stream)
        drive.log(observer, {"loss": [1.0]})
        drive.beat(observer, "more", {"seen": True})
        assert any(key in change["changed"] for _, change in stream)
        drive.complete(observer, 1)
        assert any(key in change["changed"] for _, change in stream)
        discard(store, [store[key].id])


def test_who_comes_back_gets_what_was_missed(api: Api, fresh_run: str) -> None:
    api.send("PATCH", f"/runs/lab/{fresh_run}", {"starred": True}, If_Match="*")
    with api.client.stream("GET", "/events") as response:
        number = next(response.iter_lines()).removeprefix("id: ")
    api.send("PATCH", f"/runs/lab/{fresh_run}", {"starred": False}, If_Match="*")
    with contextlib.closing(events(api, **{"Last-Event-ID": number})) as stream:
        assert any(fresh_run in change["changed"] for _, change in stream)
    with contextlib.closing(events(api, **{"Last-Event-ID": "999999"})) as stream:
        assert next(stream) == ("reset", {})


def test_several_stores_are_one_table(tmp_path: Path, url: str) -> None:
    with open_store(tmp_path / "other") as store:
        for n in (20, -1):
            observer = StoreObserver(store.backend)
            drive.start(observer, config={"n": n})
            drive.complete(observer, n)
    with served({"a": url, "b": str(tmp_path / "other")}) as address:
        api = Api(address)
        page = api.get("/runs", sort="config.n", q="n < 2 or n = 20", column=["id", "n"])
        assert page["data"]["n"] == [-1, 0, 1, 20]
        assert [row["store"] for row in page["runs"]] == ["b", "a", "a", "b"]
        assert api.get("/runs", sort="config.n", q="n < 2 or n = 20", column="n", offset=3)["data"][
            "n"
        ] == [20]
        assert [s["total"] for s in api.get("/stores")["stores"]] == [12, 2]
        assert api.get("/runs", store="b")["total"] == 2
        api.close()


def test_a_store_that_is_away_is_said_and_comes_back(tmp_path: Path) -> None:
    with served({"later": str(tmp_path / "later")}) as address:
        api = Api(address)
        (store,) = api.get("/stores")["stores"]
        assert store["total"] is None
        assert "later" in store["error"]
        assert api.get("/runs", 503)["title"] == "The store cannot be reached"
        with open_store(tmp_path / "later") as made:
            observer = StoreObserver(made.backend)
            drive.start(observer)
            drive.complete(observer, 1)
        assert api.get("/runs")["total"] == 1
        api.close()


def test_a_damaged_run_is_a_row_or_a_problem_and_hides_no_other(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    with open_store(root) as store:
        for _ in range(2):
            observer = StoreObserver(store.backend)
            drive.start(observer)
            drive.complete(observer, 1)
    (root / "1" / "run.json").write_text("{no json")
    with served([str(root)]) as address:
        api = Api(address)
        page = api.get("/runs")
        assert [row["key"] for row in page["runs"]] == ["2"]
        assert "Run 1" in page["problems"][0]
        assert "damaged" in api.get("/runs/runs/1", 500)["detail"]
        # Nor does it hide those that it is looked at with; a run that is gone hides none either.
        both = ["runs/1", "runs/2", "runs/77"]
        compared = api.get("/comparison", run=both, part="config")
        assert [run["key"] for run in compared["runs"]] == ["2"]
        assert len(compared["problems"]) == 2
        answer = api.get("/series", run=both, name="loss").content
        curves = json.loads(answer[4 : 4 + struct.unpack_from("<I", answer)[0]])["series"]
        assert [curve["key"] for curve in curves] == ["1", "2", "77"]
        assert "damaged" in curves[0]["error"]
        assert "no run 77" in curves[2]["error"]
        api.close()


def test_runs_fold_into_groups_with_means(api: Api) -> None:
    found = api.get("/groups", by="opt.name", value=["result", "metrics.loss.min"], q="n < 5")
    assert found["by"] == ["opt.name"]
    groups = {json.dumps(group["values"][0]): group for group in found["groups"]}
    assert list(groups) == ['"SGD"', '"adam"', '"sgd"', "null"]
    adam = groups['"adam"']
    assert (adam["runs"], adam["statuses"]) == (2, {"COMPLETED": 2})
    result, loss = adam["numbers"]
    assert (result["count"], result["mean"]) == (2, 0.375)
    assert result["deviation"] == pytest.approx(0.1767767)
    assert result["margin"] == pytest.approx(12.706 * 0.125, rel=1e-3)
    assert loss["mean"] == 0.7
    assert groups['"SGD"']["numbers"] == [None, None]
    assert groups['"sgd"']["numbers"][0]["margin"] is None
    # Each group can be asked for.
    for group in found["groups"]:
        members = api.get("/runs", q=f"n < 5 and {group['where']}", column="id")
        assert members["total"] == group["runs"]
    everything = api.get("/groups", by="*", q="n in (0, 3, 6)")
    assert everything["by"][:2] == ["name", "config.n"]
    assert len(everything["groups"]) == 3
    assert "by is missing" in api.get("/groups", 400)["detail"]
    assert "no order" not in api.get("/groups", 400, by="status.x")["detail"]


@pytest.mark.parametrize("kind", KINDS)
def test_all_runs_are_counted_and_reached_behind_the_first_ones(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for n in range(230):
            document = {
                "status": "COMPLETED", "start_time": utcnow(), "result": n, "config": {},
                "experiment": {"name": "many"}, "host": {}, "meta": {}, "info": {},
            }  # fmt: skip
            store.backend.create(None, document, [])
        with served({"lab": place.url}) as address:
            api = Api(address)
            for sort in ("", "result"):
                first = api.get("/runs", limit=50, count=False, sort=sort, column="id")
                rest = {"snapshot": first["snapshot"], "sort": sort, "column": "id"}
                assert api.get("/runs", limit=0, **rest)["total"] == 230
                assert len(api.get("/runs", offset=220, limit=50, **rest)["runs"]) == 10
            api.close()


def test_duplicates_are_groups_of_all_that_is_set(tmp_path: Path) -> None:
    with open_store(tmp_path / "runs") as store:
        recorder = board_runs.Recorder(store.backend, tmp_path / "files")
        for lr, seed in ((1, 1), (1, 2), (1, 1), (2, 1)):
            recorder.start({"lr": lr, "seed": seed}).complete(1)
        with served([store]) as address:
            api = Api(address)
            found = api.get("/groups", by="**")
            assert set(found["by"]) == {"name", "command", "config.lr", "config.seed"}
            twice = [group["members"] for group in found["groups"] if group["runs"] > 1]
            assert twice == [["runs/3", "runs/1"]]
            api.close()


def random_member(rng: np.random.Generator) -> tuple[list[int], list[float]]:
    """Steps and values of a run: ragged, with gaps, repeated steps, NaN and infinity."""
    steps = np.sort(rng.integers(0, int(rng.integers(20, 120)), int(rng.integers(5, 90))))
    values = rng.normal(size=len(steps)).cumsum()
    values[rng.random(len(steps)) < 0.1] = math.nan
    values[rng.random(len(steps)) < 0.02] = math.inf
    return steps.tolist(), values.tolist()


def expected_band(members: list[Any], places: list[float], edges: list[float]) -> Any:
    """Count, mean, deviation and extremes of each bucket, by numpy."""
    table = np.full((len(members), len(edges)), np.nan)
    for row, (steps, values) in zip(table, members, strict=True):
        x, y = np.array(steps), np.array(values)
        bucket = np.searchsorted(edges, x, side="right") - 1
        for n in range(len(edges)):
            own = y[(bucket == n) & np.isfinite(y)]
            if len(own):
                row[n] = np.mean(own)
    count = np.sum(np.isfinite(table), axis=0)
    table, place = table[:, count > 0], np.array(places)[count > 0]
    count = count[count > 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one value has no deviation
        spread = np.nanstd(table, axis=0, ddof=1)
    return place, count, np.nanmean(table, axis=0), spread, table


@pytest.mark.parametrize("seed", range(20))
def test_bands_of_groups_are_those_of_numpy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    members = [random_member(rng) for _ in range(int(rng.integers(1, 7)))]
    finite = [[x for x, y in zip(*member, strict=True) if math.isfinite(y)] for member in members]
    low, high = min(min(x) for x in finite if x), max(max(x) for x in finite if x)
    found = {name: band_of(members, 12, name) for name in STATISTICS}
    # Each member has a point in most buckets: none is narrower than the steps of the sparsest.
    width = max(
        [(high - low) / 12, *((x[-1] - x[0]) / (len({*x}) - 1) for x in finite if len({*x}) > 1)]
    )
    number = max(1, min(12, math.ceil((high - low) / width)))
    width = (high - low) / number
    edges = [low + n * width for n in range(number)]
    place, count, mean, spread, table = expected_band(
        members, [edge + width / 2 for edge in edges], edges
    )
    several = count > 1
    for band in found.values():
        np.testing.assert_allclose(band.x, place)
        np.testing.assert_array_equal(band.count, count)
        np.testing.assert_allclose(band.mean, mean, rtol=1e-12, atol=1e-12)
        assert np.isnan(np.array(band.low)[~several]).all()
    margins = {
        "std": spread,
        "sem": spread / np.sqrt(count),
        "ci": scipy.stats.t.ppf(0.975, np.maximum(count - 1, 1)) * spread / np.sqrt(count),
    }
    for name, margin in margins.items():
        high_end = np.array(found[name].high)[several]
        np.testing.assert_allclose(high_end, (mean + margin)[several], rtol=1e-9, atol=1e-12)
        low_end = np.array(found[name].low)[several]
        np.testing.assert_allclose(low_end, (mean - margin)[several], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        np.array(found["range"].low)[several], np.nanmin(table, axis=0)[several]
    )
    np.testing.assert_allclose(
        np.array(found["range"].high)[several], np.nanmax(table, axis=0)[several]
    )


def test_members_with_the_same_steps_are_compared_at_each() -> None:
    steps = list(range(0, 100, 7))
    members = [(steps[:n], [float(step * n) for step in steps[:n]]) for n in (15, 11, 4)]
    band = band_of(members, 200, "std")
    assert band.x == steps
    assert list(band.count) == [3] * 4 + [2] * 7 + [1] * 4  # nothing beyond the last x
    assert band.mean[4] == 28 * 13
    assert band_of([([], []), ([1], [math.nan])], 10).x == []
    assert band_of([([3, 3], [1, 2]), ([3], [4])], 10).mean == [2.75]


def test_curves_of_groups_come_as_binary_numbers(api: Api) -> None:
    asked = {"by": "opt.name", "q": "n in (0, 1, 2)", "name": "loss"}
    about, found = curves(api.get("/groups/series", **asked, statistic="range"))
    assert [one["values"] for one in about] == [["adam"], ["sgd"]]
    assert [one["members"] for one in about] == [2, 1]
    x, count, mean, low, high = found[0]
    assert x.tolist() == [0, 10, 20]
    assert count.tolist() == [2, 1, 1]
    assert mean.tolist() == [0.9, 0.5, 0.7]
    assert (low[0], high[0], math.isnan(low[1])) == (0.9, 0.9, True)
    about, found = curves(api.get("/groups/series", **asked, group=1, from_=5))
    assert ([one["group"] for one in about], found[0][2].tolist()) == ([1], [2, 1])
    about, _ = curves(api.get("/groups/series", **{**asked, "name": "none"}))
    assert "no metric 'none'" in about[0]["error"]
    assert "std" in api.get("/groups/series", 400, **asked, statistic="sdt")["detail"]
    groups = api.get("/groups", by="opt.name", q="n in (0, 1, 2)")["groups"]
    assert [len(group["members"]) for group in groups] == [2, 1]
    assert groups[0]["members"][0].startswith("lab/")
