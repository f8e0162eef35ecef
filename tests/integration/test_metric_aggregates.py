"""Aggregates of the metrics of many runs: what a store computes is what their points say."""

import datetime
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sacred.query import parse
from sacred.query.sorting import parse_sort
from sacred.query.values import plain_value
from sacred.records.metric import AGGREGATES, aggregate
from sacred.runs import open_store
from sacred.runs.pushdown import prefilter_for
from sacred.stores.changes import AddPoints, SetFields
from tests.crash_safety.effort import examples
from tests.integration.test_pushdown import OVER_STORES, opened
from tests.integration.test_readers import new_place

#: Stores that work out numbers by themselves.
KINDS = ["sqlite", "postgres", "mongo"]
_NAMES = ["loss", "train.loss", "ü it's", "none"]
_WANTED = [(name, kind) for name in _NAMES for kind in AGGREGATES]
_DOCUMENT = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "config": {}, "status": "FAILED"}
_START = datetime.datetime(2026, 1, 2)

_floats = st.floats(allow_nan=False, allow_infinity=False)
_NUMBERS = [0, 1, -1, 2**53, 2**53 + 1, 2**62, 0.5, 1e300, math.nan, math.inf, -math.inf]
_OTHERS = [None, True, False, "a", "1", [1], {"a": 1}, np.float32(0.1), np.int64(3)]
_anything = st.sampled_from(_NUMBERS + _OTHERS)
columns = st.one_of(
    st.lists(_floats, max_size=4),
    st.lists(st.integers(-(2**40), 2**40), max_size=4),
    st.lists(_floats | _anything, max_size=4),
)
metrics = st.dictionaries(st.sampled_from(_NAMES[:3]), columns, max_size=3)


@pytest.fixture(scope="module")
def stores(request, tmp_path_factory):
    with opened(["memory", *KINDS], request, tmp_path_factory) as stores:
        yield stores


def put_metrics(store, run_id, of_run, steps=range(1000)):
    """Store metrics as an observer does."""
    changes = [
        AddPoints(
            name=name,
            start=0,
            steps=list(steps)[: len(values)],
            values=values,
            timestamps=[_START] * len(values),
        )
        for name, values in of_run.items()
    ]
    store.backend.apply(run_id, [change for change in changes if len(change)])
    store.backend.apply(run_id, [SetFields(fields={"info": {}})])  # where MongoDB lists them


def create_everywhere(stores, some):
    """A run with these metrics for each of `some`, in each store."""
    for of_run in some:
        for store in stores.values():
            put_metrics(store, store.backend.create(None, dict(_DOCUMENT), []), of_run)


def shown(value):
    """A number with its kind, so that 3 is not 3.0 and NaN is itself."""
    return repr(plain_value(value))


def from_points(reader, run_id, name, kind):
    if name not in reader.metric_names(run_id):
        return None
    return aggregate(reader.points(run_id, name), kind)


@given(st.lists(metrics, min_size=1, max_size=4))
@settings(
    max_examples=examples(5),
    **OVER_STORES,
)
def test_what_a_store_says_at_once_is_what_the_points_say(stores, some):
    for kind, store in stores.items():
        ids = []
        for of_run in some:
            ids.append(store.backend.create(None, dict(_DOCUMENT), []))
            put_metrics(store, ids[-1], of_run)
        said = store.reader.metric_numbers(ids, _WANTED)
        assert set(said) <= set(ids)
        for run_id in ids:
            for (name, number), value in said.get(run_id, {}).items():
                expected = from_points(store.reader, run_id, name, number)
                assert shown(value) == shown(expected), (kind, run_id, name, number)
    columns = [f"metrics.`{name}`.{kind}" for name, kind in _WANTED]
    tables = {kind: store.runs(sort="-id", limit=len(some)) for kind, store in stores.items()}
    found = {kind: table.to_dict(*columns) for kind, table in tables.items()}
    for kind in KINDS:
        assert repr(found[kind]) == repr(found["memory"]), kind


_paths = st.tuples(st.sampled_from(_NAMES), st.sampled_from(AGGREGATES)).map(
    lambda pair: f"metrics.`{pair[0]}`.{pair[1]}"
)
_values = st.sampled_from(
    ["0", "1", "0.5", "-1", "3", "9007199254740993", "1e300", "nan", "inf", "true", '"a"', '"1"']
)
_signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
tests = st.one_of(
    st.tuples(_paths, _signs, _values | _floats.map(repr)).map(" ".join),
    _paths.map("missing({})".format),
    _paths,
    st.sampled_from(["'loss' in metrics", "none in metrics", "metrics.loss = null"]),
)
questions = st.recursive(
    tests,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join).map("({})".format)
        | inner.map("not ({})".format)
    ),
    max_leaves=3,
)


@given(st.lists(metrics, min_size=1, max_size=4), st.lists(questions, min_size=6, max_size=12))
@settings(
    max_examples=examples(5),
    **OVER_STORES,
)
def test_all_stores_find_the_same_runs(stores, some, asked):
    create_everywhere(stores, some)
    for question in asked:
        found = {kind: list(map(int, store.runs(question).ids)) for kind, store in stores.items()}
        different = {kind: ids for kind, ids in found.items() if ids != found["memory"]}
        assert different == {}, f"{question}: {found['memory']} in memory"


