"""`repeat_run`: a run in a scratch directory, compared with the first one."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sacred._base.frozen import Frozen, replace
from sacred.definition import RERUN_FILES
from sacred.records import RunRecord
from sacred.reruns.invocation import Invocation, invocation_of
from sacred.reruns.program_invocation import make_executable
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.inputs import restore_inputs
from sacred.restoring.interpreter import Interpreter, find_interpreter
from sacred.restoring.interpreter import Mode as EnvironmentMode
from sacred.restoring.restored_sources import restore_sources
from sacred.runs.program_words import program_of
from sacred.runs.run_store import RunStore, open_store
from sacred.serializer import dumps
from sacred.verdicts.error_text import last_error_in
from sacred.verdicts.verdict import DEFAULT_TOLERANCE, Verdict, impossible, verdict_of

__all__ = ["EnvironmentMode", "Repetition", "RerunOptions", "place_of_copies", "repeat_run"]

#: What its process printed, in the scratch directory.
_LOG = "process.log"
#: For a run that is to end, before it is told once more.
_PATIENCE_SECONDS = 10


class RerunOptions(Frozen):
    """Options for repeating a run.

    Args:
        environment: the interpreter; see `sacred.restoring.interpreter.find_interpreter`.
        updates: changes of its configuration, as on a command line after ``with``.
        tolerance: see `verdict_of`.
        ignored: see `verdict_of`.
        directory: the scratch directory, which is kept; None for a temporary one.
        keep: whether to keep a temporary directory as well.
        repository: a directory in the repository of its commit; None for the working directory.
        tell: called with a message about each step.
    """

    environment: EnvironmentMode = "auto"
    updates: tuple[str, ...] = ()
    tolerance: float = DEFAULT_TOLERANCE
    ignored: tuple[str, ...] = ()
    directory: Path | None = None
    keep: bool = False
    repository: str | None = None
    tell: Callable[[str], None] = lambda text: None


class Repetition(Frozen):
    """A run that was repeated.

    Args:
        verdict: the verdict on the repetition.
        record: its record in the scratch directory, as long as that exists; None if no run started.
        directory: the directory of that record.
    """

    verdict: Verdict
    record: RunRecord | None = None
    directory: Path | None = None


@contextlib.contextmanager
def repeat_run(record: RunRecord, options: RerunOptions) -> Iterator[Repetition]:
    """Repeat a run in a scratch directory, which exists until the end of the context.

    Nothing is written elsewhere, except by the run itself.

    Args:
        record: the run.
        options: the options.

    Raises:
        CannotRestoreError: the scratch directory is not empty.
    """
    with _scratch(options) as scratch:
        try:
            invocation = _prepared(record, scratch, options)
            # A program is started by the present `sacred exec`.
            mode = options.environment if program_of(record) is None else "current"
            interpreter = find_interpreter(record, mode)
            options.tell(f"with {interpreter.name}")
            if interpreter.note:
                options.tell(interpreter.note)
        except CannotRestoreError as error:
            yield Repetition(verdict=impossible(str(error)))
            return
        options.tell(" ".join(["python", *invocation.words]))
        errors = _execute(interpreter, invocation, scratch / _LOG)
        yield _compared(record, scratch, errors, options)


def _prepared(record: RunRecord, scratch: Path, options: RerunOptions) -> Invocation:
    tree = restore_sources(record, scratch, options.repository)
    for note in tree.notes:
        options.tell(note)
    copies = restore_inputs(record, tree, place_of_copies(record, scratch))
    for path in copies:
        options.tell(f"the resource {path} is not here: open_resource() opens the stored copy")
    make_executable(record, tree)
    invocation = invocation_of(record, tree, scratch, options.updates)
    if copies:
        told = {**invocation.variables, RERUN_FILES: json.dumps(copies)}
        invocation = replace(invocation, variables=told)
    return invocation


def place_of_copies(record: RunRecord, scratch: Path) -> Path | None:
    """Return the directory for copies of lost resources; None if these count as missing.

    Programs, and versions of Sacred before 1.0, would not look there.

    Args:
        record: the run.
        scratch: the scratch directory.
    """
    return scratch / "inputs" if record.environment and program_of(record) is None else None


@contextlib.contextmanager
def _scratch(options: RerunOptions) -> Iterator[Path]:
    if options.directory is not None:
        directory = options.directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise CannotRestoreError(f"the directory {directory} is not empty")
        yield directory
    elif options.keep:
        yield Path(tempfile.mkdtemp(prefix="sacred-rerun-"))
    else:
        with tempfile.TemporaryDirectory(
            prefix="sacred-rerun-", ignore_cleanup_errors=True
        ) as temporary:
            yield Path(temporary)


def _execute(interpreter: Interpreter, invocation: Invocation, log: Path) -> str:
    """Wait for the run, and return what its process has printed."""
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [interpreter.path, *invocation.words],
            cwd=invocation.directory,
            env=invocation.environment(interpreter),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            process.wait()
        except BaseException:
            # Ctrl-C has reached it as well; another signal would cut its end short.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_SECONDS)
            process.terminate()
            process.wait()
            raise
    return log.read_text(encoding="utf-8", errors="replace")


def _compared(record: RunRecord, scratch: Path, printed: str, options: RerunOptions) -> Repetition:
    place = scratch / "record"
    store = open_store(place) if place.is_dir() else None
    again = None if store is None else _found(record, store)
    if again is None:
        reason = f"it ended before a run began: {last_error_in(printed) or 'it printed nothing'}"
        return Repetition(verdict=Verdict(name="FAILED", reason=reason))
    verdict = verdict_of(record, again, options.tolerance, options.ignored)
    return Repetition(verdict=verdict, record=again, directory=place)


def _found(record: RunRecord, store: RunStore) -> RunRecord | None:
    """The repetition among the runs of a script, which may start several."""
    runs = [run for run in store if (run.name, run.command) == (record.name, record.command)]
    config = dumps(record.config)
    same = [run for run in runs if dumps(run.config) == config]
    return next(iter(same or runs or list(store)), None)
