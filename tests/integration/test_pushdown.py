"""Random runs and random questions: every store gives the same answer as memory."""

import contextlib
import dataclasses
import datetime
import itertools
import math
import uuid

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sacred.query import parse
from sacred.query.sorting import parse_sort
from sacred.query.syntax import Not, Search
from sacred.runs import open_store
from sacred.runs.pushdown import prefilter_for
from sacred.serializer import flatten
from sacred.stores.changes import SetFields
from sacred.stores.mongo.search.ranking import first_of
from sacred.stores.sql.documents import DocumentRows
from tests.crash_safety.effort import examples, pick
from tests.integration.test_readers import new_place
from tests.sample_runs import NOW

KINDS = ["memory", "file", "tinydb", "sqlite", "postgres", "mongo"]

_SCALARS = [
    None,
    True,
    False,
    0,
    1,
    -1,
    0.1,
    1.0,
    2**53,
    2**53 + 1,
    1e300,
    math.nan,
    math.inf,
    "",
    "a",
    "B",
    "b",
    "1",
    "ü😀",
    "it's 50%\\",
    datetime.datetime(2026, 1, 2),
    np.float32(0.1),
    np.int64(1),
    np.bool_(True),
    np.arange(2),
]
_KEYS = ["a", "b", "c-d", "ü", 1, "1", None, "py/id", "x y"]

scalars = st.sampled_from(_SCALARS)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.tuples(inner)
        | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=2)
    ),
    max_leaves=4,
)
metas = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.lists(st.sampled_from(["a", "b", "1", 1, None]), max_size=2),
        "group": st.sampled_from(["", "a", "B", 1, None]),
        "starred": st.booleans(),
        "comment": st.sampled_from(["", "a"]),
    },
)
runs = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["RUNNING", "COMPLETED", "FAILED", "DEAD", "QUEUED"]),
        "config": st.dictionaries(st.sampled_from(_KEYS), values, max_size=3),
        "meta": metas,
        "name": st.sampled_from(["a", "B", "", None]),
        "command": st.sampled_from(["main", "b"]),
        "age": st.sampled_from([0, 1, 60, 3600, 86400, 10**7]),
        "result": st.none() | values,
        "has_result": st.booleans(),
    }
)

_PATHS = ["a", "b", "a.a", "a.b", "a.0", "a.1", "c-d", "config.ü", "a.dtype", "config.`x y`"]
_PATHS += [
    "result",
    "result.a",
    "config.1",
    "meta.group",
    "host.hostname",
    "info.a",
    "config.a.b.a",
]
_TEXT_PATHS = ["status", "name", "command", "group", "comment"]
_VALUES = ["0", "1", "-1", "0.1", "1.0", "true", "false", "null", "nan", "inf", "1e300"]
_VALUES += ["9007199254740992", "9007199254740993", '"a"', '"b"', '"B"', '"1"', '""', '"ü😀"']
_VALUES += ['"it\'s 50%\\\\"', "2026-01-02", "COMPLETED", "DEAD", "RUNNING", "main"]
_OPERATORS = ["=", "!=", "<", "<=", ">", ">="]


def _join(*parts):
    return st.tuples(*parts).map(" ".join)