_sorts = st.lists(
    st.tuples(st.sampled_from(["", "-"]), _paths).map("".join), min_size=1, max_size=2
)


@given(
    st.lists(metrics, min_size=1, max_size=6),
    st.lists(st.tuples(_sorts, st.integers(1, 8)), min_size=4, max_size=8),
)
@settings(
    max_examples=examples(5),
    **OVER_STORES,
)
def test_all_stores_have_the_same_order(stores, some, asked):
    create_everywhere(stores, some)
    for sort, limit in asked:
        tables = {kind: store.runs(sort=sort, limit=limit) for kind, store in stores.items()}
        found = {kind: list(map(int, table.ids)) for kind, table in tables.items()}
        different = {kind: ids for kind, ids in found.items() if ids != found["memory"]}
        assert different == {}, f"{sort}: {found['memory']} in memory"


@pytest.mark.parametrize("kind", KINDS)
def test_databases_sort_by_numbers_of_metrics(kind, request, tmp_path):
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for length in (2, 4, 0, 1, 3):
            run_id = store.backend.create(None, dict(_DOCUMENT), [])
            put_metrics(store, run_id, {"loss": [0.5 + length] * length})
        for number, sign in itertools.product(AGGREGATES, ("", "-")):
            keys = parse_sort(f"{sign}metrics.loss.{number}")
            ranked = store.reader.ranked(store.reader.ordering(keys), 5, ())
            found = [(document["_id"], is_placed) for _, is_placed, document in ranked]
            ids = [2, 5, 1, 4, 3] if sign else [4, 1, 5, 2, 3]
            assert found == [(run_id, True) for run_id in ids], keys


_CANDIDATES = {
    "metrics.loss.min < 0.4": [1],
    "metrics.loss.min >= 0.5": [2, 3],
    "metrics.loss.max > 5": [3],
    "metrics.loss.max <= 4": [1, 2],
    "metrics.loss = 4": [2],
    "metrics.loss.step >= 2": [1],
    "metrics.loss.count = 3": [1],
    "metrics.loss.mean > 2": [2, 3],
    "metrics.loss.mean = 2.5": [2],
    "not missing(metrics.loss)": [1, 2, 3],
    "missing(metrics.loss.min)": [4],
    "loss in metrics and status = FAILED": [1, 2, 3],
    "metrics.loss.min < 0.4 or metrics.other = 1": [1],
}


@pytest.mark.parametrize("kind", KINDS)
def test_databases_leave_out_runs_by_their_metrics(kind, request, tmp_path):
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for values in ([0.25, 0.5, 1.0], [1, 4], [10.0, 20.0], []):
            put_metrics(store, store.backend.create(None, dict(_DOCUMENT), []), {"loss": values})
        found = {}
        for question in _CANDIDATES:
            where = prefilter_for(parse(question), store.reader)
            found[question] = [run["_id"] for run in store.reader.documents(where=where)]
        expected = dict(_CANDIDATES)
        if kind == "mongo":  # what is not there is in no document
            expected["missing(metrics.loss.min)"] = [1, 2, 3, 4]
        assert found == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_says_all_of_short_metrics_of_numbers(kind, request, tmp_path):
    """Nothing is left to be read run by run."""
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for values in ([0.5, 0.25, 1.5], [3, 1, 2], [1, 0.5], [math.nan, 1.0], []):
            put_metrics(store, store.backend.create(None, dict(_DOCUMENT), []), {"loss": values})
        ids = list(store.ids())
        said = store.reader.metric_numbers(ids, [("loss", kind) for kind in AGGREGATES])
        by_run = {run_id: {kind: n for (_, kind), n in said[run_id].items()} for run_id in ids}
        assert by_run == {
            1: {"last": 1.5, "min": 0.25, "max": 1.5, "mean": 0.75, "count": 3, "step": 2},
            2: {"last": 2, "min": 1, "max": 3, "mean": 2.0, "count": 3, "step": 2},
            3: {"last": 0.5, "min": 0.5, "max": 1, "mean": 0.75, "count": 2, "step": 1},
            4: {"last": 1.0, "min": 1.0, "max": 1.0, "mean": 1.0, "count": 2, "step": 1},
            5: dict.fromkeys(AGGREGATES),
        }


@pytest.mark.parametrize("kind", ["memory", *KINDS])
def test_a_negative_zero_stays_negative(kind, request, tmp_path):
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        run_id = store.backend.create(None, dict(_DOCUMENT), [])
        put_metrics(store, run_id, {"loss": [0.0, -0.0, 1.0, -0.0]})
        (run,) = store.runs()
        assert [math.copysign(1, value) for _, value in run.metrics["loss"]] == [1, -1, 1, -1]
        assert repr(store.runs().to_dict("metrics.loss.last")["metrics.loss.last"]) == "[-0.0]"


