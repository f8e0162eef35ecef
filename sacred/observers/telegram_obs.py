"""The observer that sends messages to a Telegram chat."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from sacred._base.deferred_thread import helper_thread
from sacred._base.extras import require
from sacred._base.paths import PathType
from sacred._base.text import did_you_mean
from sacred.observers.notifications import TEXTS, TextNotifier, read_entries

__all__ = ["DEFAULT_TELEGRAM_PRIORITY", "TelegramObserver"]

DEFAULT_TELEGRAM_PRIORITY = 10

#: Telegram's limit for the length of a text, in characters.
MAX_LENGTH = 4096

# A bot has one connection pool, which belongs to one event loop at a time.
_send_lock = threading.Lock()


class TelegramObserver(TextNotifier):
    """Sends a text to Telegram when a run starts and when it ends.

    Templates may use the fields of `TextNotifier` and Telegram's Markdown. A text that
    Telegram cannot parse as Markdown (an error message with a single ``_``, say) is sent as
    plain text; the middle of a text that is too long is omitted. The attributes with the
    texts may be set later; None sends nothing.

    Args:
        bot: a ``telegram.Bot`` (python-telegram-bot 20 or later) with its own proxy and
            timeouts. Its connections are opened and closed for each message, so give it
            one that is not used elsewhere.
        chat_id: the number of a chat, or ``"@name"`` of a channel.
        silent_completion: no notification sound for completed runs (the start never has one).
        priority: observers with a higher priority receive events first.
        texts: ``started_text``, ``completed_text``, ``interrupted_text``,
            ``failed_text``: templates, or None to send nothing (default: name, time, host,
            result, error and traceback).

    Raises:
        TypeError: `texts` has an unknown name.

    >>> observer = TelegramObserver(bot=None, chat_id="@runs", started_text=None)
    >>> observer.get_started_text() is None
    True
    """

    #: Seconds before a delivery times out.
    timeout: ClassVar[float] = 10.0

    started_text: str | None = (
        "♻ *{experiment[name]}* started at _{start_time}_ on host `{host_info[hostname]}`"
    )
    completed_text: str | None = (
        "✅ *{experiment[name]}* completed after _{elapsed_time}_ with result=`{result}`"
    )
    interrupted_text: str | None = "⚠ *{experiment[name]}* interrupted after _{elapsed_time}_"
    failed_text: str | None = (
        "❌ *{experiment[name]}* failed after _{elapsed_time}_ with `{error}`\n\n"
        "Backtrace:\n```{backtrace}```"
    )

    def __init__(
        self,
        bot: Any,
        chat_id: int | str,
        silent_completion: bool = False,
        priority: int = DEFAULT_TELEGRAM_PRIORITY,
        **texts: str | None,
    ) -> None:
        for name in texts:
            if name not in TEXTS:
                hint = did_you_mean(name, TEXTS)
                raise TypeError(f"TelegramObserver has no argument {name!r}. {hint}".rstrip())
        super().__init__(priority)
        self.bot = bot
        self.chat_id = chat_id
        self.silent_completion = silent_completion
        self._take_texts(texts)

    @staticmethod
    def get_proxy_request(telegram_config: Mapping[str, Any]) -> Any:
        """Create a ``telegram.request.HTTPXRequest`` that uses a proxy.

        Args:
            telegram_config: has ``proxy_url`` (``http://``, ``https://`` or, with
                ``pip install "python-telegram-bot[socks]"``, ``socks5://``) and, where the
                proxy wants them, ``username`` and ``password``.

        Raises:
            MissingExtraError: python-telegram-bot is not installed.
        """
        request = require("telegram.request", extra="telegram", purpose="TelegramObserver")
        return request.HTTPXRequest(proxy=_proxy_address(telegram_config))

    @classmethod
    def from_config(cls, filename: PathType) -> TelegramObserver:
        """Create an observer from a config file.

        Args:
            filename: a file with ``token`` and ``chat_id`` and, optionally,
                ``silent_completion``, ``priority``, the texts (null sends nothing),
                ``proxy_url``, ``username``, ``password``, and ``base_url`` for your own server.

        Raises:
            ValueError: ``token`` or ``chat_id`` is missing, or the file is malformed.
            MissingExtraError: python-telegram-bot is not installed.
        """
        optional = ("silent_completion", "proxy_url", "username", "password", "base_url")
        required = ("token", "chat_id")
        entries = read_entries(filename, cls.__name__, required, (*optional, *cls.COMMON_ENTRIES))
        names = ("chat_id", "silent_completion", "priority", *TEXTS)
        arguments = {name: entries[name] for name in names if name in entries}
        return cls(_make_bot(cls, entries), **arguments)

    def deliver(self, message: Any) -> None:
        """Send a text and wait for the answer.

        Raises:
            Exception: the delivery failed.
        """
        text = _shortened(message)
        silent = self._is_silent()
        try:
            self._send(text=text, disable_notification=silent, parse_mode="Markdown")
        except Exception as error:
            if "parse entities" not in str(error).lower():
                raise
            self._send(text=text, disable_notification=silent)

    def secrets(self) -> Collection[str]:
        """Return the bot's token."""
        return (str(getattr(self.bot, "token", "")),)

    def _is_silent(self) -> bool:
        status = self.run["status"] if self.run else ""
        return status == "RUNNING" or (status == "COMPLETED" and self.silent_completion)

    def _send(self, **arguments: Any) -> None:
        """Run the bot's coroutine in a thread, because this one may have a running event loop."""
        failures: list[BaseException] = []

        def work() -> None:
            # Here, because it loads some fifty modules before the first message needs them.
            import asyncio

            try:
                with _without_addresses():
                    asyncio.run(self._send_in_time(arguments))
            except BaseException as error:
                failures.append(error)

        # With a timeout: a fork may have copied the lock while it was held.
        if not _send_lock.acquire(timeout=2 * self.timeout):
            raise TimeoutError("another message is still being sent")
        try:
            thread = helper_thread(work, "sacred-telegram")
            thread.start()
            thread.join()
        finally:
            _send_lock.release()
        if failures:
            raise failures[0]

    async def _send_in_time(self, arguments: dict[str, Any]) -> None:
        import asyncio

        async with asyncio.timeout(self.timeout):
            # Reopens the connections; those of an earlier event loop are closed.
            async with getattr(self.bot, "request", None) or contextlib.nullcontext():
                answer = self.bot.send_message(chat_id=self.chat_id, **arguments)
                if asyncio.iscoroutine(answer):
                    await answer


def _make_bot(cls: type[TelegramObserver], entries: Mapping[str, Any]) -> Any:
    telegram = require("telegram", extra="telegram", purpose="TelegramObserver")
    options: dict[str, Any] = {}
    if entries.get("proxy_url"):
        options["request"] = cls.get_proxy_request(entries)
    if entries.get("base_url"):
        options["base_url"] = entries["base_url"]
    return telegram.Bot(entries["token"], **options)


def _proxy_address(entries: Mapping[str, Any]) -> str:
    """Return the proxy's URL with its credentials.

    >>> _proxy_address({"proxy_url": "http://p:81", "username": "me", "password": "a@b"})
    'http://me:a%40b@p:81'
    """
    address: str = entries["proxy_url"]
    user, password = entries.get("username"), entries.get("password")
    if user is None:
        return address
    parts = urlsplit(address)
    credentials = quote(str(user), safe="")
    if password is not None:
        credentials += ":" + quote(str(password), safe="")
    return parts._replace(netloc=f"{credentials}@{parts.netloc.rpartition('@')[2]}").geturl()


def _shortened(text: str) -> str:
    """Omit the middle of a text that is too long; the end of a traceback has the error.

    >>> len(_shortened("x" * 9999))
    4096
    """
    if len(text) <= MAX_LENGTH:
        return text
    half = (MAX_LENGTH - 7) // 2
    return f"{text[: MAX_LENGTH - 7 - half]}\n[...]\n{text[-half:]}"


@contextlib.contextmanager
def _without_addresses() -> Iterator[None]:
    """Keep httpx from logging the requests of this thread.

    It logs URLs at the level INFO, and Telegram's contain the bot's token, which would
    appear in the captured output.
    """
    thread = threading.get_ident()

    def is_harmless(record: logging.LogRecord) -> bool:
        return record.thread != thread

    logger = logging.getLogger("httpx")
    logger.addFilter(is_harmless)
    try:
        yield
    finally:
        logger.removeFilter(is_harmless)
