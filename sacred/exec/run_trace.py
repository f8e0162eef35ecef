"""The trace of one run: its command, and its part of the record."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Mapping

from sacred.exec.made_files import RECORDS_PREFIX, add_artifact
from sacred.exec.tracing.accesses import FileUse
from sacred.exec.tracing.strace import Tracer, read_trace
from sacred.exec.tracing.trace_record import TraceRecord
from sacred.run import Run

__all__ = ["RunTrace", "store_files"]


class RunTrace:
    """The trace of one run.

    Args:
        tracer: how it is made.
        scratch: a directory for it; the files there are not the user's.
        directory: the working directory of the program.
        given: files that are recorded as inputs already.
    """

    def __init__(self, tracer: Tracer, scratch: str, directory: str, given: Iterable[str]) -> None:
        self._tracer = tracer
        self._scratch = scratch
        self._directory = directory
        self._given = given
        self._file = os.path.join(scratch, "trace")
        self._started = time.time()
        #: If the program could not be executed: the name of the system error.
        self.start_error = ""

    def words(self) -> list[str]:
        """Return the words to put before the program."""
        return self._tracer.words_for(self._file)

    def record(self, run: Run, stored: Mapping[str, str]) -> TraceRecord:
        """Store the files that were read and written, and return what else is to be recorded.

        Args:
            run: the run.
            stored: the artifacts that it has already: names by path.
        """
        accesses = read_trace(self._file, self._directory)
        redirected = _redirected_input()
        if redirected is not None:
            accesses.files.setdefault(redirected, FileUse(was_read=True))
        self.start_error = accesses.first_error
        found = TraceRecord(
            accesses,
            directory=self._directory,
            started=self._started,
            version=self._tracer.version,
            given=self._given,
            scratch=self._scratch,
            stdin=redirected,
            for_bundle=self._tracer.for_bundle,
        )
        known = {os.path.realpath(path) for path in stored}
        outputs = [path for path in found.outputs if path not in known]
        store_files(run, found, self._directory, found.inputs, outputs, set(stored.values()))
        return found


def store_files(
    run: Run,
    found: TraceRecord,
    directory: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    names: set[str],
    aside: str = RECORDS_PREFIX,
) -> None:
    """Store the files that a trace found; those that cannot be stored are noted in the trace.

    Args:
        run: the run.
        found: the trace.
        directory: names of artifacts are relative to it.
        inputs: paths of files that become resources.
        outputs: paths of files that become artifacts.
        names: of artifacts that the run has already; the names of the outputs are added.
        aside: put before a name that is one of these.
    """
    for path in inputs:
        try:
            run.add_resource(path)
        except OSError as error:
            found.notes.append(f"{path} is not stored: {error.strerror or error}")
    for path in outputs:
        try:
            names.add(add_artifact(run, path, directory, names, aside))
        except OSError as error:
            found.notes.append(f"{path} is not stored: {error.strerror or error}")


def _redirected_input() -> str | None:
    """Return the file that a shell opened as a program's input: ``sacred exec ... < FILE``."""
    try:
        path = os.readlink("/proc/self/fd/0")
        return path if stat.S_ISREG(os.fstat(0).st_mode) and os.path.isfile(path) else None
    except OSError:
        return None
