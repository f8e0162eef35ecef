"""Methods of observers of file records that scripts and subclasses call during a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, overload

from sacred._base.run_ids import RunId
from sacred.observers.base import JsonDict
from sacred.observers.editable_entry import plain_fields
from sacred.observers.store_observer import StoreObserver
from sacred.stores.changes import SetFields
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
    """The base of observers that store a run as files: on a disk, or in a bucket."""

    store: FileStore

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

        Into ``run.json`` go the fields of `obj`, beside those that it has; into ``config.json``
        and ``info.json``, `obj`.

        Args:
            obj: any value; what JSON lacks is flattened.
            filename: name of the file.

        Raises:
            ReservedArtifactError: it is another file of the record, such as ``metrics.json``.
        """
        if filename == "run.json":
            self._add([SetFields(fields=plain_fields(obj))])
        elif filename in ("config.json", "info.json"):
            self._add([SetFields(fields=plain_fields({filename.removesuffix(".json"): obj}))])
        else:
            self.store.save_json(self._running.run_id, obj, filename)

    def save_sources(self, ex_info: Mapping[str, Any]) -> list[list[str]]:
        """Store source files, unless they are stored already.

        Args:
            ex_info: has ``base_dir`` and ``sources``, a list of names and MD5 digests.

        Returns:
            a list of ``[name, path of the copy relative to the directory of runs]``.
        """
        return self.store.store_sources(source_files(ex_info))

    def save_cout(self) -> None:
        """Write the output that has been received so far."""
        self._write()

    @property
    def run_entry(self) -> JsonDict | None:
        """The content of ``run.json``; None before a start.

        What is edited in it is written with the next event.
        """
        text = self._record_text("run.json")
        return None if text is None else self._record.entry.refresh(json.loads(text))

    @run_entry.setter
    def run_entry(self, entry: JsonDict) -> None:
        self._record.entry.replace(entry)

    def _record_text(self, name: str) -> str | None:
        """The text of a file of the record; None: there is none."""
        run_id = self._run_id
        return None if run_id is None else self.store.record_text(run_id, name)

    @property
    def _run_id(self) -> RunId | None:
        return self._queued_id if self._recording is None else self._recording.run_id
