"""Starting a stored run of a program (``sacred exec``) again."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from sacred.records import RunRecord
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.scratch_files import path_below
from sacred.restoring.tree import RestoredTree
from sacred.runs.program_words import program_of, program_words

__all__ = ["make_executable", "program_call"]


def program_call(
    record: RunRecord, tree: RestoredTree, updates: tuple[str, ...]
) -> tuple[list[str], Path]:
    """Return the words after the interpreter, and the working directory.

    Args:
        record: the run of a program.
        tree: the restored files.
        updates: words after ``with``, in addition to the recorded parameters.

    Raises:
        CannotRestoreError: a secret among its parameters or arguments is masked, or the program
            does not exist.
    """
    words = program_words(record, updates) or []
    if any("***" in word for word in words):
        raise CannotRestoreError("a secret among its parameters or arguments is masked")
    base = str(record.experiment.get("base_dir"))
    directory = tree.moved(base) or tree.work
    place = words.index("--") + 1
    words[place] = _program_in(directory, base, words[place])
    return ["-m", "sacred", "exec", *words], directory


def _program_in(directory: Path, base: str, word: str) -> str:
    """The program as it is called from a directory that stands for another one.

    An interpreter in a virtual environment is not stored: it is where it was, or nowhere.
    """
    if os.sep not in word or os.path.isfile(directory / word):
        return word
    place = os.path.join(base, word)
    if not os.path.isfile(place):
        raise CannotRestoreError(f"the program {word} is neither stored nor here")
    return place


def make_executable(record: RunRecord, tree: RestoredTree) -> None:
    """Make the programs of a run executable, because stores keep only the contents of files.

    Args:
        record: the run; nothing happens unless it is the run of a program.
        tree: the restored files.
    """
    if program_of(record) is None:
        return
    for path in _programs(record):
        found = tree.relative(path)
        place = path_below(*found) if found is not None else None
        if place is not None and place.is_file():
            os.chmod(place, place.stat().st_mode | stat.S_IXUSR)


def _programs(record: RunRecord) -> Iterator[str]:
    program, trace = program_of(record), record.environment.get("trace")
    listed = trace.get("programs") if isinstance(trace, Mapping) else ()
    yield str((program or {}).get("executable"))
    for row in listed or ():
        if isinstance(row, Mapping):
            yield str(row.get("path"))
