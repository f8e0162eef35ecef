"""Records of runs as files: one directory per run, shared ones for sources and resources."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.clock import utcnow
from sacred._base.run_ids import RunId
from sacred.serializer import flatten
from sacred.serializer.escaped_text import storable_text
from sacred.stores.changes import (
    OF_THE_END,
    AddFile,
    AddPoints,
    Annotate,
    Change,
    DropPoints,
    Reopen,
    SetExperiment,
    SetFields,
    SourceFile,
    WriteOutput,
    merge,
)
from sacred.stores.files.artifact_names import RECORD_FILES, check_artifact_name
from sacred.stores.files.blobs import DISCARD_TIME, MARK, TRASH, Blobs, LocalBlobs
from sacred.stores.files.run_json import ABOUT, ANNOTATIONS, DETAIL_FILES, JsonRecord, encode
from sacred.stores.local_files import md5_of_file
from sacred.stores.reader import ReadableStore, Reader
from sacred.stores.store import (
    RunNotFoundError,
    StoreUnavailableError,
    not_discarded,
)

if TYPE_CHECKING:
    from sacred.stores.claims import Claims
    from sacred.stores.collector import Collector
    from sacred.stores.files.metrics_json import MetricsFile

__all__ = [
    "RECORD_FILES",
    "FileStore",
    "check_artifact_name",
    "local_file_store",
    "store_once",
]

_MAX_NAME_BYTES = 255  # of bytes, on nearly every file system


class FileStore(ReadableStore):
    """Stores records as files.

    Args:
        blobs: where the directories of the runs are.
        sources: where copies of sources go; None: they are recorded in place.
        resources: where copies of resources go.
        copy_all: also copy resources that are in `blobs` already.
    """

    supports_output_append = True
    supports_details = True

    def __init__(
        self, blobs: Blobs, sources: Blobs | None, resources: Blobs, copy_all: bool = True
    ) -> None:
        self.url = f"file:{blobs.root}"
        self.blobs = blobs
        self._sources = sources
        self._resources = resources
        self._copy_all = copy_all
        self._runs: dict[str, _RunFiles] = {}

    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`."""
        fields = dict(document)
        # Before the claim: if the disk is full, no half of a record is left behind.
        stored = {**document["experiment"], "sources": self.store_sources(files)}
        new_id = self.blobs.claim(None if run_id is None else str(run_id))
        run = self._runs[new_id] = _RunFiles(self.blobs, new_id)
        self.blobs.write(f"{new_id}/config.json", encode(fields.pop("config")).encode())
        if fields.pop("captured_out", None) is not None:
            self.blobs.append(f"{new_id}/cout.txt", 0, b"")
            # Readers open it whether or not the run has metrics.
            self.blobs.write(f"{new_id}/metrics.json", b"{}")
        if fields.pop("info", None):
            self.blobs.write(f"{new_id}/info.json", encode(document["info"]).encode())
        for name, value in {**fields, "experiment": stored}.items():
            run.record.set(name, value)
        run.save()
        return new_id

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """See `Store.apply`."""
        under_way = self._runs.get(str(run_id))
        for change in changes:
            if isinstance(change, Annotate):
                self._annotate(str(run_id), change, under_way)
        if under_way is None and changes and all(isinstance(c, Annotate) for c in changes):
            return  # it may be another process that goes on with the run
        run = self._open(str(run_id))
        for change in changes:
            if isinstance(change, DropPoints):
                run.metrics.drop(change.name, change.start)
        points = [change for change in changes if isinstance(change, AddPoints)]
        if points:
            run.metrics.add([p for p in merge(points) if isinstance(p, AddPoints)])
        for change in changes:
            match change:
                case WriteOutput():
                    name = f"{run_id}/cout.txt"
                    self.blobs.append(name, change.offset, change.text.encode())
                case AddFile():
                    self._add_file(run, change)
                case SetExperiment():
                    stored = {**change.info, "sources": self.store_sources(change.files)}
                    run.record.set("experiment", stored)
                case SetFields():
                    run.set(change)
                case Reopen():
                    run.reopen(change)
        if run.is_closed and "metrics" in run.__dict__:
            run.metrics.finish()
        if run.is_closed:
            for shared in filter(None, (self._sources, self._resources)):
                shared.sync_new()  # the record is whole with them only
        run.save()
        if run.is_closed:
            # It is complete; should anything come yet, it is read from the disk again.
            self._runs.pop(str(run_id), None)

    def check(self, change: Change) -> None:
        """See `Store.check`."""
        if isinstance(change, AddFile) and change.kind == "artifact":
            check_artifact_name(change.name)

    def is_unreachable(self, error: BaseException) -> bool:
        """See `Store.is_unreachable`: a disk answers at once, so every change is tried."""
        return False

    def highest_id(self) -> int:
        """See `Store.highest_id`."""
        return self.blobs.highest_id()

    def discard(self, run_id: RunId) -> None:
        """See `Store.discard`."""
        _check_there(self.blobs, str(run_id))
        mark = _mark_of(run_id)
        if not self.blobs.exists(mark):
            self.blobs.write(mark, encode({DISCARD_TIME: utcnow().isoformat()}).encode())

    def recover(self, run_id: RunId) -> None:
        """See `Store.recover`."""
        _check_there(self.blobs, str(run_id))
        self.blobs.remove_folder(f"{TRASH}/{run_id}")

    def remove(self, run_id: RunId) -> None:
        """See `Store.remove`; copies of sources and resources stay."""
        if not self.blobs.exists(_mark_of(run_id)):
            raise not_discarded(run_id, self.url)
        self._runs.pop(str(run_id), None)
        from sacred.stores.files.claims import entry_file  # most runs are never queued

        self.blobs.remove(entry_file(run_id))
        self.blobs.remove_folder(str(run_id))
        # As long as the mark is there, nobody gets this id.
        self.blobs.remove_folder(f"{TRASH}/{run_id}")

    def save_file(self, run_id: RunId, path: str, name: str | None = None) -> None:
        """Copy a file into the directory of a run, without listing it in the record.

        Args:
            run_id: id of the run.
            path: path of the file.
            name: its name there (default: its base name).

        Raises:
            ReservedArtifactError: `name` is a file of the record.
            InvalidArtifactError: `name` cannot be that of a file in the directory.
        """
        target = os.path.basename(path) if name is None else os.fspath(name)
        check_artifact_name(target)
        self.blobs.put_file(f"{run_id}/{target}", os.fspath(path))

    def save_json(self, run_id: RunId, value: Any, name: str) -> None:
        """Save a value as JSON in the directory of a run; otherwise like `save_file`.

        Args:
            run_id: id of the run.
            value: any value; what is not plain is flattened.
            name: of the file.
        """
        check_artifact_name(name)
        self.blobs.write(f"{run_id}/{name}", encode(flatten(value)).encode())

    def store_sources(self, files: Iterable[SourceFile]) -> list[list[str]]:
        """Store sources, unless they are stored already.

        Returns:
            a list of ``[name, path of the copy relative to the directory of runs]``.
        """
        return [[file.name, self._store_source(file)] for file in files]

    def record_text(self, run_id: RunId, name: str) -> str | None:
        """Return the text of a file in the directory of a run; None if there is none.

        Args:
            run_id: id of the run.
            name: of the file.
        """
        try:
            return self.blobs.read(f"{run_id}/{name}").decode()
        except FileNotFoundError:
            return None

    def reader(self) -> Reader:
        """See `ReadableStore.reader`."""
        # Not at the top, as others below: a run that writes loads no reader.
        from sacred.stores.files.reader import FileReader

        return FileReader(self.url, self.blobs, self._sources, self._resources)

    def claims(self) -> Claims:
        """See `sacred.stores.claims.claims_of`."""
        from sacred.stores.files.claims import claims_in

        return claims_in(self)

    def stored_status(self, run_id: RunId) -> str | None:
        """Return the status in the record of a run.

        Raises:
            RunNotFoundError: there is no such run.
        """
        status: str | None = _record_of(self.blobs, str(run_id)).get("status")
        return status

    def forget(self, run_id: RunId) -> None:
        """Read the record of a run again before its next change, because another process has it."""
        self._runs.pop(str(run_id), None)

    def collector(self) -> Collector:
        """See `Store.collector`."""
        from sacred.stores.files.collector import FileCollector

        return FileCollector(self.blobs, self._sources, self._resources, RECORD_FILES)

    def close(self) -> None:
        """See `Store.close`."""
        self._runs.clear()

    def _open(self, run_id: str) -> _RunFiles:
        run = self._runs.get(run_id)
        if run is None:
            run = _RunFiles(self.blobs, run_id)
            run.load()
            self._runs[run_id] = run
        return run

    def _annotate(self, run_id: str, change: Annotate, under_way: _RunFiles | None) -> None:
        """Change ``meta``: in the record if this process writes it, else in a file beside it."""
        name = f"{run_id}/{ANNOTATIONS}"
        meta = _record_of(self.blobs, run_id).get("meta") or {}
        overlay: dict[str, Any] | None = None
        with contextlib.suppress(FileNotFoundError):
            overlay = json.loads(self.blobs.read(name))
        if under_way is not None:
            meta = under_way.annotate(change)
            if overlay is None:
                return
        overlay = overlay or {}
        before = {key: value for key, value in {**meta, **overlay}.items() if value is not None}
        after = change.applied_to(before)
        if after != before:
            differing = {key: after.get(key) for key in {**meta, **after}}
            differing = {key: v for key, v in differing.items() if v != meta.get(key)}
            self.blobs.announce(run_id)
            self.blobs.write(name, encode(differing).encode())

    def _add_file(self, run: _RunFiles, change: AddFile) -> None:
        if change.kind == "artifact":
            check_artifact_name(change.name)
            self.blobs.put_file(f"{run.run_id}/{change.name}", change.path)
            run.record.add("artifacts", change.name, change.count)
            run.describe(change)
            return
        stored = change.name
        if self._copy_all or not _is_within(change.path, self.blobs.root):
            name = store_once(self._resources, change.path, change.md5)
            stored = os.path.join(storable_text(self._resources.root), name)
        run.record.add("resources", [change.name, stored], change.count)

    def _store_source(self, file: SourceFile) -> str:
        base = os.path.abspath(self.blobs.root)
        if self._sources is None:
            return storable_text(os.path.relpath(file.path, base))
        try:
            name = _named_by(file.path, file.md5)
            if not self._sources.holds(name, file.md5, _size_of(file.path)):
                # It may have been changed since it was imported.
                name = store_once(self._sources, file.path, missing=name)
        except FileNotFoundError:
            # It was imported, and is gone since. The record still says what it was.
            import logging  # hardly any reader of a store needs it

            logging.getLogger(__name__).warning(
                "The source %s is not stored: there is no such file", file.path
            )
            return file.md5
        folder = os.path.relpath(os.path.abspath(self._sources.root), base)
        return os.path.normpath(os.path.join(storable_text(folder), name))


