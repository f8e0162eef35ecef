"""What the queue of every store must do, as tests that a third party subclasses."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sacred._base.run_ids import RunId
from sacred.runs import RunStore
from sacred.stores.changes import (
    AddFile,
    AddPoints,
    Annotate,
    Change,
    DropPoints,
    Reopen,
    SetExperiment,
    SetFields,
    WriteOutput,
)
from sacred.stores.claims import (
    DONE,
    HELD,
    LEASED,
    WAITING,
    Claims,
    FencedStore,
    Lease,
    QueueEntry,
    StaleAttemptError,
    claims_of,
)
from sacred.stores.reader import ReadableStore
from sacred.stores.store import RunNotFoundError, StoreError
from sacred.testing.drive import T0

__all__ = ["ClaimsContract"]

_CLAIMERS = 16


class ClaimsContract:
    """Tests for the queue of a store: subclass it as ``TestMyQueue`` and override `make_store`.

    Override `reopen`, too, if another store object can use the same place.

    `self.new_directory()` is a fresh directory for whatever they need.
    """

    _directory: Path
    _count = 0

    def make_store(self) -> ReadableStore:
        """A store with no runs."""
        raise NotImplementedError

    def reopen(self, store: ReadableStore) -> ReadableStore:
        """Another store object for the place of `store`."""
        return store

    @pytest.fixture(autouse=True)
    def _prepare_directory(self, tmp_path: Path) -> None:
        self._directory = tmp_path

    def new_directory(self) -> Path:
        """A directory that nothing else uses."""
        self._count += 1
        return self._directory / str(self._count)

    # ------------------------------------------------------------------ the tests

    def test_a_queued_run_is_claimed_once(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        run_id = _queued(store)
        claimed = _claim(claims)
        assert claimed is not None
        assert _same(claimed.run_id, run_id)
        assert (claimed.state, claimed.attempt) == (LEASED, 1)
        assert claims_of(self.reopen(store)).claim(_lease("other")) is None

    def test_higher_priorities_come_first_then_earlier_times(self) -> None:
        store = self.make_store()
        priorities = [0.0, -1.5, 7.0, 0.0, 1e300, -2.0, 7.0]
        ids = [_queued(store, priority, number) for number, priority in enumerate(priorities)]
        order = sorted(range(len(ids)), key=lambda n: (-priorities[n], n))
        claims = claims_of(store)
        waiting = [entry.run_id for entry in claims.waiting()]
        assert [str(found) for found in waiting] == [str(ids[n]) for n in order]
        found = [_claim(claims) for _ in ids]
        assert [str(entry.run_id) for entry in found if entry] == [str(ids[n]) for n in order]

    def test_many_workers_at_once_get_each_run_once(self) -> None:
        store = self.make_store()
        ids = [_queued(store, number=number) for number in range(3 * _CLAIMERS)]
        barrier = threading.Barrier(_CLAIMERS)

        def claim_all(number: int) -> list[QueueEntry]:
            claims = claims_of(self.reopen(store))
            barrier.wait()
            found = []
            while (entry := claims.claim(_lease(f"worker-{number}"))) is not None:
                found.append(entry)
            return found

        with ThreadPoolExecutor(_CLAIMERS) as pool:
            found = [entry for part in pool.map(claim_all, range(_CLAIMERS)) for entry in part]
        assert sorted(str(entry.run_id) for entry in found) == sorted(map(str, ids))
        assert {entry.attempt for entry in found} == {1}

    def test_a_worker_takes_only_runs_that_match(self) -> None:
        store = self.make_store()
        first, second = _queued(store, number=0), _queued(store, number=1)
        claims = claims_of(store)
        found = claims.claim(_lease(), lambda entry: _same(entry.run_id, second))
        assert found is not None
        assert _same(found.run_id, second)
        [left] = claims.waiting()
        assert _same(left.run_id, first)

    def test_an_attempt_writes_the_record_of_its_run(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        claimed = _claim_new(store, claims)
        fenced = FencedStore(store, claims, claimed)
        for change in _changes(self.new_directory()):
            fenced.apply(claimed.run_id, [change])
        run = RunStore(store)[claimed.run_id]
        assert run.result == 1
        assert list(run.metrics["loss"].values) == [0.5]
        assert store.reader().output(claimed.run_id) == "late"

    def test_what_an_attempt_writes_after_its_lease_is_lost_is_refused(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        claimed = _claim_new(store, claims)
        other = self.reopen(store)
        late = FencedStore(other, claims_of(other), claimed)
        late.apply(claimed.run_id, [SetFields(fields={"info": {"attempt": 1}})])
        claims.put_back(claimed, "DEAD", retries=2)
        before = _document(store, claimed.run_id)
        self._check_refused(late, claimed)
        again = _claim(claims)
        assert again is not None
        assert again.attempt == 2
        self._check_refused(late, claimed)
        assert _document(store, claimed.run_id) == before
        new = FencedStore(store, claims, again)
        new.apply(again.run_id, [SetFields(fields={"result": 2})])
        assert RunStore(store)[again.run_id].result == 2
        claims.finish(again, "COMPLETED")
        self._check_refused(new, again)

    def _check_refused(self, late: FencedStore, claimed: QueueEntry) -> None:
        for change in _changes(self.new_directory()):
            with pytest.raises(StaleAttemptError, match="no longer leased to attempt"):
                late.apply(claimed.run_id, [change])

    def test_a_renewed_lease_is_another_one(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        claimed = _claim_new(store, claims)
        renewed = claims.renew(claims.renew(claimed))
        assert renewed.lease is not None
        assert (renewed.lease.beat, renewed.attempt) == (2, 1)
        [seen] = claims_of(self.reopen(store)).entries(LEASED)
        assert seen == renewed

    def test_a_lost_lease_is_not_renewed(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        claimed = _claim_new(store, claims)
        claims.put_back(claimed, "DEAD", retries=2)
        for act in (claims.renew, lambda entry: claims.finish(entry, "COMPLETED")):
            with pytest.raises(StaleAttemptError):
                act(claimed)
        assert _claim(claims) is not None
        with pytest.raises(StaleAttemptError):
            claims.renew(claimed)

    def test_of_many_that_put_back_a_lost_run_one_does(self) -> None:
        store = self.make_store()
        claimed = _claim_new(store, claims_of(store))
        barrier = threading.Barrier(8)

        def put_back(number: int) -> bool:
            claims = claims_of(self.reopen(store))
            barrier.wait()
            try:
                claims.put_back(claimed, "DEAD", retries=5)
            except StaleAttemptError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(put_back, range(8))) == 1
        entry = claims_of(store).entry(claimed.run_id)
        assert entry is not None
        assert (entry.state, entry.lost) == (WAITING, 1)

    def test_a_run_that_is_lost_too_often_is_dead(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        run_id = _queued(store)
        for lost in range(1, 4):
            claimed = _claim(claims)
            assert claimed is not None
            _running(store, claims, claimed)
            assert claims.put_back(claimed, "DEAD", retries=2).lost == lost
        assert _claim(claims) is None
        run = RunStore(store)[run_id]
        assert run.status == "DEAD"
        assert [item["status"] for item in run.meta["attempts"]] == ["DEAD"] * 3

    def test_an_interrupted_run_waits_again_and_that_does_not_count(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        claimed = _claim_new(store, claims)
        end = {"status": "INTERRUPTED", "stop_time": T0}
        FencedStore(store, claims, claimed).apply(claimed.run_id, [SetFields(fields=end)])
        assert claims.put_back(claimed, "INTERRUPTED").lost == 0
        run = RunStore(store)[claimed.run_id]
        assert (run.status, run.stop_time) == ("QUEUED", None)
        again = _claim(claims)
        assert again is not None
        assert (again.run_id, again.attempt) == (claimed.run_id, 2)

    def test_a_run_that_has_ended_is_not_run_again(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        claimed = _claim_new(store, claims)
        end = {"status": "COMPLETED", "stop_time": T0, "result": 3}
        FencedStore(store, claims, claimed).apply(claimed.run_id, [SetFields(fields=end)])
        # Its worker was killed right then, and another one finds the lease expired.
        assert claims.put_back(claimed, "DEAD", retries=2).state == DONE
        run = RunStore(store)[claimed.run_id]
        assert (run.status, run.result, run.stop_time is not None) == ("COMPLETED", 3, True)

    def test_a_resumed_attempt_goes_on_with_output_and_points(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        claimed = _claim_new(store, claims)
        fenced = FencedStore(store, claims, claimed)
        first = list(range(10))
        fenced.apply(claimed.run_id, [WriteOutput(start=0, offset=0, text="one\n")])
        fenced.apply(claimed.run_id, [_points(0, first), _points(0, first, "other")])
        claims.put_back(claimed, "INTERRUPTED")
        again = claims_of(self.reopen(store)).claim(_lease())
        assert again is not None
        fenced = FencedStore(store, claims, again)
        drop = DropPoints(name="loss", start=6)
        more = WriteOutput(start=4, offset=4, text="two\n")
        fenced.apply(again.run_id, [drop, _points(6, [106]), more])
        drops: list[Change] = [DropPoints(name="other", start=0), _points(0, [200], "other")]
        fenced.apply(again.run_id, [*drops, _points(7, [107])])
        end = SetFields(fields={"status": "COMPLETED", "stop_time": T0})
        fenced.apply(again.run_id, [_points(1, [201], "other"), end])
        reader = self.reopen(store).reader()
        assert reader.output(again.run_id) == "one\ntwo\n"
        steps = {name: list(reader.points(again.run_id, name).steps) for name in ("loss", "other")}
        assert steps == {"loss": [0, 1, 2, 3, 4, 5, 106, 107], "other": [200, 201]}

    def test_a_run_is_held_and_released(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        run_id = _queued(store)
        claims.hold(run_id)
        assert [entry.state for entry in claims.entries(HELD)] == [HELD]
        assert _claim(claims) is None
        with pytest.raises(StoreError, match="held back"):
            claims.hold(run_id)
        claims.release(run_id)
        assert _claim(claims) is not None

    def test_a_priority_is_changed(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        first, second = _queued(store, number=0), _queued(store, number=1)
        claims.prioritize(second, 3)
        assert [str(e.run_id) for e in claims.waiting()] == [str(second), str(first)]
        assert RunStore(store)[second].meta["priority"] == 3

    def test_a_cancelled_run_is_not_run_and_a_leased_one_only_by_force(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        run_id = _queued(store)
        claims.cancel(run_id)
        assert RunStore(store)[run_id].status == "CANCELLED"
        assert _claim(claims) is None
        claimed = _claim_new(store, claims, number=1)
        with pytest.raises(StoreError, match="leased to a worker"):
            claims.cancel(claimed.run_id)
        claims.cancel(claimed.run_id, force=True)
        with pytest.raises(StaleAttemptError):
            _running(store, claims, claimed)
        assert RunStore(store)[claimed.run_id].status == "CANCELLED"

    def test_a_run_that_is_over_is_queued_again_under_its_id(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        claimed = _claim_new(store, claims)
        end: dict[str, Any] = {"status": "FAILED", "stop_time": T0, "fail_trace": ["E\n"]}
        FencedStore(store, claims, claimed).apply(claimed.run_id, [SetFields(fields=end)])
        claims.finish(claimed, "FAILED")
        claims.requeue(claimed.run_id)
        run = RunStore(store)[claimed.run_id]
        assert (run.status, run.stop_time, run.fail_trace) == ("QUEUED", None, None)
        with pytest.raises(StoreError, match="waiting"):
            claims.requeue(claimed.run_id)
        again = _claim(claims)
        assert again is not None
        assert again.attempt == 2

    def test_a_run_that_was_never_queued_is_queued(self) -> None:
        store = self.make_store()
        document = {**_START, "status": "COMPLETED", "stop_time": T0}
        run_id = store.create(None, document, [])
        claims_of(store).requeue(run_id)
        assert RunStore(store)[run_id].status == "QUEUED"
        assert _claim(claims_of(store)) is not None

    def test_queueing_again_changes_nothing(self) -> None:
        store = self.make_store()
        claims = claims_of(store)
        run_id = _queued(store)
        claimed = _claim(claims)
        assert claims.enqueue(run_id, 0.0, _time(0)) == claimed

    def test_a_run_that_is_not_there_is_not_queued(self) -> None:
        with pytest.raises(RunNotFoundError):
            claims_of(self.make_store()).enqueue(77)

    def test_other_runs_stay_as_they_are(self) -> None:
        store = self.make_store()
        run_id = store.create(None, {**_START, "status": "RUNNING"}, [])
        before = _document(store, run_id)
        claims = claims_of(store)
        claimed = _claim_new(store, claims)
        claims.finish(claimed, "COMPLETED")
        assert _document(store, run_id) == before
        assert claims.entry(run_id) is None


_START: dict[str, Any] = {
    "experiment": {"name": "queued"},
    "command": "main",
    "host": {},
    "config": {"a": 1},
    "meta": {"comment": "c"},
}


def _time(number: int) -> str:
    return (T0 + datetime.timedelta(seconds=number)).isoformat()


def _queued(store: ReadableStore, priority: float = 0.0, number: int = 0) -> RunId:
    document = {**_START, "status": "QUEUED", "queue_time": T0}
    run_id = store.create(None, document, [])
    claims_of(store).enqueue(run_id, priority, _time(number))
    return run_id


def _lease(worker: str = "w") -> Lease:
    return Lease(worker=worker, host="here", process=None, seconds=60.0)


def _claim(claims: Claims) -> QueueEntry | None:
    return claims.claim(_lease())


def _claim_new(store: ReadableStore, claims: Claims, number: int = 0) -> QueueEntry:
    run_id = _queued(store, number=number)
    claimed = _claim(claims)
    assert claimed is not None
    assert _same(claimed.run_id, run_id)
    return claimed


def _running(store: ReadableStore, claims: Claims, claimed: QueueEntry) -> None:
    begun = SetFields(fields={"status": "RUNNING", "start_time": T0})
    FencedStore(store, claims, claimed).apply(claimed.run_id, [begun])


def _points(start: int, steps: list[int], name: str = "loss") -> AddPoints:
    times = [T0] * len(steps)
    values = [0.5 * step for step in steps]
    return AddPoints(name=name, start=start, steps=steps, values=values, timestamps=times)


def _same(one: RunId, other: RunId) -> bool:
    return str(one) == str(other)


def _document(store: ReadableStore, run_id: RunId) -> Any:
    found = store.reader().document(run_id)
    return {name: value for name, value in found.items() if name != "meta"}


def _changes(directory: Path) -> list[Change]:
    directory.mkdir()
    path = directory / "file.txt"
    path.write_text("content")
    make: list[Callable[[], Change]] = [
        lambda: WriteOutput(start=0, offset=0, text="late"),
        lambda: AddPoints(name="loss", start=0, steps=[0], values=[0.5], timestamps=[T0]),
        lambda: AddFile(kind="artifact", name="a.txt", path=str(path)),
        lambda: SetExperiment(info={"name": "late"}, files=()),
        lambda: Annotate(fields={"late": True}),
        lambda: Reopen(status="RUNNING"),
        lambda: SetFields(fields={"status": "COMPLETED", "stop_time": T0, "result": 1}),
    ]
    return [made() for made in make]
