"""What `git` tells about the repository of a file.

The program is asked, twice and at once, once per repository. Nothing here fails: without git,
without a commit, in a directory that git does not trust, or when it takes too long, there is just
nothing to tell.
"""

from __future__ import annotations

import os
import re
import time

from sacred._base.values import Value

_TIMEOUT = 10.0

# Asking must not wait for a password, nor write to the index that others may be using.
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

# Set while a git hook runs; they would lead to the repository of the hook.
_MISLEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")

_STATUS = ("status", "--porcelain=v2", "--branch", "--untracked-files=no", "--no-ahead-behind")
_REMOTES = ("config", "--get-regexp", r"^remote\..*\.url$")

_CREDENTIALS = r"^(https?://)[^/@]*@"


class GitInfo(Value, kw_only=False):
    """The state of a repository; all None for a file outside of any."""

    repo: str | None = None
    commit: str | None = None
    is_dirty: bool | None = None


class Repositories:
    """Asks about each repository once. Make a new one to have the present state.

    >>> Repositories().info("/")
    GitInfo(repo=None, commit=None, is_dirty=None)
    """

    def __init__(self) -> None:
        self._known: dict[str, GitInfo] = {}

    def info(self, filename: str | os.PathLike[str]) -> GitInfo:
        """Return the state of the repository that the file lies in."""
        root = _find_root(os.path.realpath(filename))
        if root is None:
            return GitInfo()
        if root not in self._known:
            self._known[root] = _ask(root)
        return self._known[root]


def _find_root(path: str) -> str | None:
    # Without asking git: a process per file is what made the start of a run slow.
    while (parent := os.path.dirname(path)) != path:
        path = parent
        if os.path.exists(os.path.join(path, ".git")):  # a file in worktrees and submodules
            return path
    return None


def _ask(root: str) -> GitInfo:
    status, remotes = _run_both(root)
    commit, is_dirty = _read_status(status)
    if commit is None:
        return GitInfo()
    return GitInfo(_choose_url(remotes) or f"git:/{root}", commit, is_dirty)


def _run_both(root: str) -> tuple[str, str]:
    """Return the output of the two queries; ``""`` for one that failed."""
    import subprocess

    environment = {k: v for k, v in os.environ.items() if k not in _MISLEADING} | _ENVIRONMENT
    processes: list[subprocess.Popen[str]] = []
    try:
        for query in (_STATUS, _REMOTES):
            processes.append(
                subprocess.Popen(
                    ["git", "-C", root, *query],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    encoding="utf-8",
                    errors="replace",
                )
            )
        deadline = time.monotonic() + _TIMEOUT
        outputs = [p.communicate(timeout=max(0, deadline - time.monotonic()))[0] for p in processes]
    except (OSError, subprocess.SubprocessError):
        return "", ""
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()  # not read: what git has started may hold it open
    status, remotes = (
        output if process.returncode == 0 else ""
        for output, process in zip(outputs, processes, strict=True)
    )
    return status, remotes


def _read_status(status: str) -> tuple[str | None, bool]:
    r"""Return commit and dirtiness.

    >>> _read_status("# branch.oid 12ab\n# branch.head main\n1 .M N... a.py\n")
    ('12ab', True)
    >>> _read_status("# branch.oid (initial)\n")
    (None, False)
    """
    commit, is_dirty = None, False
    for line in status.splitlines():
        if line.startswith("# branch.oid "):
            oid = line.removeprefix("# branch.oid ").strip()
            commit = None if oid == "(initial)" else oid
        elif line and not line.startswith("#"):
            is_dirty = True
    return commit, is_dirty


def _choose_url(remotes: str) -> str | None:
    r"""Return the url of ``origin``, else of the first remote; passwords in it are left out.

    >>> _choose_url("remote.up.url /a\nremote.origin.url https://me:secret@host/b.git\n")
    'https://host/b.git'
    """
    urls: dict[str, str] = {}
    for line in remotes.splitlines():
        key, _, url = line.partition(" ")
        urls.setdefault(key, url)
    if not urls:
        return None
    url = urls.get("remote.origin.url") or next(iter(urls.values()))
    return re.sub(_CREDENTIALS, r"\1", url) or None
