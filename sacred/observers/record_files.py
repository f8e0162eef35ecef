"""Methods of observers of file records that scripts and subclasses call during a run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from sacred._base.run_ids import RunId
from sacred.events import DETAIL_FIELDS
from sacred.observers.base import JsonDict
from sacred.observers.editable_entry import is_equal, plain_fields
from sacred.observers.store_observer import RecordState, StoreObserver
from sacred.serializer import flatten
from sacred.stores.changes import (
    AddPoints,
    Change,
    SetExperiment,
    SetFields,
    SourceFile,
    WriteOutput,
)
from sacred.stores.document import source_files
from sacred.stores.files.store import FileStore

__all__ = ["RecordFiles", "StoredView"]

Shown = TypeVar("Shown")
Owner = TypeVar("Owner")


class StoredView(Generic[Owner, Shown]):
    """An attribute computed from the stored record, which a subclass may simply assign.

    Unlike a property: observers in use set ``self.info = ...`` or ``self.config = ...``.
    """

    def __init__(self, compute: Callable[[Owner], Shown]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> StoredView[Owner, Shown]: ...
    @overload
    def __get__(self, instance: Owner, owner: type) -> Shown: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        """Compute the value."""
        return self if instance is None else self._compute(instance)


class RecordFiles(StoreObserver):
    """The base of observers that store a run as files: on a disk, or in a bucket.

    Its own events call `save_file`, `find_or_save`, `save_sources`, `save_json` and `save_cout`
    of a subclass that overrides them.
    """

    store: FileStore
    basedir: str
    resource_dir: str
    source_dir: str

    if TYPE_CHECKING:

        def find_or_save(self, filename: str, store_dir: str) -> Any:
            """Store a copy of a file; each subclass returns what suits it."""

    def save_file(self, filename: str, target_name: str | None = None) -> None:
        """Copy a file into the directory of the run; it is not listed as an artifact.

        Args:
            filename: path of the file.
            target_name: its name there, which may have directories (default: its base name).

        Raises:
            ReservedArtifactError: `target_name` is a file of the record, such as ``cout.txt``
                (a `FileExistsError`).
            InvalidArtifactError: it would lie outside of the directory.
            OSError: the file cannot be read.
        """
        self.store.save_file(self._running.run_id, filename, target_name)

    def save_json(self, obj: Any, filename: str) -> None:
        """Write a value as JSON into the directory of the run.

        In ``run.json``, the fields of `obj` are added to those that are there; ``config.json`` and
        ``info.json`` become `obj`.

        Args:
            obj: any value; what JSON lacks is flattened.
            filename: name of the file.

        Raises:
            ReservedArtifactError: it is another file of the record, such as ``metrics.json``.
        """
        if filename == "run.json":
            self._set(_plain(obj, self.run_entry))
        elif filename in ("config.json", "info.json"):
            name = filename.removesuffix(".json")
            self._set({name: _plain(obj, getattr(self, name))})
        elif not (filename == "metrics.json" and self._has_saved(obj)):
            self.store.save_json(self._running.run_id, obj, filename)

    def save_sources(self, ex_info: Mapping[str, Any]) -> list[list[str]]:
        """Store source files, unless they are stored already.

        Args:
            ex_info: has ``base_dir`` and ``sources``, a list of names and MD5 digests.

        Returns:
            a list of ``[name, path of the copy relative to the directory of runs]``.
        """
        files = source_files(ex_info)
        if not (self._overrides("find_or_save") and getattr(self, "copy_sources", True)):
            return self.store.store_sources(files)
        copies = [(file.name, self._saved(file.path, self.source_dir)) for file in files]
        return [[name, os.path.relpath(copy, self.basedir)] for name, copy in copies]

    def save_cout(self) -> None:
        """Write the output that has been received so far."""
        super()._write()

    def resource_event(self, filename: str) -> None:
        """Store a file that the run has read; see `StoreObserver.resource_event`."""
        if self._overrides("find_or_save"):
            self._list("resources", [filename, self._saved(filename, self.resource_dir)])
        else:
            super().resource_event(filename)

    def artifact_event(
        self,
        name: str,
        filename: str,
        metadata: JsonDict | None = None,
        content_type: str | None = None,
    ) -> None:
        """Store a file that the run has written; see `StoreObserver.artifact_event`."""
        if not self._overrides("save_file"):
            super().artifact_event(name, filename, metadata, content_type)
            return
        self.check_artifact(name)
        self.save_file(filename, name)
        self._list("artifacts", name)

    def experiment_info_event(self, ex_info: JsonDict) -> None:
        """Store sources and packages that were discovered after the start."""
        if not self._saves_sources:
            super().experiment_info_event(ex_info)
            return
        [change] = self._writer.experiment_info(ex_info)
        assert isinstance(change, SetExperiment)
        self._add([_with_sources(change.info, self.save_sources(ex_info))])

    @property
    def run_entry(self) -> JsonDict | None:
        """The content of ``run.json``; None before a start.

        Edits of it are written with the next event.
        """
        text = self._record_text("run.json")
        return None if text is None else self._record.entry.refresh(json.loads(text))

    @run_entry.setter
    def run_entry(self, entry: JsonDict) -> None:
        self._record.entry.replace(entry)

    def _overrides(self, *names: str) -> bool:
        """Whether a subclass that is not ours has one of these methods of its own."""
        methods = (getattr(self, name) for name in names)
        return any(not method.__module__.startswith("sacred.observers.") for method in methods)

    def _has_saved(self, metrics: Any) -> bool:
        """Whether a `save_json` of a subclass passes on the metrics that it was given."""
        return self._overrides("save_json") and metrics == getattr(self, "saved_metrics", None)

    @property
    def _saves_sources(self) -> bool:
        return self._overrides("save_sources", "find_or_save")

    @property
    def _extends_writing(self) -> bool:
        return self._overrides("save_json", "save_cout")

    def _saved(self, filename: str, store_dir: str) -> str:
        found = self.find_or_save(filename, store_dir)
        return str(found[0] if isinstance(found, tuple) else found)

    def _list(self, field: str, item: Any) -> None:
        entry = self.run_entry or {}
        entry[field] = [*entry.get(field, ()), item]
        self._write()
        self._call_savers({"run.json"})

    def _begin(
        self,
        record: RecordState,
        run_id: RunId | None,
        document: JsonDict,
        files: Sequence[SourceFile],
    ) -> RunId:
        if not self._saves_sources:
            new_id = super()._begin(record, run_id, document, files)
        else:
            new_id = super()._begin(record, run_id, document, ())
            sources = self.save_sources(document["experiment"])
            self._set(_with_sources(document["experiment"], sources).fields)
        self._call_savers(("run.json", "config.json", "cout.txt"))
        return new_id

    def _set(self, fields: Mapping[str, Any]) -> None:
        self._running.hold([SetFields(fields=fields)])
        super()._write()

    def _write(self) -> None:
        names = _files_of(self._running.pending) if self._extends_writing else ()
        super()._write()
        self._call_savers(names)

    def _write_finally(self, attempts: int) -> str | None:
        names = _files_of(self._running.pending) if self._extends_writing else ()
        spool = super()._write_finally(attempts)
        if spool is None:
            self._call_savers(names)
        return spool

    def _call_savers(self, names: Iterable[str]) -> None:
        """Let a subclass save the files `names` once more, in its own way."""
        contents = {"run.json": "run_entry", "config.json": "config", "info.json": "info",
                    "metrics.json": "saved_metrics"}  # fmt: skip
        if "cout.txt" in names and self._overrides("save_cout"):
            self.save_cout()
        if self._overrides("save_json"):
            for name, attribute in contents.items():
                if name in names and hasattr(self, attribute):
                    self.save_json(getattr(self, attribute), name)

    def _record_text(self, name: str) -> str | None:
        """The text of a file of the record; None: there is none."""
        run_id = self._run_id
        return None if run_id is None else self.store.record_text(run_id, name)

    @property
    def _run_id(self) -> RunId | None:
        return None if self.delivery is None else self.delivery.run_id


def _plain(obj: Any, stored: Mapping[str, Any] | None) -> Any:
    """A value for a file of the record; what is stored in that form already stays as it is."""
    if not isinstance(obj, dict):
        return flatten(obj)
    known = {n: v for n, v in (stored or {}).items() if n in obj and is_equal(obj[n], v)}
    return {**plain_fields({n: v for n, v in obj.items() if n not in known}), **known}


def _with_sources(info: Mapping[str, Any], sources: Any) -> SetFields:
    return SetFields(fields={"experiment": {**info, "sources": sources}})


#: The files of fields that have their own; output is written with every heartbeat.
_FILE_OF = {"info": "info.json", "config": "config.json", "heartbeat": "cout.txt"}


def _files_of(changes: Iterable[Change]) -> set[str]:
    """The names of the files that changes are written to."""
    names: set[str] = set()
    for change in changes:
        if isinstance(change, AddPoints):
            names.add("metrics.json")
        elif isinstance(change, WriteOutput):
            names.add("cout.txt")
        elif not (isinstance(change, SetFields) and change.fields.keys() <= {*DETAIL_FIELDS}):
            # Details have files of their own, which the old library does not know.
            names.add("run.json")
        if isinstance(change, SetFields):
            names |= {_FILE_OF[field] for field in _FILE_OF if field in change.fields}
    return names
