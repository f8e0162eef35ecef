"""The files that a program made, as artifacts of its run."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Collection, Iterator, Sequence

from sacred.run import Run

__all__ = ["RECORDS_PREFIX", "FileStamps", "add_artifact", "files_below"]

#: Put before the name of an artifact if stores keep their own records under that name.
RECORDS_PREFIX = "program/"


class FileStamps:
    """The files that match patterns, and their changes since then.

    Args:
        patterns: relative to the directory; ``**`` stands for any folders.
        directory: the working directory of the program.
    """

    def __init__(self, patterns: Sequence[str], directory: str) -> None:
        self._patterns = patterns
        self._directory = directory
        self._before = dict(self._stamps())

    def changed(self) -> list[str]:
        """Return the paths of files that are new, or were written to."""
        now = dict(self._stamps())
        return sorted(path for path, stamp in now.items() if self._before.get(path) != stamp)

    def _stamps(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        for pattern in self._patterns:
            for name in glob.iglob(pattern, root_dir=self._directory, recursive=True):
                path = os.path.join(self._directory, name)
                found = os.stat(path, follow_symlinks=True) if os.path.exists(path) else None
                if found is not None and stat.S_ISREG(found.st_mode):
                    yield path, (found.st_ino, found.st_mtime_ns, found.st_size)


def files_below(directory: str) -> Iterator[str]:
    """Yield the paths of the regular files in a directory and below it, in order."""
    for folder, folders, names in os.walk(directory):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                yield path


def add_artifact(
    run: Run, path: str, directory: str, others: Collection[str] = (), aside: str = RECORDS_PREFIX
) -> str:
    """Store a file as an artifact, under its path below a directory.

    Args:
        run: the run.
        path: of the file.
        directory: if the file is not below it, its base name is used.
        others: names of other artifacts.
        aside: put before the name if that is one of these.

    Returns:
        the name of the artifact.
    """
    name = os.path.relpath(path, directory)
    if name.startswith(os.pardir):
        name = os.path.basename(path)
    name = name.replace(os.sep, "/")
    if name in others:
        name = f"{aside}{name}"
    try:
        run.add_artifact(path, name)
    except FileExistsError:
        name = f"{aside}{name}"
        run.add_artifact(path, name)
    return name
