"""Observers: they are told what happens to a run, and store it or pass it on.

Nothing of a database is imported before an observer that needs it is made.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sacred.observers.base import RunObserver
    from sacred.observers.file_storage import FileStorageObserver
    from sacred.observers.mongo import MongoObserver, QueuedMongoObserver
    from sacred.observers.queue import QueueObserver

__all__ = [
    "FileStorageObserver",
    "MongoObserver",
    "QueueObserver",
    "QueuedMongoObserver",
    "RunObserver",
]

_HOMES = {
    "FileStorageObserver": "file_storage",
    "MongoObserver": "mongo",
    "QueueObserver": "queue",
    "QueuedMongoObserver": "mongo",
    "RunObserver": "base",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
