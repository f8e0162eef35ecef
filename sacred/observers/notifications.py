"""The base of observers that send a message per event: Slack, Telegram, webhooks.

`Notifier` collects the state of each run and turns a failed delivery into a warning.
`TextNotifier` formats the messages from templates.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from sacred._base.current_run import current_run
from sacred._base.paths import PathType
from sacred._base.run_ids import RunId
from sacred._base.text import did_you_mean
from sacred.config.config_files import load_config_file
from sacred.observers.base import JsonDict, RunObserver, td_format

if TYPE_CHECKING:
    from http.client import HTTPResponse

__all__ = ["TEXTS", "Notifier", "TextNotifier", "check_url", "post", "read_entries"]

_log = logging.getLogger(__name__)

#: The attributes of a `TextNotifier` that hold templates.
TEXTS = ("started_text", "completed_text", "interrupted_text", "failed_text")


class Notifier(RunObserver):
    """Sends messages about runs; a failed delivery is logged as a warning.

    Subclasses implement the content (`compose`) and the transport (`deliver`). The events are
    ``"started"``, ``"completed"``, ``"interrupted"`` and ``"failed"``. One observer
    may serve several runs at once, nested or in parallel threads.

    >>> class Shout(Notifier):
    ...     def compose(self, event):
    ...         return f"{self.run['experiment']['name']} {event}!"
    ...     def deliver(self, message):
    ...         print(message)
    >>> Shout().started_event({"name": "fit"}, "main", {}, None, {}, {}, _id=1)
    fit started!
    1
    """

    def __init__(self, priority: int = 10) -> None:
        self.priority = priority
        #: The fields that templates of messages may use, by run.
        self.runs_under_way: dict[object, JsonDict] = {}
        # The run that started last, which users may inspect after its end.
        self._latest: JsonDict | None = None
        self._reported: set[tuple[object, str]] = set()

    def __getstate__(self) -> dict[str, Any]:
        # A copy observes other runs than the original, for example in a worker process.
        return {**self.__dict__, "runs_under_way": {}, "_latest": None, "_reported": set()}

    @property
    def run(self) -> JsonDict | None:
        """The state of the run that the current event belongs to, else of the latest run.

        Has ``_id``, ``experiment`` (also as ``ex_info``), ``command``, ``config``,
        ``host_info``, ``meta_info``, ``start_time`` and what the closing event adds:
        ``elapsed_time`` (in words), ``status``, ``result`` and ``stop_time``;
        ``interrupt_time``; or ``error``, ``fail_trace``, ``backtrace`` and ``fail_time``.
        None before the first run.
        """
        return self.runs_under_way.get(current_run(), self._latest)

    def compose(self, event: str) -> Any:
        """Return the message about an event of `run`; None: send nothing."""
        raise NotImplementedError

    def deliver(self, message: Any) -> None:
        """Send a message.

        Raises:
            Exception: it could not be sent.
        """
        raise NotImplementedError

    def secrets(self) -> Collection[str]:
        """Return the values to mask in logs: tokens and the URLs that contain them."""
        return ()

    def started_event(
        self,
        ex_info: JsonDict,
        command: str,
        host_info: JsonDict,
        start_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: JsonDict,
        _id: RunId | None,
    ) -> RunId | None:
        """Send the message ``"started"``, and return `_id`.

        See `RunObserver.started_event`.
        """
        run = {
            "_id": _id,
            "experiment": ex_info,
            "ex_info": ex_info,
            "command": command,
            "config": config,
            "host_info": host_info,
            "meta_info": meta_info,
            "start_time": start_time,
            "status": "RUNNING",
        }
        self.runs_under_way[current_run()] = self._latest = run
        self.notify("started")
        return _id

    def completed_event(self, stop_time: datetime.datetime, result: Any) -> None:
        """Send the message ``"completed"``.

        See `RunObserver.completed_event`.
        """
        self._close("completed", stop_time, status="COMPLETED", result=result, stop_time=stop_time)

    def interrupted_event(self, interrupt_time: datetime.datetime, status: str) -> None:
        """Send the message ``"interrupted"``.

        See `RunObserver.interrupted_event`.
        """
        self._close("interrupted", interrupt_time, status=status, interrupt_time=interrupt_time)

    def failed_event(self, fail_time: datetime.datetime, fail_trace: Sequence[str]) -> None:
        """Send the message ``"failed"``.

        See `RunObserver.failed_event`.
        """
        self._close(
            "failed",
            fail_time,
            status="FAILED",
            fail_time=fail_time,
            fail_trace=fail_trace,
            error=_last_line(fail_trace),
            backtrace="".join(fail_trace),
        )

    def notify(self, event: str) -> None:
        """Send the message about an event, if there is one; a failure is logged as a warning."""

        def send() -> None:
            message = self.compose(event)
            if message is not None:
                self.deliver(message)

        self.attempt(event, send)

    def attempt(self, event: str, send: Callable[[], None]) -> None:
        """Send a message; log a failure as a warning, once per run and message.

        Args:
            event: which message it is, such as ``"started"``; the warning names it.
            send: sends it; may raise any exception.
        """
        try:
            send()
        except Exception as error:
            self._report(event, error)

    def _close(self, event: str, when: datetime.datetime, **values: Any) -> None:
        if self.run is None:  # there was no started_event
            return
        self.run["elapsed_time"] = td_format(when - self.run["start_time"])
        self.run.update(values)
        self.notify(event)
        # The closing event is the last one of a run.
        self.runs_under_way.pop(current_run(), None)
        self._reported = {key for key in self._reported if key[0] is not current_run()}

    def _report(self, event: str, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        for secret in filter(None, self.secrets()):
            reason = reason.replace(secret, "***")
        if (current_run(), reason) in self._reported:
            return
        self._reported.add((current_run(), reason))
        # Without the traceback, which may contain what `secrets` masks.
        _log.warning(
            "%s could not send the message about the event %r: %s. The run goes on.",
            type(self).__name__,
            event,
            reason,
        )


class TextNotifier(Notifier):
    """Sends a text for each event, formatted from a template by `str.format`.

    Templates may use everything in `Notifier.run`: ``{experiment[name]}``,
    ``{config[lr]}``, ``{host_info[hostname]}``, ``{elapsed_time}``, ``{result}``,
    ``{error}``, ``{backtrace}``, ``{start_time}``, ``{_id}``. No text is sent for an event
    whose template is None. For texts that need code, override ``get_completed_text()``
    and the like.

    >>> class Printer(TextNotifier):
    ...     started_text = None
    ...     completed_text = "{experiment[name]}: {result:.2f} after {elapsed_time}"
    ...     def deliver(self, message):
    ...         print(message)
    >>> printer, noon = Printer(), datetime.datetime(2026, 1, 1, 12)
    >>> printer.started_event({"name": "fit"}, "main", {}, noon, {}, {}, _id=1)
    1
    >>> printer.completed_event(noon + datetime.timedelta(minutes=2), 0.12345)
    fit: 0.12 after 2 minutes
    """

    started_text: str | None = None
    completed_text: str | None = None
    interrupted_text: str | None = None
    failed_text: str | None = None

    #: Optional entries of every config file of such an observer.
    COMMON_ENTRIES: ClassVar[tuple[str, ...]] = (*TEXTS, "priority")

    def get_started_text(self) -> str | None:
        """Return the text about the start; None: send nothing."""
        return self._formatted(self.started_text)

    def get_completed_text(self) -> str | None:
        """Return the text about a completed run; None: send nothing."""
        return self._formatted(self.completed_text)

    def get_interrupted_text(self) -> str | None:
        """Return the text about an interrupted run; None: send nothing."""
        return self._formatted(self.interrupted_text)

    def get_failed_text(self) -> str | None:
        """Return the text about a failed run; None: send nothing."""
        return self._formatted(self.failed_text)

    def compose(self, event: str) -> Any:
        """Return the text about an event, from its ``get_..._text``."""
        text: str | None = getattr(self, f"get_{event}_text")()
        return text

    def _formatted(self, template: str | None) -> str | None:
        return None if template is None else template.format(**(self.run or {}))

    def _take_texts(self, entries: Mapping[str, Any]) -> None:
        """Set the templates that a config file has; null sends nothing."""
        for name in TEXTS:
            if name in entries:
                setattr(self, name, entries[name])


def _last_line(fail_trace: Sequence[str]) -> str:
    lines = fail_trace.splitlines() if isinstance(fail_trace, str) else fail_trace
    return lines[-1].strip() if lines else ""


def read_entries(
    filename: PathType, owner: str, required: Collection[str], optional: Collection[str]
) -> dict[str, Any]:
    """Read the entries of an observer's config file.

    Args:
        filename: a file in any config format.
        owner: the observer's class, for messages.
        required: names of required entries.
        optional: names of optional entries; others are logged and ignored.

    Raises:
        ValueError: the content is not a dict, or a required entry is missing.
        OSError: the file cannot be read.
    """
    entries = load_config_file(filename)
    if not isinstance(entries, Mapping):
        raise ValueError(f"The config file {filename!r} of {owner} must hold a dict")
    missing = [name for name in required if entries.get(name) is None]
    if missing:
        raise ValueError(
            f"The config file {filename!r} of {owner} must have entries for: {', '.join(missing)}"
        )
    known = {*required, *optional}
    for name in entries:
        if name not in known:
            hint = did_you_mean(str(name), sorted(known))
            _log.warning("%s: nothing is known about the entry %r. %s", filename, name, hint)
    return {name: value for name, value in entries.items() if name in known}


def check_url(url: str, name: str) -> str:
    """Validate an HTTP address and return it.

    Args:
        url: the address.
        name: of the argument or setting, for the error.

    Raises:
        ValueError: `url` is not one; the message does not show it, because it may be a secret.

    >>> check_url("ftp://example.org", "webhook_url")
    Traceback (most recent call last):
        ...
    ValueError: webhook_url must be an address that starts with http:// or https://
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except (ValueError, TypeError, AttributeError):
        good = False
    if not good or any(character <= " " for character in url):
        raise ValueError(f"{name} must be an address that starts with http:// or https://")
    return url


