"""Snapshots of bindings, which pickled captured functions take to another process.

A pickled function brings the values for all functions of its run, since it
may call others. The run itself stays in its process; a stand-in has its id and configuration, and
raises an error when it is asked for more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NoReturn

from sacred._base.frozen import Frozen
from sacred._base.run_ids import RunId
from sacred.config.bindings import (
    Binding,
    BoundFunction,
    RunBindings,
    find_run,
    known_run,
    use_received,
)

__all__ = ["RemoteRun", "Snapshot", "receive", "refuse_in_worker", "take_snapshot"]

_MAX_RUNS = 8
_runs: dict[str, RunBindings] = {}  # the last ones: workers live longer than runs


_NOTHING: Mapping[Any, Any] = {}


def refuse_in_worker(run_id: Any, what: str) -> NoReturn:
    """Refuse a call that works only in the process of the run.

    Args:
        run_id: of the run.
        what: the call that was tried, such as ``log_scalar()``.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(
        f"Run {run_id!r} belongs to the parent process: {what} only works there. "
        "Return the values from the worker instead."
    )


class RemoteRun(Frozen, kw_only=False):
    """The stand-in for `_run` in other processes than that of the run.

    Attributes:
        _id: id of the run.
        config: its configuration.
        status: its status when the function was pickled.
        experiment_info: the information about the experiment.
        meta_info: the meta information of the run.
    """

    _id: RunId | None = None
    config: Mapping[str, Any] = _NOTHING
    status: str | None = None
    experiment_info: Mapping[str, Any] = _NOTHING
    meta_info: Mapping[str, Any] = _NOTHING

    def _refuse(self, what: str) -> NoReturn:
        refuse_in_worker(self._id, what)

    def log_scalar(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise an error; see `refuse_in_worker`."""
        self._refuse("log_scalar()")

    def add_artifact(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise an error; see `refuse_in_worker`."""
        self._refuse("add_artifact()")

    def add_resource(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise an error; see `refuse_in_worker`."""
        self._refuse("add_resource()")

    def open_resource(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise an error; see `refuse_in_worker`."""
        self._refuse("open_resource()")

    @property
    def info(self) -> dict[str, Any]:
        """Raise an error: ``info`` exists only in the process of the run."""
        self._refuse("info")


def _stand_in(run: Any) -> RemoteRun | None:
    if run is None or isinstance(run, RemoteRun):
        return run
    return RemoteRun(
        _id=getattr(run, "_id", None),
        config=getattr(run, "config", {}),
        status=getattr(run, "status", None),
        experiment_info=getattr(run, "experiment_info", {}),
        meta_info=getattr(run, "meta_info", {}),
    )


class Snapshot(Frozen, kw_only=False):
    """The bindings of a run, in a form that can be pickled."""

    token: str
    run: RemoteRun | None
    #: (module, qualified name) → (config, generator, name of the logger)
    bindings: dict[tuple[str, str], tuple[Any, Any, str | None]]
    #: (module, qualified name) → what `Binding.instances` has, if anything
    instances: Mapping[tuple[str, str], Mapping[str, Any]] = _NOTHING


def take_snapshot(function: BoundFunction) -> Snapshot | None:
    """Take a snapshot of the run that a function belongs to here and now, if there is one."""
    run = find_run(function)
    if run is None:
        return None
    bindings = run.by_name()
    run.usage.is_shared = True
    first = next(iter(bindings.values()))
    return Snapshot(
        token=run.token,
        run=_stand_in(first.run),
        bindings={
            key: (binding.config, binding.generator(), getattr(binding.logger, "name", None))
            for key, binding in bindings.items()
        },
        instances={key: one.instances for key, one in bindings.items() if one.instances},
    )


def receive(function: BoundFunction, snapshot: Snapshot) -> None:
    """Give a function, and the others of its run, the values from the sending process.

    Args:
        function: the function that was unpickled.
        snapshot: the values, as they were when the function was pickled.
    """
    run = known_run(snapshot.token)
    if run is None:
        run = _rebuild(snapshot)
    if run.received:
        use_received(run)
    if function.last_binding is None or run.received:
        function.last_binding = run.get(function)


def _rebuild(snapshot: Snapshot) -> RunBindings:
    run = RunBindings(snapshot.token)
    for key, (config, rnd, name) in snapshot.bindings.items():
        logger = logging.getLogger(name) if name else None
        made = snapshot.instances.get(key)
        binding = Binding(config, logger, rnd, snapshot.run, instances=made)
        run.bind_name(key, binding)
    while len(_runs) >= _MAX_RUNS:
        _runs.pop(next(iter(_runs)), None)
    _runs[snapshot.token] = run
    return run
