from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred.observers.telegram_obs import TelegramObserver
from sacred.utils import MissingExtraError
from tests.services.http import HttpServer
from tests.unit.observers.events import END, START, TRACE, start

TOKEN = "123:secret"
MESSAGE = {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}}
OK = json.dumps({"ok": True, "result": MESSAGE})


def refusal(text: str) -> tuple[int, str]:
    return 400, json.dumps({"ok": False, "error_code": 400, "description": text})


@pytest.fixture
def observer(server: HttpServer) -> TelegramObserver:
    telegram = pytest.importorskip("telegram")
    server.answer = OK
    return TelegramObserver(telegram.Bot(TOKEN, base_url=server.url + "/bot"), 5)


def test_the_default_texts(observer: TelegramObserver, server: HttpServer) -> None:
    start(observer)
    observer.completed_event(END, 42)
    start(observer)
    observer.interrupted_event(END, "INTERRUPTED")
    start(observer)
    observer.failed_event(END, TRACE)
    forms = [request.form for request in server.requests]
    assert [forms[index]["text"] for index in (0, 1, 3, 5)] == [
        f"♻ *fit* started at _{START}_ on host `box`",
        "✅ *fit* completed after _1 minute, 5 seconds_ with result=`42`",
        "⚠ *fit* interrupted after _1 minute, 5 seconds_",
        "❌ *fit* failed after _1 minute, 5 seconds_ with `ValueError: no`\n\n"
        f"Backtrace:\n```{''.join(TRACE)}```",
    ]
    assert {request.path for request in server.requests} == {f"/bot{TOKEN}/sendMessage"}
    assert all(form["parse_mode"] == "Markdown" and form["chat_id"] == "5" for form in forms)


@pytest.mark.parametrize("silent", [False, True])
def test_which_texts_make_a_sound(
    observer: TelegramObserver, server: HttpServer, silent: bool
) -> None:
    observer.silent_completion = silent
    start(observer)
    observer.completed_event(END, 1)
    start(observer)
    observer.failed_event(END, TRACE)
    quiet = [request.form.get("disable_notification") for request in server.requests]
    assert [value in ("true", "True") for value in quiet] == [True, silent, True, False]


def test_texts_set_to_none_send_nothing(observer: TelegramObserver, server: HttpServer) -> None:
    silent = TelegramObserver(
        observer.bot, 5, started_text=None, completed_text=None, failed_text="{error}"
    )
    start(silent)
    silent.completed_event(END, 1)
    start(silent)
    silent.failed_event(END, TRACE)
    assert [request.form["text"] for request in server.requests] == ["ValueError: no"]


def test_unknown_texts_are_refused() -> None:
    with pytest.raises(TypeError, match=r"fail_text.*failed_text"):
        TelegramObserver(None, 5, fail_text="x")


