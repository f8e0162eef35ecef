"""`reuse_known_run`: a run that need not start because a stored one is the same."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sacred._base.text import printable
from sacred.config.bindings import is_built_in
from sacred.records import RunRecord
from sacred.records.attribute_dict import thawed
from sacred.reruns.known_runs import ConfigReader, PlannedRun, find_known_run
from sacred.runs.run_store import RunStore
from sacred.runs.unsaved_run import unsaved_run
from sacred.settings import SETTINGS
from sacred.stores.reader import ReadableStore
from sacred.stores.store import StoreError

if TYPE_CHECKING:
    from sacred.run import Run

__all__ = ["known_run_of", "readable_stores", "reuse_known_run"]

_NO_TIME = datetime.timedelta()


def reuse_known_run(run: Run) -> bool:
    """Look for a stored run that is the same, and give its result to the run.

    Args:
        run: a run that is about to start.

    Returns:
        whether one was found; it is then ``run.record``. Otherwise the run must be started.
    """
    if run.queue_only or run.unobserved:
        return False
    record = known_run_of(run)
    if record is None:
        return False
    if SETTINGS.REUSE_RUNS == "note" and not run.reuse:
        result = "" if record.result is None else f"{printable(record.result)} "
        duration = datetime.timedelta(seconds=round((record.duration or _NO_TIME).total_seconds()))
        run.run_logger.info("Run %s was the same: %sin %s", record.id, result, duration)
        return False
    run.record, run._id, run.status = record, record.id, record.status
    run.result, run.info = thawed(record.result), thawed(record.info)
    run.start_time, run.stop_time = record.start_time, record.stop_time
    run.run_logger.info(
        'Reused run with ID "%s" of %s, which was the same', record.id, record.store
    )
    if run.result is not None:
        run.run_logger.info("Result: %s", printable(run.result))
    return True


def known_run_of(run: Run, stores: Iterable[RunStore] | None = None) -> RunRecord | None:
    """Return the newest stored run that is the same as one that is about to start.

    Args:
        run: the run, which has not started.
        stores: the stores to search (default: those of its observers).

    Returns:
        None if there is none, or if the stores cannot be read.
    """
    if _has_fresh_seed(run):
        return None
    try:
        return find_known_run(_planned(run), readable_stores(run) if stores is None else stores)
    except StoreError as error:
        run.run_logger.warning("--reuse: known runs cannot be looked for: %s", error)
        return None


def readable_stores(run: Run) -> Iterator[RunStore]:
    """Yield the stores of the observers of a run, the highest priority first."""
    observers = run.silent_observers or run.observers
    for observer in sorted(observers, key=lambda item: -getattr(item, "priority", 0)):
        store = getattr(observer, "store", None)
        if isinstance(store, ReadableStore):
            yield RunStore(store)


def _has_fresh_seed(run: Run) -> bool:
    """Whether the seed was drawn for this run: whatever comes of it, nobody has seen it before."""
    if run.config_history is None:
        return True
    kinds = {entry.path: entry.origin.kind for entry in run.config_history.entries}
    return kinds.get("seed", "seed") == "seed"


def _planned(run: Run) -> PlannedRun:
    info, command = run.experiment_info, run._command_name()
    record: RunRecord = unsaved_run("planned", run.config, command, info, {})
    return PlannedRun(
        name=str(info.get("name")),
        command=command,
        config=record.config,
        base_dir=str(info.get("base_dir") or ""),
        sources=dict(info.get("sources") or ()),
        options=run.meta_info.get("options") or {},
        config_readers=tuple(_config_readers(run)),
    )


def _config_readers(run: Run) -> Iterator[ConfigReader]:
    commands = {id(command) for _, command in run.experiment.gather_commands()}
    for function, binding in run.bindings.by_function().items():
        captured: Any = function
        if "_config" in captured.signature.arguments and not is_built_in(function):
            yield ConfigReader(
                function=captured.__name__,
                path=binding.path or "",
                is_called=captured is run.main_function or id(function) not in commands,
            )
