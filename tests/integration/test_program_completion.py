"""What shells complete: asked of the shells themselves."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.testing import drive
from tests.conftest import ROOT
from tests.services.serving import leave_out
from tests.services.terminals import needs_terminals

pty = pytest.importorskip("pty", reason="only POSIX has pseudo-terminals")

#: What there is to be completed, and what comes of it.
CASES = [
    ("sacred do", ["doctor"]),
    ("sacred diff --exit", ["--exit-code"]),
    ("sacred ls --sor", ["--sort"]),
    ("sacred show las", ["last"]),
    ("sacred show 1", ["1", "12"]),
    ("sacred diff 12 3", ["3"]),
    ("sacred ls --sort resu", ["result"]),
    ("sacred ls --sort -opt.l", ["-opt.lr"]),
    ("sacred ls --columns id,opt.", ["id,opt.lr", "id,opt.name"]),
    ("sacred ls --sort metrics.", ["metrics.loss"]),
    ("sacred -s la", ["lab"]),
    ("sacred ls --store la", ["lab"]),
    ("sacred -s lab show 7", ["77"]),
    ("sacred show best:r", ["best:result"]),
    ("sacred show lab:l", ["lab:last"]),
    ("sacred copy he", ["here"]),
]

Complete = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two stores, and with the program in ``bin``."""
    directory = tmp_path_factory.mktemp("project")
    for name, ids in (("runs", ("1", "12", "3")), ("others", ("77",))):
        store = open_store(directory / name)
        for run_id in ids:
            observer = StoreObserver(store.backend)
            # Nothing that is stored is ever executed, also by a shell.
            odd = {f"$(touch {directory}/executed)": 1, "`touch executed`": 2, "a b": 3}
            drive.start(observer, run_id, config={"opt": {"lr": 0.1, "name": "adam"}, **odd})
            drive.log(observer, {"loss": [1.0]})
            drive.complete(observer, 0.5)
    (directory / ".sacred.toml").write_text('[stores]\nhere = "runs"\nlab = "others"\n')
    (directory / "bin").mkdir()
    program = directory / "bin" / "sacred"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m sacred "$@"\n')
    program.chmod(0o755)
    for shell in ("bash", "zsh", "fish"):
        script = run(directory, [str(program), "completion", shell])
        (directory / f"{shell}.script").write_text(script)
    return directory


def environment(directory: Path) -> dict[str, str]:
    path = f"{directory}/bin:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(directory), "LANG": "C.UTF-8", "TERM": "dumb"}


def run(directory: Path, words: list[str]) -> str:
    done = subprocess.run(
        words, cwd=directory, env=environment(directory), capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_bash(project: Path, line: str, wanted: list[str]) -> None:
    program = f"""
        source bash.script
        COMP_LINE={line!r} COMP_POINT={len(line)} COMP_WORDBREAKS=$' \\t\\n'
        _sacred; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    found = run(project, ["bash", "-c", program]).split()
    assert sorted(found) == wanted
    assert not (project / "executed").exists()


@pytest.fixture
def fish() -> None:
    if shutil.which("fish") is None:
        leave_out("there is no fish")


@pytest.fixture
def zsh() -> None:
    if shutil.which("zsh") is None:
        leave_out("there is no zsh")


@pytest.mark.usefixtures("fish")
@pytest.mark.parametrize(
    ("line", "wanted"),
    # fish has the value as a whole
    [(line, wanted) for line, wanted in CASES if "," not in line and "-opt" not in line],
)
def test_fish(project: Path, line: str, wanted: list[str]) -> None:
    program = f"source fish.script; complete -C {line!r}"
    found = [row.split("\t")[0] for row in run(project, ["fish", "-c", program]).splitlines()]
    assert sorted(found) == wanted
    assert not (project / "executed").exists()


def typed(words: list[str], project: Path, before: str, line: str, wanted: str) -> str:
    """What a shell at a terminal makes of a line and a tabulator."""
    terminal, outer = pty.openpty()
    shell = subprocess.Popen(
        words,
        cwd=project,
        env=environment(project),
        stdin=outer,
        stdout=outer,
        stderr=outer,
        start_new_session=True,
    )
    os.close(outer)
    seen = b""

    def until(text: bytes) -> None:
        nonlocal seen
        deadline = time.monotonic() + 60
        while text not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 65536)

    try:
        os.write(terminal, f"{before}; echo rea''dy\n".encode())
        until(b"ready")
        seen = b""
        os.write(terminal, f"{line}\t".encode())
        until(wanted.encode())
    finally:
        shell.kill()
        shell.wait()
        os.close(terminal)
    return seen.decode()


TYPED = [("sacred doc", "doctor "), ("sacred show best:r", "best:result ")]


@needs_terminals
@pytest.mark.parametrize(("line", "wanted"), TYPED)
def test_bash_at_a_terminal(project: Path, line: str, wanted: str) -> None:
    words = ["bash", "--norc", "--noprofile", "-i"]
    assert wanted in typed(words, project, "source bash.script", line, wanted)


@pytest.mark.usefixtures("zsh")
@needs_terminals
@pytest.mark.parametrize(("line", "wanted"), TYPED)
def test_zsh_at_a_terminal(project: Path, line: str, wanted: str) -> None:
    before = "autoload -Uz compinit; compinit -u; source zsh.script"
    assert wanted in typed(["zsh", "-f", "-i"], project, before, line, wanted)


def test_what_cannot_be_asked_is_no_error(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "sacred", "completion"]
    for asked in ("ids", "fields", "stores"):
        done = subprocess.run(
            [*words, asked, "-s", "mongodb://localhost:1/?serverSelectionTimeoutMS=10"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
