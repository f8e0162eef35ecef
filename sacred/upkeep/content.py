"""A digest of what a run is, wherever it is stored: two copies of a run have the same one."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from typing import IO, Any

from sacred.records import Points, RunRecord, StoredFile
from sacred.records.stored_values import restored
from sacred.serializer import dumps, flatten
from sacred.stores.reader import timestamp_of

__all__ = ["COPIED_FROM", "FIELDS", "TIMES", "content_hash", "digest_of", "state_of"]

#: The entry of ``meta`` that says which run this one is a copy of.
COPIED_FROM = "copied_from"

TIMES = ("start_time", "stop_time", "heartbeat", "queue_time")
#: The fields of a document that belong to a run's content.
FIELDS = (
    "status command config info result meta host experiment fail_trace".split()  # noqa: SIM905
    + list(TIMES)
)
_CHUNK = 1 << 20


def content_hash(record: RunRecord, *, status: object = None) -> str:
    """A digest of all that a run consists of, the same in every store.

    It covers the fields of its document, its output, all points of its metrics, and the
    names and contents of its files with their metadata. It leaves out the id, where things
    are stored, ``meta.copied_from``, files whose content a store does not have (but not the names
    of sources), and what some stores cannot tell apart: fractions of milliseconds, missing and
    empty values, the order of files and of keys, NUL and its picture (U+2400).

    Everything is read, files included.

    Args:
        record: the run.
        status: used instead of its own.
    """
    parts = {
        "document": _document(record, status),
        "output": _text_digest(_storable(record.output)),
        "metrics": {
            name: _points_digest(metric.points)
            for name, metric in record.read_metrics().items()
            if len(metric)
        },
        "sources": {name: digest_of(file) for name, file in record.sources.items()},
        "resources": _digests(record.resources),
        "artifacts": {
            _storable(name): [
                digest,
                record.artifacts[name].content_type,
                dict(record.artifacts[name].metadata),
            ]
            for name, digest in _digests(record.artifacts).items()
        },
    }
    return _text_digest(dumps(parts, sort_keys=True))


def state_of(record: RunRecord) -> str:
    """A digest that changes with each heartbeat and each annotation; only the document is read."""
    files = {
        kind: [[entry.name, entry.md5] for entry in record.stored(kind) or ()]
        for kind in ("sources", "resources", "artifacts")
    }
    return _text_digest(dumps([_document(record), files], sort_keys=True))


def digest_of(file: StoredFile) -> str | None:
    """The MD5 digest of a file; None: the store does not have its content."""
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with file.open() as content:
            for piece in _pieces(content):
                digest.update(piece)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def _digests(files: Mapping[str, StoredFile]) -> dict[str, str]:
    found = {name: digest_of(file) for name, file in files.items()}
    return {name: digest for name, digest in found.items() if digest is not None}


def _document(record: RunRecord, status: object = None) -> dict[str, Any]:
    document = {name: record.stored(name) for name in FIELDS}
    document["status"] = status or document["status"]
    meta = {k: v for k, v in (document["meta"] or {}).items() if k != COPIED_FROM}
    document |= {"meta": meta, **{name: _millisecond(document[name]) for name in TIMES}}
    return {
        # Some stores write NaN as such, some as text with a tag.
        name: flatten(_with_milliseconds(restored(value, lambda problem: None)))
        for name, value in document.items()
        if value not in (None, "", {}, [])
    }


def _points_digest(points: Points) -> str:
    steps, values = (_listed(items) for items in (points.steps, points.values))
    times = [_millisecond(timestamp_of(time)) for time in _listed(points.timestamps)]
    return _text_digest(dumps(flatten([steps, values, times])))


def _with_milliseconds(value: Any) -> Any:
    """Entries that are times as precise as all stores have them (MongoDB: milliseconds)."""
    if not isinstance(value, dict):
        return value
    return {name: _millisecond(entry) or entry for name, entry in value.items()}


def _millisecond(timestamp: Any) -> str | None:
    if not isinstance(timestamp, datetime.datetime):
        return None
    return timestamp.isoformat(timespec="milliseconds")


def _listed(items: Any) -> list[Any]:
    found: list[Any] = items.tolist() if hasattr(items, "tolist") else list(items)
    return found


def _storable(text: str) -> str:
    return text.replace("\0", "␀")


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _pieces(file: IO[bytes]) -> Iterable[bytes]:
    while piece := file.read(_CHUNK):
        yield piece
