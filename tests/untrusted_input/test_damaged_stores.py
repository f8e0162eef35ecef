"""A fuzzer of each store: whatever is done to the data of one run, the others are listed, queried,
exported and copied as they are, and the damaged one is shown, or named in `problems`."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred.app import main
from sacred.observers.store_observer import StoreObserver
from sacred.records import plain_id
from sacred.runs import open_store
from sacred.runs.run_store import RunStore
from sacred.stores.memory.store import MemoryStore
from sacred.stores.schemes import store_from_url
from sacred.stores.store import DamagedRunError, StoreError
from sacred.testing import drive
from sacred.upkeep import copy_runs
from tests.crash_safety.effort import generator, pick
from tests.crash_safety.places import Place
from tests.untrusted_input.mutations import MUTATORS, VICTIM

pytestmark = pytest.mark.slow

MUTATIONS = pick(20, 400)
QUERIES = (
    "", "config.a < 9", "metrics.loss.last >= 0 and result < 5", "not missing(info.seen)",
    "metrics.loss.step > 1 and metrics.loss.mean < 9", "duration < 9 and not missing(artifacts)",
    '"marker" or tags ~ /x/', "start_time < '2100-01-01' and status = COMPLETED",
)  # fmt: skip
CALLS = ("ls", "ls --json --columns id,result,metrics.loss.last", "export -o -")
ORDERS = ("", "-result", "metrics.loss.min, -start_time", "-config.a, name", "status")


def _record_run(store: Any, number: int, folder: Path) -> Any:
    observer = StoreObserver(store)
    run_id = drive.start(
        observer,
        config={"a": number, "marker": f"marker-{number}", "deep": {"list": [1, {"b": 2}]}},
        meta_info={"comment": f"comment-{number}", "tags": ["x"]},
    )
    observer.log_metrics(_points(number), {})
    drive.beat(observer, f"output of {number}\n" * 3, {"seen": [number, {"x": 1}]}, None)
    for name in ("artifact", "resource"):
        path = folder / f"{name}{number}.txt"
        path.write_text(f"{name} of {number}")
        if name == "artifact":
            observer.artifact_event(path.name, str(path))
        else:
            observer.resource_event(str(path))
    drive.complete(observer, result=number / 4)
    return run_id


def _points(number: int) -> dict[str, Any]:
    columns = {"steps": [0, 1, 2], "values": [number, 0.5, 2], "timestamps": [drive.T0] * 3}
    return {name: {**columns, "name": name} for name in ("loss", "other.metric")}


@contextlib.contextmanager
def _opened(url: str) -> Iterator[RunStore]:
    with open_store(url) as store:
        yield store


def _account(store: RunStore, run_id: Any) -> dict[str, Any]:
    """All that is known of a run."""
    run = store[run_id]
    return {
        "record": run.to_dict(),
        "output": run.output,
        "metrics": {name: list(metric.rows()) for name, metric in run.metrics.items()},
        "files": {name: file.read() for name, file in {**run.artifacts, **run.resources}.items()},
    }


@pytest.mark.parametrize("place", MUTATORS, indirect=True)
def test_one_damaged_run_hides_no_other(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    kind = request.node.callspec.params["place"]
    writing = place.open()
    ids = [_record_run(writing, number, tmp_path) for number in range(1, 4)]
    writing.close()
    ids = [plain_id(str(run_id)) for run_id in ids]
    victim, others = ids[VICTIM - 1], [ids[0], ids[2]]
    with _opened(place.url) as store:
        truth = {run_id: _account(store, run_id) for run_id in others}
    mutator = MUTATORS[kind](place, victim)
    rng = generator(request.node.name)
    failures = []
    for _ in range(MUTATIONS):
        what = mutator.mutate(rng)
        try:
            _check(place.url, victim, mutator.shown, truth, rng.randrange(1000))
        except Exception as error:
            failures.append((what, f"{type(error).__name__}: {error}"[:300]))
        finally:
            mutator.restore()
    assert not failures, f"{len(failures)} of {MUTATIONS}: {json.dumps(failures, indent=1)}"
    with _opened(place.url) as store:
        assert {run_id: _account(store, run_id) for run_id in others} == truth
    assert not (tmp_path / "hacked").exists()


def _check(url: str, victim: Any, shown: str, truth: dict[Any, Any], draw: int) -> None:
    with _opened(url) as store:
        table = store.runs()
        found = [run.id for run in table]
        assert truth.keys() <= set(found), f"listed: {found}"
        problems = " ".join(table.problems)
        # Messages show a lone surrogate as it is written.
        is_named = any(name in problems for name in (shown, repr(shown)[1:-1])) or any(
            shown in (str(x), repr(x)[:40]) for x in found
        )
        assert is_named, f"neither shown nor named: {shown} {found} {problems}"
        for query in QUERIES:
            queried = store.runs(query, sort=ORDERS[draw % len(ORDERS)], limit=draw % 3 + 3)
            assert truth.keys() <= set(queried.ids), (query, queried.ids, queried.problems)
        columns = store.runs().to_dict("id", "result", "metrics.loss.last", "config.a", "duration")
        assert truth.keys() <= set(columns["id"])
        for run_id, known in truth.items():
            assert _account(store, run_id) == known
        _look_at(store, victim)
        target = RunStore(MemoryStore())
        done = copy_runs(store, target)
        assert truth.keys() <= done.copied.keys(), done.problems
    words = [
        ["ls"],
        ["ls", "--json", "--columns", "id,result,metrics.loss.last"],
        ["export", "-o", "-"],
    ]
    printed, errors = _printed(url, words[draw % len(words)])
    for known in truth.values():
        # A list has at least the ids; a report, what was configured.
        assert known["record"]["config"]["marker"] in printed or draw % len(CALLS) < 2
        assert str(known["record"]["id" if "id" in known["record"] else "_id"]) in printed, errors


def _look_at(store: RunStore, run_id: Any) -> None:
    """All of the damaged run: it is data, or a clear error."""
    looks = [
        lambda: store[run_id].to_dict(),
        lambda: store[run_id].output,
        lambda: [list(metric.values) for metric in store[run_id].metrics.values()],
        lambda: [list(metric.steps) for metric in store[run_id].metrics.values()],
        lambda: [list(metric.timestamps) for metric in store[run_id].metrics.values()],
        lambda: [list(metric.rows()) for metric in store[run_id].metrics.values()],
        lambda: [metric._repr_html_() for metric in store[run_id].read_metrics().values()],
        lambda: [file.read() for file in store[run_id].artifacts.values()],
        lambda: [file.read() for file in store[run_id].resources.values()],
        lambda: [file.read() for file in store[run_id].sources.values()],
        lambda: store[run_id]._repr_html_(),
        lambda: (store[run_id].dependencies, store[run_id].repositories, store[run_id].comment),
        lambda: store[run_id].environment,
        lambda: store[run_id].provenance,
    ]
    for look in looks:
        with contextlib.suppress(StoreError, OSError):
            look()


def _printed(url: str, words: list[str]) -> tuple[str, str]:
    """What the console program prints to its two streams."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SACRED_DEBUG", "1")  # what nobody has thought of is raised
        patch.setattr("sys.stdout", streams[0])
        patch.setattr("sys.stderr", streams[1])
        assert main(["-s", url, *words]) in (0, 1), words
    for stream in streams:
        stream.flush()
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    return out, err


