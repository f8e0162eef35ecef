"""The description of a bundle for tools that do not know this library: RO-Crate 1.1."""

from __future__ import annotations

import datetime
import mimetypes
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sacred._base.digest import sha256_of_file
from sacred._base.frozen import Frozen
from sacred.records import RunId, RunRecord
from sacred.restoring.scratch_files import path_below
from sacred.status import COMPLETED, FAILED

__all__ = ["MANIFEST", "PREVIEW", "CrateRun", "crate_of", "damaged_files", "manifest_of"]

#: Its name in a bundle.
MANIFEST = "ro-crate-metadata.json"
#: The page for people that a crate may have; no manifest lists it.
PREVIEW = "ro-crate-preview.html"
_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_STATES = {COMPLETED: "CompletedActionStatus", FAILED: "FailedActionStatus"}


class CrateRun(Frozen):
    """A run in a crate.

    Args:
        record: the run.
        folder: the folder with its record and artifacts.
        config: the file with its configuration.
        requirements: the file with its packages.
        inputs: the names of its resources.
        label: tells its entities from those of other runs; empty if there are no others.
    """

    record: RunRecord
    folder: str
    config: str
    requirements: str
    inputs: Collection[str]
    label: str = ""


def manifest_of(
    record: RunRecord, run_id: RunId, files: Iterable[tuple[str, Path]]
) -> dict[str, Any]:
    """Return the manifest of a bundle: the files with their digests, and the run as an action.

    Args:
        record: the run.
        run_id: its id in the bundle.
        files: all other files of the bundle, by their names in it.
    """
    listed = list(files)
    run = CrateRun(
        record=record,
        folder=f"runs/{run_id}",
        config="config.json",
        requirements="requirements.txt",
        inputs=[name for name, _ in listed if name.startswith("runs/_resources/")],
    )
    title = f"Run {record.id} of {record.name or 'an experiment'}"
    description = (
        f"{title}: sources, versions, configuration, inputs and results; `sacred rerun` repeats it."
    )
    return crate_of([run], listed, title, description)


def crate_of(
    runs: Sequence[CrateRun],
    files: Iterable[tuple[str, Path]],
    title: str,
    description: str,
    terms: str = "",
) -> dict[str, Any]:
    """Return the manifest of a crate: the files with their digests, and the runs as actions.

    Args:
        runs: at least one.
        files: all other files of the crate, by their names in it.
        title: the title of the crate.
        description: the description of the crate, for people.
        terms: the URL of the license; empty for none.
    """
    listed = [_file(name, path) for name, path in files]
    ends = [when for run in runs if (when := run.record.stop_time or run.record.start_time)]
    actions = [f"#run{run.label}" for run in runs]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": _PROFILE},
        "name": title,
        "description": description,
        "datePublished": _zoned(max(ends, default=None)),
        **({"license": {"@id": terms}} if terms else {}),
        "hasPart": [{"@id": entry["@id"]} for entry in listed],
        "mentions": _references(actions) if len(runs) > 1 else {"@id": actions[0]},
    }
    descriptor = {
        "@id": MANIFEST,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    names = [entry["@id"] for entry in listed]
    entities = [entity for run in runs for entity in _action(run, names)]
    license_ = [{"@id": terms, "@type": "CreativeWork", "name": terms}] if terms else []
    return {"@context": _CONTEXT, "@graph": [descriptor, root, *entities, *license_, *listed]}


def _references(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"@id": name} for name in names]


def damaged_files(manifest: Any, directory: Path) -> Iterator[str]:
    """Yield the names of files that are missing or do not match a manifest.

    Args:
        manifest: the manifest as read; another program may have written it.
        directory: the directory with the files.
    """
    graph = manifest.get("@graph") if isinstance(manifest, dict) else None
    for entity in graph if isinstance(graph, list) else ():
        digest = entity.get("sha256") if isinstance(entity, dict) else None
        if digest is None:
            continue
        name = str(entity.get("@id"))
        path = path_below(directory, name)
        if not path.is_file() or sha256_of_file(path) != digest:
            yield name


def _file(name: str, path: Path) -> dict[str, Any]:
    return {
        "@id": name,
        "@type": "File",
        "name": name.rpartition("/")[2],
        "contentSize": str(path.stat().st_size),
        "encodingFormat": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "sha256": sha256_of_file(path),
    }


def _action(run: CrateRun, names: list[str]) -> Iterable[Mapping[str, Any]]:
    record = run.record
    script = str(record.experiment.get("mainfile") or record.name)
    results = [name for name in names if name.startswith(f"{run.folder}/")]
    action = {
        "@id": f"#run{run.label}",
        "@type": "CreateAction",
        "name": f"{record.command or 'main'} of {record.name or script}",
        "instrument": {"@id": f"#script{run.label}"},
        "object": _references([run.config, *run.inputs]),
        "result": _references(results),
        "startTime": _zoned(record.start_time),
        "endTime": _zoned(record.stop_time),
    }
    state = _STATES.get(str(record.status))
    if state is not None:
        action["actionStatus"] = {"@id": f"http://schema.org/{state}"}
    yield {name: value for name, value in action.items() if value is not None}
    yield {
        "@id": f"#script{run.label}",
        "@type": "SoftwareApplication",
        "name": script,
        "softwareRequirements": {"@id": run.requirements},
    }


def _zoned(when: datetime.datetime | None) -> str | None:
    return None if when is None else f"{when.isoformat(timespec='seconds')}+00:00"
