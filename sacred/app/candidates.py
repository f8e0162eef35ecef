"""What the shell offers for an argument: ids, fields, stores; `sacred.app.completion` asks."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

from sacred.app.matching_runs import matching_runs
from sacred.app.session import Session
from sacred.display.field_summary import collected
from sacred.query.fields import FIELDS

__all__ = ["CANDIDATES"]

#: So many of the newest runs are looked at. Somebody is waiting.
_IDS, _RUNS = 200, 20
#: Nothing that means something to a shell.
_PLAIN = re.compile(r"[\w.:~@%+,/-]+")


def _ids(session: Session) -> Iterator[str]:
    yield from ("last", "best:result")
    for named in session.stores:
        ids = list(named.store.ids())
        several = f"{named.name}:" if len(session.stores) > 1 else ""
        yield from (f"{several}{run_id}" for run_id in itertools.islice(reversed(ids), _IDS))
    if session.project is not None:
        yield from (f"{name}:last" for name in session.project.stores)


def _fields(session: Session) -> Iterator[str]:
    runs = (record for _, record in matching_runs(session, "", None, _RUNS))
    # As people type them: an entry of the configuration needs no prefix.
    names = dict.fromkeys(name.removeprefix("config.") for name in collected(runs))
    yield from dict.fromkeys([*names, *FIELDS])


def _stores(session: Session) -> Iterator[str]:
    if session.project is not None:
        yield from session.project.stores


_KINDS: dict[str, Callable[[Session], Iterator[str]]] = {
    "ids": _ids,
    "fields": _fields,
    "stores": _stores,
}


def _plain(kind: str) -> Callable[[Session], Iterator[str]]:
    def candidates(session: Session) -> Iterator[str]:
        return filter(_PLAIN.fullmatch, _KINDS[kind](session))

    return candidates


#: What is asked for → the words, each of them plain.
CANDIDATES = {kind: _plain(kind) for kind in _KINDS}
