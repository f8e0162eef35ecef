"""Restoring the sources of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from sacred.records import RunRecord
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.repository import RepositoryAtHand, find_repository
from sacred.restoring.scratch_files import path_below, write_below
from sacred.restoring.tree import Places, RestoredTree, places_of
from sacred.runs.program_words import program_of

__all__ = ["restore_sources"]


def restore_sources(record: RunRecord, scratch: Path, directory: str | None = None) -> RestoredTree:
    """Restore the sources of a run in a directory.

    Args:
        record: the run.
        scratch: an empty directory.
        directory: a directory whose repository is used if it has the commit of the run; the
            stored files replace those of the commit. None for the working directory.

    Raises:
        CannotRestoreError: a source is missing, or its name leads outside.
    """
    has_script = bool(record.experiment.get("mainfile"))
    if not has_script and program_of(record) is None:
        raise CannotRestoreError("it was started by no script, as in a notebook")
    repository = find_repository(record, directory or os.getcwd())
    places = places_of(record, repository.root if repository else None)
    tree = RestoredTree(places=places, root=scratch / "tree", outside=scratch / "work")
    notes = [*_commit(repository, record, tree.root)]
    if repository is None:
        notes += _unstored_modules(record, places)
    tree.root.mkdir(exist_ok=True)
    tree.outside.mkdir()
    for name, file in record.sources.items():
        try:
            with file.open() as content:
                write_below(tree.root, os.path.join(places.base, name), content)
        except FileNotFoundError:
            if repository is None or repository.diff is not None:
                raise CannotRestoreError(f"the source {name} is not in the store") from None
            notes.append(f"the source {name} is that of the commit")
    if has_script and not path_below(tree.root, places.script).is_file():
        raise CannotRestoreError(f"its main file {places.script} is not among the stored sources")
    _make_directories(tree, record)
    return RestoredTree(places=places, root=tree.root, outside=tree.outside, notes=tuple(notes))


def _commit(repository: RepositoryAtHand | None, record: RunRecord, root: Path) -> list[str]:
    if repository is None:
        return ["no repository with its commit is here: only its stored sources are"] * bool(
            record.repositories
        )
    problem = repository.clone_to(root)
    is_dirty = any(entry.get("dirty") for entry in record.repositories)
    if problem is None and is_dirty and repository.diff is None:
        problem = "there were changes since the commit; only those of stored sources are known"
    return [problem] if problem else []


def _unstored_modules(record: RunRecord, places: Places) -> list[str]:
    module = record.experiment.get("module")
    if not isinstance(module, str) or places.base in ("", ".") or os.sep not in places.base:
        return []
    return [f"of the package {module.split('.')[0]}, only what is below {places.base} is stored"]


def _make_directories(tree: RestoredTree, record: RunRecord) -> None:
    """The working directory, and those that the run has written into: nobody has stored them."""
    for path in (tree.places.work, *_directories_written_to(record)):
        found = tree.relative(f"{path}/.")
        if found is not None and found[1] not in (".", ""):
            path_below(*found).mkdir(parents=True, exist_ok=True)


def _directories_written_to(record: RunRecord) -> Iterator[str]:
    """Those that were there before the run, as far as it was traced."""
    trace = record.environment.get("trace")
    if not isinstance(trace, Mapping):
        return
    made = tuple(f"{path}/" for path in trace.get("made_directories") or ())
    for row in trace.get("written") or ():
        directory = os.path.dirname(str(row.get("path")))
        if not f"{directory}/".startswith(made):
            yield directory