def post(url: str, body: str, headers: Mapping[str, str], timeout: float) -> None:
    """Post JSON text by HTTP.

    Args:
        url: the address; proxies are taken from the environment (``HTTPS_PROXY``).
        body: the JSON text.
        headers: in addition to the type and length of the content.
        timeout: seconds without an answer before giving up.

    Raises:
        OSError: the connection failed or timed out.
        ConnectionError: the server refused the message; its answer is in the error.
    """
    # Here, because they load the network modules, and most processes never send a message.
    import urllib.error
    import urllib.request

    class NoRedirects(urllib.request.HTTPRedirectHandler):
        # A redirect becomes a GET without content, which would look like success.
        def redirect_request(self, *args: Any, **kwargs: Any) -> None:
            return None

    all_headers = {"Content-Type": "application/json; charset=utf-8", **headers}
    request = urllib.request.Request(url, body.encode(), all_headers, method="POST")
    try:
        response: HTTPResponse = urllib.request.build_opener(NoRedirects).open(
            request, timeout=timeout
        )
        response.close()
    except urllib.error.HTTPError as error:
        with error:
            raise ConnectionError(f"HTTP {error.code} {error.reason} {_answer(error)}") from None


def _answer(error: Any) -> str:
    try:
        return repr(error.read(200).decode(errors="replace"))
    except OSError:  # report the status, not why its text is missing
        return ""
