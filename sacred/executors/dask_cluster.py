"""Dask as an engine: each program is a task of a scheduler, on any kind of cluster.

A program runs as a process beside the Dask worker that has its task. If that worker is lost,
Dask starts the program again elsewhere.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.extras import require
from sacred.executors.executor import Executor, ExecutorError
from sacred.executors.local import end_process
from sacred.stdout_capturing.libc import ending_with_parent

__all__ = ["DaskExecutor", "run_program"]

_POLL_SECONDS = 0.5


class DaskExecutor(Executor):
    """Tasks of a Dask scheduler.

    Args:
        address: of a scheduler, such as ``tcp://host:8786``; empty: a cluster is
            started on this machine, with as many processes as the option ``workers`` says; it ends
            with this process.
        options: ``workers``; all others go to the `distributed.LocalCluster`.

    Raises:
        MissingExtraError: ``distributed`` is not installed.
        ExecutorError: there is no scheduler.
    """

    def __init__(self, address: str = "", options: Mapping[str, str] | None = None) -> None:
        super().__init__(address, options)
        distributed = require("distributed", extra="dask", purpose="--on dask")
        self._cluster: Any = None
        if not address:
            workers = self.options.get("workers")
            self._cluster = distributed.LocalCluster(
                n_workers=None if workers is None else int(workers),
                threads_per_worker=1,
                # Any free port: there may be another cluster.
                dashboard_address="127.0.0.1:0",
            )
        try:
            self._client = distributed.Client(address or self._cluster)
        except OSError as error:
            message = f"there is no Dask scheduler at {address}: {error}"
            raise ExecutorError(message, print_traceback=False) from error
        self._events = distributed.Event
        self._tasks: dict[str, Any] = {}
        self._numbers = itertools.count(1)

    def submit(
        self, argv: Sequence[str], env: Mapping[str, str], resources: Mapping[str, str]
    ) -> str:
        """See `Executor.submit`; resources are those that Dask workers were started with."""
        handle = f"sacred-{uuid.uuid4().hex[:8]}-{next(self._numbers)}"
        self._tasks[handle] = self._client.submit(
            run_program,
            list(argv),
            dict(env),
            handle,
            key=handle,
            pure=False,
            resources={name: float(amount) for name, amount in resources.items()} or None,
        )
        return handle

    def alive(self, handle: str) -> bool:
        """See `Executor.alive`."""
        task = self._tasks.get(handle)
        return task is not None and task.status == "pending"

    def cancel(self, handle: str) -> None:
        """See `Executor.cancel`."""
        task = self._tasks.get(handle)
        if task is None or task.status != "pending":
            return
        self._events(handle, client=self._client).set()  # the process sees that, and ends
        deadline = time.monotonic() + 30
        while self._is_running(handle) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        task.cancel()

    def _is_running(self, handle: str) -> bool:
        return any(handle in tasks for tasks in self._client.processing().values())

    def close(self) -> None:
        """See `Executor.close`."""
        for handle in self._tasks:
            self.cancel(handle)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def run_program(argv: Sequence[str], env: Mapping[str, str], handle: str) -> int:
    """Run a program in a Dask worker until it ends, or its event is set.

    Args:
        argv: the program and its arguments.
        env: additional environment variables.
        handle: the name of the event.

    Returns:
        its exit code.
    """
    distributed: Any = require("distributed")
    event = distributed.Event(handle, client=distributed.get_client())
    process = subprocess.Popen(
        list(argv),
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=ending_with_parent(signal.SIGTERM),
    )
    try:
        while process.poll() is None:
            if event.wait(timeout=_POLL_SECONDS):
                break
    finally:
        end_process(process)
    return process.returncode