@pytest.mark.parametrize("place", ["file", "sqlite", "mongo", "tinydb"], indirect=True)
def test_integers_beyond_all_floats_are_shown_like_others(place: Place, tmp_path: Path) -> None:
    """A run may log them, so nobody who looks at runs stumbles over them."""
    writing = place.open()
    observer = StoreObserver(writing)
    run_id = plain_id(str(drive.start(observer, config={"marker": "marker", "n": 10**400})))
    numbers = {"steps": [0, 1, 10**400, 10**400 + 1], "values": [1, 10**400, 0.5, -(10**330)]}
    points = {**numbers, "timestamps": [drive.T0] * 4, "name": "loss"}
    observer.log_metrics({"loss": points, "acc": {**points, "name": "acc", "values": [2] * 4}}, {})
    drive.complete(observer, result=10**400)
    other = plain_id(str(_record_run(writing, 1, tmp_path)))
    writing.close()
    is_mongo = hasattr(place, "client")  # there, integers that are so long are texts
    queries = ("metrics.loss.step > 3", "metrics.loss.max > 0", "result > 1", "")
    with _opened(place.url) as store:
        run = store[run_id]
        if not is_mongo:
            assert list(run.metrics["loss"].values) == numbers["values"]
            assert list(run.metrics["loss"].steps) == numbers["steps"]
        assert run.metrics["loss"].last is not None
        assert "loss" in run._repr_html_()
        assert all("metric" in metric._repr_html_() for metric in run.metrics.values())
        for query in queries[3 * is_mongo :]:
            for order in (*ORDERS, "metrics.loss.last", "metrics.acc.step"):
                assert run_id in store.runs(query, sort=order, limit=3).ids, (query, order)
        assert len(store.runs().to_dict("id", "result", "metrics.loss.last")["id"]) == 2
    calls = (
        ["ls", "--columns", "id,result,config.n,metrics.loss.step"], ["export", "-o", "-"],
        ["show", str(run_id)], ["metrics", str(run_id)], ["ls", "--json"],
    )  # fmt: skip
    for words in calls:
        printed, errors = _printed(place.url, words)
        assert "damaged" not in errors, words
        assert ("loss" if words[0] == "metrics" else str(run_id)[:6]) in printed, (words, errors)
    assert str(other)[:6] in _printed(place.url, ["ls"])[0]


