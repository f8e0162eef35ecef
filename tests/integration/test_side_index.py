"""The side index of stores of files: it says what the files say, whatever happens to them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sacred.runs import open_store
from sacred.serializer import flatten
from sacred.stores.changes import AddPoints, Annotate, SetFields
from sacred.stores.files.index import catch_up, ingest, side_index, stale_runs
from sacred.stores.files.index.index_file import Database
from sacred.stores.query_index import IndexRequest
from sacred.upkeep import annotate, discard, empty_trash, recover
from tests.crash_safety.effort import examples
from tests.integration.test_pushdown import queries, runs
from tests.sample_runs import GOLDEN, NOW, RUNS, record

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def index_of_all_stores(tmp_path_factory, monkeypatch):
    """Small stores have one as well."""
    monkeypatch.setattr(side_index, "MIN_RUNS", 0)
    monkeypatch.setenv("SACRED_INDEX", str(tmp_path_factory.mktemp("index")))


def scanned(table):
    """The same question to the files themselves."""
    return dataclasses.replace(table, index=None, problems=[], _cache={})


def check(store, query="", **how):
    """The answer, which is the same with and without the index."""
    table = store.runs(query, **how)
    assert table.index is not None
    other = scanned(table)
    assert table.ids == other.ids, (query, how)
    # A scan may stop before it comes to a damaged run, and looks at those in the trash as well.
    if table.limit is None and not table.in_trash and not store.reader.discarded():
        assert table.problems == other.problems
    return table.ids


def is_used(store, query="", **how):
    """Whether the index alone gives the answer."""
    table = store.runs(query, **how)
    question = {name: getattr(table, name) for name in ("where", "now", "dead_after", "sort")}
    found = table.index.find(IndexRequest(**question))
    return found is not None and not found.unsure


def write(path, value):
    path.write_text(json.dumps(value))


@pytest.fixture
def settled(monkeypatch):
    """Runs count as over at once, and the store as large."""
    monkeypatch.setattr(ingest, "FINISHED_NANOSECONDS", -(10**12))
    monkeypatch.setattr(ingest, "NOTED_NANOSECONDS", -(10**12))
    monkeypatch.setattr(stale_runs, "SMALL_STORE_RUNS", 0)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs") as opened:
        record(opened.backend, tmp_path)
        yield opened


def test_golden_queries(store):
    for _ in range(2):
        for query, expected in GOLDEN:
            assert {run.config["n"] for run in store.runs(query)} == expected, query
            check(store, query)


@pytest.mark.parametrize("sort", ["result", "-result", "-opt.lr, n", "command,-n", "status"])
def test_orders(store, sort):
    for query in ("", "n < 9", "not n = 3"):
        for limit in (None, 0, 1, 5):
            check(store, query, sort=sort, limit=limit)
    check(store, sort="-id", limit=3)
    check(store, sort="-metrics.loss.last", limit=3)
    check(store, sort="start_time")
    check(store, "n > 2", newest_first=True, limit=4)
    assert store.runs(newest_first=True, limit=2).ids == (12, 11)


def test_what_the_index_knows_is_not_read_again(store):
    questions = ("opt.lr < 0.5", "status = COMPLETED and not missing(result)", "base in tags")
    check(store)
    for query in questions:
        assert is_used(store, query), query
        assert is_used(store, query, sort=None), query
    assert not is_used(store, "output ~ /a/")


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        ("valueerror", True),  # in a traceback
        ("Train", True),
        ("no such text", True),
        ("COMPL", True),
        ("momentum", True),  # a key
        ("adam", True),
        ("tru", True),  # a flag
        ("base", True),  # a tag
        ("1", False),
        ("1e-05", False),  # numbers have texts that the index does not know
        ("nan", False),
        ("2026-01", False),
    ],
)
def test_texts_are_looked_for_in_the_index(store, text, is_known):
    query = f'"{text}"'
    for where in (query, f"not {query}", f"{query} and status = COMPLETED"):
        check(store, where)
        check(store, where, sort="-result", limit=3)
    assert is_used(store, query) is is_known


def test_texts_of_what_is_no_text_are_looked_up(store):
    """Objects, long texts and deep trees: the index only knows that they are there."""
    import numpy as np

    from sacred.serializer import flatten

    deep = {"leaf": "needle"}
    for _ in range(20):
        deep = {"a": deep}
    document = {"experiment": {}, "host": {}, "meta": {}, "info": {}, "status": "FAILED"}
    for value in (
        np.arange(3),
        {1: "needle"},
        {"needle": None},
        ["x", ["needle"]],
        "x" * 20_000 + "needle",
        deep,
        [*range(50), "needle"],
        np.float32(0.1),
        complex(1, 2),
        "KELVIN",
        {},
    ):
        store.backend.create(None, {**document, "config": {"value": flatten(value)}}, [])
    found = check(store, '"needle"')
    assert len(found) == 6
    for text in ("array", "j", "(1+2j)", "kelvin", "[0 1", "value", "0.1"):
        check(store, f'"{text}"')
        check(store, f'not "{text}"')
    assert len(check(store, '"kelvin"')) == 1


def test_the_aggregates_of_metrics_are_read_once(store, settled, monkeypatch):
    check(store, "metrics.loss.min < 0.6")
    monkeypatch.setattr(type(store.reader), "points", None)
    assert store.runs("metrics.loss.min < 0.6 and status = COMPLETED").ids == (1,)
    assert store.runs("metrics.loss.last > 0.6", sort="-metrics.loss.max").ids == (3, 1)


def _created(store, run, number=None):
    from sacred.serializer import flatten

    document = {
        "status": run["status"],
        "config": flatten(run["config"]),
        "meta": flatten(run["meta"]),
        "command": run["command"],
        "experiment": {"name": run["name"]},
        "host": {"hostname": "a"},
        "info": {},
        "start_time": NOW,
        "heartbeat": NOW,
    }
    if run["has_result"]:
        document["result"] = flatten(run["result"])
    return store.backend.create(number, document, [])


_LOSS = {"loss": {"steps": [0, 1], "values": [0.5, 0.1], "timestamps": []}}

#: What can happen to a run, by this library and by others.
_EVENTS = {
    "annotate": lambda store, root, run: annotate(store, run, add_tags=["a"], group="a"),
    "star": lambda store, root, run: annotate(store, run, starred=True),
    "finish": lambda store, root, run: store.apply(
        run, [SetFields(fields={"status": "COMPLETED", "result": 1.0, "stop_time": NOW})]
    ),
    "points": lambda store, root, run: store.apply(
        run, [AddPoints(name="a", start=0, steps=[0], values=[0.5], timestamps=[NOW])]
    ),
    "discard": lambda store, root, run: discard(store, [run], force=True),
    "recover": lambda store, root, run: recover(store, [run]),
    "remove": lambda store, root, run: empty_trash(store),
    "delete": lambda store, root, run: shutil.rmtree(root / str(run)),
    "edit": lambda store, root, run: write(root / str(run) / "config.json", {"a": 1, "b": "a"}),
    "result": lambda store, root, run: write(
        root / str(run) / "run.json", {"status": "FAILED", "result": 0.1}
    ),
    "metrics": lambda store, root, run: write(root / str(run) / "metrics.json", _LOSS),
    "damage": lambda store, root, run: (root / str(run) / "run.json").write_text("{"),
    "break": lambda store, root, run: (root / str(run) / "config.json").write_text("{"),
    "unwritten": lambda store, root, run: (root / str(run) / "run.json").write_text("{}"),
    "headless": lambda store, root, run: os.remove(root / str(run) / "run.json"),
    "rename": lambda store, root, run: os.rename(root / str(run), root / "renamed"),
    "foreign": lambda store, root, run: (root / "foreign").mkdir(exist_ok=True),
    "look": lambda store, root, run: None,
}
events = st.lists(
    st.tuples(st.sampled_from(sorted(_EVENTS)), st.integers(1, 4)), min_size=1, max_size=6
)
_SORTS = [None, "result", "-result", "-config.a", "config.a, -status", "group,-id", "-duration"]


@given(st.lists(runs, min_size=1, max_size=4), events, st.lists(queries, max_size=3), st.data())
@settings(
    max_examples=examples(20, 60),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_happens_the_index_says_what_the_files_say(
    tmp_path_factory, some, happening, questions, data
):
    root = tmp_path_factory.mktemp("any") / "runs"
    with open_store(root) as store:
        for run in some:
            _created(store, run)
        for event, run in happening:
            # What cannot happen to that run, as it is now, does not.
            with contextlib.suppress(Exception):
                _EVENTS[event](store, root, run)
            sort = data.draw(st.sampled_from(_SORTS))
            limit = data.draw(st.sampled_from([None, None, 1, 2]))
            in_trash = data.draw(st.booleans())
            for query in ("", *questions):
                check(store, query, sort=sort, limit=limit, in_trash=in_trash)
            check(store, newest_first=True, limit=limit)


def test_changes_by_this_library_are_seen_at_once(store, settled, tmp_path, monkeypatch):
    monkeypatch.setattr("sacred.stores.files.change_log.MIN_RUNS", 0)
    assert check(store, "late in tags") == ()
    annotate(store, 2, add_tags=["late"])
    assert check(store, "late in tags") == (2,)
    other = open_store(tmp_path / "runs")
    annotate(other, 2, remove_tags=["late"])
    annotate(other, 1, add_tags=["late"])
    assert check(store, "late in tags") == (1,)
    store.apply(3, [SetFields(fields={"result": 99})])
    assert check(store, "result = 99") == (3,)
    discard(store, [3])
    assert check(store, "result = 99") == ()


def test_notes_that_grow_too_long_begin_anew(store, settled, monkeypatch):
    monkeypatch.setattr("sacred.stores.files.change_log.MIN_RUNS", 0)
    monkeypatch.setattr("sacred.stores.files.change_log.MAX_LOG_BYTES", 5)
    for n in range(1, 8):
        annotate(store, n, add_tags=[f"late{n}"])
        assert check(store, f"late{n} in tags") == (n,)


def test_files_that_others_write_over_are_seen_after_a_minute(
    store, settled, tmp_path, monkeypatch
):
    """Of runs that ended long ago, in a large store."""
    check(store)
    check(store)
    write(tmp_path / "runs" / "1" / "config.json", {"n": 0, "late": 1})
    monkeypatch.setattr(stale_runs, "FULL_CHECK_SECONDS", 0.0)
    assert check(store, "late = 1") == (1,)


def test_runs_that_come_and_go_are_seen_at_once(store, settled, tmp_path):
    root = tmp_path / "runs"
    check(store)
    shutil.copytree(root / "1", root / "mine")
    assert check(store, "n = 0") == (1, "mine")
    shutil.rmtree(root / "1")
    assert check(store, "n = 0") == ("mine",)
    os.rename(root / "2", root / "1")
    os.rename(root / "3", root / "2")
    assert check(store, "n = 1 or n = 2") == (1, 2)
    assert store.runs("n = 2").ids == (2,)


def test_reading_leaves_a_store_as_it_is(store, tmp_path):
    before = sorted(os.listdir(tmp_path / "runs"))
    check(store, "n > 3")
    assert sorted(os.listdir(tmp_path / "runs")) == before


@pytest.mark.parametrize("place", ["off", "/dev/null/none"])
def test_without_an_index_everything_is_read(store, monkeypatch, place):
    monkeypatch.setenv("SACRED_INDEX", place)
    assert store.runs("n = 3").ids == (4,)
    assert (store.index is None) is (place == "off")


def test_a_directory_that_may_only_be_read_has_an_index_elsewhere(store, tmp_path):
    for path in (tmp_path / "runs", *(tmp_path / "runs").iterdir()):
        path.chmod(0o555)
    try:
        assert check(store, "n > 9") == (11, 12)
        assert is_used(store, "n > 9")
    finally:
        for path in (tmp_path / "runs", *(tmp_path / "runs").iterdir()):
            path.chmod(0o755)


@pytest.mark.parametrize("content", [b"", b"nonsense" * 1000, b"SQLite format 3\0" + b"\1" * 5000])
def test_a_damaged_index_is_made_again(store, content):
    check(store)
    Path(store.index.path).write_bytes(content)
    assert check(store, "n < 3") == (1, 2, 3)
    assert is_used(store, "n < 3")


def test_an_index_of_another_version_is_made_again(store):
    check(store)
    with contextlib.closing(sqlite3.connect(store.index.path)) as connection:
        connection.execute("PRAGMA user_version = 77")
        connection.execute("DROP TABLE entry")
    assert check(store, "n < 3") == (1, 2, 3)
    assert is_used(store, "n < 3")


def test_while_somebody_else_keeps_the_index_everything_is_read(store, monkeypatch):
    monkeypatch.setattr("sacred.stores.files.index.index_file.LOCK_TIMEOUT", 0.1)
    check(store)
    with contextlib.closing(sqlite3.connect(store.index.path)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert store.runs("n < 3").ids == (1, 2, 3)


def test_it_can_be_made_anew(store):
    check(store)
    assert store.rebuild_index() == len(RUNS)
    assert is_used(store, "n < 3")
    assert open_store("memory:").rebuild_index() is None


_READER = """
import sys
from sacred.runs import open_store
from sacred.stores.files.index import catch_up, side_index
side_index.MIN_RUNS = 0
side_index.RUNS_AT_ONCE = catch_up.RUNS_AT_ONCE = 7
store = open_store(sys.argv[1])
print("ready", flush=True)
for n in range(int(sys.argv[2])):
    found = store.runs("config.n >= 0", sort="-config.n").ids
    assert list(found) == sorted(found, reverse=True), found
    print(len(found), flush=True)
