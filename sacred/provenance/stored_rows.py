"""The stored form of provenance: a document with a list of rows, because paths have dots.

A row of ``rows`` has ``path`` and ``source`` (the kind of the origin), and what is known of
``name`` and ``where``. ``overrode`` lists the values that the entry overrode, the last one first,
each with ``value``, ``source``, ``name`` and ``where``; a long value is the beginning of its text,
with ``shortened``. ``readers`` lists ``function``, ``calls`` and ``where``; it is empty if nothing
has read the entry, and left out if that is not known. An entry that an update has deleted has a row
with ``deleted``. The value of the entry is in the configuration. Passwords in URLs are masked, and
secrets are names. If all rows are longer than `MAX_BYTES`, those of the least interest are left
out, and ``remark`` says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sacred._base.masking import mask_passwords
from sacred._base.paths import get_by_shown_path
from sacred.provenance.origins import (
    EntryProvenance,
    EntryReaders,
    Origin,
    Overridden,
    Provenance,
)

__all__ = [
    "MAX_BYTES",
    "document_of",
    "provenance_from",
    "row_of",
    "shown_value",
    "with_later_readers",
]

#: Of all rows of a run, as JSON.
MAX_BYTES = 64_000
#: Of one overridden value, as JSON.
_MAX_VALUE_CHARS = 500
_MAX_SHORTENED_CHARS = 100
_MAX_READERS = 5
#: Of the remark, and what is around the rows.
_OTHER_BYTES = 200
#: Some stores write a line for each part of a row, indented so far at most.
_MAX_INDENT = 8

Row = dict[str, Any]
Readers = tuple[EntryReaders, ...] | None


def document_of(
    entries: Iterable[EntryProvenance], readers: Callable[[EntryProvenance], Readers] | None = None
) -> dict[str, Any]:
    """Return the stored form.

    Args:
        entries: the entries of the whole configuration.
        readers: returns the readers of an entry (default: its own `readers`).

    >>> entry = EntryProvenance(
    ...     path="lr", value=0.1, origin=Origin("update", "command line, argument 1"),
    ...     overridden=(Overridden(value=0.5, origin=Origin("dict")),))
    >>> document_of([entry])["rows"][0]["overrode"]
    [{'value': 0.5, 'source': 'dict'}]
    """
    listed = list(entries)
    rows: dict[int, Row] = {}
    room = MAX_BYTES - _OTHER_BYTES
    # What has been changed is of more interest than what is as the script says. A row is made
    # only if there is room: a configuration may have many more entries.
    for number in sorted(range(len(listed)), key=lambda n: not listed[n].is_changed):
        entry = listed[number]
        row = _row(entry, readers(entry) if readers is not None else entry.readers)
        room -= len(_json(row)) + _MAX_INDENT * _number_of_lines(row)
        if room < 0:
            break
        rows[number] = row
    document: dict[str, Any] = {"rows": [rows[number] for number in sorted(rows)]}
    if missing := len(listed) - len(rows):
        left_out = f"{missing} of {len(listed)} entries are left out: there are too many"
        document["remark"] = left_out
    return document


def provenance_from(stored: Any, config: Mapping[str, Any]) -> Provenance | None:
    """Read the stored form; rows of another form are left out.

    Args:
        stored: the stored form; without a list of rows, nothing is known.
        config: the configuration of the run.

    Returns:
        None if nothing is known.
    """
    rows = stored.get("rows") if isinstance(stored, Mapping) else None
    if not isinstance(rows, list | tuple):
        return None
    entries = (_entry(row, config) for row in _rows(rows) if row.get("path"))
    return Provenance(entries, str(stored.get("remark") or ""))


def with_later_readers(stored: Any, later: Mapping[str, Any], *, has_begun: bool) -> dict[str, Any]:
    """Return the stored form of a run, with the readers of a later attempt at it.

    The origins of its entries are known only where it was queued, because a worker passes a file.

    Args:
        stored: the stored form.
        later: the stored form of the attempt.
        has_begun: whether an earlier attempt has started, whose readers count as well.
    """
    found = {str(row.get("path")): row for row in _rows(later.get("rows"))}
    rows = []
    for row in _rows(stored.get("rows") if isinstance(stored, Mapping) else ()):
        before, now = row.get("readers"), found.get(str(row.get("path")), {}).get("readers")
        others = {name: value for name, value in row.items() if name != "readers"}
        if now is None or (has_begun and before is None):  # somebody has, or may have
            rows.append(others)
        else:
            rows.append({**others, "readers": _united(_rows(before if has_begun else ()), now)})
    rest = {name: value for name, value in later.items() if name not in ("rows", "remark")}
    remark = stored.get("remark") if isinstance(stored, Mapping) else None
    return {"rows": rows, **rest, **({"remark": remark} if remark else {})}


def _united(before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Readers with the number of calls in both."""
    found: dict[tuple[Any, Any], Row] = {}
    for reader in (*before, *now):
        key = reader.get("function"), reader.get("where")
        calls = int(reader.get("calls") or 0) + int(found.get(key, {}).get("calls") or 0)
        found[key] = {**reader, "calls": calls}
    return list(found.values())[:_MAX_READERS]


