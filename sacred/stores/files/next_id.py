"""The number of the next run in a directory of runs: the highest one + 1.

To find the highest one, the directory has to be listed, which takes longer the more runs it
has. So in a large directory a note records what it was when the last run started; the note
counts as long as the directory is unchanged.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re

from sacred._base.digest import new_md5

__all__ = ["NOTE", "claim_next", "highest_number"]

#: The file of the note: three numbers and a digest of them, always of the same length.
NOTE = ".last-id"

# Fewer directories are listed in no time, and nothing has to be noted.
_MIN_RUNS = 500

_FORMAT = re.compile(rb"(\d{20} \d{20} \d{20}) ([0-9a-f]{8})\n")
_LENGTH = 72
# A link, or a pipe that nobody else has open, is not a note of ours.
_OWN_FILES_ONLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def claim_next(root: str, trash: str) -> str:
    """Make the directory of the next run, and return its name.

    Runs in `trash` may come back, so their numbers count. A run in the trash was in `root` before,
    and has changed that directory by leaving it.

    Whoever makes a directory has that id, whatever the note says: at worst, a wrong note leads to
    a number that is free but not the highest.

    Args:
        root: directory of the runs.
        trash: directory of discarded runs.

    Raises:
        OSError: the directory cannot be made.
    """
    before = os.stat(root)
    highest = _highest(root, trash, before)
    # Others may start runs at the same time; who comes too late goes on from there without
    # looking at everything again.
    for number in itertools.count(highest + 1):
        try:
            os.mkdir(os.path.join(root, str(number)))
            break
        except FileExistsError:
            continue
    _note(root, number, before)
    _remember(root, number, before)
    return str(number)


def highest_number(root: str, trash: str) -> int:
    """Return the highest number of a run, discarded ones included; 0 if there is none.

    Args:
        root: directory of the runs.
        trash: directory of discarded runs.

    Raises:
        OSError: the directory cannot be read.
    """
    return _highest(root, trash, os.stat(root))


def _highest(root: str, trash: str, now: os.stat_result) -> int:
    known_state, known_id = known_highest.get(root, (None, 0))
    highest = known_id if _state(now) == known_state else _noted(root, now)
    return highest_listed(root, trash) if highest is None else highest


# The state of directories and the highest number in them, after the last run of this process
# has started there: the same as a note, and at no cost for small ones.
known_highest: dict[str, tuple[tuple[int, int], int]] = {}


def _remember(root: str, highest: int, before: os.stat_result) -> None:
    known_highest.pop(root, None)
    after = os.stat(root)
    if after.st_nlink == before.st_nlink + 1:
        known_highest[root] = _state(after), highest


def highest_listed(root: str, trash: str) -> int:
    """Return the highest id in a directory of runs and its trash; 0 if there is none.

    Args:
        root: the directory of the runs.
        trash: its trash, which may be missing.
    """
    names = os.listdir(root)
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        names += os.listdir(trash)
    return max((int(name) for name in names if name.isdecimal()), default=0)


def _noted(root: str, now: os.stat_result) -> int | None:
    """The highest number, if the directory is as it was when that was noted."""
    if now.st_nlink < _MIN_RUNS:
        return None
    try:
        file = os.open(os.path.join(root, NOTE), os.O_RDONLY | _OWN_FILES_ONLY)
    except OSError:
        return None
    try:
        found = _FORMAT.fullmatch(os.read(file, _LENGTH + 1))
    except OSError:
        return None
    finally:
        os.close(file)
    if found is None or _digest(found[1]) != found[2]:
        return None
    highest, changed, directories = map(int, found[1].split())
    return highest if (changed, directories) == _state(now) else None


def _note(root: str, highest: int, before: os.stat_result) -> None:
    if before.st_nlink < _MIN_RUNS:
        return
    # Not to be had: somebody else's, or there is no space left. Then it is listed again.
    with contextlib.suppress(OSError):
        path = os.path.join(root, NOTE)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | _OWN_FILES_ONLY, 0o666)
        try:
            after = os.stat(root)  # now, for to make the file was a change, too
            # Else others have made directories meanwhile, and it may be one of a higher number.
            if after.st_nlink == before.st_nlink + 1:
                numbers = b"%020d %020d %020d" % (highest, *_state(after))
                os.write(file, numbers + b" " + _digest(numbers) + b"\n")
        finally:
            os.close(file)


def _state(directory: os.stat_result) -> tuple[int, int]:
    """What differs when anything has been made or removed in a directory.

    Its time alone does not tell two changes within a few milliseconds apart. Where the system
    does not count the directories in it as links, there are never many, and nothing is noted.
    """
    return directory.st_mtime_ns, directory.st_nlink


def _digest(numbers: bytes) -> bytes:
    digest = new_md5()
    digest.update(numbers)
    return str(digest.hexdigest())[:8].encode()