_signs, _values = st.sampled_from(_OPERATORS), st.sampled_from(_VALUES)
_paths = st.sampled_from(_PATHS + _TEXT_PATHS)
tests = st.one_of(
    _join(_paths, _signs, _values.filter(lambda v: v not in ("null",))),
    _join(_paths, st.sampled_from(["= null", "!= null", "~ /a|1/", "!~ /^b/i"])),
    _join(
        st.sampled_from(["start_time", "heartbeat", "queue_time"]),
        _signs,
        st.sampled_from(["2026-01-02", '"2 hours ago"', "yesterday", "today", "2026"]),
    ),
    _paths.map("missing({})".format),
    st.sampled_from(["missing(start_time)", "missing(tags)", "missing(info.metrics)"]),
    _join(_values.filter(lambda v: v != "null"), st.sampled_from(["in tags", "in a", "not in a"])),
    st.sampled_from(["a", "starred", "not b", "starred = false", "starred = true", "result"]),
    st.sampled_from(
        ['"a"', '"B"', '"MAIN"', '"ü"', '"x y"', '"RUN"', '"Tru"', '"c-d"', '"\'s"', '"1"']
    ),
    _join(_paths, st.just("in"), st.lists(_values, max_size=2).map(", ".join).map("({})".format)),
    st.sampled_from(
        ["duration > 1h", "id = 1", "id != 1", 'id = "2"', "id < 3", "a = b", "a.b <= b"]
    ),
)
queries = st.recursive(
    tests,
    lambda inner: (
        _join(inner, st.sampled_from(["and", "or"]), inner).map("({})".format)
        | inner.map("not ({})".format)
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module", autouse=True)
def index_of_all_stores(tmp_path_factory):
    """Files are asked through their index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sacred.stores.files.index.side_index.MIN_RUNS", 0)
        patch.setenv("SACRED_INDEX", str(tmp_path_factory.mktemp("index")))
        yield


@contextlib.contextmanager
def opened(kinds, request, tmp_path_factory):
    """One store of each kind, which fill in the course of the examples."""
    with contextlib.ExitStack() as stack:
        yield {
            kind: stack.enter_context(
                open_store(
                    stack.enter_context(
                        new_place(kind, request, tmp_path_factory.mktemp("place"))
                    ).url
                )
            )
            for kind in kinds
        }


@pytest.fixture(scope="module")
def stores(request, tmp_path_factory):
    with opened(KINDS, request, tmp_path_factory) as stores:
        yield stores


@pytest.fixture(scope="module")
def mongo_and_memory(request, tmp_path_factory):
    with opened(["mongo", "memory"], request, tmp_path_factory) as stores:
        yield stores


_numbers = itertools.count(1)


def _create(stores, batch, run):
    start = NOW - datetime.timedelta(seconds=run["age"])
    document = {
        "status": run["status"],
        "config": flatten({**run["config"], "batch": batch}),
        "meta": flatten(run["meta"]),
        "command": run["command"],
        "experiment": {"name": run["name"]},
        "host": {"hostname": "a"},
        "info": {},
        "start_time": start,
        "heartbeat": start,
    }
    if run["has_result"]:
        document["result"] = flatten(run["result"])
    number = next(_numbers)
    for store in stores.values():
        store.backend.create(number, document, [])


def _answer(store, query):
    return {run.id for run in store.runs(query)}


OVER_STORES = {
    # To shrink takes minutes here.
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@given(st.lists(runs, min_size=1, max_size=3), st.lists(queries, min_size=1, max_size=4))
@settings(
    max_examples=examples(6, 15),
    **OVER_STORES,
)
def test_all_stores_agree(stores, some, questions):
    batch = uuid.uuid4().hex
    for run in some:
        _create(stores, batch, run)
    for question in questions:
        for query in (question, f"config.batch = {batch!r} and ({question})"):
            answers = {kind: _answer(store, query) for kind, store in stores.items()}
            expected = answers["memory"]
            different = {kind: answer for kind, answer in answers.items() if answer != expected}
            assert different == {}, f"{query}: {expected} in memory"


_SORTS = ["result", "-result", "-config.a", "config.a, -result", "config.c-d", "-config.a.b"]
_SORTS += ["-start_time, config.b", "-status", "name,-config.b", "-id", "host.hostname, -config.a"]


@given(
    st.lists(runs, min_size=1, max_size=4),
    st.lists(st.tuples(st.sampled_from(_SORTS), st.integers(0, 9)), min_size=1, max_size=3),
    st.sampled_from([1, 3, 2000]),
)
@settings(
    max_examples=examples(8, 20),
    **OVER_STORES,
)
def test_all_stores_have_the_same_order(stores, some, orders, ahead):
    batch = uuid.uuid4().hex
    for run in some:
        _create(stores, batch, run)
    for sort, limit in orders:
        for query in ("", f"config.batch = {batch!r}"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("sacred.stores.sql.reader.RUNS_AHEAD", ahead)
                answers = {
                    kind: store.runs(query, sort=sort, limit=limit).ids
                    for kind, store in stores.items()
                }
            expected = answers["memory"]
            different = {kind: answer for kind, answer in answers.items() if answer != expected}
            assert different == {}, f"{query} by {sort}: {expected} in memory"


#: The place of these is the same in Mongo's own order, and that of a few others is not.
_numbers_mostly = st.one_of(
    *[st.integers(-3, 3) | st.sampled_from([0.5, 1.0, 2**53, 1e300, -math.inf])] * 3,
    st.sampled_from(["", "a", "ü", None, [2], [True], {}]),
    scalars,
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b"]), _numbers_mostly), min_size=1, max_size=12
    ),
    st.lists(
        st.tuples(
            st.sampled_from(["a", "-a", "-a.b", "a.b", "-result", "result"]), st.integers(0, 6)
        ),
        min_size=1,
        max_size=4,
    ),
)
@settings(
    max_examples=examples(25, 60),
    **OVER_STORES,
)
def test_the_own_order_of_mongo_is_taken_only_where_it_is_ours(mongo_and_memory, configs, orders):
    batch = uuid.uuid4().hex
    run = {"status": "FAILED", "meta": {}, "command": "main", "name": "a", "age": 1}
    for config in configs:
        nested = {"a": {"b": config["b"]}} if "b" in config and "a" not in config else {}
        has_result = "b" in config
        more = {"config": config | nested, "has_result": has_result, "result": config.get("b")}
        _create(mongo_and_memory, batch, run | more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sacred.stores.mongo.search.ranking.EXTRA_ROWS", 1)
        for sort, limit in orders:
            query = f"config.batch = {batch!r} and missing(config.`no such`)"
            in_mongo, in_memory = (
                store.runs(query, sort=sort, limit=limit).ids for store in mongo_and_memory.values()
            )
            assert in_mongo == in_memory, sort


def test_the_own_order_of_mongo_is_taken_for_numbers(request, tmp_path):
    with new_place("mongo", request, tmp_path) as place, open_store(place.url) as store:
        document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
        for n in range(40):
            result = {"result": n % 7} if n % 2 else {}
            store.backend.create(None, {**document, "config": {"a": n}, **result}, [])

        def pages(sort, limit=5):
            reader, order = store.reader, store.reader.ordering(parse_sort(sort))
            return first_of(reader.runs, order, limit, {}, {"config": 1, "result": 1})

        def is_taken(sort, limit=5):
            return pages(sort, limit) is not None

        assert all(map(is_taken, ["result", "-result", "config.a", "-config.a"]))
        for sort, ids in (("config.a", range(1, 41)), ("-config.a", range(40, 0, -1))):
            assert [found["_id"] for page in pages(sort) for found, _ in page] == list(ids)
        ids = [found["_id"] for page in pages("result") for found, _ in page]
        assert set(ids) == set(range(1, 41))
        assert ids[20:] == list(range(1, 41, 2))  # those without a result
        assert not is_taken("result", 25)  # more than there are
        assert not is_taken("result, config.a")
        store.backend.create(None, {**document, "config": {"a": True}}, [])
        assert is_taken("-config.a")
        assert not is_taken("config.a")


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mongo"])
def test_items_of_a_list_have_no_names(kind, request, tmp_path):
    document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for result in ([{"a": 1}], {"a": 1}, [], 1):
            store.backend.create(None, {**document, "config": {}, "result": result}, [])
        assert [run.id for run in store.runs("missing(result.a)")] == [1, 3, 4]
        assert [run.id for run in store.runs("result.a = 1")] == [2]


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mongo"])
def test_an_order_is_really_pushed(kind, request, tmp_path):
    document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        values = [2, 1.5, None, "b", True, {"no": "order"}, 3, np.float64(1), math.nan, "a", [7]]
        for value in values:
            config = flatten({"a": value}) if value is not None else {}
            store.backend.create(None, {**document, "config": config}, [])
        ids = store.runs(sort="-a").ids
        assert ids == (4, 10, 7, 1, 2, 8, 5, 3, 6, 9, 11)
        order = store.reader.ordering(parse_sort("-a"))
        ranked = list(store.reader.ranked(order, 2, ["config"]))
        not_placed = {document["_id"] for _, known, document in ranked if not known}
        # Mongo's own order has no place for flags, nor for what comes last.
        assert not_placed <= ({3, 5, 6, 8, 9, 11} if kind == "mongo" else {6, 8, 9})
        placed = tuple(document["_id"] for _, known, document in ranked if known)
        assert placed == tuple(run_id for run_id in ids if run_id in placed)
        for limit in range(12):
            assert store.runs(sort="-a", limit=limit).ids == ids[:limit]


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mongo"])
def test_a_condition_is_really_pushed(kind, request, tmp_path):
    document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for n in range(5):
            store.backend.create(None, {**document, "config": {"pushed": n}}, [])
        where = prefilter_for(parse("pushed > 1 and pushed < 3 and missing(result)"), store.reader)
        found = list(store.reader.documents(fields=["config"], where=where))
        # The bounds themselves are candidates.
        assert [document["config"]["pushed"] for document in found] == [1, 2, 3]
        where = prefilter_for(parse("status = NOBODY or pushed = 77"), store.reader)
        assert list(store.reader.documents(where=where)) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_text_that_is_no_json_hides_no_other_run(kind, request, tmp_path):
    document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for n in range(5):
            store.backend.create(None, {**document, "config": {"a": {"b": n}}, "result": n}, [])
        engine = sa.create_engine(place.url)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE run SET config = '{\"a\":' WHERE run_id = '2'")
            connection.exec_driver_sql("UPDATE run SET result_json = 'oops' WHERE run_id = '4'")
        engine.dispose()
        # The result of a run is looked at if it matters only.
        for sort, ids in (("-result", (5, 3)), ("a.b", (3, 4, 5)), ("-start_time", (3, 4, 5))):
            table = store.runs("a.b > 1 and status = FAILED", sort=sort, limit=4)
            assert table.ids == ids, sort
            assert any("Run '2' is damaged" in problem for problem in table.problems), sort


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_only_the_winners_of_an_order_are_read(kind, request, tmp_path):
    document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for n in range(80):
            store.backend.create(None, {**document, "config": {"a": n}, "result": n}, [])
        read = []
        pairs = DocumentRows.pairs

        def counted(rows, connection, found, *args):
            read.extend(found)
            return pairs(rows, connection, found, *args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(DocumentRows, "pairs", counted)
            table = store.runs("a > 1 and a < 70", sort="-result", limit=2)
            assert table.ids == (70, 69)
            assert len(read) <= 22


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_condition_on_texts_is_put_to_the_first_of_an_order_before_it_is_put_to_all(
    kind, request, tmp_path, monkeypatch
):
    monkeypatch.setattr("sacred.stores.sql.reader.RUNS_AHEAD", 40)
    document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    statements = []

    def note(connection, cursor, statement, *rest):
        statements.append(statement)

    def asked_all(table):
        """Whether the texts of all runs are looked at for it."""
        statements.clear()
        assert len(table.ids) == table.limit
        return any("ORDER BY" in text and "config" in text for text in statements)

    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for n in range(80):
            details = {"config": {"a": n % 10, "b": n}, "result": n, "start_time": NOW}
            store.backend.create(None, document | details, [])
        sa.event.listen(sa.Engine, "before_cursor_execute", note)
        try:
            for sort in ("-result", "start_time"):
                assert not asked_all(store.runs("a = 3", sort=sort, limit=2)), sort
                assert not asked_all(store.runs("status = FAILED and a = 3", sort=sort, limit=2))
                assert asked_all(store.runs("a = 3", sort=sort, limit=6)), sort
            assert asked_all(store.runs("a = 3", sort="b", limit=2))
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", note)
        assert store.runs("a = 3", sort="-result", limit=6).ids == (74, 64, 54, 44, 34, 24)
        assert store.runs("a = 3", sort="start_time", limit=6).ids == (4, 14, 24, 34, 44, 54)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_results_of_the_old_library_among_ours_are_found_and_sorted(kind, request, tmp_path):
    """It leaves the column of other results empty."""
    document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for value in (0.5, 2, True, "a", [1], None):
            store.backend.create(None, document | {"config": {}, "result": value}, [])
        engine = sa.create_engine(place.url)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE run SET result_json = NULL WHERE run_id IN ('1')")
        engine.dispose()
        assert store.runs(sort="-result", limit=6).ids == (4, 2, 1, 3, 5, 6)
        assert store.runs(sort="result", limit=6).ids == (3, 1, 2, 4, 5, 6)
        assert store.runs("result < 1").ids == (1,)
        assert store.runs("result >= 0.5").ids == (1, 2)
        assert store.runs("result = true").ids == (3,)
        assert store.runs("missing(result)").ids == (6,)


#: Where a text may stand, and forms in which stores have it.
_WITH_TEXT = [
    {"config": {"value": "Needle"}},
    {"config": {"needle": None}},
    {"config": {1: ["x", ("needle",)]}},
    {"config": {"value": "\u212aelvin \u0130"}},  # the kelvin sign, an i with a dot
    {"config": {"value": np.arange(3)}},
    {"config": {"value": np.float32(0.1), "flag": True}},
    {"config": {"value": 'quoted "needle" \\ 50% a_b'}},
    {"result": "needle"},
    {"meta": {"tags": ["needle"], "comment": "Kommentar"}},
    {"command": "needle"},
    {"experiment": {"name": "NEEDLE"}},
    {"host": {"hostname": "needle"}},
    {"fail_trace": ["Traceback\n", "Needle: \u212a\n"]},
    {"status": "RUNNING"},
    {},
]
_TEXTS = ["needle", "Needle", "kelvin", "k", "i\u0307", "array", "[0 1", "tru", "50% A", "a_b"]
_TEXTS += ["dead", "running", '"needle', "\\", "kommentar", "0.1", "x", "\u212a", "value", "py/"]


@pytest.mark.parametrize("kind", ["file", "tinydb", "sqlite", "postgres", "mongo"])
def test_a_text_is_found_wherever_it_stands(kind, request, tmp_path_factory):
    defaults = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    with opened(["memory", kind], request, tmp_path_factory) as stores:
        for number, more in enumerate(_WITH_TEXT, 1):
            document = {**defaults, "config": {}, "start_time": NOW, "heartbeat": NOW, **more}
            document |= {name: flatten(document[name]) for name in ("config", "meta")}
            at_end = {k: document.pop(k) for k in ("fail_trace", "result") if k in document}
            for store in stores.values():
                store.backend.create(number, dict(document), [])
                store.backend.apply(number, [SetFields(fields=at_end)])
        for text in _TEXTS:
            for query in (Search(text), Not(Search(text))):
                in_memory, found = (
                    {run.id for run in dataclasses.replace(store.runs(), where=query)}
                    for store in stores.values()
                )
                assert found == in_memory, text
        needles = {run.id for run in stores["memory"].runs('"needle"')}
        assert len(needles) == 10
        if kind in ("sqlite", "postgres"):
            where = prefilter_for(parse('"needle"'), stores[kind].reader)
            candidates = {d["_id"] for d in stores[kind].reader.documents(where=where)}
            assert needles <= candidates
            assert not candidates & {14, 15}


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_condition_is_answered(kind, request, tmp_path):
    document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    queries = [
        ({"_id": {"$in": list(range(2, 20_000))}}, (2, 3)),
        (" or ".join(f"a = {n}" for n in range(1, 1000)), (2, 3)),
        (" and ".join(f"a != {n}" for n in range(2, pick(1500, 5000))), (1, 2)),
    ]
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        for n in range(3):
            store.backend.create(n + 1, {**document, "config": {"a": n}}, [])
        for query, ids in queries:
            assert store.runs(query).ids == ids
            assert store.runs(query, sort="-a", limit=1).ids == ids[-1:]
