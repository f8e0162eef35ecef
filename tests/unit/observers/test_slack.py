from __future__ import annotations

import copy
import json
import logging
import pickle
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred.observers.slack import SlackObserver
from tests.services.http import HttpServer
from tests.unit.observers.events import END, START, TRACE, start

PATH = "/services/T0/B0/secret"


def slack(server: HttpServer, **kwargs: Any) -> SlackObserver:
    return SlackObserver(server.url + PATH, **kwargs)


def texts(server: HttpServer) -> list[str]:
    return [request.json["text"] for request in server.requests]


def test_the_default_texts(server: HttpServer) -> None:
    observer = slack(server)
    start(observer)
    assert server.requests == []
    observer.completed_event(END, 42)
    start(observer)
    observer.interrupted_event(END, "INTERRUPTED")
    start(observer)
    observer.failed_event(END, TRACE)
    assert texts(server) == [
        ":white_check_mark: *fit* completed after _1 minute, 5 seconds_ with result=`42`",
        ":warning: *fit* interrupted after _1 minute, 5 seconds_",
        ":x: *fit* failed after _1 minute, 5 seconds_ with `ValueError: no`",
    ]


def test_the_request(server: HttpServer) -> None:
    observer = slack(server, bot_name="bot", icon=":x:")
    start(observer)
    observer.completed_event(END, "é")
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", PATH)
    assert request.headers["content-type"].startswith("application/json")
    assert set(request.json) == {"username", "icon_emoji", "text"}
    assert (request.json["username"], request.json["icon_emoji"]) == ("bot", ":x:")
    assert "é" in request.json["text"]


@pytest.mark.parametrize(
    ("icon", "sent"),
    [
        ("https://e.org/x.png", {"icon_url": "https://e.org/x.png"}),
        (None, {}),
    ],
)
def test_the_icon_may_be_a_picture_or_the_webhooks_own(
    server: HttpServer, icon: str | None, sent: dict[str, str]
) -> None:
    observer = slack(server, icon=icon)
    start(observer)
    observer.completed_event(END, 1)
    data = server.requests[0].json
    assert {name: data[name] for name in data if name.startswith("icon")} == sent


def test_templates_see_the_whole_run(server: HttpServer) -> None:
    template = (
        "{experiment[name]} {ex_info[name]} {config[lr]} {config[opt][name]} {result} {_id} "
        "{elapsed_time} {start_time} {host_info[hostname]} {command} {status}"
    )
    observer = slack(server, completed_text=template, failed_text="{error}|{backtrace}")
    start(observer)
    observer.completed_event(END, 3)
    start(observer)
    observer.failed_event(END, TRACE)
    assert texts(server) == [
        f"fit fit 0.1 sgd 3 7 1 minute, 5 seconds {START} box main COMPLETED",
        "ValueError: no|" + "".join(TRACE),
    ]


def test_a_text_set_to_none_sends_nothing(server: HttpServer) -> None:
    observer = slack(server)
    observer.completed_text = observer.interrupted_text = observer.failed_text = None
    for _ in range(3):
        start(observer)
        observer.completed_event(END, 1)
        observer.interrupted_event(END, "TIMED_OUT")
        observer.failed_event(END, [])
    assert server.requests == []


def test_a_text_about_the_start_on_request(server: HttpServer) -> None:
    observer = slack(server)
    observer.started_text = "{_id} starts"
    start(observer)
    assert texts(server) == ["7 starts"]


def test_subclasses_make_their_own_texts(server: HttpServer) -> None:
    class Own(SlackObserver):
        def get_completed_text(self) -> str | None:
            assert self.run is not None
            return f"own {self.run['result']}" if self.run["result"] > 1 else None

    observer = Own(server.url)
    for result in (1, 2):
        start(observer)
        observer.completed_event(END, result)
    assert texts(server) == ["own 2"]


def test_the_id_stays_what_it_is(server: HttpServer) -> None:
    assert [start(slack(server), _id) for _id in (None, 7, "x")] == [None, 7, "x"]


