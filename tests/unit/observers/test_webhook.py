from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred.observers.webhook import EVENTS, WebhookObserver
from sacred.serializer import restore
from tests.services.http import HttpServer
from tests.unit.observers.events import END, TRACE, start

COMMON = {
    "version": 1,
    "_id": 7,
    "experiment_name": "fit",
    "command": "main",
    "start_time": "2026-01-31T12:00:00.000000Z",
}


def messages(server: HttpServer) -> list[Any]:
    return [request.json for request in server.requests]


def test_the_default_events(server: HttpServer) -> None:
    observer = WebhookObserver(server.url)
    assert start(observer) == 7
    observer.heartbeat_event({}, "", END, None)
    observer.resource_event("a")
    observer.completed_event(END, {"loss": float("nan"), "pair": (1, 2)})
    start(observer)
    observer.interrupted_event(END, "TIMED_OUT")
    start(observer)
    observer.failed_event(END, TRACE)
    started, completed, _, interrupted, _, failed = messages(server)
    ended = {"elapsed_time": "1 minute, 5 seconds", "stop_time": "2026-01-31T12:01:05.000000Z"}
    assert started == {
        **COMMON,
        "event": "started",
        "status": "RUNNING",
        "experiment": {"name": "fit", "base_dir": "/b"},
        "config": {"lr": 0.1, "opt": {"name": "sgd"}},
        "host_info": {"hostname": "box"},
        "meta_info": {"options": {}},
    }
    assert restore(completed["result"])["pair"] == (1, 2)
    assert completed["result"]["loss"] == {"py/float": "NaN"}
    del completed["result"]
    assert completed == {**COMMON, **ended, "event": "completed", "status": "COMPLETED"}
    assert interrupted == {**COMMON, **ended, "event": "interrupted", "status": "TIMED_OUT"}
    assert failed == {
        **COMMON,
        **ended,
        "event": "failed",
        "status": "FAILED",
        "error": "ValueError: no",
        "fail_trace": TRACE,
    }


def test_all_events_of_a_real_run(server: HttpServer, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a")
    ex = Experiment("fit", interactive=True, save_git_info=False)
    ex.add_config(lr=0.5)

    @ex.main
    def main(_run: Any) -> int:
        _run.open_resource(file).close()
        _run.add_artifact(file, "b.txt", metadata={"k": 1})
        _run.log_scalar("loss", 0.25, 3)
        _run.info["x"] = datetime.datetime(2026, 1, 1)
        return 5

    ex.observers.append(WebhookObserver(server.url, events=EVENTS))
    ex.run()
    by_event: dict[str, Any] = {message["event"]: message for message in messages(server)}
    assert set(by_event) == set(EVENTS) - {"interrupted", "failed"}
    for event, message in by_event.items():
        assert set(EVENTS[event]) < set(message)
    assert by_event["started"]["config"]["lr"] == 0.5
    assert by_event["resource"]["filename"] == str(file)
    artifact = by_event["artifact"]
    assert (artifact["name"], artifact["metadata"]) == ("b.txt", {"k": 1})
    loss = by_event["metrics"]["metrics"]["loss"]
    assert (loss["steps"], loss["values"]) == ([3], [0.25])
    assert loss["timestamps"][0].endswith("Z")
    assert by_event["heartbeat"]["info"] == {"x": "2026-01-01T00:00:00.000000Z"}
    assert by_event["completed"]["result"] == 5


def test_headers(server: HttpServer) -> None:
    start(WebhookObserver(server.url + "/runs?x=1", headers={"Authorization": "Bearer k"}))
    (request,) = server.requests
    assert request.path == "/runs?x=1"
    assert request.headers["authorization"] == "Bearer k"
    assert request.headers["content-type"] == "application/json; charset=utf-8"


def test_ids_that_are_not_plain_become_text(server: HttpServer) -> None:
    start(WebhookObserver(server.url), _id=datetime.date(2026, 1, 1))
    assert messages(server)[0]["_id"] == "2026-01-01"


def test_a_failure_at_every_beat_is_one_warning(
    server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.status = 503
    observer = WebhookObserver(server.url, events="heartbeat", headers={"X-Key": "secret"})
    start(observer)
    for _ in range(3):
        observer.heartbeat_event({}, "", END, None)
    assert len(caplog.records) == 1
    assert len(server.requests) == 3
    observer.completed_event(END, 1)
    start(observer)
    observer.heartbeat_event({}, "", END, None)
    assert len(caplog.records) == 2
    assert "secret" not in caplog.text


def test_unknown_events_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no event 'complete'.*completed"):
        WebhookObserver("http://e.org", events=["complete"])


def test_from_config(tmp_path: Path) -> None:
    entries = {"url": "http://e.org", "events": ["failed"], "timeout": 2, "headers": {"A": "b"}}
    path = tmp_path / "hook.json"
    path.write_text(json.dumps(entries))
    observer = WebhookObserver.from_config(path)
    assert (observer.url, observer.events, observer.timeout) == ("http://e.org", ("failed",), 2)
    assert (observer.headers, observer.priority) == ({"A": "b"}, 10)
    path.write_text("{}")
    with pytest.raises(ValueError, match="url"):
        WebhookObserver.from_config(path)
