"""The queue of a MongoDB store: the field ``queue_entry`` of the document of a run.

So a change of the document can compare the attempt in the same step.
"""

from __future__ import annotations

from collections.abc import Collection as Container
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from sacred._base.run_ids import RunId
from sacred.stores.changes import OF_THE_END, Annotate, Change, Reopen, SetFields
from sacred.stores.claims import LEASED, WAITING, Claims, QueueEntry, stale_attempt
from sacred.stores.mongo.bson_values import QUEUE_ENTRY, force_bson_encodeable
from sacred.stores.mongo.errors import translate_errors
from sacred.stores.store import RunNotFoundError, Store

if TYPE_CHECKING:
    from pymongo.collection import Collection

__all__ = ["MongoClaims"]

#: When the lease was renewed, by the clock of the server.
_RENEWED = f"{QUEUE_ENTRY}.renewed"


class _Store(Protocol):
    url: str
    runs: Collection[Any]

    def with_fence(self, fence: _Fence) -> Store: ...


class MongoClaims(Claims):
    """Entries as fields of documents.

    Args:
        store: the store of the runs.
    """

    def __init__(self, store: _Store) -> None:
        self.url = store.url
        self._store = store
        self._runs = store.runs
        self._fenced: dict[tuple[RunId, int], Store] = {}
        self._has_index = False

    def entry(self, run_id: RunId) -> QueueEntry | None:
        """See `Claims.entry`."""
        with translate_errors(self.url):
            found = self._runs.find_one({"_id": run_id}, {QUEUE_ENTRY: 1})
        return None if found is None else _entry(found)

    def swap(
        self,
        before: QueueEntry | None,
        after: QueueEntry,
        changes: Sequence[Change] = (),
        unless: Container[str] = (),
    ) -> bool:
        """See `Claims.swap`."""
        which: dict[str, Any] = {"_id": after.run_id}
        if before is None:
            which[QUEUE_ENTRY] = {"$exists": False}
        else:
            which[f"{QUEUE_ENTRY}.version"] = before.version
        if unless:
            which["status"] = {"$nin": list(unless)}
        update = _update(changes)
        fields = {f"{QUEUE_ENTRY}.{name}": value for name, value in after.plain().items()}
        update["$set"] = {**update.get("$set", {}), **fields}
        if after.state == LEASED:
            update["$currentDate"] = {_RENEWED: True}
        with translate_errors(self.url):
            self._prepare()
            if self._runs.update_one(which, update).matched_count:
                return True
            if before is None and self._runs.find_one({"_id": after.run_id}, {"_id": 1}) is None:
                raise RunNotFoundError(f"There is no run {after.run_id!r} in {self.url}")
        return False

    def waiting(self) -> Iterator[QueueEntry]:
        """See `Claims.waiting`."""
        order = [("priority", -1), ("queue_time", 1)]
        with translate_errors(self.url):
            self._prepare()
            found = self._runs.find({f"{QUEUE_ENTRY}.state": WAITING}, {QUEUE_ENTRY: 1})
            for document in found.sort([(f"{QUEUE_ENTRY}.{name}", way) for name, way in order]):
                entry = _entry(document)
                if entry is not None:
                    yield entry

    def entries(self, state: str) -> list[QueueEntry]:
        """See `Claims.entries`."""
        with translate_errors(self.url):
            found = self._runs.find({f"{QUEUE_ENTRY}.state": state}, {QUEUE_ENTRY: 1})
            return [entry for entry in map(_entry, found) if entry is not None]

    def lease_ages(self) -> Mapping[RunId, float]:
        """See `Claims.lease_ages`; the server has a clock that all workers can ask."""
        age = {"$subtract": ["$$NOW", f"${_RENEWED}"]}
        which = {"$match": {f"{QUEUE_ENTRY}.state": LEASED}}
        with translate_errors(self.url):
            found = list(self._runs.aggregate([which, {"$project": {"age": age}}]))
        return {one["_id"]: one["age"] / 1000 for one in found if one["age"] is not None}

    def apply(self, run_id: RunId, attempt: int, changes: Sequence[Change]) -> None:
        """See `Claims.apply`."""
        key = run_id, attempt
        if key not in self._fenced:
            self._fenced[key] = self._store.with_fence(
                _Fence(self._runs, run_id, attempt, self.url)
            )
        self._fenced[key].apply(run_id, changes)

    def _prepare(self) -> None:
        if not self._has_index:
            order = [("state", 1), ("priority", -1), ("queue_time", 1)]
            keys = [(f"{QUEUE_ENTRY}.{name}", way) for name, way in order]
            self._runs.create_index(keys, sparse=True)
            self._has_index = True


class _Fence:
    """Lets an attempt change its run only as long as it has the lease.

    Points lie in other documents than the run, and one step cannot compare the one and change the
    other: the lease is looked at right before each change of them.
    """

    def __init__(self, runs: Collection[Any], run_id: RunId, attempt: int, url: str) -> None:
        self._runs, self._run_id, self._attempt, self._url = runs, run_id, attempt, url
        self.condition = {f"{QUEUE_ENTRY}.state": LEASED, f"{QUEUE_ENTRY}.attempt": attempt}

    def check(self) -> None:
        """Raise an error if the lease is lost."""
        which = {"_id": self._run_id, **self.condition}
        if self._runs.find_one(which, {"_id": 1}) is None:
            raise stale_attempt(self._run_id, self._attempt, self._url)

    def runs(self, runs: Collection[Any]) -> Collection[Any]:
        """Return the collection of the runs, with the condition in each update."""
        return cast("Collection[Any]", _FencedRuns(runs, self))

    def metrics(self, metrics: Collection[Any]) -> Collection[Any]:
        """Return the collection of the metrics, with a check before each change."""
        return cast("Collection[Any]", _FencedMetrics(metrics, self))


class _FencedRuns:
    def __init__(self, runs: Collection[Any], fence: _Fence) -> None:
        self._collection, self._fence = runs, fence

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)

    def update_one(self, which: Mapping[str, Any], update: Any) -> Any:
        done = self._collection.update_one({**which, **self._fence.condition}, update)
        if not done.matched_count:
            self._fence.check()  # else it is for another reason
        return done


class _FencedMetrics:
    def __init__(self, metrics: Collection[Any], fence: _Fence) -> None:
        self._collection, self._fence = metrics, fence

    def __getattr__(self, name: str) -> Any:
        if name in ("insert_one", "update_one", "update_many", "delete_many", "with_options"):
            self._fence.check()
        return getattr(self._collection, name)


def _update(changes: Sequence[Change]) -> dict[str, Any]:
    new: dict[str, Any] = {}
    gone: dict[str, str] = {}
    for change in changes:
        match change:
            case SetFields():
                new |= change.fields
            case Reopen():
                new["status"] = change.status
                gone |= dict.fromkeys(OF_THE_END, "")
            case Annotate():
                new |= {f"meta.{name}": value for name, value in change.fields.items()}
    fields = {name: force_bson_encodeable(value) for name, value in new.items()}
    return {"$set": fields, "$unset": gone} if gone else {"$set": fields}


def _entry(document: Mapping[str, Any]) -> QueueEntry | None:
    fields = document.get(QUEUE_ENTRY)
    return None if fields is None else QueueEntry.of_plain(document["_id"], fields)
