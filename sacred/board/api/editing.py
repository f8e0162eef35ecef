"""Annotations of runs, with an ETag so that no change is lost; the trash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sacred.board.api.operations import Call
from sacred.board.opened_stores import run_of_key, store_of_key
from sacred.board.problem_details import Problem
from sacred.records import RunId, RunRecord
from sacred.upkeep import annotate, discard, recover

__all__ = ["annotations_of", "discard_runs", "edit_run", "etag_of", "named_runs", "recover_runs"]

_TEXTS = ("notes", "comment", "group")
_FIELDS = ("tags", *_TEXTS, "starred")
_NAMED_RUNS = 'the body is {..., "runs": [{"store": STORE, "key": KEY}, ...]}'


def annotations_of(run: RunRecord) -> dict[str, Any]:
    """Return the parts of a run that people can change.

    Args:
        run: the stored run.
    """
    return {
        "tags": list(run.tags),
        "notes": run.notes,
        "comment": run.comment,
        "group": run.group,
        "starred": run.starred,
    }


def etag_of(annotations: Mapping[str, Any]) -> str:
    """Return an ETag for annotations, as in HTTP.

    Args:
        annotations: the result of `annotations_of`.

    >>> etag_of({"tags": []}) == etag_of({"tags": ["a"]})
    False
    """
    text = json.dumps(annotations, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


def edit_run(call: Call) -> dict[str, Any]:
    """Change annotations of a run, if they are still the ones that the editor saw.

    Args:
        call: with the run, the ETag and the new annotations.

    Raises:
        Problem: somebody else has changed them meanwhile; the member ``current`` has the current
            ones.
    """
    wanted = _checked(call.body)
    seen = call.headers.get("if-match")
    if seen is None:
        raise Problem(428, "send the ETag of the annotations that you have seen as If-Match")
    store = call.store
    with store.editing:
        run = call.run
        current = annotations_of(run)
        etag = etag_of(current)
        if seen.strip() not in (etag, "*"):
            raise Problem(
                412,
                "somebody else has changed this run since you have seen it",
                current=current,
                etag=etag,
            )
        try:
            annotate(store.runs, run.id, **wanted)
        except ValueError as error:
            raise Problem(422, str(error)) from None
        now = annotations_of(store.runs[run.id])
    call.board.notify(store.key, [run.id])
    return {"annotations": now, "etag": etag_of(now)}


def _checked(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or not body:
        raise Problem(422, f"the body is an object with some of {', '.join(_FIELDS)}")
    for name, value in body.items():
        if name not in _FIELDS:
            raise Problem(422, f"{name!r} cannot be changed; {', '.join(_FIELDS)} can")
        if name == "tags":
            is_right = isinstance(value, list) and all(isinstance(tag, str) for tag in value)
        elif name == "starred":
            is_right = isinstance(value, bool)
        else:
            is_right = value is None or isinstance(value, str)
        if not is_right:
            raise Problem(422, f"{name} cannot be {json.dumps(value)[:80]}")
    return {name: (value or None) if name in _TEXTS else value for name, value in body.items()}


def discard_runs(call: Call) -> dict[str, Any]:
    """Move runs to the trash.

    Args:
        call: with the runs.
    """
    force = call.fields.get("force") is True
    return _with_runs(call, lambda runs, ids: discard(runs, ids, force=force))


def recover_runs(call: Call) -> dict[str, Any]:
    """Move runs out of the trash.

    Args:
        call: with the runs.
    """
    return _with_runs(call, recover)


def named_runs(call: Call) -> dict[str, list[RunId]]:
    """Return the ids of the runs that a body names, by the keys of their stores.

    Args:
        call: with the body.

    Raises:
        Problem: it names no runs, or has another form, or there is no such store.
    """
    by_store: dict[str, list[RunId]] = {}
    entries = call.fields.get("runs")
    if not isinstance(entries, list) or not entries:
        raise Problem(422, _NAMED_RUNS)
    for entry in entries:
        if not isinstance(entry, dict) or not all(
            isinstance(entry.get(name), str) for name in ("store", "key")
        ):
            raise Problem(422, _NAMED_RUNS)
        by_store.setdefault(entry["store"], []).append(run_of_key(entry["key"]))
    for key in by_store:
        store_of_key(call.board.stores, key)
    return by_store


def _with_runs(call: Call, change: Any) -> dict[str, Any]:
    by_store = named_runs(call)
    number = 0
    for key, ids in by_store.items():
        number += len(change(call.board.stores[key].runs, ids))
        call.board.notify(key, ids)
    return {"changed": number}
