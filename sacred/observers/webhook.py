"""The observer that posts each event as JSON to a URL."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from typing import Any

from sacred._base.paths import PathType
from sacred._base.run_ids import RunId
from sacred._base.text import did_you_mean
from sacred.observers.base import JsonDict
from sacred.observers.notifications import Notifier, check_url, post, read_entries
from sacred.serializer import dumps

__all__ = ["DEFAULT_EVENTS", "DEFAULT_WEBHOOK_PRIORITY", "EVENTS", "WebhookObserver"]

DEFAULT_WEBHOOK_PRIORITY = 10

#: All events, with the fields of their messages in addition to the common ones.
EVENTS: dict[str, tuple[str, ...]] = {
    "started": ("experiment", "config", "host_info", "meta_info"),
    "heartbeat": ("info", "result", "beat_time"),
    "metrics": ("metrics",),
    "resource": ("filename",),
    "artifact": ("name", "filename", "metadata", "content_type"),
    "completed": ("result", "elapsed_time", "stop_time"),
    "interrupted": ("elapsed_time", "stop_time"),
    "failed": ("error", "fail_trace", "elapsed_time", "stop_time"),
}

#: The events that are sent by default.
DEFAULT_EVENTS = ("started", "completed", "interrupted", "failed")

# Closing events name their time differently; messages use one name.
_STOP_TIMES = ("stop_time", "interrupt_time", "fail_time")


class WebhookObserver(Notifier):
    """Posts JSON to a URL for each event.

    Every message has ``version`` (1), ``event``, ``_id``, ``experiment_name``,
    ``command``, ``status`` and ``start_time``; `EVENTS` lists what else each of them has.
    Times are UTC, as ``"2026-01-31T12:00:00.000000Z"``; values that JSON lacks are
    flattened by `sacred.serializer`. Captured output is not sent.

    Args:
        url: destination.
        events: names of the events to send, from `EVENTS`.
        headers: additional headers, such as ``{"Authorization": "Bearer ..."}``.
        priority: observers with a higher priority receive events first.
        timeout: seconds without an answer before giving up.

    Raises:
        ValueError: `url` is not an HTTP address, or an event is unknown.

    >>> WebhookObserver("https://example.org/runs", events=["completed", "failed"])
    WebhookObserver(events=('completed', 'failed'))
    """

    VERSION = 1

    def __init__(
        self,
        url: str,
        events: Collection[str] = DEFAULT_EVENTS,
        headers: Mapping[str, str] | None = None,
        priority: int = DEFAULT_WEBHOOK_PRIORITY,
        timeout: float = 5,
    ) -> None:
        super().__init__(priority)
        self.url = check_url(url, "url")
        self.events = _checked([events] if isinstance(events, str) else events)
        self.headers = dict(headers or {})
        self.timeout = timeout

    @classmethod
    def from_config(cls, filename: PathType) -> WebhookObserver:
        """Create an observer from a config file.

        Raises:
            ValueError: there is no ``url``, or the file is malformed.
        """
        optional = ("events", "headers", "priority", "timeout")
        return cls(**read_entries(filename, cls.__name__, ["url"], optional))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(events={self.events!r})"

    def heartbeat_event(
        self, info: JsonDict, captured_out: str, beat_time: datetime.datetime, result: Any
    ) -> None:
        """Post ``info`` and the result, but not the output.

        See `RunObserver.heartbeat_event`.
        """
        self._send_event("heartbeat", info=info, beat_time=beat_time, result=result)

    def log_metrics(self, metrics_by_name: Mapping[str, Mapping[str, Any]], info: JsonDict) -> None:
        """Post new points of metrics.

        See `RunObserver.log_metrics`.
        """
        if metrics_by_name:
            self._send_event("metrics", metrics=metrics_by_name)

    def resource_event(self, filename: str) -> None:
        """Post the name of a file that the run has read."""
        self._send_event("resource", filename=filename)

    def artifact_event(
        self,
        name: str,
        filename: str,
        metadata: JsonDict | None = None,
        content_type: str | None = None,
    ) -> None:
        """Post the name of a file that the run has written, not its content.

        See `RunObserver.artifact_event`.
        """
        self._send_event(
            "artifact",
            name=name,
            filename=filename,
            metadata=metadata,
            content_type=content_type,
        )

    def compose(self, event: str) -> Any:
        """Return the message about an event of `run` as JSON text; None: it is not selected."""
        return self._message(event, {}) if event in self.events else None

    def deliver(self, message: Any) -> None:
        """Post a message.

        Raises:
            OSError: the delivery failed.
        """
        post(self.url, message, self.headers, self.timeout)

    def secrets(self) -> Collection[str]:
        """Return the URL and the headers, which may contain keys."""
        return (self.url, *self.headers.values())

    def _send_event(self, event: str, **values: Any) -> None:
        """Post an event with fields of its own, if it is selected."""
        if event in self.events and self.run is not None:
            self.attempt(event, lambda: self.deliver(self._message(event, values)))

    def _message(self, event: str, own: Mapping[str, Any]) -> str:
        run = self.run or {}
        values = {**run, "stop_time": _stop_time(run), **own}
        message = {
            "version": self.VERSION,
            "event": event,
            "_id": _plain_id(run.get("_id")),
            "experiment_name": run.get("experiment", {}).get("name"),
            "command": run.get("command"),
            "status": run.get("status"),
            "start_time": run.get("start_time"),
            **{name: values.get(name) for name in EVENTS[event]},
        }
        return dumps(_with_texts_for_times(message))


def _checked(events: Collection[str]) -> tuple[str, ...]:
    for event in events:
        if event not in EVENTS:
            hint = did_you_mean(event, list(EVENTS))
            raise ValueError(f"There is no event {event!r}. {hint}".rstrip())
    return tuple(events)


def _plain_id(run_id: object) -> RunId | None:
    """Return the id as JSON has it; MongoDB's ObjectIds become text."""
    return run_id if run_id is None or isinstance(run_id, int | str) else str(run_id)


def _stop_time(run: Mapping[str, Any]) -> Any:
    return next((run[name] for name in _STOP_TIMES if name in run), None)


def _with_texts_for_times(value: Any) -> Any:
    """Format times in ISO 8601; naive ones are UTC."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="microseconds") + ("" if value.tzinfo else "Z")
    if isinstance(value, Mapping):
        return {key: _with_texts_for_times(item) for key, item in value.items()}
    if type(value) is list:
        return [_with_texts_for_times(item) for item in value]
    return value
