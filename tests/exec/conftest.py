"""`sacred exec` as a user calls it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from sacred import open_store
from sacred.app import main
from sacred.exec.tracing import strace
from sacred.records import RunRecord

Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, which is in no repository and knows no store."""
    directory = tmp_path / "work"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.delenv("SACRED_STORE", raising=False)
    return directory


@pytest.fixture
def sacred(work: Path, capfd: pytest.CaptureFixture[str]) -> Call:
    """Call the program ``sacred``, in this process: its programs are processes of their own."""

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        status = main(list(words))
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(words, status, out, err)

    return call


def last_run(store: str = "runs") -> RunRecord:
    """The last run of a store."""
    [record] = open_store(store).runs(limit=1, newest_first=True)
    return record


def leave_out(reason: str) -> NoReturn:
    """Skip a test that cannot work here; in CI, it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def need(program: str) -> str:
    """Return the path of a program that a test needs."""
    return shutil.which(program) or leave_out(f"{program} is not installed")


def need_strace() -> None:
    """Leave a test out where programs cannot be traced."""
    found = strace.tracer_for(shutil.which("true") or "")
    if isinstance(found, str):
        leave_out(found)


def compiled(source: str, directory: Path, *options: str) -> str:
    """Compile a C program; return how it is called."""
    compiler = need("gcc")
    (directory / "prog.c").write_text(source)
    subprocess.run([compiler, "-o", "prog", "prog.c", *options], cwd=directory, check=True)
    return "./prog"