@pytest.mark.parametrize("kind", KINDS)
def test_metrics_are_not_read_run_by_run(kind, request, tmp_path, monkeypatch):
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for n in range(40):
            run_id = store.backend.create(None, dict(_DOCUMENT), [])
            if n % 4:
                put_metrics(store, run_id, {"loss": [1.0, n / 40, 0.9]})

        def refuse(self, *args):
            raise AssertionError("points of one run are read")

        monkeypatch.setattr(type(store.reader), "points", refuse)
        monkeypatch.setattr(type(store.reader), "metric_names", refuse)
        found = store.runs("metrics.loss.min < 0.2", sort="-metrics.loss.min", limit=3)
        assert [run.id for run in found] == [8, 7, 6]
        assert len(store.runs("not metrics.loss.last = 0.9")) == 10
        assert found.to_dict("id", "metrics.loss.mean")["id"] == [8, 7, 6]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_point_leaves_the_numbers_of_other_runs(kind, request, tmp_path):
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for _ in range(2):
            run_id = store.backend.create(None, dict(_DOCUMENT), [])
            put_metrics(store, run_id, {"loss": [1.0, {"a": 1}]})
        _damage(kind, store)
        said = store.reader.metric_numbers([1, 2], [("loss", "max"), ("loss", "last")])
        assert said[2]["loss", "max"] == 1.0
        assert ("loss", "last") not in said.get(1, {})


def _damage(kind, store):
    if kind == "mongo":
        object_of_nobody = {"py/object": "os.system"}
        store.reader.runs.database["metrics"].update_one(
            {"run_id": 1}, {"$set": {"values.1": object_of_nobody}}
        )
        return
    with store.reader.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE metric SET value_json = '{' WHERE run_id = '1' AND position = 1"
        )


def test_long_metrics_are_left_to_those_who_read_points(request, tmp_path, monkeypatch):
    with new_place("sqlite", request, tmp_path) as place, open_store(place.url) as store:
        for _ in range(3):
            run_id = store.backend.create(None, dict(_DOCUMENT), [])
            put_metrics(store, run_id, {"loss": [1.0, 2.0, 4.5]})
        monkeypatch.setattr("sacred.stores.sql.aggregates.POINTS_AT_ONCE", 6)
        wanted = [("loss", "mean"), ("loss", "max")]
        said = store.reader.metric_numbers([1, 2, 3], wanted)
        assert [("loss", "mean") in said[run_id] for run_id in (1, 2, 3)] == [True, True, False]
        assert {said[run_id]["loss", "max"] for run_id in said} == {4.5}
        assert store.runs().to_dict("metrics.loss.mean") == {"metrics.loss.mean": [2.5] * 3}


def test_metrics_that_the_run_does_not_list_are_found_in_mongo(request, tmp_path):
    """A run that was killed between storing points and saying so."""
    with new_place("mongo", request, tmp_path) as place, open_store(place.url) as store:
        for _ in range(3):
            run_id = store.backend.create(None, dict(_DOCUMENT), [])
            if run_id < 3:
                put_metrics(store, run_id, {"loss": [0.5]})
        store.reader.runs.update_many({}, {"$unset": {"info.metrics": 1}})
        said = store.reader.metric_numbers([1, 2, 3], [("loss", "min")])
        assert said == {n: {("loss", "min"): value} for n, value in ((1, 0.5), (2, 0.5), (3, None))}


def test_the_list_of_metrics_in_mongo_leaves_none_out(request, tmp_path):
    """Readers believe it: a metric that it lacks would be lost to them."""
    with new_place("mongo", request, tmp_path) as place, open_store(place.url) as store:
        run_id = store.backend.create(None, dict(_DOCUMENT), [])
        put_metrics(store, run_id, {"loss": [0.5]})
        points = AddPoints(name="acc", start=0, steps=[0], values=[1], timestamps=[_START])
        store.backend.apply(run_id, [points])
        assert sorted(store.reader.metric_names(run_id)) == ["acc", "loss"]
        with open_store(place.url) as other:
            put_metrics(other, run_id, {"later": [2.0]})
            assert sorted(other.reader.metric_names(run_id)) == ["acc", "later", "loss"]
            listed = other.reader.runs.find_one({"_id": run_id})["info"]["metrics"]
            assert sorted(entry["name"] for entry in listed) == ["acc", "later", "loss"]
            assert other.reader.points(run_id, "loss").values[0] == 0.5


def test_what_a_user_has_put_into_info_under_that_name_stays(request, tmp_path):
    with new_place("mongo", request, tmp_path) as place, open_store(place.url) as store:
        for value in ([1, 2], "text", {"name": "a"}, {"name": "a", "id": 1}, [{"id": 1}]):
            run_id = store.backend.create(None, dict(_DOCUMENT), [])
            store.backend.apply(run_id, [SetFields(fields={"info": {"metrics": value}})])
            points = AddPoints(name="loss", start=0, steps=[0], values=[1], timestamps=[_START])
            store.backend.apply(run_id, [points])
            assert store[run_id].stored("info") == {"metrics": value}
            assert list(store[run_id].metrics) == ["loss"]
