"""Databases for the experiments that store in MongoDB."""

from __future__ import annotations

import itertools
import os
from types import TracebackType

from tests.services.mongo import MongoServer

__all__ = ["Databases"]


class Databases:
    """Names of fresh databases; the server starts with the first one."""

    def __init__(self) -> None:
        self._server: MongoServer | None = None
        self._numbers = itertools.count()

    def new(self) -> tuple[str, str]:
        """The address of the server, and a database that is not there yet."""
        if self._server is None:
            self._server = MongoServer()
            self._server.start()
        return self._server.url, f"differential_{os.getpid()}_{next(self._numbers)}"

    def __enter__(self) -> Databases:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
