"""Delivery of one run's changes to its store, whatever happens to the store.

A change that is not stored stays pending and goes first with the next one. What
is still pending when the run has ended goes to a spool.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.run_ids import RunId
from sacred.stores.changes import AddFile, Change, SourceFile, merge, split_fields
from sacred.stores.store import Store, StoreUnavailableError

if TYPE_CHECKING:
    from sacred.stores.spool import Spool

__all__ = ["Delivery"]

#: Seconds that a store that was absent has to reappear at the end of a run.
_RETURN_SECONDS = 1.0


class Delivery:
    """Brings the changes of one run to a store.

    Args:
        store: where the run was created.
        run_id: its id there.
        document: the document that the run was created with.
        files: its sources.
        failure_dir: where to write a spool, if need be; None: a directory of the user.
    """

    def __init__(
        self,
        store: Store,
        run_id: RunId,
        document: Mapping[str, Any],
        files: Sequence[SourceFile],
        failure_dir: str | None = None,
    ) -> None:
        self.run_id = run_id
        self.pending: list[Change] = []
        self._store = store
        self._document = document
        self._files = files
        # Relative to the working directory of now, which the script may change.
        self._failure_dir = None if failure_dir is None else os.path.abspath(failure_dir)
        self._directory: str | None = None
        with contextlib.suppress(OSError):  # somebody has removed it
            self._directory = os.getcwd()
        # Artifacts come from the thread of the user, heartbeats from another one.
        self._lock = threading.RLock()
        #: Until this time (`time.monotonic`) changes are only kept: a failure costs seconds.
        self.quiet_until = 0.0
        self._has_failed = False

    @functools.cached_property
    def _spool(self) -> Spool:
        # Loaded when something has failed.
        from sacred.stores.spool import Spool

        return Spool(self._store.url, self.run_id, self._failure_dir, self._directory)

    def add(self, changes: Iterable[Change]) -> None:
        """Store changes, after those that are pending.

        Raises:
            InvalidArtifactError: an artifact has an impossible name; it is not pending.
            ReservedArtifactError: likewise.
            Exception: the store failed; what it did not take is pending now.
        """
        with self._lock:
            self._put(changes)
            if time.monotonic() >= self.quiet_until:
                self.deliver()
            else:
                self._keep_files()

    def hold(self, changes: Iterable[Change]) -> None:
        """Store changes together with those of the next `add`."""
        with self._lock:
            self._put(changes)

    def deliver(self) -> None:
        """Store what is pending.

        Raises:
            Exception: the store failed; what it did not take is still pending.
        """
        with self._lock:
            if not self.pending:
                return
            began = time.monotonic()
            self.pending = merge(self.pending)
            try:
                self._apply()
            except Exception as error:
                self._has_failed = True
                if self._store.is_unreachable(error):
                    # It has cost seconds to find out. The next to come must not pay
                    # again: half of the time at most is spent with waiting.
                    self.quiet_until = 2 * time.monotonic() - began
                    self._keep_files()
                    raise
                self._deliver_one_by_one(error)
            self.pending = []
            self._has_failed = False
            if "_spool" in self.__dict__:
                self._spool.clear()

    def close(
        self,
        changes: Iterable[Change],
        attempts: int,
        pause: float,
        patience: float = 0.0,
    ) -> str | None:
        """Store the last changes; if that fails for good, write a spool.

        Args:
            changes: the last ones.
            attempts: how often to try while the store is unavailable.
            pause: seconds between two attempts.
            patience: seconds for which to try at least, even if that takes more attempts.

        Returns:
            the path of the spool, which is also printed; None if all is stored.

        Raises:
            RecordIncompleteError: not even a spool can be written.
        """
        with self._lock:
            self._put(changes)
            error = self._deliver_patiently(attempts, pause, patience)
            if error is None:
                return None
            path = self._spool.save(self.pending, self._document, self._files)
            self.pending = []
        print(
            f"Warning: not all of run {self.run_id!r} could be stored in {self._store.url}: "
            f"{type(error).__name__}: {error}\nIt was saved in {path!r} instead.",
            file=sys.stderr,
            flush=True,
        )
        return path

    def _apply(self) -> None:
        """Store what is pending; after a failure, files come last.

        A file for which the time limits of a slow network never suffice looks like an
        absent store. It must not keep the heartbeats after it from being stored.
        """
        if self._has_failed:
            files = [change for change in self.pending if isinstance(change, AddFile)]
            others = [change for change in self.pending if not isinstance(change, AddFile)]
            if files and others:
                self.pending = others + files
                self._store.apply(self.run_id, others)
                self.pending = [*files]
        self._store.apply(self.run_id, self.pending)

    def _put(self, changes: Iterable[Change]) -> None:
        new = list(changes)
        for change in new:
            self._store.check(change)
        self.pending += new

    def _deliver_patiently(self, attempts: int, pause: float, patience: float) -> Exception | None:
        deadline = time.monotonic() + patience
        for attempt in itertools.count(1):
            try:
                # The first has waited as long as the store does; all others together would
                # keep the user waiting for a minute.
                if attempt > 1:
                    self._store.check_reachable(_RETURN_SECONDS)
                self.deliver()
                return None
            except Exception as error:
                # Only what lies at the place itself can be different in a second.
                passing = isinstance(error, StoreUnavailableError)
                if not (passing or self._store.is_unreachable(error)):
                    return error
                if attempt >= attempts and time.monotonic() >= deadline:
                    return error
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _deliver_one_by_one(self, first_error: Exception) -> None:
        """One change that cannot be stored must not keep the others from it."""
        waiting = [part for change in self.pending for part in split_fields(change)]
        self.pending = []
        errors: list[Exception] = []
        # A newer content of a file must not get there before the older one.
        held_up: set[tuple[str, str]] = set()
        for position, change in enumerate(waiting):
            if isinstance(change, AddFile) and (change.kind, change.name) in held_up:
                self.pending.append(change)
                continue
            try:
                self._store.apply(self.run_id, [change])
            except Exception as error:
                errors.append(error)
                if self._store.is_unreachable(error):
                    self.pending += waiting[position:]
                    break
                if not isinstance(change, AddFile) or os.path.exists(change.path):
                    self.pending.append(change)
                    if isinstance(change, AddFile):
                        held_up.add((change.kind, change.name))
                # else: the file is gone, and no later attempt can find it.
        self._keep_files()
        if errors:
            raise errors[0] from first_error

    def _keep_files(self) -> None:
        """Copy pending artifacts: users may remove or change their files at any time."""
        for position, change in enumerate(self.pending):
            try:
                self.pending[position] = self._spool.keep(change)
            except OSError:
                pass  # as long as the user leaves it alone, his own file does
