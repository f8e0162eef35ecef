"""Records of runs in one JSON file, a TinyDB database, with their files beside it.

::

    PATH/metadata.json    {"runs": {"1": {...}, "2": {...}}}
    PATH/metadata.lock    for those who write at the same time
    PATH/hashfs/          sources, resources and artifacts under their MD5 digests

This needs no package: TinyDB is only the users' way to query the database.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sacred.__about__ import __version__
from sacred._base.clock import utcnow
from sacred._base.run_ids import RunId
from sacred.events import DETAIL_FIELDS
from sacred.serializer import flatten
from sacred.serializer.escaped_text import storable_text
from sacred.stores.changes import (
    AddFile,
    AddPoints,
    Annotate,
    Change,
    SetExperiment,
    SetFields,
    SourceFile,
    WriteOutput,
)
from sacred.stores.reader import ReadableStore, Reader
from sacred.stores.store import (
    MissingPartError,
    RunExistsError,
    RunNotFoundError,
    not_discarded,
)
from sacred.stores.tinydb.database_file import DISCARD_TIME, DISCARDED, TABLE, TablesFile
from sacred.stores.tinydb.hash_files import HashFiles, text_of
from sacred.stores.tinydb.long_output import PARTS, with_output
from sacred.stores.tinydb.tagged_values import TinyForm, file_text

if TYPE_CHECKING:
    from sacred.stores.collector import Collector

__all__ = ["FORMAT", "TABLE", "Files", "Tables", "TinyDbStore", "local_tinydb"]

FORMAT = f"TinyDbObserver-{__version__}"

#: Fields that a run may have got after its start: those of a run to be overwritten go.
_OWN_FIELDS = frozenset(
    {"result", "stop_time", "fail_trace", "queue_time", "metrics", "dtypes", "artifact_metadata",
     PARTS, DISCARDED, DISCARD_TIME, *DETAIL_FIELDS}
)  # fmt: skip

# In a large database every change takes long (seconds), for the file is written as a whole.
# There, heartbeats that say nothing but the time may take this part of the time at most.
SLOW_WRITE_SECONDS = 0.2
HEARTBEAT_TIME_SHARE = 0.05

_log = logging.getLogger(__name__)

Entry = dict[str, Any]


class Tables(Protocol):
    """A storage of TinyDB; `TablesFile` has a lock as well."""

    def read(self) -> dict[str, dict[str, Any]] | None:
        """All tables, with all documents by their numbers."""

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replace all tables."""


class Files(Protocol):
    """Where files go: `HashFiles`, or the package HashFS."""

    def put(self, file: Any) -> Any:
        """Store a file; the result has the digest of its content as `id`."""

    def get(self, file: str) -> Any:
        """Where a file is stored, as `abspath`, by its digest; None: it is not."""


