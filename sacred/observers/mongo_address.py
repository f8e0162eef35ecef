"""MongoDB addresses: parsing those of the command line, and telling which are the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sacred._base.masking import mask_passwords

if TYPE_CHECKING:
    from pymongo.collection import Collection

__all__ = ["MongoPlace", "parse_mongo_db_arg"]

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)"
_DATABASE = r'[^\s.:!/\\"$*<>|?]+'
_SHORT_FORM = re.compile(
    rf"(?:(?P<url>{_HOST}:\d{{1,5}})(?::(?P<db_name>{_DATABASE}))?|(?P<db_only>{_DATABASE}))"
    r"(?:\.(?P<collection>[^\s:!$]+)(?::(?P<overwrite>[\w-]+))?)?"
    r"(?:!(?P<priority>-?\d+))?"
)
_URI = re.compile(
    r"(?P<url>mongodb(?:\+srv)?://[^/\s]+(?:/(?P<db_name>[^\s/?.!]*)[^\s]*?)?)"
    r"(?:!(?P<priority>-?\d+))?"
)


def parse_mongo_db_arg(mongo_db: str) -> dict[str, Any]:
    """Parse the value of ``-m`` into arguments of a `MongoObserver`.

    Args:
        mongo_db: ``db``, ``host:port`` or ``host:port:db``, each
            ``[.collection[:id]][!priority]``; or a ``mongodb://`` URI.

    Raises:
        ValueError: it is none of these.

    >>> parse_mongo_db_arg("localhost:27017:results.trials:7!5")
    {'url': 'localhost:27017', 'db_name': 'results', 'collection': 'trials', 'overwrite': '7', \
'priority': 5}
    >>> parse_mongo_db_arg("mongodb://me:secret@server/results?tls=true")["db_name"]
    'results'
    """
    match = (_URI if "://" in mongo_db else _SHORT_FORM).fullmatch(mongo_db)
    if match is None:
        raise ValueError(
            f"{mask_passwords(mongo_db)!r} does not name a MongoDB: expected 'db', 'host:port' or "
            "'host:port:db', each with '[.collection[:id]][!priority]', or a 'mongodb://' URI"
        )
    found = {name: value for name, value in match.groupdict().items() if value}
    if "db_only" in found:
        found["db_name"] = found.pop("db_only")
    arguments: dict[str, Any] = dict(found)
    if "priority" in found:
        arguments["priority"] = int(found["priority"])
    return arguments


class MongoPlace:
    """A collection; hashable, unlike those of some databases that stand in for MongoDB."""

    def __init__(self, runs: Collection[dict[str, Any]], hosts: frozenset[str]) -> None:
        self._runs = runs
        #: The servers, if they are known.
        self._hosts = hosts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MongoPlace):
            return False
        if self._hosts and self._hosts == other._hosts:
            return bool(self._runs.full_name == other._runs.full_name)
        return bool(self._runs == other._runs)

    def __hash__(self) -> int:
        return hash(self._runs.full_name)
