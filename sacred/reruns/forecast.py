"""The expected verdict of ``sacred rerun`` on a run, without running it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from sacred._base.frozen import Frozen
from sacred.dependencies.environment import cpu_flags
from sacred.records import RunRecord
from sacred.reruns.invocation import invocation_of
from sacred.reruns.recorded_config import config_file_text
from sacred.reruns.repetition import place_of_copies
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.inputs import restore_inputs
from sacred.restoring.interpreter import foresee_interpreter
from sacred.restoring.restored_sources import restore_sources
from sacred.restoring.tree import RestoredTree
from sacred.runs.comparison import content_digest
from sacred.runs.program_words import program_of, runs_python
from sacred.status import COMPLETED, FAILED
from sacred.stores.local_files import md5_of_file

__all__ = ["Forecast", "forecast"]


class Forecast(Frozen):
    """An expected verdict.

    Args:
        name: the name of the verdict.
        reason: why it is not ``EXACT``; empty if it is.
        doubts: reasons why it may turn out differently, in words.
        interpreter: the interpreter that would run it, in words.
    """

    name: str
    reason: str = ""
    doubts: tuple[str, ...] = ()
    interpreter: str = ""


def forecast(record: RunRecord, directory: str | None = None) -> Forecast:
    """Return the verdict that a repetition of a run would probably get on this machine now.

    This does everything that `sacred.reruns.repetition` does before it starts the run, in a scratch
    directory, except creating an environment.

    Args:
        record: the run.
        directory: see `restore_sources`.
    """
    with tempfile.TemporaryDirectory(prefix="sacred-doctor-") as scratch:
        try:
            tree = restore_sources(record, Path(scratch), directory)
            restore_inputs(record, tree, place_of_copies(record, Path(scratch)))
            invocation_of(record, tree, Path(scratch))
            is_program = program_of(record) is not None  # the present `sacred exec` starts it
            interpreter = "" if is_program else foresee_interpreter(record)
        except CannotRestoreError as error:
            return Forecast(name="IMPOSSIBLE", reason=str(error))
        changed = next(_changes(record, tree), None)
        missing = next(_missing_modules(record, tree), None)
    doubts = (*tree.notes, *_doubts(record))
    if missing is not None:
        return Forecast(name="FAILED", reason=missing, doubts=doubts, interpreter=interpreter)
    if changed is not None:
        return Forecast(name="DIFFERS", reason=changed, doubts=doubts, interpreter=interpreter)
    machine = next(_other_machine(record), None)
    if machine is not None:
        return Forecast(name="CLOSE", reason=machine, doubts=doubts, interpreter=interpreter)
    return Forecast(name="EXACT", doubts=doubts, interpreter=interpreter)


def _missing_modules(record: RunRecord, tree: RestoredTree) -> Iterator[str]:
    """What the run has imported from directories that nobody has stored."""
    for row in record.environment.get("outside_modules") or ():
        name, path = map(str, row)
        now = tree.moved(path)
        if not os.path.exists(now or path):
            yield f"the module {name} is not there: {path} is not among the stored sources"


def _changes(record: RunRecord, tree: RestoredTree) -> Iterator[str]:
    """What goes into the run, and is not what it was."""
    for name, file in record.sources.items():
        digest = content_digest(file)
        if digest is not None and file.entry.md5 and digest != file.entry.md5:
            yield f"the stored source {name} is not what the run used"
    for path, file in record.resources.items():
        expected = file.entry.md5 or content_digest(file)
        if tree.relative(path) is not None or not os.path.lexists(path):
            now = content_digest(file)
        else:
            try:
                now = md5_of_file(path)
            except OSError as error:
                yield f"the resource {path} cannot be read: {error.strerror}"
                continue
        if now is not None and expected is not None and now != expected:
            yield f"the resource {path} has changed"


def _other_machine(record: RunRecord) -> Iterator[str]:
    then = record.environment.get("cpu_flags")
    if isinstance(then, list | tuple) and tuple(map(str, then)) != cpu_flags():
        yield "this processor has other instruction sets"
    gpus = record.host.get("gpus")
    if isinstance(gpus, Mapping) and gpus.get("gpus"):
        yield "it used GPUs, whose results may differ from run to run"


def _doubts(record: RunRecord) -> Iterator[str]:
    if record.status not in (COMPLETED, FAILED):
        yield f"it is {record.status}: the repetition may go on to its end"
    if record.config.get("seed") is None:
        yield "no seed is recorded"
    for path in config_file_text(record)[1]:
        yield f"of the entry {path} only a name is stored: it is what the sources make it"
    if not record.environment:
        yield "an old record: variables and working directory are not known"
    elif record.environment.get("hash_seed") == "random" and runs_python(record):
        yield "PYTHONHASHSEED was not set: sets of strings have another order in each run"
