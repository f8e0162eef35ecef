"""A thread that notices changes in the stores, as long as somebody listens."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from sacred._base.deferred_thread import helper_thread
from sacred._base.frozen import Frozen
from sacred.board.opened_stores import BoardStore, run_key
from sacred.display.value_text import as_json
from sacred.records import RunId, RunRecord
from sacred.status import ACTIVE
from sacred.stores.store import MALFORMED_DATA_ERRORS, StoreError

__all__ = ["StoreChange", "Watcher"]

#: Seconds between two looks at the stores; more if a look takes long.
_INTERVAL = 1.0
#: Looks take at most this part of a processor, and half of the time: where others keep the machine
#: busy, a look takes long and costs no more, and what has changed must be seen soon all the same.
_MAX_SHARE = 0.2
#: So many of the newest runs of a store are looked at, and all that are under way.
_MAX_NEWEST = 50
_FIELDS = ("status", "heartbeat", "start_time", "stop_time", "meta", "result")


class StoreChange(Frozen):
    """A change in a store.

    Args:
        store: the key of the store.
        new: the keys of new runs.
        changed: the keys of runs that have changed or ended.
        error: why the store cannot be read; None if it can.
    """

    store: str
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    error: str | None = None

    def to_json(self) -> str:
        """Return the change as JSON."""
        return json.dumps(
            {"store": self.store, "new": self.new, "changed": self.changed, "error": self.error}
        )


class Watcher:
    """Watches stores in a thread of its own, and reports changes.

    Args:
        stores: the stores of the board.
        report: called with each change, in that thread.
    """

    def __init__(
        self, stores: Mapping[str, BoardStore], report: Callable[[StoreChange], None]
    ) -> None:
        self._views = [_View(store) for store in stores.values()]
        self._report = report
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start watching; changes since the last time are reported soon."""
        with self._lock:
            self._wanted.set()
            if self._thread is None:
                self._thread = helper_thread(self._run, "sacred-board-watcher")
                self._thread.start()

    def pause(self) -> None:
        """Stop watching, because nobody listens any more."""
        self._wanted.clear()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while self._wanted.wait() and not self._ended.is_set():
            began, used = time.monotonic(), time.thread_time()
            for view in self._views:
                for change in view.look():
                    self._report(change)
            took, used = time.monotonic() - began, time.thread_time() - used
            self._ended.wait(max(_INTERVAL, took, used / _MAX_SHARE))


class _View:
    """What is known of a store."""

    def __init__(self, store: BoardStore) -> None:
        self._store = store
        self._seen: dict[RunId, str] | None = None
        self._active: set[RunId] = set()
        self._error: str | None = None

    def look(self) -> Iterable[StoreChange]:
        """Yield what has changed since the last look."""
        try:
            found = self._fingerprints()
        except (StoreError, OSError, *MALFORMED_DATA_ERRORS) as error:
            if str(error) != self._error:
                self._error = str(error)
                yield StoreChange(store=self._store.key, error=self._error)
            return
        was_away, self._error = self._error is not None, None
        before, self._seen = self._seen, found
        if before is None:
            before = found
        # Runs fall out of the newest when others come; only ids that are new are new runs.
        new = tuple(run_key(run_id) for run_id in found if run_id not in before)
        changed = tuple(
            run_key(run_id)
            for run_id, state in found.items()
            if run_id in before and before[run_id] != state
        )
        if new or changed or was_away:
            yield StoreChange(store=self._store.key, new=new, changed=changed)

    def _fingerprints(self) -> dict[RunId, str]:
        runs = self._store.runs
        newest = runs.runs(newest_first=True, limit=_MAX_NEWEST).ids
        active = runs.runs("status in (QUEUED, RUNNING)").ids
        ids = list(dict.fromkeys([*newest, *active, *self._active]))
        records = list(runs.records(ids, _FIELDS))
        self._active = {run.id for run in records if run.status in ACTIVE}
        return {run.id: _state(run) for run in records}


def _state(run: RunRecord) -> str:
    stored = {name: as_json(run.stored(name)) for name in _FIELDS}
    return json.dumps([run.status, stored], default=str, sort_keys=True)
