"""``sacred board`` from its start to Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sacred.app import main
from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.testing import drive
from tests.board.launch_samples import write_project
from tests.conftest import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two stores, and a run in one of them."""
    with open_store(tmp_path / "mine") as store:
        observer = StoreObserver(store.backend)
        drive.start(observer)
        drive.complete(observer, 1)
    (tmp_path / ".sacred.toml").write_text('[stores]\nhere = "mine"\nlab = "theirs"\n')
    return tmp_path


@contextlib.contextmanager
def running(directory: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address that a board prints, and its process."""

    def usual_signals() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SACRED_INDEX": str(directory / "index")}
    environment.pop("SACRED_STORE", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "sacred", "board", "--no-browser", "--port", "0", *options],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=usual_signals,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.communicate()


def test_it_serves_the_stores_of_the_project_until_ctrl_c(project: Path) -> None:
    with (
        running(project, "--base-path", "board/") as (address, process),
        httpx.Client(trust_env=False, follow_redirects=True) as client,
    ):
        assert "/board/?token=" in address
        page = client.get(address)
        assert "<title>Runs" in page.text
        base = address.partition("?")[0]
        stores = client.get(f"{base}api/v1/stores").json()["stores"]
        assert [(store["key"], store["total"]) for store in stores] == [("here", 1), ("lab", None)]
        body = {"name": "all", "address": "q="}
        assert client.post(f"{base}api/v1/views", json=body).json()["shared"] is True
        assert (project / ".sacred-views.json").exists()
        assert httpx.get(f"{base}api/v1/stores", trust_env=False).status_code == 401
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
        assert (process.returncode, out) == (0, "")
        assert error.strip() == "Ctrl-C ends the board"


def test_tokens_come_from_files(project: Path) -> None:
    (project / "token").write_text("a-token-of-my-own\n")
    with running(project, "mine", "--token-file", "token", "--read-only") as (address, _):
        assert address.endswith("/?token=a-token-of-my-own")
        with httpx.Client(
            base_url=address.partition("?")[0],
            headers={"Authorization": "Bearer a-token-of-my-own"},
            trust_env=False,
        ) as client:
            found = client.get("/api/v1/stores").json()
    assert (found["stores"][0]["key"], found["read_only"]) == ("mine", True)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--host", "0.0.0.0"], "choose a token"),
        (["--token-file", "short"], "16 letters or more"),
        (["--port", "99999"], "from 0 to 65535"),
        (["--host", "no-such-host.invalid", "--token-file", "long"], "no-such-host.invalid"),
    ],
)
def test_mistakes_of_a_call_are_one_message(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    word: str,
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.delenv("SACRED_STORE", raising=False)
    (project / "short").write_text("abc")
    (project / "long").write_text("a" * 20)
    assert main(["board", "--no-browser", *options]) == 2
    assert word in capsys.readouterr().err


def test_without_its_packages_one_error_names_the_extra(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["board"]) == 1
    assert 'pip install "sacred[board]"' in capsys.readouterr().err
    assert main(["board", "--help"]) == 0


def test_runs_are_launched_only_if_the_call_allows_it(project: Path) -> None:
    write_project(project)
    (project / ".sacred.toml").write_text(
        '[stores]\nhere = "mine"\n[experiments.train]\nscript = "train.py"\n'
    )
    body = {"name": "train", "store": "here", "entries": {"lr": 0.5}}
    for options, status in (((), 405), (("--allow-launch",), 200)):
        with (
            running(project, *options) as (address, _),
            httpx.Client(trust_env=False, follow_redirects=True, timeout=120) as client,
        ):
            client.get(address)
            answer = client.post(f"{address.partition('?')[0]}api/v1/runs", json=body)
            assert answer.status_code == status
    with open_store(project / "mine") as store:
        run = store[answer.json()["id"]]
        assert (run.status, run.config.lr) == ("QUEUED", 0.5)


def test_mistakes_about_launching_are_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert main(["board", "--allow-launch", "--read-only"]) == 2
    assert "contradict" in capsys.readouterr().err
    mistakes = {
        "[experiments.t]\nscript = 'x.py'": "there is no",
        "[experiments.t]\ncommand = 'x'": "needs a script",
        "[experiments.t]\nscript = 'x.py'\ncomand = 'y'": "Did you mean",
        "[experiments.t]\nscript = 3": "needs a script",
        "[experiments.t]\nscript = 'a.py'\ncommand = '--debug'": "no name of a command",
        "experiments = 3": "must be a table",
    }
    (project / "a.py").write_text("")
    for text, message in mistakes.items():
        (project / ".sacred.toml").write_text(text)
        assert main(["board", "mine", "--allow-launch"]) != 0
        assert message in capsys.readouterr().err, text
    (project / ".sacred.toml").unlink()
    assert main(["board", "mine", "--allow-launch"]) == 2
    assert "A project file .sacred.toml names them" in capsys.readouterr().err
