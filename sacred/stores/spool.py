"""Changes that no store would take, kept in a directory until `replay` delivers them.

A spool is a directory ``STORE-RUN-RANDOM`` with ``record.jsonl`` (a header, then
one change per line) and, beside it, copies of the artifacts and resources that
these changes are about::

    {"sacred_spool": 1, "store": "mongodb://...", "run_id": 7, "document": {...}, "files": [...]}
    {"kind": "SetFields", "fields": {"status": "COMPLETED", "stop_time": "2026-..."}}
"""

# shutil and tempfile bring a dozen modules, and most runs never need a spool: they are
# imported in the functions that do.
from __future__ import annotations

import datetime
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sacred._base.errors import RecordIncompleteError
from sacred._base.frozen import fields_of, replace
from sacred._base.run_ids import RunId
from sacred.records import TIME_FIELDS
from sacred.serializer import dumps, restore
from sacred.stores.changes import (
    AddFile,
    AddPoints,
    Annotate,
    Change,
    SetExperiment,
    SetFields,
    SourceFile,
    WriteOutput,
    split_fields,
)
from sacred.stores.local_files import reject_malformed
from sacred.stores.reader import ReadableStore
from sacred.stores.store import MissingPartError, RunNotFoundError, Store

__all__ = ["RECORD", "Spool", "default_directory", "read_spool", "replay", "writable"]

#: The name of the file that says what is in a spool.
RECORD = "record.jsonl"

_VERSION = 1
# In the header: ids by the URLs of stores that no longer had the run, and have it of the spool now.
_MADE_ANEW = "made_anew"
# In the header, by URL: how much such a store, or one that lacks a part of the run, had of what the
# changes go on from: {"points": {NAME: count}, "output": [characters, bytes]}.
_PRESENT = "present"
# Nested values beyond are described by one text.
_MAX_DEPTH = 50
_KINDS = {
    kind.__name__: kind for kind in (SetFields, Annotate, SetExperiment, WriteOutput, AddPoints)
}


def default_directory() -> str:
    """Return the default directory of spools: ``$XDG_DATA_HOME/sacred/spool``.

    Without that variable: ``~/.local/share/sacred/spool``.
    """
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(
        os.path.expanduser("~"), ".local", "share"
    )
    return os.path.join(data, "sacred", "spool")


