"""Functions that open the library's own stores, by URL.

Nothing is connected to, or made on a disk, before the store is used.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from sacred._base.extras import require
from sacred._base.masking import mask_passwords
from sacred.stores.store import Store, StoreAddressError

if TYPE_CHECKING:
    from sacred.stores.buckets.bucket_blobs import Bucket

__all__ = [
    "open_files",
    "open_google",
    "open_memory",
    "open_mongo",
    "open_s3",
    "open_sql",
    "open_tinydb",
]

_COLLECTIONS = ("runs", "metrics")


def open_files(url: str) -> Store:
    """``file:DIRECTORY``: the layout of a `FileStorageObserver` with its defaults."""
    # Not at the top, as others below: each store loads its own backend only.
    from sacred.stores.files.store import local_file_store

    directory = _directory_of(url)
    resources, sources = (os.path.join(directory, name) for name in ("_resources", "_sources"))
    return local_file_store(directory, resources, sources)


def open_memory(url: str) -> Store:
    """``memory:``: a new, empty store each time."""
    from sacred.stores.memory.store import MemoryStore

    return MemoryStore()


def open_mongo(url: str) -> Store:
    """``mongodb://SERVER/DATABASE?OPTIONS``, also ``mongodb+srv://``; database ``sacred``.

    In addition to MongoDB's own options there is ``collection_prefix``.
    """
    gridfs = require("gridfs", extra="mongo", purpose="A store mongodb://")
    from sacred.stores.mongo.client import make_client, name_of_place, split_prefix
    from sacred.stores.mongo.store import MongoStore

    address, prefix = split_prefix(url)
    client = make_client(address, purpose="A store mongodb://")
    database = client.get_default_database("sacred")
    runs, metrics = (database[f"{prefix}_{name}" if prefix else name] for name in _COLLECTIONS)
    place = name_of_place(url, database.name, prefix)
    store = MongoStore(runs, gridfs.GridFS(database), metrics, url=place)
    # A client that was closed cannot be used again, so only the end of the store closes it.
    weakref.finalize(store, client.close)
    return store


def open_sql(url: str) -> Store:
    """``sqlite:///runs.db``, ``postgresql://...``: a database URL in SQLAlchemy's form."""
    scheme = url.partition(":")[0]
    require("sqlalchemy", extra="sql", purpose=f"A store {scheme}://")
    from sacred.stores.sql.engine import make_engine
    from sacred.stores.sql.store import SqlStore

    engine = make_engine(url)
    store = SqlStore(engine)
    weakref.finalize(store, engine.dispose)
    return store


def open_tinydb(url: str) -> Store:
    """``tinydb:DIRECTORY``."""
    from sacred.stores.tinydb.store import local_tinydb

    return local_tinydb(_directory_of(url))


def open_s3(url: str) -> Store:
    """``s3://BUCKET/PREFIX``."""
    from sacred.stores.buckets.s3 import S3Bucket

    return _open_bucket(url, S3Bucket)


def open_google(url: str) -> Store:
    """``gs://BUCKET/PREFIX``."""
    from sacred.stores.buckets.gcs import GoogleBucket

    return _open_bucket(url, GoogleBucket)


def _open_bucket(url: str, transport: Callable[[str], Bucket]) -> Store:
    from sacred.stores.buckets.store import bucket_store, split_address

    try:
        name, prefix = split_address(url, url.partition(":")[0])
        return bucket_store(transport(name), prefix)
    except ValueError as error:
        raise StoreAddressError(str(error)) from error


def _directory_of(url: str) -> str:
    """The path in a URL: file:runs and file:/runs as they stand, file:///runs is /runs."""
    scheme, _, path = url.partition(":")
    if path.startswith("//"):
        host, slash, _ = path[2:].partition("/")
        if host:
            shown = mask_passwords(url).partition("//")[2]
            raise StoreAddressError(
                f"'{scheme}://{shown}' names a machine, {shown.partition('/')[0]!r}, and no "
                f"directory of this one. Did you mean '{scheme}:{shown}' or '{scheme}:///{shown}'?"
            )
        path = path[2:] if slash else ""
    if not path:
        raise StoreAddressError(f"{url!r} names no directory, as '{scheme}:runs' does")
    return path
