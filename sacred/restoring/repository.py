"""The commit of a run, from the repository in which the user is."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from sacred._base.frozen import Frozen
from sacred.dependencies.git_query import git_environment
from sacred.records import RunRecord
from sacred.restoring.errors import CannotRestoreError

__all__ = ["RepositoryAtHand", "find_repository"]

_TIMEOUT_SECONDS = 120
#: No hooks, no programs of the repository's choice.
_OPTIONS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0")


class RepositoryAtHand(Frozen):
    """A repository on this machine that has the commit of a run.

    Args:
        here: its directory on this machine, which is not changed.
        commit: the commit of the run.
        url: its URL as recorded.
        root: its directory on the machine of the run.
        diff: the changes since the commit; None if there are none, or if they are not known
            completely.
    """

    here: str
    commit: str
    url: str
    root: str
    diff: str | None = None

    def clone_to(self, target: Path) -> str | None:
        """Create a clone that shares the objects, at the commit, with the changes applied.

        Args:
            target: a directory that does not exist yet.

        Returns:
            what could not be done, in words; None if everything was restored.

        Raises:
            CannotRestoreError: git fails.
        """
        # A clone and no worktree: that would be noted in the user's repository.
        self._git(None, "clone", "-q", "--shared", "--no-checkout", "--", self.here, str(target))
        self._git(target, "checkout", "-q", "--detach", self.commit)
        self._git(target, "remote", "set-url", "origin", self.url)
        if self.diff is None:
            return None
        try:
            self._git(target, "apply", "--binary", "--whitespace=nowarn", "-", text=self.diff)
        except CannotRestoreError as error:
            return f"the changes since the commit could not be applied: {error}"
        return None

    def _git(self, directory: Path | None, *words: str, text: str | None = None) -> None:
        done = _call_git(directory or self.here, words, text)
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            raise CannotRestoreError(lines[0] if lines else f"git {words[0]} failed")


def find_repository(record: RunRecord, directory: str) -> RepositoryAtHand | None:
    """Find the commit of a run in the repository of a directory; return None if it is not there.

    Only that repository is searched: no path in a record decides which repository is opened.

    Args:
        record: the run.
        directory: usually the working directory.
    """
    for entry in record.repositories:
        commit, url = str(entry.get("commit")), str(entry.get("url"))
        if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
            continue
        try:
            top = _call_git(directory, ("rev-parse", "--show-toplevel"))
            listed = _call_git(
                directory, ("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
            )
        except (OSError, subprocess.SubprocessError):
            return None
        if top.returncode or listed.returncode:
            continue
        details = _details_of(record, url)
        root = details.get("root") or _guess_root(record, set(listed.stdout.split("\0")))
        if root is not None:
            whole = details.get("diff_is_whole")
            diff = details.get("diff") if whole else None
            here = top.stdout.removesuffix("\n")
            return RepositoryAtHand(here=here, commit=commit, url=url, root=root, diff=diff)
    return None


def _details_of(record: RunRecord, url: str) -> dict[str, str]:
    listed = record.environment.get("repositories")
    for entry in listed if isinstance(listed, list | tuple) else ():
        if entry.get("url") == url and os.path.isabs(str(entry.get("root"))):
            return dict(entry)
    return {}


def _guess_root(record: RunRecord, files: set[str]) -> str | None:
    """Where the repository was, for records that do not say it: by the path of the main file."""
    base = Path(str(record.experiment.get("base_dir") or "/"))
    script = Path(os.path.normpath(base / str(record.experiment.get("mainfile"))))
    # The longest path that fits: of `train.py` and `exp/train.py`, the latter.
    for root in reversed(script.parents):
        if str(script.relative_to(root)) in files:
            return str(root)
    return None


def _call_git(
    directory: str | Path, words: tuple[str, ...], text: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *_OPTIONS, "-C", str(directory), *words],
        env=git_environment(),
        input=text or "",
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=_TIMEOUT_SECONDS,
    )
