"""Fingerprints, which tell whether the files of a run's record have changed."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator

from sacred._base.frozen import Frozen
from sacred.stores.files.metrics_json import JOURNAL
from sacred.stores.files.metrics_json import NAME as METRICS
from sacred.stores.files.run_json import ANNOTATIONS

__all__ = ["Fingerprint", "fingerprint", "is_run", "is_unchanged", "listed"]

# The record of a run as far as queries ask for it.
_FILES = ("run.json", "config.json", "info.json", ANNOTATIONS, METRICS, JOURNAL)


class Fingerprint(Frozen):
    """What the system says about the directory of a run and the files of its record.

    Args:
        text: the text to compare.
        newest: the last time at which anything changed, in nanoseconds since 1970.
    """

    text: bytes
    newest: int


def fingerprint(directory: str) -> Fingerprint | None:
    """Return the fingerprint of a run; None: there is no such directory."""
    try:
        numbers = _numbers(os.stat(directory))
    except (FileNotFoundError, NotADirectoryError):
        return None
    newest = max(numbers[2:])
    for number, name in enumerate(_FILES):
        try:
            found = _numbers(os.stat(f"{directory}/{name}"))
        except OSError:
            continue
        newest = max(newest, *found[2:])
        numbers += (number, *found)
    return Fingerprint(text=_text(numbers), newest=newest)


def is_unchanged(directory: str, text: bytes) -> bool:
    """Whether the fingerprint of a run is still the same; faster than making a new one.

    Args:
        directory: of the run.
        text: of the fingerprint.
    """
    known = array("Q", text)
    try:
        if array("Q", _cut(_numbers(os.stat(directory)))) != known[:4]:
            return False
        # A file that was not there cannot have come without a change of the directory.
        for start in range(4, len(known), 5):
            found = _numbers(os.stat(f"{directory}/{_FILES[known[start]]}"))
            if array("Q", _cut(found)) != known[start + 1 : start + 5]:
                return False
    except OSError:
        return False
    return True


def is_run(directory: str) -> bool:
    """Whether a directory is that of a run, possibly a damaged one."""
    return any(os.path.exists(f"{directory}/{name}") for name in ("run.json", "config.json"))


def listed(root: str) -> Iterator[tuple[str, int]]:
    """Return the names of the directories that may be those of runs, and their inodes.

    Raises:
        OSError: there is no such place.
    """
    with os.scandir(root) as entries:
        for entry in entries:
            if not entry.name.startswith(("_", ".")) and entry.is_dir():
                yield entry.name, entry.inode()


def _numbers(found: os.stat_result) -> tuple[int, ...]:
    # What sets the time of a file back, as copying programs do, shows in its ctime.
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _text(numbers: tuple[int, ...]) -> bytes:
    return array("Q", _cut(numbers)).tobytes()


def _cut(numbers: tuple[int, ...]) -> list[int]:
    # Times before 1970 are negative.
    return [number & (2**64 - 1) for number in numbers]
