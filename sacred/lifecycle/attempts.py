"""A run as one of several attempts that may be queued, asked to end, and resumed."""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, Protocol

from sacred._base.errors import SacredInterrupt
from sacred.events import DetailsGathered, Event, RunEnqueued, RunResumed, RunStarted
from sacred.lifecycle.artifact_files import ArtifactFiles
from sacred.lifecycle.detail_events import detail_events
from sacred.lifecycle.signals import END_AS_TIMEOUT, EndSignals, Terminated
from sacred.settings import SETTINGS
from sacred.status import PRUNED, TIMEOUT

if TYPE_CHECKING:
    import datetime

__all__ = ["AttemptedRun", "StopRequests", "is_pruning", "queue_events"]

#: Environment variables that a queued run has wherever it runs; those of
#: ``SETTINGS.HOST_INFO.CAPTURED_ENV``, too.
_QUEUED_VARIABLES = ("PATH", "LANG", "LC_*", "OMP_*", "CUDA_*")


#: What Optuna raises in a trial that is not worth going on with.
_PRUNING_CLASS = "TrialPruned"


class StoredContent(Protocol):
    """A file of a record."""

    def open(self) -> IO[bytes]:
        """Open the file to read its content."""


class AttemptedRun:
    """The part of a run that knows about its other attempts, and about requests to end.

    Attributes:
        resumed: whether an earlier attempt at this run has started, whose record this one
            continues.
        is_leased: whether a worker has started this run.
        earlier_artifacts: the files that earlier attempts made, by name.
        stop_requests: handles signals.
    """

    #: Set by the class that has these methods.
    _artifact_files: ArtifactFiles

    def __init__(self) -> None:
        super().__init__()
        self.resumed = False
        self.is_leased = False
        self.earlier_artifacts: Mapping[str, StoredContent] = {}
        self.stop_requests = StopRequests()

    def should_stop(self) -> bool:
        """Return whether the run was asked to end soon, by its worker or a batch system, say.

        Once this method has been called, the first signal only makes it return True; the main
        function should then save what a `resumed` run needs, and return. The status of the run is
        what the signal would have given it. It also returns True when the sweep of the run prunes
        it (``--prune``); the status is then ``PRUNED``.
        """
        return self.stop_requests.ask()

    def last_artifact(self, pattern: str = "*") -> str | None:
        """Return a copy of the last file that earlier attempts at this run stored.

        Args:
            pattern: a pattern for its name, such as ``"checkpoint*"``.

        Returns:
            the path of the copy, in a temporary directory; None if there is no such file.
        """
        names = [name for name in self.earlier_artifacts if fnmatch.fnmatchcase(name, pattern)]
        if not names:
            return None
        path = self._artifact_files.new_path(os.path.basename(names[-1]))
        with self.earlier_artifacts[names[-1]].open() as stored, open(path, "wb") as copy:
            shutil.copyfileobj(stored, copy)
        return path

    @property
    def _first_event(self) -> type[RunStarted]:
        return RunResumed if self.resumed else RunStarted

    def end_signals(self) -> EndSignals:
        """Return the handler of signals during this run."""
        signals = EndSignals(self.stop_requests.take)
        if self.is_leased and END_AS_TIMEOUT is not None:
            signals.statuses = {END_AS_TIMEOUT: TIMEOUT}
        self.stop_requests.make = signals.terminated
        return signals


def queue_events(run: Any, queue_time: datetime.datetime) -> Iterator[Event]:
    """Yield the events after the first one of a queued run: what its worker needs, and the end.

    Args:
        run: the `sacred.run.Run`.
        queue_time: when it was queued (naive UTC).
    """
    for event in detail_events(run)():
        if event.name == "environment":
            found = {**event.value.get("variables", {}), **_queued_variables()}
            event = DetailsGathered(name=event.name, value={**event.value, "variables": found})
        yield event
    priority = run.meta_info.get("priority") or 0.0
    yield RunEnqueued(queue_time=queue_time, priority=float(priority))


def is_pruning(error: BaseException) -> bool:
    """Whether an exception ends a run because others are better, like ``optuna.TrialPruned``.

    Args:
        error: the exception; only the name of its class counts, so Optuna need not be installed.

    >>> is_pruning(type("TrialPruned", (Exception,), {})()), is_pruning(ValueError())
    (True, False)
    """
    return any(kind.__name__ == _PRUNING_CLASS for kind in type(error).__mro__)


def _queued_variables() -> dict[str, str]:
    patterns = (*_QUEUED_VARIABLES, *SETTINGS.HOST_INFO.CAPTURED_ENV)
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    }


class _PrunedInterrupt(SacredInterrupt):
    """Ends a run that has returned because others of its sweep are better."""

    STATUS = PRUNED


class StopRequests:
    """Handles the first signal to a run that can end by itself.

    Attributes:
        hooks: functions to call on the first signal.
        make: creates the exception for a signal.
        should_prune: returns whether the run should end because others are better; may be None.
    """

    def __init__(self) -> None:
        self.hooks: list[Callable[[], Any]] = []
        self.make: Callable[[int], Terminated] = Terminated
        self.should_prune: Callable[[], bool] | None = None
        self._is_asked = False
        self._is_seen = False
        self._is_pruned = False
        self._signal: int | None = None

    def take(self, signum: int) -> bool:
        """Handle a signal; return whether the run continues for now.

        Args:
            signum: the number of the signal.
        """
        if self._signal is not None or not (self.hooks or self._is_asked):
            return False
        self._signal = signum
        for hook in self.hooks:
            hook()
        return True

    def ask(self) -> bool:
        """Return whether the run should end; from now on, the first signal waits."""
        self._is_asked = True
        self._is_seen = self._is_seen or self._signal is not None
        if not self._is_seen and not self._is_pruned and self.should_prune is not None:
            self._is_pruned = self.should_prune()
        return self._is_seen or self._is_pruned

    def check(self) -> None:
        """End a run that has returned because it was asked to end.

        Raises:
            Terminated: it was asked by a signal.
            SacredInterrupt: it was asked by its sweep.
        """
        if self._is_seen and self._signal is not None:
            raise self.make(self._signal)
        if self._is_pruned:
            raise _PrunedInterrupt("others of its sweep are better")
