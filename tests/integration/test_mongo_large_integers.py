"""Integers beyond 64 bits, which BSON has not, in MongoDB."""

from __future__ import annotations

from typing import Any

import pymongo
import pytest
from bson.decimal128 import Decimal128

from sacred import Experiment, open_store
from sacred.observers import MongoObserver

LARGE = 2**70


@pytest.fixture(scope="module")
def store(mongo_server: Any) -> Any:
    """The runs of an experiment with large and small integers."""
    url = f"{mongo_server.url.rstrip('/')}/sacred_large_integers"
    for run_id, value in (("large", LARGE), ("small", 5), ("edge", 2**63), ("negative", -LARGE)):
        ex = Experiment("large", interactive=True, save_git_info=False)
        ex.observers.append(MongoObserver(url=mongo_server.url, db_name="sacred_large_integers"))
        ex.add_config(n=value, seed=1)

        @ex.main
        def main(n: int, _run: Any) -> int:
            _run.info["n"] = {"deep": [n]}
            _run.log_scalar("m", n)
            return n

        ex.run(options={"--id": run_id, "--loglevel": "ERROR"})
    yield open_store(url)
    with pymongo.MongoClient[Any](mongo_server.url) as client:
        client.drop_database("sacred_large_integers")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (f"n = {LARGE}", ["large"]),
        (f"n = {LARGE + 1}", []),
        (f"n >= {2**63}", ["edge", "large"]),
        ("n > 1e10", ["edge", "large"]),
        ("n < 0", ["negative"]),
        ("n < 100", ["negative", "small"]),
        (f"result = {-LARGE}", ["negative"]),
        (f"metrics.m.last = {LARGE}", ["large"]),
    ],
)
def test_queries_compare_them_as_numbers(store: Any, query: str, ids: list[str]) -> None:
    assert sorted(str(run.id) for run in store.runs(query)) == ids


def test_they_come_back_and_are_sorted(store: Any) -> None:
    runs = list(store.runs(sort="-config.n"))
    assert [run.config["n"] for run in runs] == [LARGE, 2**63, 5, -LARGE]
    assert [run.result for run in runs] == [LARGE, 2**63, 5, -LARGE]
    assert runs[0].info["n"] == {"deep": [LARGE]}
    assert list(runs[0].metrics["m"].values) == [LARGE]


def test_decimals_of_others_stay_what_they_are(store: Any, mongo_server: Any) -> None:
    with pymongo.MongoClient[Any](mongo_server.url) as client:
        change = {"$set": {"info.price": Decimal128("1.50")}}
        client["sacred_large_integers"]["runs"].update_one({"_id": "small"}, change)
    [run] = store.runs("id = small")
    assert str(run.info["price"]) == "1.50"
    assert run.config["n"] == 5


def test_what_no_decimal_holds_is_a_text(mongo_server: Any, mongo_db: Any) -> None:
    ex = Experiment("large", interactive=True, save_git_info=False)
    ex.observers.append(MongoObserver(url=mongo_server.url, db_name=mongo_db.name))
    ex.main(lambda: 10**40)
    with pytest.warns(UserWarning, match="more than 34 digits"):
        ex.run(options={"--id": "huge", "--loglevel": "ERROR"})
    with open_store(f"{mongo_server.url.rstrip('/')}/{mongo_db.name}") as store:
        assert store["huge"].result == str(10**40)
