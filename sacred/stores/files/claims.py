"""The queue of a store of files.

Beside the directories of the runs there is ``_queue`` with

* ``entries/ID.json``: the entry of a run;
* ``locks/ID``: a file that is locked while that run is changed;
* ``waiting/KEY~ID``, ``held/ID``, ``leased/ID``, ``done/ID``: notes, empty files, so that nobody
  has to read all entries. The order of the names in ``waiting`` is that in which runs are run.

The entry is what counts; notes change only under the lock.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol
from urllib.parse import quote, unquote

from sacred._base.run_ids import RunId
from sacred.serializer import dumps
from sacred.stores.changes import Change
from sacred.stores.claims import LEASED, WAITING, Claims, QueueEntry, stale_attempt, unsupported
from sacred.stores.files.blobs import Blobs
from sacred.stores.local_files import reject_malformed, translate_errors

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["QUEUE", "FileClaims", "claims_in", "entry_file"]

#: The directory of the queue.
QUEUE = "_queue"


class _Store(Protocol):
    url: str
    blobs: Blobs

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None: ...

    def stored_status(self, run_id: RunId) -> str | None: ...

    def forget(self, run_id: RunId) -> None: ...


class FileClaims(Claims):
    """Entries as files.

    Args:
        store: the store of the runs.
        root: its directory.

    Raises:
        QueueUnsupportedError: locks do not work there.
    """

    def __init__(self, store: _Store, root: str) -> None:
        if fcntl is None:
            raise unsupported(store.url, "this system has no file locks that it could use")
        self.url = store.url
        self._store = store
        self._root = os.path.join(root, QUEUE)

    def entry(self, run_id: RunId) -> QueueEntry | None:
        """See `Claims.entry`."""
        path = self._path("entries", f"{_name(run_id)}.json")
        with translate_errors(self._root), reject_malformed(path):
            try:
                with open(path, encoding="utf-8") as file:
                    return QueueEntry.of_plain(str(run_id), json.load(file))
            except FileNotFoundError:
                return None

    def swap(
        self,
        before: QueueEntry | None,
        after: QueueEntry,
        changes: Sequence[Change] = (),
        unless: Collection[str] = (),
    ) -> bool:
        """See `Claims.swap`."""
        run_id = str(after.run_id)
        with self._locked(run_id):
            now = self.entry(run_id)
            if (now and now.version) != (before and before.version):
                return False
            if (unless or before is None) and self._store.stored_status(run_id) in unless:
                return False
            # Whenever this process is killed, there is a note of the state that counts.
            place, old = _place(after), _place(before)
            self._make(place)
            self._store.blobs.write(entry_file(run_id), dumps(after.plain()).encode())
            if old != place:
                self._remove(old)
            if changes:
                self._apply(run_id, changes)
        return True

    def waiting(self) -> Iterator[QueueEntry]:
        """See `Claims.waiting`."""
        return self._noted(WAITING)

    def entries(self, state: str) -> list[QueueEntry]:
        """See `Claims.entries`."""
        return list(self._noted(state))

    def _noted(self, state: str) -> Iterator[QueueEntry]:
        for name in sorted(self._names(state)):
            run_id = unquote(name.rpartition("~")[2])
            entry = self.entry(run_id)
            if _place(entry) == (state, name):
                assert entry is not None
                yield entry
            else:
                self._repair(run_id, (state, name))

    def _repair(self, run_id: str, place: tuple[str, str]) -> None:
        """Take away a note that another process has left when it was killed."""
        with self._locked(run_id):
            right = _place(self.entry(run_id))
            self._make(right)
            if place != right:
                self._remove(place)

    def apply(self, run_id: RunId, attempt: int, changes: Sequence[Change]) -> None:
        """See `Claims.apply`."""
        with self._locked(str(run_id)):
            now = self.entry(run_id)
            if now is None or (now.state, now.attempt) != (LEASED, attempt):
                raise stale_attempt(run_id, attempt, self.url)
            self._store.apply(run_id, changes)

    def _apply(self, run_id: str, changes: Sequence[Change]) -> None:
        # What this process remembers of the run may be older than what its own process wrote.
        self._store.forget(run_id)
        self._store.apply(run_id, changes)
        self._store.forget(run_id)

    def _names(self, state: str) -> list[str]:
        try:
            return os.listdir(self._path(state))
        except FileNotFoundError:
            return []

    def _make(self, place: tuple[str, str] | None) -> None:
        if place is not None:
            os.close(self._open(self._path(*place)))

    def _remove(self, place: tuple[str, str] | None) -> None:
        if place is not None:
            with contextlib.suppress(FileNotFoundError):
                os.remove(self._path(*place))

    def _open(self, path: str) -> int:
        flags = os.O_RDWR | os.O_CREAT
        with translate_errors(self._root):
            try:
                return os.open(path, flags, 0o666)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                return os.open(path, flags, 0o666)

    @contextlib.contextmanager
    def _locked(self, run_id: str) -> Iterator[None]:
        fd = self._open(self._path("locks", _name(run_id)))
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
            except OSError as error:
                reason = f"file locks do not work there ({error})"
                raise unsupported(self.url, reason) from error
            try:
                yield
            finally:
                # A process that was forked meanwhile has the descriptor, too.
                fcntl.flock(fd, fcntl.LOCK_UN)
        finally:
            os.close(fd)

    def _path(self, *parts: str) -> str:
        return os.path.join(self._root, *parts)


def claims_in(store: _Store) -> FileClaims:
    """Return the queue of a store of files.

    Raises:
        QueueUnsupportedError: the files are not on a disk of this machine.
    """
    root = store.blobs.local_path("")
    if root is None:
        raise unsupported(store.url, "objects of a bucket have no locks")
    return FileClaims(store, root)


def entry_file(run_id: RunId) -> str:
    """Return the name of the entry of a run, below the directory of the store."""
    return f"{QUEUE}/entries/{_name(run_id)}.json"


def _name(run_id: RunId) -> str:
    return quote(str(run_id), safe="").replace("~", "%7E")


def _place(entry: QueueEntry | None) -> tuple[str, str] | None:
    """The directory and the name of the note of an entry; None: it has none."""
    if entry is None:
        return None
    name = _name(entry.run_id)
    return (entry.state, f"{_key(entry)}~{name}" if entry.state == WAITING else name)


def _key(entry: QueueEntry) -> str:
    """A text that comes the earlier in the order of texts, the earlier the run is to be run.

    >>> low = QueueEntry(run_id="1", state=WAITING, priority=-1.0)
    >>> high = QueueEntry(run_id="2", state=WAITING, priority=2.5)
    >>> _key(high) < _key(QueueEntry(run_id="3", state=WAITING)) < _key(low)
    True
    """
    # The bits of a double are in the order of the numbers, but for the signs of negative ones.
    [bits] = struct.unpack(">Q", struct.pack(">d", -entry.priority or 0.0))
    ordered = bits ^ (0xFFFFFFFFFFFFFFFF if bits >> 63 else 1 << 63)
    return f"{ordered:016x}-{quote(entry.queue_time, safe='')}"