def row_of(entry: EntryProvenance) -> Row:
    """Return the row for one entry."""
    return _row(entry, entry.readers)


def _row(entry: EntryProvenance, readers: Readers) -> Row:
    row: Row = {"path": entry.path, **_origin_row(entry.origin)}
    if entry.is_deleted:
        row["deleted"] = True
    if entry.overridden:
        row["overrode"] = [
            {**shown_value(before.value), **_origin_row(before.origin)}
            for before in entry.overridden
        ]
    if readers is not None:
        row["readers"] = [
            {"function": reader.function, "calls": reader.calls, "where": reader.where}
            for reader in readers[:_MAX_READERS]
        ]
    return row


def _origin_row(origin: Origin) -> Row:
    row = {"source": origin.kind, "name": origin.name, "where": mask_passwords(origin.where)}
    return {name: value for name, value in row.items() if value}


def shown_value(value: Any) -> Row:
    """Return a value as it is stored in a row: without passwords, and not longer than useful."""
    try:
        masked = _masked(value)
        text = _json(masked)
    except Exception:  # it did not count, and need not be storable
        return {"value": _beginning(repr(value)), "shortened": True}
    if len(text) > _MAX_VALUE_CHARS:
        return {"value": _beginning(text), "shortened": True}
    return {"value": masked}


#: Only the length of its texts matters: stores write values in a form of their own.
_json = json.JSONEncoder(default=str).encode


def _beginning(text: str) -> str:
    return f"{mask_passwords(text)[:_MAX_SHORTENED_CHARS]}..."


def _number_of_lines(row: Any) -> int:
    if isinstance(row, dict):
        return 2 + sum(map(_number_of_lines, row.values()))
    return 2 + sum(map(_number_of_lines, row)) if isinstance(row, list) else 1


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_passwords(value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _entry(row: Mapping[str, Any], config: Mapping[str, Any]) -> EntryProvenance:
    path, readers = str(row["path"]), row.get("readers")
    return EntryProvenance(
        path=path,
        value=get_by_shown_path(config, path),
        origin=_origin(row),
        is_deleted=row.get("deleted") is True,
        overridden=tuple(
            Overridden(value=before.get("value"), origin=_origin(before))
            for before in _rows(row.get("overrode"))
        ),
        readers=None
        if readers is None
        else tuple(
            EntryReaders(
                function=str(reader.get("function", "?")),
                calls=int(reader.get("calls") or 0),
                where=str(reader.get("where", "")),
            )
            for reader in _rows(readers)
        ),
    )


def _rows(value: Any) -> list[Mapping[str, Any]]:
    found = value if isinstance(value, list | tuple) else ()
    return [item for item in found if isinstance(item, Mapping)]


def _origin(row: Mapping[str, Any]) -> Origin:
    kind: Any = str(row.get("source") or "unknown")
    return Origin(kind, str(row.get("where") or ""), str(row.get("name") or ""))
