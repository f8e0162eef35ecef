"""The trash of a store: runs that lists leave out, until somebody removes them for good."""

from __future__ import annotations

from collections.abc import Iterable

from sacred.records import RunId
from sacred.runs import RunStore
from sacred.stores.store import StoreError

__all__ = ["discard", "empty_trash", "recover"]


def discard(store: RunStore, ids: Iterable[RunId], *, force: bool = False) -> list[RunId]:
    """Put runs into the trash. Their records stay as they are, and their ids taken.

    Runs in the trash can still be looked at (``store[run_id]``); queries and lists leave
    them out, unless they ask for them (``store.runs(in_trash=True)``).

    Args:
        store: where the runs are.
        ids: of the runs.
        force: also runs that are under way.

    Returns:
        the ids as the store has them.

    Raises:
        RunNotFoundError: one is not there; nothing has happened then.
        StoreError: one is under way (nothing has happened), or the store has no trash.

    >>> from sacred.stores.memory.store import MemoryStore
    >>> store = RunStore(MemoryStore())
    >>> run_id = store.backend.create(None, {"status": "COMPLETED", "config": {}}, [])
    >>> discard(store, [run_id])
    [1]
    >>> len(store.runs()), len(store.runs(in_trash=True))
    (0, 1)
    >>> recover(store, [run_id])
    [1]
    >>> len(store.runs())
    1
    """
    records = [store[run_id] for run_id in ids]
    active = [str(record.id) for record in records if record.status == "RUNNING"]
    if active and not force:
        raise StoreError(f"still running, and so not thrown away: {', '.join(active)}")
    for record in records:
        store.backend.discard(record.id)
    return [record.id for record in records]


def recover(store: RunStore, ids: Iterable[RunId]) -> list[RunId]:
    """Move runs out of the trash; as `discard`.

    Args:
        store: of the runs.
        ids: of the runs.
    """
    records = [store[run_id] for run_id in ids]
    for record in records:
        store.backend.recover(record.id)
    return [record.id for record in records]


def empty_trash(store: RunStore, ids: Iterable[RunId] | None = None) -> list[RunId]:
    """Remove runs in the trash for good. What is interrupted goes on when it is called again.

    Contents that other runs may refer to stay: sources, resources, and all files in MongoDB
    and TinyDB.

    Args:
        store: where the runs are.
        ids: of the runs; None: all that are in the trash.

    Returns:
        the ids of the removed runs.

    Raises:
        StoreError: a run is not in the trash.
    """
    discarded = store.reader.discarded()
    removed = []
    for run_id in sorted(discarded, key=str) if ids is None else ids:
        store.backend.remove(run_id)
        removed.append(run_id)
    return removed
