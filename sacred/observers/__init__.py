"""Observers: they are told what happens to a run, and store it or pass it on.

Nothing of a database is imported before an observer that needs it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred.observers.base import RunObserver
    from sacred.observers.file_storage import FileStorageObserver
    from sacred.observers.mongo import MongoObserver, QueuedMongoObserver
    from sacred.observers.queue import QueueObserver
    from sacred.observers.sql import SqlObserver
    from sacred.observers.tinydb_hashfs import TinyDbObserver, TinyDbReader

__all__ = [
    "FileStorageObserver",
    "MongoObserver",
    "QueueObserver",
    "QueuedMongoObserver",
    "RunObserver",
    "SqlObserver",
    "TinyDbObserver",
    "TinyDbReader",
]

_HOMES = {
    "FileStorageObserver": "sacred.observers.file_storage",
    "MongoObserver": "sacred.observers.mongo",
    "QueueObserver": "sacred.observers.queue",
    "QueuedMongoObserver": "sacred.observers.mongo",
    "RunObserver": "sacred.observers.base",
    "SqlObserver": "sacred.observers.sql",
    "TinyDbObserver": "sacred.observers.tinydb_hashfs",
    "TinyDbReader": "sacred.observers.tinydb_hashfs",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES, plugins="sacred.observers")
