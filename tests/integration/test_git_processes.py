"""Which runs start git: those that are stored, and those that look at what it says."""

import os
import shutil
import subprocess
import sys

import pytest

SCRIPT = """\
from sacred import Experiment

ex = Experiment("asks")

@ex.command
def look(_run):
    return len(_run.experiment_info["repositories"])

@ex.automain
def main():
    return 7
"""


@pytest.fixture
def repository(tmp_path):
    """A script in a repository, and a git that takes down how often it is called."""
    who = ["-c", "user.name=me", "-c", "user.email=me@here"]
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "script.py").write_text(SCRIPT)
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path / "repo", check=True)
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin" / "git"
    wrapper.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nexec {shutil.which("git")} "$@"\n'
    )
    wrapper.chmod(0o755)
    return tmp_path / "repo"


def calls(repository, *words):
    """How often git was called by a command line."""
    log = repository.parent / "calls"
    log.unlink(missing_ok=True)
    path = f"{repository.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "script.py", *words]
    subprocess.run(command, cwd=repository, env={**os.environ, "PATH": path}, check=True)
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.mark.parametrize("words", [[], ["main", "with", "seed=1"], ["print_config"]])
def test_a_run_that_nobody_stores_needs_no_git(repository, words):
    assert calls(repository, *words) == 0


@pytest.mark.parametrize("words", [["-F", "runs"], ["print_dependencies"], ["look"], ["-e"]])
def test_a_run_that_is_stored_or_looks_asks_git_once(repository, words):
    assert calls(repository, *words) == 1
