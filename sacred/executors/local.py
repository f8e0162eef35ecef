"""Processes of this machine as an engine."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from sacred.executors.executor import Executor, ExecutorError

__all__ = ["LocalExecutor", "end_process"]

#: Seconds that a process may take to end.
_GRACE = 90.0


class LocalExecutor(Executor):
    """Processes of this machine, each in a session of its own."""

    def __init__(self, address: str = "", options: Mapping[str, str] | None = None) -> None:
        super().__init__(address, options)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def submit(
        self, argv: Sequence[str], env: Mapping[str, str], resources: Mapping[str, str]
    ) -> str:
        """See `Executor.submit`."""
        try:
            process = subprocess.Popen(
                list(argv),
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise ExecutorError(f"{argv[0]}: {error.strerror}", print_traceback=False) from error
        self._processes[str(process.pid)] = process
        return str(process.pid)

    def alive(self, handle: str) -> bool:
        """See `Executor.alive`."""
        process = self._processes.get(handle)
        return process is not None and process.poll() is None

    def cancel(self, handle: str) -> None:
        """See `Executor.cancel`."""
        process = self._processes.get(handle)
        if process is not None:
            end_process(process)

    def close(self) -> None:
        """See `Executor.close`."""
        for handle in self._processes:
            self.cancel(handle)


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started: by SIGTERM, then by SIGKILL if need be.

    Args:
        process: the leader of a session.
    """
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
