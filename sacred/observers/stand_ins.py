"""Replacements for the observers of a run that is repeated, or queued by a launch form."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacred._base.errors import SacredError
from sacred._base.run_ids import RunId
from sacred.observers.base import RunObserver
from sacred.observers.file_storage import FileStorageObserver
from sacred.observers.store_observer import StoreObserver
from sacred.stores.schemes import store_from_url

if TYPE_CHECKING:
    from sacred.run import Run

__all__ = ["prepare_launched", "stand_ins_for"]


def stand_ins_for(observers: Iterable[Any], place: str) -> list[Any]:
    """Return observers that write into a directory what the given ones would store elsewhere.

    Each has the priority of the one that it replaces, so ``_run.observers[0].dir``, if a script
    uses it, is a directory here, too.

    Args:
        observers: of a run that is about to start.
        place: the directory of its record; those of further stores are beside it.
    """
    found: list[Any] = []
    kept = FileStorageObserver(place)
    given = list(observers)
    # That of the option --file_storage of the repetition, if the script has stores itself.
    others = [one for one in given if getattr(one, "writes_to", None) != kept.writes_to]
    stores = 0
    for observer in others if any(map(_is_store, others)) else given:
        priority = getattr(observer, "priority", 0)
        if _is_store(observer):
            stores += 1
            beside = place if stores == 1 else f"{place}-{stores}"
            found.append(FileStorageObserver(beside, priority=priority))
        else:
            found.append(_Silent(priority))
    return found if stores else [*found, kept]


def _is_store(observer: Any) -> bool:
    return hasattr(observer, "writes_to")


class _Silent(RunObserver):
    def __init__(self, priority: int) -> None:
        self.priority = priority


def prepare_launched(run: Run, command: str | None, launched: str) -> None:
    """Turn the run of a process that a launch form has started into one queued in its store.

    Args:
        run: the run, which is about to start.
        command: of the experiment.
        launched: what the form says, as JSON; see `sacred.definition.LAUNCHED_RUN`.

    Raises:
        SacredError: the script would run it regardless of the form.
    """
    asked = json.loads(launched)
    if asked["store"] is None and command == "print_config":
        run.observers = []
    elif asked["store"] is not None and run.queue_only:
        run.observers = [_LaunchedObserver(asked["store"], Path(asked["reply"]))]
    else:
        raise SacredError(
            "this script starts runs by itself; a form can launch experiments that take their "
            "command line: @ex.automain, or ex.run_commandline()"
        )


class _LaunchedObserver(StoreObserver):
    """Queues a run, and writes its id into a file."""

    def __init__(self, address: str, reply: Path) -> None:
        super().__init__(store_from_url(address))
        self._reply = reply

    def queued_event(self, *args: Any, **kwargs: Any) -> RunId:
        run_id = super().queued_event(*args, **kwargs)
        self._reply.write_text(json.dumps(run_id, default=str), encoding="utf-8")
        return run_id
