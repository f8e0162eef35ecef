"""The stores of a board, by short keys that are used in URLs."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping

from sacred._base.frozen import Frozen, factory, replace
from sacred._base.masking import mask_passwords
from sacred._base.text import did_you_mean
from sacred.board.index_preparation import IndexPreparation
from sacred.board.problem_details import Problem
from sacred.query.sorting import SortKey
from sacred.query.syntax import EVERYTHING, Expression
from sacred.records import RunId, plain_id
from sacred.runs import RunStore, RunTable, open_store
from sacred.stores.store import Store

__all__ = ["BoardStore", "open_stores", "run_key", "run_of_key", "store_of_key"]

_MAX_KEY_CHARS = 30
#: So many of the newest runs are shown while the first index is made.
_MAX_WITHOUT_INDEX = 500


class BoardStore(Frozen, eq=False):
    """A store of the board.

    Args:
        key: the key of the store in URLs.
        name: the name in the project file, or the URL without passwords.
        runs: the store.
        index: the index, built in the background if there is none yet.
        editing: the lock for comparing and changing annotations.
    """

    key: str
    name: str
    runs: RunStore
    index: IndexPreparation
    editing: threading.Lock = factory(factory=threading.Lock)

    def table(
        self, where: Expression, sort: tuple[SortKey, ...] = (), in_trash: bool = False
    ) -> RunTable:
        """Return the runs that match a condition; the newest come first if there are no sort keys.

        While the first index is being built, a request for all runs returns only some of the
        newest.

        Args:
            where: the condition.
            sort: the sort keys.
            in_trash: whether to select from the runs in the trash, instead of the others.
        """
        table = self.runs.runs(where, sort=sort or None, in_trash=in_trash, newest_first=not sort)
        if where == EVERYTHING and not sort and not self.index.is_ready():
            return replace(table, index=None, limit=_MAX_WITHOUT_INDEX)
        return table


def open_stores(
    stores: Mapping[str, str | Store | RunStore] | Iterable[str | Store | RunStore],
) -> dict[str, BoardStore]:
    """Open the stores of a board; nothing is read yet.

    Args:
        stores: URLs or stores, or a mapping of these from the names to show.

    Returns:
        the stores by key, in the given order.

    Raises:
        StoreAddressError: a URL is not the URL of a store.

    >>> [(store.key, store.name) for store in open_stores(["runs", "other/runs"]).values()]
    [('runs', 'file:runs'), ('runs-2', 'file:other/runs')]
    """
    if isinstance(stores, Mapping):
        named = list(stores.items())
    else:
        named = [("", store) for store in stores]
    opened: dict[str, BoardStore] = {}
    for name, place in named:
        runs = place if isinstance(place, RunStore) else open_store(place)
        shown = mask_passwords(name or runs.url)
        key = _free_key(shown, opened)
        opened[key] = BoardStore(key=key, name=shown, runs=runs, index=IndexPreparation(runs))
    return opened


def _free_key(name: str, taken: Mapping[str, object]) -> str:
    # The end of an address tells more than its beginning: the directory, the database.
    last = re.split(r"[/:]", name.partition("?")[0].rstrip("/:"))[-1]
    base = re.sub(r"[^\w-]+", "-", last, flags=re.ASCII).strip("-")[:_MAX_KEY_CHARS] or "store"
    numbered = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(key for key in numbered if key not in taken)


def store_of_key(stores: Mapping[str, BoardStore], key: str) -> BoardStore:
    """Return the store with a key.

    Args:
        stores: the stores of the board.
        key: the key in a URL.

    Raises:
        Problem: there is no such store.
    """
    if key not in stores:
        hint = did_you_mean(key, stores)
        raise Problem(404, f"there is no store {key!r} here. {hint}".rstrip())
    return stores[key]


def run_key(run_id: RunId) -> str:
    """Return the key of a run in URLs: its id, in quotes if it is a string that looks like
    a number.

    >>> run_key(7), run_key("7"), run_key("mine")
    ('7', '"7"', 'mine')
    """
    text = str(run_id)
    return text if run_of_key(text) == run_id else json.dumps(text, ensure_ascii=False)


def run_of_key(key: str) -> RunId:
    """Return the id that a key stands for (the inverse of `run_key`).

    >>> run_of_key("7"), run_of_key('"7"')
    (7, '7')
    """
    if len(key) > 1 and key.startswith('"') and key.endswith('"'):
        try:
            return str(json.loads(key))
        except ValueError:
            return key
    return plain_id(key)
