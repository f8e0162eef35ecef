"""The events with the parts of a record that are not read when runs are listed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from sacred.events import DetailsGathered
from sacred.lifecycle.config_history import ConfigHistory
from sacred.lifecycle.environment_events import environment_events
from sacred.settings import SETTINGS
from sacred.status import QUEUED

if TYPE_CHECKING:
    import datetime
    import logging

    from sacred.lifecycle.tape import Tape

__all__ = ["detail_events", "provenance_events"]


class _Run(Protocol):
    observers: list[Any]
    run_logger: logging.Logger
    status: str | None
    stop_time: datetime.datetime | None
    environment_gatherer: Callable[[], Callable[[], dict[str, Any]]] | None
    config_history: ConfigHistory | None
    tape: Tape | None

    def log_scalars(self, values: Mapping[str, float]) -> None: ...


def detail_events(run: _Run) -> Callable[[], Iterable[DetailsGathered]]:
    """Return a generator of the events that are due with a heartbeat."""
    sources = [environment_events(run), provenance_events(run)]
    if SETTINGS.SYSTEM_METRICS and run.observers:
        # Not at the top: off by default.
        from sacred.system_metrics import DEFAULT_INTERVAL, SystemMetrics, logging_samples

        setting = SETTINGS.SYSTEM_METRICS
        samples = SystemMetrics(DEFAULT_INTERVAL if setting is True else setting)
        sources.append(logging_samples(samples, run.log_scalars))
    return lambda: itertools.chain.from_iterable(events() for events in sources)


def provenance_events(run: _Run) -> Callable[[], Iterable[DetailsGathered]]:
    """Return a generator of provenance events, with the first and the last heartbeat.

    Only with the last one are all readers of entries known.
    """
    history = run.config_history
    if history is None or not run.observers:
        return tuple
    is_sent = False

    def events() -> Iterator[DetailsGathered]:
        nonlocal is_sent
        if is_sent and run.stop_time is None:
            return
        is_sent = True
        try:
            found = history.document(run.status != QUEUED)
        except Exception as error:  # the run is worth more than the history of its configuration
            run.run_logger.warning("The provenance of the configuration is not recorded: %s", error)
            return
        if run.tape is not None and run.stop_time is not None:
            found["tape"] = run.tape.document()
        yield DetailsGathered(name="provenance", value=found)

    return events