def test_the_memory_of_a_process_is_no_exception(tmp_path: Path) -> None:
    """There the data are Python's own, and somebody may have put anything into them."""
    from tests.untrusted_input.mutations import mutated

    backend = MemoryStore()
    ids = [_record_run(backend, number, tmp_path) for number in range(1, 4)]
    store = RunStore(backend)
    rng = generator("memory")
    before = backend.runs[ids[1]]["document"]
    for _ in range(MUTATIONS):
        changed, what = mutated({k: v for k, v in before.items() if k != "_id"}, rng)
        if not isinstance(changed, dict):
            continue
        backend.runs[ids[1]]["document"] = changed
        for query in QUERIES:
            found = store.runs(query, sort=ORDERS[rng.randrange(len(ORDERS))])
            assert {ids[0], ids[2]} <= set(found.ids), (what, query)
        assert copy_runs(store, RunStore(MemoryStore())).copied.keys() >= {ids[0], ids[2]}, what


@pytest.mark.parametrize("place", ["mongo", "tinydb"], indirect=True)
@pytest.mark.parametrize("odd", [True, {"a": 1}, [1], None, float("nan")], ids=repr)
def test_an_odd_id_is_named_and_stands_in_nobodys_place(
    place: Place, odd: Any, tmp_path: Path
) -> None:
    kind = "mongo" if hasattr(place, "client") else "tinydb"
    if kind == "mongo" and odd == [1]:
        odd = {"b": [1]}  # there, a list can be no id
    writing = place.open()
    first = _record_run(writing, 1, tmp_path)
    _record_run(writing, 2, tmp_path)
    if kind == "mongo":
        runs = place.client[place.name]["runs"]  # type: ignore[attr-defined]
        document = runs.find_one({"_id": 2})
        runs.insert_one({**document, "_id": odd})
        runs.delete_one({"_id": 2})
    else:
        path = place.path / "metadata.json"  # type: ignore[attr-defined]
        tables = json.loads(path.read_text())
        tables["runs"]["2"]["_id"] = odd
        path.write_text(json.dumps(tables))
    with _opened(place.url) as store:
        table = store.runs()
        assert [run.id for run in table] == [first]
        assert repr(odd) in " ".join(table.problems)
        assert store.runs("result < 9", sort="-result", limit=2).ids == (first,)
        assert store[first].config["a"] == 1
    # Who writes is not kept from it either.
    third = _record_run(writing, 3, tmp_path)
    writing.close()
    with _opened(place.url) as store:
        assert store[third].config["a"] == 3


def test_two_entries_with_one_id(tmp_path: Path) -> None:
    """The one that is written to is the run; the other is named."""
    writing = store_from_url(f"tinydb:{tmp_path / 'runs'}")
    first, _ = (_record_run(writing, number, tmp_path) for number in (1, 2))
    path = tmp_path / "runs" / "metadata.json"
    tables = json.loads(path.read_text())
    tables["runs"]["2"]["_id"] = first
    path.write_text(json.dumps(tables))
    with _opened(f"tinydb:{tmp_path / 'runs'}") as store:
        table = store.runs()
        assert [run.config["a"] for run in table] == [2]
        assert "number 1" in " ".join(table.problems)


