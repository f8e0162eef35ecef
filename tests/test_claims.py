"""`sacred.testing.ClaimsContract` over the library's own stores."""

from __future__ import annotations

import importlib.util

import pytest

from sacred.stores.claims import claims_of
from sacred.stores.memory.store import MemoryStore
from sacred.stores.schemes import store_from_url
from sacred.stores.store import QueueUnsupportedError
from sacred.testing import ClaimsContract
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


class TestPostgresQueue(_PlaceQueue):
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


class TestMongoQueue(_PlaceQueue):
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
