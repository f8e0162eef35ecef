"""What waits in spools because no store took it: listing it, and delivering it."""

from __future__ import annotations

import os

from sacred._base.errors import SacredError
from sacred._base.frozen import Frozen
from sacred.records import RunId
from sacred.stores.schemes import directory_of, store_from_url
from sacred.stores.spool import RECORD, default_directory, read_spool, replay
from sacred.stores.store import Store, StoreAddressError, StoreNotFoundError

__all__ = ["PendingSpool", "pending_spools", "sync"]

#: The placeholder of a password in a URL for messages.
_HIDDEN = "***"


class PendingSpool(Frozen):
    """What waits in one spool.

    Args:
        path: the directory of the spool.
        store: the URL of the store that should have taken it; passwords are not in it.
        run_id: of the run.
        changes: how many changes wait.
        size: of all its files, in bytes.
        problem: why it is not stored; None: it waits, or (after `sync`) it is stored.
    """

    path: str
    store: str = "?"
    run_id: RunId | None = None
    changes: int = 0
    size: int = 0
    problem: str | None = None


def pending_spools(directory: str | os.PathLike[str] | None = None) -> list[PendingSpool]:
    """Find the spools of a directory, and what waits in each.

    Args:
        directory: where (default: ``~/.local/share/sacred/spool``, where runs leave them);
            or one spool.
    """
    folder = os.fspath(directory) if directory is not None else default_directory()
    if os.path.isfile(os.path.join(folder, RECORD)):
        return [_described(folder)]
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    paths = [os.path.join(folder, name) for name in names]
    # One without a record is being written: the run keeps files there until it ends.
    return [_described(path) for path in paths if os.path.isfile(os.path.join(path, RECORD))]


def sync(
    directory: str | os.PathLike[str] | None = None, store: Store | None = None
) -> list[PendingSpool]:
    """Deliver what waits in spools to its stores. What was stored is removed, the rest stays.

    Args:
        directory: see `pending_spools`.
        store: where everything goes; None: each to the store that it was meant for.

    Returns:
        everything that waited, with the `problem` of what still waits.
    """
    return [_synced(waiting, store) for waiting in pending_spools(directory)]


def _synced(waiting: PendingSpool, store: Store | None) -> PendingSpool:
    if waiting.problem is not None:
        return waiting
    problem: str | None = None
    run_id = waiting.run_id
    try:
        own = _store_of(waiting) if store is None else store
        try:
            run_id = replay(waiting.path, own, remove=True)
        finally:
            if store is None:
                own.close()
    except (SacredError, OSError, ValueError, LookupError) as error:
        problem = f"{type(error).__name__}: {error}"
    return PendingSpool(
        path=waiting.path,
        store=waiting.store if store is None else store.url,
        run_id=run_id,
        changes=waiting.changes,
        size=waiting.size,
        problem=problem,
    )


def _store_of(waiting: PendingSpool) -> Store:
    if _HIDDEN in waiting.store:
        raise StoreAddressError(f"the password of {waiting.store} is not kept: say which store")
    directory = directory_of(waiting.store)
    # A mistake in the path must not make another store there.
    if directory is not None and not os.path.isdir(directory):
        raise StoreNotFoundError(f"there is no directory {directory!r}: say which store")
    return store_from_url(waiting.store)


def _described(path: str) -> PendingSpool:
    try:
        header, changes = read_spool(path)
        count = sum(1 for _ in changes)
    except (SacredError, OSError, ValueError, LookupError, TypeError) as error:
        return PendingSpool(path=path, problem=f"{type(error).__name__}: {error}")
    size = sum(entry.stat().st_size for entry in os.scandir(path) if entry.is_file())
    # Relative to where the run was: since then, the spool says which directory that is.
    url, where = str(header["store"]), header.get("directory")
    place = directory_of(url)
    if place is not None and where:
        url = f"{url.removesuffix(place)}{os.path.join(where, place)}"
    return PendingSpool(path=path, store=url, run_id=header["run_id"], changes=count, size=size)
