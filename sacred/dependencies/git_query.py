"""Asynchronous calls of the program `git`: the run is prepared while git works."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import subprocess

__all__ = ["GitAnswer", "GitQuery", "git_environment"]

# A query must not wait for a password, nor write the index, which others may be using.
_QUERY_VARIABLES = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

# Set in git hooks; they would select the repository of the hook.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def git_environment() -> dict[str, str]:
    """Return the environment in which git never prompts, and uses the given directory."""
    inherited = {k: v for k, v in os.environ.items() if k not in _HOOK_VARIABLES}
    return {**inherited, **_QUERY_VARIABLES}


class GitAnswer(NamedTuple):
    """The output of git, or the reason why there is none."""

    output: str = ""
    #: What went wrong; None if git answered.
    problem: str | None = None


class GitQuery:
    """A running ``git -C ROOT ARGUMENTS``; never raises.

    Args:
        root: the directory of the repository.
        arguments: command and arguments.
        into_file: whether to write the output to a file, so that git can end before a long answer
            is read.

    >>> GitQuery("/", ["rev-parse", "HEAD"]).answer(timeout=10).output
    ''
    """

    def __init__(self, root: str, arguments: Sequence[str], into_file: bool = False) -> None:
        # Here: scripts outside of repositories do not call git.
        import subprocess

        self._began = time.monotonic()
        self.process: subprocess.Popen[bytes] | None = None
        self._problem: str | None = None
        self._file = _nameless_file() if into_file else None
        try:
            self.process = subprocess.Popen(
                ["git", "-C", root, *arguments],
                env=git_environment(),
                stdin=subprocess.DEVNULL,
                stdout=self._file or subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except FileNotFoundError:
            self._problem = "git is not installed"
        except OSError as error:
            self._problem = f"git cannot be started: {error.strerror}"

    def answer(self, timeout: float) -> GitAnswer:
        """Wait for git until `timeout` seconds after it was started."""
        import subprocess

        if self.process is None:
            return GitAnswer(problem=self._problem)
        left = max(0.0, self._began + timeout - time.monotonic())
        try:
            output, errors = self.process.communicate(timeout=left)
        except subprocess.TimeoutExpired:
            self._end()
            return GitAnswer(problem=f"git took longer than {timeout:g} seconds")
        # 0 as well where the user's own code has waited for all children.
        if self.process.returncode:
            lines = errors.decode("utf-8", "replace").strip().splitlines()
            return GitAnswer(problem=lines[0] if lines else "git failed")
        if self._file is not None:
            self._file.seek(0)
            output = self._file.read()
            self._file.close()
        return GitAnswer(output.decode("utf-8", "replace"))

    def __del__(self) -> None:
        self._end()

    def _end(self) -> None:
        # Not `communicate`: a child of git's may keep the pipes open.
        process = getattr(self, "process", None)
        if process is None or process.returncode is not None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _nameless_file() -> IO[bytes]:
    import tempfile

    return tempfile.TemporaryFile()
