"""A summary of a run, and where the values of its configuration come from."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sacred._base.masking import mask_passwords
from sacred.display.value_text import as_text, as_zoned_text, one_line
from sacred.provenance.origins import Origin, Provenance
from sacred.records import RunRecord
from sacred.runs.program_words import program_of

__all__ = ["changed_origin", "deleted_entries", "short_origin", "summary_fields", "truncate"]

_TIMES = {
    "queue_time": "queued",
    "start_time": "start",
    "stop_time": "stop",
    "heartbeat": "heartbeat",
}
#: How many characters of a long value are shown.
_MAX_CHARS = 300


def summary_fields(record: RunRecord, utc: bool = False) -> Iterator[tuple[str, str]]:
    """Yield labels and values: times, result, annotations, machine, packages, files.

    Args:
        record: the run.
        utc: whether times are in UTC, not in this machine's time zone.
    """
    for name, label in _TIMES.items():
        moment = getattr(record, name)
        # The heartbeat matters only as long as there is no end.
        if moment is not None and (name != "heartbeat" or record.stop_time is None):
            yield label, as_zoned_text(moment, utc)
    values = {
        "duration": record.duration,
        "result": record.result,
        "comment": record.comment,
        "group": record.group,
        "tags": ", ".join(record.tags) or None,
        "notes": record.notes,
        "starred": record.starred or None,
        "verdict": _verdict(record),
        "machine": _machine(record),
        "program": _program(record),
    }
    yield from (
        (name, truncate(text)) for name, value in values.items() if (text := as_text(value))
    )
    if packages := record.dependencies:
        yield "packages", _names(packages)
    for repository in _repositories(record):
        yield "commit", repository
    for kind in ("sources", "resources", "artifacts"):
        if files := getattr(record, kind):
            yield kind, _names(files)


def truncate(text: str) -> str:
    """Return a string, or if it is long, its beginning and its length."""
    return text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS]}… ({len(text)} characters)"


def _verdict(record: RunRecord) -> str | None:
    """What came of repeating another run, if this is a repetition."""
    first, verdict = record.meta.get("rerun_of"), record.meta.get("verdict")
    if not isinstance(first, Mapping) or not verdict:
        return None
    place = "" if first.get("store") == record.store else f" of {first.get('store')}"
    reason = record.meta.get("verdict_reason")
    return f"{verdict} as run {first.get('id')}{place}{f': {reason}' if reason else ''}"


def _program(record: RunRecord) -> str | None:
    """The call of a program of ``sacred exec``."""
    program = program_of(record)
    return None if program is None else shlex.join(map(str, program.get("arguments") or ()))


def _machine(record: RunRecord) -> str | None:
    host = record.host
    system = host.get("os")
    kind = " ".join(map(str, system)) if isinstance(system, list | tuple) else system
    python = host.get("python_version")
    parts = (host.get("hostname"), kind, f"Python {python}" if python else None)
    return ", ".join(str(part) for part in parts if part) or None


def _repositories(record: RunRecord) -> Iterator[str]:
    for entry in record.repositories:
        if entry.get("commit"):
            dirty = ", with changes" if entry.get("dirty") else ""
            url = mask_passwords(str(entry.get("url") or ""))
            yield as_text(f"{entry['commit']}{f' of {url}' if url else ''}{dirty}")


def _names(names: Iterable[Any]) -> str:
    return truncate(as_text(", ".join(map(str, names))))


def short_origin(record: RunRecord, path: str) -> str:
    """Return where the value of an entry comes from; empty if unknown.

    Args:
        record: the run.
        path: of the entry.
    """
    provenance = record.provenance
    if provenance is None or path not in provenance:
        return ""
    origin: Origin = provenance[path].origin
    if origin.kind in ("scope", "dict") and origin.where:
        return origin.where
    return "" if origin.kind == "unknown" else str(origin)


def changed_origin(record: RunRecord, path: str) -> str:
    """Return where the value of an entry comes from, if not from the default sources; else empty.

    Args:
        record: the run.
        path: of the entry.
    """
    provenance = record.provenance
    is_changed = provenance is not None and path in provenance and provenance[path].is_changed
    return one_line(mask_passwords(short_origin(record, path))) if is_changed else ""


def deleted_entries(provenance: Provenance) -> list[str]:
    """Return lines about the entries that updates deleted, which the configuration lacks.

    Args:
        provenance: the provenance of the configuration of a run.
    """
    return [
        one_line(mask_passwords(f"~{path}   deleted by {entry.origin}"))
        for path, entry in provenance.items()
        if entry.is_deleted
    ]
