"""What an engine can do: start a program somewhere, tell whether it is alive, end it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from sacred._base.errors import SacredError
from sacred._base.registry import Registry
from sacred._base.text import did_you_mean

__all__ = ["EXECUTORS", "Executor", "ExecutorError", "executor_named"]

#: Name of an engine → its class, which takes an address (may be empty) and options. More come from
#: the entry points ``sacred.executors``.
EXECUTORS = Registry(
    "sacred.executors",
    {
        "local": "sacred.executors.local:LocalExecutor",
        "dask": "sacred.executors.dask_cluster:DaskExecutor",
        "slurm": "sacred.executors.slurm:SlurmExecutor",
    },
)


class ExecutorError(SacredError):
    """An engine cannot do what it is asked to do; the message is the engine's."""


class Executor(ABC):
    """An engine.

    Args:
        address: of the engine; empty: its default.
        options: its own options, by their names.
    """

    #: Whether the programs continue when this process ends.
    outlives_driver = False

    def __init__(self, address: str = "", options: Mapping[str, str] | None = None) -> None:
        self.address = address
        self.options = dict(options or {})

    @abstractmethod
    def submit(
        self, argv: Sequence[str], env: Mapping[str, str], resources: Mapping[str, str]
    ) -> str:
        """Start a program, now or when there is room for it.

        Args:
            argv: the program and its arguments.
            env: environment variables in addition to those that programs have there.
            resources: what it needs, by names that the engine knows.

        Returns:
            a handle for it.

        Raises:
            ExecutorError: the engine refuses.
        """

    @abstractmethod
    def alive(self, handle: str) -> bool:
        """Whether a program is running, or waiting for room.

        Args:
            handle: the one that `submit` returned.
        """

    @abstractmethod
    def cancel(self, handle: str) -> None:
        """End a program, by SIGTERM first; nothing happens if it has ended.

        Args:
            handle: the one that `submit` returned.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to give up
        """Release what was opened to reach the engine; with `outlives_driver`, programs go on."""


def executor_named(text: str, options: Mapping[str, str] | None = None) -> Executor:
    """Return an engine by its name.

    Args:
        text: its name, optionally with an address: ``local``, ``dask``, ``dask:tcp://host:8786``.
        options: its own options.

    Raises:
        ExecutorError: there is no engine of that name.
        MissingExtraError: its package is not installed.

    >>> executor_named("local").address
    ''
    """
    name, _, address = text.partition(":")
    if name not in EXECUTORS:
        known = EXECUTORS.names()
        hint = did_you_mean(name, known)
        raise ExecutorError(
            f"there is no engine {name!r} (there are: {', '.join(known)}). {hint}".rstrip(),
            print_traceback=False,
        )
    executor: Executor = EXECUTORS.load(name)(address, options)
    return executor