class Spool:
    """The spool of one run; nothing is written to the disk until there is something to keep.

    Args:
        store: the URL of the store that should have taken it.
        run_id: of the run.
        parent: where the spool's directory is made; None: `default_directory`.
        started_in: the working directory of the run at its start.
    """

    def __init__(
        self,
        store: str,
        run_id: RunId,
        parent: str | None = None,
        started_in: str | None = None,
    ) -> None:
        self.directory: str | None = None
        self._store = store
        self._run_id = run_id
        # The places to try. (The working directory may change until then.)
        self._parents = [] if parent is None else [os.path.abspath(parent)]
        self._parents += [os.path.abspath(default_directory())]
        self._started_in = started_in

    def keep(self, change: Change) -> Change:
        """Copy the file of a change, because the user may remove the original at any time.

        Returns:
            the change, with the path of the copy.

        Raises:
            OSError: it cannot be copied.
        """
        if not isinstance(change, AddFile) or self._has(change.path):
            return change

        base = re.sub(r"[^\w.-]", "_", os.path.basename(change.path))[-60:]
        copy = os.path.join(self._make(), f"{os.urandom(4).hex()}-{base}")
        shutil.copyfile(change.path, copy)
        return replace(change, path=copy)

    def save(
        self,
        changes: Iterable[Change],
        document: Mapping[str, Any],
        files: Sequence[SourceFile] = (),
    ) -> str:
        """Write the record, and return its path.

        A value that cannot be written is replaced by a text, so that the others can be. If a
        directory cannot be written, the next one is tried; the last is that of temporary files.

        Args:
            changes: what the store did not take.
            document: the run's document at its start, in case the store has lost it.
            files: the sources.

        Raises:
            RecordIncompleteError: it cannot be written anywhere; the message says what is lost.
        """
        header = {
            "sacred_spool": _VERSION,
            "store": self._store,
            "directory": self._started_in,
            "run_id": self._run_id,
            "document": _with_texts(document),
            "files": [fields_of(file) for file in files],
        }
        pending = list(changes)
        failures = []
        while True:
            try:
                return self._write(header, pending)
            except OSError as error:
                failures.append(f"{error.filename or self.directory}: {error.strerror or error}")
                self.directory = None
                if not self._parents:
                    break
                self._parents.pop(0)
        missing = ", ".join(_missing(pending)) or "nothing but a sign of life"
        raise RecordIncompleteError(
            f"record incomplete: the run {self._run_id!r} of {self._store} lacks {missing}, which "
            f"could not be saved anywhere else either ({'; '.join(failures)})"
        )

    def _write(self, header: Mapping[str, Any], changes: Iterable[Change]) -> str:
        path = os.path.join(self._make(), RECORD)
        with open(path, "w", encoding="utf-8") as file:
            file.write(dumps(writable(header)) + "\n")
            for change in changes:
                for line in _lines(self._kept(change)):
                    file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())  # this is the last copy, and it is written once
        return path

    def clear(self) -> None:
        """Remove what was kept, because all of it has been stored after all."""
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None

    def _kept(self, change: Change) -> Change:
        try:
            change = self.keep(change)
        except OSError:
            pass  # the file is gone: that it was there is still worth recording
        if isinstance(change, AddFile) and self._has(change.path):
            return replace(change, path=os.path.basename(change.path))
        return change

    def _has(self, path: str) -> bool:
        return self.directory is not None and os.path.dirname(path) == self.directory

    def _make(self) -> str:
        if self.directory is None:
            name = re.sub(r"\W+", "_", f"{self._store}-{self._run_id}")[-80:]
            if self._parents:
                os.makedirs(self._parents[0], exist_ok=True)
            parent = self._parents[0] if self._parents else None  # None: temporary files
            self.directory = tempfile.mkdtemp(prefix=f"{name}-", dir=parent)
        return self.directory


def read_spool(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Iterator[Change]]:
    """Return the header and the changes of a spool.

    Args:
        path: of the ``record.jsonl``, or of its directory.

    Raises:
        StoreError: it is not a spool, or one of a later version of this library.
        OSError: it cannot be read.
    """
    record = os.fspath(path)
    if os.path.isdir(record):
        record = os.path.join(record, RECORD)
    with open(record, "rb") as file:
        first, *others = file.read().split(b"\n")
    folder = os.path.dirname(os.path.abspath(record))
    with reject_malformed(record):
        header = _header(_parsed(first) if first else None)
    return header, _changes(others, record, folder)


def _header(header: Any) -> dict[str, Any]:
    version = header.get("sacred_spool") if isinstance(header, dict) else None
    if not isinstance(header, dict) or version != _VERSION:
        raise ValueError("it is not a spool that this version can read")
    header["document"] = _with_times(header["document"])
    header["files"] = [SourceFile(**file) for file in header["files"]]
    # They become names of directories, or keys.
    made_anew = dict(header.setdefault(_MADE_ANEW, {}))
    header[_PRESENT] = {url: _counts(of) for url, of in dict(header.get(_PRESENT, {})).items()}
    for run_id in (header["run_id"], *made_anew.values()):
        if not isinstance(run_id, str | int | float):
            raise TypeError(f"{run_id!r} is no id")
    return header


def _counts(present: Any) -> Mapping[str, Any]:
    characters, size = map(int, present["output"])
    points = {str(name): int(count) for name, count in present["points"].items()}
    return {"points": points, "output": [characters, size]}


def _changes(lines: Sequence[bytes], record: str, folder: str) -> Iterator[Change]:
    for line in filter(None, lines):
        with reject_malformed(record):
            change = _from_json(_parsed(line), folder)
        yield change


