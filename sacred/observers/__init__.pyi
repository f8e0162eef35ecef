from typing import Any

from sacred.observers.base import RunObserver as RunObserver
from sacred.observers.file_storage import FileStorageObserver as FileStorageObserver
from sacred.observers.gcs_observer import GoogleCloudStorageObserver as GoogleCloudStorageObserver
from sacred.observers.mongo import MongoObserver as MongoObserver
from sacred.observers.mongo import QueuedMongoObserver as QueuedMongoObserver
from sacred.observers.queue import QueueObserver as QueueObserver
from sacred.observers.s3_observer import S3Observer as S3Observer
from sacred.observers.slack import SlackObserver as SlackObserver
from sacred.observers.sql import SqlObserver as SqlObserver
from sacred.observers.store_observer import StoreObserver as StoreObserver
from sacred.observers.telegram_obs import TelegramObserver as TelegramObserver
from sacred.observers.tinydb_hashfs import TinyDbObserver as TinyDbObserver
from sacred.observers.tinydb_hashfs import TinyDbReader as TinyDbReader
from sacred.observers.webhook import WebhookObserver as WebhookObserver

# Those of plug-ins.
def __getattr__(name: str) -> Any: ...
