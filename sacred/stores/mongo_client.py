"""Clients of MongoDB with limits to all waiting, and their addresses in messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.extras import require
from sacred.stores.base import StoreAddressError

if TYPE_CHECKING:
    from pymongo import MongoClient

__all__ = ["make_client", "without_password"]

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
    """A client. It connects when it is used, and then gives up after 5 seconds.

    Args:
        url: of the server (default: this machine's).
        options: for `pymongo.MongoClient`.
        purpose: what needs pymongo, for the message.

    Raises:
        StoreAddressError: the address is none, or an option is wrong.
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
        raise StoreAddressError(
            f"{without_password(url)} does not name a MongoDB: {error}"
        ) from error
    return client


def without_password(url: str | None) -> str:
    """The address for messages.

    >>> without_password("mongodb://me:secret@server:27017/results?tls=true")
    'mongodb://server:27017'
    """
    found = re.match(r"(mongodb(?:\+srv)?://)?(?:[^/@]*@)?([^/?]*)", url or "localhost:27017")
    assert found is not None  # every part may be absent
    return (found[1] or "mongodb://") + found[2]
