"""`sacred.testing.ClaimsContract` over the library's own stores."""

from __future__ import annotations

import importlib.util
import time

import pytest

from sacred import open_store
from sacred.stores.claims import Lease, claims_of
from sacred.stores.memory.store import MemoryStore
from sacred.stores.schemes import store_from_url
from sacred.stores.store import QueueUnsupportedError, StoreError
from sacred.testing import ClaimsContract
from sacred.upkeep import discard
from tests.services import places

HAS_SQL = importlib.util.find_spec("sqlalchemy") is not None


class TestMemoryQueue(ClaimsContract):
    def make_store(self):
        return MemoryStore()


class _PlaceQueue(ClaimsContract):
    """The suite over a place of `tests.services.places`, opened by its address."""

    def make_place(self) -> places.Place:
        """One with no runs."""
        raise NotImplementedError

    def make_store(self):
        self.place = self.make_place()
        return store_from_url(self.place.url)

    def reopen(self, store):
        return store_from_url(self.place.url)


class TestFileQueue(_PlaceQueue):
    def make_place(self):
        return places.Files(self.new_directory() / "runs")


@pytest.mark.skipif(not HAS_SQL, reason="SQLAlchemy is not installed")
class TestSqliteQueue(_PlaceQueue):
    def make_place(self):
        return places.Sql(f"sqlite:///{self.new_directory() / 'runs.db'}")


class _ClockedQueue(_PlaceQueue):
    """Of a store with a clock, by which leases expire."""

    def test_the_store_knows_how_old_a_lease_is(self):
        store = self.make_store()
        claims, other = claims_of(store), claims_of(self.reopen(store))
        assert claims.lease_ages() == {}
        document = {"experiment": {"name": "e", "sources": []}, "config": {}, "status": "QUEUED"}
        document |= {"host": {}, "meta": {}, "command": "main"}
        run_id = store.create(None, document, [])
        claims.enqueue(run_id)
        claimed = claims.claim(Lease(worker="w", host="h", process=None, seconds=60.0))
        time.sleep(1)
        [(found, age)] = other.lease_ages().items()
        assert str(found) == str(run_id)
        assert 0.9 < age < 60.0
        claims.renew(claimed)
        assert other.lease_ages()[found] < age
        claims.put_back(claimed, "INTERRUPTED")
        assert other.lease_ages() == {}


class TestPostgresQueue(_ClockedQueue):
    @pytest.fixture(autouse=True)
    def _database(self, postgres):
        self.address = postgres.create_database()
        yield
        postgres.drop_database(self.address)

    def make_place(self):
        return places.Sql(self.address)


class TestMariaDbQueue(_PlaceQueue):
    @pytest.fixture(autouse=True)
    def _database(self, mariadb):
        with mariadb.database() as self.address:
            yield

    def make_place(self):
        return places.Sql(self.address)


class TestMongoQueue(_ClockedQueue):
    @pytest.fixture(autouse=True)
    def _database(self, mongo_server, mongo_db):
        self.server, self.database = mongo_server, mongo_db

    def make_place(self):
        return places.Mongo(self.server, self.database.name)


