"""TensorBoard over the log directories that runs have recorded, started on a click."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import sacred.board
from sacred.runs import RunStore, open_store
from tests.board import board_runs
from tests.board.api_client import READ_TOKEN, Api, served
from tests.board.test_page import KINDS, see, visiting
from tests.integration.test_readers import new_place
from tests.services.browser import serve_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: Stands in for TensorBoard, which needs 100 MB: it says what it was started with.
SERVER = """#!{python}
import http.server, json, os, sys

class Says(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps([sys.argv[1:], sorted(os.environ), os.getpid()]).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), Says).serve_forever()
"""
BROKEN = """#!{python}
import sys
sys.exit("no module named protobuf")
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from serve_browser()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is first on the path, without the real TensorBoard."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([str(directory), "/usr/bin", "/bin"]))
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    return directory


def install(programs: Path, script: str) -> None:
    path = programs / "tensorboard"
    path.write_text(script.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def record(store: RunStore, directory: Path, logdirs: Any) -> Any:
    run = board_runs.Recorder(store.backend, directory / "recorded").start({"seed": 1})
    run.observer.heartbeat_event(
        info={"tensorflow": {"logdirs": logdirs}},
        captured_out="",
        beat_time=run.start,
        result=None,
    )
    run.complete(1)
    return run


@pytest.mark.parametrize("kind", KINDS)
def test_it_starts_on_a_click_for_the_directories_of_the_run(
    browser: Browser,
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(programs, SERVER)
    monkeypatch.setenv("SACRED_BOARD_TOKEN", "secret")
    (tmp_path / "logs/one").mkdir(parents=True)
    logdirs = [str(tmp_path / "logs/one"), str(tmp_path / "logs/two")]
    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        run = record(store, tmp_path, logdirs)
        with served({"lab": place.url}, tensorboard=True) as address:
            for visit in visiting(browser, address):
                section = visit.go(f"?run=lab/{run.id}").get_by_label("TensorBoard")
                see(section.locator("pre"), f"tensorboard --logdir {logdirs[0]}")
                see(section.locator("li"), "(not here)")
                section.get_by_role("button", name="Start TensorBoard").click()
                link = see(section.get_by_role("link")).get_attribute("href")
                assert link is not None
            words, environment, process = httpx.get(link, trust_env=False).json()
            assert words[:4] == ["--logdir", logdirs[0], "--host", "127.0.0.1"]
            assert "SACRED_BOARD_TOKEN" not in environment
            api = Api(address)
            again = api.send("POST", f"/runs/lab/{run.id}/tensorboard", {})
            assert again == {"address": link}  # there is one already
            api.close()
    with pytest.raises(ProcessLookupError):  # it has ended with the board
        os.kill(process, 0)


def test_nothing_else_is_started(tmp_path: Path, programs: Path) -> None:
    (tmp_path / "logs").mkdir()
    with open_store(tmp_path / "runs") as store:
        run = record(store, tmp_path, [str(tmp_path / "logs"), 7, "", "--port", None])
        path = f"/runs/runs/{run.id}/tensorboard"
        with served([store], tensorboard=True, read_token=READ_TOKEN) as address:
            api, reader = Api(address), Api(address, READ_TOKEN)
            assert api.get(path)["installed"] is False
            assert "pip install tensorboard" in api.send("POST", path, {}, 409)["detail"]
            install(programs, BROKEN)
            assert "no module named protobuf" in api.send("POST", path, {}, 409)["detail"]
            assert "only be read" in reader.send("POST", path, {}, 403)["detail"]
            assert api.send("POST", path, {"logdir": "/"}, 409)["status"] == 409  # says no more
            other = record(store, tmp_path / "b", [str(tmp_path / "gone")])
            problem = api.send("POST", f"/runs/runs/{other.id}/tensorboard", {}, 409)
            assert "no log directory" in problem["detail"]
            api.close()
            reader.close()
        with served([store]) as address:
            api = Api(address)
            assert api.get(path)["allowed"] is False
            assert "run the command yourself" in api.send("POST", path, {}, 403)["detail"]
            api.close()
    with pytest.raises(ValueError, match="needs a token"):
        sacred.board.app(["runs"], tensorboard=True)