class _RunFiles:
    """The directory of one run that is under way."""

    def __init__(self, blobs: Blobs, run_id: str) -> None:
        self.run_id = run_id
        self.record = JsonRecord()
        self.is_closed = False
        self.blobs = blobs
        self._described: dict[str, Any] = {}

    @functools.cached_property
    def metrics(self) -> MetricsFile:
        """Its metrics; there are none before this is asked for."""
        from sacred.stores.files.metrics_json import MetricsFile

        return MetricsFile(self.blobs, self.run_id)

    def load(self) -> None:
        """Go on with what is on the disk."""
        for name, value in _record_of(self.blobs, self.run_id).items():
            self.record.set(name, value)
            if name == ABOUT:
                self._described = value
        self.record.changed = False
        self.is_closed = "stop_time" in self.record
        if self.is_closed:
            self.blobs.announce(self.run_id)
        self.metrics.load()

    def set(self, change: SetFields) -> None:
        """Write what has its own file; `save` writes the rest."""
        fields = dict(change.fields)
        if "config" in fields:
            self.blobs.write(f"{self.run_id}/config.json", encode(fields.pop("config")).encode())
        if "info" in fields:
            self.blobs.write(f"{self.run_id}/info.json", encode(fields.pop("info")).encode())
        for name in DETAIL_FILES.keys() & fields.keys():
            text = encode(fields.pop(name))
            self.blobs.write(f"{self.run_id}/{DETAIL_FILES[name]}", text.encode())
        if "meta" in fields:
            self.blobs.remove(f"{self.run_id}/{ANNOTATIONS}")
        for name, value in fields.items():
            self.record.set(name, value)
        self.is_closed = self.is_closed or change.closes

    def reopen(self, change: Reopen) -> None:
        """Let the run go on."""
        for name in OF_THE_END:
            self.record.remove(name)
        self.record.set("status", change.status)
        self.is_closed = False

    def annotate(self, change: Annotate) -> dict[str, Any]:
        """Change ``meta`` of the record; returns what it is then."""
        meta = change.applied_to(self.record.value("meta") or {})
        self.record.set("meta", meta)
        return meta

    def describe(self, artifact: AddFile) -> None:
        """Keep what was given with an artifact, if anything was."""
        about = {"metadata": artifact.metadata, "content_type": artifact.content_type}
        about = {name: value for name, value in about.items() if value is not None}
        if about != self._described.get(artifact.name, {}):
            self._described[artifact.name] = about
            self.record.set(ABOUT, self._described)

    def save(self) -> None:
        """Write ``run.json`` if it is not as it should be."""
        if self.record.changed:
            # What claims to be whole must be, also after a power failure.
            write = self.blobs.write_last if self.is_closed else self.blobs.write
            write(f"{self.run_id}/run.json", self.record.text().encode())
            self.record.changed = False


