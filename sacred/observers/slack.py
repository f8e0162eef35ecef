"""The observer that sends messages to a Slack channel."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, ClassVar

from sacred._base.paths import PathType
from sacred.observers.notifications import TextNotifier, check_url, post, read_entries

__all__ = ["DEFAULT_SLACK_PRIORITY", "SlackObserver"]

DEFAULT_SLACK_PRIORITY = 10


class SlackObserver(TextNotifier):
    """Sends a text to Slack when a run ends.

    See `TextNotifier` for the fields of templates. The attributes ``completed_text``,
    ``interrupted_text``, ``failed_text`` and ``started_text`` (default: None) may be set
    later; None sends nothing.

    Args:
        webhook_url: URL of a Slack "incoming webhook".
        bot_name: displayed name of the sender.
        icon: an emoji such as ``":angel:"``, or the URL of a picture; None: the
            webhook's default.
        priority: observers with a higher priority receive events first.
        completed_text: template for completed runs (default: name, time, result).
        interrupted_text: template for interrupted runs (default: name and time).
        failed_text: template for failed runs (default: name, time and error).

    Raises:
        ValueError: `webhook_url` is not an HTTP address.

    >>> observer = SlackObserver(
    ...     "https://hooks.slack.com/services/T0/B0/secret",
    ...     completed_text="*{experiment[name]}* with lr={config[lr]}: {result}",
    ... )
    >>> observer.interrupted_text = None
    >>> observer
    SlackObserver('https://hooks.slack.com/...', bot_name='sacred-bot')
    """

    #: Seconds without an answer before giving up.
    timeout: ClassVar[float] = 5.0

    completed_text: str | None = (
        ":white_check_mark: *{experiment[name]}* completed after _{elapsed_time}_ "
        "with result=`{result}`"
    )
    interrupted_text: str | None = (
        ":warning: *{experiment[name]}* interrupted after _{elapsed_time}_"
    )
    failed_text: str | None = (
        ":x: *{experiment[name]}* failed after _{elapsed_time}_ with `{error}`"
    )

    def __init__(
        self,
        webhook_url: str,
        bot_name: str = "sacred-bot",
        icon: str | None = ":angel:",
        priority: int = DEFAULT_SLACK_PRIORITY,
        completed_text: str | None = None,
        interrupted_text: str | None = None,
        failed_text: str | None = None,
    ) -> None:
        super().__init__(priority)
        self.webhook_url = check_url(webhook_url, "webhook_url")
        self.bot_name = bot_name
        self.icon = icon
        # As an argument, None means the default text; as an attribute, no message.
        given = {
            "completed_text": completed_text,
            "interrupted_text": interrupted_text,
            "failed_text": failed_text,
        }
        self._take_texts({name: text for name, text in given.items() if text is not None})

    @classmethod
    def from_config(cls, filename: PathType) -> SlackObserver:
        """Create an observer from a config file.

        Args:
            filename: a file with ``webhook_url`` and, optionally, the other arguments and
                ``started_text``; a text that is null there is not sent.

        Raises:
            ValueError: there is no ``webhook_url``, or the file is malformed.
        """
        optional = ("bot_name", "icon", *cls.COMMON_ENTRIES)
        entries = read_entries(filename, cls.__name__, ["webhook_url"], optional)
        arguments = {
            name: entries[name]
            for name in ("webhook_url", "bot_name", "icon", "priority")
            if name in entries
        }
        observer = cls(**arguments)
        observer._take_texts(entries)
        return observer

    def __repr__(self) -> str:
        host = "/".join(self.webhook_url.split("/")[:3]).rpartition("@")
        shown = host[2] if not host[1] else f"{host[0].partition('//')[0]}//{host[2]}"
        return f"{type(self).__name__}('{shown}/...', bot_name={self.bot_name!r})"

    def deliver(self, message: Any) -> None:
        """Post a text to the webhook.

        Raises:
            OSError: the delivery failed.
        """
        data = {"username": self.bot_name, **self._icon(), "text": message}
        post(self.webhook_url, json.dumps(data), {"Accept": "text/plain"}, self.timeout)

    def secrets(self) -> Collection[str]:
        """Return the webhook's URL, which grants write access."""
        return (self.webhook_url,)

    def _icon(self) -> dict[str, str]:
        if not self.icon:
            return {}
        is_address = self.icon.startswith(("http://", "https://"))
        return {"icon_url" if is_address else "icon_emoji": self.icon}
