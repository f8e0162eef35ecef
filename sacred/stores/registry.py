"""Stores by the scheme of their URL: built-in ones, and those of plug-ins."""

from __future__ import annotations

import os

from sacred._base.registry import Registry
from sacred.stores.base import Store, StoreError

__all__ = ["STORES", "open_store"]

#: URL scheme → a function that takes the whole URL and returns a `Store`. More come from
#: the entry points ``sacred.stores``.
STORES = Registry(
    "sacred.stores",
    {
        "file": "sacred.stores.registry:_open_files",
        "memory": "sacred.stores.registry:_open_memory",
        "mongodb": "sacred.stores.registry:_open_mongo",
    },
)


def open_store(url: str) -> Store:
    """The store at a URL.

    Args:
        url: ``file:DIRECTORY``, ``memory:``, ``mongodb://HOST:PORT/DATABASE``, or one with
            the scheme of an installed plug-in.

    Raises:
        StoreError: nothing is known of such URLs.
        SacredError: the plug-in cannot be loaded.

    >>> open_store("memory:").url
    'memory:'
    >>> open_store("memroy:")
    Traceback (most recent call last):
        ...
    sacred.stores.base.StoreError: nothing called 'memroy' in sacred.stores. Did you mean "memory"?
    """
    scheme, colon, _ = url.partition(":")
    if not colon:
        raise StoreError(f"{url!r} is no URL of a store: it has no scheme, as in 'file:{url}'")
    try:
        factory = STORES.load(scheme.lower())
    except KeyError as error:
        raise StoreError(str(error.args[0])) from None
    store = factory(url)
    if not isinstance(store, Store):
        raise StoreError(f"What {scheme!r} of {STORES.group} opens is no Store, but {store!r}")
    return store


def _open_files(url: str) -> Store:
    from sacred.stores.file import local_file_store

    directory = url.partition(":")[2]
    # file:runs and file:/runs are paths as they stand; file:///runs is the URL of /runs.
    directory = directory.removeprefix("//") if directory.startswith("///") else directory
    resources, sources = (os.path.join(directory, name) for name in ("_resources", "_sources"))
    return local_file_store(directory, resources, sources)


def _open_memory(url: str) -> Store:
    from sacred.stores.memory import MemoryStore

    return MemoryStore()


def _open_mongo(url: str) -> Store:
    from sacred._base.extras import require

    pymongo = require("pymongo", extra="mongo", purpose="a store mongodb://")
    from gridfs import GridFS

    from sacred.stores.mongo import MongoStore

    database = pymongo.MongoClient(url).get_default_database("sacred")
    return MongoStore(database["runs"], GridFS(database), database["metrics"])