def _mark_of(run_id: RunId) -> str:
    if not str(run_id) or "/" in str(run_id) or os.sep in str(run_id) or str(run_id) in (".", ".."):
        raise RunNotFoundError(f"There is no run {run_id!r}")
    return f"{TRASH}/{run_id}/{MARK}"


def _record_of(blobs: Blobs, run_id: str) -> dict[str, Any]:
    _check_name(blobs, run_id)
    try:
        record: dict[str, Any] = json.loads(blobs.read(f"{run_id}/run.json"))
    except FileNotFoundError:
        raise _not_found(blobs, run_id) from None
    return record


def _check_there(blobs: Blobs, run_id: str) -> None:
    """Check that there is a run, however damaged its record is."""
    _check_name(blobs, run_id)
    if not any(blobs.exists(f"{run_id}/{name}") for name in ("run.json", "config.json")):
        raise _not_found(blobs, run_id)


def _check_name(blobs: Blobs, run_id: str) -> None:
    if run_id in ("", ".", "..") or "/" in run_id or os.sep in run_id:
        raise _not_found(blobs, run_id)


def _not_found(blobs: Blobs, run_id: str) -> RunNotFoundError:
    return RunNotFoundError(f"There is no run {run_id!r}: {os.path.join(blobs.root, run_id)}")


