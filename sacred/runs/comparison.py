"""Runs side by side, part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sacred._base.digest import chunks_of, md5_of
from sacred._base.frozen import Frozen
from sacred._base.masking import mask_passwords
from sacred._base.paths import iterate_flattened
from sacred.records import RunRecord
from sacred.records.stored_files import StoredFile
from sacred.serializer import dumps

__all__ = [
    "PARTS",
    "Difference",
    "compared",
    "content_digest",
    "digest_of",
    "packages_of",
]

_DIGEST_CHARS = 8


class Difference(Frozen):
    """An entry, with its values in all compared runs.

    Args:
        part: one of `PARTS`.
        name: of the entry.
        values: the values of the runs, in order; None if a run has no such entry.
        differs: whether the values differ.
    """

    part: str
    name: str
    values: tuple[Any, ...]
    differs: bool


def compared(part: str, records: Sequence[RunRecord]) -> list[Difference]:
    """Compare one part of several runs entry by entry.

    Args:
        part: one of `PARTS`, such as ``config``.
        records: the runs.

    Returns:
        all entries that any of the runs has, including equal ones.
    """
    entries = [PARTS[part](record) for record in records]
    names = dict.fromkeys(name for own in entries for name in own)
    found = []
    for name in names:
        values = tuple(own.get(name) for own in entries)
        differs = len({dumps(value) for value in values}) > 1
        found.append(Difference(part=part, name=name, values=values, differs=differs))
    return found


def packages_of(record: RunRecord) -> dict[str, str]:
    """Return the packages that a run used: name → version."""
    pairs = (entry.partition("==") for entry in record.dependencies)
    return {name: version for name, _, version in pairs}


def _outcome(record: RunRecord) -> dict[str, Any]:
    return {"status": record.status, **_flat(record.result, "result")}


def _config(record: RunRecord) -> dict[str, Any]:
    return _flat(record.config)


def _experiment(record: RunRecord) -> dict[str, Any]:
    return {"name": record.name, "command": record.command}


def _host(record: RunRecord) -> dict[str, Any]:
    return _flat(record.host)


def _metrics(record: RunRecord) -> dict[str, Any]:
    found = {}
    for name, metric in record.read_metrics().items():
        for kind in ("last", "min", "max"):
            value = getattr(metric, kind)
            if value is not None:
                found[f"{name}.{kind}"] = value
    return found


def _sources(record: RunRecord) -> dict[str, Any]:
    files = {name: digest_of(file)[:_DIGEST_CHARS] for name, file in record.sources.items()}
    commits = {}
    for entry in record.repositories:
        state = " with changes" if entry.get("dirty") else ""
        commits[f"commit of {mask_passwords(str(entry.get('url')))}"] = (
            f"{str(entry.get('commit'))[:_DIGEST_CHARS]}{state}"
        )
    return {**files, **commits}


def _resources(record: RunRecord) -> dict[str, Any]:
    return {name: digest_of(file)[:_DIGEST_CHARS] for name, file in record.resources.items()}


#: Part → the entries of a run.
PARTS: dict[str, Callable[[RunRecord], Mapping[str, Any]]] = {
    "outcome": _outcome,
    "experiment": _experiment,
    "config": _config,
    "metrics": _metrics,
    "sources": _sources,
    "packages": packages_of,
    "resources": _resources,
    "host": _host,
}


def digest_of(file: StoredFile) -> str:
    """Return the MD5 of a file; empty if the store does not have the file.

    The digest is taken from the store, or else computed from the content.
    """
    return file.entry.md5 or content_digest(file) or ""


def content_digest(file: StoredFile) -> str | None:
    """Compute the MD5 of the content of a file; None if the store does not have it."""
    try:
        with file.open() as content:
            return md5_of(chunks_of(content))
    except FileNotFoundError:
        return None


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        prefix = f"{name}." if name else ""
        return {f"{prefix}{path}": item for path, item in iterate_flattened(value)}
    return {name: value} if name else {}