"""


def _reader(root, count):
    command = [sys.executable, "-c", _READER, str(root), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _many(store, count, first=0):
    for n in range(first, first + count):
        store.backend.create(
            None, {"status": "COMPLETED", "config": {"n": n}, "experiment": {}}, []
        )


def test_several_processes_bring_it_up_to_date_at_once(tmp_path):
    store = open_store(tmp_path / "runs")
    _many(store, 60)
    readers = [_reader(tmp_path / "runs", 5) for _ in range(3)]
    for n in range(40):
        annotate(store, n + 1, add_tags=["late"])
        _many(store, 1, 60 + n)
        assert check(store, "late in tags") == tuple(range(1, n + 2))
    for reader in readers:
        output, _ = reader.communicate(timeout=90)
        counts = list(map(int, output.split()[1:]))
        assert reader.returncode == 0
        assert len(counts) == 5
        assert counts == sorted(counts)
        assert counts[0] >= 60
    assert len(check(store, "n >= 0")) == 100
    assert is_used(store, "n >= 0")


def test_a_process_that_is_killed_while_it_writes_leaves_an_index_that_can_be_used(tmp_path):
    store = open_store(tmp_path / "runs")
    _many(store, 200)
    for delay in (0.0, 0.02, 0.05, 0.1):
        store.index.remove()
        reader = _reader(tmp_path / "runs", 1)
        assert reader.stdout.readline() == "ready\n"
        time.sleep(delay)
        reader.kill()
        reader.communicate()
        assert len(check(store, "n >= 0")) == 200
        assert is_used(store, "n >= 0")


@pytest.fixture
def small_pieces(monkeypatch):
    """A few runs are many."""
    for module in (side_index, catch_up):
        monkeypatch.setattr(module, "RUNS_AT_ONCE", 7)


def _interrupt(known, total):
    raise KeyboardInterrupt


def _all_of(store, progress=None):
    return dataclasses.replace(store.runs("n >= 0", sort="-n"), progress=progress).ids


def _number_known(store):
    with contextlib.closing(sqlite3.connect(store.index.path)) as connection:
        return connection.execute("SELECT count(*) FROM seen").fetchone()[0]


def test_what_was_read_before_an_interruption_stays(tmp_path, small_pieces):
    store, calls = open_store(tmp_path / "runs"), []
    _many(store, 40)
    with pytest.raises(KeyboardInterrupt):
        _all_of(store, _interrupt)
    assert _number_known(store) in (5, 7)
    assert len(_all_of(store, lambda *numbers: calls.append(numbers))) == 40
    assert calls == sorted(calls)
    assert calls[0][0] > 7
    assert calls[-1] == (40, 40)
    calls.clear()
    assert len(_all_of(store, lambda *numbers: calls.append(numbers))) == 40
    assert calls == []


def test_the_newest_runs_do_not_wait_for_the_others(tmp_path, small_pieces):
    store = open_store(tmp_path / "runs")
    _many(store, 60)
    assert store.runs(newest_first=True, limit=3).ids == (60, 59, 58)
    assert _number_known(store) == 7
    assert store.runs("n < 57", newest_first=True, limit=2).ids == (57, 56)
    assert _number_known(store) == 7
    # What comes and goes meanwhile is seen.
    _many(store, 2, 60)
    shutil.rmtree(tmp_path / "runs" / "61")
    assert store.runs(newest_first=True, limit=2).ids == (62, 60)
    assert store.runs("n < 40", newest_first=True, limit=2).ids == (40, 39)
    assert _number_known(store) < 50
    assert store.runs(limit=2).ids == (1, 2)
    for query in ("", "n < 30", "not n = 59", "nothing = 1", "output ~ /a/"):
        for backwards in (True, False):
            check(store, query, newest_first=backwards, limit=4)
    assert len(_all_of(store)) == 61


def test_the_first_runs_with_a_metric_are_read_alone(store, small_pieces):
    for query in ("metrics.loss.last < 100", "metrics.loss.count > 0"):
        store.index.remove()
        check(store, query, newest_first=True, limit=1)


def test_processes_share_the_reading(tmp_path, small_pieces, monkeypatch):
    """A helper that has read all leaves nothing to read; two that begin at once, none twice."""
    store = open_store(tmp_path / "runs")
    _many(store, 60)
    store.index.help()
    assert _number_known(store) == 60
    read = []
    monkeypatch.setattr(catch_up, "read_run", lambda *args: read.append(args))
    names = [str(n) for n in range(1, 61)]
    bulk = catch_up.BulkReader(
        reader=store.reader, root=str(tmp_path / "runs"), database=Database(store.index.path)
    )
    bulk.read(names, (), 60)
    assert read == []
    bulk.read(names, ("7",), 60)
    assert [args[2] for args in read] == ["7"]


def test_a_helper_is_started_for_many_runs_and_ends_with_its_caller(
    tmp_path, small_pieces, monkeypatch
):
    started = []

    class Process(subprocess.Popen):
        def __init__(self, *args, **how):
            super().__init__(*args, **how)
            started.append(self)

    monkeypatch.setattr(catch_up.subprocess, "Popen", Process)
    monkeypatch.setattr(catch_up, "MIN_RUNS_FOR_HELPERS", 500)
    monkeypatch.setattr(catch_up.os, "sched_getaffinity", lambda pid: {0, 1, 2}, raising=False)
    store = open_store(tmp_path / "runs")
    _many(store, 510)  # helpers know the true sizes
    with pytest.raises(KeyboardInterrupt):
        _all_of(store, _interrupt)
    assert [process.returncode for process in started] == [-15, -15]
    store.index.remove()
    del started[:]
    assert len(_all_of(store)) == 510
    assert [process.returncode for process in started] == [0, 0]


def test_annotations_of_the_record_itself_are_seen(store):
    check(store)
    store.apply(1, [Annotate(fields={"group": "new"})])
    assert check(store, "group = new") == (1,)


def test_an_entry_that_no_path_leads_to_is_searched_as_well(tmp_path):
    config = flatten({1: {"ü": "ü😀"}, "1": ["1"], "b": {2: "needle", "2": 0}})
    document = {"status": "COMPLETED", "config": config, "experiment": {}, "host": {}, "meta": {}}
    with open_store(tmp_path / "runs") as store:
        store.backend.create(1, {**document, "info": {}, "command": "main"}, [])
        for query in ('"ü"', '"needle"', "config.1 = 1", "config.b.2 = 0", "missing(config.1.0)"):
            for whole in (query, f"not ({query} and missing(a.dtype))"):
                check(store, whole, sort="-duration", limit=1)
        assert check(store, '"ü"') == (1,)
        assert check(store, 'not ("ü" and missing(a.dtype))') == ()
