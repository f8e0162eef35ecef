"""`sacred.testing.ObserverContract` over the library's own observers, with real services."""

from __future__ import annotations

import json
import uuid

import pytest

from sacred.observers.file_storage import FileStorageObserver
from sacred.observers.queue import QueueObserver
from sacred.observers.slack import SlackObserver
from sacred.observers.store_observer import StoreObserver
from sacred.observers.telegram_obs import TelegramObserver
from sacred.observers.webhook import WebhookObserver
from sacred.stores.memory.store import MemoryStore
from sacred.testing import ObserverContract, drive
from tests.services.http import HttpServer


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


class TestMongoObserver(ObserverContract):
    @pytest.fixture(autouse=True)
    def _database(self, mongo_server, mongo_db):
        self.address = f"mongodb://{mongo_server.host}:{mongo_server.port}/"
        self.arguments = {"url": self.address, "db_name": mongo_db.name}

    def make_observer(self, directory):
        from sacred.observers.mongo import MongoObserver

        return MongoObserver(**self.arguments, failure_dir=directory)


class TestQueuedMongoObserver(TestMongoObserver):
    picklable = False

    @pytest.fixture(autouse=True)
    def _joined(self, observer):
        yield
        observer.join()

    def make_observer(self, directory):
        from sacred.observers.mongo import QueuedMongoObserver

        return QueuedMongoObserver(**self.arguments, failure_dir=directory, interval=0.01)


class TestSqliteObserver(ObserverContract):
    def make_observer(self, directory):
        pytest.importorskip("sqlalchemy")
        from sacred.observers.sql import SqlObserver

        return SqlObserver(f"sqlite:///{directory}/runs.db", failure_dir=directory)


class TestPostgresObserver(ObserverContract):
    @pytest.fixture(autouse=True)
    def _database(self, postgres):
        self.address = postgres.create_database()
        yield
        postgres.drop_database(self.address)

    def make_observer(self, directory):
        from sacred.observers.sql import SqlObserver

        return SqlObserver(self.address, failure_dir=directory)


class TestTinyDbObserver(ObserverContract):
    takes_queued = False

    def make_observer(self, directory):
        from sacred.observers.tinydb_hashfs import TinyDbObserver

        return TinyDbObserver(directory / "runs", failure_dir=directory)


class TestS3Observer(ObserverContract):
    @pytest.fixture(autouse=True)
    def _server(self, s3_server, monkeypatch):
        for name, value in s3_server.environment.items():
            monkeypatch.setenv(name, value)

    def make_observer(self, directory):
        from sacred.observers.s3_observer import S3Observer

        return S3Observer(f"contract-{uuid.uuid4().hex}", "runs", failure_dir=str(directory))


class TestGoogleCloudStorageObserver(ObserverContract):
    @pytest.fixture(autouse=True)
    def _server(self, gcs_server, monkeypatch):
        gcs_server.buckets.setdefault("contracts", {})
        for name, value in gcs_server.environment.items():
            monkeypatch.setenv(name, value)

    def make_observer(self, directory):
        from sacred.observers.gcs_observer import GoogleCloudStorageObserver

        name = uuid.uuid4().hex
        return GoogleCloudStorageObserver("contracts", name, failure_dir=str(directory))


class _MessengerContract(ObserverContract):
    """Of observers that only send messages."""

    gives_ids = False

    @pytest.fixture(autouse=True)
    def _server(self, monkeypatch):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with HttpServer() as self.server:
            yield

    def test_the_message_arrives(self, observer):
        drive.start(observer)
        drive.complete(observer)
        assert self.server.requests


class TestSlackObserver(_MessengerContract):
    def make_observer(self, directory):
        return SlackObserver(f"{self.server.url}/services/T0/B0/secret")


class TestWebhookObserver(_MessengerContract):
    def make_observer(self, directory):
        return WebhookObserver(self.server.url)


class TestTelegramObserver(_MessengerContract):
    picklable = False  # bots are not, and say so

    def make_observer(self, directory):
        telegram = pytest.importorskip("telegram")
        message = {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}}
        self.server.answer = json.dumps({"ok": True, "result": message})
        return TelegramObserver(telegram.Bot("1:secret", base_url=f"{self.server.url}/bot"), 5)
