"""The trash of a store: runs that lists leave out, until somebody removes them for good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sacred.records import RunId, RunRecord
from sacred.runs import RunStore
from sacred.status import ACTIVE, RUNNING
from sacred.stores.claims import HELD, LEASED, WAITING, claims_of
from sacred.stores.store import DamagedRunError, QueueUnsupportedError, StoreError

__all__ = ["discard", "empty_trash", "recover"]


def discard(store: RunStore, ids: Iterable[RunId], *, force: bool = False) -> list[RunId]:
    """Put runs into the trash. Their records stay as they are, and their ids stay taken.

    A run that waits in the queue of the store is cancelled.

    Runs in the trash can still be looked at (``store[run_id]``); queries and lists leave
    them out, unless they ask for them (``store.runs(in_trash=True)``).

    Args:
        store: where the runs are.
        ids: of the runs.
        force: also runs that are under way, or too damaged to tell.

    Returns:
        the ids as the store has them.

    Raises:
        RunNotFoundError: a run does not exist; nothing has changed then.
        StoreError: a run is under way, or damaged (nothing has changed), or the store has no
            trash.

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
    records, damaged = _read(store, ids)
    queued = [record for record in records if record.stored("status") in ACTIVE]
    states = _queue_states(store, queued)
    active = [
        str(record.id)
        for record in records
        if record.status == RUNNING or states.get(record.id) == LEASED
    ]
    if active and not force:
        raise StoreError(f"still running, and so not thrown away: {', '.join(active)}")
    if damaged and not force:
        names = ", ".join(map(str, damaged))
        raise StoreError(
            f"damaged, and may be still running, so not thrown away: {names} (sacred rm --force)"
        )
    for record in records:
        if states.get(record.id) in (WAITING, HELD, LEASED):
            claims_of(store.backend).cancel(record.id, force=force)
        store.backend.discard(record.id)
    for run_id in damaged:
        store.backend.discard(run_id)
    return [*(record.id for record in records), *damaged]


def _read(store: RunStore, ids: Iterable[RunId]) -> tuple[list[RunRecord], list[RunId]]:
    """The records of runs, and the ids of those whose record cannot be read."""
    records, damaged = [], []
    for run_id in ids:
        try:
            records.append(store[run_id])
        except DamagedRunError:
            damaged.append(run_id)
    return records, damaged


def _queue_states(store: RunStore, records: Sequence[RunRecord]) -> dict[RunId, str]:
    """The states of runs in the queue of their store, as far as they are in it."""
    try:
        claims = claims_of(store.backend) if records else None
    except QueueUnsupportedError:
        claims = None
    entries = {} if claims is None else {r.id: claims.entry(r.id) for r in records}
    return {run_id: entry.state for run_id, entry in entries.items() if entry is not None}


def recover(store: RunStore, ids: Iterable[RunId]) -> list[RunId]:
    """Take runs out of the trash; the counterpart of `discard`.

    Args:
        store: of the runs.
        ids: of the runs.
    """
    records, damaged = _read(store, ids)
    known = [*(record.id for record in records), *damaged]
    for run_id in known:
        store.backend.recover(run_id)
    return known


def empty_trash(store: RunStore, ids: Iterable[RunId] | None = None) -> list[RunId]:
    """Remove runs in the trash for good. If interrupted, call it again to finish.

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
