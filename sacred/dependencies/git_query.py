"""Asynchronous calls of the program `git`.

The run is prepared while git works. The process is started by `os.posix_spawn`
where there is one: `subprocess` takes longer to import than git takes to answer.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

__all__ = ["GitQuery"]

# A query must not wait for a password, nor write the index, which others may be using.
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

# Set in git hooks; they would select the repository of the hook.
_MISLEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")

_READ_BYTES = 1 << 16
_POLL_SECONDS = 0.002  # between two checks whether the process has ended


class GitQuery:
    """A running ``git -C ROOT ARGUMENTS``; never raises.

    Args:
        root: the directory of the repository.
        arguments: command and arguments.

    >>> GitQuery("/", ["rev-parse", "HEAD"]).answer(timeout=10)
    ''
    """

    def __init__(self, root: str, arguments: Sequence[str]) -> None:
        self._words = ["git", "-C", root, *arguments]
        self._environment = {k: v for k, v in os.environ.items() if k not in _MISLEADING}
        self._environment |= _ENVIRONMENT
        self._pid: int | None = None
        self._pipe: int | None = None
        self._began = time.monotonic()
        if sys.platform != "win32" and hasattr(os, "posix_spawnp"):
            self._spawn()

    def answer(self, timeout: float) -> str:
        """Return git's output; ``""`` on failure or after `timeout` seconds."""
        if not hasattr(os, "posix_spawnp"):
            return self._answer_of_subprocess(timeout)
        if self._pid is None or self._pipe is None:
            return ""
        deadline = self._began + timeout
        try:
            output = self._read(deadline)
            return output if output is not None and self._wait(deadline) == 0 else ""
        finally:
            self._end()

    def __del__(self) -> None:
        self._end()

    def _spawn(self) -> None:
        ours, theirs = os.pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, theirs, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        try:
            self._pid = os.posix_spawnp("git", self._words, self._environment, file_actions=actions)
            self._pipe = ours
        except OSError:  # there is no git
            os.close(ours)
        finally:
            os.close(theirs)

    def _read(self, deadline: float) -> str | None:
        import select

        assert self._pipe is not None
        chunks: list[bytes] = []
        while True:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._pipe], [], [], left)[0]:
                return None
            chunk = os.read(self._pipe, _READ_BYTES)
            if not chunk:
                return b"".join(chunks).decode("utf-8", "replace")
            chunks.append(chunk)

    def _wait(self, deadline: float) -> int | None:
        """Return the exit status, or None on timeout."""
        assert self._pid is not None
        try:
            while True:
                pid, status = os.waitpid(self._pid, os.WNOHANG)
                if pid:
                    self._pid = None
                    return os.waitstatus_to_exitcode(status)
                if time.monotonic() > deadline:
                    return None
                time.sleep(_POLL_SECONDS)
        except ChildProcessError:
            self._pid = None
            return 0  # the user's own code waits for all children; what was written counts

    def _end(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
        if self._pid is not None:
            import signal

            try:
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
            self._pid = None

    def _answer_of_subprocess(self, timeout: float) -> str:
        import subprocess

        try:
            done = subprocess.run(
                self._words,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=timeout,
                encoding="utf-8",
                errors="replace",
            )
        except (OSError, subprocess.SubprocessError):
            return ""
        return done.stdout if done.returncode == 0 else ""
