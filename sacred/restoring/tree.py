"""The places of a run, and where it is repeated."""

from __future__ import annotations

import os
from pathlib import Path

from sacred._base.frozen import Frozen
from sacred.records import RunRecord

__all__ = ["Places", "RestoredTree", "places_of"]


class Places(Frozen):
    """The directories of a run, as recorded.

    Args:
        root: the directory with all its sources: a repository, or the parent of its packages.
        base: the base directory of the experiment, relative to the root.
        script: the main file, relative to the root.
        work: the working directory.
    """

    root: str
    base: str
    script: str
    work: str


def places_of(record: RunRecord, root: str | None = None) -> Places:
    """Return the directories of a run.

    Args:
        record: the run.
        root: the directory of its repository; None if it is not available.
    """
    base = str(record.experiment.get("base_dir") or "/").rstrip("/") or "/"
    script = os.path.normpath(os.path.join(base, str(record.experiment.get("mainfile"))))
    # Where an old record does not say it: modules are usually started from above their package.
    above = _root_of_modules(record, base, script)
    if root is None or not _is_below(base, root):
        root = above
    work = record.environment.get("working_directory")
    return Places(
        root=root,
        base=os.path.relpath(base, root),
        script=os.path.relpath(script, root),
        work=work if isinstance(work, str) and os.path.isabs(work) else above,
    )


def _root_of_modules(record: RunRecord, base: str, script: str) -> str:
    module = record.experiment.get("module")
    if not isinstance(module, str):
        return base
    # ``python -m lab.train`` found the package in the directory above it.
    levels = module.count(".") + (os.path.basename(script) == "__main__.py") + 1
    above = Path(script).parents
    outermost = str(above[min(levels, len(above)) - 1])
    return outermost if _is_below(base, outermost) else base


def _is_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory.rstrip('/')}/")


class RestoredTree(Frozen):
    """The restored files of a run.

    Args:
        places: the original places.
        root: the new place of `Places.root`.
        outside: a directory that replaces a working directory elsewhere.
        notes: the differences from the original, in words.
    """

    places: Places
    root: Path
    outside: Path
    notes: tuple[str, ...] = ()

    @property
    def script(self) -> Path:
        """The main file."""
        return self.root / self.places.script

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.moved(self.places.work) or self.outside

    def moved(self, path: str) -> Path | None:
        """Return where a path of the run is now; None if it was not in any of its directories."""
        for before, now in ((self.places.root, self.root), (self.places.work, self.outside)):
            if _is_below(path, before):
                return Path(os.path.normpath(now / os.path.relpath(path, before)))
        return None

    def relative(self, path: str) -> tuple[Path, str] | None:
        """Return the directory that a path is in now, and its name there; None if in none."""
        for before, now in ((self.places.root, self.root), (self.places.work, self.outside)):
            if path.startswith(f"{before.rstrip('/')}/"):
                return now, os.path.relpath(path, before)
        return None
