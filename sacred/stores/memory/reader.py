"""Reading records in the memory of this process."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from typing import IO, Any

from sacred.events import DETAIL_FIELDS
from sacred.records import TIME_FIELDS, Document, FileEntry, Points, RunId
from sacred.serializer import flatten, restore
from sacred.stores.reader import Reader, noticing_damage, timestamp_of
from sacred.stores.store import RunNotFoundError

__all__ = ["MemoryReader"]

_FIELDS_ELSEWHERE = ("captured_out", "artifacts", "resources")


class MemoryReader(Reader):
    """Reads a `sacred.stores.memory.store.MemoryStore`.

    Args:
        url: of the store.
        runs: its runs; later changes show up.
    """

    def __init__(self, url: str, runs: dict[RunId, dict[str, Any]]) -> None:
        self.url = url
        self._runs = runs

    def ids(self) -> Iterator[RunId]:
        """See `Reader.ids`."""
        return iter(list(self._runs))

    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """See `Reader.document`."""
        run = self._run(run_id)
        with noticing_damage(run_id, f"its record in {self.url}"):
            document = self._document(run_id, run)
        unwanted = set(DETAIL_FIELDS).difference(fields or ())
        return {name: value for name, value in document.items() if name not in unwanted}

    def _document(self, run_id: RunId, run: dict[str, Any]) -> Document:
        document = {k: v for k, v in run["document"].items() if k not in _FIELDS_ELSEWHERE}
        document |= {
            name: timestamp_of(document.get(name)) for name in TIME_FIELDS if name in document
        }
        experiment = dict(document.get("experiment") or {})
        digests = dict(experiment.pop("sources", None) or ())
        document |= {"_id": run_id, "experiment": experiment}
        document["sources"] = [
            FileEntry(name=name, ref=name, md5=digests.get(name)) for name in run["sources"]
        ]
        for kind in ("artifacts", "resources"):
            document[kind] = [_entry(name, run["labels"].get((kind, name))) for name in run[kind]]
        return document

    def output(self, run_id: RunId) -> str:
        """See `Reader.output`."""
        return str(self._run(run_id)["output"])

    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """See `Reader.metric_names`."""
        return list(self._run(run_id)["metrics"])

    def points(self, run_id: RunId, name: str) -> Points:
        """See `Reader.points`."""
        points = self._run(run_id)["metrics"].get(name, [])
        steps, values, times = ([point[n] for point in points] for n in range(3))
        # As if they had been written down.
        return Points(steps=steps, values=restore(flatten(values)), timestamps=times)

    def open_file(self, run_id: RunId, entry: FileEntry) -> IO[bytes]:
        """See `Reader.open_file`."""
        run = self._run(run_id)
        kind = entry.ref[0] if isinstance(entry.ref, tuple) else "sources"
        content = run[kind].get(entry.name)
        if content is None:
            raise FileNotFoundError(f"{entry.name!r} of run {run_id!r} is not stored")
        return io.BytesIO(content)

    def discarded(self) -> Collection[RunId]:
        """See `Reader.discarded`."""
        return {run_id for run_id, run in self._runs.items() if run.get("discarded")}

    def _run(self, run_id: RunId) -> dict[str, Any]:
        if run_id not in self._runs:
            raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
        return self._runs[run_id]


def _entry(name: str, change: Any) -> FileEntry:
    return FileEntry(
        name=name,
        ref=(f"{change.kind}s",),
        md5=change.md5,
        content_type=change.content_type,
        metadata=change.metadata,
    )
