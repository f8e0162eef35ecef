"""Observers: they are told what happens to a run, and store it or pass it on.

Nothing of a database is imported before an observer that needs it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred.observers.base import RunObserver
    from sacred.observers.file_storage import FileStorageObserver
    from sacred.observers.gcs_observer import GoogleCloudStorageObserver
    from sacred.observers.mongo import MongoObserver, QueuedMongoObserver
    from sacred.observers.queue import QueueObserver
    from sacred.observers.s3_observer import S3Observer
    from sacred.observers.slack import SlackObserver
    from sacred.observers.sql import SqlObserver
    from sacred.observers.telegram_obs import TelegramObserver
    from sacred.observers.tinydb_hashfs import TinyDbObserver, TinyDbReader
    from sacred.observers.webhook import WebhookObserver

__all__ = [
    "FileStorageObserver",
    "GoogleCloudStorageObserver",
    "MongoObserver",
    "QueueObserver",
    "QueuedMongoObserver",
    "RunObserver",
    "S3Observer",
    "SlackObserver",
    "SqlObserver",
    "TelegramObserver",
    "TinyDbObserver",
    "TinyDbReader",
    "WebhookObserver",
]

_HOMES = {
    "FileStorageObserver": "sacred.observers.file_storage",
    "GoogleCloudStorageObserver": "sacred.observers.gcs_observer",
    "MongoObserver": "sacred.observers.mongo",
    "QueueObserver": "sacred.observers.queue",
    "QueuedMongoObserver": "sacred.observers.mongo",
    "RunObserver": "sacred.observers.base",
    "S3Observer": "sacred.observers.s3_observer",
    "SlackObserver": "sacred.observers.slack",
    "SqlObserver": "sacred.observers.sql",
    "TelegramObserver": "sacred.observers.telegram_obs",
    "TinyDbObserver": "sacred.observers.tinydb_hashfs",
    "TinyDbReader": "sacred.observers.tinydb_hashfs",
    "WebhookObserver": "sacred.observers.webhook",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES, plugins="sacred.observers")
