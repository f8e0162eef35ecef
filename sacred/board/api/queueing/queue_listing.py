"""The queues of the stores: runs that wait, are held back, run or have failed; workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred.board.api.operations import Call
from sacred.board.opened_stores import BoardStore, run_key, store_of_key
from sacred.display.value_text import as_json
from sacred.records import RunId, RunRecord, plain_id
from sacred.records.attribute_dict import thawed
from sacred.runs import RunStore
from sacred.stores.claims import HELD, LEASED, WAITING, Lease, QueueEntry, claims_of
from sacred.stores.store import MALFORMED_DATA_ERRORS, QueueUnsupportedError, StoreError

#: Of an entry whose record is gone.
_NOWHERE: Any = None

__all__ = ["list_queue", "queue_stores"]

_FIELDS = ("status", "start_time", "heartbeat", "stop_time", "experiment", "command", "meta")
#: So many of the runs that ended badly are shown.
_MAX_FAILED = 20
_FAILED = "status in (FAILED, DEAD, CANCELLED) and not missing(queue_time)"


class _Found(Frozen):
    """What a store has in its queue."""

    waiting: Sequence[QueueEntry]
    held: Sequence[QueueEntry]
    leased: Sequence[QueueEntry]
    ages: Mapping[RunId, float]


def queue_stores(call: Call) -> list[BoardStore]:
    """Return the stores that a call names, or else all.

    Args:
        call: with a parameter ``store``.
    """
    stores = call.board.stores
    return [store_of_key(stores, key) for key in call.values["store"]] or list(stores.values())


def list_queue(call: Call) -> dict[str, Any]:
    """Return the content of the queues.

    Args:
        call: with the stores, and how many waiting runs of each are listed.
    """
    answer: dict[str, Any] = {"stores": [], "runs": [], "workers": [], "failed": []}
    for store in queue_stores(call):
        about = {"key": store.key, "name": store.name, "reason": None, "error": None}
        found = _Found(waiting=(), held=(), leased=(), ages={})
        try:
            found = _read(store.runs)
            _describe(call, store, found, answer)
        except QueueUnsupportedError as error:
            about["reason"] = str(error)
        except (StoreError, OSError, *MALFORMED_DATA_ERRORS) as error:
            about["error"] = str(error)
        counts = {name: len(getattr(found, name)) for name in ("waiting", "held", "leased")}
        answer["stores"].append({**about, **counts})
    return answer


def _read(runs: RunStore) -> _Found:
    claims = claims_of(runs.backend)
    # `Claims.waiting` may make an index, and who reads changes nothing.
    waiting = sorted(claims.entries(WAITING), key=lambda one: (-one.priority, one.queue_time))
    leased = sorted(claims.entries(LEASED), key=_begun)
    return _Found(
        waiting=waiting,
        held=claims.entries(HELD),
        leased=leased,
        ages=claims.lease_ages() if leased else {},
    )


def _begun(entry: QueueEntry) -> str:
    return str(entry.attempts[-1].get("start", "")) if entry.attempts else ""


def _describe(call: Call, store: BoardStore, found: _Found, answer: dict[str, Any]) -> None:
    limit = call.values["limit"]
    shown = [*found.leased, *found.waiting[:limit], *found.held[:limit]]
    records = _records(store.runs, [entry.run_id for entry in shown])
    looks = {
        str(e.run_id): call.board.queue.look(store.key, e, found.ages.get(e.run_id))
        for e in found.leased
    }
    answer["runs"] += [
        _entry(store.key, entry, records.get(str(entry.run_id)), looks.get(str(entry.run_id)))
        for entry in shown
    ]
    keys = {name: run_key(run.id) for name, run in records.items()}
    answer["workers"] += _workers(store.key, found.leased, keys, call)
    if store.index.is_ready():
        table = store.runs.runs(_FAILED, newest_first=True, limit=_MAX_FAILED)
        failed = _records(store.runs, table.ids).values()
        answer["failed"] += [_about(store.key, run) for run in failed]


def _records(runs: RunStore, ids: Iterable[RunId]) -> dict[str, RunRecord]:
    """The records by the texts of their ids: queues of some stores know ids as texts only."""
    wanted = list(ids)
    found = {str(run.id): run for run in runs.records(wanted, _FIELDS)}
    missing = [one for one in wanted if str(one) not in found and isinstance(one, str)]
    others = [plain_id(one) for one in missing if plain_id(one) != one]
    return found | {str(run.id): run for run in runs.records(others, _FIELDS)}


def _about(store: str, run: RunRecord) -> dict[str, Any]:
    sweep = run.meta.get("sweep")
    stop = run.stop_time
    return {
        "store": store,
        "key": run_key(run.id),
        "id": as_json(run.id),
        "name": run.name,
        "command": run.command,
        "status": run.status,
        "sweep": str(sweep["name"]) if isinstance(sweep, Mapping) and "name" in sweep else None,
        "requirements": as_json(thawed(run.meta.get("requirements"))),
        "stop_time": None if stop is None else stop.isoformat(),
    }


def _entry(
    store: str, entry: QueueEntry, run: RunRecord | None, look: tuple[float, bool] | None
) -> dict[str, Any]:
    # An entry without a record is of a run that has been removed.
    known = _about(store, run or RunRecord(id=entry.run_id, source=_NOWHERE, document={}))
    return {
        **known,
        "state": entry.state,
        "priority": as_json(entry.priority),
        "attempt": entry.attempt,
        "lost": entry.lost,
        "queue_time": entry.queue_time or None,
        "lease": None if look is None or entry.lease is None else _lease(entry, entry.lease, look),
    }


def _lease(entry: QueueEntry, lease: Lease, look: tuple[float, bool]) -> dict[str, Any]:
    silent, is_expired = look
    return {
        "worker": lease.worker,
        "host": lease.host,
        "seconds": lease.seconds,
        "beats": lease.beat,
        "silent": round(silent, 1),
        "expired": is_expired,
        "by_hand": lease.by_hand,
        "start": _begun(entry) or None,
    }


def _workers(
    store: str, leased: Sequence[QueueEntry], keys: Mapping[str, str], call: Call
) -> list[dict[str, Any]]:
    runs: dict[str, list[QueueEntry]] = {}
    for entry in leased:
        if entry.lease is not None:
            runs.setdefault(entry.lease.worker, []).append(entry)
    seen = {lease.worker: (lease, ago) for lease, ago in call.board.queue.workers(store)}
    for worker, entries in runs.items():
        lease = entries[-1].lease
        assert lease is not None
        seen.setdefault(worker, (lease, lease.seconds))
    return [
        {
            "store": store,
            "worker": worker,
            "host": lease.host,
            "runs": [keys.get(str(e.run_id), str(e.run_id)) for e in runs.get(worker, ())],
            "seen": round(ago, 1),
        }
        for worker, (lease, ago) in sorted(seen.items())
    ]
