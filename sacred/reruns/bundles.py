"""A run in one file, with everything to repeat it: for other people, machines and years.

A bundle is a tar file, compressed with zstd or gzip. In it are

* ``bundle.json``: the version of this format, and the origin of the run;
* ``runs/``: a store of files with only this run: its record, sources, resources and artifacts;
* ``config.json`` and ``requirements.txt``: its configuration and packages, for people;
* ``ro-crate-metadata.json``: what these files are, for other programs.

A traced run of a program may have more (`sacred.exec.bundling`): names below ``root/`` are the
files that it used. Readers accept other names as additions of later versions.
"""

from __future__ import annotations

import datetime
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sacred.__about__ import __version__
from sacred._base.clock import utcnow
from sacred._base.frozen import Frozen
from sacred.dependencies.environment import VARIABLES
from sacred.query.syntax import Compare
from sacred.query.syntax import Path as Field
from sacred.records import RunId, RunRecord
from sacred.reruns.archives import Member, has_zstd, unpack, write_archive
from sacred.reruns.recorded_config import config_file_text
from sacred.reruns.ro_crate import MANIFEST, damaged_files, manifest_of
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.package_needs import needs_of, python_of
from sacred.runs.run_store import RunStore, open_store
from sacred.stores.changes import SetFields
from sacred.stores.store import StoreError
from sacred.upkeep.content import COPIED_FROM
from sacred.upkeep.copying import copy_runs

__all__ = [
    "Bundle",
    "bundle_name",
    "copy_run_alone",
    "files_below",
    "is_bundle",
    "open_bundle",
    "requirements_of",
    "write_bundle",
    "write_text",
]

_FORMAT = 1
_SUFFIXES = (".tar.zst", ".tar.gz", ".tgz", ".tar")


class Bundle(Frozen):
    """A bundle that has been unpacked.

    Args:
        record: the run.
        store: the store that has it now.
        origin: the URL of the store that it comes from, without passwords.
    """

    record: RunRecord
    store: RunStore
    origin: str


def bundle_name(record: RunRecord) -> str:
    """Return the usual name for the bundle of a run."""
    return f"run-{record.id}{'.tar.zst' if has_zstd() else '.tar.gz'}"


def is_bundle(text: str) -> bool:
    """Whether a string is the name of a file that may be a bundle."""
    return text.lower().endswith(_SUFFIXES) and Path(text).is_file()


