"""Reading records in a TinyDB database, those of the old library included."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO, Any, Protocol

from sacred.events import DETAIL_FIELDS
from sacred.records import TIME_FIELDS, Document, FileEntry, Points, RunId
from sacred.serializer import restore
from sacred.serializer.writing import flatten_rest
from sacred.stores.reader import LIST_FIELDS, Reader, UnusableId, noticing_damage, timestamp_of
from sacred.stores.store import RunNotFoundError, StoreNotFoundError
from sacred.stores.tinydb.database_file import DISCARD_TIME, DISCARDED, TABLE, TablesFile
from sacred.stores.tinydb.hash_files import HashAddress, is_digest, text_of
from sacred.stores.tinydb.long_output import PARTS, whole_output
from sacred.stores.tinydb.tagged_values import TinyForm

__all__ = ["TinyDbReader"]

_FIELDS_ELSEWHERE = frozenset(
    {
        *("_id", "captured_out", PARTS, "metrics", "dtypes", "artifact_metadata"),
        *(DISCARDED, DISCARD_TIME),
        *LIST_FIELDS,
    }
)

_Entry = dict[str, Any]


class _Tables(Protocol):
    def read(self) -> dict[str, dict[str, Any]] | None: ...


class TinyDbReader(Reader):
    """Reads the table ``runs`` of a `TinyDbObserver`.

    The file is parsed as a whole, and again only when it has changed.

    Args:
        url: for messages.
        tables: the database's storage.
        files: where sources, resources and artifacts are, by their digests.
    """

    def __init__(self, url: str, tables: _Tables, files: Any) -> None:
        self.url = url
        self._tables = tables
        self._files = files
        self._form = TinyForm()
        self._state: Any = None
        self._entries: dict[RunId, _Entry] = {}

    def ids(self) -> Iterator[RunId]:
        """See `Reader.ids`."""
        return iter(list(self._runs()))

    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """See `Reader.document`."""
        entry = self._entry(run_id)
        with self._noticing_damage(run_id):
            return self._document(run_id, entry, fields)

    def output(self, run_id: RunId) -> str:
        """See `Reader.output`."""
        entry = self._entry(run_id)
        with self._noticing_damage(run_id):
            shown = str(self._form.decode(entry.get("captured_out") or ""))
            parts = entry.get(PARTS) or ()
            return whole_output(shown, parts, lambda digest: text_of(self._files, digest))

    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """See `Reader.metric_names`."""
        entry = self._entry(run_id)
        with self._noticing_damage(run_id):
            return list((entry.get("metrics") or {}).keys())

    def points(self, run_id: RunId, name: str) -> Points:
        """See `Reader.points`."""
        entry = self._entry(run_id)
        with self._noticing_damage(run_id):
            arrays: Mapping[str, Any] = (entry.get("metrics") or {}).get(name, {})
            columns = {key: list(arrays.get(key, ())) for key in ("steps", "values", "timestamps")}
            if len(set(map(len, columns.values()))) > 1:
                raise ValueError(f"the columns of {name!r} have different lengths")
            steps, values = restore(columns["steps"]), restore(columns["values"])
            return Points(steps=steps, values=values, timestamps=columns["timestamps"])

    def open_file(self, run_id: RunId, entry: FileEntry) -> IO[bytes]:
        """See `Reader.open_file`."""
        address = self._address(entry.ref)
        if address is None:
            raise FileNotFoundError(f"{entry.name!r} of run {run_id!r} is not stored in {self.url}")
        return open(address.abspath, "rb")

    def discarded(self) -> Collection[RunId]:
        """See `Reader.discarded`."""
        return {run_id for run_id, entry in self._runs().items() if DISCARDED in entry}

    def _document(self, run_id: RunId, entry: _Entry, fields: Collection[str] | None) -> Document:
        dtypes = entry.get("dtypes", {})
        document: Document = {"_id": run_id}
        wanted = entry.keys() & set(entry.keys() - set(DETAIL_FIELDS) if fields is None else fields)
        for name in wanted - _FIELDS_ELSEWHERE:
            value = self._form.decode(entry[name], dtypes.get(name))
            document[name] = timestamp_of(value) if name in TIME_FIELDS else flatten_rest(value)
        if fields is None or {"experiment", "sources"} & set(fields):
            experiment = dict(document.get("experiment") or entry.get("experiment") or {})
            sources = (entry.get("experiment") or {}).get("sources")
            experiment.pop("sources", None)
            document["experiment"] = experiment
            document["sources"] = [self._file(item[0], item[1]) for item in sources or ()]
        if fields is None or "resources" in fields:
            listed = entry.get("resources") or ()
            document["resources"] = [self._file(item[0], item[1]) for item in listed]
        if fields is None or "artifacts" in fields:
            more = entry.get("artifact_metadata") or {}
            listed = entry.get("artifacts") or ()
            document["artifacts"] = [
                self._file(item[0], item[2], more.get(item[0])) for item in listed
            ]
        return document

    def _file(self, name: str, digest: Any, more: Mapping[str, Any] | None = None) -> FileEntry:
        address = self._address(digest)
        return FileEntry(
            name=str(name),
            ref=digest,
            md5=digest,
            path=None if address is None else address.abspath,
            **(more or {}),
        )

    def _noticing_damage(self, run_id: RunId) -> contextlib.AbstractContextManager[None]:
        return noticing_damage(run_id, f"its entry in {self.url}")

    def _address(self, digest: Any) -> HashAddress | None:
        # In a record there may be a path instead, which is not for its readers to open.
        if not isinstance(digest, str) or not is_digest(digest):
            return None
        address: HashAddress | None = self._files.get(digest)
        return address

    def _entry(self, run_id: RunId) -> _Entry:
        if isinstance(run_id, UnusableId):
            raise run_id.damage(self.url)
        entry = self._runs().get(run_id)
        if entry is None:
            raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
        return entry

    def _runs(self) -> dict[RunId, _Entry]:
        state = _state_of(self._tables)
        if state is None or state != self._state:
            tables = self._tables.read()
            if tables is None:
                raise StoreNotFoundError(f"There is no database of runs at {self.url}")
            runs = tables.get(TABLE, {})
            # Of two with one id the last one counts, which is the one that is written to.
            last = {_id_of(entry): number for number, entry in runs.items()}
            entries: dict[RunId, _Entry] = {}
            for number, entry in runs.items():
                run_id = _id_of(entry)
                if run_id is not None and last[run_id] == number:
                    entries[run_id] = entry
                else:
                    shown = repr(entry.get("_id") if isinstance(entry, dict) else entry)
                    entries[UnusableId(f"{shown:.40} (number {number:.20})")] = {}
            # Whole at once: the board reads with several threads.
            self._entries, self._state = entries, state
        return self._entries


def _id_of(entry: Any) -> RunId | None:
    """The id in an entry; None: there is none that a run can have."""
    run_id = entry.get("_id") if isinstance(entry, Mapping) else None
    return run_id if type(run_id) in (int, str) else None


def _state_of(tables: _Tables) -> Any:
    """What tells one content of the file from another; None: it has to be read."""
    if not isinstance(tables, TablesFile):
        return None
    try:
        status = os.stat(tables.path)
    except OSError:
        return None
    # It is replaced as a whole, by a file with another number.
    return status.st_mtime_ns, status.st_size, status.st_ino
