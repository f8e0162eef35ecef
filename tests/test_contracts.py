"""The suites of `sacred.testing`, over the library's own stores and observers."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sacred.observers.file_storage import FileStorageObserver
from sacred.observers.queue import QueueObserver
from sacred.observers.store_observer import StoreObserver
from sacred.stores.base import StoreError
from sacred.stores.file import local_file_store
from sacred.stores.memory import MemoryStore
from sacred.stores.registry import open_store
from sacred.testing import ObserverContract, StoreContract
from tests.conftest import ROOT
from tests.integration import test_file_storage, test_mongo, test_tinydb

HAS_SQL = importlib.util.find_spec("sqlalchemy") is not None


class TestMemoryStore(StoreContract):
    def make_store(self):
        return MemoryStore()

    def read_back(self, store, run_id):
        return store.read(run_id)


class TestFileStore(StoreContract):
    def make_store(self):
        return open_store(f"file:{self.new_directory() / 'runs'}")

    def reopen(self, store):
        return open_store(store.url)

    def read_back(self, store, run_id):
        return test_file_storage.read_back(Path(store.url.removeprefix("file:")) / str(run_id))


class TestMongoStore(StoreContract):
    keeps_all_keys = False  # MongoDB has a meaning of its own for them

    @pytest.fixture(autouse=True)
    def _database(self, mongo_db):
        self.database = mongo_db

    def make_store(self):
        import gridfs

        from sacred.stores.mongo import MongoStore

        for name in self.database.list_collection_names():
            self.database[name].delete_many({})
        return MongoStore(self.database.runs, gridfs.GridFS(self.database), self.database.metrics)

    def reopen(self, store):
        import gridfs

        return type(store)(self.database.runs, gridfs.GridFS(self.database), self.database.metrics)

    def read_back(self, store, run_id):
        return test_mongo.read_back(self.database, run_id)


class TestTinyDbStore(StoreContract):
    def make_store(self):
        from sacred.observers.tinydb_hashfs import TinyDbObserver

        self.path = self.new_directory() / "runs"
        return TinyDbObserver(self.path).store

    def reopen(self, store):
        from sacred.observers.tinydb_hashfs import TinyDbObserver

        return TinyDbObserver(self.path).store

    def read_back(self, store, run_id):
        pytest.importorskip("tinydb")
        return test_tinydb.read_back(self.path, run_id)


@pytest.mark.skipif(not HAS_SQL, reason="SQLAlchemy is not installed")
class TestSqliteStore(StoreContract):
    def make_store(self):
        self.path = self.new_directory() / "runs.db"
        return self._open()

    def _open(self):
        from sacred.stores.sql import SqlStore
        from sacred.stores.sql_engine import make_engine

        store = SqlStore(make_engine(f"sqlite:///{self.path}"))
        self.opened.append(store)
        return store

    @pytest.fixture(autouse=True)
    def _closing(self):
        self.opened = []
        yield
        for store in self.opened:
            store.close()

    def reopen(self, store):
        return self._open()

    def read_back(self, store, run_id):
        from sqlalchemy.orm import Session

        from tests.integration.test_sql import read_back

        with Session(store.database.engine) as session:
            return read_back(session, str(run_id))


class TestStoreObserver(ObserverContract):
    def make_observer(self, directory):
        return StoreObserver(MemoryStore(), failure_dir=str(directory))


class TestFileStorageObserver(ObserverContract):
    def make_observer(self, directory):
        return FileStorageObserver(directory / "runs", failure_dir=directory / "spool")


class TestQueueObserver(ObserverContract):
    picklable = False

    @pytest.fixture(autouse=True)
    def _joined(self, observer):
        yield
        observer.join()

    def make_observer(self, directory):
        return QueueObserver(FileStorageObserver(directory / "runs"), interval=0.01)


class TestObserverThatOnlyLooks(ObserverContract):
    gives_ids = False

    def make_observer(self, directory):
        from sacred.observers import RunObserver

        return RunObserver()


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


def test_urls_of_stores(tmp_path):
    store = open_store(f"file://{tmp_path}/runs")
    assert store.url == f"file:{tmp_path}/runs"
    run_id = store.create(None, {"experiment": {}, "config": {}, "status": "RUNNING"}, [])
    assert json.loads((tmp_path / "runs" / run_id / "run.json").read_text())["status"] == "RUNNING"
    assert local_file_store("a", "b", None).url == "file:a"