def test_a_number_where_the_content_of_a_file_should_be(tmp_path: Path) -> None:
    """It is no file of so many zeros."""
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    writing = store_from_url(url)
    run_id = _record_run(writing, 1, tmp_path)
    writing.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "runs.db")) as connection, connection:
        connection.execute("UPDATE artifact SET content = 5")
    with _opened(url) as store:
        [artifact] = store[run_id].artifacts.values()
        with pytest.raises(DamagedRunError, match="of type int"):
            artifact.read()


def test_digits_without_end_where_a_step_should_be(tmp_path: Path) -> None:
    """SQLite makes an infinity of them."""
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    writing = store_from_url(url)
    run_id = plain_id(_record_run(writing, 1, tmp_path))
    writing.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "runs.db")) as connection, connection:
        statement = "UPDATE metric SET step = ? WHERE name = 'loss' AND position = 1"
        connection.execute(statement, ["9" * 6000])
    with _opened(url) as store:
        assert list(store[run_id].metrics["loss"].steps) == [0, float("inf"), 2]
        for query in QUERIES:
            for order in (*ORDERS, "metrics.loss.step"):
                assert store.runs(query, sort=order).ids == (run_id,), (query, order)
        _look_at(store, run_id)
    for words in (["ls", "--columns", "id,metrics.loss.step"], ["metrics", str(run_id)]):
        assert "damaged" not in _printed(url, words)[1], words


def test_the_same_as_a_url(tmp_path: Path) -> None:
    """What the fuzzer opens by URL is what it has written."""
    store = store_from_url(f"file:{tmp_path / 'runs'}")
    run_id = _record_run(store, 1, tmp_path)
    with _opened(f"file:{tmp_path / 'runs'}") as opened:
        assert opened[run_id].config.marker == "marker-1"


@pytest.mark.parametrize("place", ["mongo"], indirect=True)
def test_what_mongodb_takes_for_something_else(place: Place, tmp_path: Path) -> None:
    """An operator in the place of a file's id, and a time that Python cannot have as an id."""
    import bson

    writing = place.open()
    first, second, third = (_record_run(writing, number, tmp_path) for number in (1, 2, 3))
    writing.close()
    runs = place.client[place.name]["runs"]  # type: ignore[attr-defined]
    runs.update_one({"_id": second}, {"$set": {"artifacts.0.file_id": {"x": 1}}})
    document = runs.find_one({"_id": second})
    document["artifacts"][0]["file_id"] = {"$date": 1}
    runs.replace_one({"_id": second}, document)
    runs.insert_one({**runs.find_one({"_id": third}), "_id": bson.DatetimeMS(10**17)})
    with _opened(place.url) as store:
        table = store.runs()
        assert [run.id for run in table] == [first, third]
        assert any(problem.startswith(f"Run {second} is damaged") for problem in table.problems)
        assert "datetime.datetime(9999" in " ".join(table.problems)


@pytest.mark.parametrize("place", ["mongo"], indirect=True)
@pytest.mark.parametrize("odd", [{"$date": 1}, {"a": 1}, True, None, [1], float("nan")], ids=repr)
def test_a_metric_of_no_run_keeps_no_query_from_its_answer(
    place: Place, odd: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands for the id of its run goes into no filter, and into no run's place."""
    # As in a store with so many runs that it is cheaper to look at all metrics.
    search = "sacred.stores.mongo.search.metric_ids.MetricSearch"
    monkeypatch.setattr(f"{search}.is_cheaper", lambda *_: True)
    writing = place.open()
    ids = [_record_run(writing, number, tmp_path) for number in (1, 2, 3)]
    writing.close()
    metrics = place.client[place.name]["metrics"]  # type: ignore[attr-defined]
    metrics.update_one({"run_id": ids[1], "name": "loss"}, {"$set": {"run_id": odd}})
    with _opened(place.url) as store:
        found = store.runs("metrics.loss.last >= 0", sort="metrics.loss.max")
        assert {ids[0], ids[2]} <= set(found.ids)
        best = store.runs("metrics.loss.min < 9", sort="-metrics.loss.max", limit=2)
        assert best.ids == (ids[2], ids[0])