@pytest.mark.parametrize("status", [302, 307, 400, 404, 429, 500])
def test_a_refused_message_is_a_warning(
    server: HttpServer, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    server.status, server.answer = status, "no_service"
    server.headers["Location"] = server.url + "/elsewhere"
    observer = slack(server)
    start(observer)
    observer.completed_event(END, 1)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert str(status) in record.getMessage()
    assert "no_service" in record.getMessage()
    assert "secret" not in caplog.text
    assert len(server.requests) == 1


def test_an_absent_server_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with HttpServer() as server:
        observer = slack(server)
    start(observer)
    observer.completed_event(END, 1)
    assert "SlackObserver could not send" in caplog.text
    assert "secret" not in caplog.text


def test_a_silent_server_costs_little_time(
    server: HttpServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SlackObserver, "timeout", 0.1)
    server.delay = 2
    observer = slack(server)
    start(observer)
    before = time.monotonic()
    observer.completed_event(END, 1)
    assert time.monotonic() - before < 1.5
    assert "timed out" in caplog.text


@pytest.mark.parametrize("template", ["{nothing}", "{config[none]}", "{", "{result:zz}"])
def test_a_wrong_template_is_a_warning(
    server: HttpServer, caplog: pytest.LogCaptureFixture, template: str
) -> None:
    observer = slack(server)
    observer.started_text = observer.completed_text = template
    assert start(observer) == 7
    observer.completed_event(END, 1)
    assert server.requests == []
    assert "could not send" in caplog.text


def test_a_run_goes_on_without_its_messages(
    server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.status = 500
    ex = Experiment("fit", interactive=True)
    ex.main(lambda: 5)
    observer = slack(server)
    observer.started_text = "start"
    ex.observers.append(observer)
    run = ex.run()
    assert (run.status, run.result) == ("COMPLETED", 5)
    assert len(server.requests) == 2


def test_a_failed_run_is_told(server: HttpServer) -> None:
    ex = Experiment("fit", interactive=True)

    @ex.main
    def main() -> None:
        raise ValueError("too bad")

    ex.observers.append(slack(server))
    with pytest.raises(ValueError, match="too bad"):
        ex.run()
    assert texts(server)[0].endswith("with `ValueError: too bad`")


def test_nested_runs_have_their_own_texts(server: HttpServer) -> None:
    observer = slack(server, completed_text="{experiment[name]} {config[x]} {result}")
    inner = Experiment("inner", interactive=True)
    inner.add_config(x=1)
    inner.main(lambda x: x)
    outer = Experiment("outer", interactive=True)
    outer.add_config(x=2)

    @outer.main
    def main(x: int) -> int:
        inner.run()
        return x

    inner.observers.append(observer)
    outer.observers.append(observer)
    outer.run()
    assert texts(server) == ["inner 1 1", "outer 2 2"]
    assert observer.runs_under_way == {}


def test_parallel_runs_have_their_own_texts(server: HttpServer) -> None:
    observer = slack(server, completed_text="{experiment[name]} {result}")
    barrier = threading.Barrier(4)

    def one(number: int) -> None:
        ex = Experiment(f"ex{number}", interactive=True)
        ex.observers.append(observer)

        @ex.main
        def main() -> int:
            barrier.wait(60)
            return number

        ex.run()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts(server)) == [f"ex{number} {number}" for number in range(4)]


def test_events_without_a_start_are_passed_over(server: HttpServer) -> None:
    observer = slack(server)
    observer.completed_event(END, 1)
    assert observer.run is None
    assert server.requests == []


def test_copies_observe_other_runs(server: HttpServer) -> None:
    observer = slack(server)
    start(observer)
    for clone in (copy.deepcopy(observer), pickle.loads(pickle.dumps(observer))):
        assert clone.run is None
        assert clone.webhook_url == observer.webhook_url
    assert observer.run is not None


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "hooks.slack.com/x", "http://", 5, None])
def test_the_address_must_be_one_of_http(url: Any) -> None:
    with pytest.raises(ValueError, match="webhook_url must be an address"):
        SlackObserver(url)


def test_an_address_with_control_characters_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="webhook_url") as info:
        SlackObserver("https://e.org/secret\n")
    assert "secret" not in str(info.value)


def test_the_repr_hides_the_secret() -> None:
    assert repr(SlackObserver("https://u:p@e.org:81/secret")) == (
        "SlackObserver('https://e.org:81/...', bot_name='sacred-bot')"
    )


def test_priority() -> None:
    assert SlackObserver("http://e.org").priority == 10
    assert SlackObserver("http://e.org", priority=3).priority == 3


class TestFromConfig:
    @pytest.mark.parametrize("suffix", [".json", ".yaml"])
    def test_all_entries(self, tmp_path: Path, suffix: str) -> None:
        if suffix == ".yaml":
            pytest.importorskip("yaml")
        entries = {
            "webhook_url": "https://e.org/x",
            "bot_name": "b",
            "icon": ":x:",
            "priority": 3,
            "completed_text": "c",
            "failed_text": None,
            "started_text": "s",
        }
        path = tmp_path / f"slack{suffix}"
        path.write_text(json.dumps(entries))  # which is YAML as well
        observer = SlackObserver.from_config(path)
        assert {name: getattr(observer, name) for name in entries} == entries
        assert observer.interrupted_text == SlackObserver.interrupted_text

    @pytest.mark.parametrize("content", ["{}", '{"webhook_url": null}', "[]"])
    def test_without_an_address(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "slack.json"
        path.write_text(content)
        with pytest.raises(ValueError, match=r"slack\.json"):
            SlackObserver.from_config(str(path))

    def test_unknown_entries_are_reported(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        path = tmp_path / "slack.json"
        path.write_text('{"webhook_url": "http://e.org", "bot_nam": "b"}')
        assert SlackObserver.from_config(path).bot_name == "sacred-bot"
        assert "bot_name" in caplog.text

    def test_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            SlackObserver.from_config(tmp_path / "none.json")