def test_what_is_no_markdown_is_sent_as_plain_text(
    observer: TelegramObserver, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    start(observer)
    server.answers = [refusal("Bad Request: can't parse entities: no end at byte 7")]
    observer.completed_event(END, "a_b")
    first, second = (request.form for request in server.requests[1:])
    assert first["parse_mode"] == "Markdown"
    assert "parse_mode" not in second
    assert first["text"] == second["text"]
    assert caplog.records == []


def test_long_texts_lose_their_middle(observer: TelegramObserver, server: HttpServer) -> None:
    observer.failed_text = "{backtrace}"
    start(observer)
    observer.failed_event(END, ["first\n", "x" * 9000, "\nlast"])
    text = server.requests[-1].form["text"]
    assert len(text) == 4096
    assert text.startswith("first\nx")
    assert text.endswith("x\nlast")
    assert "\n[...]\n" in text


@pytest.mark.parametrize("answer", [refusal("chat not found"), (502, "oops"), (404, "{}")])
def test_a_refused_message_is_a_warning(
    observer: TelegramObserver,
    server: HttpServer,
    caplog: pytest.LogCaptureFixture,
    answer: tuple[int, str],
) -> None:
    caplog.set_level(logging.INFO)
    server.status, server.answer = answer
    assert start(observer) == 7
    # python-telegram-bot adds a line of its own where the answer is no JSON.
    (record,) = (record for record in caplog.records if record.name.startswith("sacred"))
    assert "TelegramObserver could not send" in record.getMessage()
    assert "secret" not in caplog.text


def test_the_token_is_never_logged(
    observer: TelegramObserver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    start(observer)
    observer.completed_event(END, 1)
    assert "secret" not in caplog.text
    logging.getLogger("httpx").info("of others")
    assert "of others" in caplog.text


def test_an_absent_server_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    telegram = pytest.importorskip("telegram")
    with HttpServer() as server:
        bot = telegram.Bot(TOKEN, base_url=server.url + "/bot")
    start(TelegramObserver(bot, 5))
    assert "could not send" in caplog.text
    assert "secret" not in caplog.text


def test_a_silent_server_costs_little_time(
    observer: TelegramObserver,
    server: HttpServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TelegramObserver, "timeout", 0.2)
    server.delay = 2
    before = time.monotonic()
    start(observer)
    assert time.monotonic() - before < 1.5
    assert "TimeoutError" in caplog.text


def test_within_a_running_loop(observer: TelegramObserver, server: HttpServer) -> None:
    ex = Experiment("fit", interactive=True)

    @ex.main
    async def main() -> int:
        start(observer)  # as an inner run does
        await asyncio.sleep(0)
        return 3

    ex.observers.append(observer)
    assert ex.run().result == 3
    assert len(server.requests) == 3


def test_messages_of_several_threads(observer: TelegramObserver, server: HttpServer) -> None:
    threads = [threading.Thread(target=start, args=(observer,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 5


def test_a_bot_whose_methods_are_not_coroutines() -> None:
    class Bot:
        sent: list[Any] = []  # noqa: RUF012

        def send_message(self, **arguments: Any) -> None:
            self.sent.append(arguments)

    start(TelegramObserver(Bot(), "@runs", started_text="{_id}"))
    assert Bot.sent == [
        {
            "chat_id": "@runs",
            "text": "7",
            "disable_notification": True,
            "parse_mode": "Markdown",
        }
    ]


class TestFromConfig:
    def write(self, tmp_path: Path, **entries: Any) -> Path:
        path = tmp_path / "telegram.json"
        path.write_text(json.dumps(entries))
        return path

    def test_all_entries(self, tmp_path: Path, server: HttpServer) -> None:
        pytest.importorskip("telegram")
        server.answer = OK
        path = self.write(
            tmp_path,
            token=TOKEN,
            chat_id="@runs",
            silent_completion=True,
            priority=3,
            started_text="{_id}",
            failed_text=None,
            base_url=server.url + "/bot",
        )
        observer = TelegramObserver.from_config(path)
        assert (observer.silent_completion, observer.priority) == (True, 3)
        assert (observer.failed_text, observer.chat_id) == (None, "@runs")
        start(observer)
        assert server.requests[0].form["text"] == "7"

    def test_through_a_proxy(self, tmp_path: Path, server: HttpServer) -> None:
        pytest.importorskip("telegram")
        server.answer = OK
        path = self.write(
            tmp_path,
            token=TOKEN,
            chat_id=5,
            proxy_url=server.url,
            username="me",
            password="p@ss",
            base_url="http://telegram.invalid/bot",
        )
        start(TelegramObserver.from_config(path))
        (request,) = server.requests
        assert request.path == f"http://telegram.invalid/bot{TOKEN}/sendMessage"
        assert request.headers["proxy-authorization"] == "Basic bWU6cEBzcw=="

    @pytest.mark.parametrize("entries", [{}, {"token": "x"}, {"chat_id": 5}])
    def test_missing_entries(self, tmp_path: Path, entries: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"must have entries for: (token|chat_id)"):
            TelegramObserver.from_config(self.write(tmp_path, **entries))

    def test_missing_package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "telegram", None)
        with pytest.raises(MissingExtraError, match=r"sacred\[telegram\]"):
            TelegramObserver.from_config(self.write(tmp_path, token=TOKEN, chat_id=5))
