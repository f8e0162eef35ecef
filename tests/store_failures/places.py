"""Places for runs that can go away, come back, and refuse: one class per kind of store."""

from __future__ import annotations

import sqlite3
import uuid
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from sacred.observers.store_observer import StoreObserver
from tests.services import places

__all__ = [
    "KINDS",
    "DiskPlace",
    "FailingPlace",
    "FilesPlace",
    "GooglePlace",
    "MongoPlace",
    "PostgresPlace",
    "S3Place",
    "SqlitePlace",
    "TinyDbPlace",
]

KINDS = ["files", "tinydb", "sqlite", "postgres", "mongo", "s3", "google"]


class FailingPlace(ABC):
    """A place that is there at first.

    Attributes:
        place: its address, and a look at its content.
        named: what an error about it has to say, so that the user finds it.
        secret: what nothing must say.
    """

    place: places.Place
    named: str
    secret: str | None = None

    @abstractmethod
    def observer(self, spools: Path, patient: bool = False) -> StoreObserver:
        """The observer of this kind of store; `patient`: with the usual limits to waiting."""

    @abstractmethod
    def go_away(self) -> None:
        """From now on nothing can be stored."""

    @abstractmethod
    def come_back(self) -> None:
        """All is as it was."""

    def intruder(self, spools: Path) -> StoreObserver | None:
        """An observer with wrong credentials; None: this kind of store has none."""
        return None


class DiskPlace(FailingPlace):
    """A directory; while it is away, there is a file in its way."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.named = str(directory)

    def go_away(self) -> None:
        if self.directory.exists():
            self.directory.rename(f"{self.directory}.away")
        self.directory.write_text("in the way")

    def come_back(self) -> None:
        self.directory.unlink()
        away = Path(f"{self.directory}.away")
        if away.exists():
            away.rename(self.directory)


class FilesPlace(DiskPlace):
    """Of a `FileStorageObserver`."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.place = places.Files(directory)

    def observer(self, spools: Path, patient: bool = False) -> StoreObserver:
        from sacred.observers.file_storage import FileStorageObserver

        return FileStorageObserver(self.directory, failure_dir=spools)


class TinyDbPlace(DiskPlace):
    """Of a `TinyDbObserver`."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.place = places.TinyDb(directory)

    def observer(self, spools: Path, patient: bool = False) -> StoreObserver:
        from sacred.observers.tinydb_hashfs import TinyDbObserver

        return TinyDbObserver(self.directory, failure_dir=spools)


class SqlitePlace(DiskPlace):
    """Of an `SqlObserver`; once it is there, somebody else locks the file to send it away.

    (A file that is open can still be written after its directory was renamed.)
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.path = directory / "runs.db"
        self.named = str(self.path)
        self.place = places.Sql(f"sqlite:///{self.path}")
        self._other: sqlite3.Connection | None = None

    def observer(self, spools: Path, patient: bool = False) -> StoreObserver:
        from sacred.observers.sql import SqlObserver

        limit = "" if patient else "?timeout=0.05"
        return SqlObserver(f"sqlite:///{self.path}{limit}", failure_dir=spools)

    def go_away(self) -> None:
        if not self.path.exists():
            super().go_away()
            return
        self._other = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._other.execute("BEGIN EXCLUSIVE")

    def come_back(self) -> None:
        if self._other is None:
            super().come_back()
            return
        self._other.execute("COMMIT")
        self._other.close()
        self._other = None


class _ServerPlace(FailingPlace):
    """Something behind a server that is started and stopped."""

    server: Any

    def go_away(self) -> None:
        self.server.stop()

    def come_back(self) -> None:
        self.server.start()


class PostgresPlace(_ServerPlace):
    """Of an `SqlObserver`."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.url = server.create_database()
        self.secret = f":{server.password}"
        self.named = f"{server.host}:{server.port}/{self.url.rpartition('/')[2]}"
        self.place = places.Sql(self.url)

    def observer(self, spools: Path, patient: bool = False) -> StoreObserver:
        from sacred.observers.sql import SqlObserver

        return SqlObserver(self.url, failure_dir=spools)

    def intruder(self, spools: Path) -> StoreObserver:
        from sacred.observers.sql import SqlObserver

        url = self.url.replace(f":{self.server.password}@", ":hush-hush@")
        return SqlObserver(url, failure_dir=spools)

    def go_away(self) -> None:
        self.server.kill()


class MongoPlace(_ServerPlace):
    """Of a `MongoObserver`."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.name = f"failures_{uuid.uuid4().hex[:12]}"
        self.named = f"{server.host}:{server.port}/{self.name}"
        self.place = places.Mongo(server, self.name)

    def observer(self, spools: Path, patient: bool = False) -> StoreObserver:
        from sacred.observers.mongo import MongoObserver

        options = {} if patient else {"serverSelectionTimeoutMS": 300}
        return MongoObserver(self.server.url, self.name, failure_dir=spools, **options)

    def intruder(self, spools: Path) -> StoreObserver:
        from sacred.observers.mongo import MongoObserver

        address = f"mongodb://somebody:hush-hush@{self.server.host}:{self.server.port}"
        return MongoObserver(address, self.name, failure_dir=spools)

    def go_away(self) -> None:
        self.server.kill()


class S3Place(_ServerPlace):
    """Of an `S3Observer`."""

    def __init__(self, server: Any, scratch: Path) -> None:
        self.server = server
        self.bucket = f"failures-{uuid.uuid4().hex[:12]}"
        self.named = f"s3://{self.bucket}"
        self.place = places.S3(f"s3://{self.bucket}/runs", scratch, server)

    def observer(self, spools: Path, patient: bool = False) -> StoreObserver:
        from sacred.observers.s3_observer import S3Observer

        return S3Observer(self.bucket, "runs", failure_dir=str(spools))

    def intruder(self, spools: Path) -> StoreObserver:
        self.server.refusing = True
        return self.observer(spools)


class GooglePlace(_ServerPlace):
    """Of a `GoogleCloudStorageObserver`."""

    def __init__(self, server: Any, scratch: Path) -> None:
        self.server = server
        self.bucket = f"failures-{uuid.uuid4().hex[:12]}"
        self.named = f"gs://{self.bucket}"
        self.place = places.Google(f"gs://{self.bucket}/runs", scratch, server)

    def observer(self, spools: Path, patient: bool = False) -> StoreObserver:
        from sacred.observers.gcs_observer import GoogleCloudStorageObserver

        return GoogleCloudStorageObserver(self.bucket, "runs", failure_dir=str(spools))

    def intruder(self, spools: Path) -> StoreObserver:
        self.server.refusing = True
        return self.observer(spools)
