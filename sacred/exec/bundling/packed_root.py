"""`packed_root`: what the bundle of a traced run has and those of other runs do not."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sacred._base.digest import sha256_of_file
from sacred._base.frozen import Frozen
from sacred._base.paths import iterate_flattened
from sacred.dependencies.environment import VARIABLES
from sacred.exec.bundling.root_manifest import MANIFEST_NAME, RootManifest
from sacred.exec.bundling.root_script import SCRIPT_NAME, script_files
from sacred.exec.bundling.used_files import UsedFile, UsedFiles
from sacred.exec.parameter_file import read_parameters, write_parameters
from sacred.exec.parameters import environment_of
from sacred.exec.program_errors import ProgramFailedError
from sacred.exec.program_run import METRICS_VARIABLE, RUN_DIR_VARIABLE, like_file
from sacred.records import RunRecord
from sacred.records.attribute_dict import thawed
from sacred.reruns.archives import ROOT, Member
from sacred.runs.errors import ProgramError
from sacred.runs.program_words import program_of

__all__ = ["PackedRoot", "RootFiles", "has_root", "packed_root", "root_files"]

_ERROR_LINE = f"{ProgramFailedError.__module__}.{ProgramFailedError.__name__}: "


class RootFiles(Frozen):
    """The files of a root, before they are packed.

    Args:
        used: the files, and why each is needed.
        size: total size in bytes.
        largest: sizes and paths of the largest ones.
    """

    used: UsedFiles
    size: int
    largest: tuple[tuple[int, str], ...]


class PackedRoot(Frozen):
    """What is added to a bundle.

    Args:
        additions: files, by their names in the bundle.
        members: the root.
        notes: what differs from the run, in words.
    """

    additions: Mapping[str, Path]
    members: Sequence[Member]
    notes: tuple[str, ...]


def has_root(record: RunRecord) -> bool:
    """Whether the record of a run has all that a root needs: it was traced."""
    trace = record.environment.get("trace")
    return program_of(record) is not None and isinstance(trace, Mapping) and "scratch" in trace


def root_files(
    record: RunRecord, included: Sequence[str] = (), excluded: Sequence[str] = ()
) -> RootFiles:
    """Return the files of this machine that make up the root of a run.

    Args:
        record: a traced run, of this machine.
        included: patterns of paths of further files.
        excluded: patterns of paths of files that are left out.
    """
    program = program_of(record) or {}
    used = UsedFiles(
        record.environment["trace"],
        executable=str(program.get("executable")),
        directory=_directory(record),
        included=included,
        excluded=excluded,
    )
    sizes = []
    for path in used.files:
        with contextlib.suppress(OSError):
            sizes.append((os.stat(path).st_size, path))
    sizes.sort(reverse=True)
    return RootFiles(used=used, size=sum(size for size, _ in sizes), largest=tuple(sizes[:5]))


def packed_root(record: RunRecord, found: RootFiles, place: Path) -> PackedRoot:
    """Prepare the root of a traced run.

    Args:
        record: the run.
        found: its files.
        place: an empty directory for files that are created for the root.

    Raises:
        ProgramError: a secret among the arguments is not recorded, so the program cannot be called.
    """
    used = found.used
    rows: list[dict[str, Any]] = []
    members: list[Member] = []
    for file in [*used.files.values()]:
        source, digest = _source(file, record, place / "stored")
        if source is None:
            used.left_out[file.path] = "its content as the run has read it is not stored"
            continue
        state = source.stat()
        is_executable = (
            bool(os.stat(file.path).st_mode & 0o111)
            if source == Path(file.path)
            else (file.why.startswith(("program", "interpreter")))
        )
        members.append(_member(file.path, source, is_executable, state.st_mtime))
        rows.append({"path": file.path, "sha256": digest, "size": state.st_size, "why": file.why})
    scratch = str(record.environment["trace"]["scratch"])
    parameters = _parameter_file(record, used, place / "parameters")
    if parameters is not None:
        path = f"{scratch}/parameters/{parameters.name}"
        members.append(_member(path, parameters, False, parameters.stat().st_mtime))
        rows.append(
            {
                "path": path,
                "sha256": sha256_of_file(str(parameters)),
                "size": parameters.stat().st_size,
                "why": "parameter file",
            }
        )
    own = ("/proc", "/dev/shm", "/tmp", f"{scratch}/files")
    directories = tuple(sorted({*used.directories, *own}))
    manifest = _manifest(record, rows, used, directories)
    members += [Member(name=f"{ROOT}{path}") for path in directories if path != os.sep]
    members += [Member(name=f"{ROOT}{at}", target=to) for at, to in sorted(used.links.items())]
    return PackedRoot(
        additions=_written(manifest, place / "additions"),
        members=members,
        notes=tuple(_notes(record, used)),
    )


def _member(path: str, source: Path, is_executable: bool, mtime: float) -> Member:
    name = f"{ROOT}{path}"
    return Member(name=name, path=source, is_executable=is_executable, mtime=mtime)


def _source(file: UsedFile, record: RunRecord, place: Path) -> tuple[Path | None, str]:
    """Return the content that the run read: from this machine, or from its store."""
    with contextlib.suppress(OSError):
        digest = sha256_of_file(file.path)
        if not file.is_lost and file.sha256 in (None, digest):
            return Path(file.path), digest
    stored = record.resources.get(file.path)
    if stored is None:
        return None, ""
    place.mkdir(parents=True, exist_ok=True)
    copy = place / hashlib.sha256(os.fsencode(file.path)).hexdigest()
    try:
        with stored.open() as content, open(copy, "wb") as target:
            shutil.copyfileobj(content, target)
    except FileNotFoundError:
        return None, ""
    digest = sha256_of_file(str(copy))
    return (copy, digest) if file.sha256 in (None, digest) else (None, "")


def _parameter_file(record: RunRecord, used: UsedFiles, place: Path) -> Path | None:
    """Write again the parameter file that the run was given."""
    name = (program_of(record) or {}).get("config_file")
    if not name:
        return None
    place.mkdir(parents=True, exist_ok=True)
    original = os.path.join(_directory(record), str(name))
    file = UsedFile(path=os.path.abspath(original), why="parameter file", is_lost=True)
    source, _ = _source(file, record, place)
    if source is None:
        raise ProgramError(f"the parameter file {name} of the run is not in its store")
    copies, written = place / "original", place / "written"
    copies.mkdir()
    written.mkdir()
    copy = shutil.copyfile(source, copies / os.path.basename(original))
    values = like_file(read_parameters(str(copy)), thawed(record.config))
    return Path(write_parameters(str(copy), values, str(written)))


def _manifest(
    record: RunRecord, rows: list[dict[str, Any]], used: UsedFiles, directories: tuple[str, ...]
) -> RootManifest:
    program = program_of(record) or {}
    words = [str(program["executable"]), *map(str, (program.get("arguments") or [""])[1:])]
    if any("***" in word for word in words):
        raise ProgramError("a secret among its arguments is masked: nothing can call it")
    trace = record.environment["trace"]
    return RootManifest(
        run=f"{record.id} of {record.name}",
        machine=platform.machine(),
        words=tuple(words),
        directory=_directory(record),
        scratch=str(trace["scratch"]),
        variables=_variables(record),
        stdin=trace.get("stdin"),
        exit_status=int(record.info.get("exit_status") or 0),
        results=dict(_results(record)),
        output=hashlib.sha256(_output(record).encode()).hexdigest(),
        files=tuple(rows),
        links=dict(sorted(used.links.items())),
        directories=directories,
        left_out=dict(sorted(used.left_out.items())),
    )


def _output(record: RunRecord) -> str:
    """Return what the program printed, without what this library says about its failure."""
    before, error, rest = record.output.rpartition(_ERROR_LINE)
    return before if error and rest.count("\n") <= 1 else record.output


def _variables(record: RunRecord) -> dict[str, str]:
    """Return variables that name files, that change numbers, or that the run itself sets."""
    trace = record.environment["trace"]
    scratch, config = trace["scratch"], thawed(record.config)
    recorded = record.environment.get("variables") or {}
    found = {name: str(value) for name, value in recorded.items() if name in VARIABLES}
    found |= {name: str(value) for name, value in trace.get("variables", {}).items()}
    found |= environment_of(dict(iterate_flattened(config)))
    return {
        **{name: value for name, value in found.items() if "***" not in value},
        RUN_DIR_VARIABLE: f"{scratch}/files",
        METRICS_VARIABLE: f"{scratch}/metrics.jsonl",
        "SACRED_RUN_ID": str(record.id),
        "SACRED_SEED": str(config.get("seed")),
    }


def _results(record: RunRecord) -> Iterator[tuple[str, str]]:
    trace, program = record.environment["trace"], program_of(record) or {}
    written = {str(row["path"]): str(row["sha256"]) for row in trace.get("written") or ()}
    yield from written.items()
    for row in program.get("artifacts") or ():
        name = str(row["name"])
        if os.path.join(_directory(record), name) not in written:
            name = name.removeprefix("program/") if name.count("/") == 1 else name
            yield f"{trace['scratch']}/files/{name}", str(row["sha256"])


def _directory(record: RunRecord) -> str:
    return os.path.realpath(str(record.experiment.get("base_dir")))


def _written(manifest: RootManifest, place: Path) -> dict[str, Path]:
    place.mkdir(parents=True, exist_ok=True)
    text = json.dumps(manifest.document(), indent=1, default=dict)
    texts = {MANIFEST_NAME: f"{text}\n", **script_files(manifest)}
    for name, content in texts.items():
        (place / name).write_text(content, encoding="utf-8", errors="surrogateescape")
    assert SCRIPT_NAME in texts
    return {name: place / name for name in texts}


def _notes(record: RunRecord, used: UsedFiles) -> Iterator[str]:
    trace = record.environment["trace"]
    for path, reason in used.left_out.items():
        if reason != "it is not there any more":
            yield f"left out: {path}: {reason}"
    if not trace.get("for_bundle"):
        yield (
            "what the program looks at without opening it is not known: sacred exec --bundle "
            "records that, too"
        )
    for name in ("read", "written", "system_files", "compiled", "aliases", "looked_at"):
        if more := trace.get(f"{name}_left_out"):
            yield f"{more} files are missing, of which the record has no names"
    if peers := trace.get("peers"):
        yield f"it has talked to {', '.join(map(str, list(peers)[:3]))}, which is in no bundle"
    if any("/nvidia" in path or "libcuda.so" in path for path in used.files):
        yield "it has used the driver of a GPU, which works with the same kernel module only"