def write_bundle(
    record: RunRecord,
    store: RunStore,
    target: Path,
    additions: Mapping[str, Path] | None = None,
    root: Iterable[Member] = (),
    tell: Callable[[str], None] = lambda text: None,
) -> None:
    """Pack a run into a file.

    Of the environment of the process, only the variables of
    `sacred.dependencies.environment.VARIABLES` are packed, whatever else is recorded.

    Args:
        record: the run.
        store: the store that it is in.
        target: the file, which is replaced if it exists.
        additions: further files, by their names in the bundle.
        root: the files that a traced program used; the manifest does not list them.
        tell: called with a message about each thing that cannot be packed.

    Raises:
        StoreError: the run cannot be read.
        MissingExtraError: the file name asks for zstd, which is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="sacred-bundle-") as name:
        place = Path(name)
        new_id = copy_run_alone(record, store, place / "runs", tell)
        # Stores of files say ids as texts; a number is one in the header.
        new_id = record.id if str(record.id) == str(new_id) else new_id
        write_text(place / "config.json", config_file_text(record)[0])
        write_text(place / "requirements.txt", requirements_of(record))
        _write_json(place / "bundle.json", _header(record, new_id))
        files = [*files_below(place), *sorted((additions or {}).items())]
        _write_json(place / MANIFEST, manifest_of(record, new_id, files))
        moment = record.stop_time or record.start_time or utcnow()
        mtime = moment.replace(tzinfo=datetime.UTC).timestamp()
        listed = [(MANIFEST, place / MANIFEST), *files]
        members = [Member(name=name, path=path) for name, path in listed]
        write_archive(target, [*members, *root], mtime)


def open_bundle(source: Path, directory: Path) -> Bundle:
    """Unpack a bundle into an empty directory.

    Args:
        source: the file.
        directory: the directory.

    Raises:
        CannotRestoreError: the file is not a bundle, is damaged, or is from a later version.
        OSError: the file cannot be read.
    """
    unpack(source, directory)
    try:
        header = json.loads((directory / "bundle.json").read_text(encoding="utf-8"))
        version, run_id = header["format"], header["run"]
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotRestoreError(f"{source} is no bundle of a run") from error
    if version != _FORMAT:
        raise CannotRestoreError(f"{source} has form {version!r}; this version reads {_FORMAT}")
    if not (directory / "runs").is_dir():
        raise CannotRestoreError(f"{source} has no run of an experiment")
    for name in damaged_files(manifest, directory):
        raise CannotRestoreError(f"{source} is damaged: {name} is not what was packed")
    store = open_store(directory / "runs")
    return Bundle(record=store[run_id], store=store, origin=str(header.get("store")))


def copy_run_alone(
    record: RunRecord, store: RunStore, directory: Path, tell: Callable[[str], None]
) -> RunId:
    """Copy a run, without the parts that concern only its machine.

    Args:
        record: the run.
        store: the store that it is in.
        directory: the directory of runs that it is copied to.
        tell: called with a message about each thing that cannot be copied.

    Returns:
        its id in the copy.

    Raises:
        StoreError: the run cannot be read.
    """
    copy = open_store(directory)
    report = copy_runs(store, copy, Compare(Field("id"), "=", record.id))
    if not report.copied:
        raise StoreError(f"the run cannot be packed: {'; '.join(report.problems)}")
    for problem in report.problems:
        tell(problem)
    [new_id] = report.copied.values()
    packed = copy[new_id]
    meta = {**(packed.stored("meta") or {})}
    del meta[COPIED_FROM]
    host = {k: v for k, v in (packed.stored("host") or {}).items() if k != "ENV"}
    environment = {**(packed.stored("environment") or {})}
    variables = environment.get("variables") or {}
    if variables:
        environment["variables"] = {k: v for k, v in variables.items() if k in VARIABLES}
    fields = {"meta": meta, "host": host} | ({"environment": environment} if environment else {})
    copy.apply(new_id, [SetFields(fields=fields)])
    _forget_place(directory / str(new_id) / "run.json", directory)
    return new_id


def _forget_place(path: Path, directory: Path) -> None:
    """Name stored resources by paths below the store, wherever that is unpacked."""
    document = json.loads(path.read_text(encoding="utf-8"))
    document["resources"] = [
        [name, os.path.relpath(ref, directory.parent)] for name, ref in document["resources"]
    ]
    text = json.dumps(document, indent=2, sort_keys=True)
    path.write_text(text, encoding="utf-8")


def requirements_of(record: RunRecord) -> str:
    """Return the packages of a run in pip's format, after the version of Python."""
    needs = needs_of(record)
    lines = [f"# Python {python_of(record) or '?'}"]
    for name, version in sorted(needs.recorded.items()):
        local = "  # was installed from a directory" if name in needs.local else ""
        lines.append(f"{name}=={version}{local}" if version else name)
    return "\n".join(lines) + "\n"


def _header(record: RunRecord, run_id: RunId) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "run": run_id,
        "name": record.name,
        "store": record.store,
        "made_by": f"sacred {__version__}",
    }


def files_below(directory: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files below a directory, by their names there, in order."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(directory).as_posix(), path


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False)
    write_text(path, f"{text}\n")


def write_text(path: Path, text: str) -> None:
    """Write text from untrusted sources: lone surrogates become JSON escapes.

    Args:
        path: of the file.
        text: its content.
    """
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