class TinyDbStore(ReadableStore):
    """Stores records in a TinyDB database.

    Args:
        tables: the database's storage.
        files: for sources, resources and artifacts.
        overwrite: id of a run to overwrite instead of creating a new one.
        url: the name of the place in messages.
        on_write: called when the database has changed.
    """

    supports_output_append = True
    supports_details = True

    def __init__(
        self,
        tables: Tables,
        files: Files,
        overwrite: RunId | None = None,
        url: str = "tinydb:",
        on_write: Callable[[], None] | None = None,
    ) -> None:
        self.url = url
        self.overwrite = overwrite
        self._tables = tables
        self._files = files
        self._on_write = on_write
        self._form = TinyForm()
        self._no_beats_until = 0.0

    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`.

        Raises:
            RuntimeError: the run to overwrite does not exist.
        """
        experiment = {**document["experiment"], "sources": []}
        entry: Entry = {}
        self._set(entry, {**document, "experiment": experiment, "format": FORMAT})
        if isinstance(self._tables, TablesFile):
            self._tables.make()
        entry["experiment"]["sources"] = self.store_sources(files)
        with self.writing() as (tables, written):
            runs = tables.setdefault(TABLE, {})
            if self.overwrite is not None:
                run_id, number = self.overwrite, _number_of(runs, self.overwrite)
                if number is None:
                    raise RuntimeError(f"Could not find the run {run_id!r} to be overwritten")
            elif run_id is not None and _number_of(runs, run_id) is not None:
                raise RunExistsError(f"There is a run {run_id!r} already in {self.url}")
            else:
                run_id = uuid.uuid4().hex if run_id is None else run_id
                number = str(max((int(n) for n in runs if n.isdecimal()), default=0) + 1)
            before = runs[number] if self.overwrite is not None else {}
            # Other programs may keep fields of their own in the entry to be overwritten.
            others = {name: value for name, value in before.items() if name not in _OWN_FIELDS}
            runs[number] = {**others, **entry, "_id": run_id}
            written.append(number)
        return run_id

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """See `Store.apply`; all changes are stored, or none."""
        if all(map(_is_beat, changes)) and time.monotonic() < self._no_beats_until:
            return  # the next one will say it, too
        # Before the lock: files may be large, and storing one twice makes it no other.
        stored = [self._with_files(change) for change in changes]
        with self.writing() as (tables, written):
            runs = tables.get(TABLE, {})
            number = _number_of(runs, run_id)
            if number is None:
                raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
            entry = dict(runs[number])
            for change, files in stored:
                self._apply(entry, change, files)
            if _differ(entry, runs[number]):
                runs[number] = entry
                written.append(number)

    def discard(self, run_id: RunId) -> None:
        """See `Store.discard`."""
        since = {DISCARDED: True, DISCARD_TIME: utcnow().isoformat()}
        self._change(run_id, lambda entry: entry if DISCARDED in entry else {**entry, **since})

    def recover(self, run_id: RunId) -> None:
        """See `Store.recover`."""
        since = (DISCARDED, DISCARD_TIME)
        self._change(run_id, lambda entry: {k: v for k, v in entry.items() if k not in since})

    def remove(self, run_id: RunId) -> None:
        """See `Store.remove`."""
        self._change(run_id, lambda entry: None if DISCARDED in entry else entry, removes=True)

    def _change(
        self, run_id: RunId, change: Callable[[Entry], Entry | None], removes: bool = False
    ) -> None:
        with self.writing() as (tables, written):
            runs = tables.get(TABLE, {})
            number = _number_of(runs, run_id)
            if number is None:
                raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
            entry = change(runs[number])
            if entry is not None and removes:
                raise not_discarded(run_id, self.url)
            if entry is None:
                del runs[number]
            else:
                runs[number] = entry
            written.append(number)

    def reader(self) -> Reader:
        """See `ReadableStore.reader`."""
        # Not at the top, as others below: a run that writes loads no reader.
        from sacred.stores.tinydb.reader import TinyDbReader

        return TinyDbReader(self.url, self._tables, self._files)

    def collector(self) -> Collector:
        """See `Store.collector`; a database of the user's own has none: too little is known."""
        from sacred.stores.tinydb.collector import TinyDbCollector

        if isinstance(self._tables, TablesFile) and isinstance(self._files, HashFiles):
            return TinyDbCollector(self._tables, self._files)
        return super().collector()

    def find(self, run_id: RunId) -> tuple[int, Entry] | None:
        """The number of a run in its table and its entry as it is stored; None: no such run."""
        runs = (self._tables.read() or {}).get(TABLE, {})
        number = _number_of(runs, run_id)
        return None if number is None else (int(number), runs[number])

    @contextlib.contextmanager
    def writing(self) -> Iterator[tuple[dict[str, dict[str, Any]], list[str]]]:
        """Yield all tables and a list, under the lock; write them if the list is not empty then."""
        began = time.monotonic()
        written: list[str] = []
        with _exclusive(self._tables):
            tables = self._tables.read() or {}
            yield tables, written
            if written:
                self._tables.write(tables)
        if written and self._on_write is not None:
            self._on_write()
        now = time.monotonic()
        if now - began > SLOW_WRITE_SECONDS:
            self._no_beats_until = now + (now - began) * (1 / HEARTBEAT_TIME_SHARE - 1)

    def _apply(self, entry: Entry, change: Change, files: list[Any]) -> None:
        match change:
            case SetFields():
                self._set(entry, change.fields)
            case Annotate():
                dtypes = entry.get("dtypes", {}).get("meta")
                meta = self._form.decode(entry.get("meta") or {}, dtypes)
                self._set(entry, {"meta": change.applied_to(meta)})
            case SetExperiment():
                self._set(entry, {"experiment": {**change.info, "sources": []}})
                entry["experiment"]["sources"] = files
            case WriteOutput():
                self._write_output(entry, change)
            case AddPoints():
                metrics = entry.get("metrics", {})
                points = _with_points(metrics.get(change.name, {}), change)
                entry["metrics"] = {**metrics, change.name: points}
            case AddFile():
                _add_file(entry, change, files)

    def _write_output(self, entry: Entry, change: WriteOutput) -> None:
        before = self._form.decode(entry.get("captured_out") or "")
        try:
            shown, parts = with_output(
                before,
                entry.get(PARTS) or (),
                change.start,
                change.text,
                lambda text: str(self._files.put(io.BytesIO(text.encode())).id),
                lambda digest: text_of(self._files, digest),
            )
        except ValueError as error:
            raise MissingPartError(f"{self.url}: {error}") from error
        self._set(entry, {"captured_out": shown})
        if parts or PARTS in entry:
            entry[PARTS] = parts

    def _set(self, entry: Entry, fields: Mapping[str, Any]) -> None:
        dtypes = dict(entry.get("dtypes", {}))
        for name, value in fields.items():
            found: dict[str, str] = {}
            entry[name] = self._form.encode(value, found)
            dtypes.pop(name, None)
            if found:
                dtypes[name] = found
        if dtypes or "dtypes" in entry:
            entry["dtypes"] = dtypes

    def _with_files(self, change: Change) -> tuple[Change, list[Any]]:
        """A change, and how the files that it is about are listed in the entry."""
        match change:
            case SetExperiment():
                return change, self.store_sources(change.files)
            case AddFile(kind="resource"):
                return change, [change.name, *self._store(change.path)]
            case AddFile():
                return change, [
                    change.name,
                    storable_text(change.origin or change.path),
                    *self._store(change.path),
                ]
        return change, []

    def store_sources(self, files: Sequence[SourceFile]) -> list[list[Any]]:
        """Store sources; returns ``[[name, digest, text of the file], ...]``."""
        return [[file.name, *self._store_source(file)] for file in files]

    def _store_source(self, file: SourceFile) -> list[Any]:
        if not os.path.exists(file.path):
            # It was imported, and is gone since. The record still says what it was.
            _log.warning("The source %s is not stored: there is no such file", file.path)
            return [file.md5, None]
        return self._store(file.path)

    def _store(self, path: str) -> list[Any]:
        digest = self._files.put(path).id
        return [digest, file_text(digest)]


def local_tinydb(path: str, overwrite: RunId | None = None) -> TinyDbStore:
    """Return a store in a directory, which is created when the first run starts.

    Args:
        path: of the directory.
        overwrite: id of a run to overwrite.
    """
    root = os.path.abspath(path)
    tables = TablesFile(os.path.join(root, "metadata.json"))
    files = HashFiles(os.path.join(root, "hashfs"))
    return TinyDbStore(tables, files, overwrite, f"tinydb:{path}")


# For databases that are the user's own, in which only threads can be distinguished.
_threads = threading.RLock()


def _exclusive(tables: Tables) -> contextlib.AbstractContextManager[Any]:
    return tables.exclusive() if isinstance(tables, TablesFile) else _threads


def _number_of(runs: dict[str, Entry], run_id: RunId) -> str | None:
    # From behind: the runs that are under way are among the last ones.
    for number in reversed(runs):
        entry: Any = runs[number]
        # An entry may be anything if somebody else has written it; and to Python, True is 1.
        stored = entry.get("_id") if isinstance(entry, Mapping) else None
        if stored == run_id and type(stored) is not bool:
            return number
    return None


def _differ(entry: Entry, before: Entry) -> bool:
    try:
        return entry != before
    except ValueError:  # of arrays, in a database of the user's that has them as such
        return True


def _is_beat(change: Change) -> bool:
    return isinstance(change, SetFields) and change.fields.keys() == {"heartbeat"}


def _with_points(before: Mapping[str, Any], points: AddPoints) -> dict[str, list[Any]]:
    new = {
        "steps": flatten(list(points.steps)),
        "values": flatten(list(points.values)),
        "timestamps": [time.isoformat() for time in points.timestamps],
    }
    if len(before.get("values", ())) < points.start:
        raise MissingPartError(f"Points of {points.name!r} before {points.start} are missing")
    arrays = {name: list(before.get(name, ())) for name in new}
    for name, items in new.items():
        arrays[name][points.start : points.stop] = items
    return arrays


def _add_file(entry: Entry, change: AddFile, listed: list[Any]) -> None:
    # The last one of a name is what it is now, so the same again moves to the end.
    field = f"{change.kind}s"
    handle = slice(None, -1)  # in a database of the user's it may be an open file
    before = entry.get(field, ())
    others = [item for item in before if list(item[handle]) != listed[handle]]
    if change.kind == "resource":
        listings = len(before) - len(others)
    else:
        listings = sum(item[0] == change.name for item in before)
    is_counted = change.count > 1 or change.kind == "resource"
    if is_counted and listings >= change.count and len(others) < len(before):
        # This very change has been applied before; perhaps an older one has been since, again.
        if change.kind == "artifact":
            place = max(n for n, item in enumerate(before) if list(item[handle]) == listed[handle])
            entry[field] = [*before[:place], *before[place + 1 :], before[place]]
        return
    entry[field] = [*(before if is_counted else others), listed]
    about = {"metadata": change.metadata, "content_type": change.content_type}
    if any(value is not None for value in about.values()):
        entry["artifact_metadata"] = {**entry.get("artifact_metadata", {}), change.name: about}
