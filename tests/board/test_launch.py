"""The launch form: which runs it queues, and what it never does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import sacred.board
from sacred.cli.updates import parse_updates
from sacred.queue.launch_entries import update_words
from sacred.queue.launching import LaunchError
from sacred.runs import RunStore, open_store
from sacred.stores.claims import claims_of
from tests.board.api_client import READ_TOKEN, TOKEN, Api, served
from tests.board.launch_samples import launcher_for, write_project
from tests.integration.test_readers import new_place


@pytest.fixture(params=["file", "sqlite", "mongo"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[RunStore, str]]:
    with new_place(request.param, request, tmp_path) as place, open_store(place.url) as store:
        yield store, place.url


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with open_store(tmp_path / "runs") as store:
        yield store


@pytest.fixture
def api(store: RunStore, project: Path, tmp_path: Path) -> Iterator[Api]:
    launcher = launcher_for(project, {store: str(tmp_path / "runs")})
    with served({"lab": store}, launcher=launcher, read_token=READ_TOKEN) as address:
        client = Api(address)
        yield client
        client.close()


def launch(api: Api, name: str = "train", status: int = 200, **entries: Any) -> Any:
    body = {"name": name, "store": "lab", "entries": entries}
    return api.send("POST", "/runs", body, status)


def test_a_run_is_queued_with_what_was_set(any_store: tuple[RunStore, str], project: Path) -> None:
    store, url = any_store
    with served({"lab": store}, launcher=launcher_for(project, {store: url})) as address:
        api = Api(address)
        body = {"lr": 0.5, "opt.momentum": 0.1, "note": "a 'b' \"c\" --queue $(x)"}
        found = launch(api, **body)
        run = store[found["id"]]
        assert (run.status, run.name, run.command) == ("QUEUED", "digits", "main")
        assert (run.config.lr, run.config.opt.momentum, run.config.note) == tuple(body.values())
        assert api.get(f"/runs/lab/{found['key']}")["status"] == "QUEUED"
        assert [entry["state"] for entry in api.get("/queue")["runs"]] == ["waiting"]
        api.close()
    assert len(claims_of(store.backend).entries("waiting")) == 1
    # The observers of the script have nothing, and nothing has run.
    assert not (project / "own").exists()
    assert not (project / "ran").exists()


def test_the_form_has_types_choices_defaults_and_comments(api: Api) -> None:
    listed = api.get("/launchable")
    assert [(one["name"], one["kind"], one["help"]) for one in listed["launchable"]] == [
        ("simulate", "program", ""), ("train", "experiment", "a small network"),
        ("rash", "experiment", ""),
    ]  # fmt: skip
    assert (listed["allowed"], listed["stores"], listed["error"]) == (True, ["lab"], None)
    form = api.send("POST", "/launchable/train", {})
    entries = {entry["path"]: entry["schema"] for entry in form["entries"]}
    assert entries["lr"] == {"type": "number", "default": 0.1, "description": "the step size"}
    assert entries["kind"]["enum"] == ["adam", "sgd"]
    assert entries["opt.momentum"] == {"default": 0.9}
    assert entries["seed"]["type"] == "integer"
    program = api.send("POST", "/launchable/simulate", {})
    assert {entry["path"]: entry["schema"] for entry in program["entries"]} == {
        "n": {"type": "integer", "default": 3, "minimum": 1, "maximum": 9,
              "description": "number of steps"},
        "mode": {"type": "string", "default": "fast", "enum": ["fast", "exact"]},
    }  # fmt: skip


def test_a_program_is_queued(api: Api, store: RunStore) -> None:
    run = store[launch(api, "simulate", n=5)["id"]]
    assert (run.status, dict(run.config)["n"], run.config.mode) == ("QUEUED", 5, "fast")
    assert launch(api, "simulate", 422, n=50)["entry"] == "n"


@pytest.mark.parametrize(
    ("entries", "entry", "text"),
    [
        ({"lr": "fast"}, "lr", "no number"),
        ({"lr": True}, "lr", "no number"),
        ({"kind": "adma"}, "kind", "none of 'adam', 'sgd'"),
        ({"lrr": 1}, "lrr", "Did you mean"),
        ({"--debug": 1}, "--debug", "no such entry"),
        ({"-F": "x"}, "-F", "no such entry"),
        ({"fast": 1, "lr": 1}, "fast", "no such entry"),
        ({"note=1 other": 1}, "note=1 other", "no such entry"),
        ({"~note": 1}, "~note", "no such entry"),
        ({"layers+": [1]}, "layers+", "no such entry"),
        ({"seed": 1.5}, "seed", "no integer"),
        ({"note": "${secret:HOME}"}, "note", "cannot name secrets"),
        ({"layers": [[{"a": "x-${secret:HOME}"}]]}, "layers", "cannot name secrets"),
        ({"layers": json.loads("[" * 500 + "]" * 500)}, "layers", "nested more than"),
    ],
)
def test_only_entries_can_be_set_and_only_with_what_fits(
    api: Api, store: RunStore, entries: dict[str, Any], entry: str, text: str
) -> None:
    problem = launch(api, status=422, **entries)
    assert problem["entry"] == entry
    assert text in problem["detail"]
    assert not list(Path(str(store.url).removeprefix("file:")).glob("[0-9]*"))


@pytest.mark.parametrize(
    "value",
    [
        "C:\nfoo", "A:\tb", "\\srv\nx", "C:\\new", "a\\", "'\"", "\u2028", chr(0xD800), "\0", "x,y",
        "--help", "@/etc/passwd", "${env:HOME}", "$${secret:HOME}", "1e5", "", " ",
        ["C:\nfoo", [1, None]], {"a": "C:\nb"}, -5, 1e308, True, None,
    ],
)  # fmt: skip
def test_what_is_given_is_what_the_experiment_gets(value: Any) -> None:
    words = update_words({"properties": {"note": {}}}, {"note": value})
    assert parse_updates(words) == ({"note": value}, [])


def test_a_default_may_name_a_secret() -> None:
    schema = {"properties": {"address": {"default": "db:${secret:PW}"}}}
    assert update_words(schema, {"address": "db:${secret:PW}"}) == ["address='db:${secret:PW}'"]


def test_what_the_experiment_says_is_said(api: Api, project: Path) -> None:
    script = project / "train.py"
    script.write_text(script.read_text().replace("lr: float", "1 / 0\n    lr: float"))
    assert "ZeroDivisionError" in api.send("POST", "/launchable/train", {}, 409)["detail"]
    script.write_text("print('no experiment')")
    assert "no experiment" in api.send("POST", "/launchable/train", {}, 409)["detail"]


def test_a_script_that_starts_runs_by_itself_is_not_run(api: Api, project: Path) -> None:
    refused = api.send("POST", "/launchable/rash", {}, 409)
    assert "starts runs by itself" in refused["detail"]
    assert "starts runs by itself" in launch(api, "rash", 422)["detail"]
    assert not (project / "ran").exists()


def test_only_what_the_project_names_is_launched(api: Api, project: Path) -> None:
    for name in ("nothing", "../train", "train.py", "/bin/sh", "rash; id", "-c"):
        assert "names no" in launch(api, name, 404)["detail"]
    assert "the body is" in api.send("POST", "/runs", {"name": "train"}, 422)["detail"]
    assert launch_in(api, "labb", 404)
    (project / ".sacred.toml").write_text("[experiments.train]\nscript = 'gone.py'")
    assert "gone.py" in api.get("/launchable")["error"]
    assert "gone.py" in launch(api, status=400)["detail"]


def launch_in(api: Api, store: str, status: int) -> Any:
    return api.send("POST", "/runs", {"name": "train", "store": store, "entries": {}}, status)


def test_tokens_of_the_board_are_not_handed_on(
    api: Api, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SACRED_BOARD_TOKEN", "a-secret-of-the-board")
    (project / "train.py").write_text(
        "import os, sys\nsys.exit(repr([n for n in os.environ if n.startswith('SACRED_BOARD')]))"
    )
    assert api.send("POST", "/launchable/train", {}, 409)["detail"] == "[]"


def test_without_permission_there_is_no_way_to_launch(api: Api, store: RunStore) -> None:
    body = {"name": "train", "store": "lab", "entries": {}}
    for token, status in ((READ_TOKEN, 403), ("none-at-all", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        for path, content in (("runs", body), ("launchable/train", {})):
            address = f"{api.address}/api/v1/{path}"
            refused = httpx.post(address, json=content, headers=headers, trust_env=False)
            assert refused.status_code == status
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}
    address = f"{api.address}/api/v1/runs"
    assert httpx.post(address, json=body, headers=headers, trust_env=False).status_code == 403
    with served({"lab": store}) as plain:
        other = Api(plain)
        assert other.get("/launchable")["allowed"] is False
        assert "post" not in other.document["paths"]["/runs"]
        other.send("POST", "/runs", body, 405)
        other.send("POST", "/launchable/train", {}, 404)
        other.close()


def test_a_launcher_needs_a_token_that_may_write(store: RunStore, project: Path) -> None:
    launcher = launcher_for(project, {})
    for options in ({}, {"token": "t", "read_only": True}):
        with pytest.raises(ValueError, match="token that may write"):
            sacred.board.app({"lab": store}, launcher=launcher, **options)  # type: ignore[arg-type]


PRINTED = '{"properties": {"lr": {"default": 1}}}'


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        # What it leaves behind has its output, and is no reason to wait.
        (
            "import subprocess\n"
            "subprocess.Popen(['sleep', '20'], start_new_session=True)\n"
            f"print('{PRINTED}')",
            None,
        ),
        (f"print({{'lr': 2}})\nprint('{{')\nprint('{PRINTED}')\nprint('{{}} the end')", None),
        ("while True: print('x' * 10_000)", "has printed more than"),
        ("import time\ntime.sleep(60)", "did not answer within 2 s"),
        (
            "import subprocess, time\n"
            "subprocess.Popen(['sleep', '20'], start_new_session=True)\n"
            "time.sleep(60)",
            "did not answer within 2 s",
        ),
        ("print('[' * 100_000)", "does not print its schema"),
        ("print('{' * 100_000)", "does not print its schema"),
        ("import sys\nsys.stdout.buffer.write(bytes(range(256)) * 99)", "does not print"),
    ],
)
def test_whatever_a_script_does_the_form_is_answered_soon(
    project: Path, script: str, problem: str | None
) -> None:
    (project / "train.py").write_text(script)
    launcher = launcher_for(project, {}, timeout=2.0)
    began = time.monotonic()
    if problem is None:
        assert launcher.schema("train") == json.loads(PRINTED)
    else:
        with pytest.raises(LaunchError, match=problem) as raised:
            launcher.schema("train")
        assert len(str(raised.value)) < 5000
    assert time.monotonic() - began < 15


def test_scripts_that_hang_leave_threads_for_others(project: Path) -> None:
    (project / "train.py").write_text("import time\ntime.sleep(60)")
    launcher = launcher_for(project, {}, timeout=1.0)
    said: list[str] = []

    def ask() -> None:
        try:
            launcher.schema("train")
        except LaunchError as error:
            said.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(said) == 40
    assert sum("did not answer" in one for one in said) <= 5
    assert sum("others are launching" in one for one in said) >= 35