def _is_within(path: str, directory: str) -> bool:
    base = os.path.realpath(directory)
    return os.path.commonpath([os.path.realpath(path), base]) == base


def store_once(blobs: Blobs, path: str, md5: str | None = None, missing: str | None = None) -> str:
    """Store content under ``NAME_MD5.EXT`` unless it is there, and return that name.

    Args:
        blobs: where it is stored.
        path: of the local file.
        md5: its hexadecimal digest, if known.
        missing: a name under which there is certainly nothing yet.
    """
    md5 = md5 or md5_of_file(path)
    name = _named_by(path, md5)
    if name == missing or not blobs.holds(name, md5, _size_of(path)):
        try:
            blobs.put_file(name, path)
        except StoreUnavailableError:
            # It may be there, and somebody else's.
            if not blobs.exists(name):
                raise
    return name


def _size_of(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return -1


def _named_by(path: str, md5: str) -> str:
    stem, suffix = os.path.splitext(storable_text(os.path.basename(path)))
    # The digest makes it unique, so a long name may lose its end.
    stem = stem.encode()[: _MAX_NAME_BYTES - 33 - len(suffix.encode())].decode(errors="ignore")
    return f"{stem}_{md5}{suffix}"


def local_file_store(
    basedir: str,
    resource_dir: str,
    source_dir: str | None,
    copy_artifacts: bool = True,
) -> FileStore:
    """Return a store in directories of the local disk.

    Args:
        basedir: directory of the runs.
        resource_dir: directory of resources.
        source_dir: directory of sources; None: they are recorded in place.
        copy_artifacts: whether artifacts are copied into the directory of their run.
    """
    return FileStore(
        LocalBlobs(basedir),
        None if source_dir is None else LocalBlobs(source_dir),
        LocalBlobs(resource_dir),
        copy_artifacts,
    )
