"""Clients of MongoDB with time limits, and their addresses in messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from sacred._base.extras import require
from sacred._base.masking import mask_passwords
from sacred.stores.store import StoreAddressError

if TYPE_CHECKING:
    from pymongo import MongoClient

__all__ = ["hosts_of", "make_client", "name_of_place", "server_of", "split_prefix"]

_PREFIX = "collection_prefix"

_LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "[::1]"})

_DEFAULTS: dict[str, Any] = {
    "serverSelectionTimeoutMS": 5_000,
    # For mongodb+srv also the time that the name server has.
    "connectTimeoutMS": 5_000,
    # A network may swallow the answer; the run's end must not wait for it for ever.
    "socketTimeoutMS": 60_000,
    # A server that crashes has promised nothing else of the last tenth of a second.
    "journal": True,
}


def make_client(
    url: str | None, options: Mapping[str, Any] | None = None, purpose: str = "MongoObserver"
) -> MongoClient[dict[str, Any]]:
    """Return a client, which connects on use and gives up after 5 seconds.

    Args:
        url: of the server (default: this machine's).
        options: for `pymongo.MongoClient`.
        purpose: what needs pymongo, for the message.

    Raises:
        StoreAddressError: the address is not valid, or an option is wrong.
        MissingExtraError: pymongo is not installed.
    """
    pymongo = require("pymongo", extra="mongo", purpose=purpose)
    options = options or {}
    # What the user says, there or here, has precedence.
    said = f"{url} {' '.join(options)}".lower()
    missing = {name: value for name, value in _DEFAULTS.items() if name.lower() not in said}
    if re.search(r"\bw\b", said):
        missing.pop("journal", None)
    try:
        client: MongoClient[dict[str, Any]] = pymongo.MongoClient(url, **options, **missing)
    except (pymongo.errors.ConfigurationError, ValueError) as error:
        raise StoreAddressError(f"{server_of(url)} does not name a MongoDB: {error}") from error
    return client


def server_of(url: str | None) -> str:
    """Return the servers of an address, for messages, without user and options.

    >>> server_of("mongodb://me:secret@server:27017/results?tls=true")
    'mongodb://server:27017'
    """
    address = mask_passwords(url or "localhost:27017")
    found = re.match(r"(mongodb(?:\+srv)?://)?(?:[^/?]*@)?([^/?]*)", address)
    assert found is not None  # every part may be absent
    return (found[1] or "mongodb://") + found[2]


def hosts_of(url: str | None) -> frozenset[str]:
    """Return the servers of an address, with one name for those of this machine.

    >>> hosts_of("mongodb://me:secret@127.0.0.1/results") == hosts_of("localhost:27017")
    True
    """
    scheme, _, hosts = server_of(url).rpartition("//")
    if scheme != "mongodb:":
        return frozenset({hosts.lower()})
    found = set[str]()
    for one in hosts.lower().split(","):
        host, port = re.fullmatch(r"(.*?)(:\d+)?", one, re.DOTALL).groups()  # type: ignore[union-attr]
        found.add(("localhost" if host in _LOOPBACK else host) + (port or ":27017"))
    return frozenset(found)


def split_prefix(url: str) -> tuple[str, str]:
    """Split an address into the one for pymongo, which lacks this option, and the prefix.

    Raises:
        StoreAddressError: no collection can have such a prefix.

    >>> split_prefix("mongodb://server/results?collection_prefix=p&tls=true")
    ('mongodb://server/results?tls=true', 'p')
    >>> split_prefix("mongodb://server/results")
    ('mongodb://server/results', '')
    """
    address, _, options = url.partition("?")
    prefix, others = "", []
    for option in options.split("&"):
        name, _, value = option.partition("=")
        if name.lower() == _PREFIX:
            prefix = unquote(value)
        else:
            others.append(option)
    if re.search(r"[$\0]|^\.|^system\.", prefix):
        raise StoreAddressError(
            f"{server_of(url)}: names of collections cannot begin with {prefix!r}"
        )
    rest = "&".join(others)
    return (f"{address}?{rest}" if rest else address), prefix


def name_of_place(url: str | None, database: str, prefix: str = "") -> str:
    """Return an address without password and options.

    Args:
        url: of the server.
        database: name of the database.
        prefix: of the names of collections.

    >>> name_of_place("mongodb://me:secret@server/?tls=true", "results", "p")
    'mongodb://server/results?collection_prefix=p'
    """
    ending = f"?{_PREFIX}={quote(prefix, safe='')}" if prefix else ""
    return f"{server_of(url)}/{database}{ending}"
