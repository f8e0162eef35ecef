"""The git repository of a file.

The program is called once per repository. Nothing here raises an error: without git, without a
commit, in a directory that git does not trust, or if git takes too long, a warning says why there
is no commit.
"""

from __future__ import annotations

import logging
import os
import re
from typing import Any

from sacred._base.frozen import Frozen
from sacred._base.masking import mask_passwords, mask_secret_values
from sacred.dependencies.git_query import GitQuery

_log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0

_STATUS_COMMAND = (
    "status",
    "--porcelain=v2",
    "--branch",
    "--untracked-files=no",
    "--no-ahead-behind",
)
_REMOTES_COMMAND = ("config", "--get-regexp", r"^remote\..*\.url$")

# With no program of the repository's choice.
_DIFF_COMMAND = (
    *("diff", "HEAD", "--binary", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"),
)
#: Maximum size of a diff in bytes; a longer one is cut.
MAX_DIFF_BYTES = 1_000_000

_CREDENTIALS_PATTERN = r"^(https?://)[^/@]*@"


class GitInfo(Frozen, kw_only=False):
    """The state of a repository; all None for a file outside of any repository."""

    repo: str | None = None
    commit: str | None = None
    is_dirty: bool | None = None


class Repositories:
    """Queries each repository once. Create a new object to get the present state.

    >>> Repositories().info("/")
    GitInfo(repo=None, commit=None, is_dirty=None)
    """

    def __init__(self) -> None:
        self._known: dict[str, GitInfo] = {}
        #: What git has been asked and not answered yet, by the root of the repository.
        self.pending_queries: dict[str, GitQuery] = {}
        self._diffs: dict[str, GitQuery | dict[str, Any]] = {}

    def ask_about(self, filename: str | os.PathLike[str]) -> None:
        """Start git in the background; `info` waits for the answer."""
        root = _find_root(os.path.realpath(filename))
        if root is not None and root not in self._known and root not in self.pending_queries:
            self.pending_queries[root] = GitQuery(root, _STATUS_COMMAND)

    def info(self, filename: str | os.PathLike[str]) -> GitInfo:
        """Return the state of the repository that contains a file."""
        root = _find_root(os.path.realpath(filename))
        if root is None:
            return GitInfo()
        if root not in self._known:
            query = self.pending_queries.pop(root, None) or GitQuery(root, _STATUS_COMMAND)
            status = query.answer(TIMEOUT_SECONDS)
            if status.problem is not None:
                _log.warning(
                    "The commit of the sources in %s is not recorded: %s", root, status.problem
                )
            self._known[root] = describe_repository(root, status.output)
        return self._known[root]

    def ask_for_diffs(self) -> None:
        """Start collecting the changes in dirty repositories; see `described`."""
        for root, info in self._known.items():
            if info.is_dirty and root not in self._diffs:
                self._diffs[root] = GitQuery(root, _DIFF_COMMAND, into_file=True)

    def described(self) -> list[dict[str, Any]]:
        """Return the known repositories: ``url``, ``root``, and ``diff`` of dirty ones.

        ``diff_is_whole`` is False if the diff is cut or a secret in it is masked: then it cannot
        be applied.
        """
        for root, query in self._diffs.items():
            if isinstance(query, GitQuery):
                self._diffs[root] = _diff_of(query)
        return [
            {"url": info.repo, "root": root, **(self._diffs.get(root) or {})}  # type: ignore[dict-item]
            for root, info in self._known.items()
            if info.repo is not None
        ]


def _diff_of(query: GitQuery) -> dict[str, Any]:
    found = query.answer(TIMEOUT_SECONDS)
    if found.problem is not None or not found.output:
        return {}
    whole = found.output.encode()
    text = whole[:MAX_DIFF_BYTES].decode(errors="ignore")
    masked = mask_secret_values(mask_passwords(text))
    return {"diff": masked, "diff_is_whole": len(whole) <= MAX_DIFF_BYTES and masked == text}


def _find_root(path: str) -> str | None:
    # Without asking git: a process per file is what made the start of a run slow.
    while (parent := os.path.dirname(path)) != path:
        path = parent
        if os.path.exists(os.path.join(path, ".git")):  # a file in worktrees and submodules
            return path
    return None


def describe_repository(root: str, status: str) -> GitInfo:
    """Describe a repository from the answers of git and its configuration.

    Args:
        root: the directory with ``.git``.
        status: what ``git status`` printed.

    Returns:
        an empty `GitInfo` if there is no commit yet.
    """
    commit, is_dirty = _read_status(status)
    if commit is None:
        return GitInfo()
    remotes = remotes_in(os.path.join(root, ".git", "config"))
    if remotes is None:
        remotes = GitQuery(root, _REMOTES_COMMAND).answer(TIMEOUT_SECONDS).output
    return GitInfo(_choose_url(remotes) or f"git:/{root}", commit, is_dirty)


def remotes_in(path: str) -> str | None:
    """Return what git would answer to `_REMOTES_COMMAND`; None if git must be called.

    This works only for what git itself writes into the file; see "CONFIGURATION FILE" in
    git-config(1).
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return None  # a worktree or a submodule has it elsewhere
    found = []
    remote = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            if line.lower().startswith("[include") or not line.endswith("]"):
                return None
            is_remote = line.startswith('[remote "') and line.endswith('"]')
            remote = line[len('[remote "') : -len('"]')] if is_remote else None
        elif remote is not None and line.partition("=")[0].strip().lower() == "url":
            url = line.partition("=")[2].strip()
            if set(url + remote) & set('"\\#;'):
                return None
            found.append(f"remote.{remote}.url {url}\n")
    return "".join(found)


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
    r"""Return the url of ``origin``, else of the first remote; without passwords.

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
    return re.sub(_CREDENTIALS_PATTERN, r"\1", url) or None
