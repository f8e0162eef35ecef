"""Stores by the scheme of their URL: the built-in ones, and those of plug-ins."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from sacred._base.registry import Registry
from sacred._base.text import did_you_mean
from sacred.stores.store import Store, StoreAddressError, StoreError

__all__ = ["STORES", "absolute_address", "canonical_url", "directory_of", "store_from_url"]

_SQL = ("sqlite", "postgresql", "mysql", "mariadb")

#: URL scheme → a function that takes the whole URL and returns a `Store`. More come from
#: the entry points ``sacred.stores``.
STORES = Registry(
    "sacred.stores",
    {
        "file": "sacred.stores.builtin:open_files",
        "memory": "sacred.stores.builtin:open_memory",
        "mongodb": "sacred.stores.builtin:open_mongo",
        "mongodb+srv": "sacred.stores.builtin:open_mongo",
        **dict.fromkeys(_SQL, "sacred.stores.builtin:open_sql"),
        "tinydb": "sacred.stores.builtin:open_tinydb",
        "s3": "sacred.stores.builtin:open_s3",
        "gs": "sacred.stores.builtin:open_google",
    },
)

#: Schemes of stores whose address is the path of a directory.
_DIRECTORY_SCHEMES = ("file", "tinydb")
#: Addresses of local stores, whose path may be relative.
_RELATIVE_PATH = re.compile(r"(file:|tinydb:|sqlite:///|)(?![A-Za-z][A-Za-z0-9+.-]+:)([^/].*)")
# One letter is a drive of Windows; behind a slash, a colon is a part of a name.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)


def absolute_address(address: str, directory: str) -> str:
    """Return the address of a store with its relative path resolved against a directory.

    Args:
        address: of a store.
        directory: its absolute path.

    >>> addresses = ("runs", "sqlite:///runs.db", "mongodb://host/db", "file:/runs")
    >>> [absolute_address(address, "/project") for address in addresses]
    ['/project/runs', 'sqlite:////project/runs.db', 'mongodb://host/db', 'file:/runs']
    """
    found = _RELATIVE_PATH.fullmatch(address)
    if found is None:
        return address
    return f"{found[1]}{os.path.join(directory, os.path.expanduser(found[2]))}"


def directory_of(url: str) -> str | None:
    """Return the path of a store that is a directory; None: it is something else.

    Args:
        url: of the store.

    >>> directory_of("file:runs"), directory_of("tinydb:/data"), directory_of("mongodb://host/db")
    ('runs', '/data', None)
    """
    scheme, colon, path = url.partition(":")
    return path if colon and scheme in _DIRECTORY_SCHEMES else None


def canonical_url(url: str) -> str:
    """Return the URL of a store, the same from every working directory.

    Args:
        url: of a store (`Store.url`).

    >>> canonical_url("file:/data/../runs"), canonical_url("mongodb://host/db")
    ('file:/runs', 'mongodb://host/db')
    """
    directory = directory_of(url)
    return url if directory is None else url.removesuffix(directory) + os.path.realpath(directory)


def store_from_url(url: str | os.PathLike[str]) -> Store:
    """Return the store at a URL. Nothing is made or connected to before it is used.

    Args:
        url: one of

            - ``runs``, ``file:runs``, ``file:///data/runs``: files in a directory;
            - ``mongodb://HOST:PORT/DATABASE``, ``mongodb+srv://...`` (database ``sacred``
              if it names none);
            - ``sqlite:///runs.db``, ``postgresql://USER@HOST/DATABASE``, ``mysql://...``,
              ``mariadb://...``, each also with a driver, as in ``mysql+pymysql://...``;
            - ``tinydb:DIRECTORY``, ``s3://BUCKET/PREFIX``, ``gs://BUCKET/PREFIX``;
            - ``memory:``, a new one that ends with this process;
            - one with the scheme of an installed plug-in.

    Raises:
        StoreAddressError: the scheme is unknown, or there is a mistake in the URL.
        MissingExtraError: the store needs a package that is not installed.
        SacredError: the plug-in cannot be loaded.

    >>> store_from_url("runs").url
    'file:runs'
    >>> store_from_url("memroy:")
    Traceback (most recent call last):
        ...
    sacred.stores.store.StoreAddressError: There is no kind of store called 'memroy'. Did you mean \
"memory"? (For a directory of that name, write 'file:memroy:'.)
    """
    text = os.fspath(url)
    found = None if isinstance(url, os.PathLike) else _SCHEME.fullmatch(text)
    if found is None:  # a path
        text, found = f"file:{text}", _SCHEME.fullmatch(f"file:{text}")
        assert found is not None
    scheme, rest = found[1].lower(), found[2]
    store = _factory(scheme, text)(f"{scheme}:{rest}")
    if not isinstance(store, Store):
        raise StoreError(f"What {scheme!r} of {STORES.group} opens is no Store, but {store!r}")
    return store


def _factory(scheme: str, url: str) -> Callable[[str], Any]:
    family = scheme.partition("+")[0]
    try:
        factory: Callable[[str], Any] = STORES.load(family if family in _SQL else scheme)
    except KeyError:
        names = STORES.names()
        hint = did_you_mean(scheme, names) or f"There are {', '.join(names)}."
        if "//" not in url:
            hint += f" (For a directory of that name, write 'file:{url}'.)"
        raise StoreAddressError(f"There is no kind of store called {scheme!r}. {hint}") from None
    return factory
