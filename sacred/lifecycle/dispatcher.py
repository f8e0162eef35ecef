"""Dispatching events to observers, and handling observers that fail."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from sacred._base.current_run import acting_for
from sacred._base.errors import RecordIncompleteError, SacredError
from sacred._base.frozen import fields_of
from sacred._base.run_ids import RunId
from sacred.events import (
    Event,
    Heartbeat,
    LastHeartbeat,
    OnFailure,
    RunQueued,
    RunResumed,
    RunStarted,
    accepts_last_heartbeat,
)
from sacred.lifecycle.run_start import announce_start, distinct_observers
from sacred.lifecycle.signals import Terminated

__all__ = ["Dispatcher"]


class Dispatcher:
    """Sends events to the observers of one run, highest priority first, one at a time.

    Args:
        observers: objects with some or all of the observer's methods.
        logger: where failures of observers are reported.
        run: the run for which the observers' methods are called; see `sacred._base.current_run`.
    """

    def __init__(
        self, observers: Iterable[Any], logger: logging.Logger, run: object = None
    ) -> None:
        distinct = distinct_observers(observers)
        self.observers = sorted(distinct, key=lambda o: getattr(o, "priority", 0), reverse=True)
        self._logger = logger
        self._run = self if run is None else run
        # Re-entrant: an observer may add an artifact while it handles an event.
        self._lock = threading.RLock()
        #: Observers that have received the start, and so receive what follows.
        self.started_observers: list[Any] = []
        #: Observers of which a method has failed, each once.
        self.failed_observers: list[Any] = []
        self._reported: set[tuple[int, str, str]] = set()
        #: What an observer has lost for good, if any has.
        self.incomplete: RecordIncompleteError | None = None

    def begin(self, event: RunQueued | RunStarted) -> RunId | None:
        """Announce the run; if it has no id, the first observer assigns one.

        If several stores number their runs, they get a number that is free in all of them.

        Returns:
            the id of the run; None without observers.

        Raises:
            Exception: whatever an observer raises; the run must not continue.
        """
        with self._locked():
            if isinstance(event, RunResumed):
                self._warn_of_those_not_told(event)
            return announce_start(event, self.observers, self.started_observers)

    def _warn_of_those_not_told(self, event: RunResumed) -> None:
        names = [type(one).__name__ for one in self.observers if not hasattr(one, event.method)]
        if names:
            self._logger.warning(
                "%s cannot be told that the run goes on: there is no method %s. What follows is "
                "sent all the same.",
                " and ".join(dict.fromkeys(names)),
                event.method,
            )

    def emit(self, event: Event) -> None:
        """Send an event to every observer that has received the start; failures are logged.

        Raises:
            SacredError: an argument of the user is wrong (``OnFailure.RAISE_TO_CALLER``); all
                observers have received the event.
        """
        with self._locked():
            self._notify(event, self.started_observers)

    def end(self, last_beat: Heartbeat, closing: Event) -> None:
        """Send the last heartbeat and the closing event.

        Only the first observer may store both at once: while another one waits for an unreachable
        server, the process may be killed, and what an observer keeps in memory would be lost.

        Args:
            last_beat: the last heartbeat.
            closing: the event that ends the run.
        """
        with self._locked():
            first, others = self.started_observers[:1], self.started_observers[1:]
            if first and accepts_last_heartbeat(first[0]):
                self._notify(LastHeartbeat(**fields_of(last_beat)), first)
                self._notify(last_beat, others)
            else:
                self._notify(last_beat, self.started_observers)
            self._notify(closing, self.started_observers)

    def _notify(self, event: Event, observers: Iterable[Any]) -> None:
        mistake: BaseException | None = None
        for observer in observers:
            try:
                event.call(observer)
            except (KeyboardInterrupt, Terminated):
                raise  # of the user's
            except BaseException as error:  # `sys.exit()` in an observer does not end the run
                if event.on_failure is OnFailure.RAISE_TO_CALLER and _is_user_error(error):
                    mistake = mistake or error
                else:
                    self._report(observer, event, error)
        if mistake is not None:
            raise mistake

    def join(self) -> None:
        """Wait until every observer has stored what it received."""
        with self._locked():
            for observer in self.started_observers:
                try:
                    getattr(observer, "join", lambda: None)()
                except (KeyboardInterrupt, Terminated):
                    raise
                except BaseException as error:
                    self._report(observer, None, error)

    def after_fork_in_child(self) -> None:
        """Reset a lock that another thread of the parent may have held."""
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock, acting_for(self._run):
            yield

    def _report(self, observer: Any, event: Event | None, error: BaseException) -> None:
        # The same failure at every heartbeat is one warning, or a day without network
        # would bury the user's own output.
        if not any(observer is failed for failed in self.failed_observers):
            self.failed_observers.append(observer)
        method = event.method if event is not None else "join"
        key = (id(observer), method, f"{type(error).__name__}: {error}")
        if key in self._reported:
            return
        self._reported.add(key)
        if isinstance(error, RecordIncompleteError):
            self.incomplete = error
            self._logger.error("%s", error)
            return
        self._logger.warning(
            "An error occurred in the %s of '%s': %s. The run goes on.",
            method,
            type(observer).__name__,
            key[2],
        )
        self._logger.debug("Details:", exc_info=error)


def _is_user_error(error: BaseException) -> bool:
    """Whether the library itself refused an argument of the user's, such as an invalid name."""
    return isinstance(error, SacredError) and isinstance(error, ValueError | FileExistsError)
