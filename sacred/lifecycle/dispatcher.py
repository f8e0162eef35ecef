"""Telling observers what happens, and what a failing observer means."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from sacred._base.current_run import acting_for
from sacred._base.errors import SacredError
from sacred._base.frozen import fields_of, replace
from sacred.events import (
    Event,
    Heartbeat,
    LastHeartbeat,
    OnFailure,
    RunQueued,
    RunStarted,
    accepts_last_heartbeat,
)

__all__ = ["Dispatcher"]


class Dispatcher:
    """Tells the observers of one run, highest priority first, one event at a time.

    Args:
        observers: any objects with some of the observer's methods.
        logger: where failures of observers are reported.
        run: what the observers' methods run for; see `sacred._base.current_run`.
    """

    def __init__(
        self, observers: Iterable[Any], logger: logging.Logger, run: object = None
    ) -> None:
        self.observers = sorted(observers, key=lambda o: getattr(o, "priority", 0), reverse=True)
        self._logger = logger
        self._run = self if run is None else run
        # Re-entrant: an observer may add an artifact while it handles an event.
        self._lock = threading.RLock()
        self._told_of_start: list[Any] = []
        self._reported: set[tuple[int, str, str]] = set()

    def begin(self, event: RunQueued | RunStarted) -> Any:
        """Announce the run; the first observer that is asked without an id decides it.

        Returns:
            the id of the run (None without observers).

        Raises:
            Exception: whatever an observer raises; the run must not go on.
        """
        run_id = event._id
        with self._telling():
            for observer in self.observers:
                answer = replace(event, _id=run_id).call(observer)
                run_id = answer if run_id is None else run_id
                self._told_of_start.append(observer)
        return run_id

    def emit(self, event: Event) -> None:
        """Tell every observer that was told of the start; their failures are logged.

        Raises:
            SacredError: the user passed something wrong (``OnFailure.TELL_THE_USER``); all
                observers have been told.
        """
        with self._telling():
            self._tell(event, self._told_of_start)

    def end(self, last_beat: Heartbeat, closing: Event) -> None:
        """Tell the last beat and how the run has ended.

        The first observer may store both at once. None but the first: while another one is
        told of the end and waits for its absent server, the process may be killed, and what
        is kept in memory would be lost.
        """
        with self._telling():
            first, others = self._told_of_start[:1], self._told_of_start[1:]
            if first and accepts_last_heartbeat(first[0]):
                self._tell(LastHeartbeat(**fields_of(last_beat)), first)
                self._tell(last_beat, others)
            else:
                self._tell(last_beat, self._told_of_start)
            self._tell(closing, self._told_of_start)

    def _tell(self, event: Event, observers: Iterable[Any]) -> None:
        mistake: Exception | None = None
        for observer in observers:
            try:
                event.call(observer)
            except Exception as error:
                if event.on_failure is OnFailure.TELL_THE_USER and _is_mistake(error):
                    mistake = mistake or error
                else:
                    self._report(observer, event, error)
        if mistake is not None:
            raise mistake

    def join(self) -> None:
        """Wait until every observer has stored what it was told."""
        with self._telling():
            for observer in self._told_of_start:
                try:
                    getattr(observer, "join", lambda: None)()
                except Exception as error:
                    self._report(observer, None, error)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        with self._lock, acting_for(self._run):
            yield

    def _report(self, observer: Any, event: Event | None, error: Exception) -> None:
        # The same failure at every beat is one warning, or a day without network
        # would bury the user's own output.
        method = event.method if event is not None else "join"
        key = (id(observer), method, f"{type(error).__name__}: {error}")
        if key in self._reported:
            return
        self._reported.add(key)
        self._logger.warning(
            "An error occurred in the %s of '%s': %s. The run goes on.",
            method,
            type(observer).__name__,
            key[2],
        )
        self._logger.debug("Details:", exc_info=error)


def _is_mistake(error: Exception) -> bool:
    """Whether the library itself refused what the user passed, as a name it cannot use."""
    return isinstance(error, SacredError) and isinstance(error, ValueError | FileExistsError)
