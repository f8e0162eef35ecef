"""Which worker has which queued run: leases, and attempt numbers as fencing tokens.

A `QueueEntry` says whether a run waits, is held back, is leased to a worker, or is over. It is
changed by comparing and swapping its `version`, so that only one of several workers gets a run,
and each attempt at a run has its own number. All writes to a leased run go through a
`FencedStore`: the store compares the number in the same atomic step, and refuses what an
attempt writes after it has lost its lease.

`Claims` holds the rules; a backend adds how an entry is read, swapped and listed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from sacred._base.clock import utcnow
from sacred._base.frozen import replace
from sacred._base.run_ids import RunId
from sacred.status import CANCELLED, COMPLETED, DEAD, FAILED, PRUNED, QUEUED
from sacred.stores.changes import Annotate, Change, Reopen, SetFields, SourceFile
from sacred.stores.queue_entry import DONE, HELD, LEASED, WAITING, Lease, QueueEntry
from sacred.stores.store import QueueUnsupportedError, Store, StoreError

__all__ = [
    "DONE",
    "HELD",
    "LEASED",
    "WAITING",
    "Claims",
    "FencedStore",
    "Lease",
    "QueueEntry",
    "StaleAttemptError",
    "claims_of",
    "stale_attempt",
    "unsupported",
]

#: Runs with these statuses are not started again unless somebody asks for it.
_FINAL_STATUSES = (COMPLETED, FAILED, PRUNED, CANCELLED, DEAD)


class StaleAttemptError(StoreError):
    """The run is no longer leased to this attempt, whose changes are refused."""


class Claims(ABC):
    """The queue of a store.

    Attributes:
        url: the URL of the store, for messages.
    """

    url: str

    # ------------------------------------------------------ what a backend adds

    @abstractmethod
    def entry(self, run_id: RunId) -> QueueEntry | None:
        """Return the queue entry of a run; None: it has none."""

    @abstractmethod
    def swap(
        self,
        before: QueueEntry | None,
        after: QueueEntry,
        changes: Sequence[Change] = (),
        unless: Collection[str] = (),
    ) -> bool:
        """Replace an entry, and change the record of its run, in one atomic step.

        Args:
            before: the entry as it was read; None: there is none yet.
            after: the new one.
            changes: of the record: `SetFields`, `Reopen` and `Annotate`.
            unless: do nothing if the record has one of these statuses.

        Returns:
            whether it was done; False if the entry has changed since it was read.

        Raises:
            RunNotFoundError: there is no such run.
        """

    @abstractmethod
    def waiting(self) -> Iterator[QueueEntry]:
        """Yield the entries that wait, in the order in which they are to be run."""

    @abstractmethod
    def entries(self, state: str) -> list[QueueEntry]:
        """Return all entries in a state, in any order."""

    def lease_ages(self) -> Mapping[RunId, float]:
        """Return for how many seconds leases have not been renewed, by the clock of the store.

        Returns:
            seconds by run; empty for a store without a clock: callers then use their own
            (`sacred.queue.lease_watch`).
        """
        return {}

    @abstractmethod
    def apply(self, run_id: RunId, attempt: int, changes: Sequence[Change]) -> None:
        """Change the record of a run that is leased to an attempt; see `Store.apply`.

        Args:
            run_id: of the run.
            attempt: the number of the attempt.
            changes: as for `Store.apply`.

        Raises:
            StaleAttemptError: the run is not leased to this attempt; nothing has changed.
        """

    # ------------------------------------------------------------- the rules

    def enqueue(self, run_id: RunId, priority: float = 0.0, queue_time: str = "") -> QueueEntry:
        """Let a run wait for a worker; if it was queued at that time already, nothing changes.

        Args:
            run_id: of the run, whose record must be complete.
            priority: a higher one comes first.
            queue_time: in ISO 8601 (default: now).
        """
        new = QueueEntry(
            run_id=run_id, state=WAITING, priority=priority, queue_time=queue_time or _now()
        )
        known = self.entry(run_id)
        if known is not None and known.queue_time != new.queue_time:
            # Of a run of that id which has been removed since; numbers of attempts only rise.
            new = replace(new, attempt=known.attempt, version=known.version + 1)
        elif known is not None:
            return known
        return new if self.swap(known, new) else self._expect(run_id)

    def claim(
        self, lease: Lease, matching: Callable[[QueueEntry], bool] | None = None
    ) -> QueueEntry | None:
        """Lease the first waiting run; None: none waits.

        Args:
            lease: of the worker.
            matching: selects the runs to take; None: all.

        Returns:
            the entry with the number of the new attempt.
        """
        for entry in self.waiting():
            if matching is not None and not matching(entry):
                continue
            after = entry.leased_to(lease)
            if self.swap(entry, after):
                return after
        return None

    def renew(self, claimed: QueueEntry) -> QueueEntry:
        """Renew a lease; return the entry as it is then.

        Raises:
            StaleAttemptError: another worker has taken the run.
        """
        now = self._leased(claimed)
        assert now.lease is not None
        after = now.next(lease=replace(now.lease, beat=now.lease.beat + 1))
        if not self.swap(now, after):
            raise stale_attempt(claimed.run_id, claimed.attempt, self.url)
        return after

    def finish(
        self, claimed: QueueEntry, status: str, changes: Sequence[Change] = ()
    ) -> QueueEntry:
        """End an attempt for good.

        Args:
            claimed: the entry that `claim` has returned.
            status: how it ended.
            changes: to the record, if the run has not recorded its end itself.

        Raises:
            StaleAttemptError: the run is no longer leased to this attempt.
        """
        return self._end(claimed, DONE, status, changes, claimed.lost)

    def put_back(self, claimed: QueueEntry, status: str, retries: int | None = None) -> QueueEntry:
        """End an attempt whose run is to continue in another attempt.

        Args:
            claimed: the entry that `claim` has returned, or one whose lease has expired.
            status: how the attempt ended.
            retries: how many lost attempts are allowed, counting this one; after more of them the
                run is `DEAD`. None: this one does not count as lost.

        Raises:
            StaleAttemptError: the run is no longer leased to this attempt.
        """
        lost = claimed.lost + (retries is not None)
        if retries is not None and lost > retries:
            ending = SetFields(fields={"status": DEAD, "stop_time": utcnow()})
            return self._end(claimed, DONE, DEAD, [ending], lost)
        return self._end(claimed, WAITING, status, [Reopen(status=QUEUED)], lost)

    def hold(self, run_id: RunId) -> QueueEntry:
        """Keep a waiting run from workers, until `release`.

        Raises:
            StoreError: the run is not waiting.
        """
        return self._move(run_id, (WAITING,), HELD)

    def release(self, run_id: RunId) -> QueueEntry:
        """Let a run that was held back wait again.

        Raises:
            StoreError: the run is not held back.
        """
        return self._move(run_id, (HELD,), WAITING)

    def prioritize(self, run_id: RunId, priority: float) -> QueueEntry:
        """Give a waiting run another priority.

        Args:
            run_id: of the run.
            priority: a higher one comes first.

        Raises:
            StoreError: the run is not waiting.
        """
        change = Annotate(fields={"priority": priority})
        return self._move(run_id, (WAITING, HELD), None, [change], priority=priority)

    def cancel(self, run_id: RunId, *, force: bool = False) -> QueueEntry:
        """Cancel a run, so that no worker runs it; its status becomes ``CANCELLED``.

        Args:
            run_id: of the run.
            force: also if it is leased: from now on, whatever its process writes is refused.

        Raises:
            StoreError: the run is over, or leased.
        """
        states = (WAITING, HELD, LEASED) if force else (WAITING, HELD)
        ending = SetFields(fields={"status": CANCELLED, "stop_time": utcnow()})
        return self._move(run_id, states, DONE, [ending])

    def requeue(self, run_id: RunId) -> QueueEntry:
        """Let a run that is over wait again; it keeps its id.

        Raises:
            StoreError: the run is already waiting, or leased.
        """
        waits = [Reopen(status=QUEUED)]
        if self.entry(run_id) is None:
            new = QueueEntry(run_id=run_id, state=WAITING, queue_time=_now())
            if self.swap(None, new, waits):
                return new
        return self._move(run_id, (DONE,), WAITING, waits, lost=0)

    def _end(
        self,
        claimed: QueueEntry,
        state: str,
        status: str | None,
        changes: Sequence[Change],
        lost: int,
    ) -> QueueEntry:
        while True:
            now = self._leased(claimed)
            after = now.next(state=state, lost=lost, attempts=now.ended(status))
            history = Annotate(fields={"attempts": [dict(item) for item in after.attempts]})
            if self.swap(now, after, [*changes, history], _FINAL_STATUSES if changes else ()):
                return after
            if self.entry(claimed.run_id) == now:
                # The run itself has written its end before: that counts.
                state, status, changes, lost = DONE, None, (), claimed.lost

    def _move(
        self,
        run_id: RunId,
        states: Collection[str],
        state: str | None,
        changes: Sequence[Change] = (),
        **fields: Any,
    ) -> QueueEntry:
        while True:
            now = self._expect(run_id)
            if now.state not in states:
                raise StoreError(f"The run {run_id!r} of {self.url} is {_SHOWN[now.state]}")
            after = now.next(state=state or now.state, **fields)
            if self.swap(now, after, changes):
                return after

    def _leased(self, claimed: QueueEntry) -> QueueEntry:
        now = self.entry(claimed.run_id)
        if now is None or (now.state, now.attempt) != (LEASED, claimed.attempt):
            raise stale_attempt(claimed.run_id, claimed.attempt, self.url)
        return now

    def _expect(self, run_id: RunId) -> QueueEntry:
        found = self.entry(run_id)
        if found is None:
            raise StoreError(f"The run {run_id!r} of {self.url} is not queued")
        return found


_SHOWN = {
    WAITING: "waiting for a worker",
    HELD: "held back",
    LEASED: "leased to a worker",
    DONE: "not queued any more",
}


def claims_of(store: Store) -> Claims:
    """Return the queue of a store: what its method ``claims()`` returns.

    Raises:
        QueueUnsupportedError: the store cannot have one; the message says why.
    """
    make = getattr(store, "claims", None)
    if make is None:
        raise unsupported(store.url, "no change there can depend on who has leased a run")
    claims: Claims = make()
    return claims


def unsupported(url: str, reason: str) -> QueueUnsupportedError:
    """Return the error for a store that cannot be a queue.

    Args:
        url: of the store.
        reason: why not, as a clause.
    """
    return QueueUnsupportedError(f"{url} cannot be a queue: {reason}")


def stale_attempt(run_id: RunId, attempt: int, url: str) -> StaleAttemptError:
    """Return the error for a change by an attempt that has lost its lease.

    Args:
        run_id: of the run.
        attempt: the number of the attempt.
        url: of the store.
    """
    return StaleAttemptError(
        f"The run {run_id!r} of {url} is no longer leased to attempt {attempt}: what that writes "
        "is refused"
    )


class FencedStore(Store):
    """A store as used by one attempt at a run: its changes to that run carry its number.

    Args:
        store: the store.
        claims: its queue.
        claimed: the queue entry of the attempt.
    """

    def __init__(self, store: Store, claims: Claims, claimed: QueueEntry) -> None:
        self.url = store.url
        self.supports_output_append = store.supports_output_append
        self.supports_details = store.supports_details
        self.answer_seconds = store.answer_seconds
        self._store, self._claims, self._claimed = store, claims, claimed

    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`."""
        return self._store.create(run_id, document, files)

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """See `Store.apply`.

        Raises:
            StaleAttemptError: the attempt has lost its lease.
        """
        if run_id == self._claimed.run_id:
            self._claims.apply(run_id, self._claimed.attempt, changes)
        else:
            self._store.apply(run_id, changes)

    def check(self, change: Change) -> None:
        """See `Store.check`."""
        self._store.check(change)

    def is_unreachable(self, error: BaseException) -> bool:
        """See `Store.is_unreachable`."""
        return self._store.is_unreachable(error)

    def check_reachable(self, within: float) -> None:
        """See `Store.check_reachable`."""
        self._store.check_reachable(within)

    def close(self) -> None:
        """See `Store.close`."""
        self._store.close()


def _now() -> str:
    return utcnow().isoformat()
