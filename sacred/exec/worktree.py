"""An older commit in a scratch directory, as a git worktree."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator

from sacred._base.frozen import Frozen
from sacred.dependencies.git_query import GitQuery
from sacred.runs.errors import ProgramError

__all__ = ["Checkout", "checked_out"]

_TIMEOUT_SECONDS = 600.0


class Checkout(Frozen):
    """A commit in a scratch directory.

    Args:
        directory: the directory in it that corresponds to the user's.
        commit: the full hash of the commit.
    """

    directory: str
    commit: str


@contextlib.contextmanager
def checked_out(revision: str, directory: str) -> Iterator[Checkout]:
    """Check out a commit into a scratch directory, for this block.

    The files of the repository and its branches are not changed.

    Args:
        revision: commit, tag or branch.
        directory: a directory in the repository.

    Yields:
        the checkout.

    Raises:
        ProgramError: there is no such commit, or no repository.
    """
    root = _git(directory, "rev-parse", "--show-toplevel")
    # Not a word of git's own: "--" in front of a revision is no revision.
    commit = _git(
        directory,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{revision}^{{commit}}",
        problem=f"there is no commit {revision!r} in {root}",
    )
    below = os.path.relpath(os.path.realpath(directory), os.path.realpath(root))
    with tempfile.TemporaryDirectory(prefix="sacred-rev-", ignore_cleanup_errors=True) as scratch:
        tree = os.path.join(scratch, os.path.basename(root))
        _git(root, "worktree", "add", "--detach", "--quiet", tree, commit)
        try:
            place = os.path.normpath(os.path.join(tree, below))
            if not os.path.isdir(place):
                raise ProgramError(f"there is no directory {below} in the commit {revision!r}")
            yield Checkout(directory=place, commit=commit)
        finally:
            with contextlib.suppress(OSError, subprocess.SubprocessError, ProgramError):
                _git(root, "worktree", "remove", "--force", tree)


def _git(directory: str, *words: str, problem: str = "") -> str:
    answer = GitQuery(directory, words).answer(_TIMEOUT_SECONDS)
    if answer.problem is not None:
        raise ProgramError(problem or f"--rev: {answer.problem}")
    return answer.output.strip()
