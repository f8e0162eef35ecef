"""Runs of experiments and programs that a project names, queued by somebody who fills in a form.

Each is started as a process of its own, by argv: to print the JSON Schema of its configuration, and
to queue a run. No shell is involved, and only the values of entries come from the form.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from sacred._base.errors import SacredError
from sacred._base.frozen import Frozen
from sacred._base.masking import mask_passwords
from sacred._base.text import did_you_mean
from sacred.definition import (
    BOARD_TOKENS,
    LAUNCHED_RUN,
    LEASED_RUN,
    RERUN_SEED,
    RERUN_STORE,
    STORE_VARIABLE,
)
from sacred.queue.launch_entries import update_words
from sacred.records import RunId
from sacred.runs.run_store import RunStore

__all__ = ["LaunchError", "Launchable", "Launcher", "NotLaunchableError"]

#: Generous, because imports of large libraries take a while.
_TIMEOUT_SECONDS = 120.0
_LOOK_SECONDS = 0.1
#: A process that prints more is ended.
_MAX_PRINTED_BYTES = 16 << 20
_MAX_MESSAGE_LINES, _MAX_MESSAGE_CHARS = 8, 4000
#: How many requests may wait for processes; each occupies a thread of the server.
_MAX_CALLS = 4
_LOG_LINES = ("INFO -", "DEBUG -", "WARNING -")


class LaunchError(SacredError):
    """An experiment does not print what can be set, or does not queue the run."""


class NotLaunchableError(SacredError):
    """The project does not name such an experiment or program."""


class Launchable(Frozen):
    """An experiment or a program that a project names.

    Args:
        name: in the project.
        kind: ``experiment`` or ``program``.
        directory: where it is started.
        queueing: the words of a process that queues a run; ``with`` and updates are appended.
        asking: the words of a process that prints the schema; empty: `schema` is known.
        schema: of its configuration, if that is known.
        help: what it is for.
    """

    name: str
    kind: str
    directory: str
    queueing: tuple[str, ...]
    asking: tuple[str, ...] = ()
    schema: Mapping[str, Any] = {}
    help: str = ""


class Launcher:
    """Queues runs of the experiments and programs that a project names.

    Args:
        find: returns what can be launched, by names; the project file may be changed meanwhile.
        addresses: of the stores, with passwords, for processes.
        timeout: seconds that a process may take to answer.
    """

    def __init__(
        self,
        find: Callable[[], Mapping[str, Launchable]],
        addresses: Callable[[RunStore], str | None],
        timeout: float = _TIMEOUT_SECONDS,
    ) -> None:
        self._find, self._addresses, self._timeout = find, addresses, timeout
        # So that many requests do not start many processes at once.
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_MAX_CALLS)

    def launchables(self) -> list[Launchable]:
        """Return what can be launched."""
        return list(self._find().values())

    def schema(self, name: str) -> Mapping[str, Any]:
        """Return the JSON Schema of the configuration of an experiment or program.

        Args:
            name: in the project.

        Raises:
            NotLaunchableError: the project does not name it.
            LaunchError: it does not print it.
        """
        return self._schema(self._named(name))

    def launch(self, name: str, entries: Mapping[str, Any], store: RunStore) -> RunId:
        """Queue a run; return its id.

        Args:
            name: in the project.
            entries: of the configuration: values by paths.
            store: the store to queue the run in.

        Raises:
            NotLaunchableError: the project does not name it.
            EntryError: there is no such entry, or the value does not fit it.
            LaunchError: the run was not queued; the message is that of the experiment.
        """
        wanted = self._named(name)
        address = self._addresses(store)
        if address is None:
            raise LaunchError(f"no process can reach {store.url}")
        updates = update_words(self._schema(wanted), entries)
        words = [*wanted.queueing, *(["with", *updates] if updates else [])]
        with tempfile.TemporaryDirectory(prefix="sacred-launch-") as scratch:
            reply = Path(scratch) / "run"
            self._call(wanted, words, {"store": address, "reply": str(reply)})
            if not reply.exists():
                raise LaunchError(f"{name} has queued no run; is it an @ex.automain?")
            run_id: RunId = json.loads(reply.read_text(encoding="utf-8"))
        return run_id

    def _named(self, name: str) -> Launchable:
        known = self._find()
        if name not in known:
            hint = did_you_mean(name, known)
            raise NotLaunchableError(f"the project names no {name!r} to launch. {hint}".rstrip())
        return known[name]

    def _schema(self, wanted: Launchable) -> Mapping[str, Any]:
        if not wanted.asking:
            return wanted.schema
        out = self._call(wanted, wanted.asking, {"store": None})
        found = _printed_schema(out)
        if found is None:
            raise LaunchError(f"{wanted.name} does not print its schema: {_end_of(out)}")
        return found

    def _call(self, wanted: Launchable, words: Sequence[str], asked: Mapping[str, Any]) -> str:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in (*BOARD_TOKENS, LEASED_RUN, RERUN_SEED, RERUN_STORE)
        }
        variables = {**kept, LAUNCHED_RUN: json.dumps(asked)}
        if asked["store"] is not None:
            variables[STORE_VARIABLE] = asked["store"]
        if not self._places.acquire(blocking=False):
            raise LaunchError("others are launching runs; try it again when they are done")
        try:
            with self._lock:
                code, out, error = _run(words, wanted.directory, variables, self._timeout)
        except OSError as problem:
            raise LaunchError(f"{wanted.name} cannot be started: {problem}") from problem
        finally:
            self._places.release()
        if code != 0:
            raise LaunchError(mask_passwords(_end_of(error or out) or f"exit code {code}"))
        return out


def _run(
    words: Sequence[str], directory: str, variables: Mapping[str, str], timeout: float
) -> tuple[int, str, str]:
    # Files, not pipes: a process that the script leaves behind would keep these open.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        process = subprocess.Popen(
            words,
            cwd=directory,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=error,
            start_new_session=True,
        )
        try:
            _wait(process, (out, error), timeout)
        except BaseException:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        return process.returncode, _printed(out), _printed(error)


def _wait(process: subprocess.Popen[bytes], files: Iterable[IO[bytes]], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_SECONDS)
            return
        if time.monotonic() > deadline:
            raise LaunchError(f"it did not answer within {timeout:.0f} s")
        if any(os.fstat(file.fileno()).st_size > _MAX_PRINTED_BYTES for file in files):
            raise LaunchError(f"it has printed more than {_MAX_PRINTED_BYTES >> 20} MB")


def _printed(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_MAX_PRINTED_BYTES).decode("utf-8", errors="replace")


def _printed_schema(text: str) -> dict[str, Any] | None:
    """The schema in what a script has printed, which may be more than that; None: there is none."""
    decoder = json.JSONDecoder()
    for match in re.finditer(r"^\{", text, re.MULTILINE):
        with contextlib.suppress(ValueError, RecursionError):
            found = decoder.raw_decode(text, match.start())[0]
            if isinstance(found.get("properties"), dict):
                return dict(found)
    return None


def _end_of(text: str) -> str:
    """The last lines of what was printed, without those of a log."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(_LOG_LINES)]
    end = "\n".join(lines[-_MAX_MESSAGE_LINES:])[-_MAX_MESSAGE_CHARS:]
    return end.removeprefix("sacred.utils.")
