"""A run in a forked child: the record is written by the process that started the run.

A forked worker has copies of everything, and what it logs would wait in its copy for a heartbeat
that never comes. So it gets the same error as a spawned worker. Only if the process of the run has
ended (because a script became a daemon) does the child continue in its place.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from sacred.config.snapshot import refuse_in_worker
from sacred.status import is_process

__all__ = ["ForkedInfo", "RunOwner"]


class RunOwner:
    """The process that a run belongs to: the current one.

    Args:
        run_id: returns the id of the run, for messages.

    >>> RunOwner(lambda: 1).is_elsewhere()
    False
    """

    def __init__(self, run_id: Callable[[], Any]) -> None:
        self._run_id = run_id
        self._process = os.getpid()

    def is_elsewhere(self) -> bool:
        """Whether this is a forked child, and the process of the run still runs."""
        return os.getpid() != self._process and is_process(self._process)

    def check(self, what: str) -> None:
        """Raise an error in a forked child: only the process of the run can store data.

        Raises:
            RuntimeError: this is a forked child.
        """
        if self.is_elsewhere():
            refuse_in_worker(self._run_id(), what)

    def guard(self, call: Callable[..., Any], what: str) -> Callable[..., Any]:
        """Wrap a function so that calls in forked processes are refused.

        Args:
            call: the function.
            what: its name for the error.
        """

        def guarded(*args: Any, **kwargs: Any) -> Any:
            self.check(what)
            return call(*args, **kwargs)

        return guarded


class ForkedInfo(dict[str, Any]):
    """The ``info`` of a run in a forked child, which can only be read.

    Args:
        owner: the owner of the run.
        info: the ``info`` of the run, as copied by the fork.

    >>> ForkedInfo(RunOwner(lambda: 1), {"a": 1})["a"]
    1
    """

    def __init__(self, owner: RunOwner, info: dict[str, Any]) -> None:
        super().__init__(info)
        self._owner = owner

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


def _checked(name: str) -> Callable[..., Any]:
    inherited = getattr(dict, name)

    def method(self: ForkedInfo, *args: Any, **kwargs: Any) -> Any:
        self._owner.check("info")
        return inherited(self, *args, **kwargs)

    return method


for _name in (
    "__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update",
):  # fmt: skip
    setattr(ForkedInfo, _name, _checked(_name))
