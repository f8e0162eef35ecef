"""One queued run as a process, in a scratch directory with its stored sources."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from sacred._base.frozen import Frozen
from sacred.definition import LEASED_RUN, RERUN_SEED, RERUN_STORE
from sacred.records import RunRecord
from sacred.reruns.invocation import invocation_of
from sacred.reruns.program_invocation import make_executable
from sacred.reruns.recorded_config import config_file_text
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.inputs import restore_inputs
from sacred.restoring.interpreter import Mode, find_interpreter
from sacred.restoring.restored_sources import restore_sources
from sacred.restoring.tree import RestoredTree, places_of
from sacred.runs.program_words import program_of
from sacred.stdout_capturing.libc import ending_with_parent
from sacred.stores.claims import QueueEntry

__all__ = ["Launch", "RunProcess"]

#: The part of the process's output that is kept for the record of a run that has not begun.
_MAX_LOG_BYTES = 64 * 1024


class Launch(Frozen):
    """How runs are started.

    Args:
        store: the address of the store of the runs, without relative paths.
        environment: which interpreter to use.
        is_here: whether to use the working tree instead of the stored sources.
    """

    store: str
    environment: Mode = "current"
    is_here: bool = False


class RunProcess:
    """A run that has been started.

    Args:
        record: the run.
        entry: the queue entry of the attempt.
        launch: how it is started.
        variables: additional environment variables.

    Attributes:
        entry: as it was after the last renewal.
        reason: why it was asked to end: ``INTERRUPTED`` or ``TIMEOUT``; None: it was not.

    Raises:
        CannotRestoreError: something that it needs is missing.
        OSError: the scratch directory cannot be made or filled.
    """

    def __init__(
        self, record: RunRecord, entry: QueueEntry, launch: Launch, variables: Mapping[str, str]
    ) -> None:
        self.record, self.entry = record, entry
        self.started = time.monotonic()
        self.reason: str | None = None
        self.slots: tuple[tuple[str, float], ...] = ()
        self._stop_deadline: float | None = None
        self._scratch = Path(tempfile.mkdtemp(prefix="sacred-run-"))
        self._log = self._scratch / "process.log"
        try:
            self._pipe, self._process = self._start(launch, variables)
        except BaseException:
            self.close()
            raise

    def poll(self) -> int | None:
        """Return the exit code; None: it is still running."""
        return self._process.poll()

    def ask_to_end(self, reason: str, grace: float) -> None:
        """Ask the run to end; see `insist`.

        Args:
            reason: the status that the run should end with.
            grace: seconds that a run that can save its state has for that.
        """
        if self.reason is None:
            self.reason = reason
            self._stop_deadline = time.monotonic() + grace
            self._signal(signal.SIGUSR1 if reason == "TIMEOUT" else signal.SIGTERM)

    def insist(self) -> None:
        """Ask again when the grace period is over, and end the process soon after that."""
        if self._stop_deadline is None or time.monotonic() < self._stop_deadline:
            return
        if self._stop_deadline_is_last:
            self.kill()
        else:
            self._stop_deadline_is_last = True
            self._stop_deadline = time.monotonic() + 10
            self._signal(signal.SIGUSR1 if self.reason == "TIMEOUT" else signal.SIGTERM)

    _stop_deadline_is_last = False

    def kill(self) -> None:
        """End the process and those that it has started in its group, at once."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def printed(self) -> str:
        """The output of the process, or the end of it."""
        with contextlib.suppress(OSError), open(self._log, "rb") as file:
            file.seek(max(0, os.path.getsize(self._log) - _MAX_LOG_BYTES))
            return file.read().decode(errors="replace")
        return ""

    def close(self) -> None:
        """Remove the scratch directory."""
        if (pipe := getattr(self, "_pipe", None)) is not None:
            os.close(pipe)
            self._pipe = None
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _start(
        self, launch: Launch, variables: Mapping[str, str]
    ) -> tuple[int | None, subprocess.Popen[bytes]]:
        record, scratch = self.record, self._scratch
        is_here = launch.is_here or _is_program_here(record)
        if is_here:
            tree = _tree_here(record)
        else:
            tree = restore_sources(record, scratch, _checkout_of(record))
            restore_inputs(record, tree)
            make_executable(record, tree)
        invocation = invocation_of(record, tree, scratch)
        config_file = scratch / "config.json"
        # A script that has queued the run by itself is not told of it on the command line.
        config_file.write_text(config_file_text(record)[0], encoding="utf-8")
        interpreter = find_interpreter(record, launch.environment)
        # The worker keeps the other end open as long as it lives.
        end, pipe = os.pipe()
        lease = {
            "store": launch.store,
            "run": self.entry.run_id,
            "attempt": self.entry.attempt,
            "config": str(config_file),
            "worker": os.getpid(),
            "pipe": end,
        }
        given = {**invocation.environment(interpreter), **_recorded_variables(record), **variables}
        for name in (RERUN_STORE, RERUN_SEED):
            given.pop(name, None)
        replaced = f"--file_storage={scratch / 'record'}"
        words = [word for word in invocation.words if word != replaced]
        try:
            with open(self._log, "wb") as log:
                process = subprocess.Popen(
                    [interpreter.path, *words],
                    cwd=invocation.directory,
                    env={**given, LEASED_RUN: json.dumps(lease)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=(end,),
                    start_new_session=True,
                    preexec_fn=ending_with_parent(signal.SIGKILL),
                )
        except BaseException:
            os.close(pipe)
            raise
        finally:
            os.close(end)
        return pipe, process

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):
            os.kill(self._process.pid, number)


def _tree_here(record: RunRecord) -> RestoredTree:
    """The files where they were when the run was queued."""
    places = places_of(record)
    tree = RestoredTree(places=places, root=Path(places.root), outside=Path(places.work))
    if program_of(record) is None and not tree.script.is_file():
        raise CannotRestoreError(f"there is no {tree.script} here")
    return tree


def _is_program_here(record: RunRecord) -> bool:
    """Whether a run is one of a program whose directory is on this machine.

    What it is going to read is not known before it has run, so that it runs there.
    """
    directory = str(record.experiment.get("base_dir"))
    is_this_machine = record.host.get("hostname") == platform.node()
    return program_of(record) is not None and is_this_machine and os.path.isdir(directory)


def _checkout_of(record: RunRecord) -> str | None:
    """The directory whose repository has the commit of ``sacred exec --rev``."""
    directory = (program_of(record) or {}).get("checkout_of")
    return directory if isinstance(directory, str) and os.path.isdir(directory) else None


def _recorded_variables(record: RunRecord) -> dict[str, str]:
    """The environment variables that the run was queued with; ``PATH`` is that of a machine."""
    recorded = record.environment.get("variables")
    found = {**recorded} if isinstance(recorded, Mapping) else {}
    if record.host.get("hostname") != platform.node():
        found.pop("PATH", None)
    return {str(name): str(value) for name, value in found.items()}
