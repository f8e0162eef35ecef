"""Places in real servers for the experiments that store in MongoDB or S3."""

from __future__ import annotations

import contextlib
import itertools
import os
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tests.differential.model import Service
from tests.services.mongo import MongoServer, RemoteServer
from tests.services.s3 import S3Server

__all__ = ["Place", "Services"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a script stores: what its environment says, and what the worker reads afterwards."""

    environment: dict[str, str] = field(default_factory=dict)
    databases: tuple[tuple[str, str], ...] = ()
    buckets: tuple[str, ...] = ()

    def request(self) -> dict[str, Any]:
        """The part of a request to a worker."""
        return {
            "environment": self.environment,
            "databases": [list(one) for one in self.databases],
            "buckets": list(self.buckets),
        }


class Services:
    """Fresh databases and buckets; a server that is not given starts with its first place."""

    def __init__(
        self, mongo: MongoServer | RemoteServer | None = None, s3: S3Server | None = None
    ) -> None:
        self._mongo, self._s3 = mongo, s3
        self._started = contextlib.ExitStack()
        self._numbers = itertools.count()

    def new(self, service: Service | None) -> Place:
        """A place that is empty; nowhere if no service is needed."""
        if service is None:
            return Place()
        name = f"differential-{os.getpid()}-{next(self._numbers)}"
        return self._database(name) if service == "mongo" else self._bucket(name)

    def _database(self, name: str) -> Place:
        if self._mongo is None:
            server = self._mongo = MongoServer()
            server.start()
            self._started.callback(server.close)
        environment = {"MONGO_URL": self._mongo.url, "MONGO_DB": name}
        return Place(environment=environment, databases=((self._mongo.url, name),))

    def _bucket(self, name: str) -> Place:
        if self._s3 is None:
            self._s3 = S3Server()
            self._started.callback(self._s3.stop)
        return Place(environment={**self._s3.environment, "BUCKET": name}, buckets=(name,))

    def __enter__(self) -> Services:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._started.close()
