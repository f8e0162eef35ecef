"""Emptying the trash, and removing what no run refers to."""

from __future__ import annotations

import contextlib
import datetime

from sacred._base.clock import utcnow
from sacred._base.frozen import Frozen, factory
from sacred.records import RunId
from sacred.runs import RunStore
from sacred.stores.collector import GRACE, Garbage, Progress
from sacred.stores.store import (
    DamagedRunError,
    RunNotFoundError,
    StoreError,
    StoreUnavailableError,
)
from sacred.upkeep.trash import empty_trash

__all__ = ["GarbageReport", "find_garbage", "rebuild_copies", "remove_garbage"]


class GarbageReport(Frozen):
    """What can be removed from a store.

    Args:
        runs: the ids of runs in the trash, and how many bytes each takes (None: unknown).
        garbage: what no other run refers to.
        before: nothing of it was stored or used after this time.
        problems: messages about what stays, and why.
    """

    runs: dict[RunId, int | None] = factory(factory=dict)
    garbage: tuple[Garbage, ...] = ()
    before: datetime.datetime
    problems: list[str] = factory(factory=list)

    @property
    def size(self) -> int:
        """The total number of bytes, as far as known."""
        known = [*self.runs.values(), *(item.size for item in self.garbage)]
        return sum(size for size in known if size is not None)

    def __bool__(self) -> bool:
        return bool(self.runs or self.garbage)


def find_garbage(
    store: RunStore,
    *,
    older_than: datetime.timedelta = datetime.timedelta(0),
    grace: datetime.timedelta = GRACE,
) -> GarbageReport:
    """Find what `remove_garbage` would remove: runs in the trash, and what no other run refers to.

    The latter are copies of sources and resources, files in GridFS, rows of SQL tables, points
    and artifacts of runs that somebody else has deleted, and what killed processes left half
    written.

    Args:
        store: the store.
        older_than: only runs that have been in the trash for this long, and contents that have
            not been used for this long.
        grace: contents that were stored or used within this time stay, because they
            may belong to a run that is being recorded. Less than a day is safe only while no runs
            are recorded there.

    Raises:
        StoreError: the store cannot be read.

    >>> from sacred.stores.memory.store import MemoryStore
    >>> find_garbage(RunStore(MemoryStore())).runs
    {}
    """
    now = utcnow()
    collector = store.backend.collector()
    problems: list[str] = []
    runs = {}
    for run_id in sorted(store.reader.discarded(), key=str):
        # Of one that is damaged, or half removed already, nobody knows.
        with contextlib.suppress(RunNotFoundError, DamagedRunError):
            if store[run_id].status == "RUNNING":
                problems.append(f"run {run_id} is in the trash, and still under way")
                continue
        if older_than:
            since = collector.discard_time(run_id)
            if since is None or since >= now - older_than:
                continue
        runs[run_id] = collector.size_of(run_id)
    before = now - max(older_than, grace)
    garbage = tuple(collector.find(before, without=list(runs), report=problems.append))
    return GarbageReport(runs=runs, garbage=garbage, before=before, problems=problems)


def remove_garbage(
    store: RunStore, waste: GarbageReport, *, progress: Progress | None = None
) -> GarbageReport:
    """Remove for good what `find_garbage` has found, except for what is in use by now.

    It may be interrupted at any moment, and called again. Runs may be recorded meanwhile.

    Args:
        store: the store.
        waste: what `find_garbage` found in it.
        progress: called with the number of things done so far, and the total.

    Returns:
        what was removed.

    Raises:
        StoreError: the store cannot be written.
    """
    total = len(waste.runs) + len(waste.garbage)
    problems: list[str] = []
    done: dict[RunId, int | None] = {}
    for run_id, size in waste.runs.items():
        try:
            empty_trash(store, [run_id])
        except StoreUnavailableError:
            raise
        except StoreError as error:  # somebody has taken it out
            problems.append(str(error))
            continue
        done[run_id] = size
        if progress is not None:
            progress(len(done), total)
    removed = []
    collector = store.backend.collector()
    for item in collector.remove(waste.garbage, waste.before, report=problems.append):
        removed.append(item)
        if progress is not None:
            progress(len(done) + len(removed), total)
    return GarbageReport(runs=done, garbage=tuple(removed), before=waste.before, problems=problems)


def rebuild_copies(store: RunStore, *, progress: Progress | None = None) -> list[str]:
    """Compare the packed copies that a store keeps with the data, and rebuild those that differ.

    SQL databases keep the points of long metrics twice: as rows, which are what counts, and
    packed, which are read faster. This is needed after somebody has changed single rows by hand.

    Args:
        store: the store.
        progress: called with the number of metrics compared so far, and the total.

    Returns:
        messages about what was rebuilt; empty if all copies were right.

    Raises:
        StoreError: the store cannot be read or written.

    >>> from sacred.stores.memory.store import MemoryStore
    >>> rebuild_copies(RunStore(MemoryStore()))
    []
    """
    return list(store.backend.collector().rebuild(progress))
