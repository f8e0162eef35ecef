"""``sacred worker --on ENGINE``: workers that an engine starts."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

from sacred.display.console import Console
from sacred.executors import WorkerFleet, executor_named

__all__ = ["start_on", "words_of"]

_POLL_SECONDS = 1.0


def start_on(args: argparse.Namespace, address: str, console: Console) -> None:
    """Start workers on an engine; wait until they have ended, unless they do not need this process.

    Args:
        args: of ``sacred worker``.
        address: of the store.
        console: to say what has been started.

    Raises:
        ExecutorError: the engine refuses.
    """
    options = dict(pair.partition("=")[::2] for pair in args.opt)
    executor = executor_named(args.on, options)
    fleet = WorkerFleet(executor, address, args.jobs, list(words_of(args)))
    try:
        handles = fleet.start()
        console.note(f"started on {args.on}: {' '.join(handles)}")
        while not executor.outlives_driver and fleet.is_alive:
            time.sleep(_POLL_SECONDS)
    finally:
        if not executor.outlives_driver:
            fleet.end()
        executor.close()


def words_of(args: argparse.Namespace) -> Iterator[str]:
    """Yield the words for each worker: those of this call, without the engine and the number.

    Args:
        args: of ``sacred worker``.
    """
    yield from args.query
    for name in ("once", "until_empty", "here"):
        if getattr(args, name):
            yield f"--{name.replace('_', '-')}"
    values = (
        "time_limit",
        "grace",
        "env",
        "gpus",
        "gpus_per_run",
        "memory",
        "labels",
        "retries",
        "lease",
    )
    for name in values:
        if (value := getattr(args, name)) is not None:
            yield f"--{name.replace('_', '-')}={value}"
