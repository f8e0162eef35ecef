"""One run: its parts, its output by ranges, and its record as it is read."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from sacred.board.api.editing import annotations_of, etag_of
from sacred.board.api.operations import Call
from sacred.board.opened_stores import run_key
from sacred.board.problem_details import Problem
from sacred.display.fail_trace import user_trace
from sacred.display.value_text import as_json
from sacred.provenance.origins import EntryProvenance
from sacred.records import RunRecord, StoredFile
from sacred.runs.repeating import commands_to_repeat
from sacred.status import ACTIVE
from sacred.stores.store import MALFORMED_DATA_ERRORS, DamagedRunError

__all__ = ["read_config", "read_output", "read_record", "read_run"]

_TIMES = ("queue_time", "start_time", "stop_time", "heartbeat")
_FILES = ("artifacts", "resources", "sources")
#: So much of the output is sent at once at most.
_MAX_OUTPUT_BYTES = 4 << 20


def read_run(call: Call) -> dict[str, Any]:
    """Return everything about a run except its points, its output and the contents of its files.

    Args:
        call: with the run.
    """
    store, run = call.store, call.run
    parts = _Parts(run)
    annotations = annotations_of(run)
    return {
        "store": store.key,
        "key": run_key(run.id),
        "id": as_json(run.id),
        "status": run.status,
        "active": run.status in ACTIVE,
        "name": run.name,
        "command": run.command,
        **{name: parts.json(name) for name in _TIMES},
        "duration": parts.json("duration"),
        "result": parts.json("result"),
        "annotations": annotations,
        "etag": etag_of(annotations),
        "in_trash": store.runs.is_in_trash(run.id),
        "fail_trace": run.fail_trace,
        "user_trace": user_trace(run.fail_trace) if run.fail_trace else None,
        **{name: parts.json(name) for name in ("info", "host", "experiment", "meta")},
        "metrics": parts.read(lambda: list(run.metrics), []),
        **{kind: parts.read(lambda kind=kind: _files(run, kind), []) for kind in _FILES},
        "media": parts.read(lambda: _media(run), []),
        "repeat": parts.read(lambda: commands_to_repeat(run), []),
        "problems": [*run.problems, *parts.problems],
    }


class _Parts:
    """Parts of a run, one of which may be damaged without hiding the others."""

    def __init__(self, run: RunRecord) -> None:
        self._run = run
        self.problems: list[str] = []

    def json(self, name: str) -> Any:
        """A field of the record as JSON; None: it is damaged."""
        return self.read(lambda: as_json(getattr(self._run, name)), None)

    def read(self, make: Any, otherwise: Any) -> Any:
        """What a function returns; something else if that is damaged, which is noted."""
        try:
            return make()
        except (DamagedRunError, *MALFORMED_DATA_ERRORS) as error:
            if str(error) not in self.problems:
                self.problems.append(str(error))
            return otherwise


def _files(run: RunRecord, kind: str) -> list[dict[str, Any]]:
    files: Mapping[str, StoredFile] = getattr(run, kind)
    return [
        {
            "name": file.name,
            "content_type": file.content_type,
            "md5": file.entry.md5,
            "metadata": as_json(file.metadata),
        }
        for file in files.values()
    ]


def _media(run: RunRecord) -> list[dict[str, Any]]:
    return [
        {
            "name": series.name,
            "kind": series.kind,
            "steps": list(series),
            "artifacts": [file.name for file in series.values()],
        }
        for series in run.media.values()
    ]


def read_config(call: Call) -> dict[str, Any]:
    """Return the configuration of a run, and where its entries come from, if known.

    Args:
        call: with the run.
    """
    run = call.run
    parts = _Parts(run)
    origins = parts.read(lambda: _origins(run.provenance or {}), {})
    problems = [*run.problems, *parts.problems]
    return {"config": as_json(run.config), "origins": origins, "problems": problems}


def _origins(provenance: Mapping[str, EntryProvenance]) -> dict[str, Any]:
    return {
        path: {
            "origin": str(entry.origin),
            "overridden": [
                f"{json.dumps(as_json(one.value), ensure_ascii=False)}  {one.origin}"
                for one in entry.overridden
            ],
            "readers": None
            if entry.readers is None
            else [f"{reader.function}, {reader.where}".rstrip(", ") for reader in entry.readers],
        }
        for path, entry in provenance.items()
        if not entry.is_deleted
    }


def read_output(call: Call) -> dict[str, Any]:
    """Return a part of the output of a run by byte positions, which may count from the end.

    Args:
        call: with the run and the range.
    """
    run = call.run
    # The status first: what a run prints before it ends is not missed.
    active = run.status in ACTIVE
    output = run.output.encode("utf-8", errors="replace")
    total = len(output)
    start = call.values["from"]
    start = max(0, total + start) if start < 0 else min(start, total)
    end = total if call.values["to"] is None else min(call.values["to"], total)
    end = min(max(start, end), start + _MAX_OUTPUT_BYTES)
    start, end = _at_letter(output, start), _at_letter(output, end)
    text = output[start:end].decode("utf-8", errors="replace")
    return {"from": start, "to": end, "total": total, "active": active, "text": text}


def _at_letter(output: bytes, place: int) -> int:
    """The next place at which no letter is cut in two.

    >>> _at_letter("é".encode(), 1)
    2
    """
    while place < len(output) and output[place] & 0xC0 == 0x80:
        place += 1
    return place


def read_record(call: Call) -> dict[str, Any]:
    """Return the record of a run as its store returns it: plain JSON, without output and points.

    Args:
        call: with the run.

    Raises:
        Problem: it cannot be read.
    """
    run = call.run
    try:
        document = call.store.runs.reader.document(run.id)
    except MALFORMED_DATA_ERRORS as error:
        raise Problem(500, f"the record cannot be read: {error}") from None
    return {name: _plain(value) for name, value in document.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if hasattr(value, "content_type"):  # a file that the record lists
        return {"name": value.name, "md5": value.md5, "content_type": value.content_type}
    return as_json(value)
