"""Git: real repositories in all the states that used to be fatal."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sacred.dependencies import Repositories, Source
from sacred.dependencies import git as git_module
from sacred.dependencies.git import GitInfo

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """``git(*args)`` in a new repository at ``tmp_path / "repo"`` with a file ``a.py``."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "me")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "me@example.org")
    monkeypatch.chdir(root)

    def run(*args: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *args], check=True, capture_output=True, encoding="utf-8"
        ).stdout.strip()

    run("init", "--quiet")
    return run


@pytest.fixture
def commit(git: Git) -> str:
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    return git("rev-parse", "HEAD")


def info() -> GitInfo:
    return Repositories().info("a.py")


def test_clean_repository(git: Git, commit: str) -> None:
    url = f"git:/{os.path.realpath('.')}"
    assert info() == GitInfo(url, commit, False)
    source = Source.create("a.py")
    assert (source.repo, source.commit, source.is_dirty) == (url, commit, False)
    assert Source.create("a.py", save_git_info=False).commit is None


def test_dirty(git: Git, commit: str) -> None:
    Path("new.py").write_text("")
    assert info().is_dirty is False  # untracked files do not count
    git("add", "new.py")
    assert info().is_dirty is True
    git("reset", "--quiet")
    Path("a.py").write_text("x = 2\n")
    assert info().is_dirty is True
    assert info().commit == commit


def test_url_of_the_remote(git: Git, commit: str) -> None:
    git("remote", "add", "upstream", "https://me:secret@example.org/up.git")
    assert info().repo == "https://example.org/up.git"
    git("remote", "add", "origin", "git@example.org:mine.git")
    assert info().repo == "git@example.org:mine.git"


def test_no_commits(git: Git) -> None:
    assert info() == GitInfo()


def test_no_repository(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("")
    assert Repositories().info(path) == GitInfo()


def test_missing_git(
    commit: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert info() == GitInfo()
    assert Source.create("a.py").commit is None
    assert "is not recorded: git is not installed" in caplog.text


def test_broken_repository(git: Git, commit: str, caplog: pytest.LogCaptureFixture) -> None:
    Path(".git", "HEAD").unlink()
    repositories = Repositories()
    for _ in range(2):  # one warning, however many files lie there
        assert repositories.info("a.py") == GitInfo()
    [warning] = caplog.records
    assert "not a git repository" in warning.getMessage()
    assert os.getcwd() in warning.getMessage()


def test_a_repository_without_a_commit_is_none_to_warn_of(
    git: Git, caplog: pytest.LogCaptureFixture
) -> None:
    Path("a.py").write_text("")
    assert info() == GitInfo()
    assert caplog.text == ""


def _install_git(directory: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    directory.mkdir()
    program = directory / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(directory), prepend=os.pathsep)


@pytest.mark.skipif(os.name != "posix", reason="a shell script plays git")
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo fatal: detected dubious ownership >&2; exit 128", "detected dubious ownership"),
        ("exec sleep 20", "longer than 0.3 seconds"),
        ("sleep 2", "longer than 0.3 seconds"),
    ],
)
def test_git_that_fails_or_hangs(
    commit: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    script: str,
    reason: str,
) -> None:
    monkeypatch.setattr(git_module, "TIMEOUT_SECONDS", 0.3)
    _install_git(tmp_path / "bin", script, monkeypatch)
    assert info() == GitInfo()
    assert reason in caplog.text


@pytest.mark.skipif(os.name != "posix", reason="a shell script plays git")
def test_one_query_per_repository(
    commit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, log = shutil.which("git"), tmp_path / "log"
    _install_git(tmp_path / "bin", f'echo "$3" >> {log}; exec {real} "$@"', monkeypatch)
    repositories = Repositories()
    Path("sub").mkdir()
    for i in range(20):
        Path(f"sub/{i}.py").write_text("")
        assert repositories.info(f"sub/{i}.py").commit == commit
    assert log.read_text().split() == ["status"]


def test_remotes_are_read_as_git_reads_them(git: Git, commit: str) -> None:
    git("remote", "add", "up", "https://example.org/up.git")
    git("remote", "add", "with.dot", "/some where/b")
    git("config", "user.url", "no remote")
    expected = git("config", "--get-regexp", r"^remote\..*\.url$") + "\n"
    assert git_module.remotes_in(".git/config") == expected


@pytest.mark.parametrize(
    "text", ["[include]\n path = x\n", '[remote "a"]\n url = "b c"\n', '[remote "a"] url = b\n']
)
def test_unusual_configurations_are_left_to_git(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    assert git_module.remotes_in(str(tmp_path / "config")) is None


def test_git_can_look_meanwhile(commit: str) -> None:
    repositories = Repositories()
    repositories.ask_about("a.py")
    repositories.ask_about("a.py")
    assert repositories.info("a.py").commit == commit


def test_a_question_that_nobody_wants_answered_leaves_no_process(commit: str) -> None:
    repositories = Repositories()
    repositories.ask_about("a.py")
    [query] = repositories.pending_queries.values()
    pid = query.process.pid
    assert pid is not None
    del query, repositories
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_file_in_a_worktree(git: Git, commit: str, tmp_path: Path) -> None:
    git("worktree", "add", "--quiet", str(tmp_path / "tree"))
    Path(tmp_path / "tree" / "a.py").write_text("changed")
    found = Repositories().info(tmp_path / "tree" / "a.py")
    assert (found.commit, found.is_dirty) == (commit, True)


def test_within_a_git_hook(commit: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert info().commit == commit


def test_the_index_is_not_written(git: Git, commit: str) -> None:
    os.utime("a.py", (1, 1))  # git would note that the content is unchanged
    before = Path(".git/index").stat().st_mtime_ns
    assert info().is_dirty is False
    assert Path(".git/index").stat().st_mtime_ns == before
