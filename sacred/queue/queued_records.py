"""Queued records without an entry in the queue: from older versions, or from a killed script."""

from __future__ import annotations

import datetime
import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

from sacred._base.clock import utcnow
from sacred.events import DETAIL_FIELDS
from sacred.records import RunId, RunRecord
from sacred.runs.run_store import RunStore
from sacred.status import QUEUED
from sacred.stores.changes import SetFields, SourceFile
from sacred.stores.claims import HELD, WAITING, Claims
from sacred.stores.local_files import md5_of_file

__all__ = ["enqueue_record", "enter_queued_runs", "queue_again"]

#: A script that queues a run enters it into the queue itself, soon afterwards.
_PATIENCE = datetime.timedelta(seconds=60)


def enter_queued_runs(store: RunStore, claims: Claims) -> int:
    """Give each run with the status ``QUEUED`` an entry; return how many had none.

    Args:
        store: the store.
        claims: its queue.
    """
    count = 0
    known = {str(entry.run_id) for state in (WAITING, HELD) for entry in claims.entries(state)}
    for record in store.runs(f"status = {QUEUED}"):
        if str(record.id) in known:
            continue
        is_new = record.queue_time is not None and utcnow() - record.queue_time < _PATIENCE
        if not is_new and claims.entry(record.id) is None:
            enqueue_record(record, claims)
            count += 1
    return count


def enqueue_record(record: RunRecord, claims: Claims) -> None:
    """Let a queued run wait for a worker.

    Args:
        record: the run.
        claims: the queue of its store.
    """
    time = record.queue_time
    queue_time = time.isoformat() if isinstance(time, datetime.datetime) else ""
    claims.enqueue(record.id, _priority(record), queue_time)


def _priority(record: RunRecord) -> float:
    """The priority of a run; whoever has written nonsense keeps no other run from being taken."""
    try:
        number = float(record.meta.get("priority") or 0.0)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) else 0.0


def queue_again(record: RunRecord, store: RunStore, claims: Claims) -> RunId:
    """Queue a run again as a new run, and return the new id.

    Args:
        record: the run.
        store: the store of the run, and of the new one.
        claims: the queue of the store.
    """
    names = ("command", "host", "config")
    document = {name: record.stored(name) for name in names}
    meta = {
        key: value for key, value in (record.stored("meta") or {}).items() if key not in _OWN_FIELDS
    }
    now = utcnow()
    document |= {"meta": meta, "status": QUEUED, "queue_time": now}
    with tempfile.TemporaryDirectory(prefix="sacred-queue-") as scratch:
        document["experiment"], files = _experiment(record, Path(scratch))
        run_id = store.backend.create(None, document, files)
    for name in DETAIL_FIELDS:
        if value := record.stored(name):
            store.apply(run_id, [SetFields(fields={name: value})])
    claims.enqueue(run_id, float(meta.get("priority") or 0.0), now.isoformat())
    return run_id


#: Entries that belong to one run only, and not to another that is queued like it.
_OWN_FIELDS = frozenset({"attempts", "process", "queue_time"})


def _experiment(record: RunRecord, scratch: Path) -> tuple[dict[str, Any], list[SourceFile]]:
    files = []
    for number, (name, file) in enumerate(record.sources.items()):
        path = scratch / str(number) / Path(name).name
        path.parent.mkdir()
        with file.open() as stored, open(path, "wb") as copy:
            shutil.copyfileobj(stored, copy)
        files.append(SourceFile(name=name, path=str(path), md5=md5_of_file(str(path))))
    info = {**(record.stored("experiment") or {})}
    return {**info, "sources": [[file.name, file.md5] for file in files]}, files
