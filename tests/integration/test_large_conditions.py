"""The work that a condition costs grows with its length, in every store, and no faster.

Counted are the calls of functions in this process, which no other process can disturb. What a
server does is not in it: from some length on, no condition is sent to one.
"""

import cProfile
import datetime
import random

import pytest

from sacred.query.mongo_filter import expression_of
from sacred.query.parser import parse
from sacred.runs import open_store
from sacred.runs.pushdown import prefilter_for
from sacred.serializer import flatten
from sacred.stores.changes import SetFields
from sacred.stores.memory.store import MemoryStore
from tests.integration.test_readers import new_place

KINDS = ["memory", "file", "tinydb", "sqlite", "postgres", "mongo"]
DOCUMENT = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}

QUERIES = {
    "ids": (20_000, lambda n: {"_id": {"$in": list(range(2, n))}}, (2, 3)),
    "or": (1000, lambda n: " or ".join(f"a = {k}" for k in range(1, n)), (2, 3)),
    "and": (5000, lambda n: " and ".join(f"a != {k}" for k in range(2, n)), (1, 2)),
    "in list": (1000, lambda n: f"a in {list(range(1, n))}", (2, 3)),
    "nested": (1000, lambda n: {"$or": [{"config.a": {"$gte": k}} for k in range(1, n)]}, (2, 3)),
}


def calls_of(function):
    """How many functions are called in a call, of Python and of C, and what it returns."""
    profile = cProfile.Profile()
    result = profile.runcall(function)
    return sum(entry.callcount for entry in profile.getstats()), result


@pytest.mark.parametrize("kind", KINDS)
def test_the_work_is_linear_in_the_length(kind, request, tmp_path):
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for n in range(3):
            store.backend.create(n + 1, {**DOCUMENT, "config": {"a": n}}, [])
        assert store.runs("a = 1").ids == (2,)  # what is done once is done
        for name, (length, query, ids) in QUERIES.items():
            counts = []
            for part in (length // 4, length):
                made = query(part)
                count, found = calls_of(lambda made=made: store.runs(made).ids)
                assert found == ids, name
                counts.append(count)
            assert counts[1] < 5 * counts[0] + 10_000, (name, counts)


@pytest.mark.parametrize(("length", "is_sent"), [(150, True), (5000, False)])
def test_no_server_plans_a_condition_of_any_length(length, is_sent, request, tmp_path):
    with new_place("sqlite", request, tmp_path) as place, open_store(place.url) as store:
        store.backend.create(1, {**DOCUMENT, "config": {"a": 1}}, [])
        condition = parse(" or ".join(f"a > {k}" for k in range(length)))
        assert (prefilter_for(condition, store.reader) is not None) is is_sent


#: Values of a configuration: near to each other, of several kinds, and in several forms.
VALUES = [
    *(0.1, 0.1 + 2**-55, 1 / 3, 1e-7, 123456789.123, 5e-324, 1e308, 2**53 - 1, -7, 3.0, 0, -0.0),
    *(True, False, None, "", "x", "3", "true", "ü😀", "a'b\"c", [3], {"b": 3}, (3,), float("nan")),
]


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mongo"])
def test_a_list_of_values_is_sent_as_one(kind, request, tmp_path):
    """The answers are those of a scan, whatever kinds of values the list and the runs have."""
    rng = random.Random(1)
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        memory = open_store(MemoryStore())
        for number, value in enumerate(VALUES, 1):
            annotations = {} if not isinstance(value, str) else {"group": value, "tags": [value]}
            document = {
                **DOCUMENT,
                "experiment": {"name": str(value)},
                "config": flatten({"a": value, "d": {"e": value}}),
                "result": flatten(value),
                "meta": annotations,
            }
            for target in (store, memory):
                target.backend.create(number, document, [])
                target.apply(number, [SetFields(fields={"result": flatten(value)})])
        scalars = [value for value in VALUES if isinstance(value, int | float | str)]
        # More than would be sent one by one (200).
        others = [*range(10, 100), *(f"t{n}" for n in range(100)), *(n / 7 for n in range(1, 100))]
        for path in ("config.a", "config.d.e", "result", "name", "group"):
            for _ in range(6):
                chosen = rng.sample(scalars, rng.randrange(1, 8)) + rng.choice([others, []])
                chosen = [value for value in chosen if value == value]
                condition = {path: {"$in": chosen}}
                assert store.runs(condition).ids == memory.runs(condition).ids, (path, chosen)
                unlike = {path: {"$nin": chosen}}
                assert store.runs(unlike).ids == memory.runs(unlike).ids, (path, chosen)
        text = f"a in {[0.1, 3, 'x', *(f't{n}' for n in range(5000))]} and not missing(a)"
        assert prefilter_for(parse(text), store.reader) is not None
        where = prefilter_for(parse(text), store.reader)
        found = [document["_id"] for document in store.reader.documents(where=where)]
        assert set(store.runs(text).ids) <= set(found)
        assert len(found) < len(VALUES) / 2  # what cannot fit is not looked at


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mongo"])
def test_a_list_of_ids_is_sent_as_one(kind, request, tmp_path):
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for n in range(4):
            store.backend.create(n + 1, {**DOCUMENT, "config": {"a": n}}, [])
        store.backend.create("a'\"\\ü", {**DOCUMENT, "config": {"a": 9}}, [])
        ids = [2, "3", 4.0, "a'\"\\ü", *range(10, 40_000)]
        where = prefilter_for(
            expression_of({"_id": {"$in": ids}}, datetime.datetime(2026, 1, 2)), store.reader
        )
        assert where is not None
        found = [document["_id"] for document in store.reader.documents(where=where)]
        assert found == [2, 3, 4, "a'\"\\ü"]
        assert store.runs({"_id": {"$in": ids}, "config.a": {"$gt": 1}}).ids == (*found[1:],)