def replay(path: str | os.PathLike[str], store: Store, *, remove: bool = False) -> RunId:
    """Deliver the content of a spool to a store. Doing it again changes nothing.

    Args:
        path: of the ``record.jsonl``, or of its directory.
        store: the original one, or another. A run that it does not have is created from the
            spool; where it has only a part of what was stored before, points and output
            continue after that part.
        remove: remove the spool when all is stored.

    Returns:
        the id of the run.

    Raises:
        StoreError: it is not a spool.
        Exception: the store does not take it; the spool stays as it is.
    """
    header, changes = read_spool(path)
    wanted = list(changes)
    record = os.path.abspath(os.fspath(path))
    record = os.path.join(record, RECORD) if os.path.isdir(record) else record
    run_id: RunId = header[_MADE_ANEW].get(store.url, header["run_id"])
    present = _noted(header, store)
    try:
        store.apply(run_id, list(_fitted(wanted, present)))
    except RunNotFoundError:
        run_id = store.create(run_id, header["document"], header["files"])
        _note(record, store.url, run_id, _NOTHING)
        store.apply(run_id, list(_fitted(wanted, _NOTHING)))
    except MissingPartError:
        present = _less(present, _present(store, run_id, wanted))
        _note(record, store.url, None, present)
        store.apply(run_id, list(_fitted(wanted, present)))
    if remove:
        shutil.rmtree(os.path.dirname(record))
    return run_id


#: What a store has of a run before a spool continues it; None: all of it.
_Present = Mapping[str, Any] | None
#: For a run that has just been created.
_NOTHING: Mapping[str, Any] = {"points": {}, "output": [0, 0]}


def _noted(header: Mapping[str, Any], store: Store) -> _Present:
    noted: _Present = header[_PRESENT].get(store.url)
    return _NOTHING if noted is None and store.url in header[_MADE_ANEW] else noted


def _present(store: Store, run_id: RunId, changes: Iterable[Change]) -> Mapping[str, Any]:
    """How much a store has of what changes belong to; nothing, if it cannot be read."""
    if not isinstance(store, ReadableStore):
        return _NOTHING
    reader = store.reader()
    names = dict.fromkeys(change.name for change in changes if isinstance(change, AddPoints))
    # A character of which a part is gone is shown as another one.
    output = reader.output(run_id).rstrip("\ufffd")
    return {
        "points": {name: len(reader.points(run_id, name)) for name in names},
        "output": [len(output), len(output.encode())],
    }


