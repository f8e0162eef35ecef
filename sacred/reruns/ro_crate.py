"""The description of a bundle for programs that know nothing of this library: RO-Crate 1.1."""

from __future__ import annotations

import datetime
import mimetypes
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sacred._base.digest import chunks_of, sha256_of
from sacred.records import RunRecord
from sacred.restoring.scratch_files import path_below
from sacred.status import COMPLETED, FAILED

__all__ = ["MANIFEST", "damaged_files", "manifest_of"]

#: Its name in a bundle.
MANIFEST = "ro-crate-metadata.json"
_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_STATES = {COMPLETED: "CompletedActionStatus", FAILED: "FailedActionStatus"}


def manifest_of(record: RunRecord, files: Iterable[tuple[str, Path]]) -> dict[str, Any]:
    """Return the manifest: the files with their digests, and the run as an action.

    Args:
        record: the run.
        files: all other files of the bundle, by their names in it.
    """
    listed = [_file(name, path) for name, path in files]
    title = f"Run {record.id} of {record.name or 'an experiment'}"
    when = record.stop_time or record.start_time
    root = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": _PROFILE},
        "name": title,
        "description": f"{title}: sources, versions, configuration, inputs and results; "
        "`sacred rerun` repeats it.",
        "datePublished": _zoned(when),
        "hasPart": [{"@id": entry["@id"]} for entry in listed],
        "mentions": {"@id": "#run"},
    }
    descriptor = {
        "@id": MANIFEST,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    graph = [descriptor, root, *_action(record, [entry["@id"] for entry in listed]), *listed]
    return {"@context": _CONTEXT, "@graph": graph}


def damaged_files(manifest: Any, directory: Path) -> Iterator[str]:
    """Yield the names of files that are missing, or not as a manifest says.

    Args:
        manifest: as it was read, by somebody else's program perhaps.
        directory: where the files are.
    """
    graph = manifest.get("@graph") if isinstance(manifest, dict) else None
    for entity in graph if isinstance(graph, list) else ():
        digest = entity.get("sha256") if isinstance(entity, dict) else None
        if digest is None:
            continue
        name = str(entity.get("@id"))
        path = path_below(directory, name)
        if not path.is_file() or _digest(path) != digest:
            yield name


def _digest(path: Path) -> str:
    with open(path, "rb") as content:
        return sha256_of(chunks_of(content))


def _file(name: str, path: Path) -> dict[str, Any]:
    return {
        "@id": name,
        "@type": "File",
        "name": name.rpartition("/")[2],
        "contentSize": str(path.stat().st_size),
        "encodingFormat": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "sha256": _digest(path),
    }


def _action(record: RunRecord, names: list[str]) -> Iterable[Mapping[str, Any]]:
    script = str(record.experiment.get("mainfile") or record.name)
    results = [name for name in names if name.startswith(f"runs/{record.id}/")]
    inputs = [name for name in names if name.startswith("runs/_resources/")]
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"{record.command or 'main'} of {record.name or script}",
        "instrument": {"@id": "#script"},
        "object": [{"@id": name} for name in ["config.json", *inputs]],
        "result": [{"@id": name} for name in results],
        "startTime": _zoned(record.start_time),
        "endTime": _zoned(record.stop_time),
    }
    state = _STATES.get(str(record.status))
    if state is not None:
        action["actionStatus"] = {"@id": f"http://schema.org/{state}"}
    yield {name: value for name, value in action.items() if value is not None}
    yield {
        "@id": "#script",
        "@type": "SoftwareApplication",
        "name": script,
        "softwareRequirements": {"@id": "requirements.txt"},
    }


def _zoned(when: datetime.datetime | None) -> str | None:
    return None if when is None else f"{when.isoformat(timespec='seconds')}+00:00"
