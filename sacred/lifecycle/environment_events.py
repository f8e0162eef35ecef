"""When the environment of a run is described, and sent to its observers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from sacred.events import DetailsGathered

if TYPE_CHECKING:
    import datetime
    import logging

__all__ = ["environment_events"]


class _Run(Protocol):
    observers: list[Any]
    run_logger: logging.Logger
    stop_time: datetime.datetime | None
    #: Makes what describes the environment when it is called; None: a run made by hand.
    environment_gatherer: Callable[[], Callable[[], dict[str, Any]]] | None


def environment_events(run: _Run) -> Callable[[], Iterable[DetailsGathered]]:
    """Return a generator of environment events: with the first heartbeat, and with the last if it
    changed.

    The start is not delayed: a short run has only its last heartbeat, and a long run sends its
    first one in the background.
    """
    if run.environment_gatherer is None or not run.observers:
        return tuple
    describe = run.environment_gatherer()
    sent: dict[str, Any] | None = None

    def events() -> Iterator[DetailsGathered]:
        nonlocal sent
        if sent is not None and run.stop_time is None:
            return
        try:
            found = describe()
        except Exception as error:  # the run is worth more than its description
            run.run_logger.warning("The environment is not recorded: %s", error)
            sent = sent or {}
            return
        if found != sent:
            sent = found
            yield DetailsGathered(name="environment", value=found)

    return events
