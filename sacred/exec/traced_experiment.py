"""``python train.py --trace``: an experiment whose process is started again under strace."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import sacred
from sacred._base.cli_option import CLIOption
from sacred.cli.errors import CommandLineError
from sacred.definition import LEASED_RUN, RERUN_STORE, lease_of_process
from sacred.exec.run_trace import store_files
from sacred.exec.tracing.strace import Tracer, is_running, read_trace_until, tracer_for
from sacred.exec.tracing.trace_directories import make_trace_directory, remove_abandoned
from sacred.exec.tracing.trace_record import TraceRecord
from sacred.run import Run
from sacred.stores.schemes import directory_of

__all__ = ["trace_option"]

#: Variable of the restarted process: which process is traced, and where the trace is.
_VARIABLE = "SACRED_TRACED_PROCESS"
_FLAG = "--trace"
#: How many remarks about a trace are logged.
_MAX_NOTES = 5
#: Put before the name of an output if an artifact of the run has that name already.
_ASIDE = "traced/"
#: The process that has been started again, as soon as it has a traced run.
_traced: set[int] = set()


def _trace(args: bool, run: Run) -> None:
    """Trace a run if strace started this process; else start the process again under strace.

    Args:
        args: True.
        run: the run that is about to start.

    Raises:
        CommandLineError: it cannot be traced.
    """
    options = run.meta_info.get("options") or {}
    if run.unobserved or options.get("--queue") or options.get("--unobserved"):
        return
    given = json.loads(os.environ.pop(_VARIABLE, "{}"))
    if given.get("process") == os.getpid():
        _traced.add(os.getpid())
        _Trace(run, given).attach()
        return
    if os.getpid() in _traced:  # starting again would begin with the first run again
        run.run_logger.warning("--trace: only the first run of a process is traced")
        return
    found = tracer_for(sys.executable) if _is_called_so() else "only a command line can be traced"
    if isinstance(found, Tracer):
        _start_again(found)
    if RERUN_STORE not in os.environ and LEASED_RUN not in os.environ:
        raise CommandLineError(f"--trace: {found}")
    # On another machine, the run is worth more than its trace.
    run.run_logger.warning("The files of this run are not traced: %s", found)


trace_option = CLIOption(_trace, None, _FLAG, True)


def _is_called_so() -> bool:
    """Whether this process can be started again from its words: a script, not a notebook."""
    asks = any(word.startswith("--tr") and _FLAG.startswith(word) for word in sys.argv[1:])
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    return asks and script is not None and not hasattr(sys, "ps1")


def _start_again(tracer: Tracer) -> NoReturn:
    remove_abandoned()
    scratch = make_trace_directory()
    given = {"process": os.getpid(), "scratch": scratch, "started": time.time()}
    given |= {"directory": os.getcwd(), "version": tracer.version}
    words = tracer.words_for(os.path.join(scratch, "trace"))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # The tracer steps aside: number, parent and exit status of this process stay what they are.
    os.execve(
        words[0],
        [*words, sys.executable, *sys.orig_argv[1:]],
        {**os.environ, _VARIABLE: json.dumps(given)},
    )


class _Trace:
    """The trace of this process.

    Args:
        run: the run that is traced.
        given: what `_start_again` left.
    """

    def __init__(self, run: Run, given: dict[str, Any]) -> None:
        self._run = run
        self._given = given
        self._record: TraceRecord | None = None

    def attach(self) -> None:
        """Add the trace to the run when it ends."""
        run = self._run
        run.recorded_files = {}
        run.closing_hooks.append(self._close)
        gatherer = run.environment_gatherer
        if gatherer is not None:
            run.environment_gatherer = lambda: _Described(gatherer(), self)

    def document(self) -> dict[str, Any]:
        """Return what is recorded; empty until the run has ended."""
        return {} if self._record is None else self._record.document()

    def _close(self) -> None:
        if not self._run.observers:  # then nothing is recorded
            shutil.rmtree(self._given["scratch"], ignore_errors=True)
            return
        try:
            found = self._read()
            self._store(found)
        except Exception as error:  # the run is worth more than its trace
            self._run.run_logger.warning("The files of this run are not recorded: %s", error)
            return
        finally:
            shutil.rmtree(self._given["scratch"], ignore_errors=True)
        self._record = found
        summary = found.summary()
        self._run.run_logger.info("%s", summary[0].upper() + summary[1:])
        for note in found.notes[:_MAX_NOTES]:
            self._run.run_logger.warning("%s", note)

    def _read(self) -> TraceRecord:
        given, run = self._given, self._run
        accesses = read_trace_until(
            os.path.join(given["scratch"], "trace"),
            given["directory"],
            os.path.join(given["scratch"], "end"),
        )
        accesses.running = {number for number in accesses.running if _outlives(number)}
        others = tuple(_own_places(run))
        for path in [path for path in accesses.files if path.startswith(others)]:
            del accesses.files[path]
        return TraceRecord(
            accesses,
            directory=given["directory"],
            started=given["started"],
            version=given["version"],
            given=[path for path, name in (run.recorded_files or {}).items() if not name],
            scratch=given["scratch"],
        )

    def _store(self, found: TraceRecord) -> None:
        run = self._run
        known = dict(run.recorded_files or {})
        base = str(run.experiment_info.get("base_dir") or "")
        sources = run.experiment_info.get("sources") or ()
        skipped = {os.path.realpath(os.path.join(base, name)) for name, _ in sources}
        store_files(
            run,
            found,
            self._given["directory"],
            inputs=[path for path in found.inputs if path not in skipped and path not in known],
            outputs=[path for path in found.outputs if path not in known],
            names=set(known.values()),
            aside=_ASIDE,
        )


def _own_places(run: Run) -> Iterator[str]:
    """What the library itself reads and writes: its modules, and the stores of the run."""
    yield f"{os.path.dirname(os.path.realpath(sacred.__file__))}{os.sep}"
    for place in (os.environ.get(RERUN_STORE), lease_of_process().get("config")):
        if place is not None:  # beside it lies the configuration that the run is given
            yield os.path.join(os.path.dirname(os.path.realpath(place)), "config.json")
    for observer in run.observers:
        store = getattr(observer, "store", None)
        url = str(getattr(store, "url", ""))
        for name in ("dir", "basedir", "resource_dir", "source_dir"):
            directory = getattr(observer, name, None)
            if isinstance(directory, str | os.PathLike):
                yield f"{os.path.realpath(directory)}{os.sep}"
        if (place := directory_of(url)) is not None:
            yield f"{os.path.realpath(place)}{os.sep}"
        elif url.startswith("sqlite:///"):
            # Its journal is beside it, under the same name and more.
            yield os.path.realpath(url.removeprefix("sqlite:///"))


def _outlives(number: int) -> bool:
    """Whether another process, not a thread of this one, is still running."""
    return is_running(number) and not os.path.exists(f"/proc/{os.getpid()}/task/{number}")


class _Described:
    """What describes the environment of a run, with its trace."""

    def __init__(self, environment: Any, trace: _Trace) -> None:
        self._environment = environment
        self._trace = trace

    def __call__(self) -> dict[str, Any]:
        trace = self._trace.document()
        return {**self._environment(), **({"trace": trace} if trace else {})}
