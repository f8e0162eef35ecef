"""Environments with recorded versions: which commands make them, and what is in them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sacred import open_store
from sacred.restoring.environments import Plan, build, cached, note_on
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.interpreter import find_interpreter, foresee_interpreter
from tests.conftest import ROOT
from tests.integration.test_rerun_environments import wheel

HERE = platform.python_version()
OLD = ROOT / "tests" / "reference" / "reruns"

FAKE_UV = """#!{python}
import os, sys
words = sys.argv[1:]
with open({log!r}, "a") as file:
    file.write(" ".join(words) + "\\n")
if words[0] == "venv":
    if os.environ.get("NO_SUCH_PYTHON"):
        sys.exit("error: no interpreter found")
    os.makedirs(os.path.join(words[-1], "bin"))
    os.symlink(sys.executable, os.path.join(words[-1], "bin", "python"))
else:
    required = words[words.index("-r") + 1]
    with open({log!r}, "a") as file:
        file.write("required: " + " ".join(open(required).read().split()) + "\\n")
    if "--exclude-newer" in words and os.environ.get("INDEX_WITHOUT_TIMES"):
        sys.exit("error: demo has no upload time")
    if os.environ.get("NO_SUCH_VERSION"):
        sys.exit("error: there is no such version")
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log of a program that stands for uv: it does nothing, and writes down what it is told."""
    log, program = tmp_path / "log", tmp_path / "bin" / "uv"
    program.parent.mkdir()
    program.write_text(FAKE_UV.format(python=sys.executable, log=str(log)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return log


def test_recorded_versions_are_required_exactly(uv):
    plan = Plan(python=HERE, required=("demo==1.0",), constraints=("demo==1.0", "other==2.0"))
    assert cached(plan) is None
    path = build(plan)
    assert path == cached(plan)
    venv, install, required = uv.read_text().splitlines()
    assert venv.startswith("venv -q --no-project --relocatable --python ")
    assert install.startswith("pip install -q --python ")
    assert "--exclude-newer" not in install
    assert required == "required: demo==1.0"


def test_another_python_is_asked_for_by_its_version(uv):
    build(Plan(python="3.9.1", required=(), constraints=()))
    [venv] = uv.read_text().splitlines()
    assert "--python 3.9.1 " in venv


def test_what_an_old_record_does_not_say_is_what_was_there_then(uv):
    record = open_store(OLD / "files_0.8")[1]
    assert foresee_interpreter(record).endswith(", which uv makes")
    interpreter = find_interpreter(record, "recorded")
    assert not interpreter.is_present
    _, install, required = uv.read_text().splitlines()
    assert install.endswith(f" --exclude-newer {record.start_time.isoformat()}Z")
    # It imports pkg_resources without saying so.
    assert required.endswith(" sacred==0.8.7 setuptools<81")
    assert foresee_interpreter(record).endswith(", made before")
    assert find_interpreter(record, "recorded") == interpreter
    assert len(uv.read_text().splitlines()) == 3  # kept


def test_records_of_0_7_need_the_driver_of_mongodb(uv):
    record = open_store(OLD / "files_0.7")[1]
    find_interpreter(record, "recorded")
    required = uv.read_text().splitlines()[-1]
    # Its observers import pymongo without saying so.
    assert required.endswith(" sacred==0.7.5 setuptools<81 pymongo")


def test_an_index_that_knows_no_times_is_asked_without(uv, monkeypatch):
    monkeypatch.setenv("INDEX_WITHOUT_TIMES", "1")
    plan = Plan(python=HERE, required=("demo==1.0",), constraints=(), before="2020-01-01T00:00:00Z")
    note = note_on(build(plan))
    assert note.startswith("versions that the record does not say are not those of 2020-01-01")
    assert "demo has no upload time" in note
    installs = [line for line in uv.read_text().splitlines() if line.startswith("pip")]
    assert [("--exclude-newer" in line) for line in installs] == [True, False]


def test_what_cannot_be_had_leaves_nothing(uv, monkeypatch, tmp_path):
    monkeypatch.setenv("NO_SUCH_VERSION", "1")
    plan = Plan(python=HERE, required=("demo==9",), constraints=())
    with pytest.raises(CannotRestoreError, match="there is no such version"):
        build(plan)
    assert list((tmp_path / "cache" / "sacred" / "environments").iterdir()) == []
    assert cached(plan) is None


def test_a_python_that_cannot_be_had_is_named(uv, monkeypatch):
    monkeypatch.setenv("NO_SUCH_PYTHON", "1")
    with pytest.raises(
        CannotRestoreError, match=r"^Python 3\.1\.4 cannot be had: .*no interpreter"
    ):
        build(Plan(python="3.1.4", required=(), constraints=()))


def values_of(python: Path, module: str) -> str:
    done = subprocess.run(
        [python, "-c", f"import {module}; print({module}.VALUE)"], capture_output=True, text=True
    )
    return done.stdout.strip() or done.stderr


@pytest.fixture
def without_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on the path, nor beside the interpreter."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'empty'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "empty" / "python"))


@pytest.mark.slow
def test_without_uv_venv_and_pip_do(without_uv, tmp_path, monkeypatch):
    for version in ("1.0", "2.0"):
        wheel(tmp_path / "wheels", version)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    plan = Plan(python=HERE, required=("demo-package==1.0",), constraints=("demo-package==1.0",))
    assert values_of(build(plan), "demo_package") == "1.0"
    with pytest.raises(CannotRestoreError, match=r"the environment cannot be made: .*1\.5"):
        build(Plan(python=HERE, required=("demo-package==1.5",), constraints=()))


def test_without_uv_another_python_must_be_here(without_uv):
    with pytest.raises(CannotRestoreError, match=r"Python 3\.11\.999 is not here; with uv"):
        build(Plan(python="3.11.999", required=("demo==1.0",), constraints=()))


class Index(BaseHTTPRequestHandler):
    """A package index that says when its files were uploaded."""

    files: Path

    def do_GET(self) -> None:
        name = self.path.strip("/").rpartition("/")[2]
        file = self.files / name
        if file.is_file():
            self.answer(file.read_bytes(), "application/octet-stream")
            return
        listed = sorted(self.files.glob(f"{name.replace('-', '_')}-*.whl"))
        page = {
            "meta": {"api-version": "1.1"},
            "name": name,
            "files": [
                {
                    "filename": path.name,
                    "url": f"/files/{path.name}",
                    "hashes": {},
                    "upload-time": f"20{path.name.split('-')[1].split('.')[0]}-01-01T00:00:00Z",
                }
                for path in listed
            ],
        }
        self.answer(json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json")

    def answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_HEAD = do_GET

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Versions 20.0 and 23.0 of a package, uploaded in 2020 and in 2023."""
    for version in ("20.0", "23.0"):
        wheel(tmp_path / "index", version)
    handler = type("Handler", (Index,), {"files": tmp_path / "index"})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{server.server_port}/simple/")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
        yield
        server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize(("before", "version"), [("2021", "20.0"), ("2024", "23.0")])
def test_what_was_uploaded_later_is_not_taken(index, before, version):
    pytest.importorskip("uv")
    plan = Plan(
        python=HERE,
        required=("demo-package",),
        constraints=(),
        before=f"{before}-06-01T00:00:00Z",
    )
    assert values_of(build(plan), "demo_package") == version