def _less(first: _Present, second: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of two counts of each part the smaller one: the other counts what a replay has stored."""
    if first is None:
        return second
    points = {name: min(n, first["points"].get(name, 0)) for name, n in second["points"].items()}
    return {"points": points, "output": min(list(first["output"]), list(second["output"]))}


def _fitted(changes: Iterable[Change], present: _Present) -> Iterator[Change]:
    """The changes of a record that lacks a part: they go on behind what is there."""
    if present is None:
        yield from changes
        return
    shifts: dict[str, int] = {}
    moved: tuple[int, int] | None = None
    for change in changes:
        match change:
            case AddPoints():
                lacking = change.start - present["points"].get(change.name, 0)
                shift = shifts.setdefault(change.name, max(lacking, 0))
                yield change.at(max(change.start - shift, 0))
            case WriteOutput():
                characters, size = present["output"]
                if moved is None:
                    lacks = change.start > characters
                    moved = (change.start - characters, change.offset - size) if lacks else (0, 0)
                start, offset = change.start - moved[0], change.offset - moved[1]
                yield replace(change, start=max(start, 0), offset=max(offset, 0))
            case _:
                yield change


def _note(record: str, url: str, run_id: RunId | None, present: Mapping[str, Any]) -> None:
    """Write into the header of a spool what a store had before; `run_id`: of a run made anew."""
    with open(record, "rb") as file:
        first, _, others = file.read().partition(b"\n")
    header = json.loads(first)
    header[_PRESENT] = {**header.get(_PRESENT, {}), url: present}
    if run_id is not None:
        header[_MADE_ANEW] = {**header.get(_MADE_ANEW, {}), url: run_id}
    scratch = f"{record}.tmp"
    with open(scratch, "wb") as file:
        file.write(dumps(header).encode() + b"\n" + others)
    os.replace(scratch, record)


def _parsed(line: bytes) -> Any:
    # Not `loads`: the values are to stay in their plain form, with tags. Only the numbers
    # that JSON lacks become numbers again, for these no store keeps as text by itself.
    return json.loads(line, object_hook=_with_float)


def _with_float(fields: dict[str, Any]) -> Any:
    return restore(fields) if fields.keys() == {"py/float"} else fields


def _to_json(change: Change) -> dict[str, Any]:
    fields = fields_of(change)
    match change:
        case SetFields():
            fields["fields"] = _with_texts(change.fields)
        case AddPoints():
            fields["timestamps"] = [time.isoformat() for time in change.timestamps]
        case AddFile():
            fields["of"] = fields.pop("kind")
        case SetExperiment():
            fields["files"] = [fields_of(file) for file in change.files]
    return {"kind": type(change).__name__, **fields}


def _lines(change: Change) -> list[str]:
    """The JSON text of a change, in parts if it has values that cannot be written."""
    try:
        return [dumps(_to_json(change))]
    except Exception:
        return [dumps(writable(_to_json(part))) for part in split_fields(change)]


def writable(value: Any, depth: int = 0) -> Any:
    """Replace what cannot be written as JSON by a description of it.

    Args:
        value: anything.
        depth: the number of enclosing containers; too deeply nested ones become text.

    >>> writable({"a": 1, "b": 16 ** 5000})["a"]
    1
    >>> writable({"a": 1, "b": 16 ** 5000})["b"][:10]
    '0x10000000'
    """
    try:
        dumps(value)
    except Exception:
        pass
    else:
        return value
    if depth < _MAX_DEPTH and isinstance(value, dict):
        return {_text(key): writable(item, depth + 1) for key, item in value.items()}
    if depth < _MAX_DEPTH and isinstance(value, list | tuple):
        return [writable(item, depth + 1) for item in value]
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, int):
        return hex(value)  # of any length, unlike decimals
    try:
        return repr(value).encode(errors="backslashreplace").decode()
    except Exception:
        return f"<{type(value).__name__}>"


def _missing(changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        match change:
            case SetFields():
                yield from change.fields
            case AddPoints():
                yield f"{len(change)} points of {change.name!r}"
            case WriteOutput():
                yield "output"
            case AddFile():
                yield f"the {change.kind} {change.name!r}"
            case SetExperiment():
                yield "experiment"
            case Annotate():
                yield "meta"


def _from_json(fields: dict[str, Any], folder: str) -> Change:
    kind = fields.pop("kind")
    if kind == "AddFile":
        # An absolute path is that of a file that could not be copied.
        path = fields["path"]
        if not os.path.isabs(path) and os.path.basename(path) != path:
            raise ValueError(f"{path!r} is not in the directory of the spool")
        fields["path"] = os.path.join(folder, path)
        return AddFile(kind=fields.pop("of"), **fields)
    if kind not in _KINDS:
        raise ValueError(f"a spool cannot have a change of the kind {kind!r}")
    if kind == "SetFields":
        fields["fields"] = _with_times(fields["fields"])
    elif kind == "Annotate":
        fields |= {name: tuple(fields[name]) for name in ("add_tags", "remove_tags")}
    elif kind == "AddPoints":
        fields["timestamps"] = [_time(text) for text in fields["timestamps"]]
    elif kind == "SetExperiment":
        fields["files"] = tuple(SourceFile(**file) for file in fields["files"])
    change: Change = _KINDS[kind](**fields)
    return change


def _with_texts(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime.datetime) else value
        for name, value in fields.items()
    }


def _with_times(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _time(value) if name in TIME_FIELDS and value is not None else value
        for name, value in fields.items()
    }


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
