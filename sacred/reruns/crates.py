"""Runs as an RO-Crate: a directory or zip file that archives and other tools understand."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sacred._base.clock import utcnow
from sacred.records import RunRecord
from sacred.reruns.bundles import copy_run_alone, files_below, requirements_of, write_text
from sacred.reruns.recorded_config import config_file_text
from sacred.reruns.ro_crate import MANIFEST, PREVIEW, CrateRun, crate_of
from sacred.restoring.errors import CannotRestoreError
from sacred.runs.run_store import RunStore

__all__ = ["write_crate"]

_DESCRIPTION = (
    "{title}: sources, versions, configurations, inputs and results. `runs` is a store of files; "
    "`sacred -s runs ls` lists its runs, `sacred -s runs rerun ID` repeats one."
)
#: The first moment that a zip file can tell.
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def write_crate(
    runs: Sequence[tuple[RunStore, RunRecord]],
    target: Path,
    title: str,
    preview: Iterable[str] = (),
    terms: str = "",
    tell: Callable[[str], None] = lambda text: None,
) -> None:
    """Write runs as an RO-Crate 1.1 (profile Process Run Crate 0.5).

    As in a bundle, only the environment variables that are listed there are packed.

    Args:
        runs: at least one, each with the store that it is in.
        target: a file ``*.zip``, which is replaced, or else a directory that does not exist or
            is empty.
        title: the title of the crate.
        preview: the lines of an HTML page for people; without any, there is no page.
        terms: the URL of the license; empty for none.
        tell: called with a message about each thing that cannot be packed.

    Raises:
        CannotRestoreError: the directory is not empty.
        StoreError: a run cannot be read.
        OSError: the target cannot be written.
    """
    is_zip = target.suffix.lower() == ".zip"
    if not is_zip and target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CannotRestoreError(f"{target} is there already, and is no empty directory")
    with tempfile.TemporaryDirectory(prefix="sacred-crate-") as name:
        place = Path(name) / "crate"
        place.mkdir()
        packed = [_packed(store, record, place, tell) for store, record in runs]
        manifest = crate_of(
            packed, files_below(place), title, _DESCRIPTION.format(title=title), terms
        )
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        write_text(place / MANIFEST, f"{text}\n")
        page = "".join(f"{line}\n" for line in preview)
        if page:
            write_text(place / PREVIEW, page)
        if is_zip:
            _zip(place, target, max(_end_of(record) for _, record in runs))
        else:
            shutil.copytree(place, target, dirs_exist_ok=True)


def _packed(
    store: RunStore, record: RunRecord, place: Path, tell: Callable[[str], None]
) -> CrateRun:
    new_id = copy_run_alone(record, store, place / "runs", tell)
    config, requirements = f"config-{new_id}.json", f"requirements-{new_id}.txt"
    write_text(place / config, config_file_text(record)[0])
    write_text(place / requirements, requirements_of(record))
    document = json.loads((place / "runs" / str(new_id) / "run.json").read_text(encoding="utf-8"))
    return CrateRun(
        record=record,
        folder=f"runs/{new_id}",
        config=config,
        requirements=requirements,
        inputs=[str(reference) for _, reference in document["resources"]],
        label=f"-{new_id}",
    )


def _end_of(record: RunRecord) -> datetime.datetime:
    return record.stop_time or record.start_time or utcnow()


def _zip(place: Path, target: Path, when: datetime.datetime) -> None:
    """Write a zip file atomically; the same content is the same file."""
    part = target.with_name(f"{target.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in files_below(place):
                entry = zipfile.ZipInfo(name, max(_EARLIEST, when.timetuple()[:6]))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                # Its size decides on the form of the entry, so it is said beforehand.
                entry.file_size = path.stat().st_size
                with open(path, "rb") as content, archive.open(entry, "w") as packed:
                    shutil.copyfileobj(content, packed, 1 << 20)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