@pytest.mark.parametrize("url", ["tinydb:{}", "s3://bucket/runs"])
def test_a_store_that_cannot_be_a_queue_says_so(url, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    store = store_from_url(url.format(tmp_path))
    with pytest.raises(QueueUnsupportedError, match="cannot be a queue"):
        claims_of(store)


def test_a_directory_without_working_locks_cannot_be_a_queue(tmp_path, monkeypatch):
    from sacred.stores.files import claims as of_files

    def refuse(fd: int, operation: int) -> None:
        raise OSError(37, "No locks available")

    store = store_from_url(str(tmp_path))
    run_id = store.create(None, {"experiment": {}, "config": {}, "status": "QUEUED"}, [])
    monkeypatch.setattr(of_files.fcntl, "flock", refuse)
    with pytest.raises(QueueUnsupportedError, match="file locks do not work there"):
        claims_of(store).enqueue(run_id)


def test_notes_that_a_killed_process_has_left_are_mended(tmp_path):
    store = store_from_url(str(tmp_path))
    run_id = store.create(None, {"experiment": {}, "config": {}, "status": "QUEUED"}, [])
    claims = claims_of(store)
    entry = claims.enqueue(run_id)
    [waiting] = (tmp_path / "_queue" / "waiting").iterdir()
    waiting.rename(tmp_path / "_queue" / "waiting" / f"0{waiting.name}")
    assert list(claims.waiting()) == []
    assert list(claims.waiting()) == [entry]
    (tmp_path / "_queue" / "leased").mkdir()
    waiting.rename(tmp_path / "_queue" / "leased" / run_id)
    assert claims.entries("leased") == []
    assert list(claims.waiting()) == [entry]


def test_a_queued_run_in_the_trash_is_cancelled_and_a_leased_one_only_by_force(tmp_path):
    store = open_store(str(tmp_path))
    document = {"experiment": {}, "config": {}, "status": "QUEUED"}
    waiting, leased = (store.backend.create(None, document, []) for _ in range(2))
    claims = claims_of(store.backend)
    claims.enqueue(leased)
    claims.claim(Lease(worker="w", host="elsewhere", process=None, seconds=60.0))
    claims.enqueue(waiting)
    discard(store, [waiting])
    assert store[waiting].status == "CANCELLED"
    assert list(claims.waiting()) == []
    with pytest.raises(StoreError, match="still running"):
        discard(store, [leased])
    discard(store, [leased], force=True)
    assert store[leased].status == "CANCELLED"


@pytest.mark.skipif(not HAS_SQL, reason="SQLAlchemy is not installed")
def test_who_waited_for_the_database_takes_the_run_that_is_the_first_then(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/runs.db")
    claims = claims_of(store.backend)
    document = {"status": "QUEUED", "config": {}, "experiment": {"name": "ex", "sources": []}}
    document |= {"host": {}, "meta": {}, "command": "main"}
    ids = [store.backend.create(None, document, []) for _ in range(4)]
    for place, run_id in enumerate(ids[:3]):
        claims.enqueue(run_id, 0.0, f"2026-01-0{place + 1}")
    lease = Lease(worker="w", host="h", process=None, seconds=60)
    asked = []

    def takes(entry):
        asked.append(entry.run_id)
        if len(asked) == 1:  # meanwhile, another one takes it, and a third queues one
            assert claims.claim(lease).run_id == ids[0]
            claims.enqueue(ids[3], 5.0, "2026-01-09")
        return entry.run_id != ids[3]

    assert claims.claim(lease, takes).run_id == ids[1]
    # What it was asked for last is what it got: it may have taken something for it.
    assert asked == [ids[0], ids[3], ids[1]]
    assert claims.claim(lease, takes).run_id == ids[2]
    assert claims.claim(lease, takes) is None
    assert claims.claim(lease).run_id == ids[3]


@pytest.mark.skipif(not HAS_SQL, reason="SQLAlchemy is not installed")
def test_what_is_taken_for_a_run_is_for_the_one_that_is_leased(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/runs.db")
    claims = claims_of(store.backend)
    document = {"status": "QUEUED", "config": {}, "experiment": {"name": "ex", "sources": []}}
    document |= {"host": {}, "meta": {}, "command": "main"}
    ids = [store.backend.create(None, document, []) for _ in range(2)]
    claims.enqueue(ids[0], 0.0, "2026-01-01")
    asked = []

    def takes(entry):
        asked.append(entry.run_id)
        if len(asked) == 1:
            claims.enqueue(ids[1], 5.0, "2026-01-02")  # comes before it, and does not fit
        return entry.run_id == ids[0]

    lease = Lease(worker="w", host="h", process=None, seconds=60)
    assert claims.claim(lease, takes).run_id == ids[0]
    assert asked == [ids[0], ids[1], ids[0]]
