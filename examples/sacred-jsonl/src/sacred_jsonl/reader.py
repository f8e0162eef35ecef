"""Reading the store: what queries, tables of runs and programs need."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from sacred.query import AllOf, AnyOf, Condition, Predicate
from sacred.records import FileEntry, Points, id_key, plain_id
from sacred.serializer import dumps, restore
from sacred.stores import Reader, StoreNotFoundError, timestamp_of

if TYPE_CHECKING:
    from sacred_jsonl.store import JsonLinesStore

_TIMES = ("start_time", "stop_time", "heartbeat", "queue_time")


class JsonLinesReader(Reader):
    """Reads a `JsonLinesStore`."""

    def __init__(self, store: JsonLinesStore) -> None:
        self.url = store.url
        self._store = store

    def prefilter(self, predicate: Condition) -> Callable[[bytes], bool]:
        """See `Reader.prefilter`: a text is looked for before a file is parsed."""
        return functools.partial(_may_fit, predicate)

    def documents(
        self,
        ids: Iterable[Any] | None = None,
        fields: Collection[str] | None = None,
        report: Callable[[str], None] | None = None,
        where: Callable[[bytes], bool] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """See `Reader.documents`; `where` is what `prefilter` gave."""
        ids = self.ids() if ids is None else ids
        if where is not None:
            ids = (run_id for run_id in ids if where(self._store.content(run_id)))
        return super().documents(ids, fields, report)

    def ids(self) -> Iterator[Any]:
        if not self._store.directory.is_dir():
            raise StoreNotFoundError(f"There is no directory {str(self._store.directory)!r}")
        return iter(sorted(map(plain_id, self._store.ids()), key=id_key))

    def document(self, run_id: Any, fields: Collection[str] | None = None) -> dict[str, Any]:
        run = self._store.read(run_id)
        sources = run.get("experiment", {}).pop("sources", ())
        document = {"_id": run_id, **run} | {k: timestamp_of(run[k]) for k in _TIMES if k in run}
        document["sources"] = [FileEntry(name=name, md5=md5) for name, md5 in sources]
        for kind in ("artifacts", "resources"):
            document[kind] = [FileEntry(name=name, ref=kind) for name in run[kind]]
        return {k: v for k, v in document.items() if k not in ("output", "metrics")}

    def output(self, run_id: Any) -> str:
        return self._store.read(run_id)["output"]

    def metric_names(self, run_id: Any) -> list[str]:
        return list(self._store.read(run_id)["metrics"])

    def points(self, run_id: Any, name: str) -> Points:
        points = self._store.read(run_id)["metrics"].get(name, [])
        steps, values, times = ([point[n] for point in points] for n in range(3))
        return Points(steps=restore(steps), values=restore(values), timestamps=times)

    def open_file(self, run_id: Any, entry: FileEntry) -> IO[bytes]:
        if entry.ref is None:
            raise FileNotFoundError(f"Sources like {entry.name!r} are not stored here")
        return io.BytesIO(self._store.read(run_id)[entry.ref][entry.name])


def _may_fit(predicate: Condition, content: bytes) -> bool:
    """Whether a run may fulfil it; false only if the text of its file shows that it does not."""
    match predicate:
        case AllOf(parts):
            return all(_may_fit(part, content) for part in parts)
        case AnyOf(parts):
            return any(_may_fit(part, content) for part in parts)
        case Predicate("status" | "command", _, "equal", str(value)):
            return dumps(value).encode() in content
    return True  # whoever reads the run decides
