"""The operations on queues and sweeps: rows of the table of the API."""

from __future__ import annotations

from sacred.board.api.operations import Operation, Parameter
from sacred.board.api.queueing.launch_form import launch_run, list_launchable, read_form
from sacred.board.api.queueing.queue_changes import change_queued_runs
from sacred.board.api.queueing.queue_listing import list_queue
from sacred.board.api.queueing.sweep_listing import (
    change_runs_of_sweep,
    list_all_sweeps,
    read_importance,
    read_sweep,
)

__all__ = ["QUEUE_OPERATIONS"]

_STORE = Parameter(name="store", about="keys of stores (default: all)", many=True)
_SWEEP = "/sweeps/{store}/{sweep}"


def _limit(about: str, default: int, high: int) -> Parameter:
    return Parameter(
        name="limit", about=about, kind="integer", default=default, minimum=0, maximum=high
    )


QUEUE_OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="listQueue", method="GET", path="/queue", result="Queue", serve=list_queue,
        summary="Runs that wait, are held back, run or have failed, and the workers",
        parameters=(_STORE, _limit("how many waiting runs of a store at most", 200, 10_000)),
    ),
    Operation(
        name="changeQueue", method="POST", path="/queue", body="QueueAction",
        result="QueueChanged", serve=change_queued_runs,
        summary="Hold, release, cancel or requeue runs, or set their priority",
    ),
    Operation(
        name="listSweeps", method="GET", path="/sweeps", result="Sweeps", serve=list_all_sweeps,
        summary="Sweeps, how far they are, and what is best", parameters=(_STORE,),
    ),
    Operation(
        name="readSweep", method="GET", path=_SWEEP, result="Sweep", serve=read_sweep,
        summary="A sweep with its points",
        parameters=(_limit("how many points at most", 1000, 100_000),),
    ),
    Operation(
        name="readImportance", method="GET", path=f"{_SWEEP}/importance", result="Importance",
        serve=read_importance, summary="How much each entry matters, by Optuna",
    ),
    Operation(
        name="changeSweep", method="POST", path=_SWEEP, body="SweepAction", result="Changed",
        serve=change_runs_of_sweep, summary="Pause, resume or retry a sweep",
    ),
    Operation(
        name="listLaunchable", method="GET", path="/launchable", result="Launchable",
        serve=list_launchable, summary="What can be launched",
    ),
    Operation(
        name="readForm", method="POST", path="/launchable/{name}", body="Nothing",
        result="LaunchForm", serve=read_form, is_launching=True,
        summary="Ask an experiment or a program what can be set",
    ),
    Operation(
        name="launchRun", method="POST", path="/runs", body="LaunchRequest",
        result="LaunchedRun", serve=launch_run, is_launching=True,
        summary="Queue a run of an experiment or a program that the project names",
    ),
)  # fmt: skip
