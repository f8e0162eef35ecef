"""A group of workers on an engine, kept running while there is something to do."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from sacred.executors.executor import Executor, ExecutorError

__all__ = ["WorkerFleet"]

#: How many workers are started for each wanted one before giving up: what ends a worker at once
#: ends the next one as well.
_MAX_STARTS = 10


class WorkerFleet:
    """A group of workers on an engine.

    Args:
        executor: the engine.
        store: the address of the store, as the workers can reach it.
        size: the number of workers.
        arguments: further words for ``sacred worker``.
        resources: what each of them needs, see `Executor.submit`.
    """

    def __init__(
        self,
        executor: Executor,
        store: str,
        size: int,
        arguments: Sequence[str] = (),
        resources: Mapping[str, str] | None = None,
    ) -> None:
        self._executor = executor
        self._size = size
        self._argv = [sys.executable, "-m", "sacred", "worker", "-s", store, *arguments]
        self._resources = dict(resources or {})
        self.handles: list[str] = []
        self._starts = 0

    def start(self, most: int | None = None) -> list[str]:
        """Start the workers that are missing, and return their handles.

        Args:
            most: the maximum number of workers at a time.

        Raises:
            ExecutorError: the workers have ended too often.
        """
        size = self._size if most is None else min(most, self._size)
        self.handles = [handle for handle in self.handles if self._executor.alive(handle)]
        started = []
        while len(self.handles) < size:
            if self._starts >= _MAX_STARTS * self._size:
                raise ExecutorError(
                    f"{self._starts} workers have ended while runs were waiting; the output of "
                    "the last ones says why"
                )
            self._starts += 1
            handle = self._executor.submit(self._argv, {}, self._resources)
            self.handles.append(handle)
            started.append(handle)
        return started

    @property
    def is_alive(self) -> bool:
        """Whether any of the workers is alive."""
        return any(self._executor.alive(handle) for handle in self.handles)

    def end(self) -> None:
        """End all workers."""
        for handle in self.handles:
            self._executor.cancel(handle)
        self.handles = []
