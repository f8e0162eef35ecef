"""Places that keep runs, one class per kind of store: an address, and what is really there.

`read` looks at a place with the tools of its kind (files, pymongo, SQLAlchemy, ...), not
through the store that wrote it.
"""

from __future__ import annotations

import importlib.util
import uuid
from pathlib import Path
from typing import Any

# Not when a run is read: that may be within an example of hypothesis, which refuses the
# property tests that these modules define.
from tests.integration import test_file_storage, test_mongo, test_tinydb

if importlib.util.find_spec("sqlalchemy") is not None:
    from tests.integration import test_sql

__all__ = ["S3", "Files", "Google", "Mongo", "Place", "Sql", "TinyDb"]


class Place:
    """Somewhere for runs.

    Attributes:
        url: for `open_store`.
    """

    url: str

    def read(self, run_id: Any) -> dict[str, Any]:
        """A run as `MemoryStore.read` gives it."""
        raise NotImplementedError


class Files(Place):
    """A directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.url = f"file:{directory}"

    def read(self, run_id: Any) -> dict[str, Any]:
        return test_file_storage.read_back(self.directory / str(run_id))


class TinyDb(Place):
    """A directory with a database of TinyDB."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.url = f"tinydb:{directory}"

    def read(self, run_id: Any) -> dict[str, Any]:
        return test_tinydb.read_back(self.directory, run_id)


class Sql(Place):
    """An SQL database."""

    def __init__(self, url: str) -> None:
        self.url = url

    def read(self, run_id: Any) -> dict[str, Any]:
        import sqlalchemy as sa
        from sqlalchemy.orm import Session

        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with Session(engine) as session:
            return test_sql.read_back(session, str(run_id))


class Mongo(Place):
    """A database of MongoDB."""

    def __init__(self, server: Any, name: str) -> None:
        self.name = name
        self.url = f"mongodb://{server.host}:{server.port}/{name}"

    def read(self, run_id: Any) -> dict[str, Any]:
        import pymongo

        with pymongo.MongoClient[dict[str, Any]](self.url) as client:
            return test_mongo.read_back(client[self.name], run_id)


class _Bucket(Place):
    """A part of a bucket; `scratch` is a directory for its content."""

    def __init__(self, url: str, scratch: Path) -> None:
        self.url = url
        self.bucket, _, self.prefix = url.partition("://")[2].partition("/")
        self._scratch = scratch

    def content(self) -> dict[str, bytes]:
        """All objects of the bucket."""
        raise NotImplementedError

    def read(self, run_id: Any) -> dict[str, Any]:
        copy = self._scratch / uuid.uuid4().hex
        for key, data in self.content().items():
            if key.startswith(f"{self.prefix}/"):
                path = copy / key.removeprefix(f"{self.prefix}/")
                path.parent.mkdir(parents=True, exist_ok=True)
                # Where the resources are in this copy.
                is_record = path.name == "run.json"
                path.write_bytes(
                    data.replace(self.url.encode(), bytes(copy)) if is_record else data
                )
        return test_file_storage.read_back(copy / str(run_id))


class S3(_Bucket):
    """A part of a bucket of S3; the environment leads to the server."""

    def __init__(self, url: str, scratch: Path, server: Any) -> None:
        super().__init__(url, scratch)
        self.server = server

    def content(self) -> dict[str, bytes]:
        return dict(self.server.content(self.bucket))


class Google(_Bucket):
    """A part of a bucket of Google; the environment leads to the server."""

    def __init__(self, url: str, scratch: Path, server: Any) -> None:
        super().__init__(url, scratch)
        self.server = server
        server.buckets.setdefault(self.bucket, {})

    def content(self) -> dict[str, bytes]:
        return dict(self.server.buckets[self.bucket])
