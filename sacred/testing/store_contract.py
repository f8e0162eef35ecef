"""What every store must do, as tests that a third party subclasses."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from sacred._base.run_ids import RunId
from sacred.events import DETAIL_FIELDS
from sacred.observers.store_observer import StoreObserver
from sacred.query.sorting import SortKey
from sacred.query.syntax import Compare, Member
from sacred.query.syntax import Path as FieldPath
from sacred.records.metric import AGGREGATES, aggregate
from sacred.runs import RunStore
from sacred.serializer import flatten
from sacred.stores.changes import AddFile, AddPoints, Change, SetFields, WriteOutput
from sacred.stores.document import RunChangeTracker
from sacred.stores.memory.store import MemoryStore
from sacred.stores.reader import ReadableStore
from sacred.stores.store import RunExistsError, RunNotFoundError, Store, StoreError
from sacred.testing import drive
from sacred.testing.comparable import comparable, comparable_value
from sacred.testing.described_run import described, read_by_reader
from sacred.testing.drive import T0
from sacred.testing.query_samples import CONFIGS, LOSSES, QUERIES, SORTS, STATUSES, ScanReader
from sacred.testing.strategies import play, scenarios
from sacred.upkeep import annotate

__all__ = ["StoreContract"]

# Reserved somewhere, leading outside somewhere, or strange to some file system.
_HOSTILE_NAMES = [
    "",
    ".",
    "..",
    "../outside",
    "a/../../outside",
    "/outside",
    "d/",
    "nul\0inside",
    "n" * 300,
    "run.json",
    "metrics.json",
    "a b\tc\n.txt",
    "-rf",
    "$a.b",
    "%2e%2e",
    "ünï/😀.png",
    "'; drop table runs; --",
]

# What names of files that are no UTF-8 have, and what stands for it in a store.
_LONE_SURROGATES = ["caf\udce9", "\ud83d\ude00", "\ufdd0dce9\ud800", "\ufdd0"]

_VALUES = {
    "nan": math.nan,
    "infinite": [math.inf, -math.inf],
    "int keys": {1: "one", 2: {3: None}},
    "unicode": "äöü 😀 \u2028 \x85",
    "empty": ["", [], {}, ()],
    "dotted.$key": {"$a": 1, "a.b": 2},
    "large": 2**53,
}


class StoreContract:
    """Tests for a store: subclass it as ``TestMyStore`` and override what makes and reads a store.

    `make_store` gives a store with no runs; `read_back` gives a run as
    `sacred.stores.memory.store.MemoryStore.read` does (times of points may be ISO 8601 texts).
    `reopen` is optional: another store object for the same place, as another process
    would have it. `self.new_directory()` is a fresh directory for whatever they need.

    Attributes:
        keeps_all_keys: whether keys like ``"$a"`` and ``"a.b"`` come back as they were.
        examples: the number of random scenarios of runs to try.
    """

    keeps_all_keys = True
    examples = 25

    _directory: Path
    _count = 0

    def make_store(self) -> Store:
        """A store with no runs."""
        raise NotImplementedError

    def read_back(self, store: Store, run_id: RunId) -> Mapping[str, Any]:
        """Return a run in the form of `MemoryStore.read`.

        By default the store's own reader reads it; override this for stores without one.

        Args:
            store: the store under test.
            run_id: of the run.
        """
        return read_by_reader(store, run_id)

    def reopen(self, store: Store) -> Store:
        """Another store object for the place of `store`."""
        return store

    def new_directory(self) -> Path:
        """A directory that nothing else uses."""
        self._count += 1
        path = self._directory / str(self._count)
        path.mkdir()
        return path

    # ------------------------------------------------------------------- helpers

    @pytest.fixture(autouse=True)
    def _contract_directory(self, tmp_path: Path) -> None:
        self._directory = tmp_path / "contract"
        self._directory.mkdir()

    def _new_run(self, store: Store, config: Any = None, run_id: RunId | None = None) -> RunId:
        document, files = RunChangeTracker().started(
            {"name": "ex", "base_dir": "/", "sources": []}, "main", {}, T0, config or {}, {}
        )
        return store.create(run_id, document, files)

    def _assert_equal(self, store: Store, tell: Callable[[StoreObserver], Any]) -> None:
        """`tell` leaves the same in `store` as in memory."""
        memory = MemoryStore()
        spools = str(self.new_directory())
        memory_id = tell(StoreObserver(memory, failure_dir=spools))
        expected = comparable(memory.read(memory_id))
        run_id = tell(StoreObserver(store, failure_dir=spools))
        assert comparable(self.read_back(store, run_id)) == expected
        if isinstance(store, ReadableStore):
            assert comparable(read_by_reader(store, run_id)) == expected
            found, wanted = described(store, run_id), described(memory, memory_id)
            assert comparable_value(found) == comparable_value(wanted)

    # ------------------------------------------------------------------- details

    @pytest.mark.parametrize("name", DETAIL_FIELDS)
    def test_details_are_read_when_they_are_asked_for(self, name: str) -> None:
        store = self.make_store()
        if not store.supports_details or not isinstance(store, ReadableStore):
            return
        run_id, other = self._new_run(store), self._new_run(store)
        for value in ({"packages": ["old==1"]}, {"packages": ["a==1"], "text": "ü" * 70_000}):
            store.apply(run_id, [SetFields(fields={name: value})])
        reader = self.reopen(store).reader()  # type: ignore[attr-defined]
        assert reader.document(run_id, (name,))[name] == value
        assert name not in reader.document(run_id)
        assert all(name not in document for document in reader.documents())
        assert not reader.document(other, (name, "status")).get(name)

    # ----------------------------------------------------------------------- ids

    def test_has_a_url_for_messages(self) -> None:
        assert isinstance(self.make_store().url, str)
        assert self.make_store().url

    def test_each_run_gets_an_id_of_its_own(self) -> None:
        store = self.make_store()
        ids = [self._new_run(store, {"n": n}) for n in range(3)]
        assert len(set(ids)) == 3
        assert None not in ids
        assert [self.read_back(store, i)["config"] for i in ids] == [{"n": n} for n in range(3)]

    def test_an_id_that_is_asked_for_is_given_once(self) -> None:
        store = self.make_store()
        # As text some stores keep all ids.
        assert str(self._new_run(store, {"first": 1}, run_id="mine")) == "mine"
        with pytest.raises(RunExistsError):
            self._new_run(store, {"second": 2}, run_id="mine")
        assert self.read_back(store, "mine")["config"] == {"first": 1}
        assert self._new_run(store) != "mine"

    def test_changes_of_an_unknown_run_are_an_error(self) -> None:
        store = self.make_store()
        self._new_run(store)
        with pytest.raises(RunNotFoundError):
            store.apply("no-such-run", [SetFields(fields={"status": "FAILED"})])

    def test_parallel_starts_get_different_ids(self) -> None:
        store = self.make_store()
        stores = [store, *(self.reopen(store) for _ in range(7))]
        barrier = threading.Barrier(len(stores))

        def create(own: Store) -> RunId:
            barrier.wait()
            return self._new_run(own)

        with ThreadPoolExecutor(len(stores)) as pool:
            ids = list(pool.map(create, stores))
        assert len(set(ids)) == len(stores)

    def test_a_store_can_be_used_after_it_was_closed(self) -> None:
        store = self.make_store()
        run_id = self._new_run(store)
        store.close()
        store.apply(run_id, [SetFields(fields={"status": "TIMEOUT"})])
        assert self.read_back(store, run_id)["status"] == "TIMEOUT"

    def test_another_process_can_go_on_with_a_run(self) -> None:
        store = self.make_store()
        run_id = self._new_run(store)
        store.apply(run_id, [WriteOutput(start=0, offset=0, text="é"), _points(0, [1])])
        other = self.reopen(store)
        other.apply(run_id, [WriteOutput(start=1, offset=2, text="b"), _points(1, [2])])
        found = self.read_back(other, run_id)
        assert found["output"] == "éb"
        assert [value for _, value, _ in found["metrics"]["loss"]] == [1, 2]

    # ------------------------------------------------------------------- changes

    def test_changes_may_be_applied_again(self) -> None:
        store = self.make_store()
        run_id = self._new_run(store)
        changes = self._all_kinds()
        store.apply(run_id, changes)
        once = comparable(self.read_back(store, run_id))
        store.apply(run_id, changes)
        for change in changes:
            store.apply(run_id, [change, change])
        assert comparable(self.read_back(store, run_id)) == once

    def _all_kinds(self) -> list[Change]:
        path = self.new_directory() / "file"
        path.write_bytes(b"content")
        return [
            AddFile(kind="artifact", name="a", path=str(path)),
            WriteOutput(start=0, offset=0, text="hello"),
            _points(0, [1, 2]),
            SetFields(fields={"info": {"a": 1}, "heartbeat": T0}),
        ]

    def test_later_changes_win(self) -> None:
        store = self.make_store()
        run_id = self._new_run(store)
        store.apply(run_id, [SetFields(fields={"info": {"a": n}}) for n in range(3)])
        assert self.read_back(store, run_id)["info"] == {"a": 2}

    def test_points_keep_their_order(self) -> None:
        store = self.make_store()
        run_id = self._new_run(store)
        store.apply(run_id, [_points(0, [5, 1]), _points(2, [5, 0])])
        store.apply(run_id, [_points(4, [2])])
        points = self.read_back(store, run_id)["metrics"]["loss"]
        assert [value for _, value, _ in points] == [5, 1, 5, 0, 2]

    def test_the_end_of_the_output_can_be_rewritten(self) -> None:
        store = self.make_store()

        def tell(observer: StoreObserver) -> Any:
            run_id = drive.start(observer)
            for output in ("10 %\rä", "10 %\r", "100 % 😀", "100 % 😀\r\n", "", "again"):
                drive.beat(observer, output)
            return run_id

        self._assert_equal(store, tell)

    # --------------------------------------------------------------------- values

    @pytest.mark.parametrize("name", _VALUES)
    def test_values_come_back_as_in_memory(self, name: str) -> None:
        if name == "dotted.$key" and not self.keeps_all_keys:
            pytest.skip("keys with dots and dollars are stored in another form")
        value = {"key": _VALUES[name], name: 1}

        def tell(observer: StoreObserver) -> Any:
            run_id = drive.start(observer, config=value)
            drive.beat(observer, "", value)
            drive.complete(observer, value)
            return run_id

        self._assert_equal(self.make_store(), tell)

    def test_points_that_are_no_numbers(self) -> None:
        def tell(observer: StoreObserver) -> Any:
            run_id = drive.start(observer)
            drive.log(observer, {"loss": [math.nan, math.inf, -math.inf, 0.1]})
            return run_id

        self._assert_equal(self.make_store(), tell)

    def test_numbers_of_metrics_are_those_of_their_points(self) -> None:
        store = self.make_store()
        if not isinstance(store, ReadableStore):
            pytest.skip("it can be written only")
        some: list[list[float]] = [[5, 1.5, math.nan], [2, 3], []]
        for values in some:
            run_id = self._new_run(store)
            if values:
                store.apply(run_id, [_points(0, values)])
        reader = store.reader()
        ids = list(reader.ids())
        said = reader.metric_numbers(ids, [("loss", kind) for kind in AGGREGATES])
        for run_id, numbers in said.items():
            points = reader.points(run_id, "loss")
            known = "loss" in reader.metric_names(run_id)
            expected = {m: aggregate(points, m[1]) if known else None for m in numbers}
            assert repr(dict(numbers)) == repr(expected)

    def test_a_run_in_which_nothing_happens(self) -> None:
        def tell(observer: StoreObserver) -> Any:
            run_id = drive.start(observer, config={})
            drive.complete(observer)
            return run_id

        self._assert_equal(self.make_store(), tell)

    # -------------------------------------------------------------------- queries

    def _store_of_samples(self) -> RunStore:
        store = self.make_store()
        if not isinstance(store, ReadableStore):
            pytest.skip("it can be written only")
        runs = zip(CONFIGS, STATUSES, LOSSES, strict=True)
        for n, (config, status, losses) in enumerate(runs):
            run_id = self._new_run(store, flatten(config))
            result = {"result": n % 3} if n % 2 else {}
            store.apply(run_id, [SetFields(fields={"status": status, **result})])
            if losses:
                store.apply(run_id, [_points(0, losses)])
        return RunStore(store)

    def test_queries_have_the_answers_of_a_scan(self) -> None:
        store = self._store_of_samples()
        scan, sizes = ScanReader(store.reader), set()
        for query in QUERIES:
            table = store.runs(query)
            assert table.ids == scan.answer(table).ids, query
            sizes.add(len(table))
        assert {0, 1, len(CONFIGS)} <= sizes
        assert len(sizes) > 4

    def test_orderings_are_those_of_a_scan(self) -> None:
        store = self._store_of_samples()
        scan = ScanReader(store.reader)
        for sort in SORTS:
            for query, limit in (("", 1), ("", None), ("lr > 0", 2), ("status != DEAD", 9)):
                table = store.runs(query, sort=sort, limit=limit)
                assert table.ids == scan.answer(table).ids, (sort, query, limit)
        newest = store.runs(newest_first=True, limit=2)
        assert newest.ids == scan.answer(newest).ids

    # ---------------------------------------------------------------------- files

    @pytest.mark.parametrize("content", [b"", b"\r\n\0\xff", bytes(range(256)) * 8000])
    def test_files_are_kept_byte_by_byte(self, content: bytes) -> None:
        path = self.new_directory() / "file.bin"
        path.write_bytes(content)

        def tell(observer: StoreObserver) -> Any:
            run_id = drive.start(observer)
            observer.artifact_event(name="d/a.bin", filename=str(path))
            observer.resource_event(filename=str(path))
            return run_id

        store = self.make_store()
        self._assert_equal(store, tell)

    def test_the_last_artifact_of_a_name_counts(self) -> None:
        path = self.new_directory() / "file"

        def tell(observer: StoreObserver) -> Any:
            run_id = drive.start(observer)
            for content in (b"one", b"two", b"one", b"3"):
                path.write_bytes(content)
                observer.artifact_event(name="a", filename=str(path))
            return run_id

        self._assert_equal(self.make_store(), tell)

    @pytest.mark.parametrize("name", _HOSTILE_NAMES)
    def test_hostile_names_of_artifacts_are_refused_or_kept(self, name: str) -> None:
        store = self.make_store()
        path = self.new_directory() / "file"
        path.write_bytes(b"content")
        observer = StoreObserver(store, failure_dir=str(self.new_directory()))
        run_id = drive.start(observer)
        expected = {name: b"content"}
        try:
            observer.artifact_event(name=name, filename=str(path))
        except StoreError:
            expected = {}
        drive.complete(observer, 1)
        found = self.read_back(store, run_id)
        # Some databases have no NUL in a text; its picture may stand for it.
        artifacts = {key.replace("␀", "\0"): found["artifacts"][key] for key in found["artifacts"]}
        assert artifacts == expected
        assert (found["status"], found["result"], found["config"]) == ("COMPLETED", 1, {"C": 2.0})
        assert not list(self._directory.rglob("outside"))

    @pytest.mark.parametrize("odd", _LONE_SURROGATES, ids=ascii)
    def test_characters_that_utf_8_lacks_come_back(self, odd: str) -> None:
        """Output, names of metrics and files, annotations: stored as UTF-8, read back equal."""
        store = self.make_store()
        if not isinstance(store, ReadableStore):
            pytest.skip("it cannot be read")
        path = self.new_directory() / "file"
        path.write_bytes(b"content")
        observer = StoreObserver(store, failure_dir=str(self.new_directory()))
        meta = {"tags": [odd], "notes": odd, "group": odd}
        run_id = drive.start(observer, ex_info={"name": odd}, meta_info=meta)
        observer.output_event(0, 0, f"é{odd}\n")
        drive.log(observer, {odd: [1.0, 3.0], "loss": [2.0]})
        observer.artifact_event(name=odd, filename=str(path))
        drive.beat(observer, None, {odd: {odd: odd}})
        size = len(f"é{odd}\n".encode(errors="replace"))
        observer.output_event(len(odd) + 2, size, f"{odd}!")
        drive.beat(observer, None, {odd: {odd: odd}})
        drive.complete(observer, odd)

        runs = RunStore(store)
        annotate(runs, run_id, add_tags=[f"{odd}2"], comment=odd)
        record = runs[run_id]
        assert (record.name, record.notes, record.group, record.comment) == (odd,) * 4
        assert record.tags == (odd, f"{odd}2") == tuple(record.meta["tags"])
        assert record.experiment["name"] == record.meta["notes"] == record.result == odd
        assert record.output == f"é{odd}\n{odd}!"
        assert record.info == {odd: {odd: odd}}
        assert {name: list(m.values) for name, m in record.read_metrics().items()} == {
            odd: [1.0, 3.0],
            "loss": [2.0],
        }
        assert {name: file.read() for name, file in record.artifacts.items()} == {odd: b"content"}
        for expression in (
            Compare(FieldPath("metrics", (odd, "max")), "=", 3.0),
            Compare(FieldPath("name"), "=", odd),
            Compare(FieldPath("notes"), "=", odd),
            Member(odd, FieldPath("tags")),
            Member(odd, FieldPath("metrics")),
            Member(odd, FieldPath("artifacts")),
        ):
            # Stores may show the id ``"1"`` as 1.
            assert [*map(str, runs.runs(expression).ids)] == [str(run_id)], expression
        by_metric = [SortKey(FieldPath("metrics", (odd, "max")), descending=True)]
        assert [*map(str, runs.runs(sort=by_metric, limit=1).ids)] == [str(run_id)]

    # ---------------------------------------------------------------- whole scenarios

    def test_any_life_is_stored_as_in_memory(self) -> None:
        # What pytest gives is the same for all examples; each makes a new store.
        checks = [HealthCheck.too_slow]

        @given(scenario=scenarios)
        @settings(deadline=None, max_examples=self.examples, suppress_health_check=checks)
        def check(scenario: Any) -> None:
            directory = self.new_directory()
            self._assert_equal(
                self.make_store(), lambda observer: play(observer, scenario, directory)
            )

        check()

    def test_two_runs_at_once(self) -> None:
        store = self.make_store()
        observers = [StoreObserver(store), StoreObserver(self.reopen(store))]
        ids = [drive.start(observer, config={"n": n}) for n, observer in enumerate(observers)]

        def write(n: int) -> None:
            for step in range(10):
                drive.log(observers[n], {"loss": [n * 100 + step]})
                drive.beat(observers[n], f"{n}" * step, {"step": step})
            drive.complete(observers[n], n)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, range(2)))
        for n, run_id in enumerate(ids):
            found = self.read_back(store, run_id)
            assert [value for _, value, _ in found["metrics"]["loss"]] == [
                n * 100 + step for step in range(10)
            ]
            assert (found["output"], found["result"]) == (f"{n}" * 9, n)


def _points(start: int, values: list[float]) -> AddPoints:
    steps = list(range(start, start + len(values)))
    times = [T0] * len(values)
    return AddPoints(name="loss", start=start, steps=steps, values=values, timestamps=times)
