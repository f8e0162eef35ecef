"""Records of runs in the memory of this process: for tests, and for comparing stores."""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacred._base.run_ids import RunId
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
)
from sacred.stores.reader import ReadableStore, Reader
from sacred.stores.store import (
    MissingPartError,
    RunExistsError,
    RunNotFoundError,
    not_discarded,
)

if TYPE_CHECKING:
    from sacred.stores.claims import Claims, QueueEntry

__all__ = ["READ_FIELDS", "MemoryStore"]

#: The fields of the document that `MemoryStore.read` returns.
READ_FIELDS = ("config", "status", "info", "result", "fail_trace")


class MemoryStore(ReadableStore):
    """A store in memory, which defines the meaning of each change; ids are 1, 2, 3, ...

    >>> store = MemoryStore()
    >>> store.create(None, {"status": "RUNNING", "config": {"a": 1}}, [])
    1
    >>> store.apply(1, [WriteOutput(start=0, offset=0, text="hello")])
    >>> store.read(1)["output"], store.read(1)["config"]
    ('hello', {'a': 1})
    """

    url = "memory:"
    supports_details = True

    def __init__(self) -> None:
        self.runs: dict[RunId, dict[str, Any]] = {}
        #: Entries of `sacred.stores.memory.claims`.
        self.queue: dict[RunId, QueueEntry] = {}
        self.lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        with self.lock:
            return {"runs": copy.deepcopy(self.runs), "queue": dict(self.queue)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.runs, self.queue = state["runs"], state["queue"]
        self.lock = threading.RLock()

    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`."""
        run: dict[str, Any] = {
            "document": dict(document),
            "output": "",
            "metrics": {},
            "artifacts": {},
            "resources": {},
            "sources": _contents(files),
            "labels": {},
        }
        with self.lock:
            if run_id is None:
                numbers = [taken for taken in self.runs if isinstance(taken, int)]
                run_id = max(numbers, default=0) + 1
            if run_id in self.runs:
                raise RunExistsError(f"There is a run {run_id!r} already in {self.url}")
            self.runs[run_id] = run
        return run_id

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """See `Store.apply`."""
        run = self._run(run_id)
        for change in changes:
            with self.lock:
                _apply(run, change)

    def discard(self, run_id: RunId) -> None:
        """See `Store.discard`."""
        self._run(run_id)["discarded"] = True

    def recover(self, run_id: RunId) -> None:
        """See `Store.recover`."""
        self._run(run_id).pop("discarded", None)

    def remove(self, run_id: RunId) -> None:
        """See `Store.remove`."""
        if not self._run(run_id).get("discarded"):
            raise not_discarded(run_id, self.url)
        with self.lock:
            del self.runs[run_id]
            self.queue.pop(run_id, None)

    def read(self, run_id: RunId) -> dict[str, Any]:
        """Return everything that is stored for a run.

        Returns:
            the fields of `READ_FIELDS` (None where one is missing), the whole ``output``,
            ``metrics`` as ``{name: [(step, value, time), ...]}``, and ``artifacts`` and
            ``resources`` as ``{name: content}``.

        Raises:
            RunNotFoundError: there is no such run.
        """
        run = self._run(run_id)
        parts = {name: run[name] for name in ("output", "metrics", "artifacts", "resources")}
        fields = {name: run["document"].get(name) for name in READ_FIELDS}
        # What the caller does to it is no change of the record.
        return copy.deepcopy({**parts, **fields})

    def reader(self) -> Reader:
        """See `ReadableStore.reader`."""
        # Not at the top: a run that writes loads no reader.
        from sacred.stores.memory.reader import MemoryReader

        return MemoryReader(self.url, self.runs)

    def stored_status(self, run_id: RunId) -> str | None:
        """Return the status in the record of a run."""
        status: str | None = self._run(run_id)["document"].get("status")
        return status

    def claims(self) -> Claims:
        """See `sacred.stores.claims.claims_of`."""
        from sacred.stores.memory.claims import MemoryClaims

        return MemoryClaims(self)

    def _run(self, run_id: RunId) -> dict[str, Any]:
        if run_id not in self.runs:
            raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
        return self.runs[run_id]


def _contents(files: Sequence[SourceFile]) -> dict[str, bytes | None]:
    """The sources; None for those that were imported, and are gone since."""
    paths = {file.name: Path(file.path) for file in files}
    return {name: path.read_bytes() if path.is_file() else None for name, path in paths.items()}


def _apply(run: dict[str, Any], change: Change) -> None:
    match change:
        case WriteOutput():
            before = run["output"][: change.start]
            if len(before.encode()) != change.offset:
                raise MissingPartError(f"Output before character {change.start} is missing")
            run["output"] = before + change.text
        case AddPoints():
            points = run["metrics"].setdefault(change.name, [])
            if change.start > len(points):
                raise MissingPartError(
                    f"Points of {change.name!r} before {change.start} are missing"
                )
            new = zip(change.steps, change.values, change.timestamps, strict=True)
            points[change.start : change.stop] = new
        case DropPoints():
            del run["metrics"].get(change.name, [])[change.start :]
        case AddFile():
            kind = f"{change.kind}s"
            run[kind][change.name] = Path(change.path).read_bytes()
            run["labels"][kind, change.name] = change
        case SetExperiment():
            run["document"]["experiment"] = change.info
            run["sources"] |= _contents(change.files)
        case Annotate():
            run["document"]["meta"] = change.applied_to(run["document"].get("meta") or {})
        case SetFields():
            run["document"].update(change.fields)
        case Reopen():
            for name in OF_THE_END:
                run["document"].pop(name, None)
            run["document"]["status"] = change.status
