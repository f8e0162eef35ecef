"""`sacred.testing.StoreContract` over the library's own stores."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import uuid
from typing import Any

import pytest

from sacred.stores.memory.store import MemoryStore
from sacred.stores.schemes import store_from_url
from sacred.stores.store import StoreError
from sacred.testing import StoreContract
from tests.conftest import ROOT
from tests.crash_safety.effort import pick
from tests.services import places

HAS_SQL = importlib.util.find_spec("sqlalchemy") is not None


class TestMemoryStore(StoreContract):
    def make_store(self):
        return MemoryStore()

    def read_back(self, store, run_id):
        return store.read(run_id)


class _PlaceContract(StoreContract):
    """The suite over a place of `tests.services.places`, opened by its address."""

    examples = pick(8, 25)

    def make_place(self) -> places.Place:
        """One with no runs."""
        raise NotImplementedError

    def make_store(self):
        self.place = self.make_place()
        return store_from_url(self.place.url)

    def reopen(self, store):
        return store_from_url(self.place.url)

    def read_back(self, store, run_id):
        return self.place.read(run_id)


class TestFileStore(_PlaceContract):
    def make_place(self):
        return places.Files(self.new_directory() / "runs")


class TestTinyDbStore(_PlaceContract):
    @pytest.fixture(autouse=True)
    def _reader(self):
        pytest.importorskip("tinydb")

    def make_place(self):
        return places.TinyDb(self.new_directory() / "runs")


@pytest.mark.skipif(not HAS_SQL, reason="SQLAlchemy is not installed")
class TestSqliteStore(_PlaceContract):
    def make_place(self):
        return places.Sql(f"sqlite:///{self.new_directory() / 'runs.db'}")


class TestPostgresStore(_PlaceContract):
    examples = pick(4, 10)

    @pytest.fixture(autouse=True)
    def _database(self, postgres):
        self.address = postgres.create_database()
        yield
        postgres.drop_database(self.address)

    def make_place(self):
        import sqlalchemy as sa

        # Making a database takes a while, and this is wanted for each example of hypothesis.
        engine = sa.create_engine(self.address, poolclass=sa.NullPool)
        with engine.begin() as connection:
            names = ", ".join(f'"{name}"' for name in sa.inspect(connection).get_table_names())
            if names:
                connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        return places.Sql(self.address)


class TestMariaDbStore(_PlaceContract):
    examples = pick(4, 10)

    @pytest.fixture(autouse=True)
    def _database(self, mariadb):
        with mariadb.database() as self.address:
            yield

    def make_place(self):
        import sqlalchemy as sa

        engine = sa.create_engine(self.address, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
            for name in sa.inspect(connection).get_table_names():
                connection.exec_driver_sql(f"TRUNCATE `{name}`")
        return places.Sql(self.address)


class TestMongoStore(_PlaceContract):
    keeps_all_keys = False  # MongoDB has a meaning of its own for them

    @pytest.fixture(autouse=True)
    def _database(self, mongo_server, mongo_db):
        self.server, self.database = mongo_server, mongo_db

    def make_place(self):
        for name in self.database.list_collection_names():
            self.database[name].delete_many({})
        return places.Mongo(self.server, self.database.name)


class TestS3Store(_PlaceContract):
    examples = pick(3, 5)  # the server is slow, and the code is that of files

    @pytest.fixture(autouse=True)
    def _server(self, s3_server, monkeypatch):
        self.server = s3_server
        for name, value in s3_server.environment.items():
            monkeypatch.setenv(name, value)

    def make_place(self):
        directory = self.new_directory()
        return places.S3(f"s3://contract-{uuid.uuid4().hex}/runs", directory, self.server)


class TestGoogleStore(_PlaceContract):
    examples = pick(4, 10)

    @pytest.fixture(autouse=True)
    def _server(self, gcs_server, monkeypatch):
        self.server = gcs_server
        for name, value in gcs_server.environment.items():
            monkeypatch.setenv(name, value)

    def make_place(self):
        directory = self.new_directory()
        return places.Google(f"gs://contracts/{uuid.uuid4().hex}", directory, self.server)


def test_a_contract_catches_a_store_that_forgets():
    class Forgetful(MemoryStore):
        def apply(self, run_id: Any, changes: Any) -> None:
            super().apply(run_id, changes[:1])

    contract = TestMemoryStore()
    contract.make_store = Forgetful
    with pytest.raises((AssertionError, StoreError)):
        contract.test_points_keep_their_order()


def test_importing_the_suites_needs_no_pytest_and_says_what_is_missing():
    code = """
import sys
sys.modules["pytest"] = None
import sacred.testing
assert "hypothesis" not in sys.modules
try:
    sacred.testing.StoreContract
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert 'pip install "sacred[testing]"' in done.stdout
